"""Refuses option values that no run can start with: one sentence each, before anything is sent."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

try:
    import resource
except ImportError:  # Windows has no such limit
    resource = None  # type: ignore[assignment]

from ..catalog import fits_url
from ..wire import is_secret_header

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A header's name (RFC 9110, section 5.1)."""

_FRAMING = ("content-length", "transfer-encoding", "connection", "host")
"""Headers that frame the request and that the transport sets."""


OPEN_FILES = 64
"""The files that a run has open besides its connections, at most."""


FEWEST = 10
"""So few requests are no run."""

DEAREST = 1_000_000
"""No million tokens cost more."""


def refuse_too_many_at_once(concurrency: int) -> None:
    """Refuse more cases at a time than this process may have connections for. A low limit is raised first, as far as it may be."""
    if concurrency < 1:
        raise pytest.UsageError("--concurrency needs at least 1")
    if resource is None:
        return
    needed = concurrency + OPEN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < needed:
        allowed = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        if allowed < needed:
            raise pytest.UsageError(
                f"--concurrency {concurrency} needs up to {needed} open files, and this process may have {allowed}: "
                f"raise the limit (ulimit -n {needed}), or play fewer at a time"
            )


def headers_of(option: str, lines: Iterable[str]) -> dict[str, str]:
    """Parse an option's headers. Raises ``UsageError``, whose text never shows a value."""
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        name, value = name.strip(), value.strip()
        if not colon or not _TOKEN.fullmatch(name):
            shown = repr(name) if colon else "without a colon"
            raise pytest.UsageError(f"{option} {shown} needs the form 'Name: value'")
        if not (value.isascii() and value.replace("\t", " ").isprintable()):
            raise pytest.UsageError(f"{option} {name}: its value has characters that HTTP cannot carry: use printable ASCII")
        if name.lower() in _FRAMING:
            raise pytest.UsageError(f"{option} {name}: this header frames the request, so we set it: leave it out")
        found[name.lower()] = value
    return found


def key_in(option: str, variable: str | None, *, needed: bool) -> str | None:
    """The key in an environment variable. If ``needed``, an unset variable is refused."""
    key = os.environ.get(variable) or None if variable else None
    if variable and needed and key is None:
        raise pytest.UsageError(f"{option}: the environment variable {variable} is not set; set it, or leave the option out")
    if key is not None and not (key.isascii() and key.isprintable() and key == key.strip()):
        raise pytest.UsageError(f"the key in {variable} has white space or other characters that no header can carry")
    return key


def query_of(given: Iterable[str]) -> dict[str, str]:
    """What to add to each request's query. Credentials are refused, because every record holds the query."""
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not text.isprintable():
            raise pytest.UsageError(f"--query {name!r}… needs the form NAME=VALUE")
        if is_secret_header(name.strip()):
            raise pytest.UsageError(f"--query {name.strip()}=… looks like a credential: send it with --api-key-env or --header instead")
        found[name.strip()] = value
    return found


def refuse_bad_numbers(**seconds_or_minutes: float | None) -> None:
    """Raise ``UsageError`` for a time that is not above zero or not finite. Names have ``_`` for ``-``."""
    for name, value in seconds_or_minutes.items():
        if value is not None and not (math.isfinite(value) and value > 0):
            raise pytest.UsageError(f"--{name.replace('_', '-')} needs a number above 0, not {value:g}")


def refuse_too_slow(rate: float | None, minutes: float) -> None:
    """Refuse a rate at which the run would end before its first case."""
    if rate is not None and rate * minutes < FEWEST:
        raise pytest.UsageError(
            f"--rate {rate:g} a minute allows fewer than {FEWEST} requests within --max-time {minutes:g}: raise one of them"
        )


def refuse_bad_prices(prices: Iterable[float]) -> None:
    """Refuse prices that are no amounts of money."""
    for price in prices:
        if not 0 <= price <= DEAREST:
            raise pytest.UsageError(f"--price needs two amounts from 0 to {DEAREST:,} for a million tokens each, not {price:g}")


def refuse_bad_target(option: str, path: str | None) -> None:
    """Refuse a file that cannot be written at the end of a run."""
    if path is None:
        return
    target = Path(path)
    if target.is_dir():
        raise pytest.UsageError(f"--{option} {path} is a folder: name a file")
    nearest = next((folder for folder in target.parents if folder.exists()), Path("/"))
    if not (nearest.is_dir() and os.access(target if target.exists() else nearest, os.W_OK)):
        raise pytest.UsageError(f"--{option} {path} cannot be written: name another file")


def refuse_bad_models(**models: str | None) -> None:
    """Raise ``UsageError`` for a model that no URL can carry, as ``/models/{model}`` has to."""
    for name, model in models.items():
        if model is not None and not (model and fits_url(model)):
            what = f"{len(model):,} characters are too many for a URL" if model.isprintable() else "no URL can carry it"
            raise pytest.UsageError(f"--{name.replace('_', '-')} is no model's name: {what if model else 'it is empty'}")


def given_url(option: str | None, environment: str | None) -> str | None:
    """The base URL. An empty option is refused: its variable is probably unset, and the user did not mean the reference."""
    if option is not None and not option.strip():
        raise pytest.UsageError("--base-url is empty. Is a variable unset? Leave the option out to judge the embedded reference.")
    return option or environment or None
