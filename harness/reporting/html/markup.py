"""Text and small marks inside HTML. Whatever an endpoint sent passes through ``text``: it is escaped, and can be cut."""

from __future__ import annotations

import html
from collections.abc import Iterable

from ...model import Outcome
from ..explain import plain, standing_word
from ..terminal import SYMBOLS

TONES = {
    Outcome.PASS: "good",
    Outcome.NOTE: "plain",
    Outcome.WARN: "short",
    Outcome.FAIL: "bad",
    Outcome.ERROR: "bad",
    Outcome.INCONCLUSIVE: "open",
    Outcome.BLOCKED: "open",
    Outcome.NOT_APPLICABLE: "plain",
}
"""The colour of each outcome, as a class of the style sheet."""

WORDS_LIMIT = 1_000
"""Longest text shown where a sentence or a name is expected, in characters."""

_TURNING = {code: f"\\u{code:04x}" for code in (0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Characters that turn the direction of the text around them, written as escapes."""


def text(value: object, limit: int = WORDS_LIMIT) -> str:
    """Text that is safe inside HTML, in elements and in quoted attributes, and no longer than ``limit`` characters."""
    return html.escape(plain(cut(str(value), limit)).translate(_TURNING), quote=True)


def cut(value: str, limit: int) -> str:
    """A long text by its beginning and its length."""
    return value if len(value) <= limit else f"{value[:limit]}… ({len(value):,} characters)"


def badge(outcome: Outcome) -> str:
    """What something came to: a symbol, a word and a colour."""
    return f'<span class="badge {TONES[outcome]}"><span aria-hidden="true">{SYMBOLS[outcome]}</span> {standing_word(outcome)}</span>'


def link(anchor: str, shown: object | None = None) -> str:
    """A link to a place on this page."""
    return f'<a href="#{text(anchor)}">{text(anchor if shown is None else shown)}</a>'


def definitions(rows: Iterable[tuple[str, str]]) -> str:
    """Terms and what is said of them, which is markup already; empty ones are left out."""
    terms = "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in rows if value)
    return f'<dl class="facts">{terms}</dl>' if terms else ""


def table(heads: Iterable[str], rows: Iterable[str], kind: str = "") -> str:
    """A table with these column heads around rows that are markup already."""
    named = "".join(f'<th scope="col">{text(head)}</th>' for head in heads)
    style = f' class="{kind}"' if kind else ""
    return f'<div class="wide"><table{style}><thead><tr>{named}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def copied(value: str, kind: str, limit: int) -> str:
    """A block of text with a button that copies it; the button is there only where scripts are."""
    button = f'<button type="button" class="copy" hidden>Copy<span class="aside"> {text(kind)}</span></button>'
    return f'<div class="copied">{button}<pre>{text(value, limit)}</pre></div>'
