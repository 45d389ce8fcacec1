"""The pages: modules prepare plain data from a run, ``templates/`` draw it, and ``drawing`` alone makes markup of it."""

from . import cases, comparison_page, compliance, frame

__all__ = ["cases", "comparison_page", "compliance", "frame"]
