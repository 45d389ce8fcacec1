"""Moderations of the reference. A score depends only on the text; nothing is understood."""

from __future__ import annotations

import hashlib
from typing import Any

from .exchange import ServerReply
from .refusals import Member, RefusalError, check_data_uri, check_member
from .state import State

MODEL = "omni-moderation-latest"
MODELS = (MODEL, "omni-moderation-2024-09-26", "text-moderation-latest", "text-moderation-stable")
WORDS = frozenset({"kill", "attack", "destroy"})
"""Words that are flagged as violence."""

OF_TEXT_ONLY = ("hate", "hate/threatening", "harassment", "harassment/threatening", "illicit", "illicit/violent", "sexual/minors")
OF_IMAGES_TOO = ("self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "violence", "violence/graphic")
CATEGORIES = (*OF_TEXT_ONLY, *OF_IMAGES_TOO)

MODERATION = {"input": Member("any"), "model": Member("string", one_of=MODELS)}


def moderate(body: dict[str, Any], state: State) -> ServerReply:
    """Answer a moderation request: one result for each text, or one for all parts together."""
    for name, value in body.items():
        if name not in MODERATION:
            raise RefusalError(400, f"Unknown parameter: '{name}'.", "unknown_parameter", name)
        if value is not None:
            check_member(name, value, MODERATION[name])
    results = [_result(text, kinds) for text, kinds in _inputs(body.get("input"))]
    return ServerReply(body={"id": state.new_id("modr-"), "model": body.get("model") or MODEL, "results": results})


def _inputs(given: Any) -> list[tuple[str, tuple[str, ...]]]:
    """What is classified, each with the kinds of content in it."""
    if given is None:
        raise RefusalError(400, "Missing required parameter: 'input'.", "missing_required_parameter", "input")
    if isinstance(given, str):
        return [(given, ("text",))]
    if isinstance(given, list) and given and all(isinstance(item, str) for item in given):
        return [(item, ("text",)) for item in given]
    if isinstance(given, list) and given and all(isinstance(item, dict) for item in given):
        told = [_part(part, f"input[{index}]") for index, part in enumerate(given)]
        return [(" ".join(text for text, _ in told), tuple(dict.fromkeys(kind for _, kind in told)))]
    raise RefusalError(400, "Invalid type for 'input': expected a text, texts, or parts.", "invalid_type", "input")


def _part(part: dict[str, Any], where: str) -> tuple[str, str]:
    """The text of a part, or the address of its image; and its kind."""
    if part.get("type") == "text" and isinstance(part.get("text"), str):
        return part["text"], "text"
    url = part["image_url"].get("url") if isinstance(part.get("image_url"), dict) else None
    if part.get("type") == "image_url" and isinstance(url, str):
        check_data_uri(url, f"{where}.image_url.url")
        return url, "image"
    raise RefusalError(400, f"Invalid value for '{where}'.", "invalid_value", where)


def _result(text: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    """The result for one input."""
    flagged = {name: name == "violence" and not WORDS.isdisjoint(text.lower().split()) for name in CATEGORIES}
    return {
        "flagged": any(flagged.values()),
        "categories": flagged,
        "category_scores": {name: 0.93 if flagged[name] else _score(name, text) for name in CATEGORIES},
        "category_applied_input_types": {name: [kind for kind in kinds if kind == "text" or name in OF_IMAGES_TOO] for name in CATEGORIES},
    }


def _score(name: str, text: str) -> float:
    """A small score that depends on the text."""
    return hashlib.sha256(f"{name}:{text}".encode()).digest()[0] / 2_560
