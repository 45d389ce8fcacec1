"""Splits a recorded URL into the base URL, the path below it, and the endpoint."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ..catalog import endpoint_of
from .content import BadContentError


class Address(NamedTuple):
    """Where a request went. ``path`` begins with a slash and keeps the query; ``endpoint`` is ``other`` for one we do not judge."""

    base_url: str
    path: str
    endpoint: str


@lru_cache(maxsize=1_024)
def address(method: str, url: str) -> Address:
    """Split a URL. Everything before a known path belongs to the base URL: a version, a gateway's route, a deployment.

    User name and password are removed. Raises ``BadContentError`` if it is not a URL.
    """
    parts = _split(url)
    segments = parts.path.rstrip("/").split("/")
    for start in range(1, len(segments)):
        path = "/" + "/".join(segments[start:])
        endpoint = endpoint_of(path, method)
        if endpoint != "other":
            base = urlunsplit((parts.scheme, parts.netloc, "/".join(segments[:start]), "", ""))
            return Address(base, f"{path}?{parts.query}" if parts.query else path, endpoint)
    query = f"?{parts.query}" if parts.query else ""
    return Address(urlunsplit((parts.scheme, parts.netloc, "", "", "")), (parts.path or "/") + query, "other")


def without_login(url: str) -> str:
    """A URL without user name and password."""
    return urlunsplit(_split(url))


def _split(url: str) -> SplitResult:
    """The parts of a URL, without user name and password."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadContentError(f"a URL cannot be parsed ({error})") from error
    return parts._replace(netloc=parts.netloc.rpartition("@")[2])
