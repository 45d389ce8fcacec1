"""What a browser needs to call an endpoint from a page of another origin."""

from __future__ import annotations

from ...model import Problem
from ..registry import check
from ..reply import Reply

ANY = "*"
NEVER_BY_WILDCARD = "authorization"
"""The header that a wildcard does not cover."""

TAKEN_FOR_THE_CALL = (400, 401, 422)
"""Statuses that show that a preflight was taken for the call itself, which another requirement judges."""


def _asked(reply: Reply, name: str) -> str:
    """A header of the request; empty if there is none."""
    return next((value for other, value in reply.exchange.request.headers if other.lower() == name), "")


def _listed(text: str | None) -> set[str]:
    """The items of a list in a header, in lower case."""
    return {item.strip().lower() for item in (text or "").split(",") if item.strip()}


def _origin_problems(reply: Reply) -> list[Problem]:
    """The reply names the page's origin, or any."""
    origin, allowed = _asked(reply, "origin"), reply.exchange.header("access-control-allow-origin")
    place = "header access-control-allow-origin"
    return [] if allowed in (ANY, origin) else [Problem(place, f"{ANY} or {origin}", allowed if allowed is not None else "absent")]


@check
def preflight_allows_what_is_asked(reply: Reply) -> list[Problem] | None:
    """The answer to a preflight is a success, and allows the origin, the method and every header that it names."""
    method = _asked(reply, "access-control-request-method")
    if not method:
        return None
    problems = _origin_problems(reply)
    status = reply.exchange.status or 0
    if status in TAKEN_FOR_THE_CALL:
        return None
    if not 200 <= status < 300:
        problems.append(Problem("status", "200 or 204", str(status)))
    methods = _listed(reply.exchange.header("access-control-allow-methods"))
    if not {method.lower(), ANY} & methods and method not in ("GET", "HEAD", "POST"):
        problems.append(Problem("header access-control-allow-methods", method, ", ".join(sorted(methods)) or "absent"))
    allowed = _listed(reply.exchange.header("access-control-allow-headers"))
    wanted = _listed(_asked(reply, "access-control-request-headers"))
    missing = sorted(name for name in wanted - allowed if ANY not in allowed or name == NEVER_BY_WILDCARD)
    if missing:
        problems.append(Problem("header access-control-allow-headers", ", ".join(missing), ", ".join(sorted(allowed)) or "absent"))
    return problems


@check
def page_may_read_the_reply(reply: Reply) -> list[Problem] | None:
    """A reply to a request with an origin allows that origin."""
    return _origin_problems(reply) if _asked(reply, "origin") else None
