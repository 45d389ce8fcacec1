"""Makes text from the wire safe wherever it is shown: it cannot steer a terminal, a page or a CI runner."""

from __future__ import annotations

import re

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}
_TURNING = {code: f"\\u{code:04x}" for code in (0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))}
"""Characters that change the text direction or end a line, and their escapes."""

_UNSEEN = _CONTROL | _TURNING
_COMMAND = re.compile(r"^([^\S\n]*+):(?=:)|##(?=\[)", re.MULTILINE)
"""What makes a CI runner obey a line: ``::add-mask::`` at its start, or ``##[command]`` anywhere."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def visible(text: str) -> str:
    """Escape control characters, direction characters and lone surrogates; tabs and line ends stay."""
    return text.translate(_UNSEEN).encode("utf-8", "backslashreplace").decode()


def is_visible(letter: str) -> bool:
    """Whether a character is shown as it is."""
    return ord(letter) not in _UNSEEN and not "\ud800" <= letter <= "\udfff"


def on_terminal(text: str) -> str:
    """Lines for a terminal, or for the log of a CI runner that reads some lines as commands."""
    return _COMMAND.sub(lambda found: found[0][:-1] + "\u200b" + found[0][-1:] if found[0] == "##" else f"{found[1]}:\u200b", visible(text))


def on_one_line(text: str) -> str:
    """A text that stays on its line."""
    return on_terminal(text.replace("\n", "\\n"))


def in_workflow_command(text: str) -> str:
    """A text within a workflow command of GitHub Actions: it stays on its line and ends no command."""
    return visible(text).replace("%", "%25").replace("\n", "%0A").replace("::", ":\u200b:").replace("##[", "#\u200b#[")


def in_xml(text: str) -> str:
    """A text that XML can hold; the XML writer escapes markup."""
    return _NOT_XML.sub("\ufffd", visible(text))


def in_markdown(text: str) -> str:
    """A text on one line without Markdown or HTML, except code between backticks."""
    for character, written in (("&", "&amp;"), ("<", "&lt;"), ("|", "\\|"), ("*", "\\*"), ("[", "\\["), ("@", "@\u200b")):
        text = text.replace(character, written)
    return visible(text).replace("\n", " ")


def as_code(text: str) -> str:
    """A text as code on one line, whatever is in it."""
    one_line = on_terminal(text.replace("\n", " "))  # a job may print its summary, which a CI runner then obeys
    fence = "`" * (1 + max(map(len, re.findall("`+", one_line)), default=0))
    pad = " " if "`" in one_line else ""
    return f"{fence}{pad}{one_line}{pad}{fence}"
