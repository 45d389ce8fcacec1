"""A complete HTML document around a page that is drawn without pytest-html."""

from __future__ import annotations

from .markup import text


def standalone(title: str, fragment: str) -> str:
    """A self-contained document with this title around markup that brings its own style and script."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n</head>\n<body>\n<header><h1>{text(title)}</h1></header>\n{fragment}\n</body>\n</html>\n"
    )
