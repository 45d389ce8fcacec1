"""Mutants of embeddings."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerRequest
from harness.reference.faults.changing import body_of, plain, rewriting, setting, without
from tests.mutants.changing import mutant
from tests.mutants.models import each_model


def is_embedding(asked: ServerRequest) -> bool:
    return asked.path == "/embeddings"


def several(asked: ServerRequest) -> bool:
    given = body_of(asked).get("input")
    return is_embedding(asked) and isinstance(given, list) and len(given) == 3 and isinstance(given[0], str)


def two_texts(asked: ServerRequest) -> bool:
    given = body_of(asked).get("input")
    return is_embedding(asked) and isinstance(given, list) and len(given) == 2 and isinstance(given[0], str)


def in_base64(asked: ServerRequest) -> bool:
    return is_embedding(asked) and body_of(asked).get("encoding_format") == "base64"


def reorder(body: Any) -> None:
    body["data"].reverse()


def swap_vectors(body: Any) -> None:
    first, second = body["data"][0], body["data"][1]
    first["embedding"], second["embedding"] = second["embedding"], first["embedding"]


mutant("embeddings-object", "embeddings.object-shape", change=plain(is_embedding, setting("object", "embedding_response")))
mutant("embeddings-tell-more", "embeddings.no-other-members", change=plain(is_embedding, setting("id", "embd_1")))
mutant("embedding-item-object", "embeddings.item-shape", change=plain(is_embedding, each_model(setting("object", "vector"))))
mutant("embeddings-usage", "embeddings.usage-shape", change=plain(is_embedding, lambda body: without("prompt_tokens")(body["usage"])))
mutant("embeddings-total-wrong", "embeddings.usage-adds-up", change=plain(is_embedding, lambda body: body["usage"].update(total_tokens=1)))
mutant("embeddings-out-of-order", "embeddings.one-for-each-input", change=plain(several, reorder))
mutant("embeddings-index-zero", "embeddings.one-for-each-input", change=plain(several, each_model(setting("index", 0))))
mutant("base64-ignored", "embeddings.format-as-asked", ask=rewriting(in_base64, without("encoding_format")))
mutant(
    "embeddings-of-two-lengths", "embeddings.vectors-alike", change=plain(several, lambda body: body["data"][0]["embedding"].pop() and None)
)
mutant(
    "dimensions-ignored",
    "embeddings.dimensions-as-asked",
    ask=rewriting(lambda a: is_embedding(a) and body_of(a).get("dimensions") != 0, without("dimensions")),
)
mutant(
    "base64-big-endian",
    "embeddings.base64-agrees",
    change=plain(in_base64, each_model(lambda item: item.update(embedding=swapped(item["embedding"])))),
)
mutant(
    "vectors-swapped",
    "embeddings.batch-agrees",
    change=plain(two_texts, swap_vectors),
)


def swapped(text: str) -> str:
    """A base64 vector with the bytes of each number the other way round."""
    import base64

    raw = base64.b64decode(text)
    return base64.b64encode(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))).decode()
