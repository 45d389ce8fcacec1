"""Finds secrets in text, as plain text and in every reversible encoding. Takes linear time, whatever the secret's length.

A set holds every run of twelve characters of a secret, in each encoding. The search looks up eight characters at every fourth
position of the text, so it cannot miss twelve in a row.
"""

from __future__ import annotations

import base64
import re
import sys
from collections.abc import Callable, Iterable, Iterator

from .packed import unpacked
from .views import Span, View, backwards, is_open, joined, unescaped

SHORTEST = 8
"""Shorter secrets are placeholders ("none", "EMPTY"), which occur in ordinary text."""

WINDOW = 12
"""How many consecutive characters of a secret count as a leak; fewer may be a word."""

BLOCK = 8
STEP = 4
"""Any twelve consecutive characters contain eight that begin at a multiple of four."""

TOLD = 6
"""A window that begins in the public part of a key has at least this many characters after that part."""

_PUBLIC = re.compile(r"eyJ[\w-]+\.(?=eyJ)|sk-(?:ant-[a-z]+[0-9]+-|proj-|svcacct-|admin-|or-v1-)|github_pat_")
"""Public prefixes that many keys share: ``sk-proj-``, ``github_pat_``, the header of a JSON web token."""

BATCH = 256 * 1024
OVERLAP = 16 * 1024
"""A long text is searched in batches of this size, so that memory stays bounded. Batches overlap."""

DEPTH = 3
"""How many layers of escapes are undone."""

LAYERS = 2
"""How many layers of packing are undone, such as base64."""


class KeySearch:
    """Searches texts for given secrets."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._windows: set[bytes] = set()
        self._blocks: set[int] = set()
        self._short: set[bytes] = set()
        self._heads: set[bytes] = set()
        for secret in secrets:
            if len(secret) >= SHORTEST:
                self._learn(secret)

    def __bool__(self) -> bool:
        return bool(self._windows or self._short)

    def _learn(self, secret: str) -> None:
        clear = _folded(secret)
        public = min(len(_begin(secret)), len(secret) - WINDOW)
        skipped = max(0, public - (WINDOW - TOLD))
        if skipped:
            self._heads.add(clear[:skipped])
        forms = {clear[skipped:], *map(_folded, _forms(secret))}
        for form in forms | {form[::-1] for form in forms}:
            if len(form) < WINDOW:
                self._short |= {form} if len(form) >= SHORTEST else set()
            for start in range(len(form) - WINDOW + 1):
                self._windows.add(form[start : start + WINDOW])
            for start in range(len(form) - BLOCK + 1):
                self._blocks.add(int.from_bytes(form[start : start + BLOCK], sys.byteorder))

    def spans(self, text: str) -> list[Span]:
        """The positions of secrets: ascending, without overlap."""
        if not self or len(text) < SHORTEST:
            return []
        found: list[Span] = []
        for start, stop, opening in _batches(text):
            part = opening + text[start:stop]
            begin = start - len(opening)
            found += [(max(start, begin + first), begin + last) for first, last in self._in(part)]
        return _between_escapes(text, _merged(found))

    def _in(self, text: str) -> Iterator[Span]:
        """The positions of secrets in all views of a text."""
        yield from self._deep(text, DEPTH)
        for view in joined(text):
            yield from self._through(view, DEPTH, packed=LAYERS)

    def _deep(self, text: str, depth: int, *, packed: int = LAYERS) -> Iterator[Span]:
        """The positions of secrets in a text, with and without its escapes, and with so many layers of packing undone."""
        yield from self._plain(text)
        if depth:
            yield from self._through(unescaped(text), depth - 1, packed=packed)
            yield from self._through(backwards(text), depth - 1, packed=packed)
        if packed:
            for view in unpacked(text):
                yield from self._through(view, depth, packed=packed - 1)

    def _through(self, view: View | None, depth: int, *, packed: int) -> Iterator[Span]:
        """The positions of secrets in a text that are found in a view of it."""
        if view is not None:
            for span in self._deep(view.text, depth, packed=packed):
                yield from view.places(span)

    def _plain(self, text: str) -> Iterator[Span]:
        """The positions of secrets in a text as it is."""
        folded = _folded(text)
        stop = 0
        for block in _probed(folded, self._blocks):
            if block + BLOCK > stop and (span := self._around(folded, block)) is not None:
                yield span
                stop = span[1]
        for form in self._short:
            start = folded.find(form)
            while start >= 0:
                yield start, start + len(form)
                start = folded.find(form, start + len(form))

    def _around(self, folded: bytes, block: int) -> Span | None:
        """The run of a secret's characters around the eight at ``block``, if they belong to one."""
        for start in range(max(0, block - (WINDOW - BLOCK)), block + 1):
            if folded[start : start + WINDOW] in self._windows:
                stop = start + WINDOW
                while folded[stop + 1 - WINDOW : stop + 1] in self._windows:
                    stop += 1
                return start - max((len(head) for head in self._heads if folded.endswith(head, 0, start)), default=0), stop
        return None


def _folded(text: str) -> bytes:
    """A text in lower case, with one byte per character. Secrets have no characters beyond Latin-1."""
    return text.encode("latin-1", "replace").lower()


def _probed(folded: bytes, blocks: set[int]) -> list[int]:
    """The positions, among all multiples of four, of eight characters that occur in a secret."""
    seen = memoryview(folded)
    found: list[int] = []
    for lead in (0, STEP):
        words = seen[lead : lead + max(0, len(folded) - lead) // BLOCK * BLOCK].cast("Q")
        if not blocks.isdisjoint(words):
            found += [lead + BLOCK * at for at, word in enumerate(words) if word in blocks]
    return sorted(found)


def _begin(secret: str) -> str:
    """The public prefix of a key."""
    found = _PUBLIC.match(secret)
    return found[0] if found else ""


def _forms(secret: str) -> Iterator[str]:
    """Other encodings of a secret."""
    clear = secret.encode("utf-8", "surrogatepass")
    if not secret.isascii():
        yield clear.decode("latin-1")
    if (view := unescaped(secret)) is not None:  # what a view makes of a key with a backslash
        yield view.text
    yield clear.hex()
    yield from _aligned(clear, base64.b32encode, 5)
    for once in _aligned(clear, base64.b64encode, 6):
        for written in {once, once.translate(_URL_SAFE)}:
            yield written
            yield from _aligned(written.encode(), base64.b64encode, 6)


_URL_SAFE = str.maketrans("+/", "-_")


def _aligned(clear: bytes, encode: Callable[[bytes], bytes], bits: int) -> Iterator[str]:
    """The encoded forms of bytes inside a longer text, one for each alignment, without characters that depend on their neighbours."""
    for lead in range(3 if bits == 6 else 5):
        text = encode(b"\0" * lead + clear).decode()
        yield text[-(-lead * 8 // bits) : (lead + len(clear)) * 8 // bits]


def _batches(text: str) -> Iterator[tuple[int, int, str]]:
    """Overlapping batches of a long text: start, stop, and an opening quote if the batch begins inside a string."""
    start, opening = 0, ""
    while len(text) - start > BATCH + OVERLAP:
        stop = start + BATCH
        yield start, stop, opening
        opening = '"' if is_open(opening + text[start : stop - OVERLAP]) else ""
        start = stop - OVERLAP
    yield start, len(text), opening


def _merged(spans: list[Span]) -> list[Span]:
    """The same positions, ascending and without overlap."""
    merged: list[Span] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _between_escapes(text: str, spans: Iterable[Span]) -> list[Span]:
    """Spans that split no escape, so that what stays on both sides reads as before: a quote keeps the backslash before it, or goes too."""
    whole: list[Span] = []
    for start, stop in spans:
        before = whole[-1][1] if whole else 0
        start = max(start, before)
        start -= _backslashes(text[before:start]) % 2
        if stop > start:
            stop += _backslashes(text[start:stop]) % 2
            whole.append((start, min(stop, len(text))))
    return whole


def _backslashes(text: str) -> int:
    """How many backslashes a text ends with."""
    return len(text) - len(text.rstrip("\\"))
