"""Keeps keys out of all output, however an endpoint encodes them. All output passes through here.

Redaction happens three times: in the bytes of a reply when they are recorded, in findings, and in every text that is written.
"""

from __future__ import annotations

import json
import logging
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any, TextIO, TypeVar

from ..model import CaseResult, Data, Exchange
from .credentials import (
    HIDDEN,
    MARK,
    clean_path,
    clean_url,
    credentials_in_query,
    credentials_of,
    from_variable,
    hidden_value,
    is_secret_header,
    secrets_in,
)
from .key_search import KeySearch
from .views import Span

T = TypeVar("T")

HEADER_OPTIONS = frozenset({"--header", "--reference-header", "--wireproof-header", "--wireproof-reference-header"})
"""Options whose values are headers and may contain credentials."""

COMMAND_OPTIONS = frozenset({"--api-key-command", "--wireproof-api-key-command"})
"""Options whose values are commands and may contain credentials."""


SHORT = 256
REMEMBERED = 4096
"""Texts of at most ``SHORT`` characters, such as the names and values of headers, come again and again: so many are searched once."""


class Scrubber:
    """Replaces secrets, and any run of twelve of their characters, by a mark, in every reversible encoding.

    ``hidden`` are headers whose values are never shown in our requests, secret or not. Secrets of fewer than eight characters are
    placeholders ("none", "EMPTY"), which occur in ordinary text, and stay. Shorter runs stay too: they may be words.
    """

    def __init__(self, secrets: Iterable[str] = (), hidden: Mapping[str, str] | None = None) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._search = KeySearch(())
        self._short = lru_cache(maxsize=REMEMBERED)(self._search.spans)
        self._hidden: frozenset[tuple[str, str]] = frozenset()
        self.learn(secrets)
        self.hide(hidden or {})

    @property
    def knows_any(self) -> bool:
        """Whether it has anything to redact."""
        return bool(self._search or self._hidden)

    def learn(self, secrets: Iterable[str]) -> None:
        """Redact these secrets too, from now on."""
        if new := frozenset(secrets) - self._secrets:
            self._secrets |= new
            self._search = KeySearch(self._secrets)
            self._short = lru_cache(maxsize=REMEMBERED)(self._search.spans)

    def hide(self, headers: Mapping[str, str]) -> None:
        """Hide the values of these headers in requests, and redact the credentials among them everywhere."""
        self._hidden |= {(name.lower(), value) for name, value in headers.items() if value}
        self.learn(secrets_in(headers))

    def text(self, text: str) -> str:
        """The text without secrets."""
        return _replace(text, self._spans(text))

    def _spans(self, text: str) -> list[Span]:
        """The positions of secrets in a text. Those of short texts, which come again and again, are remembered."""
        return self._short(text) if len(text) <= SHORT else self._search.spans(text)

    def header(self, name: str, value: str) -> str:
        """A request header's value without secrets (short ones included) and without values that the user gave."""
        if is_secret_header(name) and not self._secrets.isdisjoint(credentials_of(name, value)):
            return hidden_value(name, value)
        if (name.lower(), value) in self._hidden:
            return hidden_value(name, value)
        return self.text(value)

    def octets(self, raw: bytes, offsets: Sequence[int] = ()) -> tuple[bytes, list[int]]:
        """The bytes without secrets, and the new positions of the given ascending offsets."""
        text = raw.decode("latin-1")  # one character a byte, so that positions stay the same
        spans = self._search.spans(text)
        return (_replace(text, spans).encode("latin-1"), _moved(offsets, spans)) if spans else (raw, list(offsets))

    def command(self, words: Sequence[str]) -> str:
        """A command line for the record, without header values and without credentials in URLs."""
        shown: list[str] = []
        for word in words:
            option, equals, value = word.partition("=")
            if option in HEADER_OPTIONS and equals:
                word = f"{option}={_header_option(value)}"
            elif shown and shown[-1] in HEADER_OPTIONS:
                word = _header_option(word)
            elif option in COMMAND_OPTIONS and equals:
                word = f"{option}={HIDDEN}"
            elif shown and shown[-1] in COMMAND_OPTIONS:
                word = HIDDEN
            elif "://" in word:
                word = option + equals + clean_url(value) if equals and "://" in value else clean_url(word)
            shown.append(word)
        return self.text(shlex.join(shown))

    def stream(self, file: TextIO) -> CleanStream:
        """A file that redacts what is written to it."""
        return CleanStream(file, self)

    def log_filter(self) -> KeyFilter:
        """A filter that redacts a log. Put it on every handler."""
        return KeyFilter(self)

    def exchange(self, exchange: Exchange) -> Exchange:
        """An exchange without secrets in any part."""
        request = exchange.request
        body, offsets = self.octets(exchange.body, [arrival.octets for arrival in exchange.arrivals])
        return replace(
            exchange,
            id=self.text(exchange.id),
            request=replace(
                request,
                path=self.text(clean_path(request.path)),
                headers=tuple((name, self.header(name, value)) for name, value in request.headers),
                body=self.octets(request.body)[0],
            ),
            headers=self.reply_headers(exchange.headers),
            body=body,
            arrivals=tuple(replace(arrival, octets=at) for arrival, at in zip(exchange.arrivals, offsets, strict=True)),
            trouble=self.clean(exchange.trouble),
            attempts=self.clean(exchange.attempts),
            behind=tuple(map(self.exchange, exchange.behind)),
            twin=self.exchange(exchange.twin) if exchange.twin else None,
        )

    def reply_headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The headers of a reply without secrets, even if they are split over several names or values."""
        clean = [(self.text(name), self.text(value)) for name, value in headers]
        names, values = (self._across([header[part] for header in clean]) for part in (0, 1))
        return tuple(zip(names, values, strict=True))

    def _across(self, texts: Sequence[str]) -> list[str]:
        """Texts without the pieces of secrets that follow each other in them."""
        begins = list(accumulate(map(len, texts), initial=0))
        spans = self._spans("".join(texts)) if len(texts) > 1 else []
        inside = [
            [(max(start, begin) - begin, min(stop, end) - begin) for start, stop in spans if start < end and stop > begin]
            for begin, end in pairwise(begins)
        ]
        return [_replace(text, found) for text, found in zip(texts, inside, strict=True)]

    def result(self, result: CaseResult) -> CaseResult:
        """A result without secrets in its findings and in what a client returned. Its exchanges were redacted when they were recorded."""
        return replace(result, findings=self.clean(result.findings), handed=self.clean(result.handed))

    def json(self, value: Data) -> str:
        """A value as JSON on one line, in ASCII, without secrets. The result is always valid JSON."""
        written = json.dumps(value, separators=(",", ":"))
        cleaned = self.text(written)
        if cleaned is not written and not _is_json(cleaned):
            return json.dumps(self.clean(value), separators=(",", ":"))
        return cleaned

    def clean(self, value: T) -> T:
        """A value without secrets in any text inside it."""
        cleaned: Any = _cleaned(value, self)
        return cleaned  # type: ignore[no-any-return]


def _header_option(given: str) -> str:
    """A header as an option takes it, with an environment variable in place of its value."""
    name, colon, value = given.partition(":")
    return f"{name}: {from_variable(name.strip(), value.strip())}" if colon else MARK


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _cleaned(value: Any, scrubber: Scrubber) -> Any:
    if type(value) is str:
        return scrubber.text(value)
    if isinstance(value, Exchange):
        return scrubber.exchange(value)
    if isinstance(value, Mapping):
        return {_cleaned(name, scrubber): _cleaned(item, scrubber) for name, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(_cleaned(item, scrubber) for item in value))
    if isinstance(value, (list, tuple)):
        return type(value)(_cleaned(item, scrubber) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _cleaned(getattr(value, field.name), scrubber) for field in fields(value)})
    return value


def without_secrets(exchange: Exchange) -> Exchange:
    """A recording from any source, without the credentials of its request, even where the reply echoes them.

    Reply headers that carry a credential, such as cookies, are removed.
    """
    request = exchange.request
    found = [part for name, value in request.headers if is_secret_header(name) for part in credentials_of(name, value)]
    secrets = frozenset([*found, *credentials_in_query(request.path)])
    cleaned = _scrubber_of(secrets).exchange(exchange) if secrets or exchange.behind or exchange.twin else exchange
    headers = tuple((name, hidden_value(name, value) if is_secret_header(name) else value) for name, value in cleaned.request.headers)
    return replace(
        cleaned,
        request=replace(cleaned.request, path=clean_path(cleaned.request.path), headers=headers),
        headers=tuple((name, value) for name, value in cleaned.headers if not is_secret_header(name)),
    )


@lru_cache(maxsize=16)
def _scrubber_of(secrets: frozenset[str]) -> Scrubber:
    """A scrubber for these secrets, cached: the exchanges of one recording mostly share theirs."""
    return Scrubber(secrets)


class CleanStream:
    """A text file that redacts what is written. Everything else is passed on to the file."""

    def __init__(self, file: TextIO, scrubber: Scrubber) -> None:
        self._file = file
        self._scrubber = scrubber

    def write(self, text: str) -> int:
        """Write a text, redacted."""
        return self._file.write(self._scrubber.text(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class KeyFilter(logging.Filter):
    """Redacts the message and the traceback of every log record. Put it on every handler."""

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record. It always passes."""
        record.msg, record.args = self._scrubber.text(record.getMessage()), None
        if record.exc_info:
            record.exc_text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = self._scrubber.text(record.exc_text)
        return True


def _replace(text: str, spans: Iterable[Span]) -> str:
    """Replace each span by the mark."""
    parts: list[str] = []
    position = 0
    for start, stop in spans:
        parts += [text[position:start], MARK]
        position = stop
    return "".join([*parts, text[position:]]) if parts else text


def _moved(offsets: Sequence[int], spans: Sequence[Span]) -> list[int]:
    """The positions of old offsets in the new text. An offset inside a span moves to the end of its mark."""
    moved: list[int] = []
    shift, at = 0, 0
    for offset in offsets:
        while at < len(spans) and spans[at][1] <= offset:
            shift += len(MARK) - (spans[at][1] - spans[at][0])
            at += 1
        inside = at < len(spans) and spans[at][0] < offset
        moved.append(spans[at][0] + shift + len(MARK) if inside else offset + shift)
    return moved
