"""Content encodings: decoded in chunks of any size, bounded, and reported if a body does not match its encoding."""

from __future__ import annotations

import gzip
import time
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.wire.decompression import ContentEncodingError, Decoder, TruncatedContentError, decoder, undone

TEXT = b'{"object":"chat.completion"}' * 40
PACKED = gzip.compress(TEXT)


def raw_deflate(text: bytes) -> bytes:
    """Deflate without zlib's frame, as some servers send it."""
    work = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return work.compress(text) + work.flush()


WHOLE = {
    "gzip": ("gzip", PACKED),
    "gzip by its old name": ("X-GZip ", PACKED),
    "several members": ("gzip", gzip.compress(TEXT[:500]) + gzip.compress(b"") + gzip.compress(TEXT[500:])),
    "deflate": ("deflate", zlib.compress(TEXT)),
    "raw deflate": ("deflate", raw_deflate(TEXT)),
    "gzip twice": ("gzip, gzip", gzip.compress(PACKED)),
    "deflate, then gzip": ("deflate,identity,x-gzip", gzip.compress(zlib.compress(TEXT))),
}
BROKEN = {
    "cut": ("gzip", PACKED[:-20], TruncatedContentError),
    "cut in its checksum": ("gzip", PACKED[:-6], TruncatedContentError),
    "cut in a second member": ("gzip", PACKED + PACKED[:5], TruncatedContentError),
    "cut deflate": ("deflate", zlib.compress(TEXT)[:-2], TruncatedContentError),
    "cut raw deflate": ("deflate", raw_deflate(TEXT)[:-2], TruncatedContentError),
    "one byte": ("deflate", b"\x78", TruncatedContentError),
    "wrong checksum": ("gzip", PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:], ContentEncodingError),
    "wrong length": ("gzip", PACKED[:-1] + b"\x7f", ContentEncodingError),
    "something behind": ("gzip", PACKED + b"garbage", ContentEncodingError),
    "something behind deflate": ("deflate", zlib.compress(TEXT) + b"x", ContentEncodingError),
    "cut inside": ("gzip, gzip", gzip.compress(PACKED[:-20]), TruncatedContentError),
    "cut outside": ("gzip, gzip", gzip.compress(PACKED)[:-20], TruncatedContentError),
    "no gzip": ("gzip", b"nope", ContentEncodingError),
    "zlib called gzip": ("gzip", zlib.compress(TEXT), ContentEncodingError),
}


def in_pieces(encoding: str, body: bytes, size: int) -> bytes:
    """A body undone as it comes, so many bytes at a time."""
    work = decoder(encoding)
    assert work is not None
    made = b"".join(work.decode(body[start : start + size], 1_000_000) for start in range(0, len(body), size))
    work.finish()
    return made


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(("encoding", "body"), WHOLE.values(), ids=WHOLE)
def test_whole_bodies_are_undone(encoding: str, body: bytes, size: int) -> None:
    assert in_pieces(encoding, body, size) == TEXT


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(("encoding", "body", "error"), BROKEN.values(), ids=BROKEN)
def test_broken_bodies_are_told(encoding: str, body: bytes, error: type[Exception], size: int) -> None:
    with pytest.raises(error) as caught:
        in_pieces(encoding, body, size)
    assert isinstance(caught.value, TruncatedContentError) == (error is TruncatedContentError)


def test_no_body_at_all_is_whole() -> None:
    assert in_pieces("gzip", b"", 1) == b""


@pytest.mark.parametrize("encoding", ["", "identity", ",,", "br", "gzip, br", "gzip, gzip, gzip, gzip"])
def test_other_encodings_are_not_undone(encoding: str) -> None:
    assert decoder(encoding) is None


def test_a_bomb_makes_no_more_than_it_may() -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    assert len(Decoder("gzip").decode(bomb, 1_000)) == 1_000
    with pytest.raises(ContentEncodingError, match="more than 1,000 bytes"):
        undone(bomb, "gzip", 1_000)
    with pytest.raises(ContentEncodingError, match="an inner layer of the encodings unpacks to more than we read"):
        undone(bomb, "gzip, gzip", 1_000)


def test_many_empty_members_take_linear_time() -> None:
    started = time.process_time()
    assert undone(gzip.compress(b"") * 50_000, "gzip", 10) == b""  # a megabyte
    assert time.process_time() - started < 2


@given(st.sampled_from(["gzip", "deflate"]), st.binary(max_size=200))
def test_nothing_else_is_raised(encoding: str, body: bytes) -> None:
    with suppress(ContentEncodingError):
        undone(body, encoding, 10_000)
