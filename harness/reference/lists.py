"""Lists of the reference, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

from .exchange import ServerReply
from .refusals import RefusalError


def query_of(query: str) -> dict[str, str]:
    """The parameters of a query; the last one of a name counts."""
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}


def page(items: Iterable[dict[str, Any]], query: str, *, newest_first: bool, most: int) -> ServerReply:
    """A page of ``items``, which are given oldest first, as the query's ``order``, ``after`` and ``limit`` ask."""
    asked = query_of(query)
    order = asked.get("order", "desc" if newest_first else "asc")
    if order not in ("asc", "desc"):
        raise RefusalError(400, f"Invalid value: {order!r}. Supported values are: asc, desc.", "invalid_value", "order")
    listed = list(items)[:: -1 if order == "desc" else 1]
    if "after" in asked:
        at = next((index for index, item in enumerate(listed) if item["id"] == asked["after"]), None)
        if at is None:
            raise RefusalError(400, f"No item with id '{asked['after']}'.", "invalid_value", "after")
        listed = listed[at + 1 :]
    limit = _limit(asked.get("limit"), most)
    shown = listed[:limit]
    first, last = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
    return ServerReply(body={"object": "list", "data": shown, "first_id": first, "last_id": last, "has_more": len(listed) > limit})


def _limit(given: str | None, most: int) -> int:
    """The most items of a page. Refuses what is no number, or out of range."""
    if given is None:
        return most
    if not given.isdigit() or not 1 <= int(given) <= most:
        raise RefusalError(400, f"Invalid 'limit': expected a number from 1 to {most}.", "invalid_value", "limit")
    return int(given)
