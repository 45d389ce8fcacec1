"""How much of a run was rate-limited and therefore not judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..checks import Reply
from ..model import CaseResult, Exchange
from .inconclusive import put_off


@dataclass(frozen=True, slots=True)
class RateLimited:
    """The cases with a rate-limited request, and whether any request was served at all."""

    cases: frozenset[str] = frozenset()
    served: bool = True

    @property
    def told(self) -> str:
        """The number of cases, in words; empty without any."""
        return f"{len(self.cases)} case{' was' if len(self.cases) == 1 else 's were'} rate limited" if self.cases else ""


def rate_limited(results: Sequence[CaseResult]) -> RateLimited:
    """The rate-limited cases of a run. Rate limits that our own scripted upstream produces do not count."""
    cases = frozenset(result.case for result in results if any(map(_is_put_off, result.exchanges)))
    if not cases:
        return RateLimited()
    sent = [exchange for result in results for exchange in result.exchanges]
    asking = [exchange for exchange in sent if exchange.request.method == "POST"] or sent  # lists are rarely rate-limited
    return RateLimited(cases, any(exchange.status is not None and exchange.status // 100 == 2 for exchange in asking))


def _is_put_off(exchange: Exchange) -> bool:
    return not exchange.behind and put_off(Reply(exchange)) is not None
