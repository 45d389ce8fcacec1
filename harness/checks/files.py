"""Files: what was uploaded, and what came back."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

from ..model import Problem
from ..wire import FormPart
from .registry import check
from .reply import Reply, few, items_of, show


def uploaded(reply: Reply) -> FormPart | None:
    """The file in the form that was sent; ``None`` if there was none."""
    return next((part for part in reply.form if part.filename is not None), None)


@check
def bytes_are_counted(reply: Reply) -> list[Problem] | None:
    """The size of a file is the number of bytes that were uploaded."""
    file, told = uploaded(reply), reply.object.get("bytes")
    if file is None or told is None:
        return None
    return [] if told == len(file.content) else [Problem("/bytes", f"{len(file.content)}, as uploaded", show(told))]


@check
def file_name_is_kept(reply: Reply) -> list[Problem] | None:
    """A file has the name it was uploaded with. A quote in it may have stayed as the form escapes it."""
    file, told = uploaded(reply), reply.object.get("filename")
    if file is None or told is None:
        return None
    name = str(file.filename)
    return [] if told in (name, name.replace("%22", '"')) else [Problem("/filename", f"{show(name)}, as uploaded", show(told))]


@check
def purpose_is_kept(reply: Reply) -> list[Problem] | None:
    """A file has the purpose it was uploaded for."""
    asked, told = reply.asked.get("purpose"), reply.object.get("purpose")
    if asked is None or told is None:
        return None
    return [] if told == asked else [Problem("/purpose", f"{show(asked)}, as uploaded", show(told))]


@check
def content_is_what_was_uploaded(made: Reply, content: Reply) -> list[Problem] | None:
    """The content of a file is the bytes that were uploaded."""
    file = uploaded(made)
    if file is None or content.exchange.status != 200:
        return None
    return _compared(file.content, content)


@check
def content_is_the_parts(one: Reply, two: Reply, content: Reply) -> list[Problem] | None:
    """The content of a file that was uploaded in two parts is the first part, then the second."""
    first, second = uploaded(one), uploaded(two)
    if first is None or second is None or content.exchange.status != 200:
        return None
    return _compared(first.content + second.content, content)


def _compared(wanted: bytes, content: Reply) -> list[Problem]:
    """Whether a reply's body is exactly these bytes."""
    got = content.exchange.body
    if got == wanted:
        return []
    at = next((place for place, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b), min(len(wanted), len(got)))
    sent, came = (repr(octets[at : at + 40])[1:] for octets in (wanted, got))
    return [Problem(f"byte {at}", f"{len(wanted)} bytes, here {sent}", f"{len(got)} bytes, here {came}")]


@check
def only_files_of_the_purpose(reply: Reply) -> list[Problem] | None:
    """A list for one purpose holds only files of that purpose."""
    asked = parse_qs(reply.exchange.request.path.partition("?")[2]).get("purpose", [""])[0]
    files = [(index, item) for index, item in enumerate(items_of(reply.object.get("data"))) if isinstance(item, dict)]
    if not asked or not files:
        return None
    return few(
        [Problem(f"/data/{index}/purpose", asked, show(item.get("purpose"))) for index, item in files if item.get("purpose") != asked]
    )


@check
def part_names_its_upload(reply: Reply) -> list[Problem] | None:
    """A part has the id of the upload in its URL."""
    wanted = unquote(reply.exchange.request.path.split("/")[-2])
    got = reply.object.get("upload_id")
    return None if got is None else [] if got == wanted else [Problem("/upload_id", wanted, show(got))]
