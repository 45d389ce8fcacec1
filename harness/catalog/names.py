"""Checks that every name used in the data exists, and that every argument fits its check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..checks import CHECKS
from ..model import Call, Case, Data, Expectation, Level, Place, Property, Requirement
from .context_window import TOO_LONG
from .reader import SpecReader
from .requests import MEDIA
from .whole import Catalog

RELAYED = ("$token", "$blob")
"""Placeholders, anywhere in a text, that gateway runs replace on both sides."""

_LIKE_A_SETTING = re.compile(r"\$\w")
"""Unlike a text such as ${x}, which is drawn to be sent as it is."""

LONGEST_TEXT = 8_000_000
"""The most characters of a repeated text: more than any context window takes."""

SETTINGS = frozenset({"$model", "$completions_model", "$embeddings_model", *(f"${kind}_model" for kind in MEDIA), TOO_LONG})


def check_names(reader: SpecReader, catalog: Catalog) -> None:
    """Complain about names that do not exist and arguments that do not fit."""
    for requirement in catalog.requirements.values():
        _check_requirement(reader, catalog, requirement)
    for case in catalog.cases.values():
        _check_case(reader, catalog, case)
    _check_aliases(reader, catalog)
    for prop in catalog.properties.values():
        _check_property(reader, catalog, prop)
    for call in catalog.calls.values():
        _check_call(reader, catalog, call)
    _check_features(reader, catalog)


def _check_aliases(reader: SpecReader, catalog: Catalog) -> None:
    """Check that an alias names no case of today, and stands for one case only."""
    found: dict[str, str] = {}
    for case in catalog.cases.values():
        for alias in case.aliases:
            if alias in catalog.cases:
                reader.complain(case.place, f"{case.id}: the alias {alias} is a case: delete the case or the alias")
            elif alias in found:
                reader.complain(case.place, f"{case.id}: the alias {alias} stands for {found[alias]} already: delete one")
            found[alias] = case.id


def _check_features(reader: SpecReader, catalog: Catalog) -> None:
    """Check that the features and cases named by features exist."""
    features = Place("features.yaml", 1)
    for feature in catalog.features.values():
        for name in (*((feature.needs,) if feature.needs is not None else ()), *feature.any_of):
            if name not in catalog.features:
                reader.complain(features, f"{feature.id} needs {name!r}, which is no feature")
        for name in feature.probe.cases if feature.probe is not None else ():
            assert feature.probe is not None
            if name not in catalog.cases:
                reader.complain(features, f"{feature.id} is probed by {name!r}, which is no case")
            elif feature.probe.succeeds not in (None, *(step.id for step in catalog.cases[name].steps)):
                reader.complain(features, f"{feature.id} is probed by the step {feature.probe.succeeds!r}, which {name} does not have")


def check_parameter(reader: SpecReader, catalog: Catalog, place: Place, item: Mapping[str, Any]) -> None:
    """Check that a parameter's cases and requirement exist."""
    for case in item["cases"]:
        if case not in catalog.cases:
            reader.complain(place, f"{item['parameter']}: {case!r} is no case")
    if item.get("obeyed") is not None and item["obeyed"] not in catalog.requirements:
        reader.complain(place, f"{item['parameter']}: {item['obeyed']!r} is no requirement")


def _check_follows(reader: SpecReader, catalog: Catalog, requirement: Requirement) -> None:
    """Check what a requirement follows: it exists, and is no weaker."""
    for name in requirement.follows:
        leader = catalog.requirements.get(name)
        if leader is None:
            reader.complain(requirement.place, f"{requirement.id} follows {name!r}, which is no requirement")
        elif requirement.level is Level.MUST or (leader.level is not Level.MUST and leader.level is not requirement.level):
            reader.complain(requirement.place, f"{requirement.id} follows {name}: only a SHOULD or a MAY follows, and never a weaker one")


def _check_requirement(reader: SpecReader, catalog: Catalog, requirement: Requirement) -> None:
    """Check a requirement's source, feature, check and arguments."""
    if requirement.source not in catalog.sources:
        reader.complain(requirement.place, f"{requirement.id}: the source {requirement.source!r} is not in sources.yaml")
    if requirement.feature not in catalog.features:
        reader.complain(requirement.place, f"{requirement.id}: the feature {requirement.feature!r} is not in features.yaml")
    _check_follows(reader, catalog, requirement)
    for name in requirement.rests_on:
        if name not in catalog.requirements:
            reader.complain(requirement.place, f"{requirement.id}: rests on {name!r}, which is no requirement")
    if requirement.untestable is not None:
        return
    if requirement.check is None or requirement.check not in CHECKS:
        reader.complain(requirement.place, f"{requirement.id}: there is no check {requirement.check!r}")
    elif requirement.when is not None and (wrong := CHECKS[requirement.check].misfit(requirement.arguments, settings=SETTINGS)):
        reader.complain(requirement.place, f"{requirement.id}: {requirement.check} {wrong}")
    schema = requirement.arguments.get("schema")
    if schema is not None and schema not in catalog.schemas:
        reader.complain(requirement.place, f"{requirement.id}: there is no schema {schema!r}")


STEPS_DRAWN = {"valid": ["only"], "broken": ["bad", "good"], "pair": ["first", "second"], "conversation": []}
"""The steps of a property's examples, by the way they are drawn."""


def _check_property(reader: SpecReader, catalog: Catalog, prop: Property) -> None:
    """Check a property's feature and expectations."""
    if prop.feature not in catalog.features:
        reader.complain(prop.place, f"{prop.id}: the feature {prop.feature!r} is not in features.yaml")
    _check_expectations(reader, catalog, prop.id, prop.place, prop.expect, STEPS_DRAWN[prop.draw])


def _check_call(reader: SpecReader, catalog: Catalog, call: Call) -> None:
    """Check the features and settings of a client's call."""
    for name in (call.feature, *call.also):
        if name not in catalog.features:
            reader.complain(call.place, f"{call.id}: the feature {name!r} is not in features.yaml")
    for wrong in _wrong_values(call.send, []):
        reader.complain(call.place, f"{call.id}: {wrong}")


def _check_case(reader: SpecReader, catalog: Catalog, case: Case) -> None:
    """Check a case's features, expectations, steps and settings."""
    for name in (case.feature, *case.also):
        if name not in catalog.features:
            reader.complain(case.place, f"{case.id}: the feature {name!r} is not in features.yaml")
    if case.after is not None and case.after not in catalog.cases:
        reader.complain(case.place, f"{case.id}: comes after {case.after!r}, which is no case")
    steps = [step.id for step in case.steps]
    for name in sorted({name for name in steps if steps.count(name) > 1}):
        reader.complain(case.place, f"{case.id}: two steps are called {name!r}")
    for position, step in enumerate(case.steps):
        if step.needs is not None and (case.together or step.needs.step not in steps[:position]):
            reader.complain(case.place, f"{case.id}: {step.id} needs {step.needs.step!r}, which is no earlier step")
        for wrong in _wrong_values([step.send, step.target, step.query], [] if case.together else steps[:position]):
            reader.complain(case.place, f"{case.id}: {wrong}")
    _check_expectations(reader, catalog, case.id, case.place, case.expect, steps)


def _check_expectations(
    reader: SpecReader, catalog: Catalog, who: str, place: Place, expected: Iterable[Expectation], steps: list[str]
) -> None:
    """Check that every expectation names a requirement with a check, and that its arguments fit."""
    for expectation in expected:
        requirement = catalog.requirements.get(expectation.requirement)
        if requirement is None or requirement.check is None or requirement.check not in CHECKS:
            reader.complain(place, f"{who}: expects {expectation.requirement!r}, which is no requirement with a check")
            continue
        arguments = {**requirement.arguments, **expectation.arguments}
        check = CHECKS[requirement.check]
        if unfit := check.misfit(arguments, settings=SETTINGS, steps=steps):
            reader.complain(place, f"{who}: {expectation.requirement}: {requirement.check} {unfit}")
        elif len(check.replies) > 1 and len(steps) < 2:
            reader.complain(place, f"{who}: {expectation.requirement} compares steps, and there is only one")


def _wrong_values(value: Data, earlier: list[str]) -> Iterator[str]:
    """The mistakes in the settings and references inside a value."""
    if isinstance(value, str) and _LIKE_A_SETTING.match(value) and value not in SETTINGS and not value.startswith(RELAYED):
        yield f"{value} is no run setting; there are: {', '.join(sorted(SETTINGS))}"
    elif isinstance(value, dict) and "$from" in value:
        if not {"$from", "at"} <= set(value) <= {"$from", "at", "spread"} or value["$from"] not in earlier:
            yield f"a reference takes $from, an earlier step ({', '.join(earlier) or 'there is none'}), and at, a JSON pointer"
    elif isinstance(value, dict) and "$repeat" in value:
        times, text = value["$repeat"], value.get("of")
        if len(value) != 2 or type(times) is not int or not isinstance(text, str) or not 0 < times * len(text) <= LONGEST_TEXT:
            yield f"a repeated text takes $repeat, a number, and of, a text; both make at most {LONGEST_TEXT:,} characters"
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _wrong_values(item, earlier)
