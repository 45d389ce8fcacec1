"""Problems, findings, case results, and the record of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .exchange import ClientOutcome, Exchange
from .levels import Blame, Data, Outcome


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which an exchange does not meet a requirement: where, what was expected, what came instead."""

    where: str
    expected: str
    got: str

    @property
    def is_absence(self) -> bool:
        """Whether something that must be there is not."""
        return self.expected == "present" and self.got == "absent"

    @property
    def sentence(self) -> str:
        """The problem in words. The place comes first, and last what was received, which may be any text."""
        where = self.where or "/"
        return f"{where} is missing" if self.is_absence else f"{where}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one requirement in one case.

    ``reason`` says why it is undecided, blocked or not applicable. ``fault`` says who caused an error; other outcomes have none.
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
        """Whether an error of ours prevented judging."""
        return self.fault is Blame.OURS


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case that was run: its exchanges and at least one finding. ``handed`` is what the client returned, if one sent the requests."""

    case: str
    exchanges: tuple[Exchange, ...]
    findings: tuple[Finding, ...]
    handed: ClientOutcome | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of the findings."""
        return max((finding.outcome for finding in self.findings), key=lambda outcome: outcome.rank)


@dataclass(frozen=True, slots=True)
class Subject:
    """The endpoint under test, the models used, and what the preflight learned about it.

    ``required`` are features that the user demands beyond the profile. ``places`` maps endpoints to paths below the base URL: those with
    a path of their own, the queue, its twin, and, under the empty name, all others. ``upstream`` is the address where a gateway reaches
    us. ``query`` is added to each request. ``media_models`` are the models for speech, transcription and image,
    where they differ. ``context_window`` is in tokens, if it is known. ``options`` are the other options that affect requests, without
    secrets.
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
    media_models: Mapping[str, str] = field(default_factory=dict)
    context_window: int | None = None


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A whole run: a header, results in the order they were judged, and a footer, which is missing if the file was cut off."""

    header: Mapping[str, Data]
    results: Sequence[CaseResult]
    footer: Mapping[str, Data] | None = None
