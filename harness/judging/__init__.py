"""From exchanges to findings, and from findings to a verdict.

In: the exchanges of a case, and what is known of the endpoint: its profile, what it does not offer, its known failures.
Out: a finding for each requirement that applies, a result for each requirement, and one verdict with its exit code.
"""

from .absence import absence, absence_by, carries_key
from .client_calls import ClientCallJudge
from .judge import Judge, our_error
from .known_failures import Accept, KnownError, KnownFailure, KnownFailures, read_known
from .known_failures_writing import as_text, rewritten, written
from .parameter_support import Treatment, treatments
from .verdict import NOT_TRIED, Exit, RequirementResult, Scope, Verdict, reach_verdict, standings

__all__ = [
    "NOT_TRIED",
    "Accept",
    "ClientCallJudge",
    "Exit",
    "Judge",
    "KnownError",
    "KnownFailure",
    "KnownFailures",
    "RequirementResult",
    "Scope",
    "Treatment",
    "Verdict",
    "absence",
    "absence_by",
    "as_text",
    "carries_key",
    "our_error",
    "reach_verdict",
    "read_known",
    "rewritten",
    "standings",
    "treatments",
    "written",
]
