"""A client's driver as a process: asked on its standard input, heard on its standard output, one line of JSON each.

Whatever the endpoint does to a client, the process is bounded: in time, in what it may say, and with all its children it is ended.
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
"""The longest line that a driver may say, in bytes."""

STDERR_SHOWN = 400

PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "SYSTEMROOT", "TMPDIR")
"""What a driver gets of our environment: no key, no address, no proxy."""


class DriverError(Exception):
    """The driver ended, or said something that is no outcome; the text says how."""


class CallTimeoutError(Exception):
    """The call was not over in time; the driver was ended."""


class Driver:
    """One driver, started when it is first asked. ``environment`` is added to the little it gets of ours."""

    def __init__(self, command: list[str], folder: Path, environment: Mapping[str, str], scrubber: Scrubber) -> None:
        self._command = command
        self._folder = folder
        self._environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ} | dict(environment)
        self._scrubber = scrubber
        self._process: asyncio.subprocess.Process | None = None
        self._errors: asyncio.Task[bytes] | None = None

    async def ask(self, job: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The outcome of one call. Raises ``DriverError`` or ``CallTimeoutError``; the next call gets a new process then."""
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(job)
        except TimeoutError:
            await self.close()
            raise CallTimeoutError(f"the call was not over after {seconds:g} s") from None
        except (ValueError, OSError) as error:  # an OSError also where the process could not be started
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
            raise ValueError("the client's process said something that is no outcome")
        return outcome

    async def _start(self) -> asyncio.subprocess.Process:
        """A new process, with a process group of its own."""
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
        """End the process with all its children. The last that it said on its standard error is returned."""
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
    """Read a stream to its end and keep the last of it."""
    kept = b""
    while piece := await stream.read(4096):
        kept = (kept + piece)[-STDERR_SHOWN:]
    return kept
