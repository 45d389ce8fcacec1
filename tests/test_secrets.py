"""A key stays out of everything, whatever an endpoint does to it."""

from __future__ import annotations

import base64
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from harness.wire.redaction import MARK, Scrubber, secrets_in

KEY = "sk-Zk3+9/qLm2Wv8xTb5Rn0Yp"
SCRUBBER = Scrubber([KEY])


def test_key_is_replaced() -> None:
    assert SCRUBBER.text(f"your key {KEY} is wrong") == f"your key {MARK} is wrong"


def test_forms_are_replaced() -> None:
    for form in (quote(KEY, safe=""), KEY.lower(), KEY.upper(), base64.b64encode(f"user:{KEY}".encode()).decode()):
        assert MARK in SCRUBBER.text(f"<{form}>")


def test_most_of_a_key_is_replaced_too() -> None:
    assert SCRUBBER.text(KEY[3:-2]) == MARK
    assert SCRUBBER.text(KEY[:6] + "***" + KEY[-4:]) == KEY[:6] + "***" + KEY[-4:]


def test_placeholders_are_no_secrets() -> None:
    assert Scrubber(["none"]).text('"tool_choice":"none"') == '"tool_choice":"none"'


def test_placeholder_in_a_header_is_hidden_all_the_same() -> None:
    assert Scrubber(["none"]).header("authorization", "Bearer none") == f"Bearer {MARK}"
    assert Scrubber(["none"]).header("x-provider", "none") == "none"


def test_offsets_follow_the_bytes() -> None:
    raw = b"ab" + KEY.encode() + b"cd"
    scrubbed, offsets = SCRUBBER.octets(raw, [1, 2, 10, len(raw) - 2, len(raw)])
    mark = len(MARK)
    assert scrubbed == b"ab" + MARK.encode() + b"cd"
    assert offsets == [1, 2, 2 + mark, 2 + mark, 4 + mark]


def test_credentials_are_found_among_headers() -> None:
    headers = {"authorization": "Bearer abc", "x-api-key": "def", "x-portkey-custom-host": "http://h/v1", "Cookie": "s=1"}
    assert secrets_in(headers) == ["abc", "def", "s=1"]


@given(st.binary(max_size=60), st.binary(max_size=60), st.lists(st.integers(0, 200), max_size=5))
def test_no_key_survives(before: bytes, after: bytes, offsets: list[int]) -> None:
    raw = before + KEY.encode() + after
    scrubbed, moved = SCRUBBER.octets(raw, sorted(min(offset, len(raw)) for offset in offsets))
    assert KEY.encode() not in scrubbed
    assert moved == sorted(moved)
    assert all(0 <= offset <= len(scrubbed) for offset in moved)
