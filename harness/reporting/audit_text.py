"""The report of an audit for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..model import Data, Outcome
from .counts import counted, share
from .terminal import SYMBOLS

SHOWN_GROUPS = 3
SHOWN_WAYS = 2
MOST = 40
"""How many requirements that are not met are told; the page and the JSON have all."""

MEASURES = {
    "refused": "statuses from 400 on",
    "failed": "statuses from 500 on",
    "missed": "exchanges that miss a MUST",
    "cut_short": "replies cut by length",
    "called": "replies that call a tool",
    "tokens": "tokens a reply",
    "microseconds": "microseconds a reply",
}
"""What a measure of a day is called."""


def text(report: Mapping[str, Any]) -> str:
    """The whole text."""
    return "\n".join(_lines(report))


def unmet(report: Mapping[str, Any]) -> list[Data]:
    """The requirements that are not met, the gravest and most frequent first."""
    found = [one for one in report["requirements"] if one["outcome"] in (Outcome.FAIL, Outcome.WARN)]
    return sorted(found, key=lambda one: (one["outcome"] != Outcome.FAIL, -one["missed"], one["id"]))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    facts = (counted(report["entries"], "record"), f"profile {report['profile']}", f"spec {report['spec']}")
    yield " · ".join((counted(report["exchanges"], "exchange"), *facts))
    yield from (f"  left out {number:,}: {reason}" for reason, number in report["left_out"].items())
    yield from _bad(report["bad"])
    for name, table in report["groups"].items():
        if table["other"]:
            yield f"  more than {table['most']} different {name}s: {counted(table['other'], 'exchange')} are counted as other"
    missed = unmet(report)
    for one in missed[:MOST]:
        yield from _requirement(one)
    if len(missed) > MOST:
        yield f"  and {counted(len(missed) - MOST, 'requirement')} more"
    yield from (f"  ! {name} was not judged {counted(told['count'], 'time')}: our own check failed" for name, told in _errors(report))
    yield from lasting_lines(report["across"])
    yield report["verdict"]


def _bad(bad: Mapping[str, Any]) -> Iterator[str]:
    if bad["count"]:
        yield f"  {counted(bad['count'], 'record')} could not be read:"
        yield from (f"    {one['place']}: {one['reason']}" for one in bad["first"])


def _errors(report: Mapping[str, Any]) -> Sequence[tuple[str, Data]]:
    return list(report["our_errors"].items())


def _requirement(one: Mapping[str, Any]) -> Iterator[str]:
    """A requirement that is not met: how often, where, and examples."""
    missed = share(one["missed"], one["judged"], "exchange")
    yield f"  {SYMBOLS[Outcome(one['outcome'])]} {one['id']}  {one['level'].upper()}  not met in {missed}"
    for way in one["ways"][:SHOWN_WAYS]:
        first = way["examples"][0]
        where = first["where"] or "/"
        yield f"      {counted(way['count'], 'time')}: {where}: expected {first['expected']}, got {first['got']}; first {first['place']}"
    for name in ("model", "host", "route"):
        groups = one["by"][name]["groups"][:SHOWN_GROUPS]
        shown = ", ".join(f"{group['name'] or 'not told'} {group['missed']:,} of {group['judged']:,}" for group in groups)
        more = len(one["by"][name]["groups"]) - len(groups)
        yield f"      by {name}: {shown}{f' and {more} more' if more else ''}"


def lasting_lines(across: Mapping[str, Any]) -> Iterator[str]:
    """What only many exchanges show."""
    for one in across["ids"]:
        if one["repeated"]:
            sample = " in a fair sample of them" if one["is_sample"] else ""
            first, last = one["examples"][0]
            ids = f"{counted(one['repeated'], 'id')} of {one['followed']:,}{sample}"
            yield f"  {one['host']}, {one['route']}: {ids} stand in different replies, as in {first} and {last}"
    for one in across["never_varying"]:
        yield (
            f"  {one['host']}, {one['model']}, {one['route']}: {one['member']} was {one['tokens']:,} in all "
            f"{one['replies']:,} replies, of {one['lengths'][0]:,} to {one['lengths'][1]:,} characters"
        )
    for one in across["drift"]:
        yield f"  {one['host']}, {one['model']}, {one['route']} on {one['day']}: {drift(one)}"


def drift(one: Mapping[str, Any]) -> str:
    """What was otherwise on a day."""
    name, here, there = MEASURES[one["measure"]], one["here"], one["other_days"]
    if one["measure"] in ("tokens", "microseconds"):
        return f"{here:,.0f} {name}, {there:,.0f} on its other days"
    return f"{here:.1%} {name}, {there:.1%} on its other days"
