"""The nouns: what is asked, what crossed the wire, and what was found.

Frozen, printable, and free of any other module of ours. Everything here can be written to a record and read back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
"""A JSON value as Python's ``json`` reads it."""

Wants: TypeAlias = Literal["success", "refusal", "either"]
"""What a request deserves: a valid one success, a broken one refusal; ``either`` where both are documented."""


class Level(StrEnum):
    """How strongly the source asks for something."""

    MUST = "must"
    SHOULD = "should"
    MAY = "may"


class Outcome(StrEnum):
    """What one requirement came to in one case. Compare ``rank``, not the members: they are strings."""

    PASS = "pass"
    NOTE = "note"
    NOT_APPLICABLE = "not-applicable"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"
    WARN = "warn"
    FAIL = "fail"
    ERROR = "error"

    @property
    def rank(self) -> int:
        """Position from harmless to grave."""
        return _RANKS[self]


_RANKS = {outcome: rank for rank, outcome in enumerate(Outcome)}

JUDGED = frozenset({Outcome.PASS, Outcome.NOTE, Outcome.WARN, Outcome.FAIL})
"""Outcomes that say something about the endpoint."""


class Undecided(Exception):
    """Raised by a check when the exchange does not show what the check needs, with the reason as its text."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared: a file below ``spec/`` and a line, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Source:
    """A document that requirements cite. ``url`` is empty for rules of our own."""

    id: str
    title: str
    date: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """How a feature is found absent: this case is answered with one of these statuses."""

    case: str
    status: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """Something an endpoint may offer.

    ``needs`` names the feature it is part of; one that is ``any_of`` others is offered where one of them is. One that is offered
    ``by_profile`` is asked for only where the profile demands it.
    """

    id: str
    says: str
    needs: str | None = None
    probe: Probe | None = None
    any_of: tuple[str, ...] = ()
    by_profile: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A request parameter, the cases that send it, and the requirement that shows whether it is obeyed, if any does."""

    name: str
    cases: tuple[str, ...]
    obeyed: str | None = None


@dataclass(frozen=True, slots=True)
class When:
    """Which exchanges a requirement judges. Absent members match everything.

    ``complete`` is false only for requirements that judge broken-off replies too, and ``offered`` only for those that judge nothing but
    the replies which show that a feature is not offered.
    ``asks`` maps dotted request members to the value they must have; ``event_stream`` is about the reply's form.
    """

    endpoint: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    streamed: bool | None = None
    status: tuple[str, ...] = ()
    wants: Wants | None = None
    asks: Mapping[str, Json] = field(default_factory=dict)
    event_stream: bool | None = None
    complete: bool = True
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of the protocol, with its level and its source.

    ``when`` is absent for requirements that only the cases naming them can judge. An ``occasional`` requirement is judged
    whenever its situation happens, and says why that need not be. ``untestable`` holds the reason why no black box can judge one.
    """

    id: str
    area: str
    level: Level
    says: str
    source: str
    at: str
    feature: str
    place: Place
    check: str | None = None
    arguments: Mapping[str, Json] = field(default_factory=dict)
    when: When | None = None
    occasional: str = ""
    untestable: str | None = None
    contradiction: str | None = None
    seen: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Until:
    """When a request need not be sent again: its reply has one of ``values`` at a pointer, or it was sent ``tries`` times.

    ``pause`` is the wait in between, in seconds.
    """

    at: str
    values: tuple[Json, ...]
    tries: int
    pause: float


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a case.

    ``path`` replaces the endpoint's path; ``target`` is the id in it (of a model, say), ``query`` what follows it. ``send`` is a JSON
    body, ``raw`` the exact text of one; at most one of them is given. ``headers`` replaces headers, or removes those that are
    ``None``. ``leave_after`` hangs up once that many bytes of the body have arrived. ``pad`` is white space behind the body, and
    ``written`` names another way to write it. In ``raw``, lone low surrogates stand for bytes that are no UTF-8. ``place`` is which of
    the places that a profile names it is sent to, the ``queue`` or its ``twin``.
    ``read_pause`` is the wait after each piece read, in seconds. ``upstream`` is what the scripted upstream does, attempt by attempt.
    """

    id: str
    endpoint: str
    method: str = "POST"
    path: str | None = None
    target: Json = None
    query: Mapping[str, Json] = field(default_factory=dict)
    send: Json = None
    raw: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    wants: Wants = "success"
    leave_after: int | None = None
    pad: int = 0
    until: Until | None = None
    written: str | None = None
    place: str | None = None
    read_pause: float = 0.0
    upstream: tuple[Mapping[str, Json], ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """A requirement a case decides by itself, with the arguments only this case knows."""

    requirement: str
    arguments: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A behaviour to try: steps to send and what only this case decides.

    The general requirements judge its exchanges without being named. The steps of a case that is ``together`` are sent at once;
    while those of one that is to be ``alone`` are sent, nothing else is. ``also`` are features that it needs beside its own.
    """

    id: str
    area: str
    title: str
    feature: str
    steps: tuple[Step, ...]
    place: Place
    expect: tuple[Expectation, ...] = ()
    also: tuple[str, ...] = ()
    after: str | None = None
    together: bool = False
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Property:
    """What is to hold for every request of a kind, whatever it is: examples of it are drawn, not written.

    ``draw`` says what an example is: a ``valid`` request, a ``broken`` one, a ``pair`` whose second request is the first with a
    ``change``, or a ``conversation``. ``members`` are set in each request.
    """

    id: str
    area: str
    title: str
    feature: str
    endpoint: str
    draw: str
    place: Place
    change: str = ""
    members: Mapping[str, Json] = field(default_factory=dict)
    expect: tuple[Expectation, ...] = ()


@dataclass(frozen=True, slots=True)
class Client:
    """A client that people use. ``area`` is that of the requirements it is held to; ``driver`` the program that drives it: kind and name.

    ``package`` is what has to be there; ``install`` tells in one line how to get it. ``raises`` is the exception that its users catch, by
    status.
    """

    id: str
    name: str
    area: str
    driver: str
    package: str
    install: str
    raises: Mapping[str, str]
    place: Place


@dataclass(frozen=True, slots=True)
class Call:
    """What one client is asked to do for its user, in so many ``requests``; the last reply tells what was sent.

    ``does`` names the way in which a driver does it. ``gets`` are the values that its user reads, and what they must be;
    ``refused_with`` the statuses that a refusal may have. ``key`` takes the place of the run's.
    """

    id: str
    area: str
    title: str
    feature: str
    place: Place
    client: Client
    does: str
    endpoint: str
    send: Json
    wants: Wants = "success"
    gets: Mapping[str, str] = field(default_factory=dict)
    refused_with: tuple[int, ...] = ()
    key: str | None = None
    also: tuple[str, ...] = ()
    requests: int = 1


@dataclass(frozen=True, slots=True)
class Handed:
    """What a client handed to its user in one call: values by name, or the ``raised`` exception's class, with its values.

    ``client`` is its name and version, ``kinds`` are the classes that the exception's own is derived from. ``late`` tells that the call
    did not end by itself.
    """

    client: str
    values: Mapping[str, Json] = field(default_factory=dict)
    raised: str | None = None
    kinds: tuple[str, ...] = ()
    message: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it goes over the wire. ``path`` is relative to the base URL and begins with a slash."""

    endpoint: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    wants: Wants | None = None
    leave_after: int | None = None
    read_pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What kept a reply from arriving whole.

    ``kind`` is one of unreachable, tls, silent (no reply at all within the limit), stalled, cut, garbled, too-large,
    too-long, undecodable and ours. Behind a gateway: reset, closed or stalled, which the script wanted, or left, by the gateway.
    """

    kind: str
    text: str


NEVER_ANSWERED = frozenset({"unreachable", "tls", "silent"})
"""Kinds of trouble in which not even a status arrived: nothing can be said about conformance."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """``octets`` of the body had arrived ``seconds`` after the request was sent."""

    seconds: float
    octets: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """An earlier attempt that was answered with a call to wait."""

    status: int
    retry_after: str | None
    waited: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and all that came back, recorded before anything is judged.

    Header names are lower case. ``body`` is the reply's content after content decoding. ``started_at`` is Unix time in
    seconds, or ``None`` for recordings that do not tell. All durations are in seconds. ``behind`` is what happened behind a gateway
    meanwhile: each request that reached the scripted upstream for this one, and what it was answered, as the upstream saw it. ``twin`` is
    the same request's exchange with another endpoint that this one is compared with.
    """

    id: str
    request: Request
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    arrivals: tuple[Arrival, ...] = ()
    started_at: float | None = None
    seconds: float = 0.0
    trouble: Trouble | None = None
    attempts: tuple[Attempt, ...] = ()
    behind: tuple[Exchange, ...] = ()
    twin: Exchange | None = None

    def header(self, name: str) -> str | None:
        """The first value of a reply header, by lower-case name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True, slots=True)
class Problem:
    """One way in which an exchange misses a requirement: where, what was expected, what came."""

    where: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What one requirement came to in one case. ``reason`` says why it is undecided, blocked or not applicable."""

    case: str
    requirement: str
    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    exchanges: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A played case: its exchanges and its findings, at least one. ``handed`` is what a client made of it that sent the requests."""

    case: str
    exchanges: tuple[Exchange, ...]
    findings: tuple[Finding, ...]
    handed: Handed | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst of the findings."""
        return max((finding.outcome for finding in self.findings), key=lambda outcome: outcome.rank)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: an endpoint, the models tried there, and what was found out about it before anything was judged.

    ``required`` are features that the user demands beyond the profile. ``places`` are paths below the base URL: where to find each
    endpoint that has a place of its own, the queue and its twin, and, without a name, all the rest. ``upstream`` is where a gateway
    finds us, if it is one. ``options`` are the other options that reach it, without secrets.
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


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A whole run: header, results in the order they were judged, and a footer that a cut-off file does not have."""

    header: Mapping[str, Json]
    results: Sequence[CaseResult]
    footer: Mapping[str, Json] | None = None
