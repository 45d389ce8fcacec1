"""The reference in a provider's dialect, broken on purpose: what the profile accepts is not all that it lets through."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.profile import Models
from harness.reference.dialects import DIALECTS
from harness.reference.exchange import DONE, Asked, Reply

OPEN = Models("Llama-3.3-70B-Instruct", "Llama-3.3-70B-Instruct", "text-embedding-bge-m3")
AZURE = Models("gpt-4.1", "gpt-4.1", "text-embedding-bge-m3")
PLAIN = Models("reference", "reference", "reference-embedding")

ERRORS = ("errors/model/unknown", "errors/model/missing", "errors/routes/unknown-url")
STREAM = ("completions-stream/basics/short-text", "completions-stream/basics/include-usage")
CHAT = ("chat/basics/short-reply",)
CHAT_STREAM = ("chat-stream/basics/short-reply",)
IMAGE = ("chat/images/data-uri",)
VECTORS = ("embeddings/input/text",)
MODELS = ("models/list/listed",)

Change = Callable[[Asked, Reply], Reply]


@dataclass(frozen=True, slots=True)
class DialectMutant:
    """A way to be wrong under a profile, with the requirements that some cases then miss, of every level but those only noted.

    What it ``notes`` are requirements that are noted, with problems, and that no word of the profile accepts.
    """

    name: str
    profile: str
    models: Models
    cases: tuple[str, ...]
    breaks: frozenset[str]
    change: Change
    notes: frozenset[str] = field(default_factory=frozenset)

    def __call__(self, asked: Asked) -> Reply:
        """Answer wrongly."""
        dialect = DIALECTS["aifoundryhub" if self.profile == "aifoundryhub" else "t-cloud"]
        return self.change(asked, copy.deepcopy(dialect(asked)))


DIALECT_MUTANTS: list[DialectMutant] = []


def mutant(
    profile: str, models: Models, name: str, cases: tuple[str, ...], *breaks: str, change: Change, notes: tuple[str, ...] = ()
) -> None:
    """Add a mutant."""
    DIALECT_MUTANTS.append(DialectMutant(name, profile, models, cases, frozenset(breaks), change, frozenset(notes)))


def refused(change: Callable[[Any], Any]) -> Change:
    """Put another body in place of an error's."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if reply.status >= 400:
            reply.body = change(reply.body)
        return reply

    return apply


def at(path: str, change: Callable[[Reply], Any]) -> Change:
    """Change good replies whose path ends so."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if asked.path.endswith(path) and reply.status == 200:
            change(reply)
        return reply

    return apply


def chunks(path: str, change: Callable[[dict[str, Any], int], Any]) -> Change:
    """Change each event of a stream that is an object, given its number from 0."""

    def apply(reply: Reply) -> None:
        for number, event in enumerate(reply.events or ()):
            if isinstance(event, dict):
                change(event, number)

    return at(path, apply)


def body(path: str, change: Callable[[dict[str, Any]], Any]) -> Change:
    """Change the body of whole replies."""
    return at(path, lambda reply: change(reply.body) if reply.events is None else None)


def as_printed(chunk: dict[str, Any], number: int) -> None:
    """Leave out what the chunks in the documentation lack."""
    for member in ("created", "model"):
        chunk.pop(member, None)


def without_rate_limits(asked: Asked, reply: Reply) -> Reply:
    reply.headers = {name: value for name, value in reply.headers.items() if not name.startswith("x-ratelimit-")}
    return reply


def not_there(path: str) -> Change:
    return lambda asked, reply: Reply(404, {"content-type": "application/json"}, {"detail": "Not Found"}) if asked.path == path else reply


# T-Cloud: errors in their other form, headers and responses by kind of model.
DETAIL = ("errors.envelope", "errors.unknown-url-envelope", "errors.param-names-member", "errors.message-not-empty")
mutant("t-cloud", OPEN, "detail-is-a-list", ERRORS, *DETAIL, change=refused(lambda told: {"detail": [{"msg": told["detail"]}]}))
mutant("t-cloud", OPEN, "detail-is-empty", ERRORS, *DETAIL, change=refused(lambda told: {"detail": ""}))
mutant("t-cloud", OPEN, "error-in-neither-form", ERRORS, *DETAIL, change=refused(lambda told: {"message": told["detail"]}))
mutant(
    "t-cloud",
    AZURE,
    "error-as-printed",
    ("errors/values/above-maximum",),
    "errors.param",
    "errors.param-names-member",
    change=refused(lambda told: {"error": {name: value for name, value in told["error"].items() if name != "param"}}),
)
mutant("t-cloud", AZURE, "rate-limits-hidden", CHAT, "http.rate-limit-headers", change=without_rate_limits)
mutant("t-cloud", OPEN, "rate-limits-hidden-of-open-models", CHAT, notes=("http.rate-limit-headers",), change=without_rate_limits)
mutant(
    "t-cloud",
    OPEN,
    "completions-missing",
    ("completions/basics/short-text",),
    "http.valid-request-succeeds",
    "http.request-id",
    change=not_there("/v2/completions"),
)
mutant(
    "t-cloud",
    AZURE,
    "response-without-output",
    ("responses/basics/short-reply",),
    "responses.object-shape",
    "responses.says-something",
    change=body("/responses", lambda response: response.pop("output")),
)
mutant(
    "t-cloud",
    OPEN,
    "response-of-an-open-model-without-output",
    ("responses/basics/short-reply",),
    notes=("responses.object-shape",),
    change=body("/responses", lambda response: response.pop("output")),
)
mutant(
    "t-cloud",
    OPEN,
    "model-with-other-members",
    MODELS,
    notes=("models.no-other-members",),
    change=body("/models", lambda listed: listed["data"][0].update(max_model_len=8192)),
)
mutant(
    "t-cloud",
    OPEN,
    "message-with-other-members",
    CHAT,
    notes=("chat.no-other-members",),
    change=body("/chat/completions", lambda reply: reply["choices"][0]["message"].update(thoughts="Hm.")),
)
mutant(
    "t-cloud",
    OPEN,
    "delta-with-other-members",
    CHAT_STREAM,
    notes=("chat-stream.no-other-members",),
    change=chunks("/chat/completions", lambda chunk, n: chunk["choices"][0]["delta"].update(thoughts="Hm.") if n == 1 else None),
)
mutant("t-cloud", OPEN, "chat-chunk-as-printed", CHAT_STREAM, "chat-stream.chunk-shape", change=chunks("/chat/completions", as_printed))


# The queue, beside its twin.
def queued(change: Callable[[Reply], Any]) -> Change:
    """Change what the queue answers, good or bad."""

    def apply(asked: Asked, reply: Reply) -> Reply:
        if asked.path.startswith("/queue/"):
            change(reply)
        return reply

    return apply


def job(reply: Reply) -> None:
    """Answer with a job to come back for."""
    reply.status, reply.body, reply.events = 202, {"id": "job_1", "status": "queued"}, None


def refuses(reply: Reply) -> None:
    """Refuse, in the provider's own form."""
    reply.status, reply.body, reply.events = 400, {"detail": "No."}, None


def other_vector(reply: Reply) -> None:
    reply.body["data"][0]["embedding"][0] += 1.0


mutant("t-cloud", OPEN, "queue-gives-jobs", ("queue/twins/chat",), "queue.answers-with-the-object", change=queued(job))
mutant("t-cloud-queue", OPEN, "whole-queue-gives-jobs", CHAT, "queue.answers-with-the-object", change=queued(job))
mutant(
    "t-cloud",
    OPEN,
    "queue-has-its-own-status",
    ("queue/twins/chat",),
    "queue.same-status",
    "http.valid-request-succeeds",
    change=queued(lambda reply: setattr(reply, "status", 203)),
)
mutant(
    "t-cloud",
    OPEN,
    "queue-leaves-usage-out",
    ("queue/twins/chat",),
    "queue.same-members",
    "usage.present",
    change=queued(lambda reply: reply.body.pop("usage")),
)
mutant(
    "t-cloud",
    OPEN,
    "queue-refuses-in-another-form",
    ("queue/twins/refused",),
    "queue.same-members",
    change=queued(lambda reply: reply.body.update(error={"message": "No.", "type": "bad", "param": None, "code": None})),
)
mutant(
    "t-cloud",
    OPEN,
    "queue-refuses-in-plain-text",
    ("queue/twins/refused",),
    "queue.same-media-type",
    "errors.content-type",
    change=queued(lambda reply: reply.headers.update({"content-type": "text/plain"})),
)
mutant("t-cloud", OPEN, "queue-has-its-own-vectors", ("queue/twins/embeddings",), "queue.same-vectors", change=queued(other_vector))


def whole(reply: Reply) -> None:
    """Answer whole where a stream was asked for."""
    if reply.events is not None:
        reply.headers["content-type"] = "application/json"
        reply.body, reply.events = {**reply.events[0], "object": "chat.completion"}, None


def refuses_streams(status: int) -> Callable[[Reply], None]:
    def change(reply: Reply) -> None:
        if reply.events is not None:
            kind = {"content-type": "application/json"}
            reply.status, reply.headers, reply.body, reply.events = status, {**reply.headers, **kind}, {"detail": "No streams."}, None

    return change


def without_end(reply: Reply) -> None:
    if reply.events is not None:
        reply.events = [event for event in reply.events if event != DONE]


mutant("t-cloud", OPEN, "queue-answers-streams-whole", ("queue/twins/streamed",), notes=("queue.streams",), change=queued(whole))
mutant("t-cloud-queue", OPEN, "queue-streams-without-end", CHAT_STREAM, notes=("chat-stream.ends-with-done",), change=queued(without_end))
mutant("t-cloud-queue", OPEN, "queue-refuses-streams", CHAT_STREAM, change=queued(refuses_streams(400)))
mutant("t-cloud-queue", OPEN, "queue-fails-on-streams", CHAT_STREAM, "http.valid-request-succeeds", change=queued(refuses_streams(500)))
mutant(
    "t-cloud-queue",
    OPEN,
    "queue-refuses-whole-replies",
    CHAT,
    "http.valid-request-succeeds",
    change=queued(refuses),
)


# AI Foundry Hub: the legacy stream in its own form, embeddings in their own envelope, content in parts where there is an image.
def back_to_text(chunk: dict[str, Any], number: int) -> None:
    """Give every other chunk its text as the reference has it."""
    if number % 2:
        for choice in chunk.get("choices", ()):
            choice["text"] = choice.pop("delta")["text"]


def usage_first(reply: Reply) -> None:
    reply.events = [{"usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}, *(reply.events or ())]


def no_finish(chunk: dict[str, Any], number: int) -> None:
    for choice in chunk.get("choices", ()):
        choice["finish_reason"] = None


def content_in_parts(reply: dict[str, Any]) -> None:
    message = reply["choices"][0]["message"]
    if isinstance(message["content"], str):
        message["content"] = [{"type": "text", "text": message["content"]}]


AIFH, TEXT = "aifoundryhub", "/v1/completions"
mutant(AIFH, PLAIN, "text-in-both-forms", STREAM, "completions-stream.choice-shape", change=chunks(TEXT, back_to_text))
mutant(
    AIFH,
    PLAIN,
    "delta-text-is-null",
    STREAM,
    "completions-stream.choice-shape",
    change=chunks(TEXT, lambda chunk, n: [choice["delta"].update(text=None) for choice in chunk.get("choices", ())]),
)
mutant(
    AIFH,
    PLAIN,
    "chunk-of-a-third-object",
    STREAM,
    "completions-stream.chunk-shape",
    change=chunks(TEXT, lambda chunk, n: chunk.update(object="completion.chunk") if "choices" in chunk else None),
)
mutant(AIFH, PLAIN, "text-chunk-as-printed", STREAM, "completions-stream.chunk-shape", change=chunks(TEXT, as_printed))
mutant(
    AIFH,
    PLAIN,
    "usage-event-comes-first",
    STREAM,
    "completions-stream.usage-only-when-asked",
    "completions-stream.usage-chunk",
    "completions-stream.usage-once-and-last",
    change=at(TEXT, usage_first),
)
mutant(
    AIFH,
    PLAIN,
    "usage-event-missing-when-asked",
    STREAM[1:],
    "completions-stream.usage-chunk",
    change=at(TEXT, lambda reply: setattr(reply, "events", [e for e in reply.events or () if e == DONE or "choices" in e])),
)
mutant(AIFH, PLAIN, "stream-ends-as-printed", STREAM, "completions-stream.every-choice-finishes", change=chunks(TEXT, no_finish))
mutant(
    AIFH,
    PLAIN,
    "embeddings-of-a-third-object",
    VECTORS,
    "embeddings.object-shape",
    change=body("/embeddings", lambda reply: reply.update(object="embeddings")),
)
mutant(
    AIFH,
    PLAIN,
    "embeddings-without-time",
    VECTORS,
    "embeddings.object-shape",
    change=body("/embeddings", lambda reply: reply.pop("created")),
)
mutant(
    AIFH,
    PLAIN,
    "embeddings-with-other-members",
    VECTORS,
    notes=("embeddings.no-other-members",),
    change=body("/embeddings", lambda reply: reply.update(region="eu")),
)
mutant(AIFH, PLAIN, "parts-without-image", CHAT, "chat.message-shape", change=body("/chat/completions", content_in_parts))
mutant(
    AIFH,
    PLAIN,
    "parts-are-texts",
    IMAGE,
    "chat.message-shape",
    change=body("/chat/completions", lambda reply: reply["choices"][0]["message"].update(content=["Grey."])),
)
