"""The registry of checks: ``@check`` makes a function a check.

A check takes one or more replies and the requirement's arguments. It returns the problems it found (none: the requirement is met),
``None`` if the requirement does not apply to the reply, or raises ``UndecidedError`` with the reason why it could not be judged.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, get_type_hints

from ..model import Data, Problem
from .reply import Reply

Function = TypeVar("Function", bound=Callable[..., list[Problem] | None])

OF = "of"
"""The argument by which a case names the step to judge, for checks of one reply."""

SUPPLIED = frozenset({"schemas", "call", "handed"})
"""Parameters that the judge supplies; the data cannot give them."""


@dataclass(frozen=True, slots=True)
class Check:
    """A registered check: its function, which of its parameters are replies, and which are arguments from the data.

    ``replies`` beyond the first are steps that a case must name. ``required`` are the arguments without a default.
    """

    name: str
    function: Callable[..., list[Problem] | None]
    replies: tuple[str, ...]
    arguments: tuple[str, ...]
    required: frozenset[str]
    wants_schemas: bool

    def __call__(self, *replies: Reply, **arguments: Data) -> list[Problem] | None:
        """Judge replies."""
        return self.function(*replies, **arguments)

    def misfit(self, arguments: Mapping[str, Data], settings: Collection[str] = (), steps: Collection[str] | None = None) -> str | None:
        """Why the check cannot be called with these arguments, or ``None`` when it can.

        ``steps`` are the case's step names; without them only checks of one reply can be called.
        """
        named = [OF] if len(self.replies) == 1 else list(self.replies)
        for name, value in arguments.items():
            if name in named and steps is not None:
                if value not in steps:
                    return f"is about the step {value!r}, and there are only {', '.join(steps)}"
            elif name not in self.arguments:
                return f"takes no argument {name!r}; it takes: {', '.join([*self.arguments, *named])}"
            elif isinstance(value, str) and value.startswith("$") and value not in settings:
                return f"gets {value}, which is no run setting"
        missing = [name for name in self.arguments if name in self.required and name not in arguments]
        missing += [name for name in self.replies if len(self.replies) > 1 and name not in arguments]
        return f"lacks the argument {', '.join(missing)}" if missing else None


_REGISTERED: dict[str, Check] = {}


def check(function: Function) -> Function:
    """Register a function as a check under its own name. Raises ``ValueError`` if the name is taken."""
    name = function.__name__
    if name in _REGISTERED:
        raise ValueError(f"two checks are called {name}: in {_REGISTERED[name].function.__module__} and in {function.__module__}")
    types = get_type_hints(function)
    parameters = inspect.signature(function).parameters
    replies = tuple(parameter for parameter in parameters if types[parameter] is Reply)
    if not replies:
        raise TypeError(f"{name} takes no reply, so it cannot be a check")
    arguments = tuple(parameter for parameter in parameters if parameter not in replies and parameter not in SUPPLIED)
    required = frozenset(parameter for parameter in arguments if parameters[parameter].default is inspect.Parameter.empty)
    _REGISTERED[name] = Check(name, function, replies, arguments, required, "schemas" in parameters)
    return function


class Checks(Mapping[str, Check]):
    """All checks by name. Their modules are imported on first use."""

    def __init__(self) -> None:
        self._loaded = False

    def _all(self) -> dict[str, Check]:
        if not self._loaded:
            package = importlib.import_module(__package__)
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                importlib.import_module(module.name)
            self._loaded = True
        return _REGISTERED

    def __getitem__(self, name: str) -> Check:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


CHECKS: Mapping[str, Check] = Checks()
"""Every check by name."""
