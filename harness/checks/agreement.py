"""What must hold between two exchanges of one case."""

from __future__ import annotations

from typing import Any

from harness.checks.reply import Reply, show
from harness.model import Problem


def header_differs(first: Reply, second: Reply, name: str) -> list[Problem] | None:
    """Two replies have different values of a header."""
    one, other = first.exchange.header(name), second.exchange.header(name)
    if one is None or other is None:
        return None
    return [] if one != other else [Problem(f"header {name}", "another one for each reply", f"{one} twice")]


def ids_differ(first: Reply, second: Reply) -> list[Problem] | None:
    """Two replies have different ids."""
    one, other = _first(first, "id"), _first(second, "id")
    if one is None or other is None:
        return None
    return [] if one != other else [Problem("/id", "another id for each reply", f"{show(one)} twice")]


def prompt_tokens_agree(plain: Reply, streamed: Reply) -> list[Problem] | None:
    """The same prompt costs the same, streamed or not."""
    if plain.usage is None or streamed.usage is None:
        return None
    one, other = plain.usage[1].get("prompt_tokens"), streamed.usage[1].get("prompt_tokens")
    return [] if one == other else [Problem(f"{streamed.usage[0]}/prompt_tokens", f"{one}, as unstreamed", str(other))]


def stream_agrees_with_plain(plain: Reply, streamed: Reply) -> list[Problem] | None:
    """The streamed reply, put together, has the members and the kind of end of the unstreamed one: only the framing differs."""
    if not plain.objects or not streamed.objects:
        return None
    one, other = _outline(plain), _outline(streamed)
    return [Problem(f"streamed: {name}", f"{value}, as unstreamed", other[name]) for name, value in one.items() if other[name] != value]


def _outline(reply: Reply) -> dict[str, str]:
    """What two replies to one request have in common whatever the model says."""
    reasons = {index: [reason for _, reason in found][-1:] for index, found in reply.finish_reasons.items()}
    return {
        "indexes of the choices": show(sorted(reply.texts)),
        "model": show(_first(reply, "model")),
        "finish reasons": "given" if all(reasons.values()) else "missing",
        "text": "some" if any(reply.texts.values()) else "none",
    }


def _first(reply: Reply, member: str) -> Any:
    """A member of the body, or of the first chunk."""
    return reply.objects[0][1].get(member) if reply.objects else None
