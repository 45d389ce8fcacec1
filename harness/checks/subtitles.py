"""Transcriptions in the format that was asked for, and subtitles with their times."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..model import Problem
from .http.transport import body_is_json_object
from .registry import check
from .reply import Reply, few, parse_json, show

MOST_CUES = 1_000
"""The most subtitles that are read."""

_TIME = r"(?:(\d{1,9}):)?(\d\d):(\d\d)[,.](\d{3})"
_CUE = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}")
_POINTS = {"srt": ",", "vtt": "."}
"""What separates seconds from their thousandths."""


VERBOSE = frozenset({"duration", "language", "segments", "words"})
"""What a verbose transcription has more than any other; one without all of this is in another format."""


@check
def transcription_has_the_format_asked(reply: Reply) -> list[Problem] | None:
    """The body is JSON, the text alone, or subtitles, as the format asked for has it; without one, JSON."""
    form = str(reply.asked.get("response_format") or "json")
    if form == "verbose_json" and reply.object and VERBOSE.isdisjoint(reply.object):
        return [Problem("body", "the text with its duration, language and segments", show(reply.text))]
    if form in ("json", "verbose_json", "diarized_json"):
        return body_is_json_object(reply)
    if form == "text":
        is_json = isinstance(parse_json(reply.text.strip()).value, dict | str)
        return [Problem("body", "the text alone", show(reply.text))] if is_json else []
    return _not_subtitles(reply.text.removeprefix("\ufeff"), form) if form in _POINTS else None


def _not_subtitles(text: str, form: str) -> list[Problem]:
    """Why a text is no subtitles. Silence may have none; WebVTT has a head even then."""
    if form == "vtt" and not re.match(r"WEBVTT(?:[ \t\n\r]|$)", text):
        return [Problem("the first line", "WEBVTT", show(text[:40]))]
    lines = list(_cue_lines(text))
    if not lines and text.replace("WEBVTT", "").strip():
        return [Problem("body", "cues with their times", show(text))]
    point = _POINTS[form]
    bad = [line for line in lines if _CUE.match(line) is None or point not in line]
    return few([Problem("a cue", f"00:00:00{point}000 --> 00:00:00{point}000", show(line)) for line in bad])


def _cue_lines(text: str) -> Iterator[str]:
    """The lines with the times of a subtitle, of the first subtitles."""
    return (line.strip() for line in text.splitlines()[: MOST_CUES * 4] if "-->" in line)


@check
def subtitles_ascend(reply: Reply) -> list[Problem] | None:
    """Each subtitle ends after it begins, and none begins before the one in front of it."""
    cues = [found.groups() for line in _cue_lines(reply.text) if (found := _CUE.match(line))]
    if reply.asked.get("response_format") not in _POINTS or not cues:
        return None
    problems: list[Problem] = []
    before = 0.0
    for cue in cues:
        start, end = _seconds(cue[:4]), _seconds(cue[4:])
        if not before <= start <= end:
            problems.append(Problem("a cue", f"a start after {before:g} s, and before its end", f"{start:g} s to {end:g} s"))
        before = max(before, start)
    return few(problems)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return hours * 3_600 + minutes * 60 + seconds + thousandths / 1_000
