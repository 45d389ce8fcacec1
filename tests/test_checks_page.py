"""The page about checks says what the code and the data say, and its example is a check that works."""

from __future__ import annotations

import json
import re

from harness.checks import Reply, registry
from harness.checks.chat import choices
from harness.model import Exchange, Request
from tests.checks_page import PAGE, page


def test_page_is_as_generated() -> None:
    assert PAGE.read_text("utf-8") == page(), "docs/checks.md is out of date: python -m tests.checks_page writes it anew"


def test_example_is_a_check_that_works() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names = dict(vars(choices))
    try:
        exec(compile(code, "example", "exec", dont_inherit=True), names)
    finally:
        registry._REGISTERED.pop("role_is_assistant", None)
    body = json.dumps({"choices": [{"index": 0, "message": {"role": "user", "content": "Hi."}}]}).encode()
    headers = (("content-type", "application/json"),)
    (problem,) = names["role_is_assistant"](
        Reply(Exchange("e1", Request("chat", "POST", "/chat/completions", (), b"{}"), 200, headers, body))
    )
    assert problem.sentence == '/choices/0/message/role: expected "assistant", got user'
