"""Text made safe for each place where it is shown."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.reporting.safe_text import as_code, in_markdown, in_workflow_command, in_xml, on_one_line, on_terminal, visible

UNSEEN = [chr(code) for code in (*range(9), *range(11, 32), *range(127, 160), 0x061C, 0x200E, 0x2028, 0x202E, 0x2069, 0xD800, 0xDFFF)]
SAFE = [visible, on_terminal, on_one_line, in_workflow_command, in_xml, in_markdown, as_code]


@pytest.mark.parametrize("safe", SAFE, ids=lambda safe: safe.__name__)
def test_controls_are_written_as_escapes(safe: Callable[[str], str]) -> None:
    made = safe("a".join(UNSEEN))
    assert not set(UNSEEN) & set(made)
    assert made.encode()


@pytest.mark.parametrize("line", ["::add-mask::x", "  ::stop-commands::x", "##[error]x", "a ##[add-path]x", "\t::x", "\u3000::x"])
def test_no_line_is_a_command(line: str) -> None:
    for text in (on_terminal(f"a\n{line}\nb"), on_one_line(f"a\n{line}"), on_one_line(line)):
        assert not any(shown.strip().startswith("::") or "##[" in shown for shown in text.split("\n"))
    assert "\n" not in on_one_line(f"a\n{line}")
    assert "::" not in in_workflow_command(line)


def test_ordinary_text_stays() -> None:
    for text in ("a: b", "C::D", "é 日本 🙂", "## heading", "a\tb", "100%"):
        assert on_terminal(text) == on_one_line(text) == visible(text) == text


@given(st.text())
def test_xml_holds_anything(text: str) -> None:
    element = ElementTree.Element("a", b=in_xml(text))
    element.text = in_xml(text)
    ElementTree.fromstring(ElementTree.tostring(element, encoding="unicode"))


@given(st.text("`|\n x", max_size=20))
def test_code_stays_code(text: str) -> None:
    made = as_code(text)
    fence = made[: len(made) - len(made.lstrip("`"))]
    assert "\n" not in made
    assert made.endswith(fence)
    assert fence not in made[len(fence) : -len(fence)].replace(fence + "`", "")
