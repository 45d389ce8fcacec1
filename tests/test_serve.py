"""The command that serves the reference: faultless, with one fault, or with each fault below its own path."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from harness.cli.serve import USAGE
from harness.reference.faults import FAULTS
from harness.reference.serve import KEY

ROOT = Path(__file__).resolve().parent.parent
FAULT = "litellm-terminator-dropped"
CHAT = {"model": "reference", "stream": True, "messages": [{"role": "user", "content": "Say hi."}]}
ENDING = "data: [DONE]\n\n"


def begin(*words: str) -> subprocess.Popen[str]:
    """Start the command as a user does."""
    return subprocess.Popen(
        [sys.executable, "-m", "harness", "serve", *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def refused(*words: str) -> str:
    """The sentence with which the command declines."""
    process = begin(*words)
    _, told = process.communicate(timeout=30)
    assert process.returncode == USAGE
    return told


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """A server with one fault on a free port; its URL without the /v1."""
    process = begin("--port", "0", "--fault", FAULT)
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith(f"the reference endpoint with the fault {FAULT}: http://127.0.0.1:"), first
    yield first.split(": ", 1)[1].split("/v1")[0]
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=30) == 0
    process.stdout.close()
    assert process.stderr is not None
    process.stderr.close()


def said(url: str) -> str:
    """What a streamed request is answered with."""
    with httpx.Client(trust_env=False, headers={"authorization": f"Bearer {KEY}"}) as client:
        reply = client.post(f"{url}/chat/completions", json=CHAT)
    assert reply.status_code == 200
    return reply.text


def test_the_named_fault_is_at_the_usual_place(served: str) -> None:
    assert not said(f"{served}/v1").endswith(ENDING)


def test_every_other_fault_has_a_path_of_its_own(served: str) -> None:
    assert not said(f"{served}/fault/{FAULT}/v1").endswith(ENDING)
    text = said(f"{served}/fault/tgi-id-empty/v1")
    assert text.endswith(ENDING)
    assert '"id":""' in text


def test_a_fault_that_nobody_knows_is_a_url_that_nobody_knows(served: str) -> None:
    reply = httpx.get(f"{served}/fault/no-such-fault/v1/models", trust_env=False)
    assert reply.status_code == 404
    assert reply.json()["error"]["message"].startswith("Invalid URL")


def test_port_in_use_is_one_sentence(served: str) -> None:
    port = served.rsplit(":", 1)[1]
    assert refused("--port", port) == f"wireproof serve: port {port} is in use; name another with --port, or 0 for any that is free.\n"


def test_impossible_port_is_one_sentence() -> None:
    assert refused("--port", "70000").startswith("wireproof serve: port 70000 cannot be had")


def test_unknown_fault_is_told_with_what_is_close() -> None:
    told = refused("--fault", "litellm-terminator-droped")
    assert "there is no fault 'litellm-terminator-droped' (did you mean litellm-terminator-dropped" in told
    assert told.count("\n") == 1


def test_faultless_below_v1_by_default() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    process = begin("--port", str(port))
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"the reference endpoint: http://127.0.0.1:{port}/v1")
        assert said(f"http://127.0.0.1:{port}/v1").endswith(ENDING)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)


def test_faults_are_listed() -> None:
    process = begin("--list-faults")
    told, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    for fault in FAULTS.values():
        assert f"\n{fault.name}\n" in "\n" + told
        assert all(address in told for address in fault.seen)


def test_names_are_written_alike() -> None:
    for name, fault in FAULTS.items():
        assert name == fault.name == "-".join(name.split("-")).lower()
        assert all(part.isalnum() for part in name.split("-"))
        assert fault.says.endswith(".")
        assert fault.severity in ("breaks-sdk", "wrong-data", "cosmetic")
        assert all(address.startswith("https://") for address in fault.seen)
