"""The smallest header and footer of a run record."""

from __future__ import annotations

from typing import Any

HEADER: dict[str, Any] = {
    "subject": {
        "base_url": "http://h/v1",
        "model": "m",
        "completions_model": "m",
        "embeddings_model": "m",
        "profile": "openai",
    },
    "spec": "2026-08-21",
    "fail_on": "must",
    "command": "pytest",
    "started_at": 1_790_000_000.5,
    "cases": 2,
    "versions": {"wireproof": "0.1.0"},
    "selected": {"areas": [], "requirements": []},
    "known": [],
}
FOOTER: dict[str, Any] = {
    "verdict": "conforms",
    "code": 0,
    "complete": True,
    "partial": "",
    "interrupted": False,
    "broken": False,
    "absent": {},
    "seconds": 1.5,
    "requests": 3,
}
