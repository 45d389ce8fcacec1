"""What a client handed to its user, and what was on the wire, to findings."""

from __future__ import annotations

from collections.abc import Sequence

from ..catalog import Catalog
from ..checks import CHECKS, Reply
from ..model import NEVER_ANSWERED, Blame, Call, ClientOutcome, Exchange, Finding, Outcome, Requirement, UndecidedError
from .judge import decide, our_error

FIRST = {"success": "call-succeeds", "refusal": "error-is-raised", "either": "call-succeeds"}
"""The requirement under which a call is reported that could not be made."""


class ClientCallJudge:
    """Holds the outcome of calls against the requirements of their client's area."""

    def __init__(self, catalog: Catalog) -> None:
        self._requirements = catalog.requirements

    def unplayed(self, call: Call, outcome: Outcome, reason: str, *exchanges: str, fault: Blame | None = None) -> tuple[Finding, ...]:
        """The finding of a call that says nothing about the endpoint; of an error with whose fault it is."""
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
        found = (self._finding(requirement, call, last, handed) for requirement in self._asked(call))
        return tuple(finding for finding in found if finding is not None)

    def _asked(self, call: Call) -> list[Requirement]:
        return [requirement for requirement in self._requirements.values() if requirement.area == call.client.area]

    def _finding(self, requirement: Requirement, call: Call, exchange: Exchange, handed: ClientOutcome) -> Finding | None:
        """What one requirement comes to; ``None`` where it has nothing to say about such a call."""
        check = CHECKS[str(requirement.check)]
        try:
            problems = check(Reply(exchange), call=call, handed=handed)
        except UndecidedError as undecided:
            return Finding(call.id, requirement.id, Outcome.INCONCLUSIVE, (), (exchange.id,), str(undecided))
        except Exception as error:  # noqa: BLE001 - whatever a check raises is a fault of ours, and takes nothing else with it
            reason = our_error(f"check {check.name}", error)
            return Finding(call.id, requirement.id, Outcome.ERROR, (), (exchange.id,), reason, Blame.OURS)
        if problems is None:
            return None
        return Finding(call.id, requirement.id, decide(requirement.level, problems), tuple(problems), (exchange.id,))
