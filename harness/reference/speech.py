"""Speech of the reference: a tone for each word of the text, in the format that is asked for."""

from __future__ import annotations

import base64
import io
import math
import struct
import wave
from typing import Any

from .exchange import ServerReply
from .language import tokens
from .refusals import CHAT_MODELS, Member, RefusalError, check_members

RATE = 24_000
PACE = 0.01
"""The seconds between two events: speech takes a while to make."""

WORD = 0.05
"""The seconds of sound for each word."""

VOICES = ("alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse", "marin", "cedar")

SPEECH = {
    "model": Member("string", needed=True),
    "input": Member("string", 1, 4_096, needed=True),
    "voice": Member("string", one_of=VOICES, needed=True),
    "instructions": Member("string", 0, 4_096),
    "response_format": Member("string", one_of=("mp3", "opus", "aac", "flac", "wav", "pcm")),
    "speed": Member("number", 0.25, 4),
    "stream_format": Member("string", one_of=("sse", "audio")),
}

HEADS = {
    "mp3": (b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00", "audio/mpeg"),
    "opus": (b"OggS\x00\x02" + bytes(20) + b"OpusHead", "audio/opus"),
    "aac": (b"\xff\xf1\x50\x80", "audio/aac"),
    "flac": (b"fLaC\x00\x00\x00\x22", "audio/flac"),
}
"""How a file of each compressed format begins, and its content type. What follows is no sound: nobody listens to the reference."""


def speak_aloud(body: dict[str, Any]) -> ServerReply:
    """Answer a speech request."""
    check_members(body, SPEECH, CHAT_MODELS)
    if not body["input"].strip():
        raise RefusalError(400, "Invalid 'input': there is nothing to say.", "invalid_value", "input")
    sound, kind = _encoded(_samples(body["input"]), body.get("response_format") or "mp3")
    if body.get("stream_format") != "sse":
        return ServerReply(headers={"content-type": kind}, body=sound)
    asked, made = len(tokens(body["input"])), len(sound) // 1_000 + 1
    usage = {"input_tokens": asked, "output_tokens": made, "total_tokens": asked + made}
    pieces = [sound[at : at + 4_096] for at in range(0, len(sound), 4_096)]
    deltas = [{"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()} for piece in pieces]
    return ServerReply(events=[*deltas, {"type": "speech.audio.done", "usage": usage}], pace=PACE)


def _samples(text: str) -> bytes:
    """16-bit samples: a tone for each word, whose pitch depends on its length."""
    each = int(RATE * WORD)
    pitches = [300 + 40 * len(word) for word in text.split()]
    return b"".join(struct.pack("<h", int(9_000 * math.sin(2 * math.pi * pitch * at / RATE))) for pitch in pitches for at in range(each))


def _encoded(samples: bytes, form: str) -> tuple[bytes, str]:
    """The samples in a format, and its content type."""
    if form == "pcm":
        return samples, "audio/pcm"
    if form == "wav":
        file = io.BytesIO()
        with wave.open(file, "wb") as sound:
            sound.setnchannels(1)
            sound.setsampwidth(2)
            sound.setframerate(RATE)
            sound.writeframes(samples)
        return file.getvalue(), "audio/wav"
    head, kind = HEADS[form]
    return head + samples, kind
