"""No output contains a key, whatever an endpoint does with it."""

from __future__ import annotations

import base64
import html
import json
import logging
import random
import re
import string
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.model import Arrival, CaseResult, ClientOutcome, Exchange, Finding, Outcome, Problem, Request
from harness.wire.credentials import HIDDEN, MARK, clean_url, is_random, secrets_in
from harness.wire.key_search import KeySearch
from harness.wire.redaction import KeyFilter, Scrubber

KEY = "sk-Zk3+9/qLm2Wv8xTb5Rn0Yp"
SCRUBBER = Scrubber([KEY])


def test_key_is_replaced() -> None:
    assert SCRUBBER.text(f"your key {KEY} is wrong") == f"your key {MARK} is wrong"


def events(pieces: list[str], member: str = "content") -> str:
    """A stream with a piece in each of its deltas."""
    chunks = [{"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {member: piece}}], "model": "m"} for piece in pieces]
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)


def every(number: int) -> list[str]:
    """The key in pieces of so many characters."""
    return [KEY[start : start + number] for start in range(0, len(KEY), number)]


def escaped(text: str) -> str:
    """A text with every letter as JSON may write it."""
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


ECHOES: dict[str, str | bytes] = {
    "plain": KEY,
    "upper case": KEY.upper(),
    "lower case": KEY.lower(),
    "most of it": KEY[3:-2],
    "percent-encoded": quote(KEY, safe=""),
    "percent-encoded whole": "".join(f"%{ord(letter):02X}" for letter in KEY),
    "percent-encoded twice": quote("".join(f"%{ord(letter):02x}" for letter in KEY)),
    "json escapes": f'{{"message":"key {escaped(KEY)} is wrong"}}',
    "one json escape": f'{{"message":"{KEY[:10]}{escaped(KEY[10])}{KEY[11:]}"}}',
    "json in json": json.dumps({"arguments": json.dumps({"key": KEY})}),
    "json escapes in json": json.dumps({"arguments": f'{{"key":"{escaped(KEY)}"}}'}),
    "slashes escaped": KEY.replace("/", "\\/"),
    "hex": KEY.encode().hex(),
    "hex, upper case": KEY.encode().hex().upper(),
    "base64": base64.b64encode(KEY.encode()),
    "base64 of more": base64.b64encode(f"user:{KEY}@host".encode()),
    "base64 for URLs": base64.urlsafe_b64encode(f"u:{KEY}".encode()),
    "base64 twice": base64.b64encode(base64.b64encode(f"Bearer {KEY} ".encode())),
    "base64 in lines": "\r\n".join(base64.b64encode(KEY.encode()).decode()[at : at + 10] for at in range(0, 36, 10)),
    "base32": base64.b32encode(f"x{KEY}".encode()),
    "reversed": KEY[::-1],
    "entities": "".join(f"&#{ord(letter)};" for letter in KEY),
    "hex entities": "".join(f"&#x{ord(letter):X};" for letter in KEY),
    "HTML": html.escape(KEY[:9] + '"' + KEY[9:]).replace("&quot;", ""),
    "UTF-16": f"your key {KEY}".encode("utf-16"),
    "UTF-16, big end first": f"your key {KEY}".encode("utf-16-be"),
    "UTF-32": KEY.encode("utf-32"),
    "python escapes": "".join(f"\\x{ord(letter):02x}" for letter in KEY),
    "deltas": events(every(6)),
    "deltas, letter by letter": events(every(1)),
    "deltas of arguments": events([json.dumps(piece)[1:-1] for piece in every(4)], "arguments"),
    "deltas, escaped": events(every(3)).replace("Zk3", escaped("Zk3")),
    "deltas, in base64": events([base64.b64encode(KEY.encode()).decode()[at : at + 5] for at in range(0, 36, 5)]),
    "lines of data": "".join(f"data: {piece}\n" for piece in every(7)) + "\n",
    "events without JSON": "".join(f"event: x\ndata: {piece}\n\n" for piece in every(5)),
    "fields": json.dumps(dict(zip("abcdefgh", every(7), strict=False))),
    "items": json.dumps({"tokens": every(5)}),
    "broken lines": "\n".join(every(8)),
}


@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
def test_echo_is_found_and_cut_out(echo: str | bytes) -> None:
    raw = b"before \n" + (echo if isinstance(echo, bytes) else echo.encode()) + b" after"
    cleaned, offsets = SCRUBBER.octets(raw, [len(raw)])
    assert MARK.encode() in cleaned
    assert offsets == [len(cleaned)]
    assert SCRUBBER.octets(cleaned)[0] == cleaned
    left = cleaned.decode("latin-1").replace(MARK, "")
    assert not any(left.count(KEY[at : at + 4]) for at in range(len(KEY) - 3))
    assert cleaned.endswith(b" after") or b"UTF" in raw or raw.count(b"\0")


ENCODINGS: dict[str, Callable[[str], str]] = {
    "JSON escapes": escaped,
    "percent": lambda text: "".join(f"%{ord(letter):02X}" for letter in text),
    "quoted": lambda text: quote(text, safe=""),
    "hex": lambda text: text.encode().hex(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for URLs, of more": lambda text: base64.urlsafe_b64encode(f"u:{text}/".encode()).decode().rstrip("="),
    "base32": lambda text: base64.b32encode(f"x{text}".encode()).decode(),
    "entities": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "hex entities": lambda text: "".join(f"&#x{ord(letter):X}" for letter in text),
    "reversed": lambda text: text[::-1],
    "UTF-16": lambda text: text.encode("utf-16-le").decode(),
    "character codes": lambda text: ", ".join(str(ord(letter)) for letter in text),
    "character codes in hex": lambda text: " ".join(f"{ord(letter):02x}" for letter in text),
    "a string of JSON": lambda text: json.dumps({"key": text}),
}
CODES = ("character codes", "character codes in hex")


@pytest.mark.parametrize("inner", ENCODINGS)
@pytest.mark.parametrize("outer", ENCODINGS)
def test_encodings_on_top_of_each_other_are_undone(outer: str, inner: str) -> None:
    coded = ENCODINGS[inner](KEY)
    if (outer == "reversed" and inner in (*CODES, "a string of JSON")) or (outer == "character codes" and inner == "UTF-16"):
        return  # nobody's format
    written = ENCODINGS[outer](coded)
    for text in (f"before {written} after", json.dumps({"error": {"message": f"Bad key {written}", "code": None}})):
        cleaned = SCRUBBER.text(text)
        length = len(written) * 2 // 3
        assert MARK in cleaned
        assert not any(written[at : at + length] in cleaned for at in range(len(written) - length + 1))


def test_json_with_a_key_in_every_encoding_stays_json() -> None:
    """What one encoding brings into play, such as reading backwards, must not cut escapes of another in two."""
    body = json.dumps({"echo": [write(QUOTED) for write in ENCODINGS.values()] + [json.dumps(json.dumps(QUOTED))]})
    cleaned = json.loads(Scrubber([QUOTED]).text(body))
    assert all(MARK in text for text in cleaned["echo"])


@pytest.mark.parametrize("inner", ENCODINGS)
def test_encoding_that_is_split_over_deltas_is_undone(inner: str) -> None:
    written = ENCODINGS[inner](KEY)
    cleaned = SCRUBBER.text(events([written[at : at + 7] for at in range(0, len(written), 7)]))
    read = [json.loads(line[6:]) for line in cleaned.split("\n") if line]
    left = "".join(chunk["choices"][0]["delta"]["content"] for chunk in read)
    length = len(written) * 2 // 3
    assert MARK in left
    assert not any(written[at : at + length] in left for at in range(len(written) - length + 1))


def test_key_in_deltas_whose_member_was_null_at_first_is_cut_out_where_it_is() -> None:
    """A member takes its place among the names with its first value, be that null."""
    first = {"delta": {"content": None}, "obfuscation": "ab"}
    deltas = [first, *({"delta": {"content": piece}, "obfuscation": "ab"} for piece in every(5))]
    told = SCRUBBER.text("".join(f"data: {json.dumps(delta)}\n\n" for delta in deltas))
    assert not any(piece in told for piece in every(5))
    assert told.count('"obfuscation": "ab"') == len(deltas)


@pytest.mark.parametrize("size", [1, 4, 9, 12])
def test_key_that_is_split_over_headers_is_cut_out(size: int) -> None:
    parts = every(size)
    values = SCRUBBER.reply_headers([("date", "today"), *((f"x-{number}", part) for number, part in enumerate(parts)), ("via", "x")])
    names = SCRUBBER.reply_headers([(part, "1") for part in parts])
    assert values[0] == ("date", "today")
    assert values[-1] == ("via", "x")
    for left in ("".join(value for _, value in values), "".join(name for name, _ in names)):
        assert MARK in left
        assert not any(KEY[at : at + 6] in left for at in range(len(KEY) - 5))


def test_bytes_of_tokens_are_read_together() -> None:
    tokens = [{"token": part, "bytes": list(part.encode()), "logprob": -0.1} for part in every(3)]
    cleaned = SCRUBBER.text(json.dumps({"content": tokens}))
    left = bytes(byte for token in re.findall(r'"bytes": \[([^\]]*)\]', cleaned) for byte in map(int, re.findall(r"\d+", token)))
    assert KEY.encode()[:12] not in left
    assert len(left) < 4


def test_json_stays_json() -> None:
    for name in ("json escapes", "json in json", "json escapes in json", "fields", "items"):
        assert json.loads(SCRUBBER.text(str(ECHOES[name])))
    value = {"text": KEY, "more": [KEY, 1, None, {KEY: escaped(KEY)}]}
    assert MARK in SCRUBBER.json(value)
    assert json.loads(SCRUBBER.json(value))


def test_cut_splits_no_escape() -> None:
    """Read backwards, an escape begins where it ends: a cut that took its backslash alone would leave a bare quote."""
    key = 'sk-h0"stile-Zk39/qLm2\\Wv8xTb5Rn0Yp'
    echoes = [key, "".join(f"%{ord(letter):02x}" for letter in key), json.dumps(json.dumps(key)), "after"]
    told = Scrubber([key]).text(json.dumps({"echo": echoes}))
    assert json.loads(told)["echo"][3] == "after"
    assert "Wv8xTb5" not in told


def test_values_of_every_kind_are_cleaned() -> None:
    class Pair(NamedTuple):
        one: str
        other: int

    exchange = Exchange("a", Request("chat", "POST", "/x", (("x", KEY),), b""), 200, ((KEY, "v"),), KEY.encode(), (Arrival(1.0, len(KEY)),))
    finding = Finding("a/b", "c.d", Outcome.FAIL, (Problem("w", KEY, escaped(KEY)),), reason=KEY)
    value: dict[str, Any] = {
        "result": CaseResult("a/b", (exchange,), (finding,), ClientOutcome("c", {"v": [KEY]})),
        KEY: Pair(KEY, 1),
        "n": (None, 1.5),
    }
    cleaned = SCRUBBER.clean(value)
    assert cleaned.keys() == {"result", MARK, "n"}
    assert cleaned[MARK] == Pair(MARK, 1)
    assert KEY not in repr(cleaned)
    assert escaped(KEY) not in repr(cleaned)
    assert cleaned["result"].exchanges[0].arrivals == (Arrival(1.0, len(MARK)),)
    assert SCRUBBER.clean(cleaned) == cleaned


QUOTED = "sk-h\"o\\s't<i>l&e-0123456789"


@pytest.mark.parametrize("written", [repr, json.dumps, html.escape, str, quote, lambda key: repr(json.dumps(key))])
def test_key_of_odd_letters_is_cut_out_whole(written: Callable[[str], str]) -> None:
    cleaned = Scrubber([QUOTED]).text(f"{{{written(QUOTED)}}}").strip("{}'\"\\")
    assert cleaned == MARK


def test_pieces_that_are_too_short_stay() -> None:
    assert SCRUBBER.text(KEY[:6] + "***" + KEY[-4:]) == KEY[:6] + "***" + KEY[-4:]


def test_what_all_keys_begin_with_is_no_secret() -> None:
    scrubber = Scrubber(["sk-ant-api03-" + KEY[3:], "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiI0Mj" + KEY])
    for text in ("Keys begin with sk-ant-api03-, as in sk-ant-api03-...", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJ5b3UifQ.x"):
        assert scrubber.text(text) == text
    assert scrubber.text(f"not sk-ant-api03-{KEY[3:]}!") == f"not {MARK}!"


def test_ordinary_text_stays() -> None:
    stream = events(["The", " quick", " brown", ' "fox"', " jumps\n"] * 40)
    assert SCRUBBER.text(stream) is stream


def test_placeholders_are_no_secrets() -> None:
    assert Scrubber(["none"]).text('"tool_choice":"none"') == '"tool_choice":"none"'


def test_placeholder_in_a_header_is_hidden_all_the_same() -> None:
    assert Scrubber(["none"]).header("authorization", "Bearer none") == f"Bearer {MARK}"
    assert Scrubber(["none"]).header("x-provider", "none") == "none"


def test_what_the_user_gave_is_hidden_in_requests_alone() -> None:
    scrubber = Scrubber(secrets_in(given := {"x-tenant": "acme-production", "Cookie": "session=0123456789; theme=dark"}), given)
    assert scrubber.header("x-tenant", "acme-production") == HIDDEN
    assert scrubber.header("cookie", "session=0123456789; theme=dark") == MARK
    assert scrubber.header("x-tenant", "other") == "other"
    assert scrubber.text("tenant acme-production unknown") == "tenant acme-production unknown"
    assert scrubber.text("session 0123456789 unknown") == f"session {MARK} unknown"


def test_offsets_follow_the_bytes() -> None:
    raw = b"ab" + KEY.encode() + b"cd"
    scrubbed, offsets = SCRUBBER.octets(raw, [1, 2, 10, len(raw) - 2, len(raw)])
    mark = len(MARK)
    assert scrubbed == b"ab" + MARK.encode() + b"cd"
    assert offsets == [1, 2, 2 + mark, 2 + mark, 4 + mark]


def test_credentials_are_found_among_headers() -> None:
    headers = {"authorization": "Bearer abc", "x-api-key": "def", "x-portkey-custom-host": "http://h/v1", "Cookie": "s=1; t=2"}
    assert secrets_in(headers) == ["abc", "def", "s=1; t=2", "1", "2"]
    assert secrets_in({"authorization": "Basic " + base64.b64encode(b"me:hunter2secret").decode()})[1:] == [
        "me:hunter2secret",
        "hunter2secret",
    ]
    assert secrets_in({"x-jwt-assertion": "eyJh.eyJz.abc"}) == ["eyJh.eyJz.abc"]
    assert secrets_in({"x-session-id": "f7Hq2LpZ93xKd81mWc04TbYu"}) == ["f7Hq2LpZ93xKd81mWc04TbYu"]


def test_names_are_no_credentials() -> None:
    named = {"openai-organization": "org-f7Hq2LpZ93xKd81mWc04TbYu", "x-tenant": "acme-production-eu-west-1", "x-provider": "azure"}
    assert not secrets_in(named)
    assert not is_random("550e8400-e29b-41d4-a716-446655440000")
    assert not is_random("https://gateway.example/v1/deployments")


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("https://host/v1", "https://host/v1"),
        ("https://me:pass@host:8/v1", f"https://{MARK}@host:8/v1"),
        ("me:pass@host/v1", f"{MARK}@host/v1"),
        ("htp://me:pa/ss@host/v1", f"htp://{MARK}@host/v1"),
        ("https://host/v1?api_key=hunter2secret&api-version=1", f"https://host/v1?api_key={quote(MARK)}&api-version=1"),
        ("https://[::1/v1", "https://[::1/v1"),
    ],
)
def test_url_shows_no_credentials(url: str, cleaned: str) -> None:
    assert clean_url(url) == cleaned


def test_log_shows_no_key() -> None:
    record = logging.LogRecord("wireproof", logging.DEBUG, "x", 1, "sent %s", (KEY,), None)
    try:
        raise ValueError(KEY)
    except ValueError:
        record.exc_info = sys.exc_info()
    assert KeyFilter(SCRUBBER).filter(record)
    written = logging.Formatter().format(record)
    assert KEY not in written
    assert f"sent {MARK}" in written
    assert f"ValueError: {MARK}" in written


@given(st.binary(max_size=60), st.binary(max_size=60), st.lists(st.integers(0, 200), max_size=5))
@example(b'"\\', b'\\"', [])
def test_no_key_survives(before: bytes, after: bytes, offsets: list[int]) -> None:
    raw = before + KEY.encode() + after
    scrubbed, moved = SCRUBBER.octets(raw, sorted(min(offset, len(raw)) for offset in offsets))
    assert KEY.encode() not in scrubbed
    assert moved == sorted(moved)
    assert all(0 <= offset <= len(scrubbed) for offset in moved)


@given(st.text('ab"\\:{},%0u&#;\n\r\0x', max_size=80), st.sampled_from(list(ECHOES.values())))
def test_anything_around_an_echo_is_survived(around: str, echo: str | bytes) -> None:
    raw = around.encode() + (echo if isinstance(echo, bytes) else echo.encode()) + around.encode()
    cleaned, _ = SCRUBBER.octets(raw)
    assert KEY.encode() not in cleaned


def test_echo_across_the_parts_of_a_long_text_is_found() -> None:
    filler = events(["word "] * 2_500)
    for lead in range(0, 1_400, 350):
        text = "x" * lead + filler[: 262_144 - 700] + "\n\n" + events(every(3)) + filler
        read = [json.loads(line[6:]) for line in SCRUBBER.text(text).split("\n") if line.startswith("data: {") and line.endswith("}")]
        assert KEY not in "".join(chunk["choices"][0]["delta"]["content"] for chunk in read)


LONG = random.Random(1)
KEYS = ["".join(LONG.choices(string.ascii_letters + string.digits, k=length)) for length in (30, 164, 1_500)]
TEXTS = {
    "stream": events([" the", " lazy", "\n", ' "dog"'] * 400),
    "vectors": json.dumps({"embedding": [LONG.uniform(-1, 1) for _ in range(12_000)]}),
    "escapes": "".join(f"\\u{LONG.randrange(32, 127):04x}" for _ in range(40_000)),
    "quotes": '\\"' * 100_000,
    "one open string": '{"a":"' + "\\\\" * 100_000,
    "lines": "\n" * 200_000,
    "ampersands": "&#" * 100_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_search_is_linear_whatever_the_keys_length(text: str) -> None:
    """Ten times the text takes no more than some twenty times as long, and a long key no longer than a short one."""

    def seconds(search: KeySearch, part: str) -> float:
        found = []
        for _ in range(2):
            started = time.process_time()
            search.spans(part)
            found.append(time.process_time() - started)
        return min(found)

    searches = [KeySearch([key]) for key in KEYS]
    tenth = max(seconds(searches[0], text[: len(text) // 10]), 0.002)
    assert all(seconds(search, text) < 25 * tenth for search in searches)
