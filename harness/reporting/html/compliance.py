"""The compliance page: verdict, facts, matrix, and each requirement with its evidence.

Pure: a record and its verdict in, HTML out. It is complete without its script, which only filters, opens and copies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ... import VERSION
from ...catalog import Catalog
from ...judging import Verdict
from ...model import RunRecord, Subject
from ..client_results import client_results
from .cases import played_areas
from .drawing import draw, own
from .evidence import Evidence
from .facts import LEGEND, facts, headline, tone_of
from .features import features, parameters, untestable
from .matrix import matrix
from .requirements import LISTED, choices, groups, shortfalls
from .times import times

if TYPE_CHECKING:
    from markupsafe import Markup

    from ..since import Since


def fragment(catalog: Catalog, subject: Subject, verdict: Verdict, record: RunRecord, since: Since | None = None) -> Markup:
    """The page's content, with its style and its script, to be put into a frame."""
    evidence = Evidence(catalog, subject, {result.case: result for result in record.results})
    return draw(
        "compliance.html",
        style=own("compliance.css"),
        script=own("compliance.js"),
        version=record.header["versions"].get("wireproof", VERSION),
        tone=tone_of(verdict),
        headline=headline(verdict),
        stale=verdict.stale,
        shortfalls=shortfalls(verdict),
        listed=LISTED,
        since=since,
        facts=facts(catalog, subject, record),
        legend=LEGEND,
        matrix=list(matrix(catalog, verdict)),
        choices=choices(catalog),
        clients=client_results(catalog, record.results),
        groups=groups(catalog, verdict, evidence),
        times=times(record.results),
        parameters=list(parameters(catalog, record)),
        features=features(catalog, verdict, record.results),
        untestable=untestable(catalog),
        areas=list(played_areas(catalog, subject, verdict, record)),
    )
