"""Remembers what a run has created at the endpoint, and deletes what its cases have left."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..catalog import UNDOING, fits_url, may_keep, plan
from ..checks import Reply
from ..model import CLEAN_UP, Data, Exchange, Request, Step, Subject

ENDED = frozenset({"completed", "failed", "expired", "cancelled", "cancelling"})
"""States in which a batch or an upload needs no cancelling."""

GONE = frozenset({404, 410})

ROUTELESS = frozenset({404, 405, 501})
"""Statuses of a deletion that may mean that there are no deletions, because nothing is kept."""

KEPT = frozenset({"store", "background", "conversation"})
"""Members of a request that ask for a response which is kept."""

TRIED = 2
"""After so many deletions without a route, and none that worked, responses that nobody asked to be kept count as not kept."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """Something that a case created and has not undone, and the request that undoes it.

    ``implied`` means that nobody asked to keep it: the reference keeps such a response, other endpoints may not.
    """

    case: str
    request: Request
    implied: bool = False

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
        self._responses_are_deleted = False
        self._routeless = 0
        self.failed: list[str] = []
        """What could not be undone: the request, and how it was answered."""

    def note(self, case: str, exchange: Exchange) -> None:
        """Take note of what an exchange created or undid."""
        request, status = exchange.request, exchange.status or 0
        path = request.path.partition("?")[0]
        undone = path in self._left and self._left[path].request.method == request.method
        if undone and (200 <= status < 300 or status in GONE):
            del self._left[path]
        if request.method == "DELETE" and request.endpoint == "response" and request.wants != "refusal":
            self._responses_are_deleted |= 200 <= status < 300
            self._routeless += status in ROUTELESS
        if 200 <= status < 300:
            for name, identity in (*_created(exchange), *self._files_of_batch(exchange)):
                self._made.add(identity)
                undoing = self._undoing(name, identity)
                implied = name == "responses" and not KEPT & Reply(exchange).asked.keys()
                self._left.setdefault(undoing.path.partition("?")[0], Leftover(case, undoing, implied))
            for ended in _ended(exchange):
                self._left = {at: left for at, left in self._left.items() if ended not in at.split("/")}

    def left_by(self, case: str | None = None) -> list[Leftover]:
        """What a case has left, or what all have."""
        keeps = self._responses_are_deleted or self._routeless < TRIED
        return [left for left in self._left.values() if case in (None, left.case) and (keeps or not left.implied)]

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
            if left not in self.left_by(case):
                continue  # an earlier answer showed that it is not kept
            exchange = await send(left.request, f"{left.case}#{CLEAN_UP}-{number}")
            done[f"{CLEAN_UP}~{number}"] = exchange
            self.note(left.case, exchange)
            if self._left.pop(left.request.path.partition("?")[0], None) is not None and not (
                left.implied and exchange.status in ROUTELESS
            ):
                told = f"status {exchange.status}" if exchange.trouble is None else exchange.trouble.text
                self.failed.append(f"{left.told}: {told}")
        return done


def creates(request: Request) -> bool:
    """Whether an endpoint may keep something because of a request."""
    return may_keep(request.endpoint, request.method, Reply(Exchange("", request)).asked)


def _created(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """What an exchange created: the endpoint that tells how to undo it, and the id."""
    request, reply = exchange.request, Reply(exchange)
    made = reply.objects[0][1] if creates(request) and reply.objects else {}
    if _is_id(made.get("id")) and made.get("store") is not False:
        yield request.endpoint, str(made["id"])
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
