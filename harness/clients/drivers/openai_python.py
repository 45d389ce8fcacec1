"""Drives the official Python client, with or without ``async``, in the ways that its documentation shows."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import openai
import pydantic

from . import openai_python_kept, openai_python_media
from .openai_python_reading import each, now, pages
from .protocol import Job, Values, called, read, serve


class Answer(pydantic.BaseModel):
    """The type of structured replies."""

    text: str
    number: int


def counts(usage: Any, *names: str) -> Values | None:
    """The token counts of a usage object."""
    return None if usage is None else {name: getattr(usage, name) for name in names}


CHAT_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
RESPONSE_COUNTS = ("input_tokens", "output_tokens", "total_tokens")


def envelope(reply: Any, created: str = "created") -> Values:
    """The members that all replies have."""
    return read(
        {
            "id": lambda: reply.id,
            "object": lambda: reply.object,
            created: lambda: getattr(reply, created),
            "model": lambda: reply.model,
        }
    )


def chat_values(reply: Any) -> Values:
    """The values that a user can read from a chat completion."""
    return envelope(reply) | read(
        {
            "text": lambda: reply.choices[0].message.content,
            "finish_reason": lambda: reply.choices[0].finish_reason,
            "usage": lambda: counts(reply.usage, *CHAT_COUNTS),
        }
    )


def calls(reply: Any) -> Values:
    """The tool calls of a chat completion."""
    return read(
        {
            "tool_calls": lambda: [
                {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
                for call in reply.choices[0].message.tool_calls
            ]
        }
    )


async def chat(client: Any, send: Values) -> Values:
    """A chat, not streamed."""
    return chat_values(await now(client.chat.completions.create(**send)))


async def chat_raw(client: Any, send: Values) -> Values:
    """A chat, not streamed, through the raw reply."""
    raw = await now(client.chat.completions.with_raw_response.create(**send))
    return chat_values(await now(raw.parse())) | {"http_status": raw.status_code, "request_id": raw.request_id}


async def chat_streamed(client: Any, send: Values) -> Values:
    """A streamed chat, assembled in the loop that the documentation shows."""
    text, reason, first = "", None, None
    async for chunk in each(await now(client.chat.completions.create(**send, stream=True))):
        first = first or chunk
        if chunk.choices and chunk.choices[0].delta.content:
            text += chunk.choices[0].delta.content
        if chunk.choices and chunk.choices[0].finish_reason:
            reason = chunk.choices[0].finish_reason
    return (envelope(first) if first else {}) | {"text": text, "finish_reason": reason}


async def chat_helper(client: Any, send: Values) -> Values:
    """A streamed chat, assembled by the client."""
    return put_together(await helped(client.chat.completions.stream(**send)))


async def helped(manager: Any) -> Any:
    """The final completion of a stream helper."""
    if hasattr(manager, "__aenter__"):
        async with manager as stream:
            await stream.until_done()
            return await stream.get_final_completion()
    with manager as stream:
        stream.until_done()
        return stream.get_final_completion()


async def tool(client: Any, send: Values) -> Values:
    """A chat that calls a tool."""
    reply = await now(client.chat.completions.create(**send))
    return chat_values(reply) | calls(reply)


async def tool_streamed(client: Any, send: Values) -> Values:
    """A streamed chat that calls a tool, assembled by the client."""
    final = await helped(client.chat.completions.stream(**send))
    return put_together(final) | calls(final)


def put_together(final: Any) -> Values:
    """The values of a reply that a helper assembled from chunks. The helper sets its own ``object``, so that is left out."""
    return {name: value for name, value in chat_values(final).items() if name != "object"}


async def chat_parsed(client: Any, send: Values) -> Values:
    """A chat with a reply parsed into the user's type."""
    reply = await now(client.chat.completions.parse(**send, response_format=Answer))
    return chat_values(reply) | read({"parsed": lambda: reply.choices[0].message.parsed.model_dump()})


async def text(client: Any, send: Values) -> Values:
    """A text completion, not streamed."""
    reply = await now(client.completions.create(**send))
    return envelope(reply) | read(
        {
            "text": lambda: reply.choices[0].text,
            "finish_reason": lambda: reply.choices[0].finish_reason,
            "usage": lambda: counts(reply.usage, *CHAT_COUNTS),
        }
    )


async def text_streamed(client: Any, send: Values) -> Values:
    """A streamed text completion, assembled in the loop that the documentation shows."""
    said, reason, first = "", None, None
    async for event in each(await now(client.completions.create(**send, stream=True))):
        first = first or event
        delta_text = getattr(getattr(event.choices[0], "delta", None), "text", None)
        said += str(delta_text or getattr(event.choices[0], "text", ""))  # as print shows it
        reason = event.choices[0].finish_reason or reason
    return (envelope(first) if first else {}) | {"text": said, "finish_reason": reason}


async def embeddings(client: Any, send: Values) -> Values:
    """Embeddings in the client's default encoding; a second request records them as plain numbers."""
    reply = await now(client.embeddings.create(**send))
    await now(client.embeddings.create(**send, encoding_format="float"))
    return read(
        {
            "object": lambda: reply.object,
            "model": lambda: reply.model,
            "vectors": lambda: [item.embedding for item in reply.data],
            "usage": lambda: counts(reply.usage, "prompt_tokens", "total_tokens"),
        }
    )


def response_values(reply: Any) -> Values:
    """The values that a user can read from a response."""
    return envelope(reply, "created_at") | read(
        {
            "status": lambda: reply.status,
            "text": lambda: reply.output_text,
            "usage": lambda: counts(reply.usage, *RESPONSE_COUNTS),
        }
    )


async def response(client: Any, send: Values) -> Values:
    """A response, not streamed."""
    return response_values(await now(client.responses.create(**send)))


async def response_streamed(client: Any, send: Values) -> Values:
    """A streamed response, assembled from its events."""
    said, final = "", None
    async for event in each(await now(client.responses.create(**send, stream=True))):
        if event.type == "response.output_text.delta":
            said += event.delta
        if event.type in ("response.completed", "response.incomplete"):
            final = event.response
    return (response_values(final) if final else {"status": None}) | {"text": said}


async def response_tool(client: Any, send: Values) -> Values:
    """A response that calls a function."""
    reply = await now(client.responses.create(**send))
    return response_values(reply) | read(
        {
            "tool_calls": lambda: [
                {"id": item.call_id, "name": item.name, "arguments": item.arguments}
                for item in reply.output
                if item.type == "function_call"
            ]
        }
    )


async def response_parsed(client: Any, send: Values) -> Values:
    """A response parsed into the user's type."""
    reply = await now(client.responses.parse(**send, text_format=Answer))
    return response_values(reply) | read({"parsed": lambda: reply.output_parsed.model_dump()})


async def models(client: Any, send: Values) -> Values:
    """The models of all pages."""
    return {"ids": [model.id async for model in pages(client.models.list())]}


async def moderation(client: Any, send: Values) -> Values:
    """A verdict on a text."""
    reply = await now(client.moderations.create(**send))
    return read(
        {
            "id": lambda: reply.id,
            "model": lambda: reply.model,
            "categories": lambda: reply.results[0].categories.to_dict(),
            "category_scores": lambda: reply.results[0].category_scores.to_dict(),
        }
    )


WAYS = {
    **openai_python_kept.WAYS,
    **openai_python_media.WAYS,
    "chat": chat,
    "chat-raw": chat_raw,
    "chat-streamed": chat_streamed,
    "chat-helper": chat_helper,
    "tool": tool,
    "tool-streamed": tool_streamed,
    "chat-parsed": chat_parsed,
    "text": text,
    "text-streamed": text_streamed,
    "embeddings": embeddings,
    "response": response,
    "response-streamed": response_streamed,
    "response-tool": response_tool,
    "response-parsed": response_parsed,
    "models": models,
    "moderation": moderation,
}


async def do(job: Job, make: Any) -> Values:
    """Run one job with a new client."""
    client = make(base_url=job["base_url"], api_key=job.get("key") or os.environ["OPENAI_API_KEY"], max_retries=0, timeout=job["seconds"])
    try:
        return await WAYS[job["does"]](client, job["send"] or {})
    finally:
        await now(client.close())


def values_of(error: Exception) -> Values:
    """The values that a user can read from the client's exceptions."""
    if not isinstance(error, openai.APIError):
        return {}
    names = {"status": "status_code", "message": "message", "code": "code", "type": "type", "param": "param"}
    return {ours: getattr(error, theirs, None) for ours, theirs in names.items()}


if __name__ == "__main__":
    waiting = sys.argv[1:] == ["async"]
    kind = openai.AsyncOpenAI if waiting else openai.OpenAI
    named = called("openai-python", "openai", "async" if waiting else "")
    serve(named, lambda job: asyncio.run(do(job, kind)), values_of)
