"""What a run creates it deletes, also when a case breaks off or the run is interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.catalog import Catalog
from harness.catalog.endpoints import PATHS, UNDOING
from harness.model import Exchange, Outcome, Request
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import KEY
from harness.reference.state import State, counted_digits
from harness.runner import engine
from harness.runner.cleanup import Cleaner
from harness.runner.engine import Engine
from harness.wire.redaction import Scrubber
from harness.wire.transport import Limits, Wire
from tests.inprocess import BASE_URL, HEADERS, SUBJECT, Loopback, VirtualClock, judge

NEW = frozenset({"moderations", "files", "uploads", "batches", "chat-store"})
"""The areas that create things, or that few endpoints serve."""


class RealClock(VirtualClock):
    """A clock whose waits take their time."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


CASE = "responses-store/conversations/continued"


def exchange(method: str, endpoint: str, path: str, reply: str, sent: bytes = b"") -> Exchange:
    headers = (("content-type", "application/json"),)
    return Exchange(f"{CASE}#1", Request(endpoint, method, path, (), sent), 200, headers, reply.encode())


def test_case_that_breaks_off_leaves_nothing(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    asked: list[tuple[str, str]] = []

    def respond(request: ServerRequest) -> ServerReply:
        asked.append((request.method, request.path))
        if request.path == "/responses" and b"quincunx" in request.body:
            return ServerReply(200, {"content-type": "application/json"}, b"{")  # nothing to go on with
        return answer(request)

    broken = replace(catalog.cases[CASE], steps=tuple(step for step in catalog.cases[CASE].steps if step.id in ("opened", "first")))
    with_broken = replace(catalog, cases={**catalog.cases, CASE: broken})
    found = loop.run_until_complete(judge(with_broken, respond, cases=[CASE]))
    (deletion,) = [exchange for exchange in found.results[0].exchanges if exchange.is_clean_up]
    assert (deletion.id, deletion.status) == (f"{CASE}#clean-up-1", 200)
    assert ("DELETE", deletion.request.path) in asked


def test_case_that_deletes_by_itself_is_left_alone(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    found = loop.run_until_complete(judge(catalog, cases=["conversations/items/whole-life", "files/upload/whole-life"]))
    assert not any(exchange.is_clean_up for result in found.results for exchange in result.exchanges)


def test_everything_created_is_known_by_the_request_that_undoes_it() -> None:
    cleaner = Cleaner(SUBJECT, {})
    for endpoint in UNDOING:
        cleaner.note(CASE, exchange("POST", endpoint, PATHS[endpoint], f'{{"id": "{endpoint}-1"}}', b'{"store": true}'))
    paths = {left.told for left in cleaner.left_by()}
    assert paths == {
        "DELETE /files/files-1",
        "POST /uploads/uploads-1/cancel",
        "POST /batches/batches-1/cancel",
        "DELETE /conversations/conversations-1",
        "DELETE /chat/completions/chat-1",
        "DELETE /responses/responses-1",
    }


def test_what_has_ended_needs_no_cancelling_and_its_files_are_deleted() -> None:
    cleaner = Cleaner(SUBJECT, {})
    cleaner.note(CASE, exchange("POST", "batches", "/batches", '{"id": "b-1", "status": "validating"}'))
    cleaner.note(CASE, exchange("GET", "batch", "/batches/b-1", '{"id": "b-1", "status": "completed", "output_file_id": "f-1"}'))
    assert [left.request.path for left in cleaner.left_by()] == ["/files/f-1"]


def test_what_is_only_read_still_has_to_be_deleted() -> None:
    cleaner = Cleaner(SUBJECT, {})
    cleaner.note(CASE, exchange("POST", "responses", "/responses", '{"id": "r-1"}', b'{"store": true}'))
    cleaner.note(CASE, exchange("GET", "response", "/responses/r-1", '{"id": "r-1"}'))
    assert [left.told for left in cleaner.left_by()] == ["DELETE /responses/r-1"]
    cleaner.note(CASE, exchange("DELETE", "response", "/responses/r-1", '{"id": "r-1"}'))
    assert cleaner.left_by() == []


def test_response_that_was_not_kept_is_not_deleted() -> None:
    cleaner = Cleaner(SUBJECT, {})
    cleaner.note(CASE, exchange("POST", "responses", "/responses", '{"id": "r-1"}', b'{"store": false}'))
    cleaner.note(CASE, exchange("POST", "responses", "/responses", '{"id": "r-2", "store": false}'))
    assert cleaner.left_by() == []


def test_chat_that_is_not_stored_leaves_nothing() -> None:
    cleaner = Cleaner(SUBJECT, {})
    cleaner.note(CASE, exchange("POST", "chat", "/chat/completions", '{"id": "c-1"}', b'{"store": false}'))
    assert cleaner.left_by() == []


def test_what_cannot_be_deleted_is_told(loop: asyncio.AbstractEventLoop) -> None:
    cleaner = Cleaner(SUBJECT, {})
    cleaner.note(CASE, exchange("POST", "files", "/files", '{"id": "f 1"}'))

    async def send(request: Request, identity: str) -> Exchange:
        return Exchange(identity, request, 500)

    loop.run_until_complete(cleaner.sweep(None, send))
    assert (cleaner.failed, cleaner.left_by()) == (["DELETE /files/f%201: status 500"], [])


KEEPING = {
    "responses",
    "responses-store",
    "responses-stream",
    "responses-tools",
    "files",
    "uploads",
    "batches",
    "conversations",
    "chat-store",
}
"""The areas whose cases make what the reference keeps."""


def held_by(state: State) -> dict[str, list[str]]:
    """What the reference holds, by kind. Batches and uploads cannot be deleted: those that have ended count as gone."""
    store = state.store
    return {
        "responses": [*store.responses],
        "conversations": [*store.conversations],
        "files": [*store.files],
        "chats": [*store.chats],
        "uploads": [name for name, kept in store.uploads.items() if kept.upload["status"] == "pending"],
        "batches": [
            name for name, kept in store.batches.items() if kept.batch["status"] not in ("completed", "failed", "cancelled", "cancelling")
        ],
    }


def test_run_leaves_nothing(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    state = State(digits=counted_digits())
    chosen = [name for name, case in catalog.cases.items() if case.area in KEEPING]
    most: dict[str, int] = {}

    def respond(request: ServerRequest) -> ServerReply:
        reply = answer(replace(request, state=state))
        for kind, held in held_by(state).items():
            most[kind] = max(most.get(kind, 0), len(held))
        return reply

    found = loop.run_until_complete(judge(catalog, respond, cases=chosen))
    assert found.unmet() == set()
    assert min(most.values()) > 0  # there was something to delete of each kind
    assert held_by(state) == {kind: [] for kind in most}


def test_responses_that_nobody_asked_to_keep_are_not_deleted_in_vain(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    asked: list[str] = []

    def respond(request: ServerRequest) -> ServerReply:
        if request.method == "DELETE":
            asked.append(request.path)
            return ServerReply(405, {"content-type": "application/json"}, {"detail": "Method Not Allowed"})
        return answer(request)

    chosen = [name for name, case in catalog.cases.items() if case.area == "responses"]
    loop.run_until_complete(judge(catalog, respond, cases=chosen))
    assert len(chosen) > 20
    assert 2 <= len(asked) <= 2 + 8  # those that were under way, eight cases at a time


def engine_at(catalog: Catalog, respond: Callable[[ServerRequest], ServerReply]) -> tuple[Engine, Wire]:
    """An engine whose endpoint takes the time that it says."""
    patient = Limits(total=7_200.0, silence=7_200.0)
    wire = Wire(BASE_URL, Scrubber([KEY]), patient, transport=Loopback(respond, RealClock()), trust_env=False)
    return Engine(catalog, wire, SUBJECT, HEADERS), wire


@pytest.mark.parametrize(("delay", "undeleted"), [(0.2, []), (3_600.0, ["POST /files: interrupted before it told what it made"])])
def test_what_is_being_made_when_a_run_is_interrupted(
    delay: float, undeleted: list[str], catalog: Catalog, loop: asyncio.AbstractEventLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CREATING", 2.0 if not undeleted else 0.1)
    state = State()

    async def interrupted() -> list[str]:
        begun = asyncio.Event()

        def respond(request: ServerRequest) -> ServerReply:
            reply = answer(replace(request, state=state))
            if request.path == "/files" and request.method == "POST":
                begun.set()
                return replace(reply, delay=delay)
            return reply

        running, wire = engine_at(catalog, respond)
        running.start([catalog.cases["files/upload/whole-life"]])
        await begun.wait()
        assert state.store.files
        await running.close()
        await wire.close()
        return running.undeleted

    assert loop.run_until_complete(interrupted()) == undeleted
    assert bool(state.store.files) == bool(undeleted)


def test_interrupted_run_leaves_nothing(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    """Cases that are cancelled where something exists because of them: the closing engine deletes it."""
    state = State()
    held = ("/batches", "/files", "/conversations", "/uploads", "/responses")
    hanging: list[str] = []
    all_hang = asyncio.Event()

    def respond(request: ServerRequest) -> ServerReply:
        reply = answer(replace(request, state=state))
        is_next = request.method == "GET" and request.path.startswith(held)
        if is_next:
            hanging.append(request.path)
            if len(hanging) == 4:
                all_hang.set()
        return replace(reply, delay=3_600.0) if is_next else reply

    async def interrupted() -> None:
        running, wire = engine_at(catalog, respond)
        kept = ("files/upload/whole-life", "batches/chats/four-chats", "conversations/items/whole-life", "responses-store/kept/retrieved")
        running.start([catalog.cases[name] for name in kept])
        await all_hang.wait()
        assert all((state.store.files, state.store.conversations, state.store.batches, state.store.responses))
        await running.close()
        await wire.close()

    loop.run_until_complete(interrupted())
    assert not state.store.files
    assert not state.store.conversations
    assert not state.store.responses
    assert {kept.batch["status"] for kept in state.store.batches.values()} == {"cancelling"}


def test_endpoint_with_chat_alone_is_asked_for_little_more(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    asked: list[str] = []
    served = ("/chat/completions", "/models")

    def respond(request: ServerRequest) -> ServerReply:
        asked.append(f"{request.method} {request.path}")
        served_here = request.path.startswith(served) and (request.method == "POST" or request.path.startswith("/models"))
        return answer(request if served_here else replace(request, path="/nothing"))

    chosen = [name for name, case in catalog.cases.items() if case.area in NEW]
    found = loop.run_until_complete(judge(catalog, respond, cases=chosen))
    of_new = [exchange for result in found.results for exchange in result.exchanges]
    assert len(of_new) <= 10
    assert {result.outcome for result in found.results} == {Outcome.NOT_APPLICABLE}


def test_what_undoes_is_sent_as_a_case_would_send_it() -> None:
    subject = replace(SUBJECT, query={"api-version": "1"}, places={"": "/base"})
    cleaner = Cleaner(subject, HEADERS)
    cleaner.note(CASE, exchange("POST", "files", "/base/files?api-version=1", '{"id": "f-1"}'))
    (left,) = cleaner.left_by()
    assert left.told == "DELETE /base/files/f-1?api-version=1"
    assert {"user-agent", "accept-encoding", *HEADERS} <= dict(left.request.headers).keys()
    cleaner.note(CASE, exchange("DELETE", "file", "/base/files/f-1?api-version=1", "{}"))
    assert cleaner.left_by() == []


def test_files_of_a_batch_that_is_not_ours_are_not_deleted() -> None:
    cleaner = Cleaner(SUBJECT, {})
    cleaner.note(CASE, exchange("GET", "batch", "/batches/b-9", '{"id": "b-9", "status": "completed", "output_file_id": "f-9"}'))
    assert cleaner.left_by() == []
