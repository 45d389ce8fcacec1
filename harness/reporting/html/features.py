"""What the endpoint offers: features, what becomes of each parameter, and what nobody can judge from outside."""

from __future__ import annotations

from ...catalog import Catalog
from ...judging import Treatment, Verdict, treatments
from ...model import Outcome, RunRecord
from ..terminal import SYMBOLS
from .markup import TONES, link, table, text

TREATMENT_TONES = {Treatment.REFUSED_BADLY: "bad", Treatment.IGNORED: "bad", Treatment.REFUSED: "short", Treatment.OBEYED: "good"}

STATES = (
    "A feature conforms when every requirement of its own that was judged is met, and falls short of those that are named. "
    "One that is not offered is not held against the endpoint. One that is not judged was offered, but no case could tell."
)


def features(catalog: Catalog, verdict: Verdict) -> str:
    """What the endpoint offers, and whether it does it right."""
    rows = (f'<tr><th scope="row">{text(f.id)}</th><td>{text(f.says)}</td>{_state(f.id, verdict)}</tr>' for f in catalog.features.values())
    shown = table(("Feature", "What it is", "State"), rows)
    return f'<section id="features"><h2>Features</h2><p>{STATES}</p>{shown}</section>'


def _state(feature: str, verdict: Verdict) -> str:
    """A table cell: conforms, falls short of so many requirements, or not offered."""
    if feature in verdict.absent:
        return f'<td class="plain">not offered: {text(verdict.absent[feature])}</td>'
    own = [s for s in verdict.standings if s.requirement.feature == feature]
    missed = [s for s in own if s.unmet or s.outcome is Outcome.ERROR]
    if missed:
        worst = max((s.outcome for s in missed), key=lambda outcome: outcome.rank)
        links = ", ".join(link(s.requirement.id) for s in missed)
        return f'<td class="{TONES[worst]}">{SYMBOLS[worst]} falls short: {links}</td>'
    if any(s.judged for s in own):
        return f'<td class="good">{SYMBOLS[Outcome.PASS]} conforms</td>'
    return f'<td class="plain">{"not judged" if own else "no requirement of its own"}</td>'


def parameters(catalog: Catalog, record: RunRecord) -> str:
    """What the endpoint does with each parameter."""
    played = {result.case for result in record.results}
    rows = (
        f'<tr><th scope="row"><code>{text(t.parameter)}</code></th><td class="{TREATMENT_TONES.get(t.treatment, "plain")}">'
        f"{text(t.treatment)}</td><td>{link(t.case) if t.case in played else f'<code>{text(t.case)}</code>'}</td></tr>"
        for t in treatments(catalog, record.results)
    )
    shown = table(("Parameter", "What becomes of it", "Shown by"), rows)
    return f'<section id="parameters"><h2>Parameters</h2>{shown}</section>'


def untestable(catalog: Catalog) -> str:
    """What no black box can judge."""
    listed = [r for r in catalog.requirements.values() if r.untestable is not None]
    rows = "".join(f"<dt><code>{text(r.id)}</code> {text(r.says)}</dt><dd>{text(r.untestable)}</dd>" for r in listed)
    return f'<details class="legend"><summary>What nobody can judge from outside ({len(listed)})</summary><dl>{rows}</dl></details>'
