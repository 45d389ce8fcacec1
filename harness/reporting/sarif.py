"""A run as SARIF 2.1.0, for the code-scanning views of repositories: one result for each unmet requirement."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from .. import VERSION
from ..catalog import Catalog
from ..judging import RequirementResult, Scope
from ..model import CaseResult, Data, Level, Outcome, Subject
from ..records import Judged
from .causes import Cause, causes_of
from .explain import headline
from .reproduce import rerun

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Outcome.FAIL: "error", Outcome.ERROR: "error", Outcome.WARN: "warning"}

HOME = "https://pypi.org/project/wireproof/"
"""Where a reader of a result finds the tool that produced it."""

CAUSES = 5
"""The most causes shown for one requirement."""


def sarif(run: Judged) -> dict[str, Data]:
    """The log: a rule and a result for each unmet requirement. Known failures are marked as suppressed."""
    unmet = [s for s in run.verdict.standings if s.unmet or s.outcome is Outcome.ERROR]
    rules = [_rule(run.catalog, standing) for standing in unmet]
    driver = {"name": "Wireproof", "version": VERSION, "informationUri": HOME, "rules": rules}
    by_case = {result.case: result for result in run.record.results}
    results = [_result(run.subject, run.scope, standing, by_case, index) for index, standing in enumerate(unmet)]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _rule(catalog: Catalog, standing: RequirementResult) -> dict[str, Data]:
    requirement = standing.requirement
    source = catalog.sources[requirement.source]
    said = f"{requirement.level.upper()}, by {source.title}, {source.date}, {requirement.at}"
    breaks = f"\nBreaks: {'; '.join(requirement.breaks)}" if requirement.breaks else ""
    return {
        "id": requirement.id,
        "shortDescription": {"text": requirement.says},
        "fullDescription": {"text": said},
        "help": {"text": f"{requirement.says}\n{said}{breaks}"},
        "helpUri": source.url or HOME,
        "defaultConfiguration": {"level": "error" if requirement.level is Level.MUST else "warning"},
    }


def _result(subject: Subject, scope: Scope, standing: RequirementResult, results: Mapping[str, CaseResult], index: int) -> dict[str, Data]:
    """One unmet requirement. Its only place in the scanned repository is the list of known failures."""
    name = standing.requirement.id
    causes = causes_of(standing, results)
    again = f"Play it again: {rerun(subject, causes[0].finding.case)}"
    result: dict[str, Data] = {
        "ruleId": name,
        "ruleIndex": index,
        "level": LEVELS[standing.outcome],
        "message": {"text": "\n".join([standing.requirement.says, *_told(causes), again])},
        "occurrenceCount": sum(1 + len(cause.others) for cause in causes),
        "partialFingerprints": fingerprints(name),
    }
    located: dict[str, Data] = {}
    if (place := place_of(scope, name)) is not None:
        physical = {"artifactLocation": {"uri": place[0]}, "region": {"startLine": place[1]}}
        located = {"locations": [{"physicalLocation": physical}]}
    accepted = {"suppressions": [{"kind": "external", "justification": standing.known}]} if standing.known else {}
    return result | located | accepted


def fingerprints(requirement: str) -> dict[str, Data]:
    """Fingerprints that stay the same from run to run, whichever case shows the problem first and whatever the endpoint's URL."""
    return {"requirement/v1": requirement, "primaryLocationLineHash": f"{fingerprint(requirement)[:16]}:1"}


def fingerprint(requirement: str) -> str:
    """The fingerprint as a single value, for formats that want one."""
    return hashlib.sha256(f"wireproof:{requirement}".encode()).hexdigest()


def _told(causes: list[Cause]) -> Iterator[str]:
    """What was received: a line for each cause, with how often and where."""
    for cause in causes[:CAUSES]:
        text = headline(cause.finding).removeprefix(f"{cause.finding.requirement}: ")
        others = f" and {len(cause.others)} more" if cause.others else ""
        yield f"{text} (in {cause.finding.case}{others})"
    if len(causes) > CAUSES:
        yield f"and {len(causes) - CAUSES} other causes"


def place_of(scope: Scope, requirement: str) -> tuple[str, int] | None:
    """File and line of the entry that accepts a requirement, else the list's first line; ``None`` without a list in this repository."""
    places = [entry.place for entry in scope.known.entries if entry.requirement == requirement]
    for place in [*places, f"{scope.known.file}:1"]:
        name, _, line = place.rpartition(":")
        path = Path(name)
        if path.is_absolute() and path.is_relative_to(Path.cwd()):
            path = path.relative_to(Path.cwd())
        if name and not path.is_absolute() and ".." not in path.parts and line.isdecimal():
            return path.as_posix(), int(line)
    return None
