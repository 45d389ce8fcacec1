"""Behaviour under load, when clients disconnect, and on browser requests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import any_chat
from .fault import fault
from .where import BREAKS, COSMETIC, WRONG, completions, error, instead

fault(
    "B166",
    "9router-preflight-needs-a-key",
    "A preflight OPTIONS request, which browsers send without a key, gets a 401.",
    server="9router",
    seen="decolua/9router/pull/3659",
    severity=BREAKS,
    change=lambda asked, reply: (
        instead(reply, 401, error("Missing API key", "invalid_api_key"))
        if asked.method == "OPTIONS" and "authorization" not in asked.headers
        else reply
    ),
)
fault(
    "B167",
    "lm-studio-options-is-validated",
    "An OPTIONS request is validated as a POST: a 400 reports a missing field in its empty body.",
    server="LM Studio",
    seen="lmstudio-ai/lmstudio-bug-tracker/issues/443",
    severity=COSMETIC,
    change=lambda asked, reply: (
        instead(reply, 400, error("'messages' field is required", None, "messages"))
        if asked.method == "OPTIONS" and asked.path == "/chat/completions"
        else reply
    ),
)


class Watched(list[Any]):
    """The events of a stream, with a flag that is set when all were sent."""

    done = False

    def __iter__(self) -> Iterator[Any]:
        yield from super().__iter__()
        self.done = True


class OneSlot:
    """Generates one reply at a time, slowly, and finishes a stream although its client has disconnected."""

    def __init__(self) -> None:
        self.streams: list[Watched] = []

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if not completions(asked) or reply.status != 200:
            return reply
        reply.delay = PACE * sum(len(stream) for stream in self.streams if not stream.done)
        self.streams.clear()
        if reply.events is not None:
            reply.events, reply.pace = Watched(reply.events), PACE
            self.streams.append(reply.events)
        return reply


PACE = 0.04
"""Seconds for each event."""
fault(
    "B168",
    "llama-cpp-orphans-block-the-slot",
    "The server goes on generating after the client disconnects, and the next request waits for it.",
    server="llama.cpp server; mlx-openai-server; SGLang streaming sessions",
    seen="ggml-org/llama.cpp/issues/24496 cubist38/mlx-openai-server/issues/269 sgl-project/sglang/pull/36552",
    severity=WRONG,
    remembers=True,
    change=OneSlot(),
)


class FullQueue:
    """Refuses streams beyond its capacity at once."""

    def __init__(self) -> None:
        self.streams: list[Watched] = []

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        self.streams = [stream for stream in self.streams if not stream.done]
        if not any_chat(asked) or reply.events is None:
            return reply
        if len(self.streams) >= ROOM:
            return instead(reply, 503, {"detail": {"msg": "Server is busy; please try again later.", "type": "service_unavailable"}})
        reply.events = Watched(reply.events)
        self.streams.append(reply.events)
        return reply


ROOM = 4
fault(
    "B212",
    "koboldcpp-full-queue-refuses-at-once",
    "With more than a few requests at once, the others get a 503 without Retry-After.",
    server="KoboldCpp",
    seen="LostRuins/koboldcpp/issues/2481",
    severity=WRONG,
    remembers=True,
    change=FullQueue(),
)


class OneStream:
    """Serves one stream at a time: a new stream breaks the previous one."""

    def __init__(self) -> None:
        self.last: ServerReply | None = None

    def __call__(self, asked: ServerRequest, reply: ServerReply) -> ServerReply:
        """Change one reply."""
        if not completions(asked) or reply.events is None:
            return reply
        if self.last is not None and isinstance(self.last.events, Watched) and not self.last.events.done:
            del self.last.events[:]
            self.last.breaks_off = True
        reply.events = Watched(reply.events)
        self.last = reply
        return reply


fault(
    "B222",
    "llama-cpp-python-second-stream-kills-the-first",
    "A new stream breaks the stream that is already running.",
    server="llama-cpp-python",
    seen="abetlen/llama-cpp-python/issues/897",
    severity=BREAKS,
    remembers=True,
    change=OneStream(),
)
