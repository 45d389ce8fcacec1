"""Images of the reference: one colour, which depends on the prompt."""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from collections.abc import Mapping
from typing import Any

from .exchange import ServerReply, ServerRequest
from .forms import needed_field, needed_file, read_form
from .language import tokens
from .refusals import CHAT_MODELS, Member, RefusalError, check_members
from .state import State

SIZES = ("auto", "256x256", "512x512", "1024x1024", "1024x1536", "1536x1024")

IMAGE = {
    "model": Member("string", needed=True),
    "prompt": Member("string", 1, 32_000, needed=True),
    "n": Member("integer", 1, 10),
    "size": Member("string", one_of=SIZES),
    "quality": Member("string", one_of=("low", "medium", "high", "auto", "standard", "hd")),
    "response_format": Member("string", one_of=("url", "b64_json")),
    "output_format": Member("string", one_of=("png",)),
    "background": Member("string", one_of=("transparent", "opaque", "auto")),
    "moderation": Member("string", one_of=("low", "auto")),
    "stream": Member("boolean"),
    "partial_images": Member("integer", 0, 3),
    "user": Member("string"),
}


def generate(body: dict[str, Any], state: State) -> ServerReply:
    """Make images of a prompt."""
    check_members(body, IMAGE, CHAT_MODELS)
    return _made(body, state, "image_generation")


def edit(asked: ServerRequest) -> ServerReply:
    """Change an image."""
    fields, files = read_form(asked)
    for name in ("model", "prompt"):
        needed_field(fields, name)
    given = needed_file(files, "image" if "image" in files else "image[]")
    for file in (given, *([files["mask"]] if "mask" in files else [])):
        if not file.content.startswith(b"\x89PNG"):
            raise RefusalError(400, "Invalid image file: only PNG is read.", "invalid_image_file", "image")
    body: dict[str, Any] = {**fields, "n": int(fields.get("n", "1")) if fields.get("n", "1").isdigit() else 0}
    body["stream"] = fields.get("stream") == "true"
    check_members({name: value for name, value in body.items() if name != "stream"}, IMAGE, CHAT_MODELS)
    return _made(body, asked.state, "image_edit")


def _made(body: Mapping[str, Any], state: State, kind: str) -> ServerReply:
    """The images, whole or as events."""
    size = "1024x1024" if body.get("size") in (None, "auto") else str(body["size"])
    spent = len(tokens(body["prompt"]))
    details = {"text_tokens": spent, "image_tokens": 0}
    usage = {"input_tokens": spent, "output_tokens": 100, "total_tokens": spent + 100, "input_tokens_details": details}
    told = {"size": size, "quality": "low", "background": "opaque", "output_format": "png"}
    if body.get("stream"):
        shared = {"created_at": state.time, **told}
        partial = [
            {"type": f"{kind}.partial_image", "b64_json": _picture(body["prompt"], size), "partial_image_index": number, **shared}
            for number in range(body.get("partial_images") or 0)
        ]
        last = {"type": f"{kind}.completed", "b64_json": _picture(body["prompt"], size), **shared, "usage": usage}
        return ServerReply(events=[*partial, last], named=True)
    images = [{"b64_json": _picture(f"{body['prompt']}{number}", size)} for number in range(body.get("n") or 1)]
    return ServerReply(body={"created": state.time, "data": images, **told, "usage": usage})


def _picture(prompt: str, size: str) -> str:
    """A PNG image of one colour, in base64 (PNG specification, sections 5 and 11)."""
    width, height = map(int, size.split("x"))
    row = b"\0" + hashlib.sha256(prompt.encode()).digest()[:3] * width
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(row * height)), (b"IEND", b""))
    written = (struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks)
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(written)).decode()
