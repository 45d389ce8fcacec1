"""Finds the installed clients, and the command that starts each driver."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from ..model import Client

HERE = Path(__file__).resolve().parent
DRIVERS = HERE / "drivers"
VARIABLE = "WIREPROOF_CLIENTS"
"""The environment variable for the folder where ``make clients`` installs the clients that are not Python packages."""


def folder() -> Path:
    """The folder of the clients that are not Python packages."""
    return Path(os.environ.get(VARIABLE) or HERE.parent.parent / ".venv" / "clients").resolve()


def command(client: Client) -> tuple[list[str], Path] | None:
    """The command that starts a client's driver, and its working folder; ``None`` if the client is not installed."""
    kind, _, name = client.driver.partition(":")
    return _KINDS[kind](name, client.package)


def _python(module: str, package: str) -> tuple[list[str], Path] | None:
    """A driver in Python, run by our own interpreter."""
    if find_spec(package) is None:
        return None
    name, _, argument = module.partition(":")
    return [sys.executable, "-m", f"{__package__}.drivers.{name}", *filter(None, [argument])], HERE


def _program(module: str, program: str) -> tuple[list[str], Path] | None:
    """A driver in Python that runs another program."""
    return _python(module, "json") if shutil.which(program) else None


def _node(file: str, package: str) -> tuple[list[str], Path] | None:
    """A driver for Node.js. It is passed as text, because Node.js then looks for modules in the folder where it starts."""
    node, home = shutil.which("node"), folder() / "node"
    if node is None or not (home / "node_modules" / package / "package.json").is_file():
        return None
    return [node, "--input-type=module", "--eval", (DRIVERS / f"{file}.mjs").read_text(encoding="utf-8")], home


def _built(name: str, _: str) -> tuple[list[str], Path] | None:
    """A driver compiled by ``make clients``."""
    binary = folder() / name / "driver"
    return ([str(binary)], binary.parent) if os.access(binary, os.X_OK) else None


_KINDS: dict[str, Callable[[str, str], tuple[list[str], Path] | None]] = {
    "python": _python,
    "program": _program,
    "node": _node,
    "built": _built,
}
