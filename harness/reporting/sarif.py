"""A run as SARIF 2.1.0, for the code-scanning views of repositories."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import Catalog
from ..judging import RequirementResult, Verdict
from ..model import Call, Case, Data, Finding, Level, Outcome, Property, Subject
from .explain import headline
from .reproduce import rerun

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Outcome.FAIL: "error", Outcome.ERROR: "error", Outcome.WARN: "warning"}


def sarif(catalog: Catalog, subject: Subject, verdict: Verdict, version: str) -> dict[str, Data]:
    """The log: a rule for each unmet requirement, a result for each case that missed it. Known failures are marked as suppressed."""
    unmet = [s for s in verdict.standings if s.unmet or s.outcome is Outcome.ERROR]
    driver = {"name": "Wireproof", "version": version, "rules": [_rule(catalog, standing) for standing in unmet]}
    results = [
        _result(catalog.tried(finding.case), subject, standing, finding)
        for standing in unmet
        for finding in standing.findings
        if finding.outcome in LEVELS
    ]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(catalog: Catalog, standing: RequirementResult) -> dict[str, Data]:
    requirement = standing.requirement
    source = catalog.sources[requirement.source]
    rule: dict[str, Data] = {
        "id": requirement.id,
        "shortDescription": {"text": requirement.says},
        "fullDescription": {"text": f"{requirement.level.upper()}, by {source.title}, {source.date}, {requirement.at}"},
        "defaultConfiguration": {"level": "error" if requirement.level is Level.MUST else "warning"},
    }
    return rule | ({"helpUri": source.url} if source.url else {})


def _result(case: Case | Property | Call, subject: Subject, standing: RequirementResult, finding: Finding) -> dict[str, Data]:
    """One failure; its place is the case that shows it, as what is wrong has no place in the repository that is scanned."""
    text = headline(finding).removeprefix(finding.requirement + ": ")
    place = {"artifactLocation": {"uri": f"spec/{case.place.file}"}, "region": {"startLine": case.place.line}}
    result: dict[str, Data] = {
        "ruleId": finding.requirement,
        "level": LEVELS[finding.outcome],
        "message": {"text": "\n".join([text, *_more(finding), f"Play it again: {rerun(subject, finding.case)}"])},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": finding.case}]}],
        "partialFingerprints": {"caseAndRequirement/v1": f"{finding.case}:{finding.requirement}"},
    }
    accepted = {"suppressions": [{"kind": "external", "justification": standing.known}]} if standing.known else {}
    return result | accepted


def _more(finding: Finding) -> Iterator[str]:
    """The problems after the first."""
    for problem in finding.problems[1:5]:
        yield f"at {problem.where or 'the reply'}: expected {problem.expected}, got {problem.got}"
