"""A run as JSON Lines: a header, each case's exchanges and findings as they are judged, and a footer.

A file without a footer was cut off and counts as an interrupted run. Keys are redacted from every line before it is written.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from ..catalog import own_schemas
from ..checks import parse_json
from ..model import (
    Arrival,
    Blame,
    CaseResult,
    ClientOutcome,
    Cut,
    Data,
    Exchange,
    Finding,
    Outcome,
    Problem,
    Request,
    RetriedAttempt,
    RunRecord,
    Subject,
    TransportFailure,
)
from ..wire import Scrubber
from . import content
from .content import BadContentError
from .line_files import LONGEST, is_packed, lines_of

FORMAT = 1


class RecordError(Exception):
    """A file is not a run record; the text says where and why."""


class RecordWriter:
    """Writes a record line by line, so that a run that dies keeps its results."""

    def __init__(self, path: Path, scrubber: Scrubber, file: TextIO | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = file or path.open("w", encoding="utf-8")
        self._scrubber = scrubber

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def header(self, header: Mapping[str, Data]) -> None:
        """Write the first line."""
        self._line({"kind": "header", "format": FORMAT, **header})

    def result(self, result: CaseResult) -> None:
        """Write a case's result."""
        self._line({"kind": "result", **result_to_json(result)})

    def footer(self, footer: Mapping[str, Data]) -> None:
        """Write the last line."""
        self._line({"kind": "footer", **footer})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _line(self, value: Mapping[str, Data]) -> None:
        # ASCII only: an endpoint may send lone surrogates, which no UTF-8 file can hold.
        self._file.write(self._scrubber.json(value) + "\n")
        self._file.flush()


def read_record(path: Path, *, replies: bool = True) -> RunRecord:
    """Read a record, gzipped or not; without a footer the run counts as interrupted. Raises ``RecordError``.

    Without ``replies``, what was received is left out: a comparison of findings needs far less memory so.
    """
    header: Data = None
    footer: Data = None
    results: list[CaseResult] = []
    for number, line in enumerate(_lines(path), start=1):
        value = _line(f"{path}:{number}", line)
        kind = value.pop("kind")
        if (header is None) != (kind == "header") or footer is not None:
            raise RecordError(f"{path}:{number}: a {kind} is out of place: a record is a header, then results, then a footer")
        if kind == "header":
            header = value
        elif kind == "footer":
            footer = value
        else:
            results.append(_result(f"{path}:{number}", value if replies else _without_replies(value)))
    if header is None:
        raise RecordError(f"{path}: has no header: is it the run.jsonl of a run?")
    return RunRecord(header, tuple(results), footer)


def _without_replies(value: Mapping[str, Data]) -> dict[str, Data]:
    """A result whose exchanges have their requests alone."""
    nothing: dict[str, Data] = {"headers": [], "body": "", "arrivals": [], "behind": [], "twin": None}
    return {**value, "exchanges": [{**exchange, **nothing} for exchange in value["exchanges"]]}


def _result(where: str, value: Mapping[str, Data]) -> CaseResult:
    try:
        return result_from_json(value)
    except ValueError as error:  # of base64
        raise RecordError(f"{where}: not a line of a run record ({error})") from error


def _line(where: str, line: str) -> dict[str, Data]:
    """Parse one line and validate it against ``spec/schemas/files/run-record.json``."""
    try:
        value = json.loads(line, parse_constant=_refuse_constant)
        errors = own_schemas().errors("run-record", value)
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{where}: not a line of a run record ({error})") from error
    if errors:
        problem = errors[0][1]
        raise RecordError(f"{where}: not a line of a run record: {problem.sentence}")
    found: dict[str, Data] = value
    return found


def _refuse_constant(name: str) -> Data:
    raise ValueError(f"{name} is not JSON")


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file, one at a time, without a last line that was cut off during writing."""
    try:
        packed = is_packed(path)
        for line in lines_of(path):
            text = line.raw.decode("utf-8")
            if len(line.raw) > LONGEST:
                raise RecordError(f"{path}:{line.number}: is longer than {LONGEST // 1024 // 1024} MB")
            if packed and line.start + len(line.raw) > content.LIMIT:
                raise BadContentError(f"it unpacks to more than {content.LIMIT:,} bytes")
            if line.is_whole or line.number == 1 or _is_whole(text):
                yield text
    except (OSError, UnicodeDecodeError, BadContentError) as error:
        raise RecordError(f"{path}: cannot be read ({error})") from error


def _is_whole(line: str) -> bool:
    """Whether a line without a final newline is complete JSON."""
    return parse_json(line).error is None


def subject_from_json(value: Mapping[str, Any]) -> Subject:
    """Read the subject from a record's header."""
    return Subject(**{**value, **{name: tuple(value.get(name, ())) for name in ("required", "remarks", "options")}})


def result_to_json(result: CaseResult) -> dict[str, Data]:
    """A result as plain JSON values."""
    value = {
        "case": result.case,
        "exchanges": [_exchange_to_json(exchange) for exchange in result.exchanges],
        "findings": [dataclasses.asdict(finding) for finding in result.findings],
    }
    return value if result.handed is None else {**value, "handed": dataclasses.asdict(result.handed)}


def result_from_json(value: Mapping[str, Any]) -> CaseResult:
    """The reverse of ``result_to_json``."""
    return CaseResult(
        value["case"],
        tuple(_exchange_from_json(item) for item in value["exchanges"]),
        tuple(_finding_from_json(item) for item in value["findings"]),
        ClientOutcome(**{**value["handed"], "kinds": tuple(value["handed"]["kinds"])}) if value.get("handed") else None,
    )


def _exchange_to_json(exchange: Exchange) -> dict[str, Data]:
    value = dataclasses.asdict(exchange)
    value["body"] = _bytes_to_json(exchange.body)
    value["request"]["body"] = _bytes_to_json(exchange.request.body)
    value["arrivals"] = [[round(arrival.seconds, 6), arrival.octets] for arrival in exchange.arrivals]
    value["twin"] = _exchange_to_json(exchange.twin) if exchange.twin else None
    value["behind"] = [_exchange_to_json(attempt) for attempt in exchange.behind]
    if exchange.cut is None:
        del value["cut"]
    return value


def _exchange_from_json(value: Mapping[str, Any]) -> Exchange:
    request = {**value["request"], "body": _bytes_from_json(value["request"]["body"])}
    request["headers"] = _pairs(request["headers"])
    return Exchange(
        id=value["id"],
        request=Request(**request),
        status=value["status"],
        headers=_pairs(value["headers"]),
        body=_bytes_from_json(value["body"]),
        arrivals=tuple(Arrival(seconds, octets) for seconds, octets in value["arrivals"]),
        started_at=value["started_at"],
        seconds=value["seconds"],
        trouble=TransportFailure(**value["trouble"]) if value["trouble"] else None,
        attempts=tuple(RetriedAttempt(**attempt) for attempt in value["attempts"]),
        twin=_exchange_from_json(value["twin"]) if value.get("twin") else None,
        behind=tuple(_exchange_from_json(attempt) for attempt in value.get("behind", ())),
        cut=Cut(**value["cut"]) if value.get("cut") else None,
    )


def _finding_from_json(value: Mapping[str, Any]) -> Finding:
    return Finding(
        case=sys.intern(value["case"]),  # thousands of findings share a few hundred names
        requirement=sys.intern(value["requirement"]),
        outcome=Outcome(value["outcome"]),
        problems=tuple(Problem(**problem) for problem in value["problems"]),
        exchanges=tuple(value["exchanges"]),
        reason=value["reason"],
        fault=_fault(value),
    )


def _fault(value: Mapping[str, Any]) -> Blame | None:
    """Whose fault an error is. Older records lack this member and say it only in the reason."""
    if "fault" in value:
        return None if value["fault"] is None else Blame(value["fault"])
    if value["outcome"] != Outcome.ERROR:
        return None
    return Blame.OURS if "our own" in value["reason"] else Blame.THEIRS


def _pairs(value: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in value)


def _bytes_to_json(raw: bytes) -> Data:
    """Text where the bytes are UTF-8, base64 where they are not."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _bytes_from_json(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])
