"""Reads ``spec/``, or reports every mistake with file and line.

Everything is validated here, before any request is sent: schemas, unique ids, and that every name exists.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from ..checks import Schemas
from ..model import Feature, Parameter, Requirement, Source
from .items import by_id, calls_of, cases_of, feature_of, properties_of, requirements_of, with_breaks
from .names import check_names, check_parameter
from .paths import SPEC
from .profile import levelled
from .profile_files import KnownNames, read_profile
from .reader import SpecReader, UnknownNameError
from .scope import ordinary, relaying, without_paid, without_unoffered
from .whole import RELAY, TWIN, Catalog, with_needs


def load(
    spec: Path = SPEC,
    profile: str = "openai",
    required: Iterable[str] = (),
    *,
    relay: bool = False,
    twin: bool = False,
    named: Iterable[str] | None = None,
) -> Catalog:
    """Read a folder like ``spec/`` with one of its profiles. Raises ``CatalogError`` with everything that is wrong.

    ``required`` lists features that are demanded beyond the profile. The whole folder is read and checked. With ``relay``, the catalog
    holds only what applies to a gateway with a scripted upstream; otherwise it holds everything else. ``twin`` keeps the comparison
    with another endpoint. ``named`` lists the areas that the user names: paid features of other areas are left out, unless demanded.
    Without it, all are there.
    """
    reader = SpecReader(spec)
    sources = {item["id"]: Source(**item) for _, item, _ in reader.items("sources.yaml", "sources")}
    features = {item["id"]: feature_of(item) for _, item, _ in reader.items("features.yaml", "features")}
    schemas = Schemas({path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((spec / "schemas").glob("*.json"))})
    requirements = by_id(reader, (item for path in reader.files("requirements") for item in requirements_of(reader, path)))
    requirements = with_breaks(reader, requirements)
    areas = list(dict.fromkeys(requirement.area for requirement in sorted(requirements.values(), key=_by_feature(features))))
    areas.sort(key=lambda area: all(requirement.occasional for requirement in requirements.values() if requirement.area == area))
    requirements = dict(sorted(requirements.items(), key=lambda item: areas.index(item[1].area)))
    cases = by_id(reader, (item for path in reader.files("cases") for item in cases_of(reader, path)))
    listed = list(reader.items("parameters.yaml", "parameters"))
    parameters = tuple(Parameter(item["parameter"], tuple(item["cases"]), item.get("obeyed")) for _, item, _ in listed)
    properties = by_id(reader, (item for path in reader.files("properties") for item in properties_of(reader, path)))
    calls = calls_of(reader)
    reader.finish()
    chosen = read_profile(reader, KnownNames(features, requirements, schemas, sources), profile)
    chosen = replace(chosen, demands=with_needs(features, (*chosen.demands, *_known(features, required))))
    catalog = Catalog(sources, features, requirements, cases, parameters, schemas, chosen, properties, calls)
    check_names(reader, catalog)
    for place, item, _ in listed:
        check_parameter(reader, catalog, place, item)
    reader.finish()
    reader.keep()
    catalog = without_unoffered(replace(catalog, requirements=levelled(requirements, chosen.deviations)))
    if named is not None:
        catalog = without_paid(catalog, set(named))
    return relaying(catalog) if relay else ordinary(catalog, (RELAY,) if twin else (RELAY, TWIN))


def areas(spec: Path = SPEC) -> set[str]:
    """All areas that have cases, under any profile."""
    return {path.name for path in (spec / "cases").iterdir()}


def profile_names(spec: Path = SPEC) -> list[str]:
    """The profiles that are shipped."""
    return sorted(path.stem for path in (spec / "profiles").glob("*.yaml"))


def _by_feature(features: Mapping[str, Feature]) -> Callable[[Requirement], tuple[int, str]]:
    """A sort key: the order of features in ``features.yaml``, then the area."""
    order = {name: position for position, name in enumerate(features)}
    return lambda requirement: (order.get(requirement.feature, len(order)), requirement.area)


def _known(features: Mapping[str, Feature], names: Iterable[str]) -> tuple[str, ...]:
    """The names that the user gave. Raises ``UnknownNameError`` unless all are features that can be required under any profile."""
    given = tuple(names)
    requirable = [feature.id for feature in features.values() if not feature.by_profile]
    for name in given:
        if name not in requirable:
            raise UnknownNameError([f"there is no feature {name!r} to require; there are: {', '.join(requirable)}"])
    return given
