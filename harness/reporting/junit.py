"""A run as JUnit XML: a suite an area, a test a case, with the whole text of each failure."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ..catalog import Catalog
from ..judging import Scope
from ..model import CaseResult, Outcome, Subject
from .explain import failure, worst_first
from .safe_text import in_xml


def junit(catalog: Catalog, subject: Subject, results: Sequence[CaseResult], scope: Scope) -> str:
    """The XML. What fails a case makes a failure; what is known to fail, was not decided or does not apply is skipped."""
    root = ElementTree.Element("testsuites", name="wireproof")
    by_area: dict[str, list[CaseResult]] = {}
    for result in results:
        by_area.setdefault(catalog.tried(result.case).area, []).append(result)
    for area, of_area in by_area.items():
        suite = ElementTree.SubElement(root, "testsuite", name=area, tests=str(len(of_area)))
        cases = [_case(suite, catalog, subject, result, scope) for result in of_area]
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(name, str(sum(case.find(tag) is not None for case in cases)))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, catalog: Catalog, subject: Subject, result: CaseResult, scope: Scope) -> ElementTree.Element:
    """One case."""
    seconds = sum(exchange.seconds for exchange in result.exchanges)
    case = ElementTree.SubElement(suite, "testcase", classname=suite.get("name", ""), name=result.case, time=f"{seconds:.3f}")
    grave = [finding for finding in worst_first(result.findings) if scope.fails(finding, result.exchanges)]
    if grave:
        tag = "error" if grave[0].outcome is Outcome.ERROR else "failure"
        element = ElementTree.SubElement(case, tag, message=in_xml(", ".join(finding.requirement for finding in grave)))
        element.text = in_xml(failure(catalog, subject, result, grave))
    elif reason := _reason(result, scope):
        ElementTree.SubElement(case, "skipped", message=in_xml(reason))
    return case


def _reason(result: CaseResult, scope: Scope) -> str:
    """Why a case decided nothing, or why its failures are accepted; empty for one that passed."""
    accepted = [(finding, entry) for finding in result.findings for entry in scope.known.excuses(finding, result.exchanges)]
    if accepted:
        return "; ".join(f"known to fail: {finding.requirement}: {entry.reason}" for finding, entry in accepted)
    if result.outcome not in (Outcome.INCONCLUSIVE, Outcome.BLOCKED, Outcome.NOT_APPLICABLE):
        return ""
    finding = next(finding for finding in result.findings if finding.outcome is result.outcome)
    return f"{finding.outcome}: {finding.requirement}: {finding.reason}"
