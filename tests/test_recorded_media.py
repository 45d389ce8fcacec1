"""Recordings with forms and with sound are judged as live exchanges are."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
import yaml

from harness.cli import main
from harness.judging.verdict import Exit

FORM = "multipart/form-data; boundary=xyz"
FIELDS = (('name="model"', "whisper-1"), ('name="response_format"', "verbose_json"), ('name="file"; filename="a.wav"', "RIFF"))
SENT = "".join(f"--xyz\r\ncontent-disposition: form-data; {name}\r\n\r\n{value}\r\n" for name, value in FIELDS) + "--xyz--\r\n"
SPEECH = json.dumps({"model": "tts", "voice": "alloy", "input": "Hi.", "response_format": "flac"})
WAV = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\xff\xfe"
TRANSCRIBED, SPOKEN = "https://api.example/v1/audio/transcriptions", "https://api.example/v1/audio/speech"


def har_entry(url: str, kind: str, sent: str, answered: dict[str, str]) -> dict[str, object]:
    request = {
        "method": "POST",
        "url": url,
        "headers": [{"name": "content-type", "value": kind}],
        "postData": {"mimeType": kind, "text": sent},
    }
    response = {"status": 200, "headers": [{"name": "content-type", "value": answered["mimeType"]}], "content": answered}
    return {"startedDateTime": "2026-01-01T00:00:00Z", "time": 1, "request": request, "response": response}


def as_har() -> str:
    sound = {"mimeType": "audio/mpeg", "encoding": "base64", "text": base64.b64encode(WAV).decode()}
    text = {"mimeType": "application/json", "text": '{"text": "Hi."}'}
    entries = [har_entry(TRANSCRIBED, FORM, SENT, text), har_entry(SPOKEN, "application/json", SPEECH, sound)]
    return json.dumps({"log": {"version": "1.2", "entries": entries}})


def vcr_entry(url: str, kind: str, sent: str, answered: str, body: bytes | str) -> dict[str, object]:
    response = {"status": {"code": 200, "message": "OK"}, "headers": {"content-type": [answered]}, "body": {"string": body}}
    return {"request": {"method": "POST", "uri": url, "headers": {"content-type": [kind]}, "body": sent}, "response": response}


def as_vcr() -> str:
    text = vcr_entry(TRANSCRIBED, FORM, SENT, "application/json", '{"text": "Hi."}')
    sound = vcr_entry(SPOKEN, "application/json", SPEECH, "audio/mpeg", WAV)
    return yaml.safe_dump({"version": 1, "interactions": [text, sound]})


@pytest.mark.parametrize(("name", "written"), [("a.har", as_har()), ("a.yaml", as_vcr())])
def test_form_and_sound_are_judged(name: str, written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / name).write_text(written, "utf-8")
    assert main(["judge", str(tmp_path / name)]) == Exit.UNMET
    said = capsys.readouterr().out
    assert "audio-speech.format-as-asked  MUST" in said
    assert "expected flac, got wav" in said
    assert "audio-transcriptions.format-as-asked  MUST" in said
    assert "content-type: expected that of wav" in said
