"""The input items that a stored response lists."""

from __future__ import annotations

from typing import Any

from ...model import Problem
from ..registry import check
from ..reply import Reply, show


@check
def items_are_what_was_sent(made: Reply, listed: Reply) -> list[Problem] | None:
    """The listed input items contain each text that was sent, and there are no other items."""
    data = listed.object.get("data")
    if not isinstance(data, list):
        return None
    texts = _sent_texts(made)
    if len(data) != len(texts):
        return [Problem("/data", f"{len(texts)} items, as sent", f"{len(data)}: {show(data)}")]
    told = [_text_of_item(item) for item in data]
    return [Problem("/data", f"an item with {show(text)}, and no more", show(data)) for text in texts if text not in told]


@check
def items_come_in_order(made: Reply, listed: Reply, first: int) -> list[Problem] | None:
    """The listed input items are the first ``first`` items of the request, in order."""
    data = listed.object.get("data")
    if not isinstance(data, list):
        return None
    if len(data) > first:
        return [Problem("/data", f"at most {first} items, as the limit says", f"{len(data)} items")]
    texts = _sent_texts(made)[:first]
    if len(data) == first and all(text in str(item) for text, item in zip(texts, data, strict=True)):
        return []
    return [Problem("/data", f"the first {first} items, in their order: {show(texts)}", show(data, 240))]


def _text_of_item(item: Any) -> str:
    """The joined text of a listed item."""
    content = item.get("content") if isinstance(item, dict) else None
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return str(content)


def _sent_texts(made: Reply) -> list[str]:
    """The texts in the request's input."""
    sent = made.asked.get("input")
    return [sent] if isinstance(sent, str) else [str(item.get("content")) for item in sent or [] if isinstance(item, dict)]
