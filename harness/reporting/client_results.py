"""What a run says about each client library: whether the endpoint works with it, and where it fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..catalog import Catalog
from ..model import JUDGED, CaseResult, Finding, Outcome
from .explain import headline, worst_first
from .safe_text import on_one_line


@dataclass(frozen=True, slots=True)
class ClientResult:
    """The results of one client. ``fails`` and ``undecided`` are flows with their findings; ``missing`` says why it was not run."""

    name: str
    worked: int
    fails: tuple[tuple[str, str], ...] = ()
    undecided: tuple[tuple[str, str], ...] = ()
    missing: str = ""

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        if self.missing:
            return self.missing
        calls = f"{self.worked} call{'' if self.worked == 1 else 's'}"
        undecided = f"; undecided: {', '.join(flow for flow, _ in self.undecided)}" if self.undecided else ""
        if not self.fails:
            return (f"works with {self.name} ({calls})" if self.worked else f"nothing was decided with {self.name}") + undecided
        first = "; ".join(f"{flow}: {told}" for flow, told in self.fails[:1])
        rest = f"; also at {', '.join(flow for flow, _ in self.fails[1:])}" if len(self.fails) > 1 else ""
        return f"fails in {self.name} at {first}{rest} ({calls} work{'s' if self.worked == 1 else ''}){undecided}"


def client_results(catalog: Catalog, results: Iterable[CaseResult]) -> list[ClientResult]:
    """The results of each requested client, in the order of the data."""
    by_client: dict[str, list[CaseResult]] = {}
    for result in results:
        if result.case in catalog.calls:
            by_client.setdefault(catalog.calls[result.case].client.id, []).append(result)
    order = list(dict.fromkeys(call.client.id for call in catalog.calls.values()))
    return [_result(catalog, by_client[name]) for name in order if name in by_client]


def _result(catalog: Catalog, results: Sequence[CaseResult]) -> ClientResult:
    """How one client fared."""
    client = catalog.calls[results[0].case].client
    named = sorted({result.handed.client for result in results if result.handed is not None}, key=len)
    if not named:
        reasons = list(dict.fromkeys(finding.reason for result in results for finding in result.findings))
        return ClientResult(client.name, 0, missing=reasons[0] if len(reasons) == 1 else f"nothing to judge with {client.name}")
    fails = [(result, finding) for result in results for finding in worst_first(result.findings)[:1] if finding.problems]
    errors = [r for r in results if r.outcome in (Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.BLOCKED)]
    failing = {result.case for result, _ in fails}
    worked = sum(r.case not in failing and r.outcome in JUDGED for r in results)
    return ClientResult(
        named[-1],
        worked,
        tuple((_flow(result), _told(headline(finding), named[-1])) for result, finding in fails),
        tuple((_flow(r), headline(_gravest(r))) for r in errors if r.case not in failing),
    )


def _gravest(result: CaseResult) -> Finding:
    """The worst of a call's findings."""
    return max(result.findings, key=lambda finding: finding.outcome.rank)


def _flow(result: CaseResult) -> str:
    return result.case.rpartition("/")[2]


def _told(line: str, client: str) -> str:
    """A finding's headline without the client's name in front."""
    return line.replace(f", in {client}", "")


def client_lines(catalog: Catalog, results: Iterable[CaseResult]) -> Iterator[str]:
    """The closing summary's lines about clients; none if no client was requested."""
    found = client_results(catalog, results)
    if found:
        yield ""
    for result in found:
        symbol = "–" if result.missing else "✗" if result.fails else "✓" if result.worked else "?"
        yield on_one_line(f"  {symbol} {result.sentence}")
