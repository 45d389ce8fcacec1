"""Writes examples as cases: one that failed, and those that every run plays. The files are YAML, mostly in JSON style."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ..model import Case, Data, Step
from .explore import Found

_UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]|[\u2028\u2029]")


def save_case(file: Path, found: Found) -> str:
    """Append an example to a file of cases, creating it if necessary, and return the case's id."""
    text = file.read_text(encoding="utf-8") if file.exists() else _head(found.case)
    wanted = re.sub(r"[^a-z0-9-]", "-", f"{found.case.id.removeprefix('properties/')}-{found.requirements[0]}".lower())
    taken = set(re.findall(r"(?m)^  - id: (\S+)", text))
    name = next(one for number in range(1, len(taken) + 2) if (one := wanted if number == 1 else f"{wanted}-{number}") not in taken)
    file.parent.mkdir(parents=True, exist_ok=True)
    title = f"A request drawn by {found.case.id} meets {found.requirements[0]}."
    file.write_text(text + item(name, title, found.case), encoding="utf-8")
    return name


def _head(case: Case) -> str:
    """The start of a new file."""
    return f"about: Generated requests that failed a requirement.\nfeature: {case.feature}\ncases:\n"


def item(name: str, title: str, case: Case) -> str:
    """One case as YAML."""
    lines = [f"  - id: {name}", f"    title: {title}", f"    feature: {case.feature}"]
    if len(case.steps) == 1:
        lines += [f"    {key}: {value}" for key, value in _members(case.steps[0]).items()]
    else:
        lines.append("    steps:")
        for step in case.steps:
            rest = _members(step).items()
            lines += [f"      - id: {step.id}", *(f"        {key}: {value}" for key, value in rest)]
    if case.expect:
        lines += ["    expect:", *(f"      - {one.requirement}: {_json(dict(one.arguments))}" for one in case.expect)]
    return "\n".join(lines) + "\n"


def _members(step: Step) -> dict[str, str]:
    """The members of a step, except its id."""
    told: dict[str, str] = {"endpoint": step.endpoint, "wants": step.wants}
    if step.method != "POST":
        told["method"] = step.method
    for name, value in (
        ("target", step.target),
        ("send", step.send),
        ("raw", step.raw),
        ("written", step.written),
        ("pad", step.pad or None),
    ):
        if value is not None:
            told[name] = _json(value)
    return told


def _json(value: Data) -> str:
    """A value as JSON that is also YAML: characters that YAML does not allow are escaped."""
    text: Any = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
