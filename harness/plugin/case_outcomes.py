"""Plays a case and ends its test: the suites' fixtures, and the outcomes that pytest does not know."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from ..catalog import settings
from ..model import Call, Case, CaseResult, Outcome, Property
from ..options import chosen
from .case_report import CaseReport, attach, attached, mark_foreign
from .collection import properties_of
from .config_keys import CATALOG, PENDING, RUN, SUITES, TERMS, UNSHOWN
from .options import processes
from .redacted_output import clean

CATEGORIES = {
    Outcome.WARN: ("warned", "w", ("WARNED", {"yellow": True})),
    Outcome.INCONCLUSIVE: ("inconclusive", "i", ("INCONCLUSIVE", {"yellow": True})),
    Outcome.BLOCKED: ("blocked", "b", ("BLOCKED", {"yellow": True})),
    Outcome.NOT_APPLICABLE: ("not applicable", "n", ("NOT APPLICABLE", {})),
}
"""How to show the outcomes that pytest does not know. A known failure is pytest's own xfailed."""


@pytest.fixture(scope="session")
def judged(pytestconfig: pytest.Config, ending: Callable[[CaseResult], None]) -> Callable[[Case], None]:
    """A function that plays a case and ends the test according to its findings."""
    run = pytestconfig.stash[RUN]
    return lambda case: ending(run.result(case))


@pytest.fixture(scope="session")
def called(pytestconfig: pytest.Config, ending: Callable[[CaseResult], None]) -> Callable[[Call], None]:
    """A function that has a client make a call and ends the test according to its findings."""
    run = pytestconfig.stash[RUN]
    return lambda call: ending(run.called(call))


@pytest.fixture(scope="session")
def ending(pytestconfig: pytest.Config) -> Callable[[CaseResult], None]:
    """A function that ends the test according to a result's findings."""
    from ..judging import Scope
    from ..reporting import failure, worst_first

    run, catalog, heap = pytestconfig.stash[RUN], pytestconfig.stash[CATALOG], pytestconfig.stash[PENDING]
    terms = pytestconfig.stash[TERMS]
    scope = Scope(terms.fail_on, known=terms.known)

    def end(result: CaseResult) -> None:
        result = terms.selection.narrowed(result)
        heap.append(result)
        outcome = result.outcome
        grave = [finding for finding in worst_first(result.findings) if scope.fails(finding, result.exchanges)]
        if grave:
            assert run.subject is not None
            pytest.fail(run.scrubber.text(failure(catalog, run.subject, result, grave)), pytrace=False)
        accepted = [finding for finding in result.findings if scope.is_grave(finding)]
        if accepted:
            reasons = dict.fromkeys(
                f"known to fail: {finding.requirement}: {entry.reason}"
                for finding in accepted
                for entry in scope.known.excuses(finding, result.exchanges)
            )
            pytest.xfail(run.scrubber.text("; ".join(reasons)))
        if outcome in (Outcome.INCONCLUSIVE, Outcome.BLOCKED, Outcome.NOT_APPLICABLE):
            worst = next(finding for finding in result.findings if finding.outcome is outcome)
            pytest.skip(run.scrubber.text(f"{outcome}: {worst.requirement}: {worst.reason}"))

    return end


@pytest.fixture(scope="session")
def explored(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config, ending: Callable[[CaseResult], None]
) -> Callable[[Property], None]:
    """A function that explores a property and ends the test according to its findings."""
    from ..generated import BudgetShares, Explorer, save_case, source_of  # imports Hypothesis, which takes longer than a short run

    run, catalog = pytestconfig.stash[RUN], pytestconfig.stash[CATALOG]
    workers = processes()
    left = BudgetShares(chosen(pytestconfig, "max-requests") // workers, max(1, properties_of(request.session) // workers))
    examples, seed = chosen(pytestconfig, "examples"), chosen(pytestconfig, "fuzz-seed")

    def explore(prop: Property) -> None:
        assert run.subject is not None
        purse = left.next()
        if (reason := run.absence(prop.feature)) is not None:
            left.back(purse)
            pytest.skip(f"{Outcome.NOT_APPLICABLE}: {prop.id}: {reason}")
        explorer = Explorer(run.try_out, purse, examples=examples, seed=seed)
        made = explorer.explore(prop, source_of(prop, catalog.schemas, settings(run.subject)))
        left.back(purse)
        if made.result is None:
            pytest.skip(f"{Outcome.INCONCLUSIVE}: {prop.id}: --max-requests left no request for it")
        if chosen(pytestconfig, "save-case"):
            for found in made.found:
                save_case(Path(pytestconfig.invocation_params.dir, chosen(pytestconfig, "save-case")), run.scrubber.clean(found))
        pytestconfig.stash[UNSHOWN] = made.requests - len(made.result.exchanges)
        ending(made.result)

    return explore


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put a case's result on its report."""
    from ..reporting import headline, worst_first

    heap = item.config.stash[PENDING]
    results, heap[:] = list(heap), []
    if call.when == "call" and results:
        met = [headline(finding) for finding in worst_first(results[-1].findings)]
        item.user_properties += [("unmet", item.config.stash[RUN].scrubber.text(line)) for line in met]
    report = yield
    mark_foreign(report, SUITES not in item.path.parents)
    if RUN in item.config.stash:
        clean(report, item.config.stash[RUN])
    if call.when == "call" and results:
        unshown = item.config.stash.get(UNSHOWN, 0) + item.config.stash[RUN].take_unshown()
        item.config.stash[UNSHOWN] = 0
        attach(report, CaseReport(results[-1], item.config.stash[RUN].absent(), unshown))
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any) -> Any:
    """Show the outcomes that pytest does not know under their own names."""
    played = attached(report)
    return None if played is None or report.failed or hasattr(report, "wasxfail") else CATEGORIES.get(played.result.outcome)
