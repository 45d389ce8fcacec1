"""The reference in provider dialects: for each profile, an endpoint that conforms to it."""

from __future__ import annotations

from collections.abc import Iterable

from ..app import App
from ..serve import Server
from . import aifoundryhub, azure_openai, open_responses, openrouter, t_cloud, vllm
from .dialect import Dialect

_SPOKEN = (t_cloud.DIALECT, aifoundryhub.DIALECT, azure_openai.DIALECT, vllm.DIALECT, openrouter.DIALECT, open_responses.DIALECT)
DIALECTS = {dialect.name: dialect for dialect in _SPOKEN}


def serve_dialects(names: Iterable[str] = (), port: int = 0) -> Server:
    """Serve the reference in the first known dialect among ``names``; without one, serve the plain reference."""
    dialect = next((DIALECTS[name] for name in names if name in DIALECTS), None)
    return Server(port=port) if dialect is None else Server(App(dialect, base=""), port, dialect.base)


__all__ = ["DIALECTS", "Dialect", "serve_dialects"]
