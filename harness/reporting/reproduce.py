"""Commands that reproduce a finding: curl for one request, and a run of one case. They contain no value from the user."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterator

from .. import COMMAND
from ..model import Request, Subject
from ..options import KEY_NAME
from ..wire import HIDDEN, MARK, FormPart, form_parts, variable
from .safe_text import is_visible

DRAWING = ("--examples=", "--fuzz-seed=")
"""Options that only concern drawn examples."""

CURL_FILES = {"--ca-bundle": "--cacert", "--client-cert": "--cert", "--client-key": "--key"}
"""Options that name files of TLS, as curl calls them."""

_GIVEN = re.compile(rf"((?:[\w-]+ )?)(?:{re.escape(MARK)}|{re.escape(HIDDEN)})")
"""A header value from the user: the record has a mark in its place."""

_FROM_VARIABLE = re.compile(r"--[a-z-]+=(?:[\w-]+: (?:[\w-]+ )?)?\$[A-Z0-9_]+")
"""An option whose value the shell reads from the environment."""


def curl(subject: Subject, request: Request) -> str:
    """A command that sends the request again from a shell, with the key and the user's headers taken from the environment."""
    unbuffered = "N" if b'"stream":true' in request.body or "stream=true" in request.path else ""
    parts, headers = [f"curl -sS{unbuffered} {shlex.quote(subject.base_url + request.path)}"], []
    if request.method != ("POST" if request.body else "GET"):
        parts[0] += f" -X {request.method}"
    parts[0] += "".join(f" {CURL_FILES[name]} {shlex.quote(path)}" for name, path in _files(subject))
    form = form_parts(request.body, dict(request.headers).get("content-type", ""))
    for name, value in request.headers:
        if form and name == "content-type":
            continue  # curl writes its own, with its own boundary
        if name in ("user-agent", "accept") or (name == "accept-encoding" and value == "identity"):
            continue
        if given := _GIVEN.fullmatch(value):
            shown = name.capitalize() if name == "authorization" else name
            headers.append(f'-H "{shown}: {given[1]}${_variable(subject, name)}"')
        else:
            headers.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if headers:
        parts.append(" ".join(headers))
    parts += [f"-F {_form_field(part)}" for part in form]
    if request.body and not form:
        parts.append(f"--data-binary {_quoted(request.body)}")
    return " \\\n  ".join(parts)


def _files(subject: Subject) -> Iterator[tuple[str, str]]:
    """The options that name files of TLS, with their files."""
    for option in subject.options:
        name, _, path = option.partition("=")
        if name in CURL_FILES:
            yield name, path


def _form_field(part: FormPart) -> str:
    """A part of a form as the argument of curl's ``-F``; a file's content comes from the shell."""
    if part.filename is None:
        return shlex.quote(f"{part.name}={part.content.decode(errors='replace')}")
    content = base64.b64encode(part.content).decode()
    cut = f" # cut: {len(part.content):,} bytes" if len(content) > 4_000 else ""
    named = f';filename="{part.filename}"' + (f";type={part.content_type}" if part.content_type else "")
    return f"{part.name}=@<(echo {content[:4_000]} | base64 -d){shlex.quote(named)}{cut}"


def _variable(subject: Subject, header: str) -> str:
    """The environment variable with a header's value: the key's own, unless the user gave the whole header."""
    if header != "authorization" or any(option.startswith(f"--header={header}:") for option in subject.options):
        return variable(header)
    named = (option.partition("=")[2] for option in subject.options if option.startswith("--api-key-env="))
    return next(named, KEY_NAME)


def _quoted(body: bytes) -> str:
    """A request body as one shell word; very long bodies are cut and say so."""
    told = body.rstrip(b" ")
    text = told.decode(errors="surrogateescape")
    if any(_is_odd(letter) for letter in text):
        escaped = "".join(_escaped(letter) for letter in text[:4_000])
        cut = f" # cut: {len(text):,} characters" if len(text) > 4_000 else ""
        return f"@<(printf %b {shlex.quote(escaped)}){cut}"
    if len(told) < len(body):
        return shlex.quote(text) + f" # and {len(body) - len(told):,} bytes of white space"
    if len(text) > 4_000:
        return shlex.quote(text[:4_000]) + f" # cut: {len(text):,} characters"
    return shlex.quote(text)


def _is_odd(letter: str) -> bool:
    """Whether a character is invisible in a terminal, or stands for a byte that is not UTF-8."""
    return not is_visible(letter)


def _escaped(letter: str) -> str:
    """A character as the shell's ``printf %b`` reads it."""
    if letter == "\\":
        return "\\\\"
    return "".join(f"\\0{byte:03o}" for byte in letter.encode("utf-8", "surrogateescape")) if _is_odd(letter) else letter


def rerun(subject: Subject, case_id: str) -> str:
    """The pytest command that plays one case again."""
    words = [COMMAND, "--base-url", subject.base_url, "--model", subject.model]
    if subject.completions_model != subject.model:
        words += ["--completions-model", subject.completions_model]
    if subject.embeddings_model != subject.model and "embed" not in subject.embeddings_model:
        words += ["--embeddings-model", subject.embeddings_model]
    if subject.profile != "openai":
        words.append(f"--profile={subject.profile}")  # in one word: pytest would take the path of a file for a suite
    words += [f"--require={name}" for name in subject.required]
    if subject.upstream:
        words += ["--upstream", subject.upstream]
    is_drawn = case_id.startswith("properties/")
    words += [option for option in subject.options if is_drawn or not option.startswith(DRAWING)]
    if is_drawn:
        words.append(f"suites/test_properties_{case_id.split('/')[1]}.py")
    if case_id.startswith("clients/"):
        words.append("suites/test_clients.py")
    return " ".join(map(_word, [*words, "-k", case_id]))


def _word(word: str) -> str:
    """A shell word in which the shell expands an environment variable."""
    return f'"{word}"' if _FROM_VARIABLE.fullmatch(word) else shlex.quote(word)
