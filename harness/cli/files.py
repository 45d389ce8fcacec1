"""Reads and writes the files of commands, and reports errors in one sentence."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

from ..catalog import CatalogError
from ..judging import Exit
from ..records import Judged, RecordError, judged_again, read_record
from ..reporting import on_terminal, write_whole
from ..wire import Scrubber

T = TypeVar("T")


def declare_key(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the key of a recorded run."""
    parser.add_argument("--api-key-env", metavar="NAME", help="environment variable with a key to redact from all output")


def scrubber_of(given: argparse.Namespace) -> Scrubber:
    """The redaction of everything a command writes; without a key it relies on the record being clean."""
    if given.api_key_env is None:
        return Scrubber()
    if not (key := os.environ.get(given.api_key_env)):
        complain(f"--api-key-env: the environment variable {given.api_key_env} is not set; set it, or leave the option out")
    return Scrubber([key])


def say(text: str, scrubber: Scrubber) -> None:
    """Print a text, redacted."""
    print(scrubber.text(text))


def write(path: Path, text: str, scrubber: Scrubber) -> None:
    """Write a text, redacted and whole; an error ends the command."""
    or_complain(lambda: write_whole(path, scrubber.text(text)))


def judged(path: str, scrubber: Scrubber) -> Judged:
    """A recorded run with its verdict. Raises ``RecordError``."""
    return judged_again(scrubber.clean(read_record(Path(path))))


def complain(text: str) -> NoReturn:
    """End the command with one sentence and exit code 4."""
    print(on_terminal(text), file=sys.stderr)
    raise SystemExit(Exit.NOT_JUDGEABLE)


def or_complain(work: Callable[[], T]) -> T:
    """Do something with files; a file that cannot be read or written ends the command."""
    try:
        return work()
    except (RecordError, CatalogError) as error:
        complain(str(error))
    except OSError as error:
        complain(f"{error.filename}: cannot be read or written ({error.strerror})")
