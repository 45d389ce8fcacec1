"""What a requirement says of the clients that break was measured, and is measured again here with the clients that are installed."""

from __future__ import annotations

import asyncio
import os

import pytest

from harness.catalog import Catalog
from harness.catalog.yaml_lines import read_yaml
from harness.clients import found
from tests.client_bench import Bench
from tests.client_breaks import FILE, LEFT_OUT, either, seen, sentences, sole_breakers

MEASURED: dict[str, list[str]] = {item["requirement"]: item["seen"] for item in read_yaml(FILE.read_text("utf-8")).value["breaks"]}
TRIED = [*MEASURED] if os.environ.get("WIREPROOF_WHOLE") else ["chat.has-a-choice", "sse.data-in-every-event", "tools.indexes-count-up"]


def of_installed(sentence: str, installed: set[str]) -> str | None:
    """A sentence about those of its clients that are installed."""
    clients, _, effect = sentence.partition(": ")
    named = [client for client in clients.split(", ") if client in installed]
    return f"{', '.join(named)}: {effect}" if named else None


@pytest.mark.parametrize("requirement", TRIED)
def test_clients_break_as_the_data_says(requirement: str, catalog: Catalog) -> None:
    clients = {call.client.id: call.client for call in catalog.calls.values() if call.client.id not in LEFT_OUT}
    installed = {name for name, client in clients.items() if found.command(client) is not None}
    calls = {name: call for name, call in catalog.calls.items() if call.client.id in installed}

    async def measured() -> list[str]:
        bench = Bench(catalog)
        try:
            return sentences(await seen(bench, calls, sole_breakers(catalog)[requirement]))
        finally:
            await bench.close()

    expected = [said for sentence in MEASURED[requirement] if (said := of_installed(sentence, installed)) is not None]
    assert asyncio.run(measured()) == expected
    assert installed


def test_requirements_have_what_was_measured(catalog: Catalog) -> None:
    for requirement, sentences_of in MEASURED.items():
        assert set(sentences_of) <= set(catalog.requirements[requirement].breaks)


@pytest.mark.parametrize(
    ("names", "said"),
    [(["a"], "a"), (["a", "a", "b"], "a or b"), (["a", "b", "c"], "a, b or c"), (["a", "b", "c", "d", "e", "f"], "a, b, c, d or 2 more")],
)
def test_names_are_told_in_words(names: list[str], said: str) -> None:
    assert either(names) == said
