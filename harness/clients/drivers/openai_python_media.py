"""What the official Python client does with sound and images."""

from __future__ import annotations

import hashlib
from typing import Any

from .openai_python_reading import each, file_of, now
from .protocol import Values, read


def bytes_read(content: bytes) -> Values:
    """A sound or an image, told by its size and its hash."""
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


async def speech(client: Any, send: Values) -> Values:
    """A spoken text."""
    spoken = await now(client.audio.speech.create(**send))
    return bytes_read(spoken.content)


async def speech_streamed(client: Any, send: Values) -> Values:
    """A spoken text, read piece by piece."""
    manager = client.audio.speech.with_streaming_response.create(**send)
    if hasattr(manager, "__aenter__"):
        async with manager as spoken:
            return bytes_read(b"".join([piece async for piece in spoken.iter_bytes()]))
    with manager as spoken:
        return bytes_read(b"".join(spoken.iter_bytes()))


async def transcription(client: Any, send: Values) -> Values:
    """A sound, written down."""
    heard = await now(client.audio.transcriptions.create(**{**send, "file": file_of(send)}))
    return read({"text": lambda: heard.text})


async def transcription_streamed(client: Any, send: Values) -> Values:
    """A sound, written down while it is heard."""
    pieces, text = "", None
    async for event in each(await now(client.audio.transcriptions.create(**{**send, "file": file_of(send)}, stream=True))):
        if event.type == "transcript.text.delta":
            pieces += event.delta
        if event.type == "transcript.text.done":
            text = event.text
    return {"text": text, "pieces": pieces}


async def translation(client: Any, send: Values) -> Values:
    """A sound, written down in English."""
    heard = await now(client.audio.translations.create(**{**send, "file": file_of(send)}))
    return read({"text": lambda: heard.text})


def picture(image: Any) -> str:
    """The hash of an image, or of the address where it is."""
    return hashlib.sha256((image.b64_json or image.url).encode()).hexdigest()


async def image(client: Any, send: Values) -> Values:
    """An image."""
    reply = await now(client.images.generate(**send))
    return read({"created": lambda: reply.created, "sha256": lambda: picture(reply.data[0])})


async def image_streamed(client: Any, send: Values) -> Values:
    """An image, of which parts are shown first."""
    final = None
    async for event in each(await now(client.images.generate(**send, stream=True))):
        if event.type == "image_generation.completed":
            final = event
    return read({"sha256": lambda: picture(final)})


WAYS = {
    "speech": speech,
    "speech-streamed": speech_streamed,
    "transcription": transcription,
    "transcription-streamed": transcription_streamed,
    "translation": translation,
    "image": image,
    "image-streamed": image_streamed,
}
