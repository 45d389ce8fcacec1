"""Every requirement has been seen to fail: each mutant of the reference is caught by exactly the requirements it breaks."""

from __future__ import annotations

import asyncio

import pytest

from harness.catalog import Catalog
from harness.model import Level, Outcome
from tests.baseline import Baseline
from tests.hidden import HIDDEN
from tests.inprocess import judge
from tests.mutants import MUTANTS, Mutant


def test_reference_is_faultless(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    judged = loop.run_until_complete(judge(catalog))
    assert judged.unmet(Level.MUST, Level.SHOULD) == set()
    undecided = [s.requirement.id for s in judged.verdict.standings if s.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)]
    assert undecided == []
    assert judged.verdict.absent == {}
    assert judged.verdict.code == 0


def test_leaving_out_what_is_unchanged_changes_nothing(baseline: Baseline, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "chunk-finish-omitted")
    whole, part = (loop.run_until_complete(run) for run in (judge(catalog, mutant), baseline.with_mutant(mutant)))
    outcomes = [[(s.requirement.id, s.outcome, s.judged, s.missed) for s in judged.verdict.standings] for judged in (whole, part)]
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_caught_by_what_it_breaks(mutant: Mutant, baseline: Baseline, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    judged = loop.run_until_complete(judge(catalog, mutant) if mutant.remembers else baseline.with_mutant(mutant))
    levels = {name: catalog.requirements[name].level for name in mutant.breaks}
    may = {name for name, level in levels.items() if level is Level.MAY}
    assert judged.unmet(Level.MUST, Level.SHOULD) == mutant.breaks - may
    assert may <= judged.unmet(Level.MAY)
    conforms = all(level is not Level.MUST for level in levels.values())
    assert (judged.verdict.code == 0) == conforms or judged.verdict.code == 6


def test_every_requirement_has_a_mutant(catalog: Catalog) -> None:
    broken = {name for mutant in MUTANTS for name in mutant.breaks} | {hidden.breaks for hidden in HIDDEN}
    by_clients = {call.client.area for call in catalog.calls.values()}  # those have the faults of client_mutants
    testable = {r.id for r in catalog.requirements.values() if r.untestable is None and r.area not in by_clients}
    assert testable - broken == set()
    assert broken - testable == set()


def test_mutants_have_names_of_their_own() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names))
