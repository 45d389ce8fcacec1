"""Remembers what a run has created at the endpoint, and deletes what its cases have left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..catalog import fits_url, plan
from ..checks import Reply
from ..model import CLEAN_UP, Data, Exchange, Request, Step, Subject

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
    """Something that a case created and has not undone, and the request that undoes it."""

    case: str
    request: Request

    @property
    def told(self) -> str:
        """The request in a few words."""
        return f"{self.request.method} {self.request.path}"


class Cleaner:
    """Keeps track of what exists because of this run. All methods belong to one event loop."""

    def __init__(self, subject: Subject, headers: Mapping[str, str]) -> None:
        self._subject = subject
        self._headers = headers
        self._left: dict[str, Leftover] = {}
        self._made: set[str] = set()
        self.failed: list[str] = []
        """What could not be undone: the request, and how it was answered."""

    def note(self, case: str, exchange: Exchange) -> None:
        """Take note of what an exchange created or undid."""
        request, status = exchange.request, exchange.status or 0
        path = request.path.partition("?")[0]
        if path in self._left and (200 <= status < 300 or status in GONE):
            del self._left[path]
        if status == 200:
            for name, identity in (*_created(exchange), *self._files_of_batch(exchange)):
                self._made.add(identity)
                undoing = self._undoing(name, identity)
                self._left.setdefault(undoing.path.partition("?")[0], Leftover(case, undoing))
            for ended in _ended(exchange):
                self._left = {at: left for at, left in self._left.items() if ended not in at.split("/")}

    def left_by(self, case: str | None = None) -> list[Leftover]:
        """What a case has left, or what all have."""
        return [left for left in self._left.values() if case in (None, left.case)]

    def _undoing(self, name: str, identity: str) -> Request:
        """The request that undoes a creation, as a case would send it. What must be answered to it is for no case to say."""
        method, endpoint = UNDOING[name]
        step = Step(CLEAN_UP, endpoint, method, target=identity)
        return replace(plan(step, self._subject, self._headers, {}), wants=None)

    def _files_of_batch(self, exchange: Exchange) -> Iterator[tuple[str, str]]:
        """The files that a batch of ours has made. Those of somebody else's batch are not ours to delete."""
        value = Reply(exchange).object if exchange.request.endpoint in ("batch", "batches") else {}
        if (_is_id(value.get("id")) and value["id"] in self._made) or exchange.request.endpoint == "batches":
            yield from (("files", str(made)) for name in ("output_file_id", "error_file_id") if _is_id(made := value.get(name)))

    async def sweep(self, case: str | None, send: Callable[[Request, str], Awaitable[Exchange]]) -> dict[str, Exchange]:
        """Undo what a case has left, or what all have. Returns the exchanges, by a name for the case's record."""
        done: dict[str, Exchange] = {}
        for number, left in enumerate(self.left_by(case), start=1):
            exchange = await send(left.request, f"{left.case}#{CLEAN_UP}-{number}")
            done[f"{CLEAN_UP}~{number}"] = exchange
            self.note(left.case, exchange)
            if self._left.pop(left.request.path.partition("?")[0], None) is not None:
                told = f"status {exchange.status}" if exchange.trouble is None else exchange.trouble.text
                self.failed.append(f"{left.told}: {told}")
        return done


def _created(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """What an exchange created: the endpoint that tells how to undo it, and the id."""
    request, reply = exchange.request, Reply(exchange)
    if request.method == "POST" and request.endpoint in UNDOING and (request.endpoint != "chat" or reply.asked.get("store") is True):
        identity = reply.objects[0][1].get("id") if reply.objects else None
        if _is_id(identity):
            yield request.endpoint, str(identity)
    if request.endpoint == "upload-complete" and isinstance(file := reply.object.get("file"), dict) and _is_id(file.get("id")):
        yield "files", str(file["id"])


def _ended(exchange: Exchange) -> Iterator[str]:
    """The ids of batches and uploads that an exchange shows to have ended."""
    if exchange.request.endpoint in ("batches", "batch", "batch-cancel", "upload-complete", "upload-cancel"):
        value = Reply(exchange).object
        if isinstance(value.get("status"), str) and value["status"] in ENDED and _is_id(value.get("id")):
            yield str(value["id"])


def _is_id(value: Data) -> bool:
    return isinstance(value, str) and bool(value) and fits_url(value)
