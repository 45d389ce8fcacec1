"""Runs a client's driver as a process: one line of JSON to its standard input, one line of JSON from its standard output.

The time and the output of the process are limited. When it ends, all its children end with it.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..wire import Scrubber

LINE_LIMIT = 8 * 1024 * 1024
"""The longest line that a driver may write, in bytes."""

STDERR_SHOWN = 400

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
"""The environment variables that a driver inherits: no key, no address, no proxy."""


class DriverError(Exception):
    """Raised when the driver ends, or writes something that is not an outcome; the message says which."""


class CallTimeoutError(Exception):
    """Raised when a call does not finish in time; the driver has been killed."""


class Driver:
    """One driver, started at its first call. ``environment`` is added to the variables that it inherits."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str], scrubber: Scrubber) -> None:
        self._command = command
        self._folder = folder
        self._environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | dict(environment)
        self._scrubber = scrubber
        self._process: asyncio.subprocess.Process | None = None
        self._errors: asyncio.Task[bytes] | None = None

    async def ask(self, job: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Run one call and return its outcome. Raises ``DriverError`` or ``CallTimeoutError``; the next call then gets a new process."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(job)
        except TimeoutError:
            await self.close()
            raise CallTimeoutError(f"the call did not finish within {seconds:g} s") from None
        except (ValueError, OSError) as error:  # an OSError also if the process cannot start
            said = await self.close()
            raise DriverError(f"{error}; {said}" if said else str(error)) from None

    async def _ask(self, job: Mapping[str, Any]) -> dict[str, Any]:
        process = self._process = self._process or await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(job).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            raise ValueError("the client's process ended in the middle of the call")
        outcome = json.loads(self._scrubber.json(json.loads(line.decode(errors="replace"))))
        if not isinstance(outcome, dict):
            raise ValueError("the client's process wrote a line that is not an outcome")
        return outcome

    async def _start(self) -> asyncio.subprocess.Process:
        """Start a new process in its own process group."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=self._folder,
            env=self._environment,
            limit=LINE_LIMIT,
            start_new_session=True,
        )
        assert process.stderr is not None
        self._errors = asyncio.create_task(_last_of(process.stderr))
        return process

    async def close(self) -> str:
        """Kill the process with all its children, and return the end of its standard error."""
        process, self._process = self._process, None
        if process is None:
            return ""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        assert self._errors is not None
        said = (await self._errors).decode(errors="replace").strip()
        return self._scrubber.text(said)


async def _last_of(stream: asyncio.StreamReader) -> bytes:
    """Read a stream to its end and return its last bytes."""
    kept = b""
    while piece := await stream.read(4096):
        kept = (kept + piece)[-STDERR_SHOWN:]
    return kept
