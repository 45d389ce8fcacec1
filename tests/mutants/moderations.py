"""Mutants of moderations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.reference.exchange import ServerRequest
from harness.reference.faults.changing import body_of, plain, setting
from tests.mutants.changing import mutant
from tests.mutants.operation import at

moderates = at("POST", "/moderations")


def has_parts(asked: ServerRequest) -> bool:
    given = body_of(asked).get("input")
    return moderates(asked) and isinstance(given, list) and isinstance(given[0], dict)


def kind_first(asked: ServerRequest) -> bool:
    given = body_of(asked).get("input")
    return moderates(asked) and isinstance(given, list) and str(given[0]).startswith("A kind")


def each(change: Callable[[dict[str, Any]], Any]) -> Callable[[Any], None]:
    def apply(body: Any) -> None:
        for result in body["results"]:
            change(result)

    return apply


mutant(
    "moderation-without-a-category", "moderations.shape", change=plain(moderates, each(lambda result: result["categories"].pop("violence")))
)
mutant(
    "moderation-scores-as-text",
    "moderations.shape",
    change=plain(moderates, each(lambda result: result["category_scores"].update(hate="low"))),
)
mutant(
    "moderation-first-text-only",
    "moderations.one-for-each-text",
    change=plain(moderates, lambda body: body.update(results=body["results"][:1])),
)
mutant(
    "moderation-parts-one-by-one",
    "moderations.one-for-each-text",
    change=plain(has_parts, lambda body: body.update(results=body["results"] * 2)),
)
mutant(
    "moderation-flag-inverted",
    "moderations.flagged-as-categories",
    change=plain(moderates, each(lambda result: result.update(flagged=not result["flagged"]))),
)
mutant(
    "moderation-scores-in-percent",
    "moderations.scores-in-range",
    change=plain(moderates, each(lambda result: result["category_scores"].update(hate=42.0))),
)
mutant(
    "moderation-types-never-sent",
    "moderations.types-were-sent",
    change=plain(moderates, each(lambda result: result["category_applied_input_types"].update(hate=["audio"]))),
)
mutant("moderation-model-empty", "moderations.model-as-asked", change=plain(moderates, setting("model", "")))
mutant("moderation-results-sorted", "moderations.results-in-order", change=plain(kind_first, lambda body: body["results"].reverse()))
