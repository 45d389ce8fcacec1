"""Checks that a reduced request is still one that the endpoint should answer."""

from __future__ import annotations

from typing import Any

from ...catalog import REQUEST_SCHEMAS
from ...checks import Schemas, is_schema
from ...model import Data

LIMITS = ("max_tokens", "max_output_tokens")


def is_sound(body: Data, endpoint: str, schemas: Schemas) -> bool:
    """Whether a body is a valid request with a token limit and something to answer."""
    return (
        isinstance(body, dict)
        and str(body.get("model")).startswith("$")
        and (endpoint == "embeddings" or _is_limited(body))
        and schemas.is_valid(REQUEST_SCHEMAS[endpoint], body)
        and _ends_with_the_user(body)
        and ("tool_choice" not in body or bool(body.get("tools")))
        and all(is_schema(schema) for schema in _own_schemas(body))
    )


def _is_limited(body: dict[str, Any]) -> bool:
    """Whether tokens are limited. Some endpoints treat a limit of zero as none, and generate until the context is full."""
    limits = [body[name] for name in LIMITS if type(body.get(name)) is int]
    return bool(limits) and min(limits) > 0


def _ends_with_the_user(body: dict[str, Any]) -> bool:
    """Whether there is something to answer: a text, tokens, or turns that end with the user's."""
    given = next(body[name] for name in ("messages", "prompt", "input") if name in body)
    last = given[-1] if isinstance(given, list) and given else given
    return last.get("role") == "user" and bool(last.get("content")) if isinstance(last, dict) else last not in (None, [])


def _own_schemas(body: dict[str, Any]) -> list[Data]:
    """The user's own schemas, in tools and formats."""
    tools = [tool.get("function", tool) for tool in body.get("tools") or []]
    form = body.get("response_format") or (body.get("text") or {}).get("format") or {}
    return [tool.get("parameters", {}) for tool in tools] + [form.get("json_schema", form).get("schema", {})]
