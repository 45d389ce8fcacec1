"""A run as the data of a shields endpoint badge."""

from __future__ import annotations

from ..judging import Exit, Verdict
from ..model import Data, Level

COLOURS = {Exit.CONFORMS: "brightgreen", Exit.UNMET: "red"}


def badge(verdict: Verdict) -> dict[str, Data]:
    """The JSON object that img.shields.io/endpoint asks for, schema version 1."""
    unmet = sum(s.unmet and not s.known and s.requirement.level is Level.MUST for s in verdict.standings)
    words = {Exit.CONFORMS: "conforms", Exit.UNMET: f"{unmet} MUST not met" if unmet else "not accepted"}
    message = words.get(verdict.code, "incomplete")
    return {"schemaVersion": 1, "label": "OpenAI API", "message": message, "color": COLOURS.get(verdict.code, "lightgrey")}
