"""``python -m tests.ways`` writes the cases of all endpoints, and ``--table`` prints which ways met how often."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from harness.catalog.paths import SPEC
from tests.ways.chat import CHAT
from tests.ways.completions import COMPLETIONS
from tests.ways.covering import requests, table
from tests.ways.endpoint import PAD, Chosen, Endpoint, headers
from tests.ways.responses import RESPONSES

ENDPOINTS = (CHAT, COMPLETIONS, RESPONSES)


def file_of(endpoint: Endpoint) -> Path:
    """The file of an endpoint's cases."""
    return SPEC / "cases" / endpoint.name / "combinations.yaml"


def text(endpoint: Endpoint) -> str:
    """The file's content."""
    asked = requests(endpoint)
    replaced = _replaced(endpoint, asked)
    lines = [
        f"# Written by python -m tests.ways. Do not edit: change tests/ways/{endpoint.name}.py instead.",
        "about: Ways of asking that meet in one request, each two of them at least once.",
        f"feature: {endpoint.name}",
        f"endpoint: {endpoint.name}",
        "cases:",
        *(line for chosen, aliases in zip(asked, replaced, strict=True) for line in _case(endpoint, chosen, aliases)),
    ]
    return "\n".join(lines) + "\n"


def _case(endpoint: Endpoint, chosen: Chosen, aliases: Iterable[str]) -> Iterable[str]:
    """One case, line by line."""
    unusual = [way for respect, way in chosen.items() if way != endpoint.plain(respect)]
    needs = list(dict.fromkeys(endpoint.needs[way] for way in unusual if way in endpoint.needs))
    yield f"  - id: {'-'.join(unusual) or 'plain'}"
    yield f"    title: A request with {', '.join(unusual) or 'nothing unusual'} is answered by every rule, or refused."
    if names := list(aliases):
        yield f"    aliases: [{', '.join(names)}]"
    if needs:
        yield f"    also: [{', '.join(needs)}]"
    yield "    wants: either"
    if told := headers(chosen):
        yield f"    headers: {json.dumps(told)}"
    yield f"    send: {json.dumps(endpoint.ask(chosen), ensure_ascii=False)}"
    if chosen["size"] == "large":
        yield f"    pad: {PAD}"
    yield f"    expect: {json.dumps(endpoint.expect(chosen), ensure_ascii=False)}"


def _replaced(endpoint: Endpoint, asked: list[dict[str, str]]) -> list[list[str]]:
    """For each request the earlier cases that it replaces: each is replaced by the request with most of its ways, and least else."""
    found: list[list[str]] = [[] for _ in asked]
    for name, ways in endpoint.replaced.items():
        wanted = {respect: endpoint.plain(respect) for respect in endpoint.ways} | dict(ways)
        shared = [(len(ways.items() & chosen.items()), len(wanted.items() & chosen.items())) for chosen in asked]
        found[shared.index(max(shared))].append(name)
    return found


def rows(endpoint: Endpoint) -> Iterable[str]:
    """The covering table of an endpoint, as Markdown: for each two respects how many pairs of ways can meet, and how often they do."""
    met = table(endpoint, requests(endpoint))
    yield f"| {endpoint.name} | {' | '.join(list(endpoint.ways)[1:])} |"
    yield "|---" * len(endpoint.ways) + "|"
    respects = list(endpoint.ways)
    for row, one in enumerate(respects[:-1]):
        cells = []
        for column, other in enumerate(respects[1:], start=1):
            counts = [count for ((first, _), (second, _)), count in met.items() if {first, second} == {one, other}]
            cells.append(f"{len(counts)}: {min(counts)}–{max(counts)}" if column > row else "")
        yield f"| {one} | {' | '.join(cells)} |"


def main(arguments: list[str]) -> int:
    """Write the files, or print the table."""
    for endpoint in ENDPOINTS:
        if "--table" in arguments:
            sys.stdout.write("\n".join(rows(endpoint)) + "\n\n")
        else:
            file_of(endpoint).write_text(text(endpoint), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
