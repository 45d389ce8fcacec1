"""A run as JSON Lines: a header, then each case's exchanges and findings as they are judged, then a footer.

A file without its footer was cut off, and reads as an interrupted run. Every line is scrubbed of keys before it is written.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from .model import Arrival, Attempt, CaseResult, Exchange, Finding, Json, Outcome, Problem, Request, RunRecord, Trouble
from .secrets import Scrubber

FORMAT = 1


class RecordError(Exception):
    """A file that is no run record; the text says where and why."""


class RecordWriter:
    """Writes a record line by line, so that a run that dies leaves what it had."""

    def __init__(self, path: Path, scrubber: Scrubber) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8")
        self._scrubber = scrubber

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def header(self, header: Mapping[str, Json]) -> None:
        """Write the first line."""
        self._line({"kind": "header", "format": FORMAT, **header})

    def result(self, result: CaseResult) -> None:
        """Write a case's result."""
        self._line({"kind": "result", **result_to_json(result)})

    def footer(self, footer: Mapping[str, Json]) -> None:
        """Write the last line."""
        self._line({"kind": "footer", **footer})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _line(self, value: Mapping[str, Json]) -> None:
        # ASCII only: an endpoint may send lone surrogates, which no UTF-8 file can hold.
        self._file.write(self._scrubber.text(json.dumps(value, separators=(",", ":"))) + "\n")
        self._file.flush()


def read_record(path: Path) -> RunRecord:
    """Read a record; one without a footer is of an interrupted run. Raises ``RecordError``."""
    header: Json = None
    footer: Json = None
    results: list[CaseResult] = []
    for number, line in enumerate(_lines(path), start=1):
        try:
            value = json.loads(line)
            match value.pop("kind"):
                case "header" if value.get("format") == FORMAT:
                    header = value
                case "result":
                    results.append(result_from_json(value))
                case "footer":
                    footer = value
                case kind:
                    raise RecordError(f"{path}:{number}: no {kind!r} line of format {FORMAT} that we know")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordError(f"{path}:{number}: not a line of a run record ({type(error).__name__}: {error})") from error
    if header is None:
        raise RecordError(f"{path}: has no header")
    return RunRecord(header, tuple(results), footer)


def _lines(path: Path) -> Iterable[str]:
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError(f"{path}: cannot be read ({error})") from error


def result_to_json(result: CaseResult) -> dict[str, Json]:
    """A result as plain JSON values."""
    return {
        "case": result.case,
        "exchanges": [_exchange_to_json(exchange) for exchange in result.exchanges],
        "findings": [dataclasses.asdict(finding) for finding in result.findings],
    }


def result_from_json(value: Mapping[str, Any]) -> CaseResult:
    """The reverse of ``result_to_json``."""
    return CaseResult(
        value["case"],
        tuple(_exchange_from_json(item) for item in value["exchanges"]),
        tuple(_finding_from_json(item) for item in value["findings"]),
    )


def _exchange_to_json(exchange: Exchange) -> dict[str, Json]:
    value = dataclasses.asdict(exchange)
    value["body"] = _bytes_to_json(exchange.body)
    value["request"]["body"] = _bytes_to_json(exchange.request.body)
    value["arrivals"] = [[round(arrival.seconds, 6), arrival.octets] for arrival in exchange.arrivals]
    value["twin"] = _exchange_to_json(exchange.twin) if exchange.twin else None
    value["behind"] = [_exchange_to_json(attempt) for attempt in exchange.behind]
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
        trouble=Trouble(**value["trouble"]) if value["trouble"] else None,
        attempts=tuple(Attempt(**attempt) for attempt in value["attempts"]),
        twin=_exchange_from_json(value["twin"]) if value.get("twin") else None,
        behind=tuple(_exchange_from_json(attempt) for attempt in value.get("behind", ())),
    )


def _finding_from_json(value: Mapping[str, Any]) -> Finding:
    return Finding(
        case=value["case"],
        requirement=value["requirement"],
        outcome=Outcome(value["outcome"]),
        problems=tuple(Problem(**problem) for problem in value["problems"]),
        exchanges=tuple(value["exchanges"]),
        reason=value["reason"],
    )


def _pairs(value: Iterable[Iterable[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in value)


def _bytes_to_json(raw: bytes) -> Json:
    """Text where the bytes are UTF-8, base64 where they are not."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(raw).decode()}


def _bytes_from_json(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else base64.b64decode(value["base64"])
