"""The protocol of a driver: one line of JSON in, one line of JSON out, until the input ends."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from typing import Any, TypeAlias

Job: TypeAlias = dict[str, Any]
Values: TypeAlias = dict[str, Any]


class RefusedError(Exception):
    """Raised by a driver to report an error under a name of its own."""

    def __init__(self, name: str, values: Values) -> None:
        super().__init__(str(values.get("message")))
        self.name = name
        self.values = values


def serve(name: str, do: Callable[[Job], Values], values_of: Callable[[Exception], Values]) -> None:
    """Run jobs one after the other. ``values_of`` returns the values that a user can read from an exception."""
    said, sys.stdout = sys.stdout, sys.stderr  # keeps a library's prints out of the protocol
    for line in sys.stdin:
        job = json.loads(line)
        outcome: dict[str, Any] = {"client": name}
        try:
            outcome["values"] = do(job)
        except RefusedError as error:
            outcome |= {"raised": error.name, "message": str(error), "values": error.values}
        except Exception as error:  # noqa: BLE001 - any exception of a client is an outcome
            kinds = [kind.__name__ for kind in type(error).__mro__[1:-1]]
            outcome |= {"raised": type(error).__name__, "kinds": kinds, "message": str(error), "values": values_of(error)}
        said.write(_line(outcome) + "\n")
        said.flush()


def _line(outcome: dict[str, Any]) -> str:
    """An outcome as JSON. A value that cannot be written, such as one of a thousand levels, is our limit and not the client's fault."""
    try:
        return json.dumps(outcome, default=repr)
    except (RecursionError, ValueError) as error:
        return json.dumps({"client": outcome["client"], "unwritable": f"{type(error).__name__}: {error}"})


def called(name: str, package: str, manner: str = "") -> str:
    """A client's name with its version, its mode of use, and the Python version."""
    used = f", {manner}" if manner else ""
    return f"{name} {version(package)}{used} on Python {platform.python_version()}"


def read(values: dict[str, Callable[[], Any]]) -> Values:
    """Read each value as a user does; if reading one raises, the exception is recorded in its place."""
    found: Values = {}
    for name, value in values.items():
        try:
            found[name] = value()
        except (AttributeError, TypeError, IndexError, KeyError, ValueError) as error:
            found[name] = {"$raised": f"{type(error).__name__}: {error}"}
    return found
