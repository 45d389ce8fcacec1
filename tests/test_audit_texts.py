"""The report of an audit quotes nobody: whatever is spoiled in an exchange is told by its place, its length and its hash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.records import Audit, audited
from harness.reporting import audit_page, audit_text
from tests import traffic

RICH: dict[str, tuple[str, dict[str, Any]]] = {
    **traffic.ASKED,
    "tools": (
        "/chat/completions",
        {
            "model": "reference",
            "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
            "tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}],
            "tool_choice": "required",
        },
    ),
    "response": ("/responses", {"model": "reference", "input": "Say hi.", "instructions": "Be kind.", "metadata": {"a": "b"}}),
    "response-stream": ("/responses", {"model": "reference", "input": "Say hi.", "stream": True}),
}


def texts_with_injections(text: str) -> Iterator[str]:
    """The body of a reply with the marker at each place in turn."""
    if not text.startswith(("data:", "event:")):
        yield from map(json.dumps, traffic.injected(json.loads(text)))
    else:
        events = text.split("\n\n")
        for at, event in enumerate(events[:4]):
            head, data, payload = event.partition("data: ")
            if payload.startswith("{"):
                for changed in traffic.injected(json.loads(payload)):
                    yield "\n\n".join([*events[:at], f"{head}{data}{json.dumps(changed)}", *events[at + 1 :]])
    yield f"{traffic.MARKER} {text}"


@pytest.mark.parametrize("kind", RICH)
def test_whatever_is_wrong_quotes_nobody(kind: str, tmp_path: Path) -> None:
    """Every member of a reply is spoiled in turn, so that each check that looks at it tells what it got."""
    line = {**traffic.sample(*RICH[kind]), "host": "h.test"}
    path = tmp_path / "log.jsonl"
    lines = [{**line, "text": text} for text in texts_with_injections(line["text"])]
    requests = [
        {**line, "request": changed} for changed in traffic.injected(line["request"]) if changed.get("model") == line["request"]["model"]
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in [*lines, *requests]), encoding="utf-8")
    report = audited(Audit([str(path)]))
    told = json.dumps(report) + audit_text.text(report) + str(audit_page.page(report))
    assert report["exchanges"] == len(lines) + len(requests)
    assert sum(one["missed"] > 0 for one in report["requirements"]) > 3
    assert traffic.MARKER not in told
    assert str(traffic.TELEPHONE) not in told
