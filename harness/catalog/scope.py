"""Narrows the catalog to the kind of run: a plain endpoint, a gateway judged from both sides, or a profile's features."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from .whole import RELAY, WHOLENESS, Catalog


def _belongs(feature: str, *wholes: str) -> bool:
    """Whether a feature is one of ``wholes`` or part of one."""
    return feature.partition(".")[0] in wholes


def ordinary(catalog: Catalog, left_out: tuple[str, ...]) -> Catalog:
    """The catalog for an endpoint by itself."""
    return replace(
        catalog,
        features={name: feature for name, feature in catalog.features.items() if not _belongs(name, *left_out)},
        requirements={name: r for name, r in catalog.requirements.items() if not _belongs(r.feature, *left_out)},
        cases={name: case for name, case in catalog.cases.items() if not _belongs(case.feature, *left_out)},
    )


def relaying(catalog: Catalog) -> Catalog:
    """The catalog for a gateway with a scripted upstream. Its replies depend on the upstream's, so no other requirement judges them."""
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


def without_unoffered(catalog: Catalog) -> Catalog:
    """The catalog without features that only other profiles have: they are neither tested nor reported."""
    offered = {f.id: f for f in catalog.features.values() if not f.by_profile or f.id in catalog.profile.demands}
    requirements = {r.id: r for r in catalog.requirements.values() if r.feature in offered}
    cases = {case.id: case for case in catalog.cases.values() if case.feature in offered}
    return replace(catalog, features=offered, requirements=requirements, cases=cases)


def without_paid(catalog: Catalog, named: Collection[str]) -> Catalog:
    """The catalog without paid features and their calls, unless one of their areas is named, or the profile or the user demands them."""
    areas: dict[str, set[str]] = {}
    of_requirements = [(one.feature, one.area) for one in catalog.requirements.values()]
    for feature, area in (*of_requirements, *((case.feature, case.area) for case in catalog.cases.values())):
        areas.setdefault(feature, set()).add(area)
    demanded = set(catalog.profile.demands)
    left_out = {f.id for f in catalog.features.values() if f.paid and f.id not in demanded and areas.get(f.id, set()).isdisjoint(named)}
    return replace(
        catalog,
        features={name: feature for name, feature in catalog.features.items() if name not in left_out},
        requirements={name: r for name, r in catalog.requirements.items() if r.feature not in left_out},
        cases={name: case for name, case in catalog.cases.items() if case.feature not in left_out},
        parameters=tuple(one for one in catalog.parameters if not _only_of(catalog, one.cases, left_out)),
        calls={name: call for name, call in catalog.calls.items() if left_out.isdisjoint((call.feature, *call.also))},
    )


def _only_of(catalog: Catalog, cases: Collection[str], features: Collection[str]) -> bool:
    """Whether all of these cases test one of these features."""
    return all(case in catalog.cases and catalog.cases[case].feature in features for case in cases)
