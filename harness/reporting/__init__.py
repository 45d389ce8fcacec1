"""What a reader sees: the terminal, summaries, JUnit, SARIF, the badge and the page.

In: a judged run. Out: texts and files; nothing is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from . import audit_text, comparison_text, github, terminal
    from .artifacts import withdraw_badge, write_artifacts, write_whole
    from .audit_comparison import compare_audits, comparison_lines
    from .client_results import client_lines
    from .comparison import compare, labels, matrix
    from .counts import counted, share
    from .explain import failure, headline, worst_first
    from .html import audit_page, cases, comparison_page, compliance, frame
    from .safe_text import on_one_line, on_terminal
    from .since import Since, changed_since, lines_since

__getattr__ = loader(
    __name__,
    {
        "artifacts": ("withdraw_badge", "write_artifacts", "write_whole"),
        "audit_comparison": ("compare_audits", "comparison_lines"),
        "audit_text": ("audit_text",),
        "client_results": ("client_lines",),
        "comparison": ("compare", "labels", "matrix"),
        "comparison_text": ("comparison_text",),
        "counts": ("counted", "share"),
        "explain": ("failure", "headline", "worst_first"),
        "github": ("github",),
        "html.audit_page": ("audit_page",),
        "html.cases": ("cases",),
        "html.comparison_page": ("comparison_page",),
        "html.compliance": ("compliance",),
        "html.frame": ("frame",),
        "safe_text": ("on_one_line", "on_terminal"),
        "since": ("Since", "changed_since", "lines_since"),
        "terminal": ("terminal",),
    },
)

__all__ = [
    "Since",
    "audit_page",
    "audit_text",
    "cases",
    "changed_since",
    "client_lines",
    "compare",
    "compare_audits",
    "comparison_lines",
    "comparison_page",
    "comparison_text",
    "compliance",
    "counted",
    "failure",
    "frame",
    "github",
    "headline",
    "labels",
    "lines_since",
    "matrix",
    "on_one_line",
    "on_terminal",
    "share",
    "terminal",
    "withdraw_badge",
    "worst_first",
    "write_artifacts",
    "write_whole",
]
