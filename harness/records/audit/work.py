"""Judges one part of an audit from beginning to end. It is what each process, here or elsewhere, is asked to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from typing import NamedTuple

from ...catalog import load
from ...checks import Reply
from ...model import Data, Finding, Level, Problem
from ..exchange_judging import ExchangeJudge
from ..recorded import Recorded, UnreadableError
from . import cassettes, documents
from .cassettes import is_cassette
from .counts import AuditGroup
from .documents import is_document
from .entries import Entry, Reader, exchange_of, readable, value_of
from .examples import EntryPlace
from .files import BrokenFileError, ByteFile, Raw, lines, opened, shown, whole
from .mapping import LogMapping
from .masking import hashed, masked, place, structure, told
from .refusals import BadEntryError, LeftOutError
from .tally import AuditTally, Counting

SHOWN_TEXT = 2_000
"""The most characters of a body that an example shows, if texts are kept at all."""

LONGEST_TEXT = 500
"""The most characters of a text of a problem."""

HEAD = 65_536
"""How much of a file is looked at to find out what it is."""


class FileSpan(NamedTuple):
    """A stretch of a file: the entries that begin in it. Without ``stop``, all from ``start`` on."""

    file: str
    start: int
    stop: int | None
    size: int


@dataclass(frozen=True, slots=True)
class AuditTerms:
    """The terms of an audit. They travel to each process."""

    profile: str = "openai"
    seed: int = 0
    keep_texts: bool = False
    mapping: LogMapping | None = None

    @property
    def salt(self) -> str:
        """What hashes of texts are made with."""
        return f"wireproof {self.seed}"


@dataclass(slots=True)
class PartResult:
    """What a part showed, and how many lines each of its spans has."""

    tally: AuditTally = field(default_factory=AuditTally)
    lines: dict[tuple[str, int], int] = field(default_factory=dict)


def judge_part(spans: tuple[FileSpan, ...], terms: AuditTerms) -> PartResult:
    """Judge the entries of some spans. Raises ``UnreadableError`` if a file cannot be reached, and nothing for what a file holds."""
    worker = _Worker(terms)
    read = {}
    for span in spans:
        read[shown(span.file), span.start] = worker.span(span)
    return PartResult(worker.counting.tally, read)


@cache
def _judge_of(profile: str) -> tuple[ExchangeJudge, dict[str, int], frozenset[str]]:
    """The judge of a process, the numbers of the requirements, and those of level MUST."""
    catalog = load(profile=profile)
    musts = frozenset(r.id for r in catalog.requirements.values() if r.level is Level.MUST)
    return ExchangeJudge(catalog), numbers_of(catalog.requirements), musts


def numbers_of(requirements: Iterable[str]) -> dict[str, int]:
    """A number for each requirement, the same in every process."""
    return {name: number for number, name in enumerate(sorted(requirements))}


class _Worker:
    """Reads spans, judges their exchanges and counts them."""

    def __init__(self, terms: AuditTerms) -> None:
        self._terms = terms
        self._judge, numbers, musts = _judge_of(terms.profile)
        self.counting = Counting(numbers, musts, terms.seed, partial(_described, terms), _way_of)

    def span(self, span: FileSpan) -> int:
        """Judge a span, and say how many lines it has."""
        tally, line, name = self.counting.tally, 0, shown(span.file)
        try:
            with opened(span.file) as file:
                for raw in _entries(file, span):
                    line = raw.line
                    self._entry(EntryPlace(name, raw.start, 0, span.start, raw.line), raw)
        except BrokenFileError as error:
            tally.entries += 1
            tally.bad.add(EntryPlace(name, span.size, 0, span.start, line + 1), str(error))
        except OSError as error:
            raise UnreadableError(f"{name}: cannot be read ({error.strerror or error}).") from error
        tally.octets += span.size
        return line

    def _entry(self, where: EntryPlace, raw: Raw) -> None:
        """Judge an entry, or count why not."""
        tally = self.counting.tally
        if raw.octets is not None and not raw.octets.strip():
            return
        tally.entries += 1
        try:
            parts = readable(value_of(raw.octets) if raw.value is None else raw.value, self._terms.mapping)
        except BadEntryError as error:
            tally.bad.add(where, str(error))
            return
        for number, (entry, read) in enumerate(parts):
            self._exchange(where._replace(number=number), entry, read)

    def _exchange(self, where: EntryPlace, entry: Entry, read: Reader) -> None:
        """Judge an exchange, or count why not."""
        try:
            recorded = exchange_of(entry, read, f"{where.file}, byte {where.start}")
            reply = Reply(recorded.exchange)
            self.counting.add(where, recorded, reply, self._judge.findings(recorded, reply))
        except BadEntryError as error:
            self.counting.tally.bad.add(where, str(error))
        except LeftOutError as error:
            self.counting.tally.leave_out(str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours in one entry must not end an audit of millions
            self.counting.our_error(where, type(error).__name__)


def _way_of(finding: Finding) -> tuple[str, str]:
    """The way in which a requirement is missed."""
    first = _cut(finding.problems[0])
    return place(first.where), without_numbers(told(first.expected, None))


def _described(terms: AuditTerms, finding: Finding, recorded: Recorded, reply: Reply, group: AuditGroup) -> Data:
    """An example of a missed requirement: its structure, and texts only if they are wanted."""
    exchange, salt, keep = recorded.exchange, terms.salt, terms.keep_texts
    problem = _cut(finding.problems[0])
    problem = problem if keep else masked(problem, salt)
    events = len(reply.payloads) if reply.is_event_stream else None
    described = {
        **group._asdict(),
        "status": exchange.status,
        "where": problem.where,
        "expected": problem.expected,
        "got": problem.got,
        "request": {"bytes": len(exchange.request.body), "hash": hashed(exchange.request.body, salt)},
        "reply": {"bytes": len(exchange.body), "hash": hashed(exchange.body, salt)},
        "shape": f"a stream of {events} events" if events is not None else structure(reply.parsed.value, salt),
    }
    if keep:
        described["request"]["text"] = exchange.request.body.decode(errors="replace")[:SHOWN_TEXT]
        described["reply"]["text"] = reply.text[:SHOWN_TEXT]
    return described


def _entries(file: ByteFile, span: FileSpan) -> Iterator[Raw]:
    """The entries of a span, whatever the file's form."""
    if span.start == 0:
        with whole():
            head = file.peek(HEAD)[:HEAD]
        if is_document(head):
            return documents.entries(file)
        if is_cassette(head):
            return cassettes.entries(file)
    return lines(file, span.start, span.stop)


def _cut(problem: Problem) -> Problem:
    """A problem none of whose texts is long."""
    return Problem(problem.where[:LONGEST_TEXT], problem.expected[:LONGEST_TEXT], problem.got[:LONGEST_TEXT])


def without_numbers(text: str) -> str:
    """A sentence in which each number is the same, so that it names a way and not a case."""
    return _NUMBER.sub("#", text)


_NUMBER = re.compile(r"\d[\d,.]*")
