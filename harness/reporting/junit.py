"""A run as JUnit XML: a suite per area, a test per case, with the full text of each failure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from ..catalog import Catalog
from ..judging import Scope
from ..model import CaseResult, Finding, Outcome, Subject
from .explain import failure, headline, worst_first
from .safe_text import in_xml

COUNTED = (("failures", "failure"), ("errors", "error"), ("skipped", "skipped"))


def junit(catalog: Catalog, subject: Subject, results: Sequence[CaseResult], scope: Scope) -> str:
    """The XML. A failed case is a failure; known failures, undecided cases and cases that do not apply are skipped.

    Requirements that are unmet without failing the case are its properties, and appear in its output.
    """
    root = Element("testsuites", name="wireproof")
    by_area: dict[str, list[CaseResult]] = {}
    for result in results:
        by_area.setdefault(catalog.tried(result.case).area, []).append(result)
    for area, of_area in by_area.items():
        suite = SubElement(root, "testsuite", name=area)
        for result in of_area:
            _case(suite, catalog, subject, result, scope)
        _sum_up(suite, of_area)
    _sum_up(root, results)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _sum_up(element: Element, results: Sequence[CaseResult]) -> None:
    """Write counts, time and beginning on a suite, or on all of them."""
    element.set("tests", str(len(results)))
    for name, tag in COUNTED:
        element.set(name, str(sum(case.find(tag) is not None for case in element.iter("testcase"))))
    element.set("time", f"{sum(map(_seconds, results)):.3f}")
    if starts := [exchange.started_at for result in results for exchange in result.exchanges if exchange.started_at is not None]:
        element.set("timestamp", f"{datetime.fromtimestamp(min(starts), UTC):%Y-%m-%dT%H:%M:%S}Z")


def _seconds(result: CaseResult) -> float:
    return sum(exchange.seconds for exchange in result.exchanges)


def _case(suite: Element, catalog: Catalog, subject: Subject, result: CaseResult, scope: Scope) -> None:
    """One case."""
    case = SubElement(suite, "testcase", classname=suite.get("name", ""), name=result.case, time=f"{_seconds(result):.3f}")
    grave = [finding for finding in worst_first(result.findings) if scope.fails(finding, result.exchanges)]
    short = [finding for finding in result.findings if finding.outcome is Outcome.WARN and finding not in grave]
    if short:
        properties = SubElement(case, "properties")
        for finding in short:
            SubElement(properties, "property", name="should", value=in_xml(finding.requirement))
    if grave:
        element = SubElement(case, "error" if grave[0].outcome is Outcome.ERROR else "failure")
        element.set("type", _kind(catalog, grave[0]))
        element.set("message", in_xml("\n".join(map(headline, grave))))
        element.text = in_xml(failure(catalog, subject, result, grave))
    elif reason := _reason(result, scope):
        SubElement(case, "skipped", message=in_xml(reason))
    if short:
        SubElement(case, "system-out").text = in_xml("\n".join(map(headline, short)))


def _kind(catalog: Catalog, finding: Finding) -> str:
    """The type of a failure: the level of the unmet requirement, or whose error prevented judging."""
    if finding.outcome is Outcome.ERROR:
        return "error of the harness" if finding.is_ours else "no answer"
    return str(catalog.requirements[finding.requirement].level.upper())


def _reason(result: CaseResult, scope: Scope) -> str:
    """Why a case decided nothing, or why its failures are accepted; empty if it passed."""
    accepted = [(finding, entry) for finding in result.findings for entry in scope.known.excuses(finding, result.exchanges)]
    if accepted:
        return "; ".join(f"known to fail: {finding.requirement}: {entry.reason}" for finding, entry in accepted)
    if result.outcome not in (Outcome.INCONCLUSIVE, Outcome.BLOCKED, Outcome.NOT_APPLICABLE):
        return ""
    finding = next(finding for finding in result.findings if finding.outcome is result.outcome)
    return f"{finding.outcome}: {finding.requirement}: {finding.reason}"
