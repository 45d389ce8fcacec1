"""Hypothesis strategies for requests, made from the request schemas and from rules that a schema cannot express.

Every example becomes a ``Case``, so that it is sent, judged, recorded and explained like a handwritten case.
"""

from __future__ import annotations

from .examples import ExampleSource, source_of

__all__ = ["ExampleSource", "source_of"]
