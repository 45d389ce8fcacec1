"""What clients do where one MUST alone is not met: measured with the mutants that break it, and kept in ``spec/clients/breaks.yaml``.

``python -m tests.client_breaks`` measures again, with all clients that are installed (``make clients``), and writes that file.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.catalog import Catalog, load
from harness.model import Call, CaseResult, Level
from tests.client_bench import Bench, told
from tests.mutants import MUTANTS, Mutant

FILE = Path(__file__).resolve().parent.parent / "spec" / "clients" / "breaks.yaml"
HEAD = """# What each client was seen to do where one MUST alone was not met, worst first. A client that is not named noticed nothing.
# Measured with the pinned versions by: python -m tests.client_breaks
about: What users of widely used clients meet where a requirement is not met.
breaks:
"""
LEFT_OUT = frozenset({"curl", "openai-python-async"})
"""What fails with curl is the reader that our driver puts behind it; the asynchronous client does what the other does."""

WORDS = {
    "call-succeeds": "{}",
    "stream-ends": "no {} at the end of a stream",
    "nothing-is-lost": "lost {}",
    "values-are-as-sent": "wrong {}",
    "values-have-their-types": "no valid {}",
    "error-is-raised": "{}",
}
"""How each aspect reads, gravest first. Where an exception shows it, its name is said instead."""

MOST = 2
"""The most effects told of one client."""

NAMED = 4
"""The most values named for one effect."""


def sole_breakers(catalog: Catalog) -> dict[str, list[Mutant]]:
    """The mutants that break one MUST and no other, by that requirement."""
    found: dict[str, list[Mutant]] = {}
    for mutant in MUTANTS:
        musts = [name for name in mutant.breaks if catalog.requirements[name].level is Level.MUST]
        if len(musts) == 1:
            found.setdefault(musts[0], []).append(mutant)
    return found


def effects(results: Iterable[CaseResult]) -> list[str]:
    """What one client's user meets, gravest first, in a few words each; a value is named at its gravest only."""
    lines = sorted({line for lines in told(results).values() for line in lines})
    ranked: dict[str, list[str]] = {}
    for aspect, words in WORDS.items():
        for name, _, shown in (line.partition(": ") for line in lines):
            if name != aspect or shown.startswith("and "):  # how many more places there are
                continue
            if shown == "the call":
                ranked.setdefault("{}", []).append("no exception for an error")
            elif shown.startswith("raises "):
                ranked.setdefault("{} in mid-stream" if aspect == "stream-ends" else "{}", []).append(shown.removeprefix("raises "))
            elif not any(shown in found for found in ranked.values()):
                ranked.setdefault(words, []).append(shown)
    return [words.format(either(shown)) for words, shown in ranked.items()][:MOST]


def either(names: list[str]) -> str:
    """Names in words, the first few of them."""
    names = list(dict.fromkeys(names))
    if len(names) > NAMED:
        names = [*names[:NAMED], f"{len(names) - NAMED} more"]
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def sentences(by_client: Mapping[str, list[str]]) -> list[str]:
    """One sentence for the clients that show the same."""
    alike: dict[str, list[str]] = {}
    for client, found in by_client.items():
        if found:
            alike.setdefault(" and ".join(found), []).append(client)
    return [f"{', '.join(clients)}: {effect}" for effect, clients in alike.items()]


async def seen(bench: Bench, calls: Mapping[str, Call], mutants: Iterable[Mutant]) -> dict[str, list[str]]:
    """What each client does with endpoints that break one requirement."""
    found: dict[str, list[CaseResult]] = {}
    for mutant in mutants:
        for result in await bench.play(calls.values(), mutant):
            found.setdefault(calls[result.case].client.id, []).append(result)
    return {client: effects(results) for client, results in found.items()}


async def measure() -> str:
    """The file, with all clients that are installed."""
    catalog = load()
    bench = Bench(catalog)
    calls = {name: call for name, call in catalog.calls.items() if call.client.id not in LEFT_OUT}
    lines = [HEAD.rstrip()]
    for requirement, mutants in sole_breakers(catalog).items():
        for number, sentence in enumerate(sentences(await seen(bench, calls, mutants))):
            lines += [f"  - requirement: {requirement}", "    seen:"] if number == 0 else []
            lines.append(f"      - {json.dumps(sentence)}")
    await bench.close()
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(asyncio.run(measure()), encoding="utf-8")
