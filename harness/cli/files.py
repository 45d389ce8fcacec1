"""Reading what commands are given, and complaining in one sentence."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TypeVar

from ..catalog import CatalogError
from ..judging import Exit
from ..records import Judged, RecordError, judged_again, read_record

T = TypeVar("T")


def judged(path: str) -> Judged:
    """A recorded run, with its verdict. ``RecordError`` tells what is wrong with the file."""
    return judged_again(read_record(Path(path)))


def complain(text: str) -> NoReturn:
    """End the command with one sentence and exit code 4."""
    print(text, file=sys.stderr)
    raise SystemExit(Exit.NOT_JUDGEABLE)


def or_complain(work: Callable[[], T]) -> T:
    """Do something with files; what cannot be read or written ends the command."""
    try:
        return work()
    except (RecordError, CatalogError, OSError) as error:
        complain(str(error))
