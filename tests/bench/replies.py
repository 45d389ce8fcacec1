"""The replies that are judged, of any size."""

from __future__ import annotations

import time
from dataclasses import replace

from harness.catalog import load
from harness.model import Arrival, Exchange, Request
from harness.reference.answers import answer
from harness.reference.exchange import ServerRequest, encode, frame
from harness.reference.refusals import KEY

CATALOG = load()
DEFAULT = load(named=())
"""What a run plays that names nothing."""
SETTINGS = {"$model": "reference", "$completions_model": "reference", "$embeddings_model": "reference"}


def chunked(number: int) -> Exchange:
    """A stream of so many chunks."""
    body = {"model": "reference", "messages": [{"role": "user", "content": "Say hi."}], "stream": True}
    asked = ServerRequest("POST", "/chat/completions", {"authorization": f"Bearer {KEY}"}, encode(body))
    events = answer(asked).events or []
    stream = b"".join(map(frame, [events[0], *[events[1]] * number, *events[-2:]]))
    arrivals = tuple(Arrival(n / 1000, n * len(stream) // number) for n in range(1, number + 1))
    return replace(replied(stream, asked.body), headers=(("content-type", "text/event-stream"), ("x-request-id", "1")), arrivals=arrivals)


def replied(content: bytes, asked: bytes = b'{"model":"reference","messages":[]}', path: str = "/chat/completions") -> Exchange:
    """A reply to a request."""
    endpoint, method = ("models", "GET") if path == "/models" else ("chat", "POST")
    request = Request(endpoint, method, path, (), asked, "success")
    headers = (("content-type", "application/json"),)
    return Exchange("bench", request, 200, headers, content, (Arrival(0.1, len(content)),), time.time(), 0.2)
