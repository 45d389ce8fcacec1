"""Reads the lines of a batch's output and error files as replies, so that the rules of their endpoint judge them too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..catalog import ANY, JSON_REPLIES, compact, endpoint_of
from ..checks import BatchLine, Reply, lines_of
from ..model import Exchange, Request, Requirement

JSON_HEADERS = (("content-type", "application/json"),)


def line_replies(replies: Mapping[str, Reply]) -> Iterator[tuple[str, Reply]]:
    """Each answered line of a batch's files as a reply of its own, with a label that tells its place. It keeps the file's exchange id."""
    asked = dict(_requests(replies.values()))
    if not asked:
        return
    for step, reply in replies.items():
        if reply.exchange.request.endpoint != "file-content" or reply.exchange.status != 200:
            continue
        for line in lines_of(reply.text):
            request = asked.get(line.custom_id or "")
            answer = line.value.get("response") if isinstance(line.value, dict) else None
            if request is not None and isinstance(answer, dict) and type(answer.get("status_code")) is int:
                yield f"{step}, line {line.number}", Reply(_exchange(reply.exchange.id, request, answer))


def is_of_endpoint(requirement: Requirement) -> bool:
    """Whether a requirement is about the content of an endpoint's replies, and not about HTTP, which a line of a file does not have."""
    when = requirement.when
    named = when.endpoint if when is not None else ()
    return bool(named) and not {ANY, JSON_REPLIES} & set(named) and requirement.area != "http"


def _requests(replies: Iterable[Reply]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The lines of the uploaded files that are requests of a batch, by custom_id."""
    for reply in replies:
        if reply.exchange.request.endpoint != "files":
            continue
        for part in reply.form:
            lines: list[BatchLine] = lines_of(part.content.decode(errors="replace")) if part.filename is not None else []
            for line in lines:
                if line.custom_id is not None and isinstance(line.value, dict) and isinstance(line.value.get("body"), dict):
                    yield line.custom_id, line.value


def _exchange(identity: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> Exchange:
    """A line's request and its reply, as if they had crossed the wire by themselves."""
    path = str(request.get("url")).removeprefix("/v1")
    body = compact(request["body"]).encode()
    sent = Request(endpoint_of(path, "POST"), "POST", path, JSON_HEADERS, body)
    return Exchange(identity, sent, answer["status_code"], JSON_HEADERS, compact(answer.get("body")).encode())
