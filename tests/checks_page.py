"""The page about checks: what a check sees of a reply, and every check with what it takes and who uses it.

``python -m tests.checks_page`` writes ``docs/checks.md`` anew from the docstrings and the data.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from harness.catalog import load, profile_names
from harness.checks import CHECKS, Check, Reply

PAGE = Path(__file__).resolve().parent.parent / "docs" / "checks.md"

NAMED = 6
"""The most users named for a check."""

HEAD = """# Checks

A check is a pure function in `harness/checks/`. It takes one or more replies and the requirement's arguments (`with` in
`spec/requirements/`, or the case's own under `expect`). It returns the problems that it found, or `[]` if the requirement is met, or
`None` if the reply has nothing to say about it. It raises `UndecidedError`, with a reason, if the reply should have had something to
say and could not.

```python
@check
def role_is_assistant(reply: Reply) -> list[Problem] | None:
    \"\"\"The message of each choice has the role assistant.\"\"\"
    messages = [(f"{where}/message", choice["message"]) for where, _, choice in reply.choices if isinstance(choice.get("message"), dict)]
    wrong = [(where, message.get("role")) for where, message in messages if message.get("role") != "assistant"]
    return few([Problem(f"{where}/role", '"assistant"', show(role)) for where, role in wrong]) if messages else None
```

A `Problem` is where, what was expected, and what came instead, all in words. `show` makes short JSON of a value, and `few` keeps the first
problems of a long list.

`python -m tests.checks_page` writes this page anew.

## What a reply offers

A `Reply` parses its exchange when it is asked, once, and never raises for what an endpoint sent. All of it is in `harness/checks/reply.py`.

| member | what it is |
|---|---|
"""


def _first(text: str | None) -> str:
    """The first sentence of a docstring, as one cell of a table."""
    return " ".join((text or "").split("\n\n")[0].split()).replace("|", "\\|").replace("``", "`")


def _members() -> Iterator[str]:
    """A line for each public member of a reply."""
    for name, member in vars(Reply).items():
        if name.startswith("_"):
            continue
        if isinstance(member, (property, cached_property)):
            yield f"| `{name}` | {_first(inspect.getdoc(member))} |"
        elif inspect.isfunction(member):
            given = ", ".join(
                parameter for parameter in list(inspect.signature(member).parameters)[1:] if parameter not in ("given", "named")
            )
            yield f"| `{name}({given})` | {_first(inspect.getdoc(member))} |"


def _users() -> dict[str, list[str]]:
    """The requirements that use each check, under any profile."""
    catalogs = [*(load(profile=name) for name in profile_names()), load(twin=True), load(relay=True)]
    found: dict[str, dict[str, None]] = {}
    for catalog in catalogs:
        for requirement in catalog.requirements.values():
            if requirement.check is not None:
                found.setdefault(requirement.check, {})[requirement.id] = None
        for deviation in catalog.profile.deviations:
            if deviation.accepts is not None and deviation.accepts.check is not None:
                found.setdefault(deviation.accepts.check, {})[f"the profile {catalog.profile.name}"] = None
    return {name: sorted(users) for name, users in found.items()}


def _taken(check: Check) -> str:
    """What a check takes beside the reply: further replies, then arguments; those with a default are in brackets."""
    steps = list(check.replies) if len(check.replies) > 1 else []
    return ", ".join([*steps, *(f"`{name}`" if name in check.required else f"[`{name}`]" for name in check.arguments)])


def page() -> str:
    """The whole page."""
    users = _users()
    lines = [
        HEAD.rstrip(),
        *_members(),
        "",
        "## All checks",
        "",
        "Steps come first, then arguments; those in brackets may be left out.",
        "",
    ]
    modules: dict[str, list[Check]] = {}
    for check in CHECKS.values():
        modules.setdefault(check.function.__module__.removeprefix("harness.checks.").replace(".", "/"), []).append(check)
    for module, checks in sorted(modules.items()):
        lines += [f"### {module}", "", "| check | what it says | takes | used by |", "|---|---|---|---|"]
        for check in sorted(checks, key=lambda one: one.name):
            named = users.get(check.name, [])
            used = ", ".join(f"`{name}`" if "." in name else name for name in named[:NAMED])
            used += f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
            lines.append(f"| `{check.name}` | {_first(inspect.getdoc(check.function))} | {_taken(check)} | {used} |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
