"""A queue's replies: telling jobs from objects, and comparing objects."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.checks.queue import is_job, members_agree
from harness.checks.reply import Reply
from harness.model import Exchange, Json, Request

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (202, {"id": "job_1", "status": "queued"}, True),
        (200, {"job_id": 7, "status": "PENDING", "position": 3}, True),
        (200, {"id": "chatcmpl-1", "object": "chat.completion", "choices": []}, False),
        (200, {"id": "x", "status": "completed"}, False),
        (200, {"id": "x", "status": "queued", "data": []}, False),
        (400, {"id": "x", "status": "queued"}, False),
        (202, {"status": "queued"}, False),
    ],
)
def test_job_is_told_from_an_object(status: int, body: dict[str, Json], wanted: bool) -> None:
    assert is_job(status, body) is wanted


def reply_of(body: object) -> Reply:
    """A reply with a JSON body."""
    request = Request("chat", "POST", "/chat/completions", (), b"{}")
    return Reply(Exchange("x#1", request, 200, (("content-type", "application/json"),), json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ({"a": 1, "b": [{"c": "x"}]}, {"a": 2.5, "b": [{"c": "y"}, {"c": "z"}]}, []),
        ({"a": 1, "b": None}, {"a": 1, "b": "x"}, []),
        ({"a": [], "b": 1}, {"a": [{"c": 1}], "b": 1}, []),
        ({"a": {"b": 1}}, {"a": None}, []),
        ({"a": 1}, {"a": "1"}, ["/a"]),
        ({"a": 1, "b": 2}, {"a": 1}, ["/b"]),
        ({"a": 1}, {"a": 1, "b": {"c": 1}}, ["/b"]),
        ({"a": [{"b": 1, "c": 1}]}, {"a": [{"b": 1}]}, ["/a/*/c"]),
    ],
)
def test_members_are_compared_by_place_and_type(first: object, second: object, differ: list[str]) -> None:
    assert [problem.where for problem in members_agree(reply_of(first), reply_of(second))] == differ
