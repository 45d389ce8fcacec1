"""The part of the suite that a user selected, by areas or by requirements."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches

from ..model import Call, Case, CaseResult, Finding, Outcome, Property, Requirement
from .applicability import may_show
from .reader import UnknownNameError
from .whole import Catalog


@dataclass(frozen=True, slots=True)
class Selection:
    """The areas and the requirements that a user named. An empty selection means everything.

    An area stands for its cases. One without cases of its own, such as usage, stands for its requirements, in all cases that show
    them. With requirements, only these count, in the areas if there are any.
    """

    areas: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.areas or self.requirements)

    def __str__(self) -> str:
        kinds = {"area": self.areas, "requirement": self.requirements}
        return "; ".join(f"{kind}{'s' * (len(names) > 1)} {', '.join(names)}" for kind, names in kinds.items() if names)

    def wants(self, catalog: Catalog, tried: Case | Property | Call) -> bool:
        """Whether to run a case, a property or a client's call."""
        if self.areas and tried.area not in self.areas and not any(_may_decide(r, tried) for r in _without_cases(catalog, self.areas)):
            return False
        return not self.requirements or any(_may_decide(catalog.requirements[name], tried) for name in self.requirements)

    def narrowed(self, result: CaseResult) -> CaseResult:
        """A result with the findings that count. Errors of our own always stay."""
        kept = tuple(finding for finding in result.findings if finding.is_ours or self._counts(finding))
        if len(kept) == len(result.findings):
            return result
        named = self.requirements[0] if self.requirements else result.findings[0].requirement
        silent = Finding(result.case, named, Outcome.NOT_APPLICABLE, reason="this case did not show it")
        return replace(result, findings=kept or (silent,))

    def _counts(self, finding: Finding) -> bool:
        """Whether a finding is about something that was selected."""
        if self.requirements and finding.requirement not in self.requirements:
            return False
        areas = (finding.case.partition("/")[0], finding.requirement.partition(".")[0])
        return not self.areas or any(area in self.areas for area in areas)


def _without_cases(catalog: Catalog, areas: Iterable[str]) -> list[Requirement]:
    """The requirements of those of these areas that have no cases of their own."""
    played = _played(catalog)
    return [r for r in catalog.requirements.values() if r.area in areas and r.area not in played and r.untestable is None]


def _played(catalog: Catalog) -> frozenset[str]:
    """The areas that have cases, properties or calls of clients."""
    played = {case.area for case in catalog.cases.values()} | {prop.area for prop in catalog.properties.values()}
    return frozenset(played | {call.client.area for call in catalog.calls.values()})


def selected(catalog: Catalog, areas: Iterable[str], requirements: Iterable[str]) -> Selection:
    """A selection by names. Raises ``UnknownNameError`` for unknown ones."""
    named, required = tuple(areas), tuple(requirements)
    testable = {requirement.id: requirement.area for requirement in catalog.requirements.values() if requirement.untestable is None}
    known = {"area": catalog.areas, "requirement": tuple(testable)}
    for kind, names in (("area", named), ("requirement", required)):
        for name in names:
            if name not in known[kind]:
                close = get_close_matches(name, known[kind], n=3) or [one for one in known[kind] if name in one][:5]
                there = f"did you mean {' or '.join(close)}?" if close else f"wireproof list {kind}s names them"
                raise UnknownNameError([f"there is no {kind} {name!r} to judge; {there}"])
    return Selection(tuple(dict.fromkeys(named)), tuple(dict.fromkeys(required)))


def _may_decide(requirement: Requirement, tried: Case | Property | Call) -> bool:
    """Whether a case names a requirement or sends a request that it may judge. A client's call decides all requirements of its area."""
    if isinstance(tried, Call):
        return requirement.area == tried.client.area
    if any(expectation.requirement == requirement.id for expectation in tried.expect):
        return True
    return isinstance(tried, Case) and any(may_show(requirement, step) for step in tried.steps)
