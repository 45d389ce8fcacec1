"""Selecting a part of the suite: what is played, and what counts."""

from __future__ import annotations

import asyncio

import pytest

from harness.catalog import Catalog, UnknownNameError
from harness.catalog.selection import selected
from harness.model import Blame, CaseResult, Finding, Outcome
from tests.baseline import Baseline
from tests.inprocess import judge
from tests.mutants import MUTANTS, Mutant


def wanted(catalog: Catalog, *, only: tuple[str, ...] = (), requirement: tuple[str, ...] = ()) -> set[str]:
    selection = selected(catalog, only, requirement)
    return {case.id for case in catalog.cases.values() if selection.wants(catalog, case)}


def test_an_area_is_its_cases(catalog: Catalog) -> None:
    assert wanted(catalog, only=("models", "embeddings")) == {c.id for c in catalog.cases.values() if c.area in ("models", "embeddings")}


def test_an_area_without_cases_is_its_requirements_in_whatever_case_shows_them(catalog: Catalog) -> None:
    selection = selected(catalog, ("usage",), ())
    assert str(selection) == "area usage"
    assert "chat/basics/stream-false" in wanted(catalog, only=("usage",))
    both = (Finding("c", "usage.adds-up", Outcome.PASS), Finding("c", "sse.utf8", Outcome.FAIL))
    assert selection.narrowed(CaseResult("c", (), both)).findings == both[:1]


def test_two_areas_are_both(catalog: Catalog) -> None:
    """An area with cases and one without: all of the first, and what the second has in other cases too."""
    both = wanted(catalog, only=("usage", "models"))
    assert both == wanted(catalog, only=("usage",)) | wanted(catalog, only=("models",))
    selection = selected(catalog, ("usage", "models"), ())
    of_chat = (Finding("chat/c", "usage.adds-up", Outcome.FAIL), Finding("chat/c", "sse.utf8", Outcome.FAIL))
    assert selection.narrowed(CaseResult("chat/c", (), of_chat)).findings == of_chat[:1]
    of_models = (Finding("models/c", "http.json-object", Outcome.FAIL),)
    assert selection.narrowed(CaseResult("models/c", (), of_models)).findings == of_models


@pytest.mark.parametrize(
    ("areas", "requirements", "text"),
    [
        (("chat",), (), "area chat"),
        (("chat", "models"), ("usage.adds-up",), "areas chat, models; requirement usage.adds-up"),
    ],
)
def test_what_was_selected_is_told(areas: tuple[str, ...], requirements: tuple[str, ...], text: str, catalog: Catalog) -> None:
    assert str(selected(catalog, areas, requirements)) == text


def test_a_requirement_that_cases_name_is_those_cases(catalog: Catalog) -> None:
    assert wanted(catalog, requirement=("responses-store.items-in-order",)) == {"responses-store/kept/input-items-in-order"}


@pytest.mark.parametrize(("kind", "name"), [("only", "chats"), ("requirement", "chat.id-presen")])
def test_unknown_names_are_refused_with_what_was_meant(catalog: Catalog, kind: str, name: str) -> None:
    with pytest.raises(UnknownNameError, match="did you mean chat"):
        wanted(catalog, **{kind: (name,)})


def test_what_no_black_box_can_judge_cannot_be_selected(catalog: Catalog) -> None:
    untestable = next(r.id for r in catalog.requirements.values() if r.untestable is not None)
    with pytest.raises(UnknownNameError, match="there is no requirement"):
        wanted(catalog, requirement=(untestable,))


def test_only_the_selected_requirement_counts(catalog: Catalog) -> None:
    selection = selected(catalog, (), ("usage.adds-up",))
    both = (Finding("c", "usage.adds-up", Outcome.PASS), Finding("c", "sse.utf8", Outcome.FAIL))
    assert selection.narrowed(CaseResult("c", (), both)).findings == both[:1]
    assert selection.narrowed(CaseResult("c", (), both[1:])).outcome is Outcome.NOT_APPLICABLE


def test_our_own_fault_always_counts(catalog: Catalog) -> None:
    ours = Finding("c", "http.reply-is-whole", Outcome.ERROR, reason="our own request failed", fault=Blame.OURS)
    assert selected(catalog, (), ("usage.adds-up",)).narrowed(CaseResult("c", (), (ours,))).findings == (ours,)


SAMPLE = [mutant for mutant in MUTANTS if not mutant.remembers][::20]


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda mutant: mutant.name)
def test_what_a_selected_requirement_needs_is_played(
    mutant: Mutant, baseline: Baseline, catalog: Catalog, loop: asyncio.AbstractEventLoop
) -> None:
    """A mutant that breaks a requirement is still caught when only that requirement is selected."""
    name = min(mutant.breaks)
    cases = wanted(catalog, requirement=(name,))
    if not cases:
        assert catalog.requirements[name].occasional
        return
    found = loop.run_until_complete(judge(catalog, mutant, cases=[case for case in baseline.changed(mutant) if case in cases][:24]))
    outcomes = {f.outcome for r in found.results for f in r.findings if f.requirement == name}
    assert outcomes & {Outcome.FAIL, Outcome.WARN, Outcome.NOTE}
