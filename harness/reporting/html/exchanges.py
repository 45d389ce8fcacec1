"""An exchange as it crossed the wire, for reading: the request, the status, the headers, and the body or every event with its time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ...checks import Reply
from ...model import Exchange, Subject
from ...wire import Event
from ..explain import curl
from .excerpt import excerpt
from .marks import NOTHING, Marks
from .markup import copied, table, text
from .pretty import PrintedLine, marked, read
from .timeline import arrival_times, duration, timeline

LINE_LIMIT = 400
"""Longest line of a body, and longest data of an event that no problem is about, in characters."""

MARKED_LIMIT = 2_000
"""Longest line of a body that a problem is about."""

CURL_LIMIT = 12_000
BODY_LIMIT = 4_000
"""A body of few lines may have longer ones, up to so many characters in all."""

FOLDED = 24
"""A body of more lines than these is folded, unless a problem is about something in it."""

HEADERS_LIMIT = 60


def whole(subject: Subject, exchange: Exchange, found: Marks, *, anchor: str, is_open: bool) -> str:
    """An exchange with everything it had, long parts cut and told by their length.

    Behind a gateway it has other sides: what the gateway asked upstream, attempt by attempt, and was answered. They stand next to what
    the client saw, where there is room.
    """
    behind = "".join(_side(one, NOTHING, f"Behind the gateway, attempt {n}: {line(one)}") for n, one in enumerate(exchange.behind, start=1))
    front = _side(exchange, found, "In front of the gateway" if exchange.behind else "")
    return (
        f'<details class="exchange" id="{text(anchor)}"{" open" if is_open else ""}><summary>{line(exchange)}</summary>'
        f'<div class="sides">{front}{behind}</div>'
        f"<h5>Reproduce</h5>{copied(curl(subject.base_url, exchange.request), 'the curl command', CURL_LIMIT)}</details>"
    )


def again(exchange: Exchange, found: Marks, *, anchor: str) -> str:
    """An exchange that stands in full elsewhere on the page: a link to it, and only what the problems are about."""
    reply = Reply(exchange)
    if reply.is_event_stream and found.events:
        shown = _events(reply, found, only_marked=True)
    else:
        lines = read(exchange.body)
        places = marked(lines, found.pointers)
        shown = _block(lines, places, only_marked=True) if places else ""
    return f'<div class="again"><p>{line(exchange)}: <a href="#{text(anchor)}">the whole exchange</a></p>{shown}</div>'


def line(exchange: Exchange) -> str:
    """An exchange in one line."""
    request = exchange.request
    status = f"{exchange.status}" if exchange.status is not None else "no status"
    size = f"{len(exchange.body):,} bytes in {duration(exchange.seconds)}"
    trouble = f", {text(exchange.trouble.kind)}" if exchange.trouble else ""
    return f"<code>{text(request.method)} {text(request.path, 200)}</code> → <strong>{status}</strong>, {size}{trouble}"


def _side(exchange: Exchange, found: Marks, title: str) -> str:
    """What one side of an exchange saw: what was sent, and all that came back. The title is markup."""
    request, head = exchange.request, f"<h5>{title}</h5>" if title else ""
    attempts = "".join(f"<p>Answered {a.status} before; waited {duration(a.waited)}.</p>" for a in exchange.attempts)
    trouble = f'<p class="bad-ink">{text(exchange.trouble.kind)}: {text(exchange.trouble.text)}</p>' if exchange.trouble else ""
    first = f"{text(request.method)} {text(request.path, LINE_LIMIT)}\n"
    status = "no status" if exchange.status is None else f"HTTP {exchange.status}"
    status = f'<mark class="bad">{status}</mark>' if found.status else status
    return (
        f'<section class="side">{head}<h5>Request</h5><div class="message"><pre>{first}{_headers(request.headers, ())}</pre>'
        f"{_body(request.body, NOTHING)}</div>{attempts}"
        f'<h5>Reply</h5>{trouble}<div class="message"><pre>{status}\n{_headers(exchange.headers, found.headers)}</pre>'
        f"{_content(exchange, found)}</section>"
    )


def _headers(headers: Sequence[tuple[str, str]], loud: Collection[str]) -> str:
    """Headers, one a line; the ``loud`` ones marked."""
    lines = []
    for name, value in headers[:HEADERS_LIMIT]:
        shown = text(f"{name}: {value}", LINE_LIMIT)
        lines.append(f'<mark class="bad">{shown}</mark>' if name.lower() in loud else shown)
    if len(headers) > HEADERS_LIMIT:
        lines.append(f'<span class="gap">… {len(headers) - HEADERS_LIMIT:,} more headers</span>')
    return "\n".join(lines)


def _content(exchange: Exchange, found: Marks) -> str:
    """A reply's body beside its headers, or its events below them."""
    reply = Reply(exchange)
    if not reply.is_event_stream or not reply.stream.events:
        return f"{_body(exchange.body, found)}</div>"
    return f"</div>{timeline(reply, found.events)}{_events(reply, found)}"


def _body(body: bytes, found: Marks) -> str:
    """A body, folded when it is long and no problem is about a part of it."""
    if not body:
        return ""
    lines = read(body)
    places = marked(lines, found.pointers)
    block = _block(lines, places)
    if len(lines) <= FOLDED or places:
        return block
    return f'<details class="folded"><summary>Body: {len(body):,} bytes, {len(lines):,} lines</summary>{block}</details>'


def _block(lines: Sequence[PrintedLine], places: Collection[int], *, only_marked: bool = False) -> str:
    """Lines of text, those at ``places`` marked and never left out."""
    head, tail = (0, 0) if only_marked else (40, 6)
    limit = max(LINE_LIMIT, BODY_LIMIT // max(len(lines), 1))
    shown: list[str] = []
    upto = 0
    for kept in excerpt(len(lines), places, head=head, tail=tail, around=3):
        shown += _gap(kept.start - upto, "line")
        shown += [_line(lines[position].text, limit, is_marked=position in places) for position in kept]
        upto = kept.stop
    shown += _gap(len(lines) - upto, "line")
    return f"<pre>{chr(10).join(shown)}</pre>"


def _line(shown: str, limit: int, *, is_marked: bool) -> str:
    return f'<mark class="bad">{text(shown, max(limit, MARKED_LIMIT))}</mark>' if is_marked else text(shown, limit)


def _gap(number: int, noun: str) -> Iterable[str]:
    """A remark about what is left out, if anything is."""
    return [f'<span class="gap">… {number:,} {noun}{"s" if number > 1 else ""} left out; the record has all</span>'] if number else []


def _events(reply: Reply, found: Marks, *, only_marked: bool = False) -> str:
    """A stream's events with their arrival times; those with a problem are marked and never left out."""
    events, times = reply.stream.events, arrival_times(reply)
    places = [position for position, event in enumerate(events) if event.number in found.events]
    head, tail, around = (0, 0, 0) if only_marked else (12, 3, 2)
    rows: list[str] = []
    upto = 0
    for kept in excerpt(len(events), places, head=head, tail=tail, around=around):
        rows += _gap_row(kept.start - upto)
        rows += [_event(events[position], times, found) for position in kept]
        upto = kept.stop
    rows += _gap_row(len(events) - upto)
    comments = len(reply.stream.comments)
    note = f"<p>{comments:,} comment line{'s' if comments > 1 else ''} between the events.</p>" if comments and not only_marked else ""
    return table(("Event", "At", "Gap", "Data"), rows, "events") + note


def _gap_row(number: int) -> Iterable[str]:
    return [f'<tr><td colspan="4">{remark}</td></tr>' for remark in _gap(number, "event")]


def _event(event: Event, times: dict[int, float], found: Marks) -> str:
    """One event; of a marked one the data are indented, with the offending lines marked."""
    at = times.get(event.number)
    before = times.get(event.number - 1)
    after = f"+{duration(at - before)}" if at is not None and before is not None else ""
    named = f"event: {text(event.name)}\n" if event.name is not None else ""
    cells = f"<td>{duration(at) if at is not None else ''}</td><td>{after}</td>"
    if event.number not in found.events:
        data = text(event.data_text, LINE_LIMIT)
        return f"<tr><td>{event.number}</td>{cells}<td><code>{named}{data}</code></td></tr>"
    lines = read(event.data_text)
    block = _block(lines, marked(lines, found.events[event.number]))
    return f'<tr class="bad"><td>{event.number} <strong>◀ here</strong></td>{cells}<td><code>{named}</code>{block}</td></tr>'
