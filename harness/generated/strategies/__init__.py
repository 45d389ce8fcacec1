"""Requests that nobody wrote: Hypothesis strategies made from the request schemas, and from what a schema cannot say.

Everything drawn here becomes a ``Case``, so that it is sent, judged, recorded and explained like one that somebody wrote.
"""

from __future__ import annotations

from .examples import ExampleSource, source_of

__all__ = ["ExampleSource", "source_of"]
