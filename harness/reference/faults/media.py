"""Faults of sound, images and moderations."""

from __future__ import annotations

import base64
import json
from typing import Any

from ..exchange import ServerReply, ServerRequest
from .changing import Outcome, Where, body_of, plain, rewriting, setting
from .fault import fault
from .where import BREAKS, WRONG, answering, error


def posts(path: str) -> Where:
    """Select what is sent to a path."""
    return lambda asked: asked.method == "POST" and asked.path == path


speaks, transcribes, moderates, makes = (
    posts("/audio/speech"),
    posts("/audio/transcriptions"),
    posts("/moderations"),
    posts("/images/generations"),
)


def form_has(where: Where, *values: str) -> Where:
    """Select the forms with a field that has one of these values."""
    wanted = [f"\r\n\r\n{value}\r\n".encode() for value in values]
    return lambda asked: where(asked) and any(value in asked.body for value in wanted)


def sound(asked: ServerRequest) -> bool:
    """Whether it asks for speech as one body."""
    return speaks(asked) and body_of(asked).get("stream_format") != "sse"


def typed(where: Where, kind: str) -> Outcome:
    """Send good replies with this content type."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if where(asked) and reply.status == 200:
            reply.headers = {**reply.headers, "content-type": kind}
        return reply

    return apply


def as_json(where: Where, member: str, encode: Any) -> Outcome:
    """Put the bytes of good replies into a member of a JSON object."""

    def apply(asked: ServerRequest, reply: ServerReply) -> ServerReply:
        if where(asked) and reply.status == 200 and isinstance(reply.body, bytes):
            kept = {**reply.headers, "content-type": "application/json"}
            return ServerReply(200, kept, json.dumps({member: encode(reply.body)}).encode())
        return reply

    return apply


def bare_segments(body: Any) -> None:
    """Leave a text and segments that have only an id, times, a text and tokens."""
    kept = ("id", "start", "end", "text", "tokens")
    segments = [{name: one[name] for name in kept if name in one} for one in body.get("segments") or []]
    text = body["text"]
    body.clear()
    body.update(text=text, segments=segments)


def as_urls(body: Any) -> None:
    """Give the address of each image instead of its data."""
    body["data"] = [{"url": "https://images.example/1.png"} for _ in body["data"]]


def first_only(body: dict[str, Any]) -> None:
    """Read the first input of several."""
    if isinstance(body.get("input"), list) and all(isinstance(one, str) for one in body["input"]):
        body["input"] = body["input"][:1]


def is_list(asked: ServerRequest) -> bool:
    """Whether several inputs are to be moderated."""
    return moderates(asked) and isinstance(body_of(asked).get("input"), list)


fault(
    "A001",
    "localai-speech-is-always-wav",
    "Speech is WAV, whatever response_format asks for.",
    server="LocalAI",
    seen="mudler/LocalAI/issues/2732",
    severity=BREAKS,
    ask=rewriting(sound, setting("response_format", "wav")),
)
fault(
    "A002",
    "agent-cli-speech-defaults-to-pcm",
    "Speech without a response_format is raw samples instead of MP3.",
    server="agent-cli",
    seen="basnijholt/agent-cli/pull/270",
    severity=BREAKS,
    ask=rewriting(lambda asked: sound(asked) and "response_format" not in body_of(asked), setting("response_format", "pcm")),
)
fault(
    "A003",
    "litellm-speech-is-called-mpeg",
    "Speech in any format has the content type audio/mpeg.",
    server="LiteLLM proxy; Dify",
    seen="BerriAI/litellm/issues/4332 BerriAI/litellm/pull/38798 langgenius/dify/issues/39434",
    severity=WRONG,
    change=typed(sound, "audio/mpeg"),
)
fault(
    "A004",
    "tt-inference-server-speech-in-json",
    "Speech comes as base64 in a JSON object.",
    server="tt-inference-server",
    seen="tenstorrent/tt-inference-server/pull/1776",
    severity=BREAKS,
    change=as_json(sound, "audio", lambda raw: base64.b64encode(raw).decode()),
)
fault(
    "A005",
    "omnivoice-opus-is-refused",
    "Speech in the format opus is refused.",
    server="omnivoice-server",
    seen="maemreyo/omnivoice-server/issues/16",
    severity=BREAKS,
    change=answering(
        lambda asked: speaks(asked) and body_of(asked).get("response_format") == "opus",
        422,
        error("Input should be 'wav' or 'pcm'.", "invalid_value", "response_format"),
    ),
)
fault(
    "A006",
    "alltalk-speech-is-called-text",
    "Speech has the content type text/plain.",
    server="AllTalk TTS",
    seen="erew123/alltalk_tts/issues/635",
    severity=BREAKS,
    change=typed(sound, "text/plain; charset=utf-8"),
)
fault(
    "A007",
    "localai-verbose-transcription-lacks-members",
    "A transcription as verbose_json has no task, language and duration, and its segments lack most members.",
    server="LocalAI",
    seen="mudler/LocalAI/issues/5327",
    severity=BREAKS,
    change=plain(form_has(transcribes, "verbose_json"), bare_segments),
)
fault(
    "A008",
    "open-webui-transcription-is-always-json",
    "A transcription as srt, vtt or text is a JSON object with the text.",
    server="Open WebUI; LiteLLM proxy",
    seen="open-webui/open-webui/issues/25622 BerriAI/litellm/pull/38561",
    severity=BREAKS,
    change=as_json(form_has(transcribes, "srt", "vtt", "text"), "text", lambda raw: raw.decode()),
)
fault(
    "A009",
    "speaches-verbose-transcription-is-a-500",
    "A transcription as verbose_json ends in a 500.",
    server="speaches",
    seen="speaches-ai/speaches/issues/58",
    severity=BREAKS,
    change=answering(form_has(transcribes, "verbose_json"), 500, b"Internal Server Error", "text/plain"),
)
fault(
    "A010",
    "open-webui-providers-give-image-urls",
    "An image comes as an address, although models of today give its data.",
    server="providers used with Open WebUI",
    seen="open-webui/open-webui/issues/10629",
    severity=WRONG,
    doubtful=True,
    change=plain(makes, as_urls),
)
fault(
    "A011",
    "otoroshi-moderation-of-several-texts-refused",
    "A list of texts cannot be moderated.",
    server="Otoroshi LLM extension",
    seen="cloud-apim/otoroshi-llm-extension/issues/182",
    severity=BREAKS,
    change=answering(is_list, 400, error("The input has to be a string.", "invalid_type", "input")),
)
fault(
    "A012",
    "aimock-moderation-of-several-texts-is-one",
    "Of several texts only one is moderated.",
    server="aimock 1.43.0, seen on the wire",
    seen="https://www.npmjs.com/package/@copilotkit/aimock",
    severity=WRONG,
    ask=rewriting(moderates, first_only),
)
