"""A complete HTML document around a page that is drawn without pytest-html."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .drawing import draw

if TYPE_CHECKING:
    from markupsafe import Markup


def standalone(title: str, fragment: Markup) -> Markup:
    """A self-contained document with this title around markup that brings its own style and script."""
    return draw("standalone.html", title=title, fragment=fragment)
