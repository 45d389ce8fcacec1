"""The data model: requirements and cases, exchanges, findings and results.

Every class is frozen and imports nothing from our other packages. All of them can be written to a record and read back.
"""

from .exchange import CLEAN_UP, NEVER_ANSWERED, Arrival, ClientOutcome, Cut, Exchange, Request, RetriedAttempt, TransportFailure
from .levels import JUDGED, Blame, Data, Json, Level, Outcome, Place, UndecidedError, Wants
from .result import CaseResult, Finding, Problem, RunRecord, Subject
from .spec import Call, Case, Client, Expectation, Feature, Need, Parameter, Probe, Property, Requirement, Source, Step, Until, When

__all__ = [
    "CLEAN_UP",
    "JUDGED",
    "NEVER_ANSWERED",
    "Arrival",
    "Blame",
    "Call",
    "Case",
    "CaseResult",
    "Client",
    "ClientOutcome",
    "Cut",
    "Data",
    "Exchange",
    "Expectation",
    "Feature",
    "Finding",
    "Json",
    "Level",
    "Need",
    "Outcome",
    "Parameter",
    "Place",
    "Probe",
    "Problem",
    "Property",
    "Request",
    "Requirement",
    "RetriedAttempt",
    "RunRecord",
    "Source",
    "Step",
    "Subject",
    "TransportFailure",
    "UndecidedError",
    "Until",
    "Wants",
    "When",
]
