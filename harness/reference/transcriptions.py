"""Transcriptions of the reference. It hears whether there is sound, and answers with the same words each time."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable
from typing import Any

from .exchange import ServerReply, ServerRequest
from .forms import needed_field, needed_file, read_form
from .refusals import CHAT_MODELS, RefusalError

FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
HEARD = "A tone, and then another tone."
FIELDS = frozenset(
    [
        "model",
        "language",
        "prompt",
        "response_format",
        "temperature",
        "stream",
        "timestamp_granularities[]",
        "include[]",
        "chunking_strategy",
    ]
)


def transcribe(asked: ServerRequest) -> ServerReply:
    """Answer a transcription request, plain or streamed."""
    return _answered(asked, "transcribe")


def translate(asked: ServerRequest) -> ServerReply:
    """Answer a translation request."""
    return _answered(asked, "translate")


def _answered(asked: ServerRequest, task: str) -> ServerReply:
    fields, files = read_form(asked)
    unknown = next((name for name in fields if name not in FIELDS), None)
    if unknown is not None:
        raise RefusalError(400, f"Unknown parameter: '{unknown}'.", "unknown_parameter", unknown)
    given = needed_file(files, "file")
    model = needed_field(fields, "model")
    if model not in CHAT_MODELS:
        raise RefusalError(404, f"The model '{model}' does not exist or you do not have access to it.", "model_not_found", "model")
    form = needed_field({"response_format": "json", **fields}, "response_format", FORMATS)
    seconds, text = _heard(given.content)
    if task == "transcribe" and fields.get("stream") == "true":
        return _streamed(text)
    if form == "json":
        return ServerReply(body={"text": text, "usage": {"type": "duration", "seconds": seconds}})
    if form == "verbose_json":
        return ServerReply(body=_verbose(text, seconds, task, words="word" in fields.get("timestamp_granularities[]", "")))
    kind = {"vtt": "text/vtt", "srt": "application/x-subrip"}.get(form, "text/plain")
    return ServerReply(headers={"content-type": f"{kind}; charset=utf-8"}, body=WRITTEN[form](text, seconds).encode())


def _heard(content: bytes) -> tuple[float, str]:
    """The seconds of a sound, and what is heard in it. Refuses what is no sound."""
    try:
        with wave.open(io.BytesIO(content)) as sound:
            seconds = round(sound.getnframes() / sound.getframerate(), 3)
            silent = not any(sound.readframes(sound.getnframes()))
    except (wave.Error, EOFError) as error:
        raise RefusalError(400, "Invalid file format. Send a sound file.", "invalid_value", "file") from error
    return seconds, "" if silent else HEARD


def _verbose(text: str, seconds: float, task: str, *, words: bool) -> dict[str, Any]:
    """A transcription with its segments, or its words."""
    told = text.split()
    step = seconds / max(1, len(told))
    body: dict[str, Any] = {"task": task, "language": "english", "duration": seconds, "text": text}
    if words:
        listed = enumerate(told)
        return {**body, "words": [{"word": word, "start": round(i * step, 3), "end": round((i + 1) * step, 3)} for i, word in listed]}
    segment = {"id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": text, "tokens": [1, 2], "temperature": 0.0}
    scores = {"avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.01}
    return {**body, "segments": [{**segment, **scores}] if text else []}


def _streamed(text: str) -> ServerReply:
    """The events of a streamed transcription."""
    pieces = [word if number == 0 else f" {word}" for number, word in enumerate(text.split())]
    deltas = [{"type": "transcript.text.delta", "delta": piece} for piece in pieces]
    usage = {"type": "tokens", "input_tokens": 10, "output_tokens": len(pieces), "total_tokens": 10 + len(pieces)}
    return ServerReply(events=[*deltas, {"type": "transcript.text.done", "text": text, "usage": usage}])


def _clock(seconds: float, point: str) -> str:
    """A time as subtitles write it."""
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{round(seconds % 1 * 1000):03}"


def _subrip(text: str, seconds: float) -> str:
    return f"1\n{_clock(0, ',')} --> {_clock(seconds, ',')}\n{text}\n\n" if text else ""


def _web_vtt(text: str, seconds: float) -> str:
    return "WEBVTT\n\n" + (f"{_clock(0, '.')} --> {_clock(seconds, '.')}\n{text}\n\n" if text else "")


WRITTEN: dict[str, Callable[[str, float], str]] = {"text": lambda text, seconds: f"{text}\n", "srt": _subrip, "vtt": _web_vtt}
