"""The page of an audit, and the page that compares two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...judging import Exit
from ...model import Outcome
from ..audit_comparison import AuditComparison
from ..audit_text import drift, unmet
from .drawing import draw, own
from .facts import VERDICT_TONES

if TYPE_CHECKING:
    from markupsafe import Markup

LISTED = 100
"""The most rows of a table of groups, days or shares; the JSON has more."""

DIMENSIONS = {"model": "Models", "host": "Hosts", "route": "Routes", "hour": "Hours (UTC)"}


def page(report: Mapping[str, Any]) -> Markup:
    """An audit, as a page."""
    missed = unmet(report)
    return draw(
        "audit.html",
        title="Audit of real traffic",
        style=own("compliance.css"),
        report=report,
        tone=VERDICT_TONES.get(Exit(report["code"]), "open"),
        headline=f"{report['verdict'][0].upper()}{report['verdict'][1:]}.",
        facts=_facts(report),
        missed=[(Outcome(one["outcome"]), one) for one in missed],
        noted=[one for one in report["requirements"] if one["outcome"] == Outcome.NOTE and one["missed"]],
        met=[one for one in report["requirements"] if one["judged"] and not one["missed"]],
        undecided=[one for one in report["requirements"] if not one["judged"]],
        dimensions=DIMENSIONS,
        listed=LISTED,
        drift=[(one, drift(one)) for one in report["across"]["drift"]],
        repeated=[one for one in report["across"]["ids"] if one["repeated"]],
    )


def comparison(found: AuditComparison) -> Markup:
    """Two audits compared, as a page."""
    return draw("two_audits.html", title="Two audits compared", style=own("compliance.css"), found=found)


def _facts(report: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was read, and what of it was judged."""
    left_out = "; ".join(f"{number:,}: {reason}" for reason, number in report["left_out"].items())
    rows = {
        "Exchanges": f"{report['exchanges']:,}, of which {report['judged']:,} decided a requirement",
        "Read": f"{report['entries']:,} records, {report['bytes']:,} bytes",
        "Left out": left_out,
        "Not readable": f"{report['bad']['count']:,}" if report["bad"]["count"] else "",
        "Profile": report["profile"],
        "Specification": report["spec"],
        "Examples drawn by": f"seed {report['seed']}",
        "Versions": f"wireproof {report['version']}",
    }
    return list(rows.items())
