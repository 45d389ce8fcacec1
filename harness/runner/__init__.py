"""Runs the suite against an endpoint.

In: a catalog and the user's options.
Out: the result of each case when it is asked for. Several cases run at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from .options import RunOptions
    from .preflight import NotJudgeableError, RateLimitedError, refuse_bad_url
    from .run import Run

__getattr__ = loader(
    __name__,
    {
        "options": ("RunOptions",),
        "preflight": (
            "NotJudgeableError",
            "RateLimitedError",
            "refuse_bad_url",
        ),
        "run": ("Run",),
    },
)

__all__ = ["NotJudgeableError", "RateLimitedError", "Run", "RunOptions", "refuse_bad_url"]
