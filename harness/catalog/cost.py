"""Estimates the maximum cost of a run before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..model import Call, Case, Step

MAKING = ("chat", "completions", "responses", "response-compact")
LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")

DEFAULT_TOKENS = 16
"""The tokens of a text completion without a limit; all our other requests set one."""

DRAWN_TOKENS = 144
"""The most completion tokens that a generated request asks for: three prompts, three choices each, 16 tokens."""


@dataclass(frozen=True, slots=True)
class Cost:
    """A number of requests, and an upper bound of completion tokens."""

    requests: int = 0
    tokens: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.requests + other.requests, self.tokens + other.tokens)


def cost_of(case: Case | Call) -> Cost:
    """The cost of one case, or of a client's call. Requests that should be refused cost no tokens."""
    if isinstance(case, Call):
        return Cost(case.requests, case.requests * _tokens(case))
    requests = sum(step.until.tries if step.until is not None else 1 for step in case.steps)
    return Cost(requests, sum(_tokens(step) for step in case.steps))


def _tokens(step: Step | Call) -> int:
    """The most completion tokens that a step can produce."""
    if step.wants == "refusal" or step.endpoint not in MAKING or not isinstance(step.send, dict):
        return 0
    body: dict[str, Any] = step.send
    limit = next((body[name] for name in LIMITS if body.get(name) is not None), DEFAULT_TOKENS)
    prompt = body.get("prompt")
    texts = len(prompt) if isinstance(prompt, list) and prompt and not isinstance(prompt[0], int) else 1
    return int(limit) * max(body.get("n") or 1, body.get("best_of") or 1) * texts


def table(cases: Iterable[Case | Call], drawn: int = 0) -> Iterator[str]:
    """The lines of a plan: one row per area, and the total. ``drawn`` is how many requests the property suites may send."""
    by_area: dict[str, Cost] = {}
    for case in cases:
        by_area[case.area] = by_area.get(case.area, Cost()) + cost_of(case)
    if drawn:
        by_area["drawn"] = Cost(drawn, drawn * DRAWN_TOKENS)
    total = sum(by_area.values(), Cost())
    width = max((len(area) for area in by_area), default=0)
    yield f"{'':<{width}}  {'requests':>8}  {'completion tokens at most':>25}"
    for area, cost in [*by_area.items(), ("all", total)]:
        yield f"{area:<{width}}  {cost.requests:>8,}  {cost.tokens:>25,}"
