"""Keeps keys out of everything we write, whatever an endpoint echoes back.

Applied twice: to bytes as they are recorded, and to every text that leaves the process.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

MARK = "[key removed]"
"""What stands where a key stood. A check finds an echoed key by it."""

_SHORTEST = 8
_WINDOW = 12
_SECRET_WORDS = frozenset(
    ["authorization", "auth", "cookie", "key", "apikey", "token", "secret", "password", "credential", "credentials", "signature"]
)


def is_secret_header(name: str) -> bool:
    """Whether a header of this name usually carries a credential."""
    return not _SECRET_WORDS.isdisjoint(name.lower().replace("_", "-").split("-"))


def secrets_in(headers: Mapping[str, str]) -> list[str]:
    """The credentials among request headers, without their scheme (``Bearer abc`` gives ``abc``)."""
    return [value.split(" ", 1)[-1].strip() for name, value in headers.items() if is_secret_header(name)]


class Scrubber:
    """Replaces secrets by a mark: whole, or any run of twelve characters of them, in clear, percent-encoded or base64 form.

    Secrets shorter than eight characters are placeholders ("none", "EMPTY") that occur in ordinary text, and stay; so do
    shorter runs, which may be words.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._windows: re.Pattern[str] | None = None
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Keep these out of what is written from now on, too."""
        self._secrets |= frozenset(secrets)
        forms = {form for secret in self._secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        windows = sorted({form[i : i + _WINDOW] for form in forms for i in range(max(1, len(form) - _WINDOW + 1))})
        self._windows = re.compile("|".join(map(re.escape, windows))) if windows else None

    def text(self, text: str) -> str:
        """The text without secrets."""
        return _replace(text, self._spans(text))

    def header(self, name: str, value: str) -> str:
        """A request header's value without secrets, short ones included."""
        scheme, space, credential = value.rpartition(" ")
        if is_secret_header(name) and credential in self._secrets:
            return f"{scheme}{space}{MARK}"
        return self.text(value)

    def octets(self, raw: bytes, offsets: Sequence[int] = ()) -> tuple[bytes, list[int]]:
        """The bytes without secrets, and where the given ascending offsets lie in them."""
        text = raw.decode("latin-1")  # one character a byte, so that positions stay the same
        spans = self._spans(text)
        return _replace(text, spans).encode("latin-1"), _moved(offsets, spans)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where secrets stand: ascending, apart from each other."""
        spans: list[tuple[int, int]] = []
        position = 0
        while self._windows is not None and (match := self._windows.search(text, position)) is not None:
            start, stop = match.span()
            if spans and start <= spans[-1][1]:
                spans[-1] = (spans[-1][0], stop)
            else:
                spans.append((start, stop))
            position = start + 1
        return spans


def _forms(secret: str) -> set[str]:
    """The ways in which an endpoint may write a secret."""
    clear = secret.encode()
    forms = {secret, secret.lower(), secret.upper(), quote(secret, safe="")}
    for lead in range(3):  # base64 depends on what stands before the secret, modulo three
        encoded = base64.b64encode(b"\0" * lead + clear).decode().rstrip("=")
        forms.add(encoded[4 if lead else 0 : -1])
    return {form for form in forms if len(form) >= _SHORTEST}


def _replace(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Put the mark in place of each span."""
    parts: list[str] = []
    position = 0
    for start, stop in spans:
        parts += [text[position:start], MARK]
        position = stop
    return "".join([*parts, text[position:]])


def _moved(offsets: Sequence[int], spans: Sequence[tuple[int, int]]) -> list[int]:
    """Where offsets of the old text lie in the new one; an offset inside a span moves to the end of its mark."""
    moved: list[int] = []
    shift, at = 0, 0
    for offset in offsets:
        while at < len(spans) and spans[at][1] <= offset:
            shift += len(MARK) - (spans[at][1] - spans[at][0])
            at += 1
        inside = at < len(spans) and spans[at][0] < offset
        moved.append(spans[at][0] + shift + len(MARK) if inside else offset + shift)
    return moved
