"""Drives curl with the requests that endpoint documentation shows, and reads its output as users do."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

from .protocol import Job, RefusedError, Values, read, serve

PATHS = {"chat": "/chat/completions", "text": "/completions"}


def run(*arguments: str, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run curl."""
    return subprocess.run(["curl", *arguments], capture_output=True, text=True, timeout=seconds, check=False)  # noqa: S603, S607


def do(job: Job) -> Values:
    """Send one request as documentation shows it; ``--fail-with-body`` turns an HTTP error into an exit code."""
    way, _, how = job["does"].partition("-")
    streamed = how == "streamed"
    body = json.dumps({**job["send"], **({"stream": True} if streamed else {})})
    authorization = f"Authorization: Bearer {job.get('key') or os.environ['OPENAI_API_KEY']}"
    options = ["-sS", "--fail-with-body", *(["-N"] if streamed else []), "-X", "POST", job["base_url"] + PATHS[way]]
    done = run(*options, "-H", "Content-Type: application/json", "-H", authorization, "-d", body, seconds=job["seconds"])
    if done.returncode:
        raise RefusedError(f"exit code {done.returncode}", {"message": f"{done.stderr.strip()} {done.stdout.strip()}"})
    return stream_values(done.stdout) if streamed else values(json.loads(done.stdout))


def values(reply: Any) -> Values:
    """The values that a user reads from the JSON."""
    return read(
        {
            "id": lambda: reply["id"],
            "model": lambda: reply["model"],
            "text": lambda: reply["choices"][0]["message"]["content"] if "message" in reply["choices"][0] else reply["choices"][0]["text"],
            "finish_reason": lambda: reply["choices"][0]["finish_reason"],
        }
    )


def stream_values(printed: str) -> Values:
    """The text of all data lines up to the terminator."""
    text, reason = "", None
    for line in printed.splitlines():
        data = line.removeprefix("data:").strip()
        if not line.startswith("data:") or data == "[DONE]":
            continue
        for choice in json.loads(data)["choices"]:
            text += (choice["delta"].get("content") if "delta" in choice else choice["text"]) or ""
            reason = choice.get("finish_reason") or reason
    return {"text": text, "finish_reason": reason}


def values_of(error: Exception) -> Values:
    """Only the message."""
    return {"message": str(error)}


if __name__ == "__main__":
    version = run("--version", seconds=10).stdout.split()[1]
    serve(f"curl {version}", do, values_of)
