"""Every requirement can fail: each mutant of the reference is caught by exactly the requirements it breaks."""

from __future__ import annotations

import asyncio
import os

import pytest

from harness.catalog import Catalog
from harness.judging.verdict import Exit
from harness.model import Level, Outcome
from tests.baseline import Baseline
from tests.hidden import HIDDEN
from tests.inprocess import Judged, judge
from tests.mutants import MUTANTS, Mutant

WHOLE = bool(os.environ.get("WIREPROOF_WHOLE"))
"""Whether each mutant is judged by the whole suite, and not by the cases that show what it changes alone."""


def test_reference_is_faultless(catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    judged = loop.run_until_complete(judge(catalog))
    assert judged.unmet(Level.MUST, Level.SHOULD) == set()
    undecided = [s.requirement.id for s in judged.verdict.standings if s.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)]
    assert undecided == []
    assert judged.verdict.absent == {}
    assert judged.verdict.code == 0


def test_leaving_out_what_is_unchanged_changes_nothing(baseline: Baseline, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == "chunk-finish-omitted")
    changed = baseline.changed(mutant)
    whole, part = (loop.run_until_complete(judge(catalog, mutant, cases=cases)) for cases in (None, changed))
    assert len(changed) < len(catalog.cases)
    assert {(case, *rest) for case, *rest in _shown(whole) if case in changed} == _shown(part) != set()
    assert {outcome for case, _, outcome in _shown(whole) if case not in changed} <= {Outcome.NOTE}


def _shown(judged: Judged) -> set[tuple[str, str, Outcome]]:
    """What was missed: by case and requirement."""
    return {(f.case, f.requirement, f.outcome) for result in judged.results for f in result.findings if f.problems}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_caught_by_what_it_breaks(mutant: Mutant, baseline: Baseline, catalog: Catalog, loop: asyncio.AbstractEventLoop) -> None:
    judged = loop.run_until_complete(judge(catalog, mutant) if WHOLE else baseline.with_mutant(mutant, mutant.breaks))
    levels = {name: catalog.requirements[name].level for name in mutant.breaks}
    may = {name for name, level in levels.items() if level is Level.MAY}
    unmet = judged.unmet(Level.MUST, Level.SHOULD)
    more, less = sorted(unmet - mutant.breaks), sorted(mutant.breaks - may - unmet)
    assert not more, f"{mutant.name} also breaks {', '.join(more)}: name it among what the mutant breaks, or narrow the change"
    assert not less, f"{mutant.name} does not break {', '.join(less)}: no case shows it, or the check does not see it"
    assert may <= judged.unmet(Level.MAY)
    broken = any(level is Level.MUST for level in levels.values())
    assert judged.verdict.code in ([Exit.UNMET] if broken else [Exit.CONFORMS, Exit.INCOMPLETE])


def test_every_requirement_has_a_mutant(catalog: Catalog) -> None:
    broken = {name for mutant in MUTANTS for name in mutant.breaks} | {hidden.breaks for hidden in HIDDEN}
    by_clients = {call.client.area for call in catalog.calls.values()}  # those have the faults of client_mutants
    testable = {r.id for r in catalog.requirements.values() if r.untestable is None and r.area not in by_clients}
    assert testable - broken == set()
    assert broken - testable == set()


def test_mutants_have_names_of_their_own() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names))
