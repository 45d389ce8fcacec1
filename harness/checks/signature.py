"""Whether arguments from the data fit a check."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

from ..model import Json

OF = "of"
"""The argument of a case that names the step to judge, where a check takes one reply."""

SUPPLIED = frozenset({"schemas", "call", "handed"})
"""Parameters of checks that are no arguments from the data: who calls the check has them."""


def misfit(
    check: Callable[..., Any], arguments: Mapping[str, Json], settings: Collection[str] = (), steps: Collection[str] | None = None
) -> str | None:
    """Why a check cannot be called with these arguments, or ``None`` when it can.

    ``steps`` are the step names a case offers; without them only checks of one reply can be called.
    """
    parameters = inspect.signature(check).parameters
    replies = [name for name, parameter in parameters.items() if parameter.annotation == "Reply"]
    plain = {name: p for name, p in parameters.items() if name not in replies and name not in SUPPLIED}
    named = [OF] if len(replies) == 1 else replies
    for name, value in arguments.items():
        if name in named and steps is not None:
            if value not in steps:
                return f"is about the step {value!r}, and there are only {', '.join(steps)}"
        elif name not in plain:
            return f"takes no argument {name!r}; it takes: {', '.join([*plain, *named])}"
        elif isinstance(value, str) and value.startswith("$") and value not in settings:
            return f"gets {value}, which is no run setting"
    missing = [name for name, p in plain.items() if p.default is p.empty and name not in arguments]
    missing += [name for name in replies if len(replies) > 1 and name not in arguments]
    return f"lacks the argument {', '.join(missing)}" if missing else None
