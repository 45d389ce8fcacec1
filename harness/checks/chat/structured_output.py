"""Structured output: text that must be JSON, or fit the request's schema."""

from __future__ import annotations

from ...model import Json, Problem, UndecidedError
from .. import pointer
from ..registry import check
from ..reply import NOT_READ, Reply, parse_json, show
from ..shape import schema_errors


def _document(reply: Reply) -> tuple[str, Json, str | None]:
    """The text of the first choice, and the same parsed as JSON. Undecided if the reply was cut or refused."""
    text = reply.texts.get(0, "")
    reasons = [reason for _, reason in reply.finish_reasons.get(0, [])]
    if not text:
        raise UndecidedError("the reply has no text")
    if any(reason in ("length", "content_filter") for reason in reasons):
        raise UndecidedError(f"the reply ended with {reasons[0]} before it was complete")
    parsed = parse_json(text)
    if parsed.error in NOT_READ:
        raise UndecidedError(parsed.error)
    if parsed.error is not None and reply.asked.get("stop"):
        raise UndecidedError("a stop sequence may have ended it before it was complete")
    return text, parsed.value, parsed.error


@check
def text_is_json(reply: Reply) -> list[Problem] | None:
    """The text is exactly one JSON value, without a code fence around it, if the request promises that: an object for ``json_object``."""
    kind, strict = _asked_format(reply)
    if kind != "json_object" and not strict:
        return None
    text, value, error = _document(reply)
    if error is None and (strict or isinstance(value, dict)):
        return []
    what = "JSON" if strict else "a JSON object"
    return [Problem("text of choice 0", f"{what}{f' ({error})' if error else ''}", show(text, 160))]


def _asked_format(reply: Reply) -> tuple[Json, bool]:
    """The type of the requested format, and whether it is a strict schema."""
    for place, schema in (("/response_format", "json_schema"), ("/text/format", "")):
        for _, wanted in pointer.select(reply.asked, place):
            if isinstance(wanted, dict):
                details = wanted.get(schema) if schema else wanted
                strict = isinstance(details, dict) and details.get("strict") is True
                return wanted.get("type"), wanted.get("type") == "json_schema" and strict
    return None, False


@check
def text_fits_the_schema(reply: Reply) -> list[Problem]:
    """The text is JSON that fits the request's schema."""
    text, value, error = _document(reply)
    if error is not None:
        return [Problem("text of choice 0", f"JSON ({error})", show(text, 160))]
    schema = _asked_schema(reply)
    errors = schema_errors(schema, value)
    return [
        Problem(f"text of choice 0 {pointer.text(tuple(e.absolute_path)) or '/'}", str(e.validator), show(e.message, 120))
        for e in errors[:3]
    ]


def _asked_schema(reply: Reply) -> Json:
    """The request's schema; anything fits if there is none."""
    for pointer_to_it in ("/response_format/json_schema/schema", "/text/format/schema"):
        for _, found in pointer.select(reply.asked, pointer_to_it):
            return found
    return {}
