"""Keys and cookies out of a recorded exchange, whatever they were called and wherever the endpoint repeated them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, quote, unquote_plus

from ..model import Exchange, Request
from ..wire import MARK, Scrubber, is_secret_header

SCHEMES = frozenset({"bearer", "basic", "digest", "token", "apikey", "negotiate"})
_PLACEHOLDER = re.compile(
    r"[^a-z]*(redacted|filtered|removed|hidden|scrubbed|masked|secret|placeholder|dummy|x*|key removed)[^a-z]*", re.IGNORECASE
)
"""What recorders put in place of a key. It occurs in ordinary text too, so finding it in a reply means nothing."""


def without_secrets(exchange: Exchange) -> Exchange:
    """The exchange with a mark in place of each credential of the request, also where the reply repeats it.

    Headers of the reply that carry a credential, such as cookies, are left out.
    """
    request = exchange.request
    scrubber = Scrubber(_credentials(request))
    body, offsets = scrubber.octets(exchange.body, [arrival.octets for arrival in exchange.arrivals])
    return replace(
        exchange,
        id=scrubber.text(exchange.id),
        request=replace(
            request,
            path=scrubber.text(_clean_query(request.path)),
            headers=tuple((name, _clean_header(name, value, scrubber)) for name, value in request.headers),
            body=scrubber.octets(request.body)[0],
        ),
        headers=tuple((name, scrubber.text(value)) for name, value in exchange.headers if not is_secret_header(name)),
        body=body,
        arrivals=tuple(replace(arrival, octets=at) for arrival, at in zip(exchange.arrivals, offsets, strict=True)),
        trouble=replace(exchange.trouble, text=scrubber.text(exchange.trouble.text)) if exchange.trouble else None,
    )


def _credentials(request: Request) -> Iterable[str]:
    """The credentials that a request carries, but for what a recorder put in their place."""
    values = [value for name, value in request.headers if is_secret_header(name)]
    found = [part for value in values for part in _parts(value)]
    found += [value for name, value in parse_qsl(request.path.partition("?")[2]) if _is_secret_member(name)]
    return {secret for secret in found if not _PLACEHOLDER.fullmatch(secret)}


def _parts(value: str) -> Iterable[str]:
    """The credentials in a header's value: without its scheme, and each cookie by itself."""
    scheme, _, rest = value.partition(" ")
    value = rest if scheme.lower() in SCHEMES else value
    return [value.strip(), *(part.partition("=")[2].strip() for part in value.split(";") if "=" in part)]


def _clean_header(name: str, value: str, scrubber: Scrubber) -> str:
    """A request header's value without secrets; the scheme of an authorization stays."""
    if not is_secret_header(name):
        return scrubber.text(value)
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MARK}" if space and scheme.lower() in SCHEMES else MARK


def _is_secret_member(name: str) -> bool:
    """Whether a member of a query carries a credential."""
    return is_secret_header(name) or name.lower() == "sig"


def _clean_query(path: str) -> str:
    """A path with a mark in place of each key in its query."""
    before, question, query = path.partition("?")
    members = [member.partition("=") for member in query.split("&")]
    kept = [f"{name}={quote(MARK)}" if _is_secret_member(unquote_plus(name)) else name + equals + value for name, equals, value in members]
    return before + question + "&".join(kept)
