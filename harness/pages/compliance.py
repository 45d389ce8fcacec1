"""The compliance page: verdict, facts, matrix, and each requirement with its evidence.

Pure: a record and its verdict in, HTML out. Everything that came from an endpoint goes through ``_text``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ..catalog import Catalog
from ..checks.reply import Reply
from ..delays import added
from ..explain import curl, grouped, plain, pretty, rerun, standing_word
from ..model import JUDGED, Case, CaseResult, Exchange, Finding, Level, Outcome, Property, RunRecord, Subject
from ..treatment import Treatment, treatments
from ..verdict import Exit, Standing, Verdict
from .terminal import SYMBOLS

BODY_LIMIT = 4_000
EVENTS_LIMIT = 60
EVIDENCE_LIMIT = 3
"""So many cases of a requirement are shown with their exchanges; the record holds them all."""

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
}

TREATMENT_TONES = {Treatment.REFUSED_BADLY: "bad", Treatment.IGNORED: "bad", Treatment.REFUSED: "short", Treatment.OBEYED: "good"}

TONES = {
    Outcome.PASS: "good",
    Outcome.NOTE: "plain",
    Outcome.WARN: "short",
    Outcome.FAIL: "bad",
    Outcome.ERROR: "bad",
    Outcome.INCONCLUSIVE: "open",
    Outcome.BLOCKED: "open",
    Outcome.NOT_APPLICABLE: "plain",
}


def fragment(catalog: Catalog, subject: Subject, verdict: Verdict, record: RunRecord) -> str:
    """The page's content, with its style, to be put into a frame."""
    results = {result.case: result for result in record.results}
    parts = [
        f"<style>{Path(__file__).with_name('compliance.css').read_text(encoding='utf-8')}</style>",
        '<main class="wireproof" id="top">',
        _verdict(verdict),
        _facts(catalog, subject, record),
        _matrix(catalog, verdict),
        _legend(),
        *_requirements(catalog, subject, verdict, results),
        _treatments(catalog, record),
        _features(catalog, verdict),
        _untestable(catalog),
        "</main>",
    ]
    return "\n".join(part for part in parts if part)


def _text(value: object) -> str:
    """Text that is safe inside HTML, whatever it is."""
    return html.escape(plain(str(value)), quote=True)


def _cut(text: str) -> str:
    """A long text for reading: its beginning and its length."""
    return text if len(text) <= BODY_LIMIT else f"{text[:BODY_LIMIT]}\n… cut: {len(text):,} characters in all"


def _badge(outcome: Outcome) -> str:
    return f'<span class="badge {TONES[outcome]}">{SYMBOLS[outcome]} {standing_word(outcome)}</span>'


def _verdict(verdict: Verdict) -> str:
    tone = {Exit.CONFORMS: "good", Exit.UNMET: "bad", Exit.OUR_FAULT: "bad"}.get(verdict.code, "open")
    return f'<header class="verdict {tone}"><h2>{_text(verdict.sentence[0].upper() + verdict.sentence[1:])}.</h2></header>'


def _facts(catalog: Catalog, subject: Subject, record: RunRecord) -> str:
    header, footer = record.header, record.footer or {}
    started = datetime.fromtimestamp(header["started_at"], UTC)
    exchanges = [exchange for result in record.results for exchange in result.exchanges]
    rows = {
        "Model": subject.model,
        "Model for text completions": subject.completions_model if subject.completions_model != subject.model else "",
        "Profile": f"{subject.profile}: {catalog.profile.about}",
        "Specification": f"{catalog.sources['openai-openapi'].title}, {catalog.snapshot}",
        "Judged": f"{started:%Y-%m-%d %H:%M} UTC, in {footer.get('seconds', 0):.1f} s",
        "Cost": f"{footer.get('requests', len(exchanges))} requests, {_tokens(exchanges)}",
        "Upstream": subject.upstream,
        "Added by the gateway": "; ".join(added(record.results)),
        "Remarks": "; ".join(subject.remarks),
        "Versions": ", ".join(f"{name} {number}" for name, number in header["versions"].items()),
        "Command": header["command"],
        "Record": "" if footer.get("complete") else "not the whole suite" if footer else "cut off",
    }
    terms = "".join(f"<dt>{name}</dt><dd>{_text(value)}</dd>" for name, value in rows.items() if value)
    return f'<section aria-label="Facts of the run"><dl class="facts">{terms}</dl></section>'


def _tokens(exchanges: Iterable[Exchange]) -> str:
    """The tokens that the endpoint says it spent."""
    usages = [found[1] for exchange in exchanges if (found := Reply(exchange).usage)]
    prompt, completion = (sum(u[n] for u in usages if type(u.get(n)) is int) for n in ("prompt_tokens", "completion_tokens"))
    return f"{prompt:,} prompt and {completion:,} completion tokens by the endpoint's own count"


def _legend() -> str:
    terms = "".join(f"<dt>{_text(word)}</dt><dd>{_text(meaning)}</dd>" for word, meaning in LEGEND.items())
    return f'<details class="legend"><summary>What the words mean</summary><dl class="facts">{terms}</dl></details>'


def _matrix(catalog: Catalog, verdict: Verdict) -> str:
    """Areas against levels; each cell tells how many requirements are met and links to them."""
    rows = []
    for area in catalog.areas:
        of_area = [s for s in verdict.standings if s.requirement.area == area]
        absent = [s for s in of_area if s.outcome is Outcome.NOT_APPLICABLE]
        link = f'<th scope="row"><a href="#area-{area}">{_text(area)}</a></th>'
        if absent and len(absent) == len(of_area):
            rows.append(f'<tr>{link}<td colspan="3" class="plain">{_text(absent[0].reason)}</td></tr>')
            continue
        cells = "".join(_cell(verdict.of_area(area, level)) for level in Level)
        rows.append(f"<tr>{link}{cells}</tr>")
    heads = "".join(f'<th scope="col">{level.upper()}</th>' for level in Level)
    return (
        '<section aria-label="Summary"><h3>Requirements met, by area and level</h3>'
        f'<table class="matrix"><thead><tr><th scope="col">Area</th>{heads}</tr></thead><tbody>{"".join(rows)}</tbody></table></section>'
    )


def _cell(standings: list[Standing]) -> str:
    applying = [s for s in standings if s.outcome is not Outcome.NOT_APPLICABLE]
    if not applying:
        return '<td class="plain">–</td>'
    if applying[0].requirement.level is Level.MAY:
        yes = sum(not s.missed and s.judged > 0 for s in applying)
        return f'<td class="plain">{yes} of {len(applying)} do</td>'
    worst = max((s.outcome for s in applying), key=lambda outcome: outcome.rank)
    met = sum(s.met for s in applying)
    return f'<td class="{TONES[worst]}">{SYMBOLS[worst]} {met} of {len(applying)}</td>'


def _requirements(catalog: Catalog, subject: Subject, verdict: Verdict, results: Mapping[str, CaseResult]) -> Iterator[str]:
    """The unmet ones first, open; then what is undecided; then the rest, folded, by area."""
    unmet = [s for s in verdict.standings if s.unmet or s.outcome is Outcome.ERROR]
    unmet.sort(key=lambda s: (-s.outcome.rank, list(Level).index(s.requirement.level)))
    if unmet:
        yield f'<section id="unmet"><h3>What falls short ({len(unmet)})</h3>'
        yield from (_requirement(catalog, subject, s, results, is_open=s.outcome is not Outcome.WARN) for s in unmet)
        yield "</section>"
    undecided = [s for s in verdict.standings if s.undecided]
    if undecided:
        yield f'<section id="undecided"><h3>What could not be decided ({len(undecided)})</h3>'
        yield from (_requirement(catalog, subject, s, results) for s in undecided)
        yield "</section>"
    yield "<section><h3>All other requirements</h3>"
    for area in catalog.areas:
        rest = [s for s in verdict.standings if s.requirement.area == area and s not in unmet and s not in undecided]
        yield f'<h4 id="area-{area}">{_text(area)}</h4>'
        yield from (_requirement(catalog, subject, s, results) for s in rest)
    yield "</section>"


def _requirement(
    catalog: Catalog, subject: Subject, standing: Standing, results: Mapping[str, CaseResult], *, is_open: bool = False
) -> str:
    """One requirement: its sentence and sources, then its evidence."""
    requirement = standing.requirement
    source = catalog.sources[requirement.source]
    counts = f"{standing.missed} of {standing.judged} cases" if standing.missed else f"{standing.judged} cases" if standing.judged else ""
    title = f'<a href="{_text(source.url)}">{_text(source.title)}</a>' if source.url else _text(source.title)
    rows = [("Source", f"{title}, {_text(source.date)}: {_text(requirement.at)}")]
    if requirement.contradiction:
        rows.append(("But", _text(requirement.contradiction)))
    if requirement.breaks:
        rows.append(("Breaks", _text("; ".join(requirement.breaks))))
    if requirement.seen:
        links = (f'<a href="{_text(url)}">{_text(_thread(url))}</a>' for url in requirement.seen)
        rows.append(("Seen before", ", ".join(links)))
    if standing.reason:
        rows.append(("Reason", _text(standing.reason)))
    terms = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in rows)
    return (
        f'<details class="requirement" id="{_text(requirement.id)}"{" open" if is_open else ""}>'
        f"<summary>{_badge(standing.outcome)} <code>{_text(requirement.id)}</code> "
        f'<span class="level">{requirement.level.upper()}</span> <span class="says">{_text(requirement.says)}</span> '
        f'<span class="count">{_text(counts)}</span></summary>'
        f'<dl class="facts">{terms}</dl>{_evidence(catalog, subject, standing, results)}</details>'
    )


def _thread(url: str) -> str:
    """A short name for the address of a public thread."""
    match = re.search(r"github\.com/([^/]+/[^/]+)/(?:issues|pull)/(\d+)", url)
    return f"{match[1]}#{match[2]}" if match else url


def _evidence(catalog: Catalog, subject: Subject, standing: Standing, results: Mapping[str, CaseResult]) -> str:
    """The cases that missed it with what was expected and got; the other cases by name."""
    missed = [finding for finding in standing.findings if finding.problems and finding.case in results]
    shown = [
        _finding(catalog.tried(f.case), subject, f, results[f.case], is_open=position == 0)
        for position, f in enumerate(missed[:EVIDENCE_LIMIT])
    ]
    rest = {
        "Missed too in": [f.case for f in missed[EVIDENCE_LIMIT:]],
        "Held in": [f.case for f in standing.findings if f.outcome in JUDGED and not f.problems],
        "Not decided by": [f.case for f in standing.findings if f.outcome not in JUDGED],
    }
    for label, cases in rest.items():
        if cases:
            shown.append(f'<p class="others">{label}: {", ".join(f"<code>{_text(case)}</code>" for case in cases)}</p>')
    return "".join(shown)


def _finding(case: Case | Property, subject: Subject, finding: Finding, result: CaseResult, *, is_open: bool) -> str:
    """One case that missed a requirement."""
    problems = "".join(
        f"<tr><td>{_text(', '.join(places))}</td><td>{_text(expected)}</td><td>{_text(got)}</td></tr>"
        for (expected, got), places in grouped(finding.problems).items()
    )
    marked = {int(number) for p in finding.problems for number in re.findall(r"event (\d+)", p.where)}
    exchanges = "".join(_exchange(subject, e, marked, is_open=is_open) for e in result.exchanges if e.id in finding.exchanges)
    return (
        f'<article class="finding"><h5>{_text(case.title)}</h5>'
        f'<p class="place"><code>{_text(case.id)}</code> in spec/{_text(case.place)}</p>'
        '<table class="problems"><thead><tr><th scope="col">Where</th><th scope="col">Expected</th><th scope="col">Got</th></tr></thead>'
        f"<tbody>{problems}</tbody></table>{exchanges}"
        f"<p>Play it again: <code>{_text(rerun(subject, case.id))}</code></p></article>"
    )


def _exchange(subject: Subject, exchange: Exchange, marked: set[int], *, is_open: bool) -> str:
    """An exchange as it crossed the wire."""
    request = exchange.request
    asked = pretty(Exchange("", request, body=request.body)) if request.body else ""
    status = _status(exchange)
    trouble = f"<p>{_text(exchange.trouble.kind)}: {_text(exchange.trouble.text)}</p>" if exchange.trouble else ""
    attempts = "".join(f"<p>Answered {a.status} before; waited {a.waited:g} s.</p>" for a in exchange.attempts)
    reply = Reply(exchange)
    body = _events(reply, marked) if reply.is_event_stream else f"<pre>{_text(_cut(pretty(exchange)))}</pre>"
    return (
        f'<details class="exchange"{" open" if is_open else ""}><summary>{_text(request.method)} {_text(request.path)} → {_text(status)}, '
        f"{len(exchange.body):,} bytes in {exchange.seconds:.3f} s</summary>{attempts}{trouble}"
        f"{_sides(exchange, asked, body)}"
        f"<h6>Reproduce</h6><pre>{_text(curl(subject.base_url, request))}</pre></details>"
    )


def _status(exchange: Exchange) -> str:
    return f"{exchange.status}" if exchange.status is not None else "no status"


def _sides(exchange: Exchange, asked: str, body: str) -> str:
    """Request and reply; beside them, what happened behind a gateway meanwhile."""
    front = (
        f"<h6>Request</h6><pre>{_text(_headers(exchange.request.headers))}\n\n{_text(_cut(asked))}</pre>"
        f"<h6>Reply</h6><pre>{_text(_headers(exchange.headers))}</pre>{body}"
    )
    if not exchange.behind:
        return front
    behind = "".join(_attempt(number, attempt) for number, attempt in enumerate(exchange.behind, start=1))
    return f'<div class="sides"><div><h6>In front of the gateway</h6>{front}</div><div>{behind}</div></div>'


def _attempt(number: int, attempt: Exchange) -> str:
    """What reached the upstream behind a gateway, and what it was answered."""
    trouble = f"<p>{_text(attempt.trouble.kind)}: {_text(attempt.trouble.text)}</p>" if attempt.trouble else ""
    asked = pretty(Exchange("", attempt.request, body=attempt.request.body))
    reply = Reply(attempt)
    body = _events(reply, set()) if reply.is_event_stream else f"<pre>{_text(_cut(pretty(attempt)))}</pre>"
    title = f"Behind the gateway, attempt {number}: {attempt.request.method} {attempt.request.path} → {_status(attempt)}"
    return (
        f"<h6>{_text(title)}</h6>{trouble}<h6>Request</h6><pre>{_text(_headers(attempt.request.headers))}\n\n{_text(_cut(asked))}</pre>"
        f"<h6>Reply</h6><pre>{_text(_headers(attempt.headers))}</pre>{body}"
    )


def _headers(headers: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in headers)


def _events(reply: Reply, marked: set[int]) -> str:
    """A stream's events with their arrival times; those with a problem are marked and never left out."""
    seconds = {payload.event.number: payload.seconds for payload in reply.payloads}
    rows: list[str] = []
    left_out = 0
    for event in reply.stream.events:
        if event.number > EVENTS_LIMIT and event.number not in marked and event is not reply.stream.events[-1]:
            left_out += 1
            continue
        at = f"{seconds[event.number]:.3f} s" if event.number in seconds else ""
        mark = ' class="bad"' if event.number in marked else ""
        named = f"event: {event.name}\n" if event.name is not None else ""
        rows.append(f"<tr{mark}><td>{event.number}</td><td>{at}</td><td><code>{_text(_cut(named + event.data_text))}</code></td></tr>")
    note = f"<p>{left_out:,} events in between are in the record.</p>" if left_out else ""
    head = '<thead><tr><th scope="col">Event</th><th scope="col">At</th><th scope="col">Data</th></tr></thead>'
    return f'<table class="events">{head}<tbody>{"".join(rows)}</tbody></table>{note}'


def _treatments(catalog: Catalog, record: RunRecord) -> str:
    """What the endpoint does with each parameter."""
    rows = "".join(
        f'<tr><th scope="row"><code>{_text(t.parameter)}</code></th>'
        f'<td class="{TREATMENT_TONES.get(t.treatment, "plain")}">{_text(t.treatment)}</td><td><code>{_text(t.case)}</code></td></tr>'
        for t in treatments(catalog, record.results)
    )
    head = '<thead><tr><th scope="col">Parameter</th><th scope="col">What becomes of it</th><th scope="col">Shown by</th></tr></thead>'
    return f'<section id="parameters"><h3>Parameters</h3><table>{head}<tbody>{rows}</tbody></table></section>'


def _features(catalog: Catalog, verdict: Verdict) -> str:
    """What the endpoint offers, and whether it does it right."""
    named = ((f, f'<th scope="row">{_text(f.id)}</th><td>{_text(f.says)}</td>') for f in catalog.features.values())
    rows = "".join(f"<tr>{cells}{_feature_state(f.id, verdict)}</tr>" for f, cells in named)
    head = '<thead><tr><th scope="col">Feature</th><th scope="col">What it is</th><th scope="col">State</th></tr></thead>'
    return f'<section id="features"><h3>Features</h3><table>{head}<tbody>{rows}</tbody></table></section>'


def _feature_state(feature: str, verdict: Verdict) -> str:
    """A table cell: conforms, falls short of so many requirements, or not offered."""
    if feature in verdict.absent:
        return f'<td class="plain">not offered: {_text(verdict.absent[feature])}</td>'
    own = [s for s in verdict.standings if s.requirement.feature == feature]
    missed = [s for s in own if s.unmet or s.outcome is Outcome.ERROR]
    if missed:
        worst = max((s.outcome for s in missed), key=lambda outcome: outcome.rank)
        links = ", ".join(f'<a href="#{_text(s.requirement.id)}">{_text(s.requirement.id)}</a>' for s in missed)
        return f'<td class="{TONES[worst]}">{SYMBOLS[worst]} falls short: {links}</td>'
    if any(s.judged for s in own):
        return f'<td class="good">{SYMBOLS[Outcome.PASS]} conforms</td>'
    return f'<td class="plain">{"no requirement of its own" if not own else "not judged"}</td>'


def _untestable(catalog: Catalog) -> str:
    """What no black box can judge."""
    listed = [r for r in catalog.requirements.values() if r.untestable is not None]
    rows = "".join(f"<dt><code>{_text(r.id)}</code> {_text(r.says)}</dt><dd>{_text(r.untestable)}</dd>" for r in listed)
    return f'<details class="legend"><summary>What nobody can judge from outside ({len(listed)})</summary><dl>{rows}</dl></details>'
