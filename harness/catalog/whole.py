"""The catalog: everything read from ``spec/``, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..checks import Schemas
from ..model import Call, Case, Feature, Parameter, Property, Requirement, Source
from .profile import Models, Profile, levelled

RELAY = "relay"
"""The feature of gateways with a scripted upstream. The names of its parts begin with it."""

TWIN = "twin"
"""The feature of endpoints that are compared with a reference endpoint."""

WHOLENESS = "http.reply-is-whole"
"""The requirement that reports a reply that never came."""


def with_needs(features: Mapping[str, Feature], names: Iterable[str]) -> tuple[str, ...]:
    """Features, and those that they are part of: demanding a part demands the whole."""
    found: dict[str, None] = {}
    for name in names:
        at: str | None = name
        while at is not None and at not in found:
            found[at] = None
            at = features[at].needs if at in features else None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Catalog:
    """Everything read from ``spec/``. Mappings are in the order of the files."""

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
        """The catalog for the models of a run, by its profile."""
        profile = self.profile.narrowed(models, self.requirements)
        profile = replace(profile, demands=with_needs(self.features, profile.demands))
        return replace(self, profile=profile, requirements=levelled(self.requirements, profile.deviations))

    def tried(self, name: str) -> Case | Property | Call:
        """The case, property or client call with an id. Each has an id, a title, a feature and a place."""
        return self.cases.get(name) or self.properties.get(name) or self.calls[name]

    @property
    def aliases(self) -> dict[str, str]:
        """The ids of cases that were replaced, each with the id of the case that replaced it."""
        return {alias: case.id for case in self.cases.values() for alias in case.aliases}

    @property
    def snapshot(self) -> str:
        """The date of the reference document."""
        return self.sources["openai-openapi"].date

    @property
    def areas(self) -> tuple[str, ...]:
        """The areas that have requirements, in order."""
        return tuple(dict.fromkeys(requirement.area for requirement in self.requirements.values()))
