"""What the endpoint offers: its features, its treatment of each parameter, and what no black-box test can judge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ...catalog import Catalog
from ...judging import Treatment, Verdict, treatments
from ...model import CaseResult, Feature, Outcome, Requirement, RunRecord
from ..counts import counted
from ..terminal import SYMBOLS
from .drawing import TONES
from .requirements import is_shortfall

TREATMENT_TONES = {Treatment.REFUSED_BADLY: "bad", Treatment.IGNORED: "bad", Treatment.OBEYED: "good"}


@dataclass(frozen=True, slots=True)
class FeatureState:
    """A feature's result: a tone, a word for it, and its unmet requirements."""

    feature: Feature
    tone: str
    told: str
    missed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ParameterState:
    """How a parameter is treated, and the case that shows it; ``is_played`` if the page has that case."""

    name: str
    tone: str
    told: str
    case: str
    is_played: bool


def features(catalog: Catalog, verdict: Verdict, results: Iterable[CaseResult]) -> list[FeatureState]:
    """The features the endpoint offers, and whether they conform."""
    played: dict[str, list[CaseResult]] = {}
    for result in results:
        if (case := catalog.cases.get(result.case)) is not None:
            played.setdefault(case.feature, []).append(result)
    return [_state(feature, verdict, played.get(feature.id, [])) for feature in catalog.features.values()]


def _state(feature: Feature, verdict: Verdict, played: Sequence[CaseResult]) -> FeatureState:
    """A feature conforms, falls short of so many requirements, or is not offered."""
    if feature.id in verdict.absent:
        return FeatureState(feature, "plain", f"not offered: {verdict.absent[feature.id]}")
    own = [s for s in verdict.standings if s.requirement.feature == feature.id]
    missed = [s for s in own if is_shortfall(s)]
    if missed:
        worst = max((s.outcome for s in missed), key=lambda outcome: outcome.rank)
        return FeatureState(feature, TONES[worst], f"{SYMBOLS[worst]} falls short: ", [s.requirement.id for s in missed])
    if any(s.judged for s in own):
        return FeatureState(feature, "good", f"{SYMBOLS[Outcome.PASS]} conforms")
    return FeatureState(feature, "plain", "not judged" if own else _without_own(played))


def _without_own(played: Sequence[CaseResult]) -> str:
    """Judge a feature without requirements of its own by those that apply to every request."""
    if not played:
        return "no requirement of its own, and no case"
    short = sum(result.outcome.rank >= Outcome.WARN.rank for result in played)
    failed = f"{short} with a failure" if short else "none with a failure"
    return f"{counted(len(played), 'case')}, {failed}; no requirement is about this alone"


def parameters(catalog: Catalog, record: RunRecord) -> Iterator[ParameterState]:
    """What the endpoint does with each parameter."""
    played = {result.case for result in record.results}
    for found in treatments(catalog, record.results):
        tone = TREATMENT_TONES.get(found.treatment, "plain")
        yield ParameterState(found.parameter, tone, found.treatment, found.case, found.case in played)


def untestable(catalog: Catalog) -> list[Requirement]:
    """What no black box can judge."""
    return [requirement for requirement in catalog.requirements.values() if requirement.untestable is not None]
