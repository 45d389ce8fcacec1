"""Each recording format is detected and read without its keys; any other file is refused with one sentence."""

from __future__ import annotations

import base64
import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.checks import Schemas
from harness.model import Arrival, Exchange, Request, RetriedAttempt, TransportFailure
from harness.records.addresses import address
from harness.records.forms import read
from harness.records.lines import ExchangeRecorder, line_of
from harness.records.recorded import Lost, Recorded, UnreadableError
from harness.wire.credentials import MARK
from harness.wire.redaction import Scrubber, without_secrets

KEY = "sk-0123456789abcdefghij"
COOKIE = "session-cookie-4711-abcdef"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "Say hi."}]}
REPLY = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": []}
URL = "https://host.test/v1/chat/completions"


def har(**changed: Any) -> dict[str, Any]:
    """A HAR file of one entry."""
    entry = {
        "startedDateTime": "2026-11-22T09:00:00.000Z",
        "time": 1500,
        "request": {
            "method": "POST",
            "url": URL,
            "headers": [{"name": ":authority", "value": "host.test"}, {"name": "Authorization", "value": f"Bearer {KEY}"}],
            "postData": {"mimeType": "application/json", "text": json.dumps(ASKED)},
        },
        "response": {
            "status": 200,
            "headers": [{"name": "Content-Type", "value": "application/json"}, {"name": "Set-Cookie", "value": f"a={COOKIE}"}],
            "content": {"size": 9, "mimeType": "application/json", "text": json.dumps(REPLY)},
        },
        **changed,
    }
    return {"log": {"version": "1.2", "creator": {}, "entries": [entry]}}


def line(**changed: Any) -> dict[str, Any]:
    """A line of a foreign recording."""
    told = {"id": "a1", "host": "host.test", "method": "post", "path": "/v1/chat/completions", "request": ASKED, "status": 200}
    return {**told, "headers": {"content-type": "application/json"}, "json": REPLY, **changed}


CASSETTE = f"""
version: 1
interactions:
- request:
    body: '{json.dumps(ASKED)}'
    headers:
      authorization: [Bearer {KEY}]
      cookie: [a={COOKIE}]
    method: POST
    uri: {URL}
  response:
    body:
      string: BODY
    headers:
      content-type: [application/json]
      set-cookie: [a={COOKIE}]
    status: {{code: 200, message: OK}}
"""

RUBY = {
    "http_interactions": [
        {
            "request": {"method": "post", "uri": URL, "body": {"encoding": "UTF-8", "string": json.dumps(ASKED)}, "headers": {}},
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": {"Content-Type": ["application/json"]},
                "body": {"encoding": "ASCII-8BIT", "base64_string": base64.b64encode(json.dumps(REPLY).encode()).decode()},
            },
            "recorded_at": "Sun, 22 Nov 2026 09:00:00 GMT",
        }
    ],
    "recorded_with": "VCR 6.0.0",
}

GO = {
    "version": 2,
    "interactions": [
        {
            "id": 0,
            "request": {"method": "POST", "url": URL, "body": json.dumps(ASKED), "headers": {"Content-Type": ["application/json"]}},
            "response": {"status": "200 OK", "code": 200, "headers": {"Content-Type": ["application/json"]}, "body": json.dumps(REPLY)},
        }
    ],
}

PACKED = "!!binary |\n        " + base64.b64encode(gzip.compress(json.dumps(REPLY).encode())).decode()

FORMS = {
    "har": json.dumps(har()),
    "har-indented": json.dumps(har(), indent=1),
    "lines": json.dumps(line()) + "\n",
    "lines-of-text": json.dumps({**{k: v for k, v in line().items() if k != "json"}, "text": json.dumps(REPLY)}),
    "vcr": CASSETTE.replace("BODY", f"'{json.dumps(REPLY)}'"),
    "vcr-packed": CASSETTE.replace("BODY", PACKED).replace("content-type:", "content-encoding: [gzip]\n      content-type:"),
    "vcr-parsed": CASSETTE.replace("body:\n      string: BODY", f"parsed_body: {json.dumps(REPLY)}"),
    "vcr-ruby": json.dumps(RUBY, indent=2),
    "vcr-go": json.dumps(GO),
}


def write(folder: Path, text: str | bytes, name: str = "recording") -> Path:
    """A file whose name tells nothing."""
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def only(path: Path) -> Recorded:
    """The one exchange of a file."""
    recording = read(path)
    assert dict(recording.left_out) == {}
    (recorded,) = recording.exchanges
    return recorded


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzipped"])
@pytest.mark.parametrize("form", FORMS)
def test_form_is_told_by_its_content(form: str, packed: bool, tmp_path: Path) -> None:
    text = FORMS[form].encode()
    recorded = only(write(tmp_path, gzip.compress(text) if packed else text))
    exchange = recorded.exchange
    assert (recorded.host, recorded.base_url) == ("host.test", "https://host.test/v1")
    assert (exchange.request.endpoint, exchange.request.method, exchange.request.path) == ("chat", "POST", "/chat/completions")
    assert json.loads(exchange.request.body) == ASKED
    assert (exchange.status, exchange.header("content-type")) == (200, "application/json")
    assert json.loads(exchange.body) == REPLY
    assert KEY not in repr(recorded)
    assert COOKIE not in repr(recorded)


def test_what_a_form_lacks_is_known(tmp_path: Path) -> None:
    lost = {form: only(write(tmp_path, text)).lost for form, text in FORMS.items()}
    assert lost["har"] == frozenset()
    assert lost["lines"] == {Lost.HEADERS, Lost.SPELLING}
    assert lost["vcr"] == lost["lines-of-text"] == {Lost.HEADERS}
    assert lost["vcr-parsed"] == {Lost.HEADERS, Lost.SPELLING}


def test_har_tells_when(tmp_path: Path) -> None:
    exchange = only(write(tmp_path, FORMS["har"])).exchange
    assert (exchange.started_at, exchange.seconds, exchange.arrivals) == (1795338000.0, 1.5, ())


def test_what_cannot_be_judged_is_counted(tmp_path: Path) -> None:
    entries = har()["log"]["entries"]
    entries += har(response={"status": 0, "headers": []})["log"]["entries"]
    entries += har(response={"status": 200, "headers": [], "content": {"size": 100}})["log"]["entries"]
    entries += har(response={"status": 200, "headers": [], "content": {}, "_error": "net::ERR_ABORTED"})["log"]["entries"]
    entries += har(request={"method": "GET", "url": "https://[broken", "headers": []})["log"]["entries"]
    for method, path in (("GET", "/v1/evals"), ("GET", "/v1/evals"), ("PUT", "/v1/chat/completions"), ("POST", "/")):
        entries += har(request={"method": method, "url": f"https://host.test{path}", "headers": []})["log"]["entries"]
    recording = read(write(tmp_path, json.dumps({"log": {"entries": entries}})))
    assert len(recording.exchanges) == 1
    assert recording.left_out == {
        "no reply was recorded": 1,
        "the reply's body was not recorded": 1,
        "the connection was closed early (net::ERR_ABORTED)": 1,
        "a URL cannot be parsed (Invalid IPv6 URL)": 1,
        "GET /v1/evals is not a judged endpoint": 2,
        "PUT /v1/chat/completions is not a judged endpoint": 1,
        "POST / is not a judged endpoint": 1,
    }


@pytest.mark.parametrize(
    ("method", "url", "base_url", "path", "endpoint"),
    [
        ("POST", "https://h/v1/chat/completions", "https://h/v1", "/chat/completions", "chat"),
        ("POST", "https://h/chat/completions/", "https://h", "/chat/completions", "chat"),
        ("POST", "https://h:8/api/paas/v4/chat/completions", "https://h:8/api/paas/v4", "/chat/completions", "chat"),
        ("POST", "http://h/models/m/chat/completions", "http://h/models/m", "/chat/completions", "chat"),
        (
            "POST",
            "https://h/openai/deployments/NAME/chat/completions?api-version=1",
            "https://h/openai/deployments/NAME",
            "/chat/completions?api-version=1",
            "chat",
        ),
        ("GET", "https://h/v1/models", "https://h/v1", "/models", "models"),
        ("GET", "https://h/v1/models/m", "https://h/v1", "/models/m", "model"),
        ("GET", "https://h/v1/responses/r?stream=true", "https://h/v1", "/responses/r?stream=true", "response"),
        ("POST", "https://h/v1/responses/compact", "https://h/v1", "/responses/compact", "response-compact"),
        ("DELETE", "https://h/v1/responses/r", "https://h/v1", "/responses/r", "response"),
        ("GET", "https://h/v1/chat/completions", "https://h/v1", "/chat/completions", "stored-chats"),
        ("GET", "https://h", "https://h", "/", "other"),
    ],
)
def test_address_is_taken_apart(method: str, url: str, base_url: str, path: str, endpoint: str) -> None:
    assert address(method, url) == (base_url, path, endpoint)


BROKEN = {
    "": r"recording: is empty",
    "{": r"recording:1: the JSON is cut off; save the file again\.",
    json.dumps(har(), indent=1)[:-40]: r"recording:\d+: the JSON is cut off",
    '{"log": {"entries": [}}': r"recording:1: not JSON \(Expecting value\); save the file again\.",
    '{"some": "thing"}': r"recording: is not a recording in a known format: a run\.jsonl, .* HAR, or a VCR cassette\.",
    "a text\nand another": r"recording: is not a recording in a known format",
    b"\xff\xfe\x00": r"recording: is not text in UTF-8 \(byte 0\) and not gzip",
    gzip.compress(FORMS["lines"].encode())[:-12]: r"recording: the gzip file is cut off; copy it again\.",
    b"\x1f\x8b but no gzip": r"recording: cannot be decompressed",
    FORMS["lines"] + FORMS["lines"][:50]: r"recording:2: the last line is cut off; remove it to judge the lines before it\.",
    FORMS["lines"] + "{nonsense}\n" + FORMS["lines"]: r"recording:2: not JSON \(.*\); remove the line, or record it again\.",
    FORMS["lines"]
    + json.dumps(line(status="200"))
    + "\n": r"recording:2: /status: expected integer or null, got 200; spec/schemas/files/rec",
    json.dumps({"method": "POST", "path": "/v1/models", "status": 200, "text": ""}): r"recording:1: /host is missing",
    json.dumps(line(host="[")): r"recording:1: a URL cannot be parsed \(.*\); record it again\.",
    json.dumps(line(base64="???")): r"recording:1: a body is not base64 \(.*\); record it again\.",
    json.dumps(har(request={"method": "POST"}), indent=1): r"recording:\d+: entry 1: /request/url is missing",
    CASSETTE.replace("BODY", "''").replace("code: 200", "code: ok"): r"recording:17: entry 1: /response/status/code: expected integer",
    CASSETTE.replace("BODY", "'cut"): r"recording:\d+: not YAML \(.*\); was the cassette cut off\?",
    '{"kind": "header"}': r"recording.*run\.jsonl",
}


@pytest.mark.parametrize(("text", "says"), BROKEN.items())
def test_file_that_is_no_recording_is_told_so(text: str | bytes, says: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=says) as refusal:
        read(write(tmp_path, text))
    assert "\n" not in str(refusal.value)


def test_file_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"nothing: cannot be read \(No such file"):
        read(tmp_path / "nothing")


def test_recorded_get_of_a_stream_asked_for_one(tmp_path: Path) -> None:
    told = line(method="GET", path="/v1/responses/r", headers={"content-type": "text/event-stream"}, text="data: {}\n\n")
    del told["json"]
    assert only(write(tmp_path, json.dumps(told))).exchange.request.path == "/responses/r?stream=true"


NAMES = st.from_regex(r"x-[a-j]{1,6}", fullmatch=True).filter(lambda name: not name.endswith("key"))
TEXT = st.text(max_size=12)
HEADERS = st.dictionaries(NAMES, TEXT, max_size=3).map(lambda found: tuple(found.items()))
SECONDS = st.integers(0, 10**6).map(lambda n: n / 1000)
BODIES = st.binary(max_size=30) | TEXT.map(str.encode) | st.dictionaries(TEXT, st.none() | st.integers() | TEXT, max_size=3).map(
    lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
) | st.sampled_from([b"NaN", b"null", b'{"a":1,"a":2}', b"1e400", b'{ "a": 1 }', b'"\\ud800"'])  # fmt: skip
EXCHANGES = st.builds(
    Exchange,
    id=TEXT,
    request=st.builds(
        Request,
        endpoint=st.sampled_from(["chat", "responses"]),
        method=st.just("POST"),
        path=st.just("/chat/completions?a=b"),
        headers=HEADERS,
        body=BODIES,
        leave_after=st.none() | st.integers(1, 99),
    ),
    status=st.integers(100, 599),
    headers=HEADERS.map(lambda pairs: (*pairs, *pairs[-1:])),
    body=BODIES,
    arrivals=st.lists(st.builds(Arrival, SECONDS, st.integers(0, 99)), max_size=3).map(tuple),
    started_at=st.none() | SECONDS,
    seconds=SECONDS,
    trouble=st.none() | st.builds(TransportFailure, st.sampled_from(["cut", "silent", "ours"]), TEXT),
    attempts=st.lists(st.builds(RetriedAttempt, st.integers(100, 599), st.none() | TEXT, SECONDS), max_size=2).map(tuple),
) | st.builds(
    Exchange,
    id=TEXT,
    request=st.just(Request("chat", "POST", "/chat/completions", (), b"{}")),
    trouble=st.builds(TransportFailure, st.sampled_from(["unreachable", "tls"]), TEXT),
)


@given(st.lists(EXCHANGES, min_size=1, max_size=3))
@settings(max_examples=80, deadline=None)
def test_what_is_kept_as_lines_is_read_back(exchanges: list[Exchange]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        keeper = ExchangeRecorder(Path(folder), "http://host.test:8/v1", Scrubber())
        for exchange in exchanges:
            keeper.keep(exchange)
        keeper.close()
        recorded = read(Path(folder) / "exchanges-1.jsonl").exchanges
    assert [one.exchange for one in recorded] == exchanges
    assert {(one.base_url, one.host, one.lost) for one in recorded} == {("http://host.test:8/v1", "host.test:8", frozenset())}


@given(EXCHANGES)
@settings(max_examples=60, deadline=None)
def test_a_line_fits_the_published_schema(exchange: Exchange) -> None:
    files = Path(__file__).resolve().parent.parent / "spec" / "schemas" / "files"
    schemas = Schemas({path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files.glob("rec*.json")} | {
        "endpoint": json.loads((files / "endpoint.json").read_text(encoding="utf-8"))
    })  # fmt: skip
    made = line_of(exchange, "http://host.test/v1")
    assert schemas.errors("recording", made) == ()
    assert set(made) <= set(schemas.documents["recording"]["properties"])


def test_each_process_keeps_a_file_of_its_own(tmp_path: Path) -> None:
    exchange = Exchange("a", Request("chat", "POST", "/chat/completions", (), b"{}"), 200, body=b"{}")
    keepers = [ExchangeRecorder(tmp_path / "kept", "http://h/v1", Scrubber()) for _ in range(3)]
    for keeper in keepers[:2]:
        keeper.keep(exchange)
    for keeper in keepers:
        keeper.close()
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["exchanges-1.jsonl", "exchanges-2.jsonl"]


SECRETS = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789-_", min_size=16, max_size=40).map("k7".__add__)
CARRIERS = st.sampled_from(
    ["authorization", "api-key", "x-api-key", "cookie", "x-goog-api-key", "proxy-authorization", "?key", "?api_key", "?sig"]
)


@given(SECRETS, CARRIERS, st.sampled_from(["{}", "Bearer {}", "Basic {}", "a={}; b=c"]), st.text(max_size=9))
@settings(max_examples=100, deadline=None)
def test_secrets_never_survive(secret: str, carrier: str, form: str, around: str) -> None:
    query = f"?{carrier[1:]}={secret}&api-version=1" if carrier.startswith("?") else ""
    carried = () if query else ((carrier, form.format(secret)),)
    request = Request("chat", "POST", f"/chat/completions{query}", (*carried, ("x-other", secret)), json.dumps({"user": secret}).encode())
    reply = f"{around}{secret}{around}"
    exchange = Exchange("a", request, 401, (("set-cookie", f"a={secret}"), ("x-echo", secret)), reply.encode(), (Arrival(1, len(reply)),))
    clean = without_secrets(exchange)
    assert secret not in repr(clean)
    assert without_secrets(clean) == clean
    assert MARK.encode() in clean.body
    assert clean.arrivals[0].octets <= len(clean.body)
    assert "api-version=1" in clean.request.path or not query
    with tempfile.TemporaryDirectory() as folder:
        keeper = ExchangeRecorder(Path(folder), f"https://user:{secret}@host.test/v1", Scrubber())
        keeper.keep(exchange)
        keeper.close()
        assert secret not in (Path(folder) / "exchanges-1.jsonl").read_text(encoding="utf-8")


def test_what_recorders_put_in_place_of_a_key_is_no_key() -> None:
    for placeholder in ("REDACTED", "**FILTERED**", "Bearer XXXXXXXXXX", "<hidden>"):
        request = Request("chat", "POST", "/chat/completions", (("authorization", placeholder),), b"{}")
        body = b'{"type":"redacted","more":"filtered and hidden, REDACTED, XXXXXXXXXX"}'
        assert without_secrets(Exchange("a", request, 200, body=body)).body == body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT | st.just("["),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["text", "name", "value", "code", "string"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@given(st.sampled_from(["har", "lines", "lines-of-text", "vcr-ruby", "vcr-go"]), st.data())
@settings(max_examples=150, deadline=None)
def test_nothing_in_a_file_is_a_fault_of_ours(form: str, data: st.DataObject) -> None:
    document = json.loads(FORMS[form])
    node: Any = document
    for _ in range(data.draw(st.integers(0, 5), "depth")):
        places = [
            at for at, inside in (node.items() if isinstance(node, dict) else enumerate(node)) if inside and isinstance(inside, dict | list)
        ]
        if not places:
            break
        node = node[data.draw(st.sampled_from(places), "way")]
    place = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))), "place")
    node[place] = data.draw(JSON, "value")
    with tempfile.TemporaryDirectory() as folder:
        try:
            recording = read(write(Path(folder), json.dumps(document)))
        except UnreadableError as refusal:
            assert "\n" not in str(refusal)
        else:
            assert len(recording.exchanges) + sum(recording.left_out.values()) <= 1
