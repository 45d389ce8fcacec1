"""Plays a run against an endpoint.

In: a catalog and the user's options.
Out: the result of each case, in the order in which cases are asked for; several are under way at once.
"""

from .preflight import NotJudgeableError, refuse_bad_url
from .run import KEY_NAME, SILENCE, Run, RunOptions

__all__ = ["KEY_NAME", "SILENCE", "NotJudgeableError", "Run", "RunOptions", "refuse_bad_url"]
