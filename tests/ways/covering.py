"""Requests in which every two ways that can meet do, and the table of which met how often."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import combinations

from allpairspy import AllPairs

from tests.ways.endpoint import Chosen, Endpoint

Way = tuple[str, str]
Pair = tuple[Way, Way]


def required(endpoint: Endpoint) -> set[Pair]:
    """Every two ways of two respects, unless they cannot meet."""
    ways = [(respect, way) for respect, among in endpoint.ways.items() for way in among]
    return {(one, two) for one, two in combinations(ways, 2) if one[0] != two[0] and endpoint.is_possible(dict([one, two]))}


def met(chosen: Chosen) -> Iterator[Pair]:
    """Every two ways that meet in a request."""
    return combinations(chosen.items(), 2)


@cache
def requests(endpoint: Endpoint) -> list[dict[str, str]]:
    """The ways of each request: as few requests as the generator finds, and in each as little unusual as the pairs allow.

    A way that some endpoint lacks spoils the request for all others that meet in it, so none is there without need.
    """
    rows = _complete(endpoint, _generated(endpoint))
    for row in list(rows):
        fewer = _complete(endpoint, [dict(other) for other in rows if other != row])
        if len(fewer) < len(rows):
            rows = fewer
    for row in reversed(rows):
        for respect in endpoint.ways:
            _simplify(endpoint, rows, row, respect)
    return rows


def _generated(endpoint: Endpoint) -> list[dict[str, str]]:
    """The generator's requests; it does best with the respects that have most ways first."""
    order = sorted(endpoint.ways, key=lambda respect: -len(endpoint.ways[respect]))
    possible = AllPairs(
        [endpoint.ways[respect] for respect in order],
        filter_func=lambda row: endpoint.is_possible(dict(zip(order, row, strict=False))),
    )
    return [{respect: dict(zip(order, row, strict=True))[respect] for respect in endpoint.ways} for row in possible]


def _complete(endpoint: Endpoint, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Add the pairs that the generator leaves out where ways cannot meet, each to a request that is plain there, or to a new one."""
    for one, two in sorted(required(endpoint) - {pair for row in rows for pair in met(row)}):
        for row in rows:
            wanted = {**row, **dict([one, two])}
            lost = set(met(row)) - set(met(wanted))
            if endpoint.is_possible(wanted) and lost <= {pair for other in rows if other is not row for pair in met(other)}:
                row.update(wanted)
                break
        else:
            rows.append(_plainest(endpoint, dict([one, two])))
    return rows


def _plainest(endpoint: Endpoint, wanted: dict[str, str]) -> dict[str, str]:
    """A request with some ways, and else the plainest that can meet with them."""
    for respect, among in endpoint.ways.items():
        if respect not in wanted:
            wanted[respect] = next(way for way in among if endpoint.is_possible({**wanted, respect: way}))
    return {respect: wanted[respect] for respect in endpoint.ways}


def _simplify(endpoint: Endpoint, rows: list[dict[str, str]], row: dict[str, str], respect: str) -> None:
    """Set a respect of a request to its plain way, if all pairs still meet somewhere."""
    plain = {**row, respect: endpoint.plain(respect)}
    lost = {pair for pair in met(row) if respect in (pair[0][0], pair[1][0])}
    elsewhere = {pair for other in rows if other is not row for pair in met(other)}
    if endpoint.is_possible(plain) and lost - set(met(plain)) <= elsewhere:
        row.update(plain)


def table(endpoint: Endpoint, asked: Iterable[Chosen]) -> Mapping[Pair, int]:
    """How many requests each required pair meets in."""
    counts = Counter(pair for chosen in asked for pair in met(chosen))
    return {pair: counts[pair] for pair in required(endpoint)}
