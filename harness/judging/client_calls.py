"""Judges client calls: from what a client returned and what was on the wire to findings."""

from __future__ import annotations

from collections.abc import Sequence

from ..catalog import Catalog
from ..model import NEVER_ANSWERED, Blame, Call, ClientOutcome, Exchange, Finding, Outcome
from .judge import Judge

FIRST = {"success": "call-succeeds", "refusal": "error-is-raised", "either": "call-succeeds"}
"""The requirement that reports a call that could not be made."""


class ClientCallJudge:
    """Judges the outcomes of calls by the requirements of their client's area."""

    def __init__(self, catalog: Catalog) -> None:
        self._judge = Judge(catalog, {})

    def unplayed(self, call: Call, outcome: Outcome, reason: str, *exchanges: str, fault: Blame | None = None) -> tuple[Finding, ...]:
        """The finding of a call that decides nothing about the endpoint. ``fault`` says who caused an error."""
        return (Finding(call.id, f"{call.client.area}.{FIRST[call.wants]}", outcome, (), exchanges, reason, fault),)

    def findings(self, call: Call, exchanges: Sequence[Exchange], handed: ClientOutcome) -> tuple[Finding, ...]:
        """The findings of a call that was made."""
        if not exchanges:
            told = f"{handed.raised or ''} {handed.message}".strip()
            reason = f"by our own fault, {handed.client} sent nothing: {told}"
            return self.unplayed(call, Outcome.ERROR, reason, fault=Blame.OURS)
        last = exchanges[-1]
        if last.trouble is not None and last.trouble.kind in NEVER_ANSWERED:
            return self.unplayed(call, Outcome.ERROR, last.trouble.text, last.id, fault=Blame.THEIRS)
        return self._judge.call(call, last, handed)
