"""The only place that judges content: pure functions over replies.

A check takes one or two replies and the requirement's arguments. It returns the problems it found (none: the requirement is
met), ``None`` when the reply has nothing to say about it, or raises ``Undecided`` with a reason when it should have had.
No level, no wording of verdicts, no network, no clock.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any, TypeAlias

from ..model import Problem
from . import (
    agreement,
    calls,
    choices,
    chunks,
    events,
    formats,
    handed,
    lifecycle,
    lists,
    queue,
    refusals,
    relay_failure,
    relay_reply,
    relay_request,
    relay_stream,
    relay_time,
    response_events,
    responses,
    scores,
    shape,
    timing,
    transport,
    twin,
    usage,
    vectors,
)
from .reply import Reply
from .shape import Schemas

Check: TypeAlias = Callable[..., list[Problem] | None]

MODULES = (
    transport,
    timing,
    events,
    shape,
    choices,
    chunks,
    calls,
    scores,
    formats,
    usage,
    vectors,
    refusals,
    lists,
    responses,
    response_events,
    lifecycle,
    agreement,
    queue,
    handed,
    relay_request,
    relay_reply,
    relay_stream,
    relay_failure,
    relay_time,
    twin,
)


def _checks_of(module: ModuleType) -> dict[str, Check]:
    """The public functions that a module itself defines and that take a reply."""
    return {
        name: function
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and not name.startswith("_") and replies_of(function)
    }


@cache
def replies_of(check: Callable[..., Any]) -> tuple[str, ...]:
    """The names of a check's parameters that are replies; those beyond the first are steps a case must name."""
    return tuple(name for name, parameter in inspect.signature(check).parameters.items() if parameter.annotation == "Reply")


@cache
def wants_schemas(check: Callable[..., Any]) -> bool:
    """Whether a check takes the schemas."""
    return "schemas" in inspect.signature(check).parameters


CHECKS: dict[str, Check] = {name: check for module in MODULES for name, check in _checks_of(module).items()}
"""Every check by name."""

__all__ = ["CHECKS", "Check", "Reply", "Schemas", "replies_of", "wants_schemas"]
