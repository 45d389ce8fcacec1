"""The head of the page: the verdict's sentence, the facts of the run, and what the words mean."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from ...catalog import Catalog
from ...checks import Reply
from ...gateway import added
from ...judging import Exit, Verdict
from ...model import Exchange, RunRecord, Subject

LEGEND = {
    "MUST": "the reference's machine-readable contract asks for it, or official clients fail without it",
    "SHOULD": "the reference says that it happens, or widely used clients rely on it",
    "MAY": "allowed either way; noted, never held against the endpoint",
    "✓ met": "every case that tried it found it so",
    "✗ not met": "a MUST that at least one case found broken",
    "! falls short": "a SHOULD that at least one case found broken",
    "? undecided": "no case could decide it: the model, or the endpoint, did not do what it takes",
    "– not applicable": "it belongs to a feature that this endpoint does not offer, or its situation did not arise",
    "‼ no answer": "the endpoint did not answer when it was tried",
    "known failure": "the tested project lists it among those that it accepts, and says why",
    "· noted": "a MAY, whichever way the endpoint does it",
}

VERDICT_TONES = {Exit.CONFORMS: "good", Exit.UNMET: "bad", Exit.OUR_FAULT: "bad"}


def tone_of(verdict: Verdict) -> str:
    """The colour of the verdict. Conforming except for known failures is not green."""
    if verdict.code is Exit.CONFORMS and any(s.known for s in verdict.standings):
        return "short"
    return VERDICT_TONES.get(verdict.code, "open")


def headline(verdict: Verdict) -> str:
    """The verdict as a sentence."""
    return f"{verdict.sentence[0].upper()}{verdict.sentence[1:]}."


def facts(catalog: Catalog, subject: Subject, record: RunRecord) -> list[tuple[str, str]]:
    """What was judged, when, against what, and what it cost."""
    header, footer = record.header, record.footer or {}
    started = datetime.fromtimestamp(header["started_at"], UTC)
    exchanges = [exchange for result in record.results for exchange in result.exchanges]
    others = {"text completions": subject.completions_model, "embeddings": subject.embeddings_model}
    models = "".join(f"; for {use} {name}" for use, name in others.items() if name != subject.model)
    rows = {
        "Endpoint": subject.base_url,
        "Model": subject.model + models,
        "Profile": f"{subject.profile}: {catalog.profile.about}",
        "Specification": f"{catalog.sources['openai-openapi'].title}, {catalog.snapshot}",
        "Judged": f"{started:%Y-%m-%d %H:%M} UTC, in {footer.get('seconds', 0):.1f} s",
        "Cost": f"{footer.get('requests', len(exchanges)):,} requests, {_tokens(exchanges)}",
        "Upstream": subject.upstream,
        "Added by the gateway": "; ".join(added(record.results)),
        "Remarks": "; ".join(subject.remarks),
        "Versions": ", ".join(f"{name} {number}" for name, number in header["versions"].items()),
        "Command": header["command"],
        "Record": "" if footer.get("complete") else "not the whole suite" if footer else "cut off",
    }
    return [(name, value) for name, value in rows.items() if value]


def _tokens(exchanges: Iterable[Exchange]) -> str:
    """The tokens that the endpoint says it spent, in chat's words and in those of responses."""
    usages = [found[1] for exchange in exchanges if (found := Reply(exchange).usage)]
    names = (("prompt_tokens", "input_tokens"), ("completion_tokens", "output_tokens"))
    asked, answered = (sum(next((u[n] for n in pair if type(u.get(n)) is int), 0) for u in usages) for pair in names)
    return f"{asked:,} prompt and {answered:,} completion tokens by the endpoint's own count"
