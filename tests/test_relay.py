"""Gateways judged from both sides: a faithful one passes everything, and each faulty one is caught by exactly what it breaks."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.catalog import Catalog
from harness.model import Case, Level, Outcome
from tests.relay_mutants import MUTANTS, Mutant
from tests.relaying import judge, unmet

WHOLE = bool(os.environ.get("WIREPROOF_WHOLE"))
"""Whether slow mutants are judged with all cases of their areas."""

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A faulty gateway leaves connections open when its server stops."""


SLOW = re.compile(r"relay-time/(pace|leaving)|size/image|stalled|chat/many|framing/late|chat/long|split-carriage")
"""Cases that take time; the faults that need none of it are found without them."""

NEEDED = re.compile(r"relay-reply/(completions|embeddings|responses)/whole|relay-(reply|stream)/chat/whole")


def cases_for(relays: Catalog, mutant: Mutant) -> Iterator[Case]:
    """The cases that a mutant is judged with: those of the areas that it breaks.

    Of those that take time, a slow mutant has the ones that name what it breaks, and the one that leaves.
    """
    areas = {name.partition(".")[0] for name in mutant.breaks}
    for case in relays.cases.values():
        named = any(expectation.requirement in mutant.breaks for expectation in case.expect) or case.id.startswith("relay-time/leaving")
        fits = (WHOLE or named) if mutant.slow else not SLOW.search(case.id)
        if NEEDED.match(case.id) or (case.area in areas and fits):
            yield case if WHOLE or not case.id.startswith("relay-time/leaving") else shortened(case)


def some(cases: list[Case], mutant: Mutant) -> list[Case]:
    """Each third case, and those that name what the mutant breaks or are always needed: enough for most mutants."""
    named = [any(expectation.requirement in mutant.breaks for expectation in case.expect) for case in cases]
    return [case for number, case in enumerate(cases) if number % 3 == 0 or named[number] or NEEDED.match(case.id)]


def shortened(case: Case) -> Case:
    """A case whose streams end sooner: a gateway that goes on to their end needs three seconds for it, and not nine."""
    steps = [replace(step, upstream=json.loads(json.dumps(step.upstream).replace('"$repeat": 90', '"$repeat": 30'))) for step in case.steps]
    return replace(case, steps=tuple(steps))


def test_faithful_gateway_passes_everything(relays: Catalog) -> None:
    results, verdict = judge(relays, relays.cases.values())
    problems = [
        (f.requirement, f.case, f.problems[0]) for r in results for f in r.findings if f.outcome.rank >= Outcome.WARN.rank and f.problems
    ]
    assert problems == []
    assert [s.requirement.id for s in verdict.standings if s.undecided] == []
    assert verdict.absent == {}
    assert verdict.code == 0


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_mutant_is_caught_by_what_it_breaks(mutant: Mutant, relays: Catalog) -> None:
    cases = list(cases_for(relays, mutant))
    _, verdict = judge(relays, cases if WHOLE or mutant.slow else some(cases, mutant), patience=mutant.patience, **mutant.faults)
    if not mutant.breaks <= unmet(verdict, *Level):
        _, verdict = judge(relays, cases, patience=mutant.patience, **mutant.faults)
    may = {name for name in mutant.breaks if relays.requirements[name].level is Level.MAY}
    assert unmet(verdict, Level.MUST, Level.SHOULD) == mutant.breaks - may
    assert may <= unmet(verdict, Level.MAY)


def test_every_requirement_has_a_mutant(relays: Catalog) -> None:
    broken = {name for mutant in MUTANTS for name in mutant.breaks}
    assert {name for name in relays.requirements if name.startswith("relay-")} == broken
