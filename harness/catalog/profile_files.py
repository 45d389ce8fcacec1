"""Reads profiles from ``spec/profiles/`` and from the user's files. Each is applied on top of the one it extends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from os.path import normpath
from pathlib import Path
from typing import Any

from ..checks import CHECKS, Schemas
from ..model import Feature, Level, Place, Requirement, Source
from .documents import Document
from .documents import Path as At
from .profile import AcceptedForm, Deviation, Ignored, ModelKind, Profile, Queue, Sample, Unsupported, call_of, levelled
from .reader import SpecReader, UnknownNameError, when_of

REFERENCE = "openai"
"""The profile without deviations. Every other one extends it, directly or indirectly."""


@dataclass(slots=True)
class KnownNames:
    """The names that a profile may use. Profiles add their own sources."""

    features: Mapping[str, Feature]
    requirements: Mapping[str, Requirement]
    schemas: Schemas
    sources: dict[str, Source]


def read_profile(reader: SpecReader, known: KnownNames, name: str) -> Profile:
    """A profile, by name or by path, with all that it extends. Complaints go to the reader."""
    shipped = sorted(path.removeprefix("profiles/").removesuffix(".yaml") for path in reader.files("profiles"))
    if name not in shipped and not (is_path(name) and Path(name).is_file()):
        kind = "file of a profile" if is_path(name) else "profile"
        raise UnknownNameError(
            [f"there is no {kind} {name!r}; there are: {', '.join(sorted(shipped))}, and files of your own, by their path"]
        )
    return _read(reader, known, name if name in shipped else normpath(name), shipped, ())


def is_path(name: str) -> bool:
    """Whether the name of a profile is a path."""
    return "/" in name or "\\" in name or name.endswith((".yaml", ".yml"))


def _read(reader: SpecReader, known: KnownNames, name: str, shipped: list[str], before: tuple[str, ...]) -> Profile:
    """Read one profile on top of its parent. ``before`` lists the profiles that extend it."""
    file = f"profiles/{name}.yaml" if name in shipped else name
    document = (reader.read if name in shipped else reader.read_theirs)(file, "profile")
    nothing = Profile(name, "", lineage=(name,))
    if document is None:
        return nothing
    place = Place(file, document.line(("extends",)))
    if name in shipped and document.value["profile"] != name:
        reader.complain(Place(file, document.line(("profile",))), f"the file {file} holds the profile {document.value['profile']!r}")
    parent_name = document.value.get("extends", None if name == REFERENCE else REFERENCE)
    if parent_name is None:
        return _Layer(reader, known, document, file).on(nothing)
    if name not in shipped and is_path(parent_name):
        parent_name = normpath(Path(name).parent / parent_name)
    if parent_name in (*before, name):
        reader.complain(place, f"profiles extend each other in a circle: {' -> '.join((*before, name, parent_name))}")
        return nothing
    if parent_name not in shipped and not (is_path(parent_name) and Path(parent_name).is_file()):
        reader.complain(place, f"extends {parent_name!r}, which is no profile; there are: {', '.join(sorted(shipped))}")
        return nothing
    return _Layer(reader, known, document, file).on(_read(reader, known, parent_name, shipped, (*before, name)))


class _Layer:
    """The changes that one file makes to the profile it extends. Collects complaints, and entries that change nothing."""

    def __init__(self, reader: SpecReader, known: KnownNames, document: Document, file: str) -> None:
        self._reader = reader
        self._known = known
        self._document = document
        self._top: dict[str, Any] = document.value
        self._file = file
        self._idle: list[str] = []

    def on(self, parent: Profile) -> Profile:
        """The complete profile: the parent with these changes."""
        self._sources()
        base, bases, queue, silence = self._base(parent), self._bases(parent), self._queue(parent), self._silence(parent)
        demands, kinds = self._demands(parent), (*self._kinds(), *parent.kinds)
        if "queue" in demands and queue is None:
            self._complain(("demands",), "the feature queue is demanded, but the path of the queue is missing: add the key queue")
        names = {kind.name for kind in kinds}
        return Profile(
            name=self._top["profile"],
            about=self._top["about"],
            demands=demands,
            lineage=(self._top["profile"], *parent.lineage) if self._top["profile"] != parent.lineage[0] else parent.lineage,
            base=base,
            bases=bases,
            queue=queue,
            silence=silence,
            query={**parent.query, **dict(self._query(parent))},
            key_header=self._key_header(parent),
            ignored=(*parent.ignored, *self._ignored(parent)),
            deviations=(*parent.deviations, *self._deviations(parent, names)),
            samples=(*parent.samples, *self._samples()),
            lacks=(*parent.lacks, *self._lacks(parent, names)),
            kinds=kinds,
            idle=(*parent.idle, *self._idle),
        )

    def _place(self, *at: str | int) -> Place:
        path: At = at
        return Place(self._file, self._document.line(path))

    def _complain(self, at: At, text: str) -> None:
        self._reader.complain(self._place(*at), text)

    def _note_idle(self, at: At, text: str) -> None:
        """Note an entry that changes nothing."""
        self._idle.append(f"{self._reader.shown(self._place(*at))} changes nothing: {text}")

    def _entries(self, key: str) -> Iterator[tuple[At, dict[str, Any]]]:
        """The entries of a list, each with its place. Checks their sources."""
        for index, item in enumerate(self._top.get(key, ())):
            self._cited((key, index), item)
            yield (key, index), item

    def _cited(self, at: At, item: Mapping[str, Any]) -> None:
        """Check that the source of an entry exists."""
        if item["source"] not in self._known.sources:
            self._complain((*at, "source"), f"the source {item['source']!r} is neither in sources.yaml nor among the profile's own sources")

    def _sources(self) -> None:
        """Add the profile's own sources."""
        for index, item in enumerate(self._top.get("sources", ())):
            if item["id"] in self._known.sources:
                self._complain(("sources", index), f"the source {item['id']} is known already: cite it, or choose another id")
            self._known.sources[item["id"]] = Source(**item)

    def _features(self, at: At, names: Iterable[str]) -> tuple[str, ...]:
        """Check that features exist, and return their names."""
        given = tuple(names)
        for name in given:
            if name not in self._known.features:
                self._complain(at, f"{name!r} is no feature; there are: {', '.join(self._known.features)}")
        return given

    def _demands(self, parent: Profile) -> tuple[str, ...]:
        given = self._features(("demands",), self._top.get("demands", ()))
        for name in given:
            if name in parent.demands:
                self._note_idle(("demands",), f"{name} is demanded already")
        return tuple(dict.fromkeys((*parent.demands, *given)))

    def _base(self, parent: Profile) -> str:
        given = self._top.get("base")
        if given is None:
            return parent.base
        self._cited(("base",), given)
        if given["path"] == parent.base:
            self._note_idle(("base",), f"endpoints lie below {parent.base} already")
        return str(given["path"])

    def _bases(self, parent: Profile) -> dict[str, str]:
        found = dict(parent.bases)
        base = self._top.get("base", {}).get("path", parent.base)
        for at, item in self._entries("endpoints"):
            if all(found.get(name, base) == item["base"] for name in item["endpoints"]):
                self._note_idle(at, f"{' and '.join(item['endpoints'])} lie below {item['base']} already")
            found |= dict.fromkeys(item["endpoints"], item["base"])
        return found

    def _queue(self, parent: Profile) -> Queue | None:
        given = self._top.get("queue")
        if given is None:
            return parent.queue
        self._cited(("queue",), given)
        queue = Queue(given["base"], given["twin"])
        if queue == parent.queue:
            self._note_idle(("queue",), "the queue lies there already")
        return queue

    def _silence(self, parent: Profile) -> float | None:
        given = self._top.get("silence")
        if given is None:
            return parent.silence
        self._cited(("silence",), given)
        if given["seconds"] == parent.silence:
            self._note_idle(("silence",), f"the endpoint may be silent for {given['seconds']} s already")
        return float(given["seconds"])

    def _query(self, parent: Profile) -> Iterator[tuple[str, str]]:
        for at, item in self._entries("query"):
            if parent.query.get(item["name"]) == item["value"]:
                self._note_idle(at, f"{item['name']} is {item['value']} already")
            yield item["name"], item["value"]

    def _key_header(self, parent: Profile) -> str:
        given = self._top.get("key")
        if given is None:
            return parent.key_header
        self._cited(("key",), given)
        if given["header"] == parent.key_header:
            self._note_idle(("key",), f"the key is sent in {parent.key_header} already")
        return str(given["header"])

    def _ignored(self, parent: Profile) -> Iterator[Ignored]:
        for at, item in self._entries("ignores"):
            requirement = self._known.requirements.get(item["unless"])
            if requirement is None:
                self._complain((*at, "unless"), f"{item['unless']!r} is no requirement")
            elif requirement.when is None or requirement.check is None:
                self._complain((*at, "unless"), f"{item['unless']} judges no reply by itself")
            if any(other.requirement == item["unless"] for other in parent.ignored):
                self._note_idle(at, f"replies that do not meet {item['unless']} are ignored already")
            yield Ignored(item["unless"], item["reason"], item["source"])

    def _kinds(self) -> Iterator[ModelKind]:
        for at, item in self._entries("models"):
            demands = self._features(at, item.get("demands", ()))
            yield ModelKind(item["kind"], item["says"], tuple(item["names"]), demands)

    def _lacks(self, parent: Profile, kinds: set[str]) -> Iterator[Unsupported]:
        for at, item in self._entries("lacks"):
            lack = Unsupported(self._features(at, item["features"]), item["reason"], item["source"], self._limited(at, item, kinds))
            if any(set(lack.features) <= set(other.features) and lack.models == other.models for other in parent.lacks):
                self._note_idle(at, f"{' and '.join(lack.features)} lacks already")
            yield lack

    def _limited(self, at: At, item: Mapping[str, Any], kinds: set[str]) -> tuple[str, ...]:
        """The kinds of models that an entry is limited to. Checks that they exist."""
        given = tuple(item.get("models", ()))
        for name in given:
            if name not in kinds:
                self._complain((*at, "models"), f"{name!r} is no kind of models; there are: {', '.join(sorted(kinds)) or 'none'}")
        return given

    def _samples(self) -> Iterator[Sample]:
        for at, item in self._entries("samples"):
            if item["requirement"] not in self._known.requirements:
                self._complain(at, f"{item['requirement']!r} is no requirement")
            yield Sample(item["requirement"], tuple(item.get("lacks", ())), item["reason"], item["source"])

    def _deviations(self, parent: Profile, kinds: set[str]) -> Iterator[Deviation]:
        before = levelled(self._known.requirements, parent.deviations)
        for at, item in self._entries("deviations"):
            names = tuple(self._named(at, item["requirements"]))
            form = self._form(at, item["accepts"], names) if "accepts" in item else None
            level = Level(item["level"]) if "level" in item else None
            deviation = Deviation(names, item["reason"], item["source"], self._place(*at), level, form, self._limited(at, item, kinds))
            if names and level is not None and all(before[name].level is level for name in names):
                self._note_idle(at, f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} {level} already")
            if names and form is not None and self._is_known(deviation, parent):
                self._note_idle(at, f"{' and '.join(names)} {'takes' if len(names) == 1 else 'take'} this form already")
            yield deviation

    def _named(self, at: At, patterns: Iterable[str]) -> Iterator[str]:
        """The requirements that match names or patterns."""
        for pattern in patterns:
            found = [name for name in self._known.requirements if fnmatchcase(name, pattern)]
            if not found:
                self._complain((*at, "requirements"), f"{pattern!r} is no requirement, nor a pattern that any fits")
            yield from found

    def _form(self, at: At, given: Mapping[str, Any], names: Iterable[str]) -> AcceptedForm:
        """An accepted form. Checks that its check exists and takes the arguments."""
        form = AcceptedForm(given.get("check"), given.get("with", {}), when_of(given.get("when", {})), given.get("without", ""))
        if form.without and form.without not in self._known.schemas:
            self._complain((*at, "accepts"), f"there is no schema {form.without!r}")
        where = (*at, "accepts")
        for requirement in (self._known.requirements[name] for name in names):
            check, arguments = call_of(form, requirement)
            if check is None or check not in CHECKS:
                self._complain(where, f"{requirement.id}: there is no check {check!r}")
            elif requirement.when is not None and (wrong := CHECKS[check].misfit(arguments)):
                self._complain(where, f"{requirement.id}: {check} {wrong}")
            if (schema := arguments.get("schema")) is not None and schema not in self._known.schemas:
                self._complain(where, f"{requirement.id}: there is no schema {schema!r}")
        return form

    def _is_known(self, deviation: Deviation, parent: Profile) -> bool:
        """Whether every requirement of a deviation accepts its form already, by itself or in the parent profile."""
        form = deviation.accepts
        assert form is not None
        for requirement in (self._known.requirements[name] for name in deviation.requirements):
            theirs = [other for other in parent.deviations if requirement.id in other.requirements]
            forms = [other.accepts for other in theirs if other.models in ((), deviation.models)]
            same = call_of(form, requirement) == (requirement.check, requirement.arguments) and not form.without
            if not same and form not in forms:
                return False
        return True
