"""A run as metrics in the text format of Prometheus, for the textfile collector of its node exporter."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .. import VERSION
from ..judging import RequirementResult
from ..model import CaseResult
from ..records import Judged
from .explain import standing_word
from .safe_text import visible

QUANTILES = (0.5, 0.95, 0.99)


def metrics(run: Judged) -> str:
    """The metrics. Every name begins with ``wireproof_``."""
    return "".join(f"{line}\n" for line in _lines(run))


def _lines(run: Judged) -> Iterator[str]:
    subject, footer = run.subject, run.record.footer or {}
    about = {"base_url": subject.base_url, "model": subject.model, "profile": subject.profile, "spec": run.catalog.snapshot}
    whole = "yes" if run.scope.complete else "no"
    yield from _metric("info", "gauge", "What was judged; always 1.", [({**about, "version": VERSION, "whole": whole}, 1)])
    yield from _metric(
        "exit_code", "gauge", "How the run ended: 0 conforms, 1 does not, others give no verdict.", [({}, int(run.verdict.code))]
    )
    started = run.record.header["started_at"]
    yield from _metric("started_timestamp_seconds", "gauge", "When the run began.", [({}, started)])
    if "seconds" in footer:
        yield from _metric("duration_seconds", "gauge", "How long the run took.", [({}, footer["seconds"])])
        yield from _metric("requests", "gauge", "Requests that the run sent.", [({}, footer["requests"])])
    counts = Counter((str(standing.requirement.level), _word(standing)) for standing in run.verdict.standings)
    found = [({"level": level, "outcome": word}, number) for (level, word), number in sorted(counts.items())]
    yield from _metric("requirements", "gauge", "Requirements, by level and by what they came to.", found)
    first, whole_reply = _latencies(run.record.results)
    yield from _summary("first_byte_seconds", "From the request to the first byte of the reply.", first)
    yield from _summary("reply_seconds", "From the request to the end of the reply.", whole_reply)


def _word(standing: RequirementResult) -> str:
    """A requirement's outcome, with accepted failures as an outcome of their own."""
    return "known failure" if standing.known and not standing.undecided else standing_word(standing.outcome)


Labels = Mapping[str, str]
Latencies = Mapping[tuple[str, str], Sequence[float]]
"""Seconds by endpoint, and whether the reply was streamed."""


def _latencies(results: Iterable[CaseResult]) -> tuple[Latencies, Latencies]:
    """The latencies of successful replies."""
    first: dict[tuple[str, str], list[float]] = {}
    whole: dict[tuple[str, str], list[float]] = {}
    for exchange in (exchange for result in results for exchange in result.exchanges):
        if exchange.status is None or exchange.status >= 300 or exchange.trouble is not None or exchange.seconds <= 0:
            continue
        is_streamed = (exchange.header("content-type") or "").startswith("text/event-stream")
        key = (exchange.request.endpoint, "yes" if is_streamed else "no")
        whole.setdefault(key, []).append(exchange.seconds)
        if exchange.arrivals:
            first.setdefault(key, []).append(exchange.arrivals[0].seconds)
    return first, whole


def _summary(name: str, about: str, found: Latencies) -> Iterator[str]:
    """A distribution, as quantiles with sum and count."""
    if not found:
        return
    yield f"# HELP wireproof_{name} {about}"
    yield f"# TYPE wireproof_{name} summary"
    for (endpoint, streamed), seconds in sorted(found.items()):
        ordered, labels = sorted(seconds), {"endpoint": endpoint, "streamed": streamed}
        for quantile in QUANTILES:
            value = ordered[math.ceil(quantile * len(ordered)) - 1]
            yield _sample(name, {**labels, "quantile": str(quantile)}, value)
        yield _sample(f"{name}_sum", labels, sum(ordered))
        yield _sample(f"{name}_count", labels, len(ordered))


def _metric(name: str, kind: str, about: str, samples: Iterable[tuple[Labels, float]]) -> Iterator[str]:
    yield f"# HELP wireproof_{name} {about}"
    yield f"# TYPE wireproof_{name} {kind}"
    for labels, value in samples:
        yield _sample(name, labels, value)


def _sample(name: str, labels: Labels, value: float) -> str:
    """One line; an integer stays one."""
    told = ",".join(f'{label}="{_quoted(text)}"' for label, text in labels.items())
    number = str(value) if isinstance(value, int) else f"{value:.6f}"
    return f"wireproof_{name}{f'{{{told}}}' if told else ''} {number}"


def _quoted(text: str) -> str:
    """A label's value: backslash, quotation mark and line feed are escaped, as the format asks."""
    return visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
