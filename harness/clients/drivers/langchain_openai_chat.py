"""Drives LangChain's OpenAI chat model."""

from __future__ import annotations

import json
import os
from typing import Any

import openai
import pydantic
from langchain_openai import ChatOpenAI

from .protocol import Job, Values, called, read, serve

COUNTS = {"prompt_tokens": "input_tokens", "completion_tokens": "output_tokens", "total_tokens": "total_tokens"}


def values(message: Any) -> Values:
    """The values that a user can read from a message."""
    return read(
        {
            "model": lambda: message.response_metadata["model_name"],
            "text": lambda: message.content,
            "finish_reason": lambda: message.response_metadata["finish_reason"],
            "usage": lambda: usage(message.usage_metadata),
        }
    )


def usage(told: Any) -> Values | None:
    """Token counts under their names on the wire."""
    return None if told is None else {ours: told[theirs] for ours, theirs in COUNTS.items()}


def calls(message: Any) -> Values:
    """The tool calls of a message."""
    listed = [{"id": call["id"], "name": call["name"], "arguments": json.dumps(call["args"])} for call in message.tool_calls]
    return {"tool_calls": listed}


def whole(chat: Any, messages: Any) -> Any:
    """The reply, not streamed."""
    return chat.invoke(messages)


def streamed(chat: Any, messages: Any) -> Any:
    """All chunks, added up."""
    total = None
    for chunk in chat.stream(messages):
        total = chunk if total is None else total + chunk
    return total


def do(job: Job) -> Values:
    """Run one job."""
    send = dict(job["send"])
    messages, tools, choice = send.pop("messages"), send.pop("tools", None), send.pop("tool_choice", None)
    limit = send.pop("max_tokens", None) or send.pop("max_completion_tokens", None)
    settings = {"max_tokens": limit, "max_retries": 0, "timeout": job["seconds"], "temperature": send.get("temperature")}
    key = pydantic.SecretStr(job.get("key") or os.environ["OPENAI_API_KEY"])
    chat: Any = ChatOpenAI(model=send["model"], base_url=job["base_url"], api_key=key, **settings)
    if tools:
        chat = chat.bind_tools(tools, tool_choice=choice)
    message = (streamed if job["does"].endswith("streamed") else whole)(chat, messages)
    return values(message) | (calls(message) if tools else {})


def values_of(error: Exception) -> Values:
    """The values that a user can read from an exception; LangChain raises the official client's."""
    if not isinstance(error, openai.APIError):
        return {}
    return {"status": getattr(error, "status_code", None), "message": error.message, "code": error.code, "type": error.type}


if __name__ == "__main__":
    serve(called("langchain-openai", "langchain-openai"), do, values_of)
