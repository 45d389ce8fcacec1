"""Moderations: results, categories and scores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model import Json, Problem, UndecidedError
from .registry import check
from .reply import Reply, few, items_of, show

CLOSE = 0.02
"""How far two scores of the same text may differ; models are not always repeatable."""


def _results(reply: Reply) -> list[tuple[str, dict[str, Any]]]:
    """The results of a moderation, with their places."""
    return [(f"/results/{i}", item) for i, item in enumerate(items_of(reply.object.get("results"))) if isinstance(item, dict)]


@check
def one_result_for_each_text(reply: Reply) -> list[Problem] | None:
    """There are as many results as texts; parts are judged together."""
    given, results = reply.asked.get("input"), reply.object.get("results")
    if given is None or not isinstance(results, list):
        return None
    wanted = len(given) if isinstance(given, list) and all(isinstance(item, str) for item in given) else 1
    return [] if len(results) == wanted else [Problem("/results", f"{wanted}, one for each input", str(len(results)))]


@check
def flagged_as_the_categories(reply: Reply) -> list[Problem] | None:
    """``flagged`` is true exactly if one category is."""
    problems: list[Problem] = []
    for where, result in _results(reply):
        categories = result.get("categories")
        if isinstance(categories, dict):
            wanted = any(value is True for value in categories.values())
            if result.get("flagged") is not wanted:
                problems.append(Problem(f"{where}/flagged", f"{show(wanted)}, as the categories say", show(result.get("flagged"))))
    return few(problems) if _results(reply) else None


@check
def scores_are_in_range(reply: Reply) -> list[Problem] | None:
    """Each score lies between 0 and 1."""
    scores = list(_scores(reply))
    return few([Problem(where, "a number from 0 to 1", show(score)) for where, score in scores if not 0 <= score <= 1]) if scores else None


def _scores(reply: Reply) -> Iterator[tuple[str, float]]:
    """Each score that is a number, with its place."""
    for where, result in _results(reply):
        scores = result.get("category_scores")
        for name, score in scores.items() if isinstance(scores, dict) else ():
            if isinstance(score, int | float) and not isinstance(score, bool):
                yield f"{where}/category_scores/{name}", score


@check
def applied_types_were_sent(reply: Reply) -> list[Problem] | None:
    """The types of input that a category was applied to are among those that were sent."""
    sent = _sent_types(reply.asked.get("input"))
    problems: list[Problem] = []
    judged = False
    for where, result in _results(reply):
        applied = result.get("category_applied_input_types")
        for name, types in applied.items() if isinstance(applied, dict) else ():
            judged = True
            others = [kind for kind in items_of(types) if not (isinstance(kind, str) and kind in sent)]
            if others:
                at = f"{where}/category_applied_input_types/{name}"
                problems.append(Problem(at, " or ".join(sorted(sent)), show(types)))
    return few(problems) if judged else None


def _sent_types(given: Json) -> set[str]:
    """The types of the inputs that were sent."""
    parts = [part for part in items_of(given) if isinstance(part, dict)]
    return {"image" if part.get("type") == "image_url" else "text" for part in parts} or {"text"}


@check
def results_follow_the_texts(first: Reply, second: Reply) -> list[Problem] | None:
    """Two texts that are sent in the opposite order get their results in the opposite order."""
    one, other = _score_rows(first), _score_rows(second)
    if len(one) != 2 or len(other) != 2:
        return None
    if _is_close(one[0], one[1]):
        raise UndecidedError("both texts got the same scores, so they show no order")
    if not (_is_close(one[0], other[1]) or _is_close(one[0], other[0])):
        raise UndecidedError("the same text got other scores each time")
    if _is_close(one[0], other[1]) and _is_close(one[1], other[0]):
        return []
    return [Problem("/results", "the results of the other request, the other way round", "the same order")]


def _score_rows(reply: Reply) -> list[dict[str, float]]:
    """The scores of each result by category."""
    rows: dict[str, dict[str, float]] = {}
    for where, score in _scores(reply):
        at, _, name = where.partition("/category_scores/")
        rows.setdefault(at, {})[name] = score
    return list(rows.values())


def _is_close(one: dict[str, float], other: dict[str, float]) -> bool:
    """Whether two results have almost the same scores."""
    return one.keys() == other.keys() and all(abs(one[name] - other[name]) <= CLOSE for name in one)
