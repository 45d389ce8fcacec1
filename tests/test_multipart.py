"""Forms: what is sent is legal, the same each time, and read back as it was meant."""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest

from harness.catalog.multipart import WAYS, FormWriting, form_body
from harness.catalog.sample_files import SAMPLES
from harness.model import Request, Subject
from harness.reporting.reproduce import curl
from harness.wire import FormPart, form_parts

PARTS: list[Mapping[str, Any]] = [
    {"name": "purpose", "value": "batch"},
    {"name": "n", "value": 2},
    {"name": "file", "filename": 'é"t.jsonl', "type": "application/jsonl", "lines": [{"a": 1}, "not json"]},
    {"name": "sound", "filename": "tone.wav", "type": "audio/wav", "sample": "tone.wav"},
]


@pytest.mark.parametrize("writing", [FormWriting(), *WAYS.values()], ids=["plain", *WAYS])
def test_another_library_reads_what_we_write(writing: FormWriting) -> None:
    body, content_type = form_body(PARTS, writing)
    assert (body, content_type) == form_body(PARTS, writing)
    message = message_from_bytes(b"content-type: " + content_type.encode() + b"\r\n\r\n" + body)
    parts = [part for part in message.walk() if isinstance(part, Message) and not part.is_multipart()]
    assert [part.get_param("name", header="content-disposition") for part in parts] == ["purpose", "n", "file", "sound"]
    assert [part.get_payload(decode=True) for part in parts] == [b"batch", b"2", b'{"a":1}\nnot json\n', SAMPLES["tone.wav"]()]


@pytest.mark.parametrize("way", WAYS)
def test_own_forms_are_read_back(way: str) -> None:
    parts = form_parts(*form_body(PARTS, WAYS[way]))
    kind = None if way == "untyped-file" else "application/jsonl"
    assert parts[:3] == [
        FormPart("purpose", None, None, b"batch"),
        FormPart("n", None, None, b"2"),
        FormPart("file", "é%22t.jsonl", kind, b'{"a":1}\nnot json\n'),
    ]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data"),
        (b"--y\r\n", "multipart/form-data; boundary=x"),
        (b"{}", "application/json"),
        (b"--x--", 'multipart/form-data; boundary="'),
    ],
)
def test_what_is_no_form_has_no_parts(body: bytes, content_type: str) -> None:
    assert form_parts(body, content_type) == []


def test_form_is_shown_as_curl_sends_it() -> None:
    body, content_type = form_body(PARTS[:3], FormWriting())
    request = Request("files", "POST", "/files", (("content-type", content_type), ("authorization", "Bearer $KEY")), body)
    shown = curl(Subject("http://host.test/v1", "m", "m", "m", "openai"), request)
    assert "-F purpose=batch" in shown
    assert "-F file=@<(echo eyJhIjoxfQpub3QganNvbgo= | base64 -d)" in shown
    assert "boundary" not in shown
