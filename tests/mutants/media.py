"""Mutants of sound and images."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import Outcome, Where, body_of, events, plain, rewriting, setting, without
from tests.mutants.changing import mutant
from tests.mutants.operation import at, content

speaks, makes, edits = at("POST", "/audio/speech"), at("POST", "/images/generations"), at("POST", "/images/edits")
transcribes, translates = at("POST", "/audio/transcriptions"), at("POST", "/audio/translations")


def has_field(where: Where, text: bytes) -> Where:
    """Select the forms that hold a text."""
    return lambda asked: where(asked) and text in asked.body


def wav(asked: ServerRequest) -> bool:
    return speaks(asked) and body_of(asked).get("response_format") == "wav" and "stream_format" not in body_of(asked)


def typed(where: Where, kind: str) -> Outcome:
    """Send good replies with another content type."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if where(asked) and reply.status == 200:
            reply.headers = {**reply.headers, "content-type": kind}
        return reply

    return apply


def last(change: Any) -> Any:
    """Change the last event of a stream."""

    def over(listed: list[Any]) -> list[Any]:
        change(listed[-1])
        return listed

    return over


def first(change: Any) -> Any:
    """Change the first event of a stream."""

    def over(listed: list[Any]) -> list[Any]:
        change(listed[0])
        return listed

    return over


def late(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    """Send all events of speech at once, after a while."""
    if speaks(asked) and reply.events is not None:
        reply.delay, reply.pace = 0.5, 0.0
    return reply


def overlap(body: Any) -> None:
    for item in (body.get("segments") or []) + (body.get("words") or []):
        item["start"], item["end"] = item["end"], item["start"]


def smaller(body: Any) -> None:
    from harness.reference.images import _picture

    body["data"][0]["b64_json"] = _picture("another", "256x256")


def cut(body: Any) -> None:
    picture = base64.b64decode(body["data"][0]["b64_json"])
    body["data"][0]["b64_json"] = base64.b64encode(picture[: len(picture) // 2]).decode()


mutant("speech-always-mp3", "audio-speech.format-as-asked", ask=rewriting(lambda a: wav(a), setting("response_format", "mp3")))
mutant("speech-as-html", "audio-speech.content-type", change=typed(wav, "text/html"))
mutant("speech-called-mpeg", "audio-speech.content-type", change=typed(wav, "audio/mpeg"))
mutant("speech-without-samples", "audio-speech.sound-is-whole", change=content(wav, lambda raw: raw[:40] + bytes(4)))
mutant(
    "speech-event-without-audio", "audio-speech.events-shape", change=events(speaks, first(lambda event: event.update(type="audio.delta")))
)
mutant(
    "speech-stream-as-bytes",
    "audio-speech.streamed-as-asked",
    change=typed(lambda a: speaks(a) and "stream_format" in body_of(a), "audio/wav"),
)
mutant("speech-never-done", "audio-speech.done-is-last", change=events(speaks, lambda listed: listed[:-1]))
mutant("speech-all-at-the-end", "audio-speech.arrives-over-time", change=late)
mutant(
    "speech-as-long-as-you-like",
    "errors.client-fault-is-refused",
    ask=rewriting(speaks, lambda body: body.update(input=str(body.get("input"))[:4_096])),
)
mutant("speech-usage-wrong", "audio-speech.usage-adds-up", change=events(speaks, last(lambda event: event["usage"].update(total_tokens=1))))
mutant("transcription-in-quotes", "audio-transcriptions.format-as-asked", change=plain(translates, lambda body: body["text"]))
mutant(
    "transcription-never-verbose",
    "audio-transcriptions.format-as-asked",
    "audio-transcriptions.words-as-asked",
    change=plain(has_field(transcribes, b"verbose_json"), without("task", "language", "duration", "segments", "words")),
)
mutant("transcription-without-text", "audio-transcriptions.shape", change=plain(translates, without("text")))
mutant(
    "verbose-without-language",
    "audio-transcriptions.verbose-shape",
    change=plain(has_field(transcribes, b"verbose_json"), without("language")),
)
mutant(
    "verbose-duration-in-milliseconds",
    "audio-transcriptions.duration-fits",
    change=plain(has_field(transcribes, b"verbose_json"), lambda body: body.update(duration=body["duration"] * 1_000)),
)
mutant("verbose-times-swapped", "audio-transcriptions.times-ascend", change=plain(has_field(transcribes, b"verbose_json"), overlap))
mutant(
    "words-not-given",
    "audio-transcriptions.words-as-asked",
    change=plain(has_field(transcribes, b"timestamp_granularities"), without("words")),
)
mutant(
    "transcription-text-as-json",
    "audio-transcriptions.format-as-asked",
    change=content(has_field(transcribes, b"\r\n\r\ntext\r\n"), lambda raw: json.dumps({"text": raw.decode()}).encode()),
)
mutant(
    "subtitles-with-points",
    "audio-transcriptions.format-as-asked",
    change=content(has_field(transcribes, b"\r\n\r\nsrt\r\n"), lambda raw: raw.replace(b",000", b".000")),
)
mutant(
    "subtitles-without-head",
    "audio-transcriptions.format-as-asked",
    change=content(has_field(transcribes, b"\r\n\r\nvtt\r\n"), lambda raw: raw.removeprefix(b"WEBVTT\n\n")),
)
mutant(
    "verbose-transcription-as-text",
    "audio-transcriptions.format-as-asked",
    change=plain(has_field(transcribes, b"verbose_json"), lambda body: body["text"]),
)
mutant(
    "subtitles-end-before-they-begin",
    "audio-transcriptions.subtitles-ascend",
    change=content(has_field(transcribes, b"\r\n\r\nvtt\r\n"), lambda raw: re.sub(rb"([\d:.]+) --> ([\d:.]+)", rb"\2 --> \1", raw)),
)
mutant("transcript-delta-as-text", "audio-transcriptions.events-shape", change=events(transcribes, first(without("delta"))))
mutant("transcript-never-done", "audio-transcriptions.done-is-last", change=events(transcribes, lambda listed: listed[:-1]))
mutant("transcript-delta-lost", "audio-transcriptions.deltas-join", change=events(transcribes, lambda listed: listed[1:]))
mutant("images-without-created", "images.shape", change=plain(makes, without("created")))
mutant("images-one-too-many", "images.as-many-as-asked", change=plain(makes, lambda body: body["data"].append(body["data"][0])))
mutant("image-of-another-size", "images.data-are-images", change=plain(makes, smaller))
mutant(
    "image-as-url-of-data",
    "images.data-are-images",
    change=plain(edits, lambda body: body["data"][0].update(b64_json="data:image/png;base64,")),
)
mutant("image-cut", "images.data-are-images", change=plain(makes, cut))
mutant("image-not-given", "images.given", change=plain(makes, lambda body: without("b64_json")(body["data"][0])))
mutant("image-usage-wrong", "images.usage-adds-up", change=plain(makes, lambda body: body["usage"].update(total_tokens=1)))
mutant(
    "image-usage-of-nothing",
    "images.usage-adds-up",
    change=plain(makes, lambda body: body["usage"]["input_tokens_details"].update(text_tokens=0)),
)
mutant("image-event-of-another-quality", "images.events-as-asked", change=events(makes, first(setting("quality", "high"))))
mutant("image-event-without-size", "images.events-shape", change=events(makes, first(without("size"))))
mutant("image-never-completed", "images.completed-is-last", change=events(makes, lambda listed: listed[:-1]))
mutant("image-parts-counted-from-one", "images.partial-in-order", change=events(makes, first(setting("partial_image_index", 1))))
