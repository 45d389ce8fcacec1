"""The page that compares runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ...judging import RequirementResult
from ...model import Feature, Requirement
from ...records import Judged
from ..comparison import Comparison, Row
from ..comparison_text import cases_of, cell_of, counts_of, got, names, sections, sentence
from .drawing import TONES, draw, own
from .facts import tone_of
from .features import FeatureState, features

if TYPE_CHECKING:
    from markupsafe import Markup


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the runs: its name, verdict and day, what it meets, and the URL of its report, if known."""

    number: str
    name: str
    verdict: str
    tone: str
    date: str
    met: Sequence[str]
    requests: int | str
    report: str


@dataclass(frozen=True, slots=True)
class ComparedFeature:
    """A feature and its state in each run; ``None`` if a run does not know it."""

    feature: Feature
    states: Sequence[FeatureState | None]

    @property
    def differs(self) -> bool:
        """Whether the runs disagree."""
        return len({(state.tone, state.told) if state is not None else None for state in self.states}) > 1


@dataclass(frozen=True, slots=True)
class ComparedRequirement:
    """A requirement that some run does not meet, and its text and tone in each run."""

    requirement: Requirement
    cells: Sequence[tuple[str, str]]


def page(found: Comparison, reports: Sequence[str] = ()) -> Markup:
    """Two runs, as a page. ``reports`` are the URLs of the runs' own pages, empty if there is none."""
    runs = [found.before, found.now]
    changes = [(symbol, heading, [(c, cases_of(c), got(c)) for c in changed]) for symbol, heading, changed in sections(found) if changed]
    return draw(
        "two_runs.html",
        title="Two runs compared",
        style=own("compliance.css"),
        sentence=sentence(found),
        runs=list(_runs(("Old", "New"), names(found), runs, reports)),
        changes=changes,
        features=[feature for feature in _features(runs) if feature.differs],
    )


def matrix_page(named: Sequence[str], runs: Sequence[Judged], rows: Sequence[Row], reports: Sequence[str] = ()) -> Markup:
    """Many runs, as a page."""
    numbers = [f"[{number}]" for number in range(1, len(runs) + 1)]
    return draw(
        "many_runs.html",
        title=f"{len(runs)} endpoints compared",
        style=own("compliance.css"),
        runs=list(_runs(numbers, named, runs, reports)),
        requirements=[ComparedRequirement(row.requirement, [(cell_of(s), _tone(s)) for s in row.standings]) for row in rows],
        features=list(_features(runs)),
    )


def _runs(numbers: Sequence[str], named: Sequence[str], runs: Sequence[Judged], reports: Sequence[str]) -> Iterator[ComparedRun]:
    """The runs in their order."""
    for number, name, run, report in zip(numbers, named, runs, reports or [""] * len(runs), strict=True):
        date = f"{datetime.fromtimestamp(run.record.header['started_at'], UTC):%Y-%m-%d %H:%M} UTC"
        requests = (run.record.footer or {}).get("requests", "?")
        yield ComparedRun(number, name, run.verdict.sentence, tone_of(run.verdict), date, counts_of(run), requests, report)


def _features(runs: Sequence[Judged]) -> Iterator[ComparedFeature]:
    """Every feature that any run knows."""
    columns = [{state.feature.id: state for state in features(run.catalog, run.verdict, run.record.results)} for run in runs]
    for name in dict.fromkeys(name for column in columns for name in column):
        states = [column.get(name) for column in columns]
        yield ComparedFeature(next(state.feature for state in states if state is not None), states)


def _tone(standing: RequirementResult | None) -> str:
    return TONES[standing.outcome] if standing is not None else "plain"
