"""The table of what each behaviour comes to: ``outcomes.yaml``, a line each: the exit code, and what the run names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TABLE = Path(__file__).with_name("outcomes.yaml")

HEAD = """# What each behaviour comes to: the exit code of a run, and the MUST requirements that it names (http.reply-is-whole alone
# where it is among them, else the first three). Written by python -m tests.hostile --measure --write, and read by a person.
"""


def read() -> dict[str, str]:
    """The table."""
    lines = (line.split(": ", 1) for line in TABLE.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#"))
    return {name: outcome.strip('"') for name, outcome in lines}


def write(outcomes: Mapping[str, str]) -> None:
    """Write the table."""
    TABLE.write_text(HEAD + "".join(f'{name}: "{outcome}"\n' for name, outcome in sorted(outcomes.items())), encoding="utf-8")
