"""Images that are made: their number, their bytes, and their events."""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Iterator

from ..model import Problem
from .json_value import same_json
from .registry import check
from .reply import Reply, few, items_of, show


def _pictures(reply: Reply) -> Iterator[tuple[str, str]]:
    """The base64 data of each image, with its place."""
    for where, value in reply.objects:
        if isinstance(value.get("b64_json"), str):
            yield f"{where} /b64_json".strip(), value["b64_json"]
        for index, item in enumerate(items_of(value.get("data"))):
            if isinstance(item, dict) and isinstance(item.get("b64_json"), str):
                yield f"{where} /data/{index}/b64_json".strip(), item["b64_json"]


@check
def as_many_images_as_asked(reply: Reply) -> list[Problem]:
    """There are ``n`` images; one if the request does not say."""
    given = reply.asked.get("n", 1)
    wanted = int(given) if str(given).isdigit() else 1
    got = len(items_of(reply.object.get("data")))
    return [] if got == wanted else [Problem("/data", f"{wanted} images", f"{got}")]


@check
def images_are_given(reply: Reply) -> list[Problem]:
    """Each image has its data or its address."""
    listed = items_of(reply.object.get("data"))
    bare = [index for index, item in enumerate(listed) if isinstance(item, dict) and not (item.get("b64_json") or item.get("url"))]
    return few([Problem(f"/data/{index}", "b64_json or url", show(listed[index])) for index in bare])


@check
def images_have_the_size_asked(reply: Reply) -> list[Problem] | None:
    """The data are a whole image in a format that can be asked for, and have the size asked for, if their format tells it easily."""
    problems: list[Problem] = []
    pictures = list(_pictures(reply))
    size = re.fullmatch(r"(\d+)x(\d+)", str(reply.asked.get("size")))
    for where, data in pictures:
        try:
            raw = base64.b64decode(data, validate=True)
        except (binascii.Error, ValueError) as error:
            problems.append(Problem(where, "base64", f"{error}: {show(data)}"))
            continue
        whole = next((is_whole for head, is_whole in _WHOLE.items() if re.match(head, raw, re.DOTALL)), None)
        if whole is None:
            problems.append(Problem(where, "an image as PNG, JPEG or WebP", repr(raw[:16])))
        elif not whole(raw):
            problems.append(Problem(where, "a whole image", f"{len(raw):,} bytes that end before the image does"))
        elif size is not None and raw.startswith(b"\x89PNG") and len(raw) >= 24:
            width, height = struct.unpack(">II", raw[16:24])
            if (width, height) != (int(size[1]), int(size[2])):
                problems.append(Problem(where, size[0], f"{width}x{height}"))
    return few(problems) if pictures else None


def _png_is_whole(raw: bytes) -> bool:
    """Whether the chunks of a PNG go to its end chunk."""
    at = 8
    while len(raw) >= at + 12:
        length, kind = struct.unpack(">I4s", raw[at : at + 8])
        at += 12 + int(length)
        if kind == b"IEND":
            return at <= len(raw)
    return False


def _jpeg_is_whole(raw: bytes) -> bool:
    """Whether a JPEG has a scan and, behind it, its end marker."""
    scan = raw.find(b"\xff\xda")
    return scan > 0 and raw.find(b"\xff\xd9", scan) > 0


def _webp_is_whole(raw: bytes) -> bool:
    """Whether a WebP has as many bytes as its head says, and an image in them."""
    return 20 <= int.from_bytes(raw[4:8], "little") + 8 <= len(raw)


_WHOLE = {rb"\x89PNG\r\n\x1a\n": _png_is_whole, rb"\xff\xd8\xff": _jpeg_is_whole, rb"RIFF....WEBP": _webp_is_whole}
"""How the formats that can be asked for begin, and what tells whether all of an image is there."""


@check
def image_usage_adds_up(reply: Reply) -> list[Problem] | None:
    """The total is the sum of input and output, and the input the sum of its details."""
    if reply.usage is None:
        return None
    where, usage = reply.usage
    asked, made, total = (usage.get(name) for name in ("input_tokens", "output_tokens", "total_tokens"))
    if type(asked) is not int or type(made) is not int or type(total) is not int:
        return None
    problems = [] if total == asked + made else [Problem(f"{where}/total_tokens", f"{asked} + {made} = {asked + made}", show(total))]
    details = usage.get("input_tokens_details")
    parts = [details.get(name) for name in ("text_tokens", "image_tokens")] if isinstance(details, dict) else []
    counted = [part for part in parts if isinstance(part, int)]
    if len(counted) == 2 and sum(counted) != asked:
        problems.append(Problem(f"{where}/input_tokens_details", f"{asked} in all", show(details)))
    return problems


@check
def image_events_agree(reply: Reply) -> list[Problem] | None:
    """Size, quality, background and format are the same in all events, and as the request has them, unless it leaves them open."""
    problems: list[Problem] = []
    for name in ("size", "quality", "background", "output_format"):
        told = [(where, value[name]) for where, value in reply.event_objects if name in value]
        asked = reply.asked.get(name)
        wanted = asked if asked not in (None, "auto") else told[-1][1] if told else None
        problems += [Problem(f"{where} /{name}", show(wanted), show(got)) for where, got in told if not same_json(got, wanted)]
    return few(problems) if reply.event_objects else None


@check
def partial_images_are_counted(reply: Reply) -> list[Problem] | None:
    """Partial images are numbered 0, 1, 2 as they come."""
    numbers = [value.get("partial_image_index") for _, value in reply.event_objects if "partial_image_index" in value]
    if not numbers:
        return None
    return [] if numbers == list(range(len(numbers))) else [Problem("/partial_image_index", show(list(range(len(numbers)))), show(numbers))]
