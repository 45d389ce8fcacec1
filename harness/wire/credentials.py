"""Recognizes credentials: the single list of secret names, and the secret parts of header values and URLs."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote_plus

MARK = "[key removed]"
"""Replaces a key. A check uses this mark to find an echoed key."""

HIDDEN = "[value hidden]"
"""Replaces the value of any other header that the user gave."""

SCHEMES = frozenset({"bearer", "basic", "digest", "token", "apikey", "negotiate"})

_SECRET_WORDS = frozenset(
    ["authorization", "auth", "cookie", "key", "apikey", "token", "secret", "password", "passwd", "credential", "credentials", "signature"]
) | {"jwt", "assertion"}

_NAMING_WORDS = frozenset(
    ["organization", "org", "project", "tenant", "account", "user", "customer", "workspace", "team", "deployment", "region", "host", "url"]
) | {"request", "correlation", "trace", "traceparent", "tracestate", "version", "beta", "model", "client", "agent"}
"""Headers with these words in their name are identifiers, which an endpoint may echo."""

_PLACEHOLDER = re.compile(
    r"[^a-z]*(redacted|filtered|removed|hidden|scrubbed|masked|secret|placeholder|dummy|x{3,}|key removed|value hidden)[^a-z]*|[^a-z0-9]*",
    re.IGNORECASE,
)
"""Placeholders that recorders write instead of a key. Ordinary text contains them too, so one in a reply proves nothing."""

_RUN = re.compile(r"[A-Za-z0-9+=]{16,}")
_RANDOM_BITS = 3.3
"""Bits of entropy per character. A long run of letters and digits with at least this much was made by a machine."""


@lru_cache(maxsize=4096)
def is_secret_header(name: str) -> bool:
    """Whether a header of this name usually carries a credential."""
    return not _SECRET_WORDS.isdisjoint(_words(name))


def is_secret_member(name: str) -> bool:
    """Whether a member of a query carries a credential."""
    return is_secret_header(name) or name.lower() in ("sig", "pwd", "pass", "code")


def secrets_in(headers: Mapping[str, str]) -> list[str]:
    """The credentials in request headers: values of headers known to carry one, and values that look random."""
    return [part for name, value in headers.items() for part in credentials_of(name, value)]


def credentials_of(name: str, value: str) -> list[str]:
    """The credentials in one header, without the scheme. Each cookie counts separately, and so does the password in Basic."""
    if not is_secret_header(name):
        return [value] if _NAMING_WORDS.isdisjoint(_words(name)) and is_random(value) else []
    scheme, _, rest = value.partition(" ")
    found = [rest.strip() if scheme.lower() in SCHEMES else value.strip()]
    found += [part.partition("=")[2].strip() for part in found[0].split(";") if "=" in part.rstrip("=")]
    if scheme.lower() == "basic":
        found += _login(rest)
    return [part for part in dict.fromkeys(found) if part and not _PLACEHOLDER.fullmatch(part)]


def credentials_in_query(path: str) -> list[str]:
    """The credentials in the query of a path."""
    members = parse_qsl(path.partition("?")[2])
    return [value for name, value in members if is_secret_member(name) and not _PLACEHOLDER.fullmatch(value)]


def hidden_value(name: str, value: str) -> str:
    """The mark that replaces a header's value. The scheme of an authorization stays."""
    if not is_secret_header(name):
        return HIDDEN
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MARK}" if space and scheme.lower() in SCHEMES else MARK


def from_variable(name: str, value: str) -> str:
    """The shell variable that replaces a header's value in a printed command."""
    return hidden_value(name, value).replace(MARK, f"${variable(name)}").replace(HIDDEN, f"${variable(name)}")


def is_random(value: str) -> bool:
    """Whether a text has a long random run of letters and digits. A UUID does not count: it is an identifier."""
    for run in _RUN.findall(value):
        counts = Counter(run)
        bits = -sum(number / len(run) * math.log2(number / len(run)) for number in counts.values())
        if bits >= _RANDOM_BITS and any(map(str.isdigit, run)) and any(map(str.isalpha, run)):
            return True
    return False


def clean_path(path: str) -> str:
    """A path with a mark in place of each credential in its query."""
    before, question, query = path.partition("?")
    members = [member.partition("=") for member in query.split("&")]
    kept = [f"{name}={quote(MARK)}" if is_secret_member(unquote_plus(name)) else name + equals + value for name, equals, value in members]
    return before + question + "&".join(kept)


def clean_url(url: str) -> str:
    """A URL without user name, password and the credentials in its query. Never raises, even if the text is not a URL."""
    scheme, slashes, rest = url.rpartition("://") if "://" in url else ("", "", url)
    authority, slash, path = _split(rest)
    login, at, host = authority.rpartition("@")
    kept = f"{MARK}@{host}" if at and login else authority
    return f"{scheme}{slashes}{kept}{slash}{clean_path(path)}"


def variable(name: str) -> str:
    """The environment variable that stands for a header's value in a printed command."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _split(rest: str) -> tuple[str, str, str]:
    """Split the rest of a URL into the part before the path, an empty text, and the path."""
    end = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    if "@" in rest[end:].partition("?")[0] and "@" not in rest[:end]:  # a password with a slash in it
        end = rest.rindex("@") + 1 + min((at for at in map(rest[rest.rindex("@") + 1 :].find, "/?#") if at >= 0), default=len(rest))
    return rest[:end], "", rest[end:]


def _words(name: str) -> Iterable[str]:
    return name.lower().replace("_", "-").split("-")


def _login(encoded: str) -> list[str]:
    """Decode Basic credentials: user name with password, and the password alone."""
    try:
        login = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    return [login, login.partition(":")[2]]
