"""From exchanges to findings, and from findings to a verdict.

In: the exchanges of a case, the endpoint's profile, its absent features, and its known failures.
Out: a finding for each requirement that applies, a result for each requirement, and one verdict with an exit code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader
from .absence import ProbeStep, absence, absence_by, carries_key, deciding, unjudgeable

if TYPE_CHECKING:
    from .client_calls import ClientCallJudge
    from .inconclusive import put_off
    from .judge import Judge, our_error
    from .known_failures import Accept, KnownError, KnownFailure, KnownFailures, read_known
    from .known_failures_writing import as_text, rewritten, written
    from .occurrence import kind_of_value
    from .parameter_support import Treatment, treatments
    from .requirement_result import NOT_TRIED, RequirementResult, standings
    from .verdict import OUT_OF_TIME, STOPPED_ANSWERING, Exit, Scope, Verdict, reach_verdict

__getattr__ = loader(
    __name__,
    {
        "client_calls": ("ClientCallJudge",),
        "inconclusive": ("put_off",),
        "judge": ("Judge", "our_error"),
        "known_failures": ("Accept", "KnownError", "KnownFailure", "KnownFailures", "read_known"),
        "occurrence": ("kind_of_value",),
        "known_failures_writing": ("as_text", "rewritten", "written"),
        "parameter_support": ("Treatment", "treatments"),
        "requirement_result": ("NOT_TRIED", "RequirementResult", "standings"),
        "verdict": ("OUT_OF_TIME", "STOPPED_ANSWERING", "Exit", "Scope", "Verdict", "reach_verdict"),
    },
)

__all__ = [
    "NOT_TRIED",
    "OUT_OF_TIME",
    "STOPPED_ANSWERING",
    "Accept",
    "ClientCallJudge",
    "Exit",
    "Judge",
    "KnownError",
    "KnownFailure",
    "KnownFailures",
    "ProbeStep",
    "RequirementResult",
    "Scope",
    "Treatment",
    "Verdict",
    "absence",
    "absence_by",
    "as_text",
    "carries_key",
    "deciding",
    "kind_of_value",
    "our_error",
    "put_off",
    "reach_verdict",
    "read_known",
    "rewritten",
    "standings",
    "treatments",
    "unjudgeable",
    "written",
]
