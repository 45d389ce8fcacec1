"""Remembers what a run has created at the endpoint, and deletes what its cases have left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from ..catalog import PATHS, fits_url
from ..checks import Reply
from ..model import CLEAN_UP, Data, Exchange, Request

UNDOING = {
    "files": ("DELETE", "file"),
    "uploads": ("POST", "upload-cancel"),
    "batches": ("POST", "batch-cancel"),
    "conversations": ("DELETE", "conversation"),
    "chat": ("DELETE", "stored-chat"),
}
"""How to undo a creation: by its endpoint, the method and the endpoint of the request that undoes it."""

ENDED = frozenset({"completed", "failed", "expired", "cancelled", "cancelling"})
"""States in which a batch or an upload needs no cancelling."""

GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that a case created and has not undone. ``path`` is that of the request that undoes it."""

    case: str
    method: str
    endpoint: str
    path: str


class Cleaner:
    """Keeps track of what exists because of this run. All methods belong to one event loop."""

    def __init__(self, headers: Mapping[str, str], base_of: Callable[[str], str] = lambda endpoint: "") -> None:
        self._headers = headers
        self._base_of = base_of
        self._left: dict[str, Leftover] = {}
        self.failed: list[str] = []
        """What could not be undone: the request, and how it was answered."""

    def note(self, case: str, exchange: Exchange) -> None:
        """Take note of what an exchange created or undid."""
        request, status = exchange.request, exchange.status or 0
        path = request.path.partition("?")[0]
        if path in self._left and (200 <= status < 300 or status in GONE):
            del self._left[path]
        if status == 200:
            for name, identity in _created(exchange):
                method, endpoint = UNDOING[name]
                undoing = self._base_of(endpoint) + PATHS[endpoint].replace("{}", quote(identity, safe=""))
                self._left.setdefault(undoing, Leftover(case, method, endpoint, undoing))
            for ended in _ended(exchange):
                self._left = {at: left for at, left in self._left.items() if ended not in at.split("/")}

    def left_by(self, case: str | None = None) -> list[Leftover]:
        """What a case has left, or what all have."""
        return [left for left in self._left.values() if case in (None, left.case)]

    def request(self, left: Leftover) -> Request:
        """The request that undoes a creation. What must be answered to it is for no case to say."""
        return Request(left.endpoint, left.method, left.path, tuple(self._headers.items()), b"")

    async def sweep(self, case: str | None, send: Callable[[Request, str], Awaitable[Exchange]]) -> dict[str, Exchange]:
        """Undo what a case has left, or what all have. Returns the exchanges, by a name for the case's record."""
        done: dict[str, Exchange] = {}
        for number, left in enumerate(self.left_by(case), start=1):
            exchange = await send(self.request(left), f"{left.case}#{CLEAN_UP}-{number}")
            done[f"{CLEAN_UP}~{number}"] = exchange
            self.note(left.case, exchange)
            if self._left.pop(left.path, None) is not None:
                told = f"status {exchange.status}" if exchange.trouble is None else exchange.trouble.text
                self.failed.append(f"{left.method} {left.path}: {told}")
        return done


def _created(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """What an exchange created: the endpoint that tells how to undo it, and the id."""
    request, reply = exchange.request, Reply(exchange)
    if request.method == "POST" and request.endpoint in UNDOING and (request.endpoint != "chat" or reply.asked.get("store") is True):
        identity = reply.objects[0][1].get("id") if reply.objects else None
        if _is_id(identity):
            yield request.endpoint, str(identity)
    if request.endpoint in ("batch", "batches"):
        yield from (("files", str(made)) for name in ("output_file_id", "error_file_id") if _is_id(made := reply.object.get(name)))
    if request.endpoint == "upload-complete" and isinstance(file := reply.object.get("file"), dict) and _is_id(file.get("id")):
        yield "files", str(file["id"])


def _ended(exchange: Exchange) -> Iterator[str]:
    """The ids of batches and uploads that an exchange shows to have ended."""
    if exchange.request.endpoint in ("batches", "batch", "batch-cancel", "upload-complete", "upload-cancel"):
        value = Reply(exchange).object
        if value.get("status") in ENDED and isinstance(value.get("id"), str):
            yield str(value["id"])


def _is_id(value: Data) -> bool:
    return isinstance(value, str) and bool(value) and fits_url(value)
