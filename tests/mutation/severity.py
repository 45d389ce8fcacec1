"""Computes how grave a mutation is from how the official Python client handles the changed reply.

It breaks a client when the call raises where it did not before, or the other way round; it is wrong data when the values that a user
reads differ; else it is cosmetic.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

import httpx
import openai
from openai.pagination import SyncPage
from openai.types import Completion, CreateEmbeddingResponse, Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.responses import Response, ResponseStreamEvent

from harness.reference.exchange import ServerReply, ServerRequest

BREAKS, WRONG, COSMETIC = "breaks a client", "wrong data", "cosmetic"

UNREAD = frozenset(
    {
        "created",
        "created_at",
        "completed_at",
        "system_fingerprint",
        "service_tier",
        "object",
        "obfuscation",
        "sequence_number",
        "annotations",
        "parallel_tool_calls",
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "background",
        "truncation",
        "top_p",
        "temperature",
        "tool_usage",
        "store",
        "metadata",
        "max_tool_calls",
        "owned_by",
    }
)
"""Members that tell nothing of the answer."""


TYPES: Mapping[str, Any] = {
    "/chat/completions": (ChatCompletion, ChatCompletionChunk),
    "/completions": (Completion, Completion),
    "/responses": (Response, ResponseStreamEvent),
    "/embeddings": (CreateEmbeddingResponse, None),
    "/models": (SyncPage[Model], None),
}
"""What the client makes of a whole reply, and of an event, by path."""


def severity(asked: ServerRequest, good: ServerReply, bad: ServerReply) -> str:
    """How grave it is that a request is answered otherwise."""
    one, other = (outcome(asked, reply) for reply in (good, bad))
    if one[0] != other[0]:
        return BREAKS
    return COSMETIC if one == other else WRONG


def outcome(asked: ServerRequest, reply: ServerReply) -> tuple[str, str]:
    """What a call comes to: how it ends, and what its user gets."""
    if reply.delay > 600:
        return "APITimeoutError", ""
    http: Any = httpx.Client(transport=httpx.MockTransport(lambda request: _response(reply)))
    with openai.OpenAI(base_url="http://x.test/v1", api_key="key", max_retries=0, http_client=http) as client:
        try:
            return "returns", json.dumps(_call(client, asked), sort_keys=True, default=str)
        except openai.APIStatusError as error:
            return type(error).__name__, f"{error.code} {error.param}"
        except openai.APIError as error:
            return type(error).__name__, ""
        except Exception as error:  # noqa: BLE001 - whatever a client raises is what its user gets
            return type(error).__name__, ""


def _response(reply: ServerReply) -> httpx.Response:
    """The reply as the client's transport hands it over."""
    content = b"".join(piece for _, piece in reply.pieces())
    if reply.breaks_off and reply.events is None:
        raise httpx.RemoteProtocolError("peer closed connection")
    return httpx.Response(reply.status, headers=reply.headers, content=content)


def _call(client: openai.OpenAI, asked: ServerRequest) -> Any:
    """Send a request through the client, and read all that comes."""
    try:
        body = json.loads(asked.body) if asked.body else {}
    except ValueError:
        body = {}
    path = "/" + asked.path.strip("/")
    whole, piece = TYPES.get(path, (Response if path.startswith("/responses/") else Model, None))
    if isinstance(body, dict) and body.get("stream") is True and piece is not None:
        stream = client.post(path, body=body, cast_to=whole, stream=True, stream_cls=cast("Any", openai.Stream)[piece])
        return _joined([read(event) for event in stream])
    if asked.method == "POST":
        return read(client.post(path, body=body, cast_to=whole))
    return read(client.get(path, cast_to=whole))


def _joined(events: list[Any]) -> Any:
    """What a user of a stream has in the end: the texts joined, and everything else in its order."""
    texts: dict[str, str] = {}
    rest: list[Any] = []
    for event in events:
        if "delta" in event and isinstance(event.get("delta"), str):
            key = f"{event.get('type')} {event.get('output_index')} {event.get('content_index')}"
            texts[key] = texts.get(key, "") + event["delta"]
            continue
        for choice in event.get("choices") or []:
            delta = choice.get("delta") or choice
            if isinstance(delta, dict):
                for name in ("content", "text"):
                    if isinstance(delta.get(name), str):
                        key = f"{choice.get('index')}"
                        texts[key] = texts.get(key, "") + delta.pop(name)
        rest.append(event)
    return [texts, rest]


def read(value: Any) -> Any:
    """What a user reads of a value: all but what tells nothing of the answer."""
    return _cleaned(value.model_dump(mode="json", warnings=False) if hasattr(value, "model_dump") else value)


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _cleaned(item) for key, item in value.items() if key not in UNREAD and item is not None}
    return [_cleaned(item) for item in value] if isinstance(value, list) else value


@cache
def client_version() -> str:
    """The client that severities are computed with."""
    return f"openai-python {openai.__version__}"
