"""A run as the data of a shields endpoint badge. It never looks better than the run."""

from __future__ import annotations

from ..judging import Exit
from ..model import Data, Level
from ..records import Judged

GREY = "lightgrey"

NOT_JUDGED = "not judged"


def badge(run: Judged) -> dict[str, Data]:
    """The JSON object that img.shields.io/endpoint asks for, schema version 1."""
    message, colour = _whole(run)
    if run.scope.partial:  # says nothing of the endpoint as a whole
        return drawn(f"part: {message}", GREY)
    return drawn(message, colour)


def drawn(message: str, colour: str = GREY) -> dict[str, Data]:
    """A badge that says this."""
    return {"schemaVersion": 1, "label": "OpenAI API", "message": message, "color": colour}


def _whole(run: Judged) -> tuple[str, str]:
    """Words and colour for a run of the whole suite."""
    verdict = run.verdict
    if verdict.code is Exit.UNMET:
        unmet = sum(s.unmet and not s.known and s.requirement.level is Level.MUST for s in verdict.standings)
        return f"{unmet} MUST not met" if unmet else "not accepted", "red"
    if verdict.code is not Exit.CONFORMS:
        return "incomplete", GREY
    known = sum(bool(s.known) and run.scope.counts(s) for s in verdict.standings)
    return (f"conforms but for {known} known", "yellow") if known else ("conforms", "brightgreen")
