"""Lists that come in pages."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from ..model import Problem, UndecidedError
from .registry import check
from .reply import Reply, few, items_of, show


@check
def listed_ids_differ(reply: Reply) -> list[Problem] | None:
    """No two items of a list have the same id."""
    seen: set[str] = set()
    problems: list[Problem] = []
    for index, item in enumerate(items_of(reply.object.get("data"))):
        identity = item.get("id") if isinstance(item, dict) else None
        if isinstance(identity, str):
            if identity in seen:
                problems.append(Problem(f"/data/{index}/id", "an id of its own", show(identity)))
            seen.add(identity)
    return few(problems) if seen else None


@check
def ends_of_list_are_named(reply: Reply) -> list[Problem] | None:
    """A list that holds items names the ids of its first and of its last one."""
    data = items_of(reply.object.get("data"))
    if not data or not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in (data[0], data[-1])):
        return None
    ends = (("first_id", data[0]["id"]), ("last_id", data[-1]["id"]))
    return [Problem(f"/{name}", show(wanted), show(reply.object.get(name))) for name, wanted in ends if reply.object.get(name) != wanted]


@check
def limit_is_obeyed(reply: Reply) -> list[Problem] | None:
    """A list has at most as many items as the query's ``limit`` says."""
    asked = parse_qs(reply.exchange.request.path.partition("?")[2]).get("limit", [""])[0]
    data = reply.object.get("data")
    if not asked.isdigit() or not isinstance(data, list):
        return None
    return [] if len(data) <= int(asked) else [Problem("/data", f"at most {asked} items, as the limit says", f"{len(data)} items")]


@check
def more_is_told(short: Reply, long: Reply) -> list[Problem] | None:
    """``has_more`` is true in a list that shows fewer items than the longer one, and that is so in no list with fewer than its limit."""
    one, other = _ids(short), _ids(long)
    if one is None or other is None:
        return None
    if len(other) <= len(one):
        raise UndecidedError(f"the longer list has {len(other)} items, and the shorter one {len(one)}, so nothing was cut")
    got = short.object.get("has_more")
    return [] if got is True else [Problem("/has_more", f"true, as the other list has {len(other)} items", show(got))]


@check
def page_follows(first: Reply, next: Reply, both: Reply) -> list[Problem] | None:  # noqa: A002 - the word for the page
    """The page after an item begins with the item that follows it in the list of both.

    Others may change a list that all share. What is at another place of both lists is no change by others: it was skipped or repeated.
    """
    one, other, whole = _ids(first), _ids(next), _ids(both)
    if not one or other is None or whole is None:
        return None
    if whole[: len(one)] != one:
        raise UndecidedError("the list changed meanwhile")
    wanted = whole[len(one) : len(one) + 1]
    if not wanted:
        raise UndecidedError("there is no item after the first page")
    if other[:1] != wanted and other and other[0] not in whole:
        raise UndecidedError("the list changed meanwhile")
    return [] if other[:1] == wanted else [Problem("/data/0/id", f"{show(wanted[0])}, the item after {show(one[-1])}", show(other[:1]))]


@check
def lists_are_reversed(one: Reply, other: Reply) -> list[Problem] | None:
    """A list in one order has the items of the list in the other order, backwards."""
    up, down = _ids(one), _ids(other)
    if up is None or down is None:
        return None
    if len(up) < 2:
        raise UndecidedError("a list of fewer than two items shows no order")
    return [] if up == down[::-1] else [Problem("/data", f"{show(up[::-1])}, the other order backwards", show(down))]


@check
def list_contains(made: Reply, listed: Reply) -> list[Problem] | None:
    """A list contains what was made before."""
    wanted, ids = made.object.get("id"), _ids(listed)
    if not isinstance(wanted, str) or ids is None:
        return None
    return [] if wanted in ids else [Problem("/data", f"an item with the id {show(wanted)}", f"{len(ids)} items: {show(ids)}")]


def _ids(reply: Reply) -> list[Any] | None:
    """The ids of a list's items; ``None`` if the reply is no list."""
    data = reply.object.get("data")
    if not isinstance(data, list):
        return None
    return [item.get("id") if isinstance(item, dict) else None for item in data]
