"""Bodies that are no text, as the page shows them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from harness.catalog.multipart import FormWriting, form_body
from harness.catalog.sample_files import tone
from harness.model import Request
from harness.reporting.html.binary import lines_of, lines_sent


def test_sound_is_told_by_its_length_its_hash_and_its_first_bytes() -> None:
    sound = tone(0.1)
    first, *rest = [line.text for line in lines_of(sound)]
    assert first == f"{len(sound):,} bytes that are no text; SHA-256 {sha256(sound).hexdigest()}"
    assert rest[0].startswith("0000  52 49 46 46")
    assert rest[0].endswith("WAVEfmt ")
    assert len(rest) == 4


def test_text_with_broken_letters_is_text() -> None:
    assert [line.text for line in lines_of(b"\xff and text")] == ["\\xff and text"]


def test_form_is_shown_part_by_part() -> None:
    parts: list[dict[str, Any]] = [
        {"name": "model", "value": "m"},
        {"name": "file", "filename": "tone.wav", "type": "audio/wav", "sample": "tone.wav"},
        {"name": "lines", "filename": "a.jsonl", "lines": [{"a": 1}]},
    ]
    body, content_type = form_body(parts, FormWriting())
    shown = [line.text for line in lines_sent(Request("files", "POST", "/files", (("content-type", content_type),), body))]
    assert shown[:2] == ["model: m", "file, the file tone.wav (audio/wav):"]
    assert shown[2].startswith("  32,044 bytes that are no text; SHA-256 ")
    assert "lines, the file a.jsonl (no type):" in shown
