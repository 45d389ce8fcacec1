"""Numbers in words, as a reader would say them."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """A number of things: ``1 case``, ``2 cases``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def share(part: int, whole: int, noun: str) -> str:
    """Some of a number of things: ``its only case``, ``all 46 cases``, ``5 of 46 cases``."""
    if part != whole:
        return f"{part:,} of {counted(whole, noun)}"
    return f"its only {noun}" if whole == 1 else f"{'both' if whole == 2 else f'all {whole:,}'} {noun}s"
