"""Reads ``spec/`` into a ``Catalog``, or complains with file and line.

Everything is checked here, before a single request is sent: closed schemas, unique ids, and that every name used exists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from .checks import CHECKS, Schemas, replies_of
from .checks.signature import misfit
from .model import (
    Call,
    Case,
    Client,
    Expectation,
    Feature,
    Json,
    Level,
    Parameter,
    Place,
    Probe,
    Property,
    Requirement,
    Source,
    Step,
    Until,
)
from .own_files import SPEC
from .profile import Models, Profile, levelled
from .profile_files import Known, read_profile
from .reading import CatalogError, Reader, UnknownName, when_of

T = TypeVar("T", Requirement, Case, Property, Call, Client)
__all__ = ["Catalog", "CatalogError", "Profile", "UnknownName", "areas", "load"]
RELAYED = ("$token", "$blob")
"""What the two sides of a gateway put in place of these, inside any text."""

SETTINGS = frozenset({"$model", "$completions_model", "$embeddings_model"})


@dataclass(frozen=True, slots=True)
class Catalog:
    """All that is asked. Mappings are in the order of the files."""

    sources: Mapping[str, Source]
    features: Mapping[str, Feature]
    requirements: Mapping[str, Requirement]
    cases: Mapping[str, Case]
    parameters: tuple[Parameter, ...]
    schemas: Schemas
    profile: Profile
    properties: Mapping[str, Property] = field(default_factory=dict)
    calls: Mapping[str, Call] = field(default_factory=dict)

    def narrowed(self, models: Models) -> Catalog:
        """The catalog as its profile has it for the models of a run."""
        profile = self.profile.narrowed(models, self.requirements)
        profile = replace(profile, demands=_with_needs(self.features, profile.demands))
        return replace(self, profile=profile, requirements=levelled(self.requirements, profile.deviations))

    def tried(self, name: str) -> Case | Property | Call:
        """The case, the property, or the call of a client, of an id: all have an id, a title, a feature and a place."""
        return self.cases.get(name) or self.properties.get(name) or self.calls[name]

    @property
    def snapshot(self) -> str:
        """The date of the reference document."""
        return self.sources["openai-openapi"].date

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that have requirements, in order."""
        return tuple(dict.fromkeys(requirement.area for requirement in self.requirements.values()))


RELAY = "relay"
"""The feature of gateways that a scripted upstream stands behind, and the beginning of its parts' names."""

TWIN = "twin"
"""The feature of endpoints that are compared with another."""

WHOLENESS = "http.reply-is-whole"
"""The requirement under which a reply that never came is reported."""


def load(spec: Path = SPEC, profile: str = "openai", required: Iterable[str] = (), *, relay: bool = False, twin: bool = False) -> Catalog:
    """Read a folder like ``spec/`` with one of its profiles; ``CatalogError`` tells all that is wrong with it.

    ``required`` are features that are demanded beyond what the profile demands. Everything is read and checked; with ``relay`` only
    what is asked of a gateway with a scripted upstream behind it comes back, else only the rest.
    """
    reader = Reader(spec)
    sources = {item["id"]: Source(**item) for _, item, _ in reader.items("sources.yaml", "sources")}
    features = {item["id"]: _feature(item) for _, item, _ in reader.items("features.yaml", "features")}
    schemas = Schemas({path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((spec / "schemas").glob("*.json"))})
    requirements = _collect(reader, (item for path in reader.files("requirements") for item in _requirements(reader, path)))
    areas = list(dict.fromkeys(requirement.area for requirement in sorted(requirements.values(), key=_by_feature(features))))
    areas.sort(key=lambda area: all(requirement.occasional for requirement in requirements.values() if requirement.area == area))
    requirements = dict(sorted(requirements.items(), key=lambda item: areas.index(item[1].area)))
    cases = _collect(reader, (item for path in reader.files("cases") for item in _cases(reader, path)))
    listed = list(reader.items("parameters.yaml", "parameters"))
    parameters = tuple(Parameter(item["parameter"], tuple(item["cases"]), item.get("obeyed")) for _, item, _ in listed)
    properties = _collect(reader, (item for path in reader.files("properties") for item in _properties(reader, path)))
    calls = _calls(reader)
    reader.finish()
    chosen = read_profile(reader, Known(features, requirements, schemas, sources), profile)
    chosen = replace(chosen, demands=_with_needs(features, (*chosen.demands, *_known(features, required))))
    catalog = Catalog(sources, features, requirements, cases, parameters, schemas, chosen, properties, calls)
    _check_names(reader, catalog)
    for place, item, _ in listed:
        _check_parameter(reader, catalog, place, item)
    reader.finish()
    catalog = _without_unoffered(replace(catalog, requirements=levelled(requirements, chosen.deviations)))
    return _relaying(catalog) if relay else _ordinary(catalog, (RELAY,) if twin else (RELAY, TWIN))


def _belongs(feature: str, *wholes: str) -> bool:
    """Whether a feature is one of these, or a part of one."""
    return feature.partition(".")[0] in wholes


def _ordinary(catalog: Catalog, left_out: tuple[str, ...]) -> Catalog:
    """What is asked of an endpoint by itself."""
    return replace(
        catalog,
        features={name: feature for name, feature in catalog.features.items() if not _belongs(name, *left_out)},
        requirements={name: r for name, r in catalog.requirements.items() if not _belongs(r.feature, *left_out)},
        cases={name: case for name, case in catalog.cases.items() if not _belongs(case.feature, *left_out)},
    )


def _relaying(catalog: Catalog) -> Catalog:
    """What is asked of a gateway that has a scripted upstream. Its replies are as good as that makes them, so nothing else judges them."""
    answered = replace(catalog.requirements[WHOLENESS], when=None, occasional="every request was answered")
    features = {name: feature for name, feature in catalog.features.items() if _belongs(name, RELAY) or name == answered.feature}
    return replace(
        catalog,
        features=features,
        requirements={name: r for name, r in catalog.requirements.items() if _belongs(r.feature, RELAY)} | {WHOLENESS: answered},
        cases={name: case for name, case in catalog.cases.items() if _belongs(case.feature, RELAY)},
        parameters=(),
        properties={},
        profile=replace(catalog.profile, demands=tuple(name for name in catalog.profile.demands if name in features)),
    )


def areas(spec: Path = SPEC) -> set[str]:
    """All areas that have cases, whatever a profile offers."""
    return {path.name for path in (spec / "cases").iterdir()}


def _without_unoffered(catalog: Catalog) -> Catalog:
    """The catalog without what only some profiles offer, where this one does not: nobody asks for it, so nobody reads of it."""
    offered = {f.id: f for f in catalog.features.values() if not f.by_profile or f.id in catalog.profile.demands}
    requirements = {r.id: r for r in catalog.requirements.values() if r.feature in offered}
    cases = {case.id: case for case in catalog.cases.values() if case.feature in offered}
    return replace(catalog, features=offered, requirements=requirements, cases=cases)


def _collect(reader: Reader, items: Iterable[T]) -> dict[str, T]:
    """Index by id; an id used twice is a complaint."""
    found: dict[str, T] = {}
    for item in items:
        if item.id in found:
            reader.complain(item.place, f"the id {item.id} is used already at spec/{found[item.id].place}: choose another")
        found[item.id] = item
    return found


def _by_feature(features: Mapping[str, Feature]) -> Callable[[Requirement], tuple[int, str]]:
    """A sort key: requirements in the order in which ``features.yaml`` tells the features, then by area."""
    order = {name: position for position, name in enumerate(features)}
    return lambda requirement: (order.get(requirement.feature, len(order)), requirement.area)


def _feature(item: dict[str, Any]) -> Feature:
    absent = item.get("absent")
    probe = Probe(absent["case"], tuple(absent["status"])) if absent else None
    return Feature(item["id"], item["says"], item.get("needs"), probe, tuple(item.get("any-of", ())), item.get("by-profile", False))


def _requirements(reader: Reader, file: str) -> Iterator[Requirement]:
    """The requirements of one file."""
    for place, item, top in reader.items(file, "requirements"):
        if item["id"].partition(".")[0] != top["area"]:
            reader.complain(place, f"the id {item['id']} does not begin with the area {top['area']}")
        given = None if item.get("cases-only") or "untestable" in item else {**top.get("when", {}), **item.get("when", {})}
        yield Requirement(
            id=item["id"],
            area=top["area"],
            level=Level(item["level"]),
            says=item["says"],
            source=item.get("source", top["source"]),
            at=item.get("at", ""),
            feature=item.get("feature", top["feature"]),
            place=place,
            check=item.get("check"),
            arguments=item.get("with", {}),
            when=None if given is None else when_of(given),
            occasional="the situation did not arise" if item.get("occasional") is True else item.get("occasional", ""),
            untestable=item.get("untestable"),
            contradiction=item.get("contradiction"),
            seen=tuple(item.get("seen", ())),
            breaks=tuple(item.get("breaks", ())),
        )


def _cases(reader: Reader, file: str) -> Iterator[Case]:
    """The cases of one file; the folder is the area, folder and file name begin the id."""
    stem = file.removeprefix("cases/").removesuffix(".yaml")
    for place, item, top in reader.items(file, "cases"):
        copies = item.get("copies", 0)
        steps = item.get("steps") or [{**item, "id": f"copy-{number + 1}" if copies else "only"} for number in range(max(1, copies))]
        defaults = {"endpoint": item.get("endpoint", top.get("endpoint", "chat"))}
        yield Case(
            id=f"{stem}/{item['id']}",
            area=stem.partition("/")[0],
            title=item["title"],
            feature=item.get("feature", top["feature"]),
            steps=tuple(_step({**defaults, **step}) for step in steps),
            place=place,
            expect=tuple(_expectation(entry) for entry in item.get("expect", ())),
            also=tuple(item.get("also", top.get("also", ()))),
            after=item.get("after"),
            together=item.get("together", bool(copies)),
            alone=item.get("alone", False),
        )


def _properties(reader: Reader, file: str) -> Iterator[Property]:
    """The properties of one file; its name is the endpoint that they are about."""
    stem = file.removesuffix(".yaml")
    for place, item, top in reader.items(file, "properties"):
        yield Property(
            id=f"{stem}/{item['id']}",
            area="properties",
            title=item["title"],
            feature=item.get("feature", top["feature"]),
            endpoint=top["endpoint"],
            draw=item["draw"],
            place=place,
            change=item.get("change", ""),
            members=item.get("members", {}),
            expect=tuple(_expectation(entry) for entry in item.get("expect", ())),
        )


def _calls(reader: Reader) -> dict[str, Call]:
    """What each client is asked to do, client by client."""
    flows = {item["id"]: (place, item) for place, item, _ in reader.items("clients/flows.yaml", "flows")}
    calls: list[Call] = []
    for place, item, _ in reader.items("clients/clients.yaml", "clients"):
        own = {name: item[name] for name in ("id", "name", "area", "driver", "package", "install", "raises")}
        client = Client(**own, place=place)
        for name in item["flows"]:
            if name not in flows:
                reader.complain(place, f"{client.id}: {name!r} is no flow; there are: {', '.join(flows)}")
            else:
                calls.append(_call(client, *flows[name]))
    return _collect(reader, calls)


def _call(client: Client, place: Place, item: dict[str, Any]) -> Call:
    """A flow for one client."""
    return Call(
        id=f"clients/{client.id}/{item['id']}",
        area="clients",
        title=item["title"],
        feature=item["feature"],
        place=place,
        client=client,
        does=item["does"],
        endpoint=item["endpoint"],
        send=item.get("send"),
        wants=item.get("wants", "success"),
        gets=item["gets"],
        refused_with=tuple(item.get("refused-with", ())),
        key=item.get("key"),
        also=tuple(item.get("also", ())),
        requests=item.get("requests", 1),
    )


def _step(item: dict[str, Any]) -> Step:
    body = "send" in item or "raw" in item
    until = item.get("until")
    upstream = item.get("upstream", [])
    return Step(
        id=item["id"],
        endpoint=item["endpoint"],
        method=item.get("method", "POST" if body else "GET"),
        path=item.get("path"),
        target=item.get("target"),
        query=item.get("query", {}),
        send=item.get("send"),
        raw=item.get("raw"),
        headers=item.get("headers", {}),
        wants=item.get("wants", "success"),
        leave_after=item.get("leave-after"),
        pad=item.get("pad", 0),
        written=item.get("written"),
        place=item.get("place"),
        read_pause=item.get("read-pause", 0.0),
        upstream=tuple(upstream) if isinstance(upstream, list) else (upstream,),
        until=Until(until["at"], tuple(until["is"]), until["tries"], until["pause"]) if until else None,
    )


def _expectation(entry: str | dict[str, Any]) -> Expectation:
    if isinstance(entry, str):
        return Expectation(entry)
    ((name, arguments),) = entry.items()
    return Expectation(name, arguments)


def _known(features: Mapping[str, Feature], names: Iterable[str]) -> tuple[str, ...]:
    """Names that the user gave, if all of them are features that an endpoint may offer under any profile."""
    given = tuple(names)
    requirable = [feature.id for feature in features.values() if not feature.by_profile]
    for name in given:
        if name not in requirable:
            raise UnknownName([f"there is no feature {name!r} to require; there are: {', '.join(requirable)}"])
    return given


def _with_needs(features: Mapping[str, Feature], names: Iterable[str]) -> tuple[str, ...]:
    """Features with those that they are part of: who demands the part demands the whole."""
    found: dict[str, None] = {}
    for name in names:
        at: str | None = name
        while at is not None and at not in found:
            found[at] = None
            at = features[at].needs if at in features else None
    return tuple(found)


def _check_names(reader: Reader, catalog: Catalog) -> None:
    """Every name that the data uses exists, and every argument fits."""
    for requirement in catalog.requirements.values():
        _check_requirement(reader, catalog, requirement)
    for case in catalog.cases.values():
        _check_case(reader, catalog, case)
    for prop in catalog.properties.values():
        _check_property(reader, catalog, prop)
    for call in catalog.calls.values():
        _check_call(reader, catalog, call)
    _check_features(reader, catalog)


def _check_features(reader: Reader, catalog: Catalog) -> None:
    """The features and cases that features name exist."""
    features = Place("features.yaml", 1)
    for feature in catalog.features.values():
        for name in (*((feature.needs,) if feature.needs is not None else ()), *feature.any_of):
            if name not in catalog.features:
                reader.complain(features, f"{feature.id} needs {name!r}, which is no feature")
        if feature.probe is not None and feature.probe.case not in catalog.cases:
            reader.complain(features, f"{feature.id} is probed by {feature.probe.case!r}, which is no case")


def _check_parameter(reader: Reader, catalog: Catalog, place: Place, item: Mapping[str, Any]) -> None:
    """A parameter's cases and requirement exist."""
    for case in item["cases"]:
        if case not in catalog.cases:
            reader.complain(place, f"{item['parameter']}: {case!r} is no case")
    if item.get("obeyed") is not None and item["obeyed"] not in catalog.requirements:
        reader.complain(place, f"{item['parameter']}: {item['obeyed']!r} is no requirement")


def _check_requirement(reader: Reader, catalog: Catalog, requirement: Requirement) -> None:
    """A requirement's source, feature, check and arguments exist and fit."""
    if requirement.source not in catalog.sources:
        reader.complain(requirement.place, f"{requirement.id}: the source {requirement.source!r} is not in sources.yaml")
    if requirement.feature not in catalog.features:
        reader.complain(requirement.place, f"{requirement.id}: the feature {requirement.feature!r} is not in features.yaml")
    if requirement.untestable is not None:
        return
    if requirement.check not in CHECKS:
        reader.complain(requirement.place, f"{requirement.id}: there is no check {requirement.check!r}")
    elif requirement.when is not None and (wrong := misfit(CHECKS[requirement.check], requirement.arguments, settings=SETTINGS)):
        reader.complain(requirement.place, f"{requirement.id}: {requirement.check} {wrong}")
    schema = requirement.arguments.get("schema")
    if schema is not None and schema not in catalog.schemas:
        reader.complain(requirement.place, f"{requirement.id}: there is no schema {schema!r}")


STEPS_DRAWN = {"valid": ["only"], "broken": ["bad", "good"], "pair": ["first", "second"], "conversation": []}
"""The steps of a property's examples, by how they are drawn."""


def _check_property(reader: Reader, catalog: Catalog, prop: Property) -> None:
    """A property's feature and expectations exist and fit."""
    if prop.feature not in catalog.features:
        reader.complain(prop.place, f"{prop.id}: the feature {prop.feature!r} is not in features.yaml")
    _check_expectations(reader, catalog, prop.id, prop.place, prop.expect, STEPS_DRAWN[prop.draw])


def _check_call(reader: Reader, catalog: Catalog, call: Call) -> None:
    """The features and settings of a client's call exist."""
    for name in (call.feature, *call.also):
        if name not in catalog.features:
            reader.complain(call.place, f"{call.id}: the feature {name!r} is not in features.yaml")
    for wrong in _wrong_values(call.send, []):
        reader.complain(call.place, f"{call.id}: {wrong}")


def _check_case(reader: Reader, catalog: Catalog, case: Case) -> None:
    """A case's feature, expectations, steps and settings exist and fit."""
    for name in (case.feature, *case.also):
        if name not in catalog.features:
            reader.complain(case.place, f"{case.id}: the feature {name!r} is not in features.yaml")
    if case.after is not None and case.after not in catalog.cases:
        reader.complain(case.place, f"{case.id}: comes after {case.after!r}, which is no case")
    steps = [step.id for step in case.steps]
    for name in sorted({name for name in steps if steps.count(name) > 1}):
        reader.complain(case.place, f"{case.id}: two steps are called {name!r}")
    for position, step in enumerate(case.steps):
        for wrong in _wrong_values([step.send, step.target, step.query], [] if case.together else steps[:position]):
            reader.complain(case.place, f"{case.id}: {wrong}")
    _check_expectations(reader, catalog, case.id, case.place, case.expect, steps)


def _check_expectations(
    reader: Reader, catalog: Catalog, who: str, place: Place, expected: Iterable[Expectation], steps: list[str]
) -> None:
    """What is expected are requirements with a check, and their arguments fit."""
    for expectation in expected:
        requirement = catalog.requirements.get(expectation.requirement)
        if requirement is None or requirement.check not in CHECKS:
            reader.complain(place, f"{who}: expects {expectation.requirement!r}, which is no requirement with a check")
            continue
        arguments = {**requirement.arguments, **expectation.arguments}
        check = CHECKS[requirement.check]
        if unfit := misfit(check, arguments, settings=SETTINGS, steps=steps):
            reader.complain(place, f"{who}: {expectation.requirement}: {requirement.check} {unfit}")
        elif len(replies_of(check)) > 1 and len(steps) < 2:
            reader.complain(place, f"{who}: {expectation.requirement} compares steps, and there is only one")


def _wrong_values(value: Json, earlier: list[str]) -> Iterator[str]:
    """What is wrong with the settings and references inside a value."""
    if isinstance(value, str) and value.startswith("$") and value not in SETTINGS and not value.startswith(RELAYED):
        yield f"{value} is no run setting; there are: {', '.join(sorted(SETTINGS))}"
    elif isinstance(value, dict) and "$from" in value:
        if not {"$from", "at"} <= set(value) <= {"$from", "at", "spread"} or value["$from"] not in earlier:
            yield f"a reference takes $from, an earlier step ({', '.join(earlier) or 'there is none'}), and at, a JSON pointer"
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _wrong_values(item, earlier)
