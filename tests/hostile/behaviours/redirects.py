"""Redirects, to wherever: none is followed, and no key goes there."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from tests.hostile.server import Talk

from .kind import Behaviour

TARGETS = {
    "itself": "/v1/chat/completions",
    "loop": "../v1/chat/completions?again=1#again",
    "other-host": "http://127.0.0.1:9/v1/chat/completions",
    "protocol-relative": "//127.0.0.1:9/x",
    "https": "https://127.0.0.1:9/",
    "file": "file:///etc/passwd",
    "javascript": "javascript:alert(1)",
    "data": "data:text/html,x",
    "ftp": "ftp://h/x",
    "empty": "",
    "blanks": "   ",
    "bad-port": "http://h:99999999/",
    "bad-ipv6": "http://[::1",
    "userinfo": "http://user:password@127.0.0.1:9/",
    "esc": "http://h/\x1b[2J",
    "newline-encoded": "http://h/%0d%0ax-a:b",
    "latin": "http://h/\xe9\xff",
    "long": "http://h/" + "x" * 100_000,
    "odd-scheme": "a" * 500 + ":x",
    "relative": "../../../../etc",
    "no-host": "http:///x",
}


def _to(code: int, target: str | None, talk: Talk) -> None:
    talk.respond(code, {"location": target}, b"")


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for name, target in TARGETS.items():
        yield Behaviour(f"redirect-{name}", partial(_to, 307, target), pre=True)
    for code in (301, 302, 303, 308):
        yield Behaviour(f"redirect-{code}", partial(_to, code, TARGETS["other-host"]))
    yield Behaviour("redirect-to-nowhere", partial(_to, 302, None))
