"""A complete HTML document around a page that is drawn without pytest-html."""

from __future__ import annotations

import html


def standalone(title: str, fragment: str) -> str:
    """A self-contained document with this title around markup that brings its own style and script."""
    title = html.escape(title)
    return f"<!DOCTYPE html><html lang=en><head><title>{title}</title></head><body><h1>{title}</h1>{fragment}</body></html>"
