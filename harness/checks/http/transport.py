"""Status, headers, and the body as one document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from ...model import NEVER_ANSWERED, Json, Problem, UndecidedError
from ...wire import MARK, sse
from ..registry import check
from ..reply import NOT_READ, TOO_MANY, Reply, show

_INTEGERS = frozenset(
    {
        "created",
        "created_at",
        "completed_at",
        "index",
        "output_index",
        "content_index",
        "summary_index",
        "sequence_number",
        "prompt_tokens",
        "completion_tokens",
        "input_tokens",
        "output_tokens",
        "total_tokens",
        "cached_tokens",
        "reasoning_tokens",
    }
)
_FRACTION = re.compile(rf'"(?:{"|".join(_INTEGERS)})"\s*:\s*-?[0-9]+[.eE]'.encode())


@check
def arrives_whole(reply: Reply) -> list[Problem] | None:
    """The reply is complete: not cut, not stalled, not garbled, not endless."""
    trouble = reply.exchange.trouble
    if trouble is None:
        return _unread(reply)
    if trouble.kind in NEVER_ANSWERED:
        return None
    after = f"after {len(reply.exchange.body):,} bytes" if reply.exchange.status else "before any status"
    return [Problem(after, "a complete reply", f"{trouble.kind}: {trouble.text}")]


def _unread(reply: Reply) -> list[Problem]:
    """Why a reply is too large for us to read to its end, as problems."""
    if reply.is_event_stream and reply.stream.cut:
        return [Problem("the stream", f"at most {sse.MOST_EVENTS:,} events", "too-large: more, which we do not read")]
    documents = (payload.parsed for payload in reply.payloads) if reply.is_event_stream else (reply.parsed,)
    return [Problem("the body", "fewer values", f"too-large: {TOO_MANY}")] if any(d.error == TOO_MANY for d in documents) else []


@check
def is_answered(reply: Reply) -> list[Problem] | None:
    """The request gets an answer within the time limit."""
    trouble = reply.exchange.trouble
    if trouble is None or trouble.kind not in NEVER_ANSWERED:
        return []
    return [Problem("the reply", "an answer", trouble.text)] if trouble.kind == "silent" else None


@check
def status_is(reply: Reply, status: Sequence[int]) -> list[Problem]:
    """The status is one of those given."""
    got = reply.exchange.status
    if got in status:
        return []
    return [Problem("status", " or ".join(map(str, status)), f"{got}: {show(reply.text, 160)}")]


@check
def status_class_is_not(reply: Reply, status_class: int) -> list[Problem]:
    """The status is not in a class: 2 for success, 5 for server errors. A server has 501 for what it does not offer; that is no error."""
    got = reply.exchange.status or 0
    if got // 100 != status_class or got == 501:
        return []
    return [Problem("status", f"anything but {status_class}xx", f"{got}: {show(reply.text, 160)}")]


@check
def status_is_success(reply: Reply) -> list[Problem]:
    """The status of a valid request is 200. A request that a server may refuse gets no server error but 501, not implemented."""
    if reply.exchange.request.wants != "either":
        return status_is(reply, [200])
    return status_class_is_not(reply, 5)


@check
def status_answers_options(reply: Reply) -> list[Problem]:
    """An OPTIONS request is not refused for lack of a key or a body, which only the actual request has."""
    got = reply.exchange.status or 0
    if got not in (400, 401, 422) and not (got < 300 and reply.object.get("error")):
        return []
    return [Problem("status", "an answer to OPTIONS itself, such as 204 or 405", f"{got}: {show(reply.text, 160)}")]


@check
def content_type_is(reply: Reply, media_type: str) -> list[Problem]:
    """The content type is this one; parameters may follow."""
    if reply.media_type == media_type:
        return []
    return [Problem("header content-type", media_type, reply.exchange.header("content-type") or "absent")]


@check
def header_is_present(reply: Reply, name: str) -> list[Problem]:
    """The reply has the header, and it is not empty."""
    value = reply.exchange.header(name)
    return [] if value else [Problem(f"header {name}", "present", "absent" if value is None else "empty")]


@check
def headers_match(reply: Reply, patterns: dict[str, str]) -> list[Problem] | None:
    """The named headers, if given, match these regular expressions over the whole value."""
    given = {name: value for name in patterns if (value := reply.exchange.header(name)) is not None}
    if not given:
        return None
    return [
        Problem(f"header {name}", f"like {patterns[name]}", show(value))
        for name, value in given.items()
        if not re.fullmatch(patterns[name], value.strip())
    ]


@check
def retry_after_is_readable(reply: Reply) -> list[Problem] | None:
    """``Retry-After`` is a whole number of seconds, at least 1, or an HTTP date."""
    value = reply.exchange.header("retry-after")
    if value is None:
        return None
    if re.fullmatch(r"[1-9][0-9]*", value.strip()):
        return []
    try:
        datetime.strptime(value.strip(), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    except ValueError:
        return [Problem("header retry-after", "seconds, at least 1, or an HTTP date", show(value))]
    return []


@check
def body_is_not_compressed(reply: Reply) -> list[Problem] | None:
    """The body is not compressed if the request does not accept compression."""
    offered = [value for name, value in reply.exchange.request.headers if name.lower() == "accept-encoding"]
    encoding = reply.exchange.header("content-encoding")
    if offered != ["identity"]:
        return None
    return [] if encoding in (None, "identity") else [Problem("header content-encoding", "absent", encoding or "")]


@check
def body_is_json_object(reply: Reply) -> list[Problem] | None:
    """The body is exactly one JSON object in UTF-8; only white space may surround it."""
    if reply.exchange.request.method == "HEAD":
        return None
    if reply.parsed.error in NOT_READ:
        raise UndecidedError(reply.parsed.error)
    if reply.parsed.error is not None:
        return [Problem("body", f"JSON ({reply.parsed.error})", show(reply.text) if reply.text else "nothing")]
    if not isinstance(reply.parsed.value, dict):
        return [Problem("body", "a JSON object", show(reply.parsed.value))]
    return []


@check
def body_begins_with_json(reply: Reply) -> list[Problem] | None:
    """No white space comes before the JSON document."""
    first = reply.exchange.body[:1]
    return None if not first else [] if not first.isspace() else [Problem("body", "begins with {", show(repr(reply.text[:20])))]


@check
def members_are_not_repeated(reply: Reply) -> list[Problem] | None:
    """No object of the body, or of an event, has a duplicate member."""
    if reply.is_event_stream:
        documents = [(payload.where, payload.parsed) for payload in reply.payloads]
    else:
        documents = [("body", reply.parsed)]
    return [Problem(where, "each member once", f"twice: {', '.join(parsed.repeated)}") for where, parsed in documents if parsed.repeated]


@check
def integers_are_plain(reply: Reply) -> list[Problem] | None:
    """Integers are written without fraction or exponent: 1, not 1.0."""
    if not _FRACTION.search(reply.exchange.body) and b"\\u" not in reply.exchange.body:
        return [] if reply.objects else None
    problems: list[Problem] = []

    def walk(where: str, value: Json) -> None:
        if isinstance(value, dict):
            for name, member in value.items():
                if name in _INTEGERS and isinstance(member, float) and member.is_integer():
                    problems.append(Problem(f"{where}/{name}", str(int(member)), str(member)))
                elif name != "arguments":
                    walk(f"{where}/{name}", member)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                walk(f"{where}/{index}", item)

    for where, value in reply.event_objects if reply.is_event_stream else reply.objects:
        walk(f"{where} ".lstrip(), value)
    return problems[:3] if reply.objects else None


@check
def key_is_not_echoed(reply: Reply) -> list[Problem] | None:
    """The reply does not contain the key that the request carried."""
    in_headers = [name for name, value in reply.exchange.headers if MARK in name + value]
    problems = [Problem(f"header {name}", "without the key", "contains it") for name in in_headers]
    if MARK.encode() in reply.exchange.body:
        problems.append(Problem("body", "without the key", "contains it (removed from this report)"))
    return problems


@check
def framing_is_one(reply: Reply) -> list[Problem] | None:
    """The body's length is given in one way: by Content-Length or by Transfer-Encoding, and only once."""
    lengths = [value for name, value in reply.exchange.headers if name == "content-length"]
    coding = reply.exchange.header("transfer-encoding")
    if not lengths and coding is None:
        return None
    if lengths and coding is not None:
        return [Problem("headers", "content-length or transfer-encoding", f"content-length: {lengths[0]} and transfer-encoding: {coding}")]
    return [] if len(set(lengths)) < 2 else [Problem("header content-length", "one length", ", ".join(lengths))]
