"""The model list and its items."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import unquote

from ...model import Problem
from ..registry import check
from ..reply import Reply, few, show


def _models(reply: Reply) -> list[dict[str, Any]]:
    """The well-formed items of a list."""
    data = reply.object.get("data")
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


@check
def ids_are_unique(reply: Reply) -> list[Problem] | None:
    """No two items of a list have the same id."""
    ids = [str(item.get("id")) for item in _models(reply)]
    twice = sorted((name, times) for name, times in Counter(ids).items() if times > 1)
    return few([Problem("/data/*/id", "each id once", f"{name} {times} times") for name, times in twice]) if ids else None


@check
def list_names(reply: Reply, model: str) -> list[Problem] | None:
    """The list names the model under test."""
    ids = [item.get("id") for item in _models(reply)]
    if not ids:
        return None
    return [] if model in ids else [Problem("/data/*/id", model, f"{len(ids)} other ids: {show(', '.join(map(str, ids)))}")]


@check
def list_has_items(reply: Reply) -> list[Problem] | None:
    """The list is not empty."""
    data = reply.object.get("data")
    return None if not isinstance(data, list) else [] if data else [Problem("/data", "at least one model", "[]")]


@check
def list_is_not_paged(reply: Reply) -> list[Problem] | None:
    """The list is complete: nothing announces further pages."""
    return [Problem("/has_more", "absent or false", "true")] if reply.object.get("has_more") is True else []


@check
def id_is_the_one_asked(reply: Reply) -> list[Problem] | None:
    """The object's id is the one in the URL."""
    asked = unquote(reply.exchange.request.path.partition("?")[0].rpartition("/")[2])
    got = reply.object.get("id")
    return None if not isinstance(got, str) else [] if got == asked else [Problem("/id", asked, got)]
