"""Sound: speech in its format, and transcriptions with their times."""

from __future__ import annotations

import base64
import binascii
import io
import re
import wave
from collections.abc import Iterator
from typing import Any

from ..model import Json, Problem
from .files import uploaded
from .registry import check
from .reply import Reply, few, items_of, show

HEADS = {
    "mp3": re.compile(rb"ID3|\xff[\xe2-\xff]"),
    "opus": re.compile(rb"OggS"),
    "aac": re.compile(rb"\xff[\xf0-\xf9]|ADIF|....ftyp", re.DOTALL),
    "flac": re.compile(rb"fLaC"),
    "wav": re.compile(rb"RIFF....WAVE", re.DOTALL),
}
"""How a file of each format begins."""

SURE_HEAD = re.compile(rb"ID3|OggS|ADIF|fLaC|RIFF....WAVE", re.DOTALL)
"""How no raw samples begin. PCM has no head, and two samples of -1 begin as MP3 does."""

TYPES = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/opus": "opus",
    "audio/ogg": "opus",
    "application/ogg": "opus",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/x-flac": "flac",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
}
"""The formats that content types name."""

SLACK = 0.5
"""By how many seconds the told duration of a sound may be wrong: models pad and cut."""


def sound_of(reply: Reply) -> bytes | None:
    """The sound of a speech reply: its body, or the joined deltas of a stream; ``None`` if a delta is not base64."""
    if not reply.is_event_stream:
        return reply.exchange.body
    try:
        return b"".join(base64.b64decode(str(value.get("audio")), validate=True) for value in _events(reply, "speech.audio.delta"))
    except (binascii.Error, ValueError):
        return None


def _events(reply: Reply, kind: str) -> Iterator[dict[str, Any]]:
    """The events of one type."""
    return (value for _, value in reply.event_objects if value.get("type") == kind)


@check
def sound_has_the_format_asked(reply: Reply) -> list[Problem]:
    """The sound begins as files of its format do."""
    form = str(reply.asked.get("response_format") or "mp3")
    sound = sound_of(reply)
    if sound is None:
        return [Problem("the deltas", "base64", show(next((v.get("audio") for v in _events(reply, "speech.audio.delta")), None)))]
    named = next((name for name, head in HEADS.items() if head.match(sound)), "no known format")
    wanted = HEADS.get(form)
    if wanted.match(sound) if wanted is not None else bool(sound) and SURE_HEAD.match(sound) is None:
        return []
    return [Problem("the first bytes", form, f"{named}: {sound[:16]!r}")]


@check
def content_type_is_of_sound(reply: Reply) -> list[Problem]:
    """The content type is one of sound, or application/octet-stream, and names no other format than that of the bytes."""
    got = reply.media_type
    if not got.startswith("audio/") and got not in ("application/octet-stream", "application/ogg"):
        return [Problem("content-type", "audio/… or application/octet-stream", got or "none")]
    sound, named = sound_of(reply), TYPES.get(got)
    if named is None or sound is None or reply.asked.get("response_format") == "pcm":
        return []
    forms = [name for name, head in HEADS.items() if head.match(sound)]
    return [Problem("content-type", f"that of {' or '.join(forms)}, as the first bytes are", got)] if forms and named not in forms else []


@check
def wav_holds_sound(reply: Reply) -> list[Problem] | None:
    """A WAV file has a rate, channels, and samples. A stream cannot know its length before its end, so its head may leave it out."""
    sound = sound_of(reply)
    if sound is None or reply.asked.get("response_format") != "wav" or not HEADS["wav"].match(sound):
        return None
    try:
        with wave.open(io.BytesIO(sound)) as read:
            frames, rate = read.getnframes(), read.getframerate()
    except (wave.Error, EOFError, ValueError) as error:
        return [Problem("the WAV file", "a head that can be read", str(error) or type(error).__name__)]
    return [] if frames and rate else [Problem("the WAV file", "some samples", f"{frames} samples, {rate} a second")]


@check
def last_event_is(reply: Reply, type: str) -> list[Problem] | None:  # noqa: A002 - the member's own name
    """An event of this type comes once, as the last one."""
    kinds = [value.get("type") for _, value in reply.event_objects]
    if not kinds or reply.broke_off:
        return None
    if kinds[-1] == type and kinds.count(type) == 1:
        return []
    return [
        Problem(reply.event_objects[-1][0], f"{type}, once, as the last event", f"{kinds.count(type)} of them, and {show(kinds[-1])} last")
    ]


@check
def event_usage_adds_up(reply: Reply) -> list[Problem] | None:
    """The usage of the last event adds up."""
    usage = reply.event_objects[-1][1].get("usage") if reply.event_objects else None
    if not isinstance(usage, dict):
        return None
    asked, made, total = (usage.get(name) for name in ("input_tokens", "output_tokens", "total_tokens"))
    if type(asked) is not int or type(made) is not int or asked + made == total:
        return []
    return [Problem("/usage/total_tokens", f"{asked + made}, as {asked} and {made} make", show(total))]


@check
def duration_is_that_of_the_sound(reply: Reply) -> list[Problem] | None:
    """The duration is that of the uploaded WAV file."""
    file, told = uploaded(reply), reply.object.get("duration")
    if file is None or not isinstance(told, int | float):
        return None
    with wave.open(io.BytesIO(file.content)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    return [] if abs(told - seconds) <= SLACK else [Problem("/duration", f"{seconds:g}, as long as the sound", show(told))]


@check
def times_ascend(reply: Reply) -> list[Problem] | None:
    """Segments, and words, begin before they end, do not overlap, and lie within the duration."""
    problems: list[Problem] = []
    duration = reply.object.get("duration")
    latest = duration + SLACK if isinstance(duration, int | float) else None
    spans = [(f"/{name}/{index}", item) for name in ("segments", "words") for index, item in _spans(reply.object.get(name))]
    before: dict[str, float] = {}
    for where, (start, end) in spans:
        kind = where.split("/")[1]
        if not before.get(kind, 0.0) <= start <= end or (latest is not None and end > latest):
            expected = f"{before.get(kind, 0.0):g} ≤ start ≤ end" + ("" if latest is None else f" ≤ {duration:g}")
            problems.append(Problem(where, expected, f"{start:g} to {end:g}"))
        before[kind] = max(before.get(kind, 0.0), start)
    return few(problems) if spans else None


def _spans(value: Json) -> Iterator[tuple[int, tuple[float, float]]]:
    """The times of a list's items that have both."""
    for index, item in enumerate(items_of(value)):
        if isinstance(item, dict) and all(isinstance(item.get(name), int | float) for name in ("start", "end")):
            yield index, (float(item["start"]), float(item["end"]))


@check
def words_are_given(reply: Reply) -> list[Problem] | None:
    """A transcription that says something has the times of its words."""
    text, words = reply.object.get("text"), reply.object.get("words")
    if not isinstance(text, str) or not text.strip():
        return None
    return [] if isinstance(words, list) and words else [Problem("/words", "the words, with their times", show(words))]


@check
def transcript_deltas_join(reply: Reply) -> list[Problem] | None:
    """The joined deltas are the text of the last event, apart from white space at its ends."""
    done = next(_events(reply, "transcript.text.done"), None)
    deltas = [str(value.get("delta")) for value in _events(reply, "transcript.text.delta")]
    if done is None or not isinstance(done.get("text"), str) or (not deltas and not done["text"].strip()):
        return None
    joined = "".join(deltas)
    return [] if joined.strip() == done["text"].strip() else [Problem("/text", f"{show(joined)}, the deltas joined", show(done["text"]))]
