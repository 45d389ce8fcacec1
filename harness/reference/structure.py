"""Log probabilities and structured replies of the reference."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from .tools import example

_WORDS = "a the and of to in is it you that he was for on are with as I his they"
ALTERNATIVES = tuple(_WORDS.split())


def structured(body: Mapping[str, Any]) -> str | None:
    """The JSON text that a response format asks for; ``None`` for plain text."""
    form = body.get("response_format") or {}
    if form.get("type") == "json_object":
        return json.dumps({"answer": "hi"})
    if form.get("type") == "json_schema":
        return json.dumps(example(form["json_schema"].get("schema") or {}), ensure_ascii=False)
    return None


def logprobs(tokens: list[str], number: int) -> dict[str, Any]:
    """The log probabilities of tokens, with ``number`` alternatives each."""
    return {"content": [_entry(token, number) for token in tokens], "refusal": None}


def _entry(token: str, number: int) -> dict[str, Any]:
    ranked = [token, *(other for other in ALTERNATIVES if other != token)][:number]
    top = [{**_scored(other, rank)} for rank, other in enumerate(ranked)]
    return {**_scored(token, 0), "top_logprobs": top}


def _scored(token: str, rank: int) -> dict[str, Any]:
    return {"token": token, "logprob": round(math.log(0.5 / (rank + 1)), 4), "bytes": list(token.encode())}


def text_logprobs(prompt: list[str], said: list[str], number: int, *, echo: bool, offset: int) -> dict[str, Any]:
    """The log probabilities of a text completion, including an echoed prompt, whose first token has none."""
    tokens = [*prompt, *said] if echo else said
    scores = [-0.6931] * len(tokens)
    first_is_prompt = echo and bool(prompt)
    starts = [offset + sum(len(token) for token in tokens[:index]) for index in range(len(tokens))]
    return {
        "tokens": tokens,
        "token_logprobs": [None, *scores[1:]] if first_is_prompt else scores,
        "top_logprobs": [None if first_is_prompt and not index else _ranked(token, number) for index, token in enumerate(tokens)],
        "text_offset": starts,
    }


def _ranked(token: str, number: int) -> dict[str, float]:
    others = [other for other in ALTERNATIVES if other != token][: max(0, number - 1)]
    return {token: -0.6931, **{other: -1.5 - rank / 10 for rank, other in enumerate(others)}}
