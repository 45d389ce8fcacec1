"""``python -m tests.ways`` writes the cases of all endpoints; with ``--table`` it writes which ways meet how often in a default run."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.catalog import PATHS, load
from harness.catalog.paths import SPEC
from harness.reference.exchange import ServerReply, ServerRequest
from tests.baseline import Baseline
from tests.ways.chat import CHAT
from tests.ways.completions import COMPLETIONS
from tests.ways.covering import Pair, requests, table
from tests.ways.endpoint import PAD, Chosen, Endpoint, headers
from tests.ways.reading import asked_in_ways
from tests.ways.responses import RESPONSES

ENDPOINTS = (CHAT, COMPLETIONS, RESPONSES)
DOCUMENT = SPEC.parent / "docs" / "ways-of-asking.md"
BEGIN, END = "<!-- table -->", "<!-- end of table -->"


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


def exchanges() -> list[tuple[ServerRequest, ServerReply]]:
    """Every request of a default run, with the reference's reply."""
    baseline = Baseline(load())
    asyncio.run(baseline.play())
    return [pair for played in baseline.cases.values() for pair in zip(played.asked, played.replies, strict=True)]


def met_by(endpoint: Endpoint, asked: Iterable[tuple[ServerRequest, ServerReply]]) -> Mapping[Pair, int]:
    """By how many requests of a run each two ways are met, as far as they can meet."""
    return table(endpoint, asked_in_ways(asked, PATHS[endpoint.name], endpoint.ways))


def rows(endpoint: Endpoint, met: Mapping[Pair, int]) -> Iterable[str]:
    """The table of an endpoint as Markdown: for each two respects how many pairs of ways can meet, and how many requests each is met by."""
    respects = list(endpoint.ways)
    yield f"| {endpoint.name} | {' | '.join(respects[1:])} |"
    yield "|---" * len(respects) + "|"
    for row, one in enumerate(respects[:-1]):
        cells = [_cell(met, one, other) if column > row else "" for column, other in enumerate(respects[1:], start=1)]
        yield f"| {one} | {' | '.join(cells)} |"


def _cell(met: Mapping[Pair, int], one: str, other: str) -> str:
    counts = [count for ((first, _), (second, _)), count in met.items() if {first, second} == {one, other}]
    return f"{len(counts)}: {min(counts)}–{max(counts)}"


def publish() -> None:
    """Put the tables into the document, between its marks."""
    asked = exchanges()
    told = "\n\n".join("\n".join(rows(endpoint, met_by(endpoint, asked))) for endpoint in ENDPOINTS)
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write the cases, or the table."""
    if "--table" in arguments:
        publish()
        return 0
    for endpoint in ENDPOINTS:
        file_of(endpoint).write_text(text(endpoint), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
