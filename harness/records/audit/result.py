"""The report of an audit, as JSON: everything that is shown is made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ... import VERSION
from ...catalog import Catalog
from ...model import Data, Level, Outcome, Requirement
from ..verdicts import said_of
from .bounded import Bounded
from .counts import BOUNDS, JUDGED, MISSED, AuditGroup, Counts, Kind
from .examples import EntryPlace, Examples, Ways
from .lasting import lasting
from .tally import AuditTally, Shown
from .work import AuditTerms, numbers_of

FORMAT = 1
"""Which shape a report has; ``compare`` refuses others."""

GROUPS = 50
"""How many groups of a kind a requirement lists, those that miss it most often first."""

CELLS = 500
"""How many combinations of model, host, route and hour are listed, those that miss most often first."""

WAYS = 6
"""How many ways of missing a requirement are shown: half of them the most frequent, half the rarest."""


def report(
    catalog: Catalog, tally: AuditTally, terms: AuditTerms, placed: Callable[[EntryPlace], str], fail_on: Level | None
) -> dict[str, Any]:
    """The whole report."""
    shown, left_out = tally.resolved()
    shown.counts.settle()
    numbers = numbers_of(catalog.requirements)
    requirements = [
        told for r in catalog.requirements.values() if r.untestable is None and (told := _requirement(r, numbers[r.id], shown, placed))
    ]
    unmet = {level: sum(one["level"] == level and one["outcome"] in ("fail", "warn") for one in requirements) for level in Level}
    exchanges = shown.counts.all.exchanges
    sentence, code = said_of(unmet, exchanges, shown.judged, shown.unanswered, fail_on)
    return {
        "audit": FORMAT,
        "version": VERSION,
        "spec": catalog.snapshot,
        "profile": catalog.profile.name,
        "seed": terms.seed,
        "verdict": sentence,
        "code": int(code),
        "entries": tally.entries,
        "bytes": tally.octets,
        "exchanges": exchanges,
        "judged": shown.judged,
        "unanswered": shown.unanswered,
        "bad": {"count": tally.bad.count, "first": [{"place": placed(where), "reason": reason} for where, reason in tally.bad.first]},
        "left_out": left_out,
        "our_errors": {str(key[0]): _examples(examples, placed) for key, examples in shown.errors.items()},
        "groups": {name: _sizes(table) for name, table in shown.counts.by.items()},
        "requirements": requirements,
        "cells": _cells(catalog, shown, numbers),
        "across": lasting(tally.across, placed),
    }


def _requirement(requirement: Requirement, number: int, shown: Shown, placed: Callable[[EntryPlace], str]) -> dict[str, Data] | None:
    """What the exchanges showed of a requirement; ``None`` if nothing."""
    counts = shown.counts.all
    judged, missed, undecided = (counts.of(number, kinds) for kinds in (JUDGED, MISSED, (Kind.UNDECIDED,)))
    errors = counts.of(number, (Kind.OUR_ERROR, Kind.THEIR_ERROR))
    if not judged and not undecided and not errors:
        return None
    told: dict[str, Data] = {
        "id": requirement.id,
        "level": str(requirement.level),
        "says": requirement.says,
        "outcome": str(_outcome(counts, number, requirement.level)),
        "judged": judged,
        "missed": missed,
        "undecided": undecided,
    }
    if missed:
        told["by"] = {name: _by_group(table, number) for name, table in shown.counts.by.items()}
        told["ways"], told["more_ways"] = _ways(shown.ways.get(number, Ways()), placed)
    return told


def _outcome(counts: Counts, number: int, level: Level) -> Outcome:
    """The outcome over all exchanges: a failure outweighs all else."""
    for kind, outcome in (
        (Kind.FAILED, Outcome.FAIL),
        (Kind.WARNED, Outcome.WARN),
        (Kind.NOTED, Outcome.NOTE),
        (Kind.MET, Outcome.NOTE if level is Level.MAY else Outcome.PASS),
        (Kind.OUR_ERROR, Outcome.ERROR),
        (Kind.THEIR_ERROR, Outcome.ERROR),
    ):
        if counts.of(number, (kind,)):
            return outcome
    return Outcome.INCONCLUSIVE


def _by_group(table: Bounded[Counts], number: int) -> dict[str, Data]:
    """Where a requirement is missed: the groups, the worst first, and all that are not told apart."""
    found = [(str(key[0]), counts.of(number, JUDGED), counts.of(number, MISSED)) for key, counts in table.items()]
    worst = sorted((one for one in found if one[2]), key=lambda one: (-one[2], one[0]))
    listed = worst[:GROUPS]
    rest = [(one[1], one[2]) for one in worst[GROUPS:]] + [(table.rest.of(number, JUDGED), table.rest.of(number, MISSED))]
    return {
        "groups": [{"name": name, "judged": judged, "missed": missed} for name, judged, missed in listed],
        "other": {"judged": sum(one[0] for one in rest), "missed": sum(one[1] for one in rest)},
        "without": sum(1 for one in found if one[1] and not one[2]),
    }


def _ways(ways: Ways, placed: Callable[[EntryPlace], str]) -> tuple[list[Data], int]:
    """The most frequent and the rarest ways of missing a requirement, and how many exchanges miss it in another."""
    found = sorted(ways.items(), key=lambda item: (-item[1].count, item[0]))
    picked = found if len(found) <= WAYS else [*found[: WAYS // 2], *found[-(WAYS - WAYS // 2) :]]
    told: list[Data] = [{"where": key[0], "expected": key[1], **_examples(examples, placed)} for key, examples in picked]
    return told, sum(examples.count for _, examples in found) - sum(examples.count for _, examples in picked) + ways.rest.count


def _examples(examples: Examples, placed: Callable[[EntryPlace], str]) -> dict[str, Data]:
    """The first example, and those that were drawn."""
    first = examples.first
    drawn = [{"place": placed(where), **told} for _, where, told in examples.drawn if first is None or where != first[0]]
    return {"count": examples.count, "examples": [*([{"place": placed(first[0]), **first[1]}] if first else []), *drawn]}


def _sizes(table: Bounded[Counts]) -> dict[str, Data]:
    """The groups of a kind with the number of their exchanges, and the rest."""
    found = sorted(((str(key[0]), counts.exchanges) for key, counts in table.items()), key=lambda one: (-one[1], one[0]))
    return {"groups": [{"name": name, "exchanges": number} for name, number in found], "other": table.rest.exchanges, "most": table.most}


def _cells(catalog: Catalog, shown: Shown, numbers: Mapping[str, int]) -> dict[str, Data]:
    """The combinations of model, host, route and hour in which a MUST or a SHOULD is missed, and the rest."""
    table = shown.counts.cells
    found = sorted(_missing(table, {number: name for name, number in numbers.items()}), key=lambda one: (-one["missed"], one["group"]))
    return {"groups": found[:CELLS], "more": max(len(found) - CELLS, 0), "other": table.rest.exchanges, "most": table.most}


def _missing(table: Bounded[Counts], names: Mapping[int, str]) -> Iterator[dict[str, Any]]:
    """Each cell that misses something."""
    kinds = (Kind.WARNED, Kind.FAILED)
    for key, counts in table.items():
        by = {names[number]: [counts.of(number, JUDGED), counts.of(number, kinds)] for number in counts.any_of(kinds)}
        if by:
            group = dict(zip(BOUNDS, AuditGroup(*map(str, key)), strict=True))
            yield {"group": list(group.values()), "exchanges": counts.exchanges, "missed": sum(two for _, two in by.values()), "by": by}
