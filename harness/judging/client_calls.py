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
        last = _judged(call, exchanges, handed)
        if last.trouble is not None and last.trouble.kind in NEVER_ANSWERED:
            return self.unplayed(call, Outcome.ERROR, last.trouble.text, last.id, fault=Blame.THEIRS)
        return self._judge.call(call, last, handed)


def _judged(call: Call, exchanges: Sequence[Exchange], handed: ClientOutcome) -> Exchange:
    """The exchange that decides: the last that went wrong if the client raised something, else the last with the call's endpoint."""
    if handed.raised is not None:
        decides = [exchange for exchange in exchanges if exchange.trouble is not None or (exchange.status or 0) >= 400]
    else:
        decides = [exchange for exchange in exchanges if exchange.request.endpoint == call.endpoint]
    return (decides or exchanges)[-1]
