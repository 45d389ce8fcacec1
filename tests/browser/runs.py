"""Runs for pages: one with many failures at once, and one whose every text is an attack."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from typing import Any

from markupsafe import Markup

from harness.catalog import Catalog, load
from harness.judging.verdict import Scope, reach_verdict
from harness.model import (
    Arrival,
    CaseResult,
    Exchange,
    Finding,
    Outcome,
    Problem,
    Request,
    RetriedAttempt,
    RunRecord,
    Subject,
    TransportFailure,
)
from harness.reference.answers import answer
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reporting.html import compliance
from tests.baseline import replies
from tests.inprocess import SUBJECT, Judged, judge
from tests.mutants import MUTANTS

ATTACK = (
    "</pre></code></details></main></script><script>attacked = 1; alert(1)</script>"
    "<img src='http://attacker.test/a.png' onerror='alert(2)'>"
    '<iframe src="http://attacker.test/"></iframe><svg onload=alert(3)></svg><style>* { display: none }</style>"\'><b onclick="alert(4)">'
    "<a href='javascript:alert(5)'>&#60;script&#62;\x1b[31mred\x00\x07\u009b\ud800\u202egnirts"
)
"""Markup, script, terminal codes, NUL, half a surrogate pair and a turn of direction, in one text."""

TRIED = 25
"""So many mutants are tried for a request before it is answered well."""

CASE = "chat-stream/basics/short-reply"
BROKEN = "chat-stream.ends-with-done"


def header(subject: Subject = SUBJECT, command: str = "pytest") -> dict[str, Any]:
    """The header of a record."""
    return {"subject": {"base_url": subject.base_url}, "started_at": 1_790_000_000.0, "command": command, "versions": {"wireproof": "0"}}


def page(catalog: Catalog, *results: CaseResult, subject: Subject = SUBJECT, command: str = "pytest") -> Markup:
    """The page of a run with these results."""
    verdict = reach_verdict(catalog, results, {}, Scope(partial="some cases"))
    footer = {"seconds": 1.0, "requests": len(results), "complete": False}
    return compliance.fragment(catalog, subject, verdict, RunRecord(header(subject, command), results, footer))


@cache
def judged_at_once() -> Judged:
    """A full run in which each request meets another mutant that spoils its reply."""
    catalog = load()
    turns = itertools.cycle(random.Random(0).sample(MUTANTS, len(MUTANTS)))

    def respond(asked: ServerRequest) -> ServerReply:
        faultless = replies(answer, [asked])
        tried = itertools.islice(turns, TRIED)
        return next((mutant(asked) for mutant in tried if replies(mutant, [asked]) != faultless), answer(asked))

    # In a thread of its own, as the browser's driver keeps an event loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(judge(catalog, respond))).result()


def draw_at_once(catalog: Catalog) -> Markup:
    """The page of that run."""
    judged = judged_at_once()
    record = RunRecord(header(), judged.results, {"seconds": 9.0, "requests": 500, "complete": True})
    return compliance.fragment(catalog, SUBJECT, judged.verdict, record)


@cache
def all_at_once() -> tuple[Markup, frozenset[str]]:
    """The page of that run, and the requirements that are missed."""
    return draw_at_once(load()), frozenset(judged_at_once().unmet())


def as_read(markup: str) -> str:
    """Markup with the characters that references stand for; what ASCII has stays escaped."""
    return re.sub(r"&#(\d{3,});", lambda found: chr(int(found[1])), markup)


def stream(events: int, *, gap: float = 0.05, wait: float = 0.2, data: str = '{"choices":[]}') -> Exchange:
    """A streamed reply of so many events, each arriving by itself; all at once where ``gap`` is 0."""
    event = f"data: {data}\n\n".encode(errors="backslashreplace")
    arrivals = tuple(Arrival(wait + gap * number, len(event) * (number + 1)) for number in range(events))
    request = Request("chat", "POST", "/chat/completions", (("content-type", "application/json"),), b'{"stream":true}', "success")
    headers = (("content-type", "text/event-stream"),)
    return Exchange("e1", request, 200, headers, event * events, arrivals, 1.0, wait + gap * events)


def missed(exchange: Exchange, *problems: Problem, reason: str = "", case: str = CASE) -> CaseResult:
    """A case that missed a requirement in one exchange."""
    return CaseResult(case, (exchange,), (Finding(case, BROKEN, Outcome.FAIL, problems, (exchange.id,), reason),))


def hostile(catalog: Catalog) -> Markup:
    """A page in which every text that an endpoint, or a user, can choose is an attack."""
    raw = ATTACK.encode(errors="surrogatepass")
    headers = ((f"x-{ATTACK}", ATTACK), ("content-type", "text/event-stream"))
    events = b"event: " + raw.replace(b"\n", b" ") + b"\ndata: " + raw + b"\n\n: " + raw + b"\n\n"
    request = Request("chat", "POST", f"/chat/{ATTACK}", headers, raw, "success")
    trouble = TransportFailure("cut", ATTACK)
    streamed = Exchange(
        "e1", request, 200, headers, events, (Arrival(0.1, len(events)),), 1.0, 0.2, trouble, (RetriedAttempt(429, ATTACK, 1.0),)
    )
    plain = replace(streamed, id="e2", headers=headers[:1], body=b'{"' + raw.replace(b'"', b'\\"') + b'": 1}')
    problems = (Problem(f"event 1 /{ATTACK}", ATTACK, ATTACK), Problem(f"header x-{ATTACK}", ATTACK, ATTACK))
    results = [missed(streamed, *problems, reason=ATTACK)]
    for number, outcome in enumerate((Outcome.INCONCLUSIVE, Outcome.ERROR, Outcome.NOT_APPLICABLE)):
        case = [case for case in catalog.cases if case != CASE][number]
        requirement = [r.id for r in catalog.requirements.values() if r.untestable is None][number]
        results.append(CaseResult(case, (plain,), (Finding(case, requirement, outcome, (), ("e2",), ATTACK),)))
    return page(catalog, *results, subject=replace(SUBJECT, base_url=ATTACK, model=ATTACK, remarks=(ATTACK,)), command=ATTACK)
