"""Profiles: how a known kind of endpoint deviates from the reference, why, and the source for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from ..model import Data, Level, Place, Problem, Requirement, When


@dataclass(frozen=True, slots=True)
class AcceptedForm:
    """Another form that meets a requirement: its check with other arguments, or another check.

    ``when`` limits the exchanges that may have this form. ``without`` is the schema of extra events that a stream may contain;
    the check ignores them.
    """

    check: str | None
    arguments: Mapping[str, Data]
    when: When
    without: str = ""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Requirements with another level, or with another accepted form. ``models`` limits it to some kinds of models."""

    requirements: tuple[str, ...]
    reason: str
    source: str
    place: Place
    level: Level | None = None
    accepts: AcceptedForm | None = None
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A documented sample that does not meet a requirement because it ``lacks`` members. It is no excuse: a sample is not a rule."""

    requirement: str
    lacks: tuple[str, ...]
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Features that the endpoint does not offer, so they are not tested."""

    features: tuple[str, ...]
    reason: str
    source: str
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelKind:
    """A kind of models, recognized by name patterns, and the features they must offer."""

    name: str
    says: str
    names: tuple[str, ...]
    demands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """The base path of endpoints that queue their requests. ``twin`` is the base path of the same endpoints without a queue."""

    base: str
    twin: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A requirement that recognizes replies to ignore: a reply that does not meet it is judged by no other requirement."""

    requirement: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a run."""

    chat: str
    completions: str
    embeddings: str

    def of(self, feature: str) -> str:
        """The model used to test a feature."""
        return {"completions": self.completions, "embeddings": self.embeddings}.get(feature.partition(".")[0], self.chat)


@dataclass(frozen=True, slots=True)
class ProfileNotes:
    """Everything that a profile says about one requirement."""

    deviations: tuple[Deviation, ...] = ()
    samples: tuple[Sample, ...] = ()

    def of(self, problems: Sequence[Problem], level: Level, name: str) -> Iterator[str]:
        """The remarks of the profile ``name`` on problems that it does not accept."""
        lacking = [problem.where for problem in problems if problem.got == "absent"]
        if problems:
            yield from (f"{d.level} by the profile {name}: {d.reason}" for d in self.deviations if d.level is level)
        for sample in self.samples:
            if any(where.endswith(member) for where in lacking for member in sample.lacks) or (problems and not sample.lacks):
                yield f"a documented sample does not meet it either, but that is no excuse: {sample.reason}"


NOTHING_SAID = ProfileNotes()


@dataclass(frozen=True, slots=True)
class Profile:
    """A kind of endpoint. ``lineage`` is its name and those of the profiles that it extends, nearest first.

    ``base`` is the path of its endpoints below the server's root, ``bases`` are the paths of those that differ. ``silence`` is how long
    it may send nothing, in seconds. ``query`` is added to each request. ``key_header`` is the header for the plain key, empty if the
    key is a bearer token. ``idle`` lists entries that change nothing.
    """

    name: str
    about: str
    demands: tuple[str, ...] = ()
    lineage: tuple[str, ...] = ()
    base: str = ""
    bases: Mapping[str, str] = field(default_factory=dict)
    queue: Queue | None = None
    silence: float | None = None
    query: Mapping[str, str] = field(default_factory=dict)
    key_header: str = ""
    ignored: tuple[Ignored, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    samples: tuple[Sample, ...] = ()
    lacks: tuple[Unsupported, ...] = ()
    kinds: tuple[ModelKind, ...] = ()
    idle: tuple[str, ...] = ()

    def kind_of(self, model: str) -> str | None:
        """The kind of a model, by its name; ``None`` if the profile does not know it."""
        return next((kind.name for kind in self.kinds if any(fnmatchcase(model, name) for name in kind.names)), None)

    def root_of(self, base_url: str) -> str:
        """The server's root: the base URL without a base path of the profile. A user may give that path or leave it out."""
        url = base_url.rstrip("/")
        return next((url.removesuffix(base) for base in self.places.values() if base and url.endswith(base)), url)

    def with_key(self, key: str) -> dict[str, str]:
        """The header that carries a key."""
        return {self.key_header: key} if self.key_header else {"authorization": f"Bearer {key}"}

    @property
    def places(self) -> dict[str, str]:
        """The base paths: for endpoints with their own, for the queue and its twin, and, under the empty name, for all others."""
        queue = {"queue": self.queue.base, "twin": self.queue.twin} if self.queue is not None else {}
        return {"": self.base, **self.bases, **queue} if self.base or self.bases or queue else {}

    def lack_of(self, feature: str) -> str | None:
        """Why a feature is not offered, or ``None``. Entries for some models count only after narrowing to a run's models."""
        reasons = (lack.reason for lack in self.lacks if feature in lack.features and not lack.models)
        return next((f"the profile {self.name} says: {reason}" for reason in reasons), None)

    def said_by_requirement(self) -> dict[str, ProfileNotes]:
        """The notes on each requirement. Entries for some models count only after narrowing to a run's models."""
        names = {name for deviation in self.deviations for name in deviation.requirements}
        return {
            name: ProfileNotes(
                tuple(d for d in self.deviations if name in d.requirements and not d.models),
                tuple(sample for sample in self.samples if sample.requirement == name),
            )
            for name in names | {sample.requirement for sample in self.samples}
        }

    def narrowed(self, models: Models, requirements: Mapping[str, Requirement]) -> Profile:
        """The profile for the models of a run. Entries for other kinds of models are removed; the rest applies without limits."""

        def concerns(name: str, kinds: tuple[str, ...]) -> bool:
            return self.kind_of(models.of(requirements[name].feature)) in kinds

        demands = [name for kind in self.kinds for name in kind.demands if self.kind_of(models.of(name)) == kind.name]
        lacks = [
            Unsupported(tuple(name for name in lack.features if self.kind_of(models.of(name)) in lack.models), lack.reason, lack.source)
            for lack in self.lacks
            if lack.models
        ]
        deviations = [
            replace(d, models=(), requirements=tuple(name for name in d.requirements if name in requirements and concerns(name, d.models)))
            for d in self.deviations
            if d.models
        ]
        return replace(
            self,
            demands=tuple(dict.fromkeys((*self.demands, *demands))),
            lacks=(*(lack for lack in self.lacks if not lack.models), *lacks),
            deviations=(*(d for d in self.deviations if not d.models), *deviations),
            kinds=(),
        )

    def remarks(self, models: Models, listed: Iterable[str] = ()) -> Iterator[str]:
        """Remarks to report with every run, on the profile, the models of this run, and other models that are ``listed``."""
        if self.base:
            yield f"the endpoints are expected below {self.base}"
        if self.query:
            told = ", ".join(f"{name}={value}" for name, value in self.query.items())
            yield f"each request has {told} in its query, unless --query says otherwise"
        if self.key_header:
            yield f"the key is sent in the header {self.key_header}"
        if self.silence is not None:
            yield f"the endpoint may be silent for {self.silence:g} s, unless --timeout says otherwise"
        if self.samples:
            told = ", ".join(f"{one.requirement}{f' ({chr(44).join(one.lacks)})' if one.lacks else ''}" for one in self.samples)
            yield f"documented samples do not meet these requirements, which are judged all the same: {told}"
        yield from self.idle
        yield from self._kinds_told(models, listed)

    def _kinds_told(self, models: Models, listed: Iterable[str]) -> Iterator[str]:
        """The kind of each model of a run, if the profile defines kinds, and listed models of the other kinds."""
        tried = dict.fromkeys((models.chat, models.completions, models.embeddings)) if self.kinds else {}
        for model in tried:
            says = next((kind.says for kind in self.kinds if kind.name == self.kind_of(model)), "of a kind that the profile does not know")
            yield f"model {model}: {says}"
        others = {self.kind_of(model): model for model in reversed(list(listed))}
        for kind in self.kinds:
            if kind.name in others and kind.name not in {self.kind_of(model) for model in tried}:
                yield f"not tried: {kind.says}; {others[kind.name]} is listed"


def levelled(requirements: Mapping[str, Requirement], deviations: Iterable[Deviation]) -> dict[str, Requirement]:
    """Requirements with the levels that deviations set. Deviations for some models are ignored."""
    found = dict(requirements)
    for deviation in deviations:
        if deviation.level is not None and not deviation.models:
            found |= {name: replace(found[name], level=deviation.level) for name in deviation.requirements if name in found}
    return found


def call_of(form: AcceptedForm, requirement: Requirement) -> tuple[str | None, Mapping[str, Data]]:
    """The check, with arguments, that decides whether a requirement is met in another form."""
    if form.check is not None and form.check != requirement.check:
        return form.check, form.arguments
    return requirement.check, {**requirement.arguments, **form.arguments}
