"""The compliance page: verdict, facts, matrix, and each requirement with its evidence.

Pure: a record and its verdict in, HTML out. It is complete without its script, which only filters, opens and copies.
"""

from __future__ import annotations

from pathlib import Path

from ...catalog import Catalog
from ...judging import Verdict
from ...model import RunRecord, Subject
from . import clients
from .cases import cases
from .evidence import Evidence
from .facts import facts, legend, verdict_sentence
from .features import features, parameters, untestable
from .matrix import matrix
from .requirements import contents, filters, requirements

STYLE = Path(__file__).with_name("compliance.css")
SCRIPT = Path(__file__).with_name("compliance.js")


def fragment(catalog: Catalog, subject: Subject, verdict: Verdict, record: RunRecord) -> str:
    """The page's content, with its style and its script, to be put into a frame."""
    evidence = Evidence(catalog, subject, {result.case: result for result in record.results})
    parts = [
        # In a frame that has none, this keeps a phone from pretending to be a desk.
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<style>{STYLE.read_text(encoding='utf-8')}</style>",
        '<main class="wireproof" id="top" lang="en">',
        verdict_sentence(verdict),
        f'<div class="overview"><div>{contents(verdict)}{facts(catalog, subject, record)}{legend()}</div>{matrix(catalog, verdict)}</div>',
        filters(catalog),
        clients.fragment(catalog, record.results),
        *requirements(catalog, verdict, evidence),
        parameters(catalog, record),
        features(catalog, verdict),
        untestable(catalog),
        *cases(catalog, subject, verdict, record),
        "</main>",
        f"<script>{SCRIPT.read_text(encoding='utf-8')}</script>",
    ]
    return "\n".join(part for part in parts if part)
