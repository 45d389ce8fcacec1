"""Keys that live shortly: a command of the user's prints one, and runs again when it has expired. Nobody ever shows its output."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
from collections.abc import Callable
from typing import TypeAlias

LOG = logging.getLogger("wireproof.wire")

PATIENCE = 60.0
"""How long a command may take, in seconds."""

YOUNG = 10.0
"""A key of fewer seconds has not expired: another one would be refused as well."""

Learn: TypeAlias = Callable[[str], None]
"""Takes each key before it is sent, so that no record shows it."""


class KeyCommandError(Exception):
    """The command gave no key. The text does not show what it printed."""


class KeyCommand:
    """The key that a command prints. ``first`` is its first key, which stands for the current one in the requests that are made.

    The command runs again after ``minutes``, if given, and when a request is refused with 401 unless ``on_refusal`` is off.
    """

    def __init__(
        self, command: str, clock: Callable[[], float], learn: Learn, *, minutes: float | None = None, on_refusal: bool = True
    ) -> None:
        self._command = command
        self._clock = clock
        self._learn = learn
        self._lifetime = minutes * 60 if minutes is not None else float("inf")
        self._on_refusal = on_refusal
        self._lock = asyncio.Lock()
        self.first = self._key = printed_key(command)
        self._made_at = clock()
        learn(self._key)

    async def current(self) -> str:
        """The key to send now."""
        async with self._lock:
            if self._clock() - self._made_at >= self._lifetime:
                await self._renew()
            return self._key

    async def renewed(self, refused: str) -> bool:
        """Whether there is another key than the refused one. Runs the command, unless its last key is too young to have expired."""
        if not self._on_refusal:
            return False
        async with self._lock:
            if self._key == refused and self._clock() - self._made_at >= YOUNG:
                await self._renew()
            return self._key != refused

    async def _renew(self) -> None:
        """Run the command; if it fails, keep the key, and try again when its time is over."""
        try:
            key = await asyncio.to_thread(printed_key, self._command)
        except KeyCommandError as error:
            LOG.warning("the key was not renewed: %s", error)
        else:
            self._learn(key)
            self._key = key
        self._made_at = self._clock()


def printed_key(command: str) -> str:
    """The key that a shell command prints. Raises ``KeyCommandError``."""
    process = subprocess.Popen(  # noqa: S602  a command of the user's
        command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        printed, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        raise KeyCommandError(f"--api-key-command took longer than {PATIENCE:g} s") from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if process.returncode != 0:
        raise KeyCommandError(f"--api-key-command ended with exit code {process.returncode}; run it yourself to see what it says")
    key = printed.decode("latin-1").strip()
    if not key:
        raise KeyCommandError("--api-key-command printed nothing; it has to print a key")
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise KeyCommandError("--api-key-command printed more than a key: white space or other characters that no header can carry")
    return key
