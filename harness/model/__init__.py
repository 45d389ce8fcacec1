"""The nouns: what is asked, what crossed the wire, and what was found.

Frozen, printable, and free of any other module of ours. Everything here can be written to a record and read back.
"""

from .asked import Call, Case, Client, Expectation, Feature, Parameter, Probe, Property, Requirement, Source, Step, Until, When
from .crossed import NEVER_ANSWERED, Arrival, Attempt, Exchange, Handed, Request, Trouble
from .found import CaseResult, Finding, Problem, RunRecord, Subject
from .words import JUDGED, Json, Level, Outcome, Place, Undecided, Wants

__all__ = [
    "JUDGED",
    "NEVER_ANSWERED",
    "Arrival",
    "Attempt",
    "Call",
    "Case",
    "CaseResult",
    "Client",
    "Exchange",
    "Expectation",
    "Feature",
    "Finding",
    "Handed",
    "Json",
    "Level",
    "Outcome",
    "Parameter",
    "Place",
    "Probe",
    "Problem",
    "Property",
    "Request",
    "Requirement",
    "RunRecord",
    "Source",
    "Step",
    "Subject",
    "Trouble",
    "Undecided",
    "Until",
    "Wants",
    "When",
]
