"""Builds the HTTP request of a case's step."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from ..checks import Reply, look_up, select, show
from ..model import Data, Exchange, Need, Request, Step, Subject, UndecidedError, Until
from .context_window import TOO_LONG, too_long
from .endpoints import PATHS, endpoint_of
from .json_variants import WRITTEN, compact
from .multipart import WAYS, FormWriting, content_of, form_body

MEDIA = ("speech", "transcription", "image")
"""The kinds of sound and image that may need a model of their own."""

USER_AGENT = "wireproof"

JSON = "application/json"

LONGEST_ID = 2000
"""The longest id, in characters, that we put into a URL. Servers and proxies refuse longer URLs, and that would be our fault."""


def settings(subject: Subject) -> dict[str, str]:
    """The run settings that the data may refer to."""
    return {
        "$model": subject.model,
        "$completions_model": subject.completions_model,
        "$embeddings_model": subject.embeddings_model,
        **{f"${kind}_model": subject.media_models.get(kind) or subject.model for kind in MEDIA},
    }


def plan(step: Step, subject: Subject, headers: Mapping[str, str], earlier: Mapping[str, Exchange]) -> Request:
    """The request of a step. ``headers`` are the run's headers; ``earlier`` holds the case's exchanges so far, by step.

    Raises ``UndecidedError`` if an earlier reply lacks a value that this request needs.
    """
    body, content_type = _body(step, subject, earlier)
    body += b" " * step.pad
    return Request(
        endpoint=step.endpoint,
        method=step.method,
        path=_path(step, subject, earlier),
        headers=_headers(step, headers, content_type if body else None),
        body=body,
        wants=step.wants,
        leave_after=step.leave_after,
        read_pause=step.read_pause,
    )


def may_change(exchange: Exchange, until: Until) -> bool:
    """Whether to repeat a request: its reply is good, but does not have one of the wanted values yet."""
    try:
        return exchange.status == 200 and look_up(Reply(exchange).parsed.value, until.at) not in until.values
    except LookupError:
        return False


def _path(step: Step, subject: Subject, earlier: Mapping[str, Exchange]) -> str:
    """The path below the base URL, with the target's id encoded as one segment, and the query."""
    path = place_of(step, subject.places) + (step.path if step.path is not None else PATHS[step.endpoint])
    if step.target is not None:
        for target in step.target if isinstance(step.target, list) else [step.target]:
            path = path.replace("{}", quote(_in_url(_id(_fill(target, subject, earlier))), safe=""), 1)
    given = {**subject.query, **_fill(step.query, subject, earlier)}.items()
    query = {name: _in_url(str(value).lower() if isinstance(value, bool) else str(value)) for name, value in given}
    return f"{path}?{urlencode(query)}" if query else path


def fits_url(text: str) -> bool:
    """Whether an id can be put into a URL. Servers refuse very long ones, UTF-8 cannot encode a lone surrogate, and dots lead elsewhere."""
    return len(text) <= LONGEST_ID and text not in (".", "..") and not any("\ud800" <= character <= "\udfff" for character in text)


def _id(value: Data) -> str:
    """An id to put into a URL. Raises ``UndecidedError`` if an earlier reply gave none."""
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise UndecidedError(f"the endpoint gave {show(value)} for an id")
    return str(value)


def _in_url(text: str) -> str:
    """A text to put into a URL. Raises ``UndecidedError`` if that is impossible."""
    if not fits_url(text):
        raise UndecidedError(f"the endpoint gave {show(text)}, which cannot be put into a URL")
    return text


def place_of(step: Step, places: Mapping[str, str]) -> str:
    """The base path of a step's endpoint under this profile."""
    name = step.place or (step.endpoint if step.path is None else endpoint_of(step.path))
    return places.get(name, places.get("", ""))


def _body(step: Step, subject: Subject, earlier: Mapping[str, Exchange]) -> tuple[bytes, str]:
    """The body and its content type: the raw text, a form, or the value as JSON, compact unless the step says otherwise."""
    if step.raw is not None:
        return _named(step.raw, subject).encode(errors="surrogateescape"), JSON
    if step.form:
        parts = _fill(list(step.form), subject, earlier)
        return form_body(parts, WAYS.get(step.written or "", FormWriting()))
    if step.send is None:
        return b"", JSON
    filled = _fill(step.send, subject, earlier)
    if step.endpoint == "chat" and isinstance(filled, dict) and step.wants != "refusal":
        filled = _limited(filled, subject.token_limit)
    return (compact if step.written is None else WRITTEN[step.written])(filled).encode(), JSON


def filled(endpoint: str, value: Data, subject: Subject) -> Data:
    """A body with the run settings filled in, for a client to send. A file becomes its name and its content in base64."""
    body = _fill(value, subject, {})
    if not isinstance(body, dict):
        return body
    body = {name: _as_file(item) for name, item in body.items()}
    return _limited(body, subject.token_limit) if endpoint == "chat" else body


def _as_file(value: Data) -> Data:
    """A file for a client to send; any other value unchanged."""
    if not isinstance(value, dict) or "filename" not in value:
        return value
    return {"filename": value["filename"], "base64": base64.b64encode(content_of(value)).decode()}


def _named(raw: str, subject: Subject) -> str:
    """The raw text of a body with the run's models filled in."""
    for name, value in settings(subject).items():
        raw = raw.replace(f'"{name}"', compact(value))
    return raw


def _limited(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The body with its token limit under the name that the model accepts."""
    if "max_completion_tokens" in body:
        return body
    return {name if key == "max_tokens" else key: value for key, value in body.items()}


def _fill(value: Data, subject: Subject, earlier: Mapping[str, Exchange]) -> Data:
    """A value with run settings, repeated texts and references to earlier replies filled in."""
    if isinstance(value, str):
        return too_long(subject) if value == TOO_LONG else settings(subject).get(value, value)
    if isinstance(value, list):
        filled = [(item, _fill(item, subject, earlier)) for item in value]
        return [one for item, found in filled for one in (found if _spreads(item) else [found])]
    if isinstance(value, dict) and "$from" in value:
        return _taken(value, earlier)
    if isinstance(value, dict) and "$repeat" in value:
        return str(value["of"]) * int(str(value["$repeat"]))
    if isinstance(value, dict):
        return {key: _fill(item, subject, earlier) for key, item in value.items()}
    return value


def _spreads(item: Data) -> bool:
    """Whether a list item is a reference that expands to all items of a list in an earlier reply."""
    return isinstance(item, dict) and "$from" in item and item.get("spread") is True


def _documents(exchange: Exchange) -> list[Data]:
    """The JSON values of a reply: its body, or the events of its stream."""
    reply = Reply(exchange)
    return [value for _, value in reply.event_objects] if reply.is_event_stream else [reply.parsed.value]


def lacking(need: Need, earlier: Mapping[str, Exchange]) -> str | None:
    """Why the precondition of a step is not met; ``None`` if it is. In a stream, the first event with the value decides."""
    if need.step not in earlier:
        return f"the step {need.step} was not sent"
    wanted = " or ".join(map(show, need.values))
    for value in _documents(earlier[need.step]):
        for _, found in select(value, need.at):
            return None if found in need.values else f"the step {need.step} was answered with {show(found)} at {need.at}, not {wanted}"
    return f"the reply to the step {need.step} has no {need.at}, which had to be {wanted}"


def _taken(reference: Mapping[str, Any], earlier: Mapping[str, Exchange]) -> Data:
    """The value that a reference takes from an earlier reply: from its body, or from the first event that has it."""
    values = _documents(earlier[reference["$from"]])
    found = [value for document in values for _, value in select(document, reference["at"])]
    if not found or (reference.get("spread") and not isinstance(found[0], list)):
        raise UndecidedError(f"the reply to step {reference['$from']} has no {reference['at']}")
    return found[0]


def _headers(step: Step, run: Mapping[str, str], content_type: str | None) -> tuple[tuple[str, str], ...]:
    """Our own headers, then the run's, then the step's. Later ones replace earlier ones; ``None`` removes a header."""
    ours = {"user-agent": USER_AGENT, "accept": "*/*", "accept-encoding": "identity"}
    if content_type is not None:
        ours["content-type"] = content_type
    merged: dict[str, str | None] = {**ours, **run, **step.headers}
    return tuple((name, value) for name, value in merged.items() if value is not None)
