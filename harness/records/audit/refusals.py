"""Why an entry of a log is not judged. The reasons are ours: they quote nothing of the entry."""

from __future__ import annotations


class BadEntryError(Exception):
    """An entry is broken, or of no form that we know."""


class LeftOutError(Exception):
    """An entry is sound, but holds nothing that can be judged."""
