"""Shell commands that send a case's requests again, each with what it takes from the replies before: ``ID=$(curl … | jq -r .id)``."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..catalog import Catalog, compact
from ..checks import Reply, select
from ..model import CaseResult, Data, Exchange, Request, Step, Subject, Until
from .reproduce import curl

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Taken:
    """A value that a request takes from an earlier reply: from which, where it is there, and what it was."""

    source: Exchange
    at: str
    spread: bool
    value: Data
    variable: str

    @property
    def in_body(self) -> str:
        """The value as it was written into a body."""
        return ",".join(map(compact, self.value)) if self.spread else compact(self.value)

    @property
    def reading(self) -> str:
        """The command that reads the value from the reply."""
        path = _jq_path(self.at) + ("[]" if self.spread else "")
        path = f"first({path} // empty)" if "*" in self.at else path
        form = "-r" if isinstance(self.value, str) else "-c"
        joined = " | paste -sd, -" if self.spread else ""
        if Reply(self.source).is_event_stream:
            return f"sed -n 's/^data: *{{/{{/p' | jq {form}n {shlex.quote(f'first(inputs | {path} // empty)')}{joined}"
        return f"jq {form} {shlex.quote(path)}{joined}"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request of a case: what it takes from earlier replies, and until when it was repeated."""

    exchange: Exchange
    taken: tuple[Taken, ...]
    until: Until | None


def replay(catalog: Catalog, subject: Subject, result: CaseResult, exchange: Exchange) -> str:
    """The commands that send one of a case's requests again, after those of the case that came before, if any was built on another."""
    sent = _sent(catalog, result)
    if not any(one.taken for one in sent) or exchange.id not in [one.exchange.id for one in sent]:
        return curl(subject, exchange.request)
    return "\n".join(_commands(subject, sent, exchange))


def _commands(subject: Subject, sent: list[Sent], exchange: Exchange) -> Iterator[str]:
    """The commands of all requests up to this one."""
    for one in sent:
        command = _with_variables(curl(subject, one.exchange.request), one.taken, one.exchange.request)
        if one.until is not None:
            command = _repeated(command, one.until)
        if one.exchange.id == exchange.id:
            yield command
            return
        values = {value.variable: value for later in sent for value in later.taken if value.source is one.exchange}
        if not values:
            yield f"{command} > /dev/null"
        elif len(values) == 1:
            yield from (f"{name}=$({command} | {value.reading})" for name, value in values.items())
        else:
            reply = next(iter(values)).partition("_")[0]
            yield f"{reply}=$({command})"
            yield from (f'{name}=$(printf %s "${reply}" | {value.reading})' for name, value in values.items())


def _repeated(command: str, until: Until) -> str:
    """A command, repeated until its reply has one of the wanted values."""
    wanted = shlex.quote(f"{_jq_path(until.at)} | IN({', '.join(map(compact, until.values))})")
    asked = f'while LAST=$({command}); ! printf %s "$LAST" | jq -e {wanted} > /dev/null; do sleep 1; done'
    return f'{asked}; printf %s "$LAST"'


def _with_variables(command: str, taken: Sequence[Taken], request: Request) -> str:
    """A command with variables in place of what earlier replies gave, the longest first, where that is found exactly once."""
    for one in sorted(taken, key=lambda one: -len(one.in_body)):
        put = f'"${one.variable}"'
        if isinstance(one.value, str) and request.path.count(quote(one.value, safe="")) == 1:
            is_quoted = shlex.quote(request.path) != request.path
            command = command.replace(quote(one.value, safe=""), f"'{put}'" if is_quoted else put, 1)
        elif command.count(written := shlex.quote(one.in_body)[1:-1]) == 1:
            command = command.replace(written, f"\"'{put}'\"" if isinstance(one.value, str) else f"'{put}'")
    return command


def _sent(catalog: Catalog, result: CaseResult) -> list[Sent]:
    """The requests of a case in turn, each with what it takes from earlier replies; empty where they were sent at once."""
    case = catalog.cases.get(result.case)
    if case is None or case.together:
        return []
    by_step: dict[str, Exchange] = {}
    found: list[Sent] = []
    left = list(result.exchanges)
    for step in case.steps:
        if not left:
            break
        exchange = left.pop(0)
        while step.until is not None and left and left[0].request == exchange.request:
            exchange = left.pop(0)
        found.append(Sent(exchange, tuple(_values(step, by_step)), step.until))
        by_step[step.id] = exchange
    return found


def _values(step: Step, earlier: Mapping[str, Exchange]) -> Iterator[Taken]:
    """The values that a step takes."""
    for reference in _references([step.target, dict(step.query), step.send]):
        source = earlier.get(reference["$from"])
        value = _value(source, reference["at"]) if source is not None else None
        spread = reference.get("spread") is True
        if source is not None and value is not None and (not spread or (isinstance(value, list) and value)):
            last = [part for part in reference["at"].split("/") if part.isidentifier()] or ["value"]
            yield Taken(source, reference["at"], spread, value, f"{reference['$from']}_{last[-1]}".upper().replace("-", "_"))


def _references(value: Data) -> Iterator[Mapping[str, Any]]:
    """The references within a value."""
    if isinstance(value, Mapping) and "$from" in value:
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _value(exchange: Exchange, at: str) -> Data:
    """The value at a place of a reply, or of the first event that has it."""
    reply = Reply(exchange)
    documents = [value for _, value in reply.event_objects] if reply.is_event_stream else [reply.parsed.value]
    return next((value for document in documents for _, value in select(document, at)), None)


def _jq_path(pointer: str) -> str:
    """A JSON pointer as a path of jq."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    told = "".join(
        f"[{part}]" if part.isdigit() else "[]" if part == "*" else f".{part}" if _NAME.fullmatch(part) else f"[{compact(part)}]"
        for part in parts
    )
    return told if told.startswith(".") else f".{told}"
