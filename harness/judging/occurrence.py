"""The place of a finding and the kind of value that came: an entry in a list of known failures can be limited to these."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from ..checks import Reply
from ..model import Exchange, Finding

Mode = Literal["plain", "streamed"]

OTHER = "other"
"""The kind of a value whose text is not JSON, such as our own words."""

_KINDS: dict[type, str] = {dict: "object", list: "list", str: "text", int: "number", float: "number", bool: "boolean", type(None): "null"}
_CUT = {"{": "object", "[": "list", '"': "text"}
_STATUS = re.compile(r"[1-5][0-9]{2}")
_LONGEST = 400
"""Texts longer than this are classified by their first character, because they may be cut or nested deeply."""


class Where(NamedTuple):
    """An endpoint, and whether the request asked for a stream."""

    endpoint: str
    mode: Mode


def where_of(exchange: Exchange) -> Where:
    """The endpoint and mode of an exchange."""
    request = exchange.request
    mentions = b"stream" in request.body or "stream" in request.path
    return Where(request.endpoint, "streamed" if mentions and Reply(exchange).is_to_stream else "plain")


def places_of(finding: Finding, exchanges: Iterable[Exchange]) -> tuple[Where, ...]:
    """The places of a finding; empty if its exchanges are not known."""
    return tuple(dict.fromkeys(where_of(exchange) for exchange in exchanges if exchange.id in finding.exchanges))


def kinds_of(finding: Finding) -> tuple[str, ...]:
    """The kinds of the unexpected values in a finding."""
    return tuple(dict.fromkeys(kind_of_value(problem.got) for problem in finding.problems))


def kind_of_value(got: str) -> str:
    """The kind of a value: ``absent``, the name of a JSON type, or ``other``."""
    if got == "absent":
        return got
    if len(got) > _LONGEST:
        return _CUT.get(got[0], OTHER)
    try:
        return _KINDS[type(json.loads(got))]
    except (ValueError, RecursionError):
        return _CUT.get(got[:1], OTHER)


def is_of_kind(got: str, kind: str) -> bool:
    """Whether a value is of a kind: a JSON type, ``absent``, a status such as ``404``, or a class such as ``5xx``."""
    if kind[:1].isdigit():
        return bool(_STATUS.fullmatch(got)) and kind in (got, f"{got[0]}xx")
    return kind_of_value(got) == kind


def every_way(finding: Finding, exchanges: Sequence[Exchange]) -> list[tuple[Where | None, str | None]]:
    """Each place of a finding combined with each of its values. ``None`` stands for an unknown one."""
    places: list[Where | None] = [*places_of(finding, exchanges)]
    values: list[str | None] = [*dict.fromkeys(problem.got for problem in finding.problems)]
    return [(place, value) for place in places or [None] for value in values or [None]]
