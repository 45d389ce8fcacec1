"""Estimates the maximum cost of a run before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..model import Call, Case, Data, Step
from .endpoints import UNDOING, may_keep

MAKING = ("chat", "completions", "responses", "response-compact")
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")

DEFAULT_TOKENS = 16
"""The tokens of a text completion without a limit; all our other requests set one."""

DRAWN_TOKENS = 144
"""The most completion tokens that a generated request asks for: three prompts, three choices each, 16 tokens."""


DRAWN_PROMPT = 60
"""About how many prompt tokens a generated request has."""

READING = ("chat", "completions", "responses", "response-compact", "embeddings")
"""Endpoints that count the tokens of what they are sent."""

READ = ("messages", "input", "prompt", "instructions", "tools", "functions", "response_format", "text", "suffix")
"""Members of a request that are counted as its prompt."""

LETTERS = 4
"""Letters of JSON in a token, about."""

PICTURE = 85
"""Tokens of a small picture or file, about."""

REQUEST_SECONDS = 0.5
TOKEN_SECONDS = 0.02
"""What a plan takes for granted: the time to the first token, and the time of each one."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A number of requests, an upper bound of completion tokens, and about how many prompt tokens there are.

    ``deletions`` are requests beside these: they delete what the run has made, and cost no tokens.
    """

    requests: int = 0
    tokens: int = 0
    prompt: int = 0
    deletions: int = 0

    def __add__(self, other: Cost) -> Cost:
        sums = (self.requests + other.requests, self.tokens + other.tokens, self.prompt + other.prompt)
        return Cost(*sums, self.deletions + other.deletions)


@dataclass(frozen=True, slots=True)
class Terms:
    """How a run is played and paid: cases at a time, requests a minute, and prices of a million prompt and completion tokens."""

    concurrency: int
    rate: float | None = None
    price: tuple[float, float] | None = None


def cost_of(case: Case | Call) -> Cost:
    """The cost of one case, or of a client's call. Requests that should be refused cost no tokens."""
    if isinstance(case, Call):
        return Cost(case.requests, case.requests * _tokens(case), case.requests * _prompt(case))
    requests = sum(step.until.tries if step.until is not None else 1 for step in case.steps)
    return Cost(requests, sum(map(_tokens, case.steps)), sum(map(_prompt, case.steps)), _left(case))


def _left(case: Case) -> int:
    """How many things a case leaves behind that the run has to delete."""
    made = [step for step in case.steps if step.wants != "refusal" and may_keep(step.endpoint, step.method, _members(step.send))]
    deleted = [step for step in case.steps if step.wants == "success" and (step.method, step.endpoint) in UNDOING.values()]
    return max(0, len(made) - len(deleted))


def _members(body: Data) -> dict[str, Data]:
    return body if isinstance(body, dict) else {}


def _prompt(step: Step | Call) -> int:
    """About how many tokens a step sends."""
    if step.wants == "refusal" or step.endpoint not in READING or not isinstance(step.send, dict):
        return 0
    return sum(_length(value) for name, value in step.send.items() if name in READ) // LETTERS + 1


def _length(value: Data) -> int:
    """The letters of a value. Pictures and files are not read as text."""
    if isinstance(value, dict) and "$repeat" in value:
        return len(str(value["of"])) * int(str(value["$repeat"]))
    if isinstance(value, dict):
        return sum(len(name) + 4 + _length(inner) for name, inner in value.items())
    if isinstance(value, list):
        return sum(LETTERS if isinstance(inner, int) else _length(inner) for inner in value)
    text = value if isinstance(value, str) else json.dumps(value)
    return PICTURE * LETTERS if text.startswith("data:") else len(text)


def _tokens(step: Step | Call) -> int:
    """The most completion tokens that a step can produce."""
    if step.wants == "refusal" or step.endpoint not in MAKING or not isinstance(step.send, dict):
        return 0
    body: dict[str, Any] = step.send
    limit = next((body[name] for name in LIMITS if body.get(name) is not None), DEFAULT_TOKENS)
    prompt = body.get("prompt")
    texts = len(prompt) if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int) else 1
    return int(limit) * max(body.get("n") or 1, body.get("best_of") or 1) * texts


def plan(cases: Iterable[Case | Call], terms: Terms, drawn: int = 0) -> Iterator[str]:
    """The lines of a plan: one row per area, the total, time and money. ``drawn`` is how many requests the property suites may send."""
    by_area: dict[str, Cost] = {}
    for case in cases:
        by_area[case.area] = by_area.get(case.area, Cost()) + cost_of(case)
    if drawn:
        by_area["drawn"] = Cost(drawn, drawn * DRAWN_TOKENS, drawn * DRAWN_PROMPT)
    total = sum(by_area.values(), Cost())
    width = max((len(area) for area in by_area), default=0)
    yield f"{'':<{width}}  {'requests':>8}  {'prompt tokens, about':>20}  {'completion tokens at most':>25}"
    for area, cost in [*by_area.items(), ("all", total)]:
        yield f"{area:<{width}}  {cost.requests:>8,}  {cost.prompt:>20,}  {cost.tokens:>25,}"
    if total.deletions:
        yield f"The run deletes what it has made: that takes at most {total.deletions:,} requests more, which make no tokens."
    yield _time(total, terms)
    if terms.price is not None:
        yield _money(total, *terms.price)


def _time(total: Cost, terms: Terms) -> str:
    """How long it takes, and what that takes for granted."""
    playing = (total.requests * REQUEST_SECONDS + total.tokens * TOKEN_SECONDS) / terms.concurrency
    waiting = total.requests / terms.rate * 60 if terms.rate is not None else 0.0
    told = _span(max(playing, waiting))
    if waiting > playing:
        return f"Time: about {told}, at {terms.rate:g} requests a minute (--rate)."
    granted = f"{REQUEST_SECONDS:g} s to a first token and {TOKEN_SECONDS * 1000:g} ms for each one"
    return f"Time: about {told} with {terms.concurrency} cases at a time (--concurrency), if the endpoint takes {granted}."


def _span(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _money(total: Cost, prompt: float, completion: float) -> str:
    """What it costs, in the currency of the prices."""
    whole = (total.prompt * prompt + total.tokens * completion) / 1_000_000
    each = f"{prompt:g} for a million prompt tokens and {completion:g} for a million completion tokens"
    return f"Money: about {whole:.4f} at most, at {each}."
