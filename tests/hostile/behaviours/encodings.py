"""Content codings and character encodings: claimed, broken, doubled, and bombs."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterable
from functools import cache, partial

from tests.hostile.server import Talk

from .kind import Behaviour


def _coded(coding: str, code: Callable[[bytes], bytes], talk: Talk) -> None:
    talk.respond(headers={"content-encoding": coding}, body=code(talk.right()[2]))


def _raw_deflate(body: bytes) -> bytes:
    making = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return making.compress(body) + making.flush()


@cache
def _bomb(megabytes: int) -> bytes:
    making = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join([*(making.compress(b" " * 1_000_000) for _ in range(megabytes)), making.flush()])


def _empty_blocks(body: bytes) -> bytes:
    making = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return b"".join(making.flush(zlib.Z_FULL_FLUSH) for _ in range(20_000)) + making.compress(body) + making.flush()


CODED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "gzip-in-two-members": ("gzip", lambda body: gzip.compress(body[:20]) + gzip.compress(body[20:])),
    "deflate": ("deflate", zlib.compress),
    "deflate-raw": ("deflate", _raw_deflate),
    "gzip-truncated": ("gzip", lambda body: gzip.compress(body)[:-12]),
    "gzip-without-trailer": ("gzip", lambda body: gzip.compress(body)[:-8]),
    "gzip-checksum": ("gzip", lambda body: gzip.compress(body)[:-8] + b"\x00" * 8),
    "gzip-trailing": ("gzip", lambda body: gzip.compress(body) + b"garbage" * 1000),
    "gzip-claimed": ("gzip", lambda body: body),
    "gzip-header-alone": ("gzip", lambda body: gzip.compress(body)[:10]),
    "gzip-of-nothing": ("gzip", lambda body: b""),
    "gzip-flipped": ("gzip", lambda body: bytes(byte ^ (at == 30) for at, byte in enumerate(gzip.compress(body)))),
    "gzip-twice": ("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))),
    "gzip-in-identity": ("identity, gzip", gzip.compress),
    "gzip-upper-case": ("GZIP", gzip.compress),
    "gzip-by-its-old-name": ("x-gzip", gzip.compress),
    "chain": ("gzip, gzip, br, zstd", lambda body: gzip.compress(gzip.compress(body))),
    "blank-coding": ("", lambda body: body),
    "comma-coding": (",,,", lambda body: body),
    "gzip-empty-blocks": ("gzip", _empty_blocks),
    "gzip-bomb-50mb": ("gzip", lambda body: _bomb(50)),
    "deflate-claimed": ("deflate", lambda body: body),
    "br": ("br", lambda body: body),
    "zstd": ("zstd", lambda body: b"\x28\xb5\x2f\xfd" + body),
    "compress": ("compress", lambda body: b"\x1f\x9d" + body),
    "identity": ("identity", lambda body: body),
    "unknown": ("x-nobody", lambda body: body),
    "esc": ("\x1b[2J", lambda body: body),
    "hundred": (", ".join(["gzip"] * 100), lambda body: body),
}

RIGHT = (
    "gzip",
    "gzip-twice",
    "gzip-in-identity",
    "gzip-upper-case",
    "gzip-by-its-old-name",
    "blank-coding",
    "comma-coding",
    "gzip-in-two-members",
    "gzip-empty-blocks",
    "deflate",
    "deflate-raw",
    "identity",
)

TEXTS: dict[str, Callable[[bytes], bytes]] = {
    "utf-16": lambda body: body.decode().encode("utf-16"),
    "utf-32": lambda body: body.decode().encode("utf-32-le"),
    "latin-1": lambda body: body.replace(b"e", b"\xe9"),
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "bom-twice": lambda body: b"\xef\xbb\xbf" * 2 + body,
    "utf-7": lambda body: body.decode().replace('"', "+ACI-").encode(),
    "utf-16-be-bom": lambda body: b"\xfe\xff" + body.decode().encode("utf-16-be"),
    "overlong": lambda body: body.replace(b"a", b"\xc1\xa1"),
    "surrogate-bytes": lambda body: body.replace(b"a", b"\xed\xa0\x80"),
    "cut-character": lambda body: body[:-1] + b"\xf0\x9f\x98",
    "nul-between": lambda body: body.replace(b",", b",\x00"),
    "cr-only": lambda body: body.replace(b"\n", b"\r"),
    "base64": lambda body: zlib.compress(body),
}


def behaviours() -> Iterable[Behaviour]:
    """All of this family."""
    for name, (coding, code) in CODED.items():
        yield Behaviour(
            f"encoded-{name}",
            partial(_coded, coding, code),
            harmless=name in RIGHT,
            pre=name in ("gzip-bomb-50mb", "br", "esc"),
            slow="bomb" in name,
        )
    for name, code in TEXTS.items():
        yield Behaviour(f"text-{name}", partial(_coded, "identity", code), harmless=name == "cr-only", pre=name in ("utf-16", "latin-1"))
