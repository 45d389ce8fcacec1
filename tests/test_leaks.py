"""A whole run against an endpoint that writes the key in every possible way, with every output enabled: none contains it.

The same for text that steers a terminal, a CI runner or a page.
"""

from __future__ import annotations

import base64
import html
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import replace
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import pytest

from harness.cli import main
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import KEY as REFERENCE_KEY
from harness.reference.serve import Server
from tests.running import run_process

KEY = 'sk-h0"stile-Zk39/qLm2\\Wv8xTb5Rn0Yp'
"""Accepted by the endpoint below; with a quote and a backslash in it, which every writer escapes in its own way."""

ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
STEERING = "\x1b]0;owned\x07\x1b[2J\u202e\u2066\x9b31m\0\r\n::add-mask::x\n##[error]x\n\u2028<script>alert(1)</script>"

WRITINGS: list[Callable[[str], str]] = [
    str,
    lambda key: quote(key, safe=""),
    lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    lambda key: base64.b64encode(base64.b64encode(key.encode())).decode(),
    lambda key: base64.b32encode(key.encode()).decode(),
    lambda key: key.encode().hex(),
    lambda key: key[::-1],
    html.escape,
    lambda key: "".join(f"%{ord(letter):02x}" for letter in key),
    lambda key: json.dumps(json.dumps(key)),
    lambda key: base64.b64encode(key.encode().hex().encode()).decode(),
    lambda key: base64.b64encode(quote(key[::-1], safe="").encode()).decode(),
    lambda key: base64.b32encode(base64.b64encode(key.encode())).decode().encode().hex(),
    lambda key: ", ".join(str(ord(letter)) for letter in key),
    lambda key: " ".join(f"{ord(letter):02x}" for letter in key),
]


def echoing(asked: ServerRequest) -> ServerReply:
    """The reference, with the key of the request in every reply in every writing, and what steers a terminal."""
    shown = asked.headers.get("authorization", "").removeprefix("Bearer ")
    known = {"authorization": f"Bearer {REFERENCE_KEY}"} if shown == KEY else {}
    body = re.sub(rb'"model":"odd[^"]*"', b'"model":"reference"', asked.body)
    path = "/models/reference" if asked.path.startswith("/models/odd") else asked.path
    reply = answer(replace(asked, headers={**asked.headers, **known}, body=body, path=path))
    told = [write(KEY) for write in WRITINGS]
    if reply.events is not None:
        for piece in re.findall("(?s).{1,5}", KEY):
            choice = {"index": 0, "delta": {"content": piece, "role": STEERING}}
            reply.events.insert(-1, {"id": told[1], "object": STEERING, "choices": [choice]})
    elif isinstance(reply.body, dict):
        reply.body |= {"object": STEERING + told[0], "echo": told, "model": told[2] + STEERING, "created": told[0]}
        if isinstance(reply.body.get("error"), dict):
            reply.body["error"]["message"] = STEERING + "Incorrect API key " + told[0]
        if isinstance(reply.body.get("data"), list):
            for item in reply.body["data"]:
                item |= {"id": f"odd{STEERING}" if item.get("id") else None, "object": told[0]}
    kind = reply.headers.get("content-type", "text/plain")
    reply.headers |= {f"x-part-{at}": KEY[at : at + 7].replace('"', "%22") for at in range(0, len(KEY), 7)}
    reply.headers |= {"x-debug": told[1], "content-language": told[2], "content-type": f"{kind}; k={told[1]}"}
    return reply


def readings(raw: bytes) -> Iterator[str]:
    """A file as anybody might read it: as it is, without escapes, without what divides it."""
    text = raw.decode("utf-8", "replace")
    for _ in range(4):
        yield text
        yield text[::-1]
        for packed in re.findall(r"[A-Za-z0-9+/=_-]{24,}", text):
            for once in _unpacked(packed):
                yield once
                for more in re.findall(r"[A-Za-z0-9+/=_-]{24,}", once):
                    yield from _unpacked(more)
        text = re.sub(r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found[1], 16)), unquote(html.unescape(text)))
        text = re.sub(r'\\(["\\/])', r"\1", text)
        text = re.sub(r"\b(\d{2,3})\b[, ]*", lambda found: chr(int(found[1])), text) if "107, 45, 104" in text else text
        text = re.sub(r"(?:\b[0-9a-f]{2} ?\b){12,}", lambda found: bytes.fromhex(found[0]).decode("latin-1"), text)
    yield "".join(re.findall(r'"x-part-\d+", ?"([^"]*)"', text))
    for member in ("content", "text"):
        yield "".join(re.findall(rf'"{member}":"((?:[^"\\]|\\.)*)"', text))


def _unpacked(packed: str) -> Iterator[str]:
    """What a run of letters and digits may be in base64, at each of its alignments, or in hex."""
    letters = packed.translate(str.maketrans("-_", "+/", "="))
    for start in range(4):
        yield base64.b64decode(letters[start : start + (len(letters) - start) // 4 * 4]).decode("latin-1")
    if re.fullmatch("[0-9a-f]+", packed):
        yield bytes.fromhex(packed[: len(packed) // 2 * 2]).decode("latin-1")


def pieces_of_key(text: str) -> set[str]:
    """The parts of the key that a text has, of twelve characters."""
    return {KEY[at : at + 12] for at in range(len(KEY) - 11) if KEY[at : at + 12].lower() in text.lower()}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """All that a run wrote: files, standard output and standard error."""
    folder = tmp_path_factory.mktemp("leaks")
    server = Server(App(echoing))
    before = {name: os.environ.get(name) for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "HOSTILE_KEY")}
    os.environ |= {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "step.md"), "HOSTILE_KEY": KEY}
    try:
        reach = [f"--base-url={server.base_url}", "--api-key-env=HOSTILE_KEY", "--header=X-Tenant: acme-production"]
        writers = [f"--report-dir={folder}", f"--junit-xml={folder}/pytest.xml", f"--record={folder}/kept", f"--log-file={folder}/run.log"]
        listed = [f"--write-known-failures={folder}/known.yaml", "--log-file-level=DEBUG", "-rA"]
        done = run_process(*reach, *writers, *listed, "-k", "chat/basics or chat-stream/basics or models/list or errors/auth")
        record = str(folder / "run.jsonl")
        with redirect_stdout(io.StringIO()) as again:
            main(["judge", record, f"--report-dir={folder}/judged"])
            main(["report", record, f"--report-dir={folder}/again"])
            main(["compare", record, record, f"--markdown={folder}/compared.md", f"--html={folder}/compared.html"])
        refused = run_process(*reach, f"--report-dir={folder}/no", "--model=none", "--timeout=5", "-k", "chat/basics")
    finally:
        server.close()
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    found = {"stdout": done.stdout.encode(), "stderr": done.stderr.encode(), "refused": (refused.stdout + refused.stderr).encode()}
    found["again"] = again.getvalue().encode()
    assert "conformance of" in done.stdout, done.stdout + done.stderr
    return found | {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_everything_was_written(outputs: dict[str, bytes]) -> None:
    names = {
        "run.jsonl",
        "compliance.html",
        "pytest.xml",
        "junit.xml",
        "results.sarif",
        "summary.md",
        "badge.json",
        "step.md",
        "known.yaml",
    }
    assert names <= outputs.keys()
    assert any(name.startswith("kept/") for name in outputs)


def test_no_output_has_the_key(outputs: dict[str, bytes]) -> None:
    leaks = {name: found for name, raw in outputs.items() if (found := {p for text in readings(raw) for p in pieces_of_key(text)})}
    assert not leaks


def test_no_output_has_what_the_user_gave(outputs: dict[str, bytes]) -> None:
    assert [name for name, raw in outputs.items() if b"acme-production" in raw] == []
    assert b"odd" in outputs["stdout"]
    assert b"$X_TENANT" in outputs["stdout"]
    assert b"$HOSTILE_KEY" in outputs["stdout"]


def test_echo_is_told(outputs: dict[str, bytes]) -> None:
    assert b"http.key-not-echoed" in outputs["stdout"]


def test_no_output_steers_anything(outputs: dict[str, bytes]) -> None:
    for name in ("stdout", "stderr", "refused", "again", "summary.md", "step.md", "compared.md"):
        text = re.sub("\x1b\\[[0-9;]*m", "", outputs[name].decode())
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028]", text), name
        commands = [line for line in text.splitlines() if re.match(r"\s*::|.*##\[", line)]
        assert all(line.startswith("::error title=Wireproof") for line in commands), name
    for name in ("compliance.html", "judged/judged.html", "again/compliance.html", "compared.html"):
        page = outputs[name].decode()
        assert "<script>alert" not in page
        assert not re.search("[\x00\x1b\u202e\u2066]", page)
    for name in ("junit.xml", "pytest.xml"):
        ElementTree.fromstring(outputs[name])
        assert b"\x1b" not in outputs[name]
    for name in ("results.sarif", "badge.json"):
        json.loads(outputs[name])
