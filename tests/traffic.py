"""Makes logs of real traffic of any size from a few samples of the reference, with faults at known shares: always the same for a seed."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from harness.reference.answers import answer
from harness.reference.exchange import ServerRequest
from harness.reference.refusals import KEY
from harness.reference.state import State, counted_digits

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/chat/completions", {"model": "reference", "max_tokens": 16, "messages": [{"role": "user", "content": "Say hi."}]}),
    "stream": (
        "/chat/completions",
        {
            "model": "reference",
            "max_tokens": 16,
            "stream": True,
            "stream_options": {"include_usage": True},
            "messages": [{"role": "user", "content": "Say hi."}],
        },
    ),
    "embeddings": ("/embeddings", {"model": "reference-embedding", "input": "Hi."}),
    "refusal": ("/chat/completions", {"model": "reference", "messages": "Hi."}),
}
"""What is sent: a path and a body."""

DAY = 86_400
STARTED = 20_775 * DAY
HOSTS = ("a.test", "b.test")
MODELS = ("small", "medium", "large")
MARKER = "zanzibar"
"""A word that every text of people holds, and nothing of ours."""

TELEPHONE = 4_917_612_345_678
"""A number that is somebody's."""


def injected(value: Any) -> Iterator[Any]:
    """A JSON value with the marker at one place: in a text, as a text, as a name, and as a number that is somebody's."""
    if isinstance(value, dict):
        yield {**value, MARKER: MARKER}
        for name, inner in value.items():
            yield from ({**value, name: changed} for changed in injected(inner))
            yield {**{other: kept for other, kept in value.items() if other != name}, f"{name}-{MARKER}": inner}
    elif isinstance(value, list):
        yield [*value, MARKER]
        for at, inner in enumerate(value):
            yield from ([*value[:at], changed, *value[at + 1 :]] for changed in injected(inner))
    else:
        yield f"{value} the {MARKER} of it"
        yield MARKER
        yield TELEPHONE


@cache
def samples() -> dict[str, dict[str, Any]]:
    """A line of a log for each kind of exchange."""
    return {name: sample(path, body) for name, (path, body) in ASKED.items()}


def sample(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A line of a log: what the reference answers."""
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    reply = answer(ServerRequest("POST", path, headers, json.dumps(body).encode(), state=State(digits=counted_digits())))
    return {
        "method": "POST",
        "path": f"/v1{path}",
        "request": body,
        "status": reply.status,
        "headers": {"content-type": reply.headers["content-type"]},
        "text": b"".join(piece for _, piece in reply.pieces()).decode(),
    }


def _changed(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    """A change of the reply's object."""

    def apply(line: dict[str, Any]) -> None:
        value = json.loads(line["text"])
        change(value)
        line["text"] = json.dumps(value)

    return apply


FAULTS: dict[str, tuple[str, str, Callable[[dict[str, Any]], None]]] = {
    "no-object": ("chat", "chat.object-shape", _changed(lambda value: value.pop("object"))),
    "no-done": ("stream", "chat-stream.ends-with-done", lambda line: line.update(text=line["text"].replace("data: [DONE]\n\n", ""))),
    "wrong-sum": ("chat", "usage.adds-up", _changed(lambda value: value["usage"].update(total_tokens=1_000))),
}
"""For each fault the kind of exchange it befalls, the requirement it misses, and what it does."""


@dataclass(slots=True)
class Traffic:
    """What was written: how many exchanges of each kind, how often each fault was sown, and how often each repeated id at each host."""

    kinds: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    repeated: Counter[tuple[str, str]] = field(default_factory=Counter)


REPEATED = "repeated-id"
"""The fault that only many exchanges show: a reply has one of a few ids."""

SAME = 3
"""How many such ids there are in each stretch of ``BLOCK`` exchanges."""

BLOCK = 2_000

STUCK = ("b.test", "large")
"""The host and the model whose count of prompt tokens never varies."""

CUT = ("a.test", "small", 2)
"""The host, the model and the day on which each second chat reply is cut by length."""

_USAGE = re.compile(r'"prompt_tokens":(\d+),"completion_tokens":(\d+),"total_tokens":\d+')
_CREATED = re.compile(r'"created":\d+')


def lines(number: int, seed: int, shares: Mapping[str, float], sown: Traffic, skip: int = 0) -> Iterator[dict[str, Any]]:
    """So many exchanges, spread over two hosts, three models and three days. Each depends on the seed and its own number alone."""
    names, weights = list(ASKED), (60, 20, 15, 5)
    for n in range(skip, skip + number):
        drawn = random.Random(f"{seed}/{n}")
        kind = drawn.choices(names, weights)[0]
        sown.kinds[kind] += 1
        line = _line(kind, n, drawn)
        for name, (befalls, _, change) in FAULTS.items():
            if kind == befalls and drawn.random() < shares.get(name, 0.0):
                change(line)
                sown.faults[name] += 1
        if kind == "chat" and drawn.random() < shares.get(REPEATED, 0.0):
            name = f"chatcmpl-again-{n // BLOCK}-{drawn.randrange(SAME)}"
            line["text"] = re.sub('"id": ?"[^"]*"', f'"id":"{name}"', line["text"], count=1)
            sown.faults[REPEATED] += 1
            sown.repeated[line["host"], name] += 1
        yield line


def _line(kind: str, n: int, drawn: random.Random) -> dict[str, Any]:
    """One faultless exchange."""
    line = {**samples()[kind], "host": drawn.choice(HOSTS), "started_at": STARTED + drawn.randrange(3 * DAY)}
    request = {**line["request"], "model": drawn.choice(MODELS)}
    words = drawn.randrange(40)
    if isinstance(request.get("messages"), list):
        request["messages"] = [{"role": "user", "content": f"Say {MARKER} {'again ' * words}{n}."}]
    unique, tokens = f"{drawn.getrandbits(64):016x}", 7 if (line["host"], request["model"]) == STUCK else 7 + words
    text = line["text"].replace('"reference-embedding"', f'"{request["model"]}"').replace('"reference"', f'"{request["model"]}"')
    if kind in ("chat", "stream"):
        was = json.loads(text.removeprefix("data: ").partition("\n")[0])["id"]
        text = _CREATED.sub(f'"created":{line["started_at"]}', text.replace(was, f"chatcmpl-{unique}"))
        is_cut = (line["host"], request["model"], (line["started_at"] - STARTED) // DAY) == CUT and n % 2
        text = _USAGE.sub(lambda found: usage(tokens, request["max_tokens"] if is_cut else int(found[2])), text)
        if is_cut:
            text = text.replace('"finish_reason":"stop"', '"finish_reason":"length"')
    return {**line, "request": request, "text": text, "seconds": drawn.randrange(1, 5_000) / 1_000}


def usage(prompt: int, completion: int) -> str:
    """The counts of a usage object."""
    return f'"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{prompt + completion}'


def write(path: Path, number: int, seed: int = 1, shares: Mapping[str, float] | None = None, skip: int = 0) -> Traffic:
    """Write a log, gzipped if its name says so."""
    sown = Traffic()

    def into(file: TextIO) -> None:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines(number, seed, shares or {}, sown, skip))

    if path.suffix == ".gz":
        with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
            into(file)
    else:
        with path.open("w", encoding="utf-8") as file:
            into(file)
    return sown
