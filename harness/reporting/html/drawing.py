"""Renders templates to markup. Everything a template shows is escaped, cut and made harmless here and nowhere else.

Jinja2 is loaded when the first page is drawn.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...model import Level, Outcome
from ..counts import counted, share
from ..explain import standing_word
from ..safe_text import visible
from ..terminal import SYMBOLS

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HERE = Path(__file__).parent

_EXPRESSION = re.compile(r"(\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})", re.DOTALL)
"""What a template computes."""

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


class CutText(str):
    """A text already cut to its own limit."""

    __slots__ = ()


def cut(value: object, limit: int = WORDS_LIMIT) -> str:
    """Cut a long text to its beginning, and say its length."""
    text = str(value)
    return CutText(text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters)")


def harmless(value: object) -> object:
    """Cut a template's value and escape its control and direction characters; Jinja2 escapes markup afterwards."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    text = value if isinstance(value, CutText) else cut(value)
    if text.isascii():
        return text if text.isprintable() else visible(text)
    from markupsafe import Markup, escape

    return Markup(in_ascii(str(escape(visible(text)))))  # noqa: S704 - it is escaped


def in_ascii(markup: str) -> str:
    """Markup with references in place of all other characters. A page of a megabyte takes one so, and four with a single emoji in it."""
    return markup.encode("ascii", "xmlcharrefreplace").decode("ascii")


def duration(seconds: float) -> str:
    """A time that is easy to read."""
    if seconds < 0.0095:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f} s"


@cache
def environment() -> Environment:
    """The templates, with their shared filters and globals."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from jinja2.ext import Extension

    class InAscii(Extension):
        """Writes what templates say between their expressions in ASCII."""

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            """The template's text, with references outside of its expressions."""
            parts = _EXPRESSION.split(source)
            parts[::2] = map(in_ascii, parts[::2])
            return "".join(parts)

    made = Environment(
        extensions=[InAscii],
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "cut": cut,
        "commas": "{:,}".format,
        "counted": counted,
        "share": share,
        "duration": duration,
        "symbol": SYMBOLS.__getitem__,
        "tone": TONES.__getitem__,
        "word": standing_word,
    }
    made.globals |= {"LEVELS": tuple(Level), "Outcome": Outcome}
    return made


def draw(template: str, **data: object) -> Markup:
    """Render a template with plain data to markup that other templates may include."""
    from markupsafe import Markup

    return Markup(environment().get_template(template).render(**data))  # noqa: S704 - the template has escaped what it shows


def own(name: str) -> Markup:
    """Our own style sheet or script, which goes onto the page unchanged."""
    from markupsafe import Markup

    return Markup((HERE / name).read_text(encoding="utf-8"))  # noqa: S704 - nobody else writes these
