"""The user's options for a run, as plain values, so that parsing options does not import the runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..options import LONGEST


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The user's options for a run. Without a base URL, the embedded reference is tested, with its own key.

    ``upstream`` is the address where we listen behind a gateway that is judged from both sides.
    ``key_command`` prints the key in place of ``key``, and runs again after ``key_minutes`` and when a key is refused. ``rate`` is in
    requests a minute. ``ca_bundle``, ``client_cert`` and ``client_key`` are files in PEM.
    ``media_models`` are the models for speech, transcription and image; the model, where none is given.
    ``context_window`` is in tokens; what the list of models says, where none is given.
    ``query`` is added to each request, after the profile's; an empty value removes one of the profile's.
    ``reference_url`` is the endpoint to compare with. It gets the same model unless ``reference_model`` is set, and only its own key and
    headers.
    """

    base_url: str | None = None
    key: str | None = None
    key_name: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    completions_model: str | None = None
    embeddings_model: str | None = None
    media_models: Mapping[str, str] = field(default_factory=dict)
    context_window: int | None = None
    profile: str = "openai"
    query: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    concurrency: int = 8
    timeout: float | None = None
    rate: float | None = None
    key_command: str | None = None
    key_minutes: float | None = None
    ca_bundle: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    minutes: float = LONGEST
    upstream: tuple[str, int] | None = None
    reference_url: str | None = None
    reference_key: str | None = None
    reference_key_name: str | None = None
    reference_headers: Mapping[str, str] = field(default_factory=dict)
    reference_model: str | None = None
