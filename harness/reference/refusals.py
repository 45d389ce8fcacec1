"""The requests that the reference refuses, each with the error that the API gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

KEY = "sk-wp-7f3d9c2e51ab48d09e6c40b7"


class RefusalError(Exception):
    """Raised to refuse a request; holds the status and the body of the error reply."""

    def __init__(self, status: int, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


@dataclass(frozen=True, slots=True)
class Member:
    """The values that a request member allows.

    ``kind`` is a JSON type name, or several separated by bars; ``low`` and ``high`` limit numbers and lengths. ``members`` describes an
    object, ``values`` every member of a map, ``items`` every item of an array. A ``closed`` object allows no other members.
    """

    kind: str
    low: float | None = None
    high: float | None = None
    one_of: tuple[str, ...] = ()
    needed: bool = False
    members: Mapping[str, Member] = field(default_factory=dict)
    values: Member | None = None
    items: Member | None = None
    closed: bool = False
    pattern: str = ""


TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
    "stop": lambda value: isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value)),
    "any": lambda value: True,
}

STREAM_OPTIONS = Member("object", members={"include_usage": Member("boolean"), "include_obfuscation": Member("boolean")}, closed=True)
NAME = Member("string", pattern="[A-Za-z0-9_-]{1,64}", needed=True)
METADATA = Member("object", 0, 16, values=Member("string", 0, 512))
FUNCTION = {"name": NAME, "description": Member("string"), "parameters": Member("object"), "strict": Member("boolean")}
NAMED = Member("object", members={"name": Member("string", needed=True)})
TOOLS = Member(
    "array", 1, 128, items=Member("object", members={"type": Member("string", needed=True), "function": Member("object", members=FUNCTION)})
)
TOOL_CHOICE = Member(
    "string|object",
    one_of=("none", "auto", "required"),
    members={
        "type": Member("string", one_of=("function", "custom", "allowed_tools"), needed=True),
        "function": NAMED,
        "custom": NAMED,
        "allowed_tools": Member(
            "object",
            members={
                "mode": Member("string", one_of=("auto", "required"), needed=True),
                "tools": Member("array", 1, items=Member("object"), needed=True),
            },
        ),
    },
)
FORM = {
    "type": Member("string", one_of=("text", "json_object", "json_schema"), needed=True),
    "json_schema": Member(
        "object", members={"name": NAME, "schema": Member("object"), "strict": Member("boolean"), "description": Member("string")}
    ),
}
CALL = Member(
    "object",
    members={
        "id": Member("string", needed=True),
        "type": Member("string", one_of=("function", "custom"), needed=True),
        "function": Member("object", members={"name": Member("string", needed=True), "arguments": Member("string", needed=True)}),
    },
)
PART = Member(
    "object",
    members={
        "type": Member("string", needed=True),
        "text": Member("string"),
        "refusal": Member("string"),
        "image_url": Member(
            "object", members={"url": Member("string", needed=True), "detail": Member("string", one_of=("auto", "low", "high"))}
        ),
    },
)
MESSAGE = Member(
    "object",
    members={
        "role": Member("string", needed=True),
        "content": Member("string|array", 0, items=PART),
        "name": Member("string"),
        "refusal": Member("string"),
        "tool_call_id": Member("string"),
        "tool_calls": Member("array", 1, items=CALL),
    },
)

SAMPLING = {
    "temperature": Member("number", 0, 2),
    "top_p": Member("number", 0, 1),
    "n": Member("integer", 1, 128),
    "stop": Member("stop", 1, 4),
    "presence_penalty": Member("number", -2, 2),
    "frequency_penalty": Member("number", -2, 2),
    "logit_bias": Member("object", values=Member("integer", -100, 100)),
    "seed": Member("integer"),
    "stream": Member("boolean"),
    "stream_options": STREAM_OPTIONS,
    "user": Member("string"),
}

CHAT_MODELS = ("reference", "reference-text")

CHAT = {
    "model": Member("string", needed=True),
    "messages": Member("array", 1, items=MESSAGE, needed=True),
    **SAMPLING,
    "max_tokens": Member("integer", 1),
    "max_completion_tokens": Member("integer", 1),
    "logprobs": Member("boolean"),
    "top_logprobs": Member("integer", 0, 20),
    "response_format": Member("object", members=FORM),
    "tools": TOOLS,
    "tool_choice": TOOL_CHOICE,
    "parallel_tool_calls": Member("boolean"),
    "functions": Member("array", 1, 128),
    "function_call": Member("any"),
    "metadata": METADATA,
    "store": Member("boolean"),
    "safety_identifier": Member("string", 0, 64),
    "prompt_cache_key": Member("string"),
    "service_tier": Member("string", one_of=("auto", "default", "flex", "scale", "priority", "fast")),
    "reasoning_effort": Member("string", one_of=("none", "minimal", "low", "medium", "high", "xhigh", "max")),
    "verbosity": Member("string", one_of=("low", "medium", "high")),
    "modalities": Member("array"),
    "prediction": Member("object"),
    "audio": Member("object"),
    "web_search_options": Member("object"),
}

TEXT = {
    "model": Member("string", needed=True),
    "prompt": Member("any", needed=True),
    **SAMPLING,
    "max_tokens": Member("integer", 0),
    "best_of": Member("integer", 0, 20),
    "logprobs": Member("integer", 0, 5),
    "echo": Member("boolean"),
    "suffix": Member("string"),
}

FLAT_TOOLS = Member("array", 0, 128, items=Member("object", members={"type": Member("string", needed=True), **FUNCTION}))
TEXT_FORM = Member(
    "object",
    members={
        "format": Member(
            "object",
            members={
                "type": FORM["type"],
                "name": Member("string", pattern="[A-Za-z0-9_-]{1,64}"),
                "schema": Member("object"),
                "strict": Member("boolean"),
                "description": Member("string"),
            },
        ),
        "verbosity": Member("string", one_of=("low", "medium", "high")),
    },
    closed=True,
)
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
REASONING = Member(
    "object",
    members={"effort": Member("string", one_of=EFFORTS), "summary": Member("string", one_of=("auto", "concise", "detailed"))},
)

RESPONSES = {
    "model": Member("string", needed=True),
    "input": Member("any", needed=True),
    "instructions": Member("string"),
    "max_output_tokens": Member("integer", 16),
    "temperature": Member("number", 0, 2),
    "top_p": Member("number", 0, 1),
    "top_logprobs": Member("integer", 0, 20),
    "stream": Member("boolean"),
    "stream_options": STREAM_OPTIONS,
    "tools": FLAT_TOOLS,
    "tool_choice": Member("string|object", one_of=("none", "auto", "required")),
    "parallel_tool_calls": Member("boolean"),
    "max_tool_calls": Member("integer", 1),
    "text": TEXT_FORM,
    "previous_response_id": Member("string"),
    "conversation": Member("string|object", members={"id": Member("string", needed=True)}),
    "store": Member("boolean"),
    "background": Member("boolean"),
    "include": Member("array", items=Member("string")),
    "reasoning": REASONING,
    "truncation": Member("string", one_of=("auto", "disabled")),
    "metadata": METADATA,
    "user": Member("string"),
    "safety_identifier": Member("string", 0, 64),
    "prompt_cache_key": Member("string"),
    "service_tier": Member("string", one_of=("auto", "default", "flex", "scale", "priority", "fast")),
}

ROLES = ("developer", "system", "user", "assistant", "tool", "function")
PARTS = ("text", "image_url", "input_audio", "file", "refusal")


def authorise(headers: Mapping[str, str]) -> None:
    """Refuse a request without the key."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise RefusalError(401, "You didn't provide an API key. Send it in an Authorization header: Bearer YOUR_KEY.")
    if key.strip() != KEY:
        raise RefusalError(401, "Incorrect API key provided.", "invalid_api_key")


def read_body(raw: bytes) -> dict[str, Any]:
    """Read the request body, which must be a JSON object."""
    try:
        body = json.loads(raw.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise RefusalError(400, "We could not parse the JSON body of your request. The API expects a JSON object.") from error
    if not isinstance(body, dict):
        raise RefusalError(400, "The body of your request is JSON, but not an object. The API expects a JSON object.")
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def check_members(body: Mapping[str, Any], members: Mapping[str, Member], models: tuple[str, ...]) -> None:
    """Refuse a body with missing, unknown or invalid members."""
    for name, member in members.items():
        if member.needed and body.get(name) is None:
            raise RefusalError(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    for name, value in body.items():
        if name not in members:
            raise RefusalError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
        if value is not None:
            check_member(name, value, members[name])
    if body["model"] not in models:
        raise RefusalError(404, f"The model '{body['model']}' does not exist or you do not have access to it.", "model_not_found")
    _check_together(body)


def check_member(name: str, value: Any, member: Member) -> None:
    """Refuse a value of the wrong type, out of range, or with an invalid value inside it."""
    kinds = member.kind.split("|")
    if not any(TYPES[kind](value) for kind in kinds):
        raise RefusalError(400, f"Invalid type for '{name}': expected {' or '.join(kinds)}.", "invalid_type", name)
    if member.one_of and isinstance(value, str) and value not in member.one_of:
        raise RefusalError(400, f"Invalid value for '{name}': expected one of {', '.join(member.one_of)}.", "invalid_value", name)
    if member.pattern and isinstance(value, str) and not re.fullmatch(member.pattern, value):
        raise RefusalError(400, f"Invalid '{name}': {value!r}.", "invalid_value", name)
    _check_bounds(name, value, member)
    if isinstance(value, dict):
        _check_inside(name, value, member)
    for index, item in enumerate(value if isinstance(value, list) and member.items is not None else []):
        assert member.items is not None
        check_member(f"{name}[{index}]", item, member.items)


def _check_bounds(name: str, value: Any, member: Member) -> None:
    """Refuse a number or a length out of range."""
    number = isinstance(value, int | float)
    sized = isinstance(value, list | dict) or (isinstance(value, str) and "stop" not in member.kind)
    size = value if number else len(value) if sized else 1
    family = ("decimal" if member.kind == "number" else "integer") if number else member.kind
    if member.low is not None and size < member.low:
        raise RefusalError(400, f"Invalid '{name}': below the minimum of {member.low}.", f"{family}_below_min_value", name)
    if member.high is not None and size > member.high:
        raise RefusalError(400, f"Invalid '{name}': above the maximum of {member.high}.", f"{family}_above_max_value", name)


def _check_inside(name: str, value: Mapping[str, Any], member: Member) -> None:
    """Refuse an object with missing, unknown or invalid members."""
    for inner, what in member.members.items():
        if what.needed and value.get(inner) is None:
            raise RefusalError(400, f"Missing required parameter: '{name}.{inner}'.", "missing_required_parameter", f"{name}.{inner}")
    for inner, item in value.items():
        rule = member.members.get(inner, member.values)
        if rule is None and member.closed:
            raise RefusalError(400, f"Unknown parameter: '{name}.{inner}'.", "unknown_parameter", f"{name}.{inner}")
        if rule is not None and item is not None:
            check_member(f"{name}.{inner}", item, rule)


def _check_together(body: Mapping[str, Any]) -> None:
    """Refuse invalid combinations of members."""
    if body.get("stream_options") is not None and body.get("stream") is not True:
        raise RefusalError(400, "The 'stream_options' parameter is only allowed when 'stream' is true.", None, "stream_options")
    if body.get("max_tokens") is not None and body.get("max_completion_tokens") is not None:
        raise RefusalError(
            400, "Set either 'max_tokens' or 'max_completion_tokens', not both.", "invalid_parameter_combination", "max_tokens"
        )
    for name in ("tool_choice", "parallel_tool_calls"):
        if "messages" in body and body.get(name) is not None and not body.get("tools"):
            raise RefusalError(400, f"'{name}' is only allowed when 'tools' are specified.", None, name)
    if body.get("top_logprobs") is not None and body.get("logprobs") is not True and "messages" in body:
        raise RefusalError(400, "'top_logprobs' is only allowed when 'logprobs' is true.", None, "top_logprobs")


def check_response_format(response_format: Mapping[str, Any] | None) -> None:
    """Refuse an invalid response format."""
    if response_format is None:
        return
    kind = response_format.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        raise RefusalError(400, f"Invalid value: {kind!r}.", "invalid_value", "response_format.type")
    if kind == "json_schema" and not isinstance(response_format.get("json_schema"), dict):
        name = "response_format.json_schema"
        raise RefusalError(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)


def check_messages(messages: list[Any]) -> None:
    """Refuse invalid messages."""
    for index, message in enumerate(messages):
        where = f"messages[{index}]"
        if not isinstance(message, dict):
            raise RefusalError(400, f"Invalid type for '{where}': expected an object.", "invalid_type", where)
        role = message.get("role")
        if role is None:
            raise RefusalError(400, f"Missing required parameter: '{where}.role'.", "missing_required_parameter", f"{where}.role")
        if role not in ROLES:
            raise RefusalError(400, f"Invalid value: {role!r}. Supported values are: {', '.join(ROLES)}.", "invalid_value", f"{where}.role")
        _check_content(message, where)


def _check_content(message: Mapping[str, Any], where: str) -> None:
    """Refuse missing or invalid content."""
    content = message.get("content")
    excused = message["role"] == "assistant" and (message.get("tool_calls") or message.get("function_call"))
    if content is None and (excused or message["role"] == "function"):
        return
    if content is None:
        raise RefusalError(400, f"Missing required parameter: '{where}.content'.", "missing_required_parameter", f"{where}.content")
    if content == []:
        raise RefusalError(400, f"Invalid '{where}.content': there is nothing in it.", "empty_array", f"{where}.content")
    if not isinstance(content, str | list):
        raise RefusalError(400, f"Invalid type for '{where}.content': expected a string or an array.", "invalid_type", f"{where}.content")
    for index, part in enumerate(content if isinstance(content, list) else []):
        if not isinstance(part, dict) or part.get("type") not in PARTS:
            raise RefusalError(400, f"Invalid value for '{where}.content[{index}]'.", "invalid_value", f"{where}.content[{index}]")
        if part["type"] == "image_url":
            _check_image(part.get("image_url"), f"{where}.content[{index}].image_url")


def _check_image(image: Any, where: str) -> None:
    """Refuse an image without a URL, and a data URI without an image."""
    url = image.get("url") if isinstance(image, dict) else None
    if not isinstance(url, str):
        raise RefusalError(400, f"Missing required parameter: '{where}.url'.", "missing_required_parameter", f"{where}.url")
    check_data_uri(url, where)


def check_data_uri(url: str, where: str) -> None:
    """Refuse a data URI without an image."""
    if url.startswith("data:") and ";base64,iVBORw0KGgo" not in url and ";base64,/9j/" not in url:
        raise RefusalError(400, "You uploaded an unsupported image.", "invalid_image_format", where)
