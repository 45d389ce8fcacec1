"""What was found: problems, findings, results, and the record of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .exchange import ClientOutcome, Exchange
from .levels import Blame, Data, Outcome


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which an exchange misses a requirement: where, what was expected, what came."""

    where: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one requirement came to in one case.

    ``reason`` says why it is undecided, blocked or not applicable; ``fault`` says of an error, and of nothing else, whose it is.
    """

    case: str
    requirement: str
    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    exchanges: tuple[str, ...] = ()
    reason: str = ""
    fault: Blame | None = None

    @property
    def is_ours(self) -> bool:
        """Whether an error of ours kept it from being judged."""
        return self.fault is Blame.OURS


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A played case: its exchanges and its findings, at least one. ``handed`` is what a client made of it that sent the requests."""

    case: str
    exchanges: tuple[Exchange, ...]
    findings: tuple[Finding, ...]
    handed: ClientOutcome | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst of the findings."""
        return max((finding.outcome for finding in self.findings), key=lambda outcome: outcome.rank)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: an endpoint, the models tried there, and what was found out about it before anything was judged.

    ``required`` are features that the user demands beyond the profile. ``places`` are paths below the base URL: where to find each
    endpoint that has a place of its own, the queue and its twin, and, without a name, all the rest. ``upstream`` is where a gateway
    finds us, if it is one. ``query`` goes with each request. ``options`` are the other options that reach it, without secrets.
    """

    base_url: str
    model: str
    completions_model: str
    embeddings_model: str
    profile: str
    token_limit: str = "max_tokens"
    required: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)
    upstream: str = ""
    options: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A whole run: header, results in the order they were judged, and a footer that a cut-off file does not have."""

    header: Mapping[str, Data]
    results: Sequence[CaseResult]
    footer: Mapping[str, Data] | None = None
