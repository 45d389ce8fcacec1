"""``--api-key-command``: the key is renewed when it has expired, and shown nowhere."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from harness.judging.verdict import Exit
from harness.model import Exchange, Request
from harness.reference.answers import answer
from harness.reference.app import App
from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.refusals import RefusalError
from harness.reference.serve import KEY, Server
from harness.wire.key_command import KeyCommand, KeyCommandError, printed_key
from harness.wire.redaction import Scrubber
from harness.wire.transport import Wire
from tests.inprocess import BASE_URL, VirtualClock
from tests.running import run


@pytest.fixture
def counting(tmp_path: Path) -> str:
    """A command that prints another key each time."""
    path = tmp_path / "count"
    path.write_text("", encoding="utf-8")
    return f"printf x >> {path}; echo key-number-$(wc -c < {path} | tr -d ' ')-abcdefgh"


def exchanges(
    command: str,
    accepts: Callable[[str], bool],
    *,
    wait: float = 60.0,
    times: int = 1,
    minutes: float | None = None,
    on_refusal: bool = True,
) -> tuple[list[str], list[Exchange]]:
    """Send some requests, with some time between them. Returns the keys that arrived, and the exchanges."""
    clock, arrived, scrubber = VirtualClock(), list[str](), Scrubber()

    def respond(request: httpx.Request) -> httpx.Response:
        arrived.append(request.headers["authorization"].removeprefix("Bearer "))
        return httpx.Response(200 if accepts(arrived[-1]) else 401, stream=httpx.ByteStream(f"your key is {arrived[-1]}".encode()))

    async def send() -> list[Exchange]:
        key = KeyCommand(
            command, clock, lambda text: scrubber.hide({"authorization": f"Bearer {text}"}), minutes=minutes, on_refusal=on_refusal
        )
        wire = Wire(BASE_URL, scrubber, key=key, transport=httpx.MockTransport(respond), clock=clock, sleep=clock.sleep, trust_env=False)
        request = Request("chat", "POST", "/chat/completions", (("authorization", f"Bearer {key.first}"),), b"{}")
        done = []
        for _ in range(times):
            clock.now += wait
            done.append(await wire.exchange(request, "a"))
        await wire.close()
        return done

    return arrived, asyncio.run(send())


def test_key_that_has_expired_is_replaced_and_the_request_is_sent_again(counting: str) -> None:
    arrived, (done, again) = exchanges(counting, lambda key: "number-2" in key, times=2)
    assert arrived == [f"key-number-{number}-abcdefgh" for number in (1, 2, 2)]
    assert [done.status, again.status] == [200, 200]
    assert [attempt.status for attempt in done.attempts] == [401]
    assert "abcdefgh" not in repr((done, again)), "the new key is redacted too"


def test_key_that_is_refused_for_good_is_not_asked_for_again_and_again(counting: str) -> None:
    arrived, done = exchanges(counting, lambda key: False, times=4, wait=1.0)
    assert len(arrived) == 4, "a key of a few seconds has not expired"
    arrived, done = exchanges(counting, lambda key: False, times=3, wait=60.0)
    assert [len(exchange.attempts) for exchange in done] == [1, 1, 1]
    assert {exchange.status for exchange in done} == {401}


def test_command_that_prints_the_same_key_repeats_nothing() -> None:
    arrived, _ = exchanges("echo always-the-same-key", lambda key: False)
    assert len(arrived) == 1


def test_key_is_replaced_after_its_minutes(counting: str) -> None:
    arrived, _ = exchanges(counting, lambda key: True, wait=100.0, times=4, minutes=3)
    assert [key.split("-")[2] for key in arrived] == ["1", "2", "2", "3"]


def test_gateway_gets_no_request_twice(counting: str) -> None:
    arrived, _ = exchanges(counting, lambda key: False, on_refusal=False)
    assert len(arrived) == 1


def test_command_that_fails_later_leaves_the_key_as_it_is(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    once = f"mkdir {tmp_path}/once && echo secret-key-one"
    with caplog.at_level(logging.WARNING):
        arrived, _ = exchanges(once, lambda key: False)
    assert arrived == ["secret-key-one"]
    assert "the key was not renewed: --api-key-command ended with exit code 1" in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("echo s3cret; exit 3", "ended with exit code 3; run it yourself"),
        ("echo s3cret >&2; true", "printed nothing"),
        ("echo s3cret and more", "printed more than a key"),
        ("printf 's3cret\\n2\\n'", "printed more than a key"),
        ("no-such-program-here", "ended with exit code 127"),
    ],
)
def test_command_that_gives_no_key_is_refused_without_its_output(command: str, says: str) -> None:
    with pytest.raises(KeyCommandError) as refused:
        printed_key(command)
    assert says in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_command_that_hangs_is_ended_with_all_it_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.wire.key_command.PATIENCE", 0.2)
    began = time.monotonic()
    with pytest.raises(KeyCommandError, match=r"took longer than 0\.2 s"):
        printed_key("sleep 30 & sleep 30")
    assert time.monotonic() - began < 10


@pytest.fixture
def renewing() -> Iterator[Server]:
    """The reference, which echoes the key that it gets, and takes only one."""

    def respond(asked: ServerRequest) -> ServerReply:
        key = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if key != "printed-key-of-the-command":
            return ServerReply(401, {"content-type": "application/json"}, RefusalError(401, f"Not {key}.").body)
        return answer(replace(asked, headers={**asked.headers, "authorization": f"Bearer {KEY}"}))

    server = Server(App(respond))
    yield server
    server.close()


def test_run_shows_neither_the_command_nor_what_it_prints(renewing: Server, tmp_path: Path) -> None:
    words = [f"--base-url={renewing.base_url}", "--model=reference", f"--report-dir={tmp_path}", "-k", "chat/basics/short-reply"]
    done = run(*words, "--wireproof-api-key-command", "printf printed-key-of-; echo the-command # other-s3cret", key=None)
    assert done.returncode == Exit.CONFORMS, done.stdout + done.stderr
    written = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir() if path.is_file()]
    for text in (done.stdout, done.stderr, *written):
        assert "printed-key-of" not in text
        assert "other-s3cret" not in text
    header = json.loads((tmp_path / "run.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert "--api-key-command=$API_KEY_COMMAND" in header["subject"]["options"]
    failed = run(*words, "--api-key-command=echo s3cret && false", key=None)
    assert failed.returncode == Exit.NOT_JUDGEABLE
    assert failed.stderr.strip() == "ERROR: --api-key-command ended with exit code 1; run it yourself to see what it says."
