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

from ..model import ClientOutcome
from ..wire import Scrubber
from .outcome import UnreadableOutcomeError, read_outcome

LINE_LIMIT = 8 * 1024 * 1024
"""The longest line that a driver may write, in bytes."""

STDERR_SHOWN = 400

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
"""The environment variables that a driver inherits: no key, no address, no proxy."""


class DriverError(Exception):
    """Raised when the driver ends in the middle of a call; the message says why."""


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

    async def ask(self, job: Mapping[str, Any], seconds: float) -> ClientOutcome:
        """Run one call and return its outcome. The next call gets a new process if this one raises.

        Raises ``CallTimeoutError``, ``DriverError``, or ``UnreadableOutcomeError`` for what is no outcome, or one that we cannot read.
        """
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(job)
        except TimeoutError:
            await self.close()
            raise CallTimeoutError(f"the call did not finish within {seconds:g} s") from None
        except (ValueError, OSError) as error:  # an OSError also if the process cannot start
            said = await self.close()
            kind = UnreadableOutcomeError if isinstance(error, UnreadableOutcomeError) else DriverError
            raise kind(f"{error}; {said}" if said else str(error)) from None

    async def _ask(self, job: Mapping[str, Any]) -> ClientOutcome:
        process = self._process = self._process or await self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        with suppress(ConnectionError):  # a process that has ended already is noticed where it should answer
            process.stdin.write(json.dumps(job).encode() + b"\n")
            await process.stdin.drain()
        try:
            line = await process.stdout.readline()
        except ValueError:
            raise UnreadableOutcomeError(f"the client's driver wrote a line of more than {LINE_LIMIT:,} bytes") from None
        if not line.endswith(b"\n"):
            raise ValueError("the client's process ended in the middle of the call")
        return await asyncio.to_thread(read_outcome, line, self._scrubber)  # it may be long, and arrival times are measured in the loop

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
