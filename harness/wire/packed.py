"""Views of a text with its packed parts decoded: runs of base64, base32 or hex at any alignment, and characters given as numbers.

A view holds only what decodes to readable characters, so random data costs little.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from itertools import product
from typing import NamedTuple

from .views import GAP, Piece, Span, View

FEWEST = 12
"""The fewest readable characters in a row that are kept of what was decoded. UTF-16 has zeros between them."""

REMEMBERED = 64
"""The longest run, in characters, of which is remembered whether it says anything."""

_IS_READABLE = bytes(49 if 0x20 <= byte <= 0x7E or byte in b"\0\t\r\n" else 32 for byte in range(256))
"""Makes a 1 of each readable byte, and a blank of any other."""

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_TO_DIGITS = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV")


class _Coding(NamedTuple):
    """A coding of ``bits`` a character, in groups of so many: its letters, its shortest run, and the bits of a run as an integer."""

    bits: int
    group: int
    letters: str
    shortest: int
    number: Callable[[bytes], int]

    def runs(self, text: bytes) -> list[bytes]:
        """The runs of this coding in a text, but the figures of fractions. That there are none is quickly seen."""
        alone, shape = _tables(self.letters)
        if b"1" * self.shortest not in text.translate(shape):
            return []
        return [word for word in text.translate(alone).split() if len(word) >= self.shortest and not _is_fraction(word)]

    def places(self, text: str) -> Iterator[tuple[str, int, int]]:
        """The same runs, with their positions."""
        for run in re.finditer(f"[{self.letters}]{{{self.shortest},}}", text):
            if not _is_fraction(run[0]):
                yield run[0], *run.span()


def _is_fraction(run: str | bytes) -> bool:
    """Whether a run may be what follows the point of a number. Embeddings have thousands of them; hex of only figures is longer."""
    return len(run) < 24 and run.isdigit()


@cache
def _tables(letters: str) -> tuple[bytes, bytes]:
    """A table that makes a blank of every other byte, and one that makes a 1 of these letters too."""
    kept = re.compile(f"[{letters}]")
    alone = bytes(byte if kept.match(chr(byte)) else 32 for byte in range(256))
    return alone, bytes(32 if byte == 32 else 49 for byte in alone)


def _of_base32(run: bytes) -> int:
    return int(run.upper().translate(_TO_DIGITS), 32)


_BASE64 = _Coding(6, 4, "A-Za-z0-9+/_-", 16, lambda run: int.from_bytes(a2b_base64(run.translate(_TO_STANDARD)), "big"))
_OTHERS = (
    _Coding(5, 8, "A-Z2-7", 20, _of_base32),
    _Coding(5, 8, "a-z2-7", 20, _of_base32),
    _Coding(4, 2, "0-9a-fA-F", 24, lambda run: int(run, 16)),
)
"""Their letters are letters of base64 too, so they are looked for in its runs alone."""


class _Numbers(NamedTuple):
    """Readable characters as numbers: of one, and of a dozen in a row."""

    code: re.Pattern[str]
    run: re.Pattern[str]
    radix: int


def _in_radix(radix: int, code: str) -> _Numbers:
    return _Numbers(re.compile(code), re.compile(rf"{code}(?:[^\w]{{1,4}}{code}){{11,}}(?!\w)"), radix)


_NUMBERS = (
    _in_radix(10, r"(?:3[2-9]|[4-9][0-9]|1[01][0-9]|12[0-6])"),
    _in_radix(16, r"(?:0x)?(?:00|[2-7][0-9a-fA-F])"),
)

_FIGURES = bytes(49 if chr(byte) in "0123456789abcdefABCDEF" else 120 if chr(byte).isalnum() or byte == 95 else 32 for byte in range(256))
"""Makes a 1 of each figure, an x of each other letter, and a blank of all else."""


_PAIRS = tuple(b" %b %b " % pair for pair in product((b"11", b"111", b"1x11"), repeat=2))
"""Two such numbers between others: of six in a row, some are so."""


def _may_have_numbers(octets: bytes) -> bool:
    """Whether a text may have a dozen numbers of two or three figures in a row. That it has none is quickly seen."""
    shape = b" ".join(octets.translate(_FIGURES).split())
    if not any(pair in shape for pair in _PAIRS):
        return False
    return b"11 11 11 11 11 11" in shape.replace(b"111", b"11").replace(b"1x11", b"11")


_BYTES = re.compile(r'"bytes": ?\[([\d,\s]*)\]')
"""The bytes of a token, as log probabilities list them."""


def unpacked(text: str) -> Iterator[View]:
    """The packed parts of a text, decoded: a view for each coding and alignment that gives anything readable."""
    octets = text.encode("latin-1", "replace")
    if runs := _BASE64.runs(octets):
        if promising := [run for run in runs if _is_promising(_BASE64, run)]:
            yield from _decoded(_BASE64, text, promising)
        together = b" ".join(runs)
        for coding in _OTHERS:
            if runs := coding.runs(together):
                yield from _decoded(coding, text, runs)
    for numbers in _NUMBERS if _may_have_numbers(octets) else ():
        if numbers.run.search(text) is not None:
            yield _numbers([(found[0], found.start()) for found in numbers.run.finditer(text)], numbers)
    if text.count('"bytes"') > 1:
        yield _numbers([(found[1], found.start(1)) for found in _BYTES.finditer(text)], _NUMBERS[0])


def _is_promising(coding: _Coding, run: bytes) -> bool:
    """Whether a run is decoded together with others. Names of members and ids come again and again as base64, and say nothing."""
    return coding is not _BASE64 or len(run) > REMEMBERED or _says_something(run)


@lru_cache(maxsize=4096)
def _says_something(run: bytes) -> bool:
    """Whether a short run of base64 decodes to anything readable."""
    return any(True for _ in _readable(_BASE64, [run]))


def _readable(coding: _Coding, runs: list[bytes]) -> Iterator[tuple[int, int, list[tuple[bytes, int]]]]:
    """What is readable of runs at each alignment that gives anything: the alignment, the number of characters, and each text's place.

    All runs are decoded at once.
    """
    padded = [run + b"A" * (-len(run) % coding.group) for run in runs]
    packed = b"".join(padded) + b"A" * (-sum(map(len, padded)) % 8)
    bits, value = len(packed) * coding.bits, coding.number(packed)
    for shift in range(0, 8, {6: 2, 5: 1, 4: 4}[coding.bits]):
        octets = (value >> shift).to_bytes(bits // 8, "big")
        found = [(run, at) for run, at in _readable_runs(octets) if len(run.strip(b"\0")) >= FEWEST]
        if found:
            yield shift, bits // 8, found


def _readable_runs(octets: bytes) -> Iterator[tuple[bytes, int]]:
    """The runs of readable bytes, with their positions. Of bytes at random there are few, and those are quickly found."""
    shape = octets.translate(_IS_READABLE)
    at = shape.find(b"1" * FEWEST)
    while at >= 0:
        end = shape.find(b" ", at)
        end = len(shape) if end < 0 else end
        yield octets[at:end], at
        at = shape.find(b"1" * FEWEST, end)


def _decoded(coding: _Coding, text: str, runs: list[bytes]) -> Iterator[View]:
    """A view for each way in which characters can be aligned to bytes."""
    for shift, number, found in _readable(coding, runs):
        yield _Unpacked(coding, text, shift, found, number)


class _Unpacked(View):
    """What is readable of a text's runs, decoded at one alignment."""

    def __init__(self, coding: _Coding, text: str, shift: int, found: list[tuple[bytes, int]], number: int) -> None:
        super().__init__("".join(octets.decode("latin-1") + GAP for octets, _ in found), self._octets)
        self._coding = coding
        self._found = found
        self._shift = shift
        self._number = number
        self._runs = View("", lambda: _runs(coding, text))

    def places(self, span: Span) -> Iterator[Span]:
        """The positions in the text of a span of this view."""
        for place in super().places(span):
            yield from self._runs.places(place)

    def _octets(self) -> Iterator[Piece]:
        """The octets of this view, with the place of each among the packed characters of all runs."""
        bits = self._coding.bits
        length = self._number * 8 // bits
        for octets, first in self._found:
            for at, octet in enumerate(octets, first):
                low = self._shift + 8 * (self._number - 1 - at)
                yield chr(octet), max(0, length + -(low + 8) // bits), length - low // bits
            yield GAP, length, length


def _runs(coding: _Coding, text: str) -> Iterator[Piece]:
    """The runs that are decoded together, with what fills each up to whole groups."""
    for run, start, stop in coding.places(text):
        if not _is_promising(coding, run.encode()):
            continue
        yield run, start, stop
        if fill := -len(run) % coding.group:
            yield "A" * fill, stop, stop


def _numbers(runs: list[tuple[str, int]], numbers: _Numbers) -> View:
    """A view of characters that are given as numbers."""
    found = [(number[0], start + number.start()) for run, start in runs for number in numbers.code.finditer(run)]
    read = {written: chr(int(written, numbers.radix)) for written in {written for written, _ in found}}
    return View("".join(read[written] for written, _ in found), lambda: ((read[w], at, at + len(w)) for w, at in found))
