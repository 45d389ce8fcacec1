"""Small files for uploads, made when they are needed: a sound, silence, an image and a mask."""

from __future__ import annotations

import io
import math
import struct
import wave
import zlib
from collections.abc import Callable, Iterable
from functools import cache

RATE = 16_000
"""Samples a second: what speech models are trained with."""


def tone(seconds: float = 1.0) -> bytes:
    """A WAV file with two alternating tones, which no one can take for silence."""
    return _sound(
        int(12_000 * math.sin(2 * math.pi * (440 if at % 8_000 < 4_000 else 660) * at / RATE)) for at in range(int(RATE * seconds))
    )


def silence(seconds: float = 1.0) -> bytes:
    """A WAV file in which nothing is heard."""
    return _sound(0 for _ in range(int(RATE * seconds)))


def _sound(samples: Iterable[int]) -> bytes:
    """A WAV file with 16-bit samples, one channel."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


def square(side: int = 256) -> bytes:
    """A PNG image: a red disc on white."""
    return image(side, side, lambda x, y: (255, 32, 32, 255) if _is_inside(x, y, side) else (255, 255, 255, 255))


def mask(side: int = 256) -> bytes:
    """A PNG image whose middle is transparent: the part that an edit may change."""
    return image(side, side, lambda x, y: (0, 0, 0, 0) if _is_inside(x, y, side) else (0, 0, 0, 255))


def image(width: int, height: int, pixel: Callable[[int, int], tuple[int, int, int, int]]) -> bytes:
    """A PNG image with 8 bits for each of red, green, blue and alpha (PNG specification, sections 5 and 11)."""
    rows = b"".join(b"\0" + b"".join(bytes(pixel(x, y)) for x in range(width)) for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file: length, type, content, checksum."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _is_inside(x: int, y: int, side: int) -> bool:
    """Whether a point lies in a disc in the middle of a square."""
    return (x - side / 2) ** 2 + (y - side / 2) ** 2 < (side / 3) ** 2


SAMPLES: dict[str, Callable[[], bytes]] = {
    "tone.wav": cache(tone),
    "silence.wav": cache(silence),
    "disc.png": cache(square),
    "mask.png": cache(mask),
}
"""Every sample by its name in the data."""
