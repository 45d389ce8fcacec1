"""Replies of the areas beyond text that misbehave: files, batches, stored chats, moderations, sound and images."""

from __future__ import annotations

import base64
import json
import re
import struct
import time
from collections.abc import Iterable
from functools import partial

from harness.model import Data
from tests.hostile.server import Act, Talk

from .kind import Behaviour, document
from .values import VALUES, replaced

FILES = ("files/upload/whole-life", "files/upload/pages")
BATCHES = ("batches/chats/four-chats", "batches/chats/cancelled")
UPLOADS = ("uploads/parts/two-parts",)
STORED = ("chat-store/life/whole-life", "conversations/items/whole-life")
MODERATIONS = ("moderations/inputs/two-texts", "moderations/inputs/parts")
SPEECH = ("audio-speech/formats/wav", "audio-speech/formats/flac", "audio-speech/formats/events")
TEXTS = tuple(f"audio-transcriptions/formats/{name}" for name in ("verbose", "words", "srt", "vtt", "streamed"))
IMAGES = ("images/made/one", "images/made/streamed", "images/made/edited")

MADE = {
    "files": (FILES, "/files"),
    "uploads": (UPLOADS, "/uploads"),
    "batches": (BATCHES, "/batches"),
    "conversations": (STORED, "/conversations"),
}
"""What creates something that is deleted afterwards: the cases that do so, and the path."""

IDENTITIES = {
    "up": "..",
    "here": ".",
    "above": "../models",
    "slash": "a/b",
    "query": "a?b=c#d",
    "percent": "%2e%2e%2f",
    "blank": " ",
    "lines": "a\r\nx-injected: 1",
    "nul": "a\0b",
    "surrogate": "a\ud800",
    "long": "x" * 100_000,
    "empty": "",
    "null": None,
    "number": 7,
    "list": ["a"],
    "object": {"id": "a"},
    "command": "\n::add-mask::x",
    "escape": "\x1b]0;owned\x07",
}

MEMBERS = {
    "file": (FILES, r"/files", ("id", "bytes", "filename", "purpose", "created_at")),
    "page": (FILES, r"/files", ("data", "has_more", "first_id", "last_id", "data/0", "data/0/id")),
    "batch": (BATCHES, r"/batches", ("status", "output_file_id", "error_file_id", "request_counts", "request_counts/total", "endpoint")),
    "upload": (UPLOADS, r"/uploads", ("status", "file", "file/id", "expires_at")),
    "moderation": (MODERATIONS, r"/moderations", ("results", "results/0", "results/0/categories", "results/0/category_scores")),
    "transcription": (TEXTS, r"/audio", ("text", "duration", "segments", "segments/0/start", "segments/0/tokens", "words", "words/0/end")),
    "image": (IMAGES, r"/images", ("data", "data/0", "data/0/b64_json", "size", "usage", "created")),
    "conversation": (STORED, r"/(conversations|chat)", ("data", "items", "metadata", "content", "role", "messages")),
}
"""Members of replies: in which cases, at which paths, and their places."""


def _at(method: str, path: str, act: Act, talk: Talk) -> None:
    """Misbehave where method and path match, and answer well elsewhere."""
    if re.fullmatch(method, talk.request.method) and re.match(path, talk.request.path):
        act(talk)
    else:
        talk.respond()


def _with(place: str, text: str, talk: Talk) -> None:
    """The right reply with one member of another value."""
    _, headers, _ = talk.right()
    if "json" in headers.get("content-type", ""):
        changed = json.dumps(replaced(document(talk), place.split("/"), "@@here@@"))
        talk.respond(body=changed.replace('"@@here@@"', text).encode("utf-8", "surrogatepass"))
    else:
        talk.respond()


def _named(identity: Data, talk: Talk) -> None:
    """A creation whose id is not one that should go into a URL."""
    _with("id", json.dumps(identity), talk)


def _body(body: bytes, content_type: str | None, talk: Talk) -> None:
    talk.respond(headers={} if content_type is None else {"content-type": content_type}, body=body)


def _never(talk: Talk) -> None:
    time.sleep(5)


def _dripping(talk: Talk) -> None:
    _, headers, body = talk.right()
    talk.head(200, {**headers, "content-length": str(len(body) + 1_000)})
    for _ in range(40):
        talk.send(body[:1] or b" ")
        time.sleep(0.2)


def _page_without_end(talk: Talk) -> None:
    """Each page says that there is another one."""
    name = f"file-{time.monotonic_ns()}"
    value = {"id": name, "object": "file", "bytes": 1, "created_at": 1, "filename": "a", "purpose": "batch", "status": "processed"}
    page = {"object": "list", "data": [value], "has_more": True, "first_id": name, "last_id": name}
    talk.respond(200, {"content-type": "application/json"}, json.dumps(page).encode())


def _events(one: bytes, number: int, talk: Talk) -> None:
    talk.head(200, {"content-type": "text/event-stream"})
    for _ in range(number):
        talk.send(one)


def _lines(line: bytes, number: int, talk: Talk) -> None:
    """A content of many equal lines."""
    if talk.request.path.endswith("/content"):
        talk.head(200, {"content-type": "application/octet-stream"})
        for _ in range(0, number, 1_000):
            talk.send((line + b"\n") * 1_000)
    else:
        talk.respond()


def _segments(number: int, talk: Talk) -> None:
    segment = {"id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": "a", "tokens": [], "temperature": 0.0}
    scored = {**segment, "avg_logprob": 0.0, "compression_ratio": 1.0, "no_speech_prob": 0.0}
    value = {"task": "transcribe", "language": "english", "duration": 1.0, "text": "a", "segments": [scored] * number}
    talk.respond(200, {"content-type": "application/json"}, json.dumps(value).encode())


def _categories(number: int, talk: Talk) -> None:
    names = [f"c{at}" for at in range(number)]
    result = {"flagged": False, "categories": dict.fromkeys(names, False), "category_scores": dict.fromkeys(names, 0.0)}
    value = {"id": "modr-1", "model": "m", "results": [result, result]}
    talk.respond(200, {"content-type": "application/json"}, json.dumps(value).encode())


def _wave(length: int) -> bytes:
    """A sound that claims a length."""
    form = struct.pack("<4sIHHIIHH4sI", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16, b"data", length)
    return struct.pack("<4sI4s", b"RIFF", length, b"WAVE") + form + b"\0" * 100


def _picture(width: int, height: int) -> bytes:
    """The beginning of a PNG that claims a size."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0) + b"\0" * 20


def _pictured(data: str, talk: Talk) -> None:
    _with("data/0/b64_json", json.dumps(data), talk)


SOUNDS = {
    "empty": b"",
    "text": b"this is no sound",
    "wav-4gb": _wave(0xFFFFFFFF),
    "wav-no-rate": _wave(100).replace(struct.pack("<I", 8000), b"\0\0\0\0"),
    "wav-cut": _wave(100)[:20],
    "flac-cut": b"fLaC\0\0\0\x22",
    "mp3-tag-256mb": b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
    "json": b'{"error": {"message": "no"}}',
    "7mb": b"\0" * 7_000_000,
}

PICTURES = {
    "empty": "",
    "no-base64": "%%%%",
    "text": base64.b64encode(b"no picture").decode(),
    "png-huge": base64.b64encode(_picture(0xFFFFFFFF, 0xFFFFFFFF)).decode(),
    "png-cut": base64.b64encode(_picture(64, 64)[:18]).decode(),
    "jpeg-cut": base64.b64encode(b"\xff\xd8\xff\xc0").decode(),
    "jpeg-loop": base64.b64encode(b"\xff\xd8" + b"\xff\xe0\0\0" * 100_000).decode(),
    "webp-cut": base64.b64encode(b"RIFF\0\0\0\0WEBPVP8 ").decode(),
    "5mb": "A" * 5_000_000,
}

TIMED = {
    "empty": b"",
    "controls": b"1\n00:00:00,000 --> 00:00:01,000\n\x1b[2J\x1b]0;owned\x07\n::add-mask::x\n",
    "blanks": b"\n" * 1_000_000,
    "arrows": b"-->" * 500_000,
    "figures": b"00:" * 500_000,
    "cues-100k": b"".join(b"%d\n00:00:00,000 --> 00:00:01,000\na\n\n" % at for at in range(100_000)),
    "long-time": b"1\n" + b"9" * 5_000 + b":00:00,000 --> 00:00:01,000\na\n\n",
    "webvtt-only": b"WEBVTT" * 200_000,
    "no-utf8": b"1\n00:00:00,000 --> 00:00:01,000\n\xff\xfe\n",
}

CONTENTS = {
    "no-json": (b"no json", 1_000),
    "deep": (b"[" * 5_000, 1_000),
    "lines-200k": (b'{"custom_id":"a","response":null,"error":null}', 200_000),
    "endless": (b"x" * 1_000, 200_000),
    "numbers": (b'{"id":7,"custom_id":["a"],"response":{"status_code":"x","body":[]},"error":7}', 1_000),
}


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    yield from _creations()
    yield from _members()
    yield from _bodies()
    yield from _waits()


def _creations() -> Iterable[Behaviour]:
    for name, (cases, path) in MADE.items():
        for word, identity in IDENTITIES.items():
            act = partial(_at, "POST", rf"{path}$", partial(_named, identity))
            yield Behaviour(f"made-{name}-id-{word}", act, cases=cases, harmless=isinstance(identity, str))


def _members() -> Iterable[Behaviour]:
    """A turn of values at each member."""
    names, turn = list(VALUES), 0
    for area, (cases, path, places) in MEMBERS.items():
        for place in places:
            for step in (0, 7, 13):
                word = names[(turn * 5 + step) % len(names)]
                act = partial(_at, "GET|POST", path, partial(_with, place, VALUES[word]))
                name = f"{area}-{place.replace('/0', '').replace('/', '-')}-{word}"
                yield Behaviour(name if "/0" not in place else f"{name}-first", act, cases=cases, harmless=True)
            turn += 1


def _bodies() -> Iterable[Behaviour]:
    for name, sound in SOUNDS.items():
        yield Behaviour(f"sound-{name}", partial(_at, "POST", "/audio", partial(_body, sound, None)), cases=SPEECH)
    for name, picture in PICTURES.items():
        yield Behaviour(f"picture-{name}", partial(_at, "POST", "/images", partial(_pictured, picture)), cases=IMAGES, slow=name == "5mb")
    for name, text in TIMED.items():
        yield Behaviour(f"captions-{name}", partial(_at, "POST", "/audio", partial(_body, text, None)), cases=TEXTS)
    for name, (line, number) in CONTENTS.items():
        act = partial(_at, "GET", "/files", partial(_lines, line, number))
        yield Behaviour(f"content-{name}", act, cases=(*FILES, *BATCHES), slow=number > 1_000)
    for number in (1_000, 100_000):
        yield Behaviour(
            f"segments-{number}",
            partial(_at, "POST", "/audio/.*", partial(_segments, number)),
            cases=TEXTS[:2],
            harmless=True,
            slow=number > 1_000,
        )
        act = partial(_at, "POST", "/moderations", partial(_categories, number))
        yield Behaviour(f"categories-{number}", act, cases=MODERATIONS, slow=number > 1_000)
    for name, one, number in (
        ("image", b'data: {"type":"image_generation.partial_image","b64_json":"' + b"A" * 1_000_000 + b'"}\n\n', 20),
        ("small", b'data: {"type":"x"}\n\n', 200_000),
    ):
        for area, cases in (("/images", IMAGES), ("/audio", (*SPEECH, *TEXTS))):
            act = partial(_at, "POST", area, partial(_events, one, number))
            yield Behaviour(f"flood-{area[1:]}-{name}", act, cases=cases, slow=True)


def _waits() -> Iterable[Behaviour]:
    yield Behaviour("pages-without-end", partial(_at, "GET", "/files$", _page_without_end), cases=FILES, harmless=True)
    yield Behaviour(
        "batch-never-ends",
        partial(_at, "GET", "/batches", partial(_with, "status", '"in_progress"')),
        cases=BATCHES,
        slow=True,
        harmless=True,  # it may take a day
    )
    for name, act in (("silent", _never), ("dripping", _dripping)):
        yield Behaviour(f"deletion-{name}", partial(_at, "DELETE", "/", act), cases=(*FILES, *STORED), slow=True)
        yield Behaviour(f"content-{name}", partial(_at, "GET", "/files/.*content", act), cases=FILES, slow=True)
    for status in (429, 500, 503):
        act = partial(_refused, status)
        yield Behaviour(f"deletion-{status}", partial(_at, "DELETE", "/", act), cases=(*FILES, *STORED), slow=True)
        yield Behaviour(
            f"creation-{status}", partial(_at, "POST", "/(files|batches|conversations)", act), cases=(*FILES, *BATCHES), slow=True
        )


def _refused(status: int, talk: Talk) -> None:
    error = json.dumps({"error": {"message": "not now", "type": "server_error", "param": None, "code": None}}).encode()
    talk.respond(status, {"content-type": "application/json", "retry-after": "100000"}, error)
