"""The contents of ``spec/``: sources, features, requirements, cases, properties, and client calls."""

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
    """How to tell that a feature is absent: all of these cases show it. There is one case for each documented way to request the feature.

    A case shows absence by 404, 405 or 501, or by a refusal that calls the feature unsupported. With ``members``, a refusal that names
    one of them also counts. Some features, such as keys, exist only if a request is refused: with ``taken``, success shows absence.
    Gateways route areas that have nothing behind them: with ``succeeds``, any answer to this step but success shows absence.
    With ``lacks``, a reply without this header shows absence.
    """

    cases: tuple[str, ...]
    members: tuple[str, ...] = ()
    taken: bool = False
    succeeds: str | None = None
    lacks: str | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """Something an endpoint may offer.

    ``needs`` names the feature it is part of. A feature with ``any_of`` is offered if one of those is. A feature with ``by_profile`` is
    tested only if the profile demands it, and one that is ``paid`` only if the user names its area or demands it.
    """

    id: str
    says: str
    needs: str | None = None
    probe: Probe | None = None
    any_of: tuple[str, ...] = ()
    by_profile: bool = False
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Parameter:
    """A request parameter, the cases that send it, and the requirement, if any, that shows whether it takes effect."""

    name: str
    cases: tuple[str, ...]
    obeyed: str | None = None


@dataclass(frozen=True, slots=True)
class When:
    """Which exchanges a requirement judges. Unset members match everything.

    ``complete`` is false for requirements that also judge incomplete replies. ``offered`` is false for requirements that judge only
    the replies that show that a feature is absent.
    ``asks`` maps dotted request members to the value they must have. ``event_stream`` says whether the reply is an event stream.
    """

    endpoint: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    streamed: bool | None = None
    status: tuple[str, ...] = ()
    wants: tuple[Wants, ...] = ()
    asks: Mapping[str, Data] = field(default_factory=dict)
    event_stream: bool | None = None
    complete: bool = True
    offered: bool = True


@dataclass(frozen=True, slots=True)
class Requirement:
    """One sentence of the protocol, with its level, source and ground. A MUST always has a ground.

    A requirement whose ground is ``client`` names the ``test`` that shows how the client fails without it. ``contradiction`` says where
    the reference contradicts itself, so that the level cannot be MUST. ``tolerates`` says what the rule accepts although part of the
    reference forbids it. ``differs`` says why the same rule has another level elsewhere. ``rests_on`` names other requirements: a reply
    that does not meet one of them decides nothing about this one.
    ``follows`` names requirements that are broken by the same cause: if no case of the run met one of them, this one tells nothing new.
    ``when`` is ``None`` if only cases that name the requirement can judge it. ``occasional`` says why the situation that a requirement
    judges may never arise. ``untestable`` says why no black-box test can judge it.
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
    follows: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Until:
    """When to stop repeating a request: its reply has one of ``values`` at a JSON pointer, or it was sent ``tries`` times.

    ``pause`` is the wait between two tries, in seconds.
    """

    at: str
    values: tuple[Data, ...]
    tries: int
    pause: float


@dataclass(frozen=True, slots=True)
class Need:
    """A precondition of a step: the reply to an earlier ``step`` has one of ``values`` at a JSON pointer."""

    step: str
    at: str
    values: tuple[Data, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a case.

    ``path`` replaces the endpoint's path. ``target`` is the id in the path (of a model, for example; a list if there are two), and
    ``query`` its query. ``send`` is a JSON body, ``raw`` the exact text of a body, ``form`` the parts of a multipart form; at most one
    of them is given. ``headers`` replaces headers, or removes those that are ``None``. ``leave_after`` hangs up after that many bytes of
    the body. ``pad`` is the number of spaces after the body, and ``written`` names another way to serialize it. In ``raw``, lone low
    surrogates stand for bytes that are not UTF-8. ``place`` sends the request to one of the profile's places: the ``queue`` or its
    ``twin``.
    ``read_pause`` is the wait after each chunk read, in seconds. ``upstream`` is what the scripted upstream does, attempt by attempt.
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
    form: tuple[Mapping[str, Data], ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """A requirement that a case names, with arguments specific to this case."""

    requirement: str
    arguments: Mapping[str, Data] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """A behaviour to try: the steps to send, and the requirements that only this case judges.

    General requirements judge its exchanges without being named. With ``together``, all steps are sent at once. With ``alone``, nothing
    else is sent meanwhile. ``also`` lists features that it needs besides its own. ``aliases`` are the ids of cases that it replaces.
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
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Property:
    """A rule that holds for every request of a kind. Its examples are generated, not written by hand.

    ``draw`` says what an example is: a ``valid`` request, a ``broken`` one, a ``pair`` whose second request is the first with a
    ``change``, or a ``conversation``. ``members`` are set in each request. ``keep`` is the number of its examples that every run plays.
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
    keep: int = 0


@dataclass(frozen=True, slots=True)
class Client:
    """A client library. ``area`` holds the requirements that judge its calls. ``driver`` is the kind and name of the program that runs it.

    ``package`` must be installed; ``install`` says in one line how. ``raises`` maps statuses to the exceptions that its users catch.
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
    """One call of a client library. It takes ``requests`` requests, and the last exchange is the one that is judged.

    ``does`` names the driver's operation. ``gets`` maps the values that a user reads to what they must be. ``refused_with`` lists the
    statuses that a refusal may have. ``key`` replaces the run's key.
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
