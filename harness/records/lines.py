"""Exchanges as JSON Lines: one object per line, described by ``spec/schemas/files/recording.json``.

``--record`` writes this format. Other tools can write it too; only method, URL, status and body are required.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any, TextIO
from urllib.parse import urlsplit

from ..catalog import own_schemas
from ..checks import parse_json
from ..model import Arrival, Data, Exchange, Request, RetriedAttempt, TransportFailure
from ..wire import Scrubber, without_secrets
from .addresses import Address, address, without_login
from .content import BadContentError, compact, from_base64, headers, octets
from .line_files import LONGEST, lines_of
from .recorded import NO_TEXT, Lost, Recorded, UnreadableError
from .shapes import misshapen

LAST_LINE = "the last line is cut off; remove it to judge the lines before it"


def read(path: Path) -> Iterator[Recorded]:
    """Read one exchange a line, one after the other. Raises ``UnreadableError``, ``BadContentError`` and ``OSError``."""
    for line in lines_of(path):
        if not line.raw.strip():
            continue
        if len(line.raw) > LONGEST:
            raise UnreadableError(f"{path}:{line.number}: is longer than {LONGEST:,} bytes; remove the line.")
        try:
            text = line.raw.decode()
        except UnicodeDecodeError as error:
            raise UnreadableError(f"{path}: {NO_TEXT.format(line.start + error.start)}.") from error
        parsed = parse_json(text.removesuffix("\n"))
        if parsed.error is not None:
            what = f"not JSON ({parsed.error}); remove the line, or record it again" if line.is_whole else LAST_LINE
            raise UnreadableError(f"{path}:{line.number}: {what}.")
        recorded: Data = parsed.value
        if not is_sound(recorded) and (wrong := misshapen("recording", recorded)) is not None:
            raise UnreadableError(f"{path}:{line.number}: {wrong[1]}; spec/schemas/files/recording.json describes these lines.")
        try:
            yield exchange_of(recorded, f"{path.name}:{line.number}")
        except BadContentError as error:
            raise UnreadableError(f"{path}:{line.number}: {error}; record it again.") from error


def is_sound(value: Data) -> bool:
    """Whether a line's value has the shape of a recording."""
    return own_schemas().is_valid("recording", value)


def exchange_of(value: Mapping[str, Any], place: str) -> Recorded:
    """Convert a line to an exchange with its secrets removed."""
    method = value["method"].upper()
    base_url, path, endpoint = _address(method, value)
    request = Request(
        endpoint=value.get("endpoint", endpoint),
        method=method,
        path=path,
        headers=headers(value.get("request_headers", {})),
        body=_body(value, "request_"),
        leave_after=value.get("leave_after"),
    )
    trouble = value.get("trouble")
    exchange = Exchange(
        id=value.get("id", place),
        request=request,
        status=value["status"],
        headers=headers(value.get("headers", {})),
        body=_body(value),
        arrivals=tuple(Arrival(seconds, at) for seconds, at in value.get("arrivals", ())),
        started_at=value.get("started_at"),
        seconds=value.get("seconds", 0.0),
        trouble=TransportFailure(trouble["kind"], trouble["text"]) if trouble else None,
        attempts=tuple(RetriedAttempt(**attempt) for attempt in value.get("attempts", ())),
    )
    lost = {Lost.HEADERS: not value.get("all_headers", False), Lost.SPELLING: "json" in value}
    return Recorded(without_secrets(exchange), base_url, place, frozenset(part for part, gone in lost.items() if gone))


def _address(method: str, value: Mapping[str, Any]) -> Address:
    """Where a line's request went: as the line says, or derived from its path."""
    if "base_url" in value:
        base_url = without_login(value["base_url"].rstrip("/"))
        path = value["path"].removeprefix(urlsplit(base_url).path)
        return Address(base_url, path, address(method, path).endpoint)
    found = address(method, f"https://{value['host']}{value['path']}")
    streams = any(text.startswith("text/event-stream") for name, text in headers(value.get("headers", {})) if name == "content-type")
    if method == "GET" and streams and "?" not in found.path:
        return found._replace(path=f"{found.path}?stream=true")  # some recorders drop the query, and only a request can ask for a stream
    return found


def _body(value: Mapping[str, Any], prefix: str = "") -> bytes:
    """The body of a line's request or reply, stored as JSON, text or base64."""
    if (text := value.get(f"{prefix}text")) is not None:
        return octets(text)
    if (encoded := value.get(f"{prefix}base64")) is not None:
        return from_base64(encoded)
    name = "request" if prefix else "json"
    return b"" if name not in value or (prefix and value[name] is None) else compact(value[name])


def line_of(exchange: Exchange, base_url: str) -> dict[str, Data]:
    """Convert an exchange to a line's object. It holds only what crossed the wire, not what the case expected."""
    request, address_parts = exchange.request, urlsplit(base_url)
    members: dict[str, Data] = {
        "id": exchange.id,
        "host": address_parts.netloc,
        "base_url": base_url,
        "endpoint": request.endpoint,
        "method": request.method,
        "path": address_parts.path.rstrip("/") + request.path,
        "request_headers": _grouped(request.headers),
        **_kept(request.body, "request_"),
        "leave_after": request.leave_after,
        "status": exchange.status,
        "headers": _grouped(exchange.headers),
        "all_headers": True,
        **_kept(exchange.body),
        "arrivals": [[round(arrival.seconds, 6), arrival.octets] for arrival in exchange.arrivals],
        "started_at": exchange.started_at,
        "seconds": round(exchange.seconds, 6),
        "trouble": asdict(exchange.trouble) if exchange.trouble else None,
        "attempts": [asdict(attempt) for attempt in exchange.attempts],
    }
    needed = ("status",)
    return {name: member for name, member in members.items() if name in needed or (member is not None and member != [])}


def _kept(body: bytes, prefix: str = "") -> dict[str, Data]:
    """Store a body as JSON if lossless, else as text, else in base64. Replies are never stored as JSON: their spelling is judged."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {f"{prefix}base64": base64.b64encode(body).decode()}
    if prefix:
        if not body:
            return {}
        parsed = parse_json(text)
        if parsed.value is not None and compact(parsed.value) == body:
            return {"request": parsed.value}
    return {f"{prefix}text": text}


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Headers by name; a repeated name has a list of values."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


class ExchangeRecorder:
    """Writes each exchange of one process as it ends, so that an interrupted run loses nothing.

    The first exchange creates a new file, so several processes can write to the same folder.
    """

    def __init__(self, folder: Path, base_url: str, scrubber: Scrubber) -> None:
        self._folder = folder
        self._base_url = base_url
        self._scrubber = scrubber
        self._file: TextIO | None = None
        self._lock = Lock()  # long exchanges are written from threads
        folder.mkdir(parents=True, exist_ok=True)

    def keep(self, exchange: Exchange) -> None:
        """Write one exchange with keys and cookies removed."""
        # ASCII only: an endpoint may send lone surrogates, which no UTF-8 file can hold.
        line = self._scrubber.json(line_of(without_secrets(exchange), without_login(self._base_url)))
        with self._lock:
            if self._file is None:
                self._file = self._open()
            self._file.write(line + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file, if there is one."""
        if self._file is not None:
            self._file.close()

    def _open(self) -> TextIO:
        """Create the first numbered file that does not exist yet."""
        for number in count(1):
            with suppress(FileExistsError):
                return (self._folder / f"exchanges-{number}.jsonl").open("x", encoding="utf-8")
        raise AssertionError("there is always another number")
