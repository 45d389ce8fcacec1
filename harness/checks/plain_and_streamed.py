"""A plain and a streamed reply to one request are one reply: they end alike."""

from __future__ import annotations

from ..model import Problem, UndecidedError
from .registry import check
from .reply import Reply, show


@check
def stream_ends_as_the_plain_reply(first: Reply, second: Reply, streamed: Reply) -> list[Problem]:
    """The choices of a stream have the finish reasons of the unstreamed reply. Undecided unless all three replies have one text."""
    if not first.texts.get(0) or first.texts != second.texts or first.texts != streamed.texts:
        raise UndecidedError("the endpoint answers the same request with different texts")
    one, two, other = map(_reasons, (first, second, streamed))
    if one != two:
        raise UndecidedError("the endpoint ends the same text for two reasons")
    return [
        Problem(f"finish reason of choice {index}", f"{show(reason)}, as unstreamed", show(other[index]))
        for index, reason in one.items()
        if other.get(index) and other[index] != reason
    ]


def _reasons(reply: Reply) -> dict[int, str]:
    """The finish reason of each choice."""
    return {index: reasons[-1][1] if reasons else "" for index, reasons in reply.finish_reasons.items()}
