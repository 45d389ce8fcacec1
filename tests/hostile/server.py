"""A server on plain sockets: what stands in the first segment of a request's path decides how it misbehaves."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import KEY
from harness.reference.state import State

LONGEST = 60.0
"""So long one conversation may take, in seconds."""


@dataclass(slots=True)
class Talk:
    """One request, and the connection to answer it on."""

    connection: socket.socket
    request: ServerRequest
    ends_at: float = field(default_factory=lambda: time.monotonic() + LONGEST)
    _answered: tuple[int, dict[str, str], bytes] | None = field(default=None, init=False)

    @property
    def streams(self) -> bool:
        """Whether the request asks for a stream."""
        return b'"stream":true' in self.request.body

    @property
    def key(self) -> str:
        """The key that came with the request."""
        return self.request.headers.get("authorization", "").removeprefix("Bearer ")

    def right(self) -> tuple[int, dict[str, str], bytes]:
        """What the faultless reference answers: status, headers and body. It is asked once, as it remembers what it made."""
        if self._answered is None:
            own_key = {**self.request.headers, "authorization": f"Bearer {KEY}"}
            reply: ServerReply = answer(replace(self.request, headers=own_key))
            self._answered = reply.status, dict(reply.headers), b"".join(piece for _, piece in reply.pieces())
        return self._answered

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        if time.monotonic() > self.ends_at:
            raise OSError("long enough")
        self.connection.sendall(raw)

    def head(self, status: object = 200, headers: Mapping[str, str] | None = None, reason: str = "OK") -> None:
        """Send a status line and headers; the connection is closed after the reply."""
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in (headers or {}).items()), "connection: close"]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1", "replace"))

    def respond(self, status: int | None = None, headers: Mapping[str, str | None] | None = None, body: bytes | None = None) -> None:
        """The right reply but for what is given; a header that is ``None`` is left out."""
        right_status, right_headers, right_body = self.right()
        body = right_body if body is None else body
        merged: dict[str, str | None] = {**right_headers, "content-length": str(len(body)), **(headers or {})}
        status = right_status if status is None else status
        reason = HTTPStatus(status).phrase if status in set(HTTPStatus) else "Odd"
        self.head(status, {name: value for name, value in merged.items() if value is not None}, reason)
        self.send(body)


Act = Callable[[Talk], None]


class HostileServer:
    """Serves behaviours by name. The first requests of a run are answered well, unless the name begins with ``pre-``."""

    WELL = 2
    """So many requests are answered well: those of the preflight."""

    def __init__(self, acts: Mapping[str, Act], port: int = 0) -> None:
        self._acts = acts
        self._seen: Counter[str] = Counter()
        self._state = State()
        self._listening = socket.create_server(("127.0.0.1", port), backlog=128)
        self.root = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def url(self, name: str) -> str:
        """The base URL of a behaviour."""
        return f"{self.root}/{name}/v1"

    def close(self) -> None:
        """Stop listening. Conversations end by themselves."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        """Answer one request, and close the connection."""
        with connection, suppress(OSError, ValueError, UnicodeError):
            connection.settimeout(10)
            name, request = _read(connection)
            talk = Talk(connection, replace(request, state=self._state))
            self._seen[name] += 1
            if not name.startswith("pre-") and self._seen[name] <= self.WELL:
                talk.respond()
            else:
                self._acts[name.removeprefix("pre-")](talk)
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(0.5)
            while connection.recv(65_536):
                pass


def _read(connection: socket.socket) -> tuple[str, ServerRequest]:
    """One request, and the name in the first segment of its path."""
    raw = b""
    while b"\r\n\r\n" not in raw:
        piece = connection.recv(65_536)
        if not piece:
            raise OSError("no request")
        raw += piece
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = _unchunked(connection, body)
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65_536)
    path, _, query = target.partition("?")
    _, name, _, *rest = path.split("/")
    return name, ServerRequest(method, "/" + "/".join(rest), headers, body, query)


def _unchunked(connection: socket.socket, raw: bytes) -> bytes:
    """A body that comes in chunks. Ours have no trailers."""
    while not raw.endswith(b"0\r\n\r\n"):
        raw += connection.recv(65_536)
    body = b""
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        body, raw = body + raw[: int(size, 16)], raw[int(size, 16) + 2 :]
    return body
