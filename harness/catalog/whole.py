"""All that is asked, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..checks import Schemas
from ..model import Call, Case, Feature, Parameter, Property, Requirement, Source
from .profile import Models, Profile, levelled

RELAY = "relay"
"""The feature of gateways that a scripted upstream stands behind, and the beginning of its parts' names."""

TWIN = "twin"
"""The feature of endpoints that are compared with another."""

WHOLENESS = "http.reply-is-whole"
"""The requirement under which a reply that never came is reported."""


def with_needs(features: Mapping[str, Feature], names: Iterable[str]) -> tuple[str, ...]:
    """Features with those that they are part of: who demands the part demands the whole."""
    found: dict[str, None] = {}
    for name in names:
        at: str | None = name
        while at is not None and at not in found:
            found[at] = None
            at = features[at].needs if at in features else None
    return tuple(found)


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
        profile = replace(profile, demands=with_needs(self.features, profile.demands))
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
