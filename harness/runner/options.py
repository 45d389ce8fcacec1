"""What a user said about a run: as values, so that reading options needs nothing that plays a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KEY_NAME = "OPENAI_API_KEY"
"""The environment variable that has the key, unless another one is named."""

SILENCE = 60.0
"""So long an endpoint may say nothing, in seconds, unless the user or the profile says otherwise."""

LONGEST = 30.0
"""So long a run may take, in minutes, unless the user says otherwise."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a user said about a run. Without a base URL the embedded reference is judged, with its own key.

    ``upstream`` is where we listen behind a gateway, if that is to be judged from both sides;
    ``query`` goes with each request, beside that of the profile; an empty value takes one of the profile's out.
    ``reference_url`` is the endpoint that it is compared with. It gets the same model unless another is named, and no key and no header
    but its own.
    """

    base_url: str | None = None
    key: str | None = None
    key_name: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    completions_model: str | None = None
    embeddings_model: str | None = None
    profile: str = "openai"
    query: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    concurrency: int = 8
    timeout: float | None = None
    minutes: float = LONGEST
    upstream: tuple[str, int] | None = None
    reference_url: str | None = None
    reference_key: str | None = None
    reference_key_name: str | None = None
    reference_headers: Mapping[str, str] = field(default_factory=dict)
    reference_model: str | None = None
