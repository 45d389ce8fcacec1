"""Chooses what to show of something long: its beginning, its end, and everything marked in between."""

from __future__ import annotations

from collections.abc import Collection, Iterator


def excerpt(total: int, marked: Collection[int], *, head: int, tail: int, around: int) -> Iterator[range]:
    """The ranges of positions to show, in order; positions between them are left out.

    A marked position and ``around`` positions on each side of it are always shown. A gap of one position is shown too.
    """
    kept = {*range(min(head, total)), *range(max(0, total - tail), total)}
    for position in marked:
        kept.update(range(max(0, position - around), min(total, position + around + 1)))
    start = stop = 0
    for position in sorted(kept):
        if position > stop + 1:
            if stop > start:
                yield range(start, stop)
            start = position
        stop = position + 1
    if stop > start:
        yield range(start, stop if stop < total - 1 else total)
