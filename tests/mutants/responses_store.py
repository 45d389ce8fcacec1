"""Mutants of what is kept: responses, conversations, background work, counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import body_of, plain, rewriting, setting, without
from harness.reference.faults.changing_responses import any_response
from harness.reference.refusals import RefusalError
from tests.mutants.changing import mutant
from tests.mutants.responses import has, telling

AREA = "responses-store."


def path(ends: str, method: str = "GET") -> Callable[[ServerRequest], bool]:
    return lambda asked: asked.path.startswith("/responses/") and asked.path.endswith(ends) and asked.method == method


def retrieves(asked: ServerRequest) -> bool:
    return path("")(asked) and not asked.path.endswith("/input_items") and not asked.query


def items(asked: ServerRequest) -> bool:
    return path("/input_items")(asked) and not asked.query


def ordered(asked: ServerRequest) -> bool:
    return path("/input_items")(asked) and "order=asc" in asked.query


def posts(where: str) -> Callable[[ServerRequest], bool]:
    return lambda asked: asked.path == where and asked.method == "POST"


def refused(at: Callable[[ServerRequest], bool], status: int) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Refuse what was answered."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if at(asked) and reply.status == 200:
            return ServerReply(status, {**reply.headers, "content-type": "application/json"}, RefusalError(status, "Not found.").body)
        return reply

    return apply


def answered(at: Callable[[ServerRequest], bool], body: Any) -> Callable[[ServerRequest, ServerReply], ServerReply]:
    """Answer what was refused."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if at(asked) and reply.status == 404:
            return ServerReply(200, reply.headers, body)
        return reply

    return apply


def forgets(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Claim to store, and find nothing: the feature then counts as not offered, and the claim as false."""
    return refused(retrieves, 404)(asked, reply)


def listing(page: Callable[[list[Any]], list[Any]]) -> Callable[[Any], None]:
    """List other items, and name the first and the last of them."""

    def change(body: Any) -> None:
        data = page(body["data"])
        body.update(data=data, first_id=data[0]["id"], last_id=data[-1]["id"])

    return change


mutant("store-claimed", AREA + "claim-is-true", change=forgets)
mutant("retrieved-other-id", AREA + "id-as-asked", change=plain(retrieves, setting("id", "resp_other")))
mutant("retrieved-without-usage", AREA + "same-when-retrieved", change=plain(retrieves, setting("usage", None)))
mutant("items-as-bare-list", AREA + "items-shape", change=plain(items, without("object")))
mutant("items-of-no-role", AREA + "items-shape", change=plain(items, lambda body: body["data"][-1].update(role="human")))
mutant("items-ends-unnamed", AREA + "items-ends-named", change=plain(items, setting("last_id", None)))


def one_id(body: Any) -> None:
    for item in body["data"]:
        item["id"] = body["first_id"]
    body["last_id"] = body["first_id"]


mutant("items-of-one-id", AREA + "item-ids-differ", change=plain(ordered, one_id))
mutant("items-without-cursor", AREA + "items-shape", change=plain(items, without("has_more")))
mutant("items-lose-one", AREA + "items-as-sent", change=plain(items, listing(lambda data: data[1:] or data)))
mutant(
    "items-lose-text", AREA + "items-as-sent", change=plain(items, lambda body: [one.update(content=[]) for one in body["data"]] and None)
)
mutant("items-order-ignored", AREA + "items-in-order", change=plain(ordered, listing(lambda data: data[::-1])))
mutant("items-limit-ignored", AREA + "items-in-order", change=plain(ordered, listing(lambda data: [*data, {**data[0], "id": "msg_more"}])))
mutant("deletion-unclear", AREA + "deleted-shape", change=plain(path("", "DELETE"), without("deleted")))


def keeps_deleted(asked: ServerRequest) -> ServerRequest:
    """Retrieve where a deletion was asked for."""
    return replace(asked, method="GET") if path("", "DELETE")(asked) else asked


mutant("deletes-nothing", AREA + "deleted-shape", ask=keeps_deleted)


def declines(asked: ServerRequest) -> bool:
    return body_of(asked).get("store") is False


mutant(
    "keeps-what-it-should-not",
    AREA + "deleted-is-gone",
    ask=rewriting(declines, without("store")),
    change=telling(declines, "store"),
)
mutant(
    "unknown-deleted",
    AREA + "unknown-not-deleted",
    change=answered(path("", "DELETE"), {"id": "resp_wireproof-no-such-response", "object": "response", "deleted": True}),
)


def forgets_context(asked: ServerRequest) -> ServerRequest:
    """Take a continuation for a request of its own."""
    continued = has("previous_response_id")(asked) and "no-such" not in str(body_of(asked)) and "tools" not in body_of(asked)
    return rewriting(lambda a: continued, without("previous_response_id"))(asked)


mutant("context-forgotten", AREA + "context-counted", ask=forgets_context, change=telling(any_response, "previous_response_id"))
mutant(
    "instructions-carried-over",
    AREA + "instructions-not-carried",
    change=plain(has("previous_response_id"), setting("instructions", "Be brief.")),
)
mutant(
    "background-answers-whole",
    AREA + "background-begins",
    ask=rewriting(lambda a: has("background")(a) and "stream" not in body_of(a) and b"100" not in a.body, setting("background", False)),
    change=plain(lambda a: has("background")(a), setting("background", True)),
)
mutant(
    "background-fails",
    AREA + "background-ends",
    "responses.status-agrees",
    change=plain(retrieves, lambda body: body.update(status="failed") if body["background"] and body["status"] == "completed" else None),
)
mutant("cancel-changes-nothing", AREA + "background-cancelled", change=plain(path("/cancel", "POST"), setting("status", "in_progress")))


def resumes_from_the_start(asked: ServerRequest) -> ServerRequest:
    return replace(asked, query="stream=true") if "stream=" in asked.query else asked


mutant(
    "resumes-from-the-start",
    AREA + "stream-resumes",
    "responses-stream.sequence-increases",
    "responses-stream.sequence-without-gap",
    ask=resumes_from_the_start,
)
opens = posts("/conversations")
mutant("conversation-other-object", AREA + "conversation-shape", change=plain(opens, setting("object", "thread")))
mutant("conversation-untold", AREA + "conversation-told", change=plain(has("conversation"), setting("conversation", None)))


def forgets_conversation(asked: ServerRequest) -> ServerRequest:
    return rewriting(lambda a: has("conversation")(a) and "no-such" not in str(body_of(a)), without("conversation"))(asked)


def tells_conversation(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    given = body_of(asked).get("conversation")
    return plain(has("conversation"), setting("conversation", given if isinstance(given, dict) else {"id": given}))(asked, reply)


mutant("conversation-forgotten", AREA + "conversation-continues", ask=forgets_conversation, change=tells_conversation)
counts = posts("/responses/input_tokens")
mutant("count-as-text", AREA + "count-shape", change=plain(counts, lambda body: body.update(input_tokens=str(body["input_tokens"]))))
mutant("count-too-high", AREA + "count-agrees", change=plain(counts, setting("input_tokens", 99)))
mutant("compaction-without-output", AREA + "compaction-shape", change=plain(posts("/responses/compact"), without("output")))
mutant(
    "compaction-first",
    AREA + "compaction-is-last",
    change=plain(posts("/responses/compact"), lambda body: body["output"].reverse()),
)
mutant("resumes-as-json", AREA + "stream-resumes", ask=lambda asked: replace(asked, query="") if "stream=" in asked.query else asked)


mutant("retrieved-without-text-format", AREA + "same-when-retrieved", change=plain(retrieves, setting("text", None)))
