"""What an endpoint does with each parameter: obeys it, ignores it in silence, or refuses it, properly or badly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ..catalog import Catalog
from ..checks import Reply
from ..model import CaseResult, Exchange, Outcome, Parameter


class Treatment(StrEnum):
    """How an endpoint treats a parameter, from worst to best."""

    REFUSED_BADLY = "refused badly"
    IGNORED = "accepted and ignored"
    REFUSED = "refused properly"
    OBEYED = "accepted and obeyed"
    ACCEPTED = "accepted; whether it acts cannot be seen"
    UNKNOWN = "not tried, or not decided"


@dataclass(frozen=True, slots=True)
class Treated:
    """A parameter and its treatment; ``case`` is the case that shows it."""

    parameter: str
    treatment: Treatment
    case: str


def treatments(catalog: Catalog, results: Iterable[CaseResult]) -> Iterator[Treated]:
    """The treatment of each parameter, in the order of the data. If several cases try a parameter, the worst one."""
    by_case = {result.case: result for result in results}
    ranks = list(Treatment)
    for parameter in catalog.parameters:
        found = [Treated(parameter.name, _treatment(parameter, case, by_case), case) for case in parameter.cases]
        yield min(found, key=lambda treated: ranks.index(treated.treatment))


def _treatment(parameter: Parameter, case: str, results: Mapping[str, CaseResult]) -> Treatment:
    """The treatment that one case shows."""
    result = results.get(case)
    if result is None or not result.exchanges:
        return Treatment.UNKNOWN
    exchange = result.exchanges[-1]
    if exchange.status is None or exchange.trouble is not None or exchange.status == 429:
        return Treatment.UNKNOWN
    if exchange.status >= 400:
        return Treatment.REFUSED if exchange.status < 500 and _names(exchange, parameter.name) else Treatment.REFUSED_BADLY
    if parameter.obeyed is None:
        return Treatment.ACCEPTED
    outcomes = [finding for finding in result.findings if finding.requirement == parameter.obeyed]
    if not outcomes or outcomes[0].outcome in (Outcome.INCONCLUSIVE, Outcome.BLOCKED, Outcome.NOT_APPLICABLE):
        return Treatment.UNKNOWN
    return Treatment.IGNORED if outcomes[0].problems else Treatment.OBEYED


def _names(exchange: Exchange, parameter: str) -> bool:
    """Whether an error names the parameter."""
    error = Reply(exchange).object.get("error")
    words = f"{error.get('param')} {error.get('message')}" if isinstance(error, dict) else ""
    return parameter.removeprefix("responses ").split(" ")[0].split(".")[0] in words or "wireproof_unknown_member" in words
