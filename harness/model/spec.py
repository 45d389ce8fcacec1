"""What is asked: sources, features, requirements, cases, properties, and the calls of clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .levels import Data, Ground, Level, Place, Wants


@dataclass(frozen=True, slots=True)
class Source:
    """A document that requirements cite. ``url`` is empty for rules of our own."""

    id: str
    title: str
    date: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """How a feature is found absent: each of these cases, one for each documented form of asking for it, shows that it is not there.

    The route of a part of the API is not there: 404, 405 or 501. Without a ``member`` that is all, or a refusal that calls it unsupported;
    with one, also a refusal that names it. A feature that is there only if a request is refused, such as keys, is absent if it is
    ``taken``.
    """

    cases: tuple[str, ...]
    members: tuple[str, ...] = ()
    taken: bool = False


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
    asks: Mapping[str, Data] = field(default_factory=dict)
    event_stream: bool | None = None
    complete: bool = True
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of the protocol, with its level, its source, and the ground that it stands on: a MUST always has one.

    A requirement on the ground of a ``client`` names the kept ``test`` that shows what the client does without it. ``contradiction`` is
    where the reference contradicts itself, so that nothing can be a MUST; ``tolerates`` is what the rule accepts although a part of the
    reference does not; ``differs`` says why the same rule has another level elsewhere. It ``rests_on`` other requirements: where a
    reply does not meet one of those, it decides nothing about this one.
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
    arguments: Mapping[str, Data] = field(default_factory=dict)
    when: When | None = None
    occasional: str = ""
    untestable: str | None = None
    ground: Ground | None = None
    test: str | None = None
    contradiction: str | None = None
    tolerates: str | None = None
    differs: str | None = None
    rests_on: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Until:
    """When a request need not be sent again: its reply has one of ``values`` at a pointer, or it was sent ``tries`` times.

    ``pause`` is the wait in between, in seconds.
    """

    at: str
    values: tuple[Data, ...]
    tries: int
    pause: float


@dataclass(frozen=True, slots=True)
class Need:
    """What an earlier ``step`` has to have given, so that a later one means anything: one of ``values`` at a pointer."""

    step: str
    at: str
    values: tuple[Data, ...]


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
    target: Data = None
    query: Mapping[str, Data] = field(default_factory=dict)
    send: Data = None
    raw: str | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    wants: Wants = "success"
    leave_after: int | None = None
    pad: int = 0
    until: Until | None = None
    written: str | None = None
    place: str | None = None
    read_pause: float = 0.0
    upstream: tuple[Mapping[str, Data], ...] = ()
    needs: Need | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """A requirement a case decides by itself, with the arguments only this case knows."""

    requirement: str
    arguments: Mapping[str, Data] = field(default_factory=dict)


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
    members: Mapping[str, Data] = field(default_factory=dict)
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
    send: Data
    wants: Wants = "success"
    gets: Mapping[str, str] = field(default_factory=dict)
    refused_with: tuple[int, ...] = ()
    key: str | None = None
    also: tuple[str, ...] = ()
    requests: int = 1
