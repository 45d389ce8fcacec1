"""The grammar of a streamed response's events, over items and the parts inside them.

A response is created, its items are opened, filled and closed, and one last event ends it. ``_Reader`` follows a stream event by event
and records each breach of a rule: the event, the state, what was allowed there, and what came. ``keeps_rule`` judges one rule.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from ...model import Json, Problem
from ..registry import check
from ..reply import Reply, few, show

ENDINGS = {"response.completed": "completed", "response.incomplete": "incomplete", "response.failed": "failed"}
BEGINNINGS = {
    "response.created": ("in_progress", "queued"),
    "response.queued": ("queued",),
    "response.in_progress": ("in_progress",),
}
OPEN, CLOSED = "open", "closed"
UNDONE = ("in_progress", "searching", "interpreting", "generating")
STEADY = (
    "background",
    "conversation",
    "created_at",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
)
"""Members of a response that stay the same from its creation to its end."""


@dataclass(frozen=True, slots=True)
class Fill:
    """A text that comes in deltas: its place in the item, the member with the final text, and the names of its rules."""

    place: str
    member: str
    join: str = "other-texts-join"
    opened: str = "other-parts-opened-first"


FILLS = {
    "response.output_text": Fill("content_index", "text", "text-joins", "part-opened-first"),
    "response.refusal": Fill("content_index", "refusal"),
    "response.reasoning_text": Fill("content_index", "text"),
    "response.reasoning_summary_text": Fill("summary_index", "text"),
    "response.function_call_arguments": Fill("", "arguments", "arguments-join"),
    "response.custom_tool_call_input": Fill("", "input"),
    "response.mcp_call_arguments": Fill("", "arguments"),
    "response.code_interpreter_call_code": Fill("", "code"),
}
LISTS = {"content_index": "content", "summary_index": "summary"}
"""The member of an item that lists the parts which an index counts."""

PARTS = {"response.content_part": "content_index", "response.reasoning_summary_part": "summary_index"}
PROGRESS = {
    "file_search_call": ("in_progress", "searching", "completed"),
    "web_search_call": ("in_progress", "searching", "completed"),
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "image_generation_call": ("in_progress", "generating", "partial_image", "completed"),
    "mcp_call": ("in_progress", "completed", "failed"),
    "mcp_list_tools": ("in_progress", "completed", "failed"),
}
"""The stages of hosted tools, in order. Optional and mandatory stages are not distinguished."""


TOLD_ELSEWHERE = ("id", "type", "call_id", "arguments", "summary", "encrypted_content")
"""Members of an item that other rules compare, and encrypted content, which differs each time."""


@dataclass(slots=True)
class _Text:
    """A text being streamed."""

    joined: str = ""
    done: str | None = None
    scores: list[dict[str, Json]] = field(default_factory=list)


@dataclass(slots=True)
class _Part:
    """A part of an item. A place of "" stands for the item itself."""

    state: str = OPEN
    texts: dict[str, _Text] = field(default_factory=dict)
    annotations: list[Json] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    """An item of the output: as it was opened, as it was closed, and what is inside."""

    index: int
    opened: dict[str, Any]
    closed: dict[str, Any] | None = None
    parts: dict[tuple[str, int], _Part] = field(default_factory=dict)
    stage: int = -1

    @property
    def kind(self) -> str:
        """Its type."""
        return str(self.opened.get("type"))

    def state(self) -> str:
        """Its state, in words."""
        inside = [f"part {key[1]} {part.state}" for key, part in self.parts.items() if key[0]]
        return f"item {self.index} ({self.kind}) {CLOSED if self.closed is not None else OPEN}" + "".join(f", {text}" for text in inside)


class _Reader:
    """Reads the events of one stream. ``tried`` are the rules that applied, ``breaches`` the problems by rule."""

    def __init__(self, *, whole: bool) -> None:
        self._whole = whole
        self.tried: set[str] = set()
        self.breaches: dict[str, list[Problem]] = {}
        self._items: dict[int, _Item] = {}
        self._created = 0
        self._in_progress = False
        self._ended: str | None = None
        self._failed = False
        self._id: Json = None
        self._told: dict[str, Json] = {}
        self._last = "no event"

    def _want(self, rule: str, right: object, where: str, expected: str, got: str) -> bool:
        """Record that a rule applied, and a breach of it unless ``right``."""
        self.tried.add(rule)
        if not right:
            self.breaches.setdefault(rule, []).append(Problem(where, expected, got))
        return bool(right)

    def _state(self) -> str:
        """The stream's state, in words."""
        if self._ended is not None:
            return f"after {self._ended}"
        if not self._created:
            return "before response.created"
        still_open = [item.state() for item in self._items.values() if item.closed is None]
        return "; ".join(still_open) or "no item open"

    def read(self, where: str, event: dict[str, Any]) -> None:
        """Take in one event."""
        kind = str(event.get("type"))
        at = f"{where}, {self._state()}"
        failing = kind == "response.failed" and self._failed
        self._want("ends-once", self._ended is None or failing, at, "the end of the stream", kind)
        if self._whole and self._last == "no event":
            self._want("created-first", kind == "response.created", at, "response.created", kind)
        self._last = kind
        if kind == "response.in_progress":
            self._want("in-progress-comes", not self._in_progress, at, "no second response.in_progress", kind)
            self._in_progress = True
        if kind == "error" or event.get("error"):
            self._ended, self._failed = kind, True
        elif isinstance(event.get("response"), dict):
            self._read_snapshot(at, kind, event["response"])
        elif kind == "response.output_item.added":
            self._open_item(at, event)
        elif type(event.get("output_index")) is int:
            self._read_inside(at, kind, event)

    # The response itself -----------------------------------------------------------------------------------------------

    def _read_snapshot(self, at: str, kind: str, response: dict[str, Any]) -> None:
        """Read an event with the whole response."""
        if kind == "response.created":
            self._created += 1
            self._want("created-once", self._created == 1, at, "no second response.created", kind)
        identity = response.get("id")
        self._id = self._id or identity
        self._want("one-id", identity == self._id, f"{at} /response/id", show(self._id), show(identity))
        for name in STEADY:
            if name in response and name in self._told:
                one, other = self._told[name], response[name]
                self._want("snapshots-agree", one == other, f"{at} /response/{name}", f"{show(one)}, as in the first event", show(other))
        self._told = {**response, **self._told}
        if kind in BEGINNINGS:
            self._read_beginning(at, kind, response)
        if kind in ENDINGS:
            status = response.get("status")
            self._want("ending-agrees", status == ENDINGS[kind], f"{at} /response/status", ENDINGS[kind], show(status))
            self._ended = kind
            self._read_end(at, kind, response)

    def _read_beginning(self, at: str, kind: str, response: dict[str, Any]) -> None:
        """An unfinished response has an unfinished status, and at its creation no output and no usage."""
        wanted = BEGINNINGS[kind]
        found = {"status": response.get("status"), "output": response.get("output") or [], "usage": response.get("usage")}
        right = found["status"] in wanted and (kind != "response.created" or (not found["output"] and found["usage"] is None))
        expected = f"status {' or '.join(wanted)}, no output and no usage"
        self._want("begins-unfinished", right, f"{at} /response", expected, show(found, 160))

    def _read_end(self, at: str, kind: str, response: dict[str, Any]) -> None:
        """The finished response has the streamed items, and no item is still open."""
        output = response.get("output")
        final = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
        for item in self._items.values():
            held = any(_identity(item.opened) == _identity(other) for other in final)
            if kind == "response.completed":
                self._want("completes-finished", item.closed is not None or held, at, f"response.output_item.done of {item.state()}", kind)
            self._want("all-closed", item.closed is not None, at, f"response.output_item.done of {item.state()} before", kind)
        if not self._whole or kind == "response.failed":
            return
        streamed = [self._items[index] for index in sorted(self._items)]
        kinds = [item.kind for item in streamed], [str(item.get("type")) for item in final]
        if not self._want("final-output", kinds[0] == kinds[1], f"{at} /response/output", show(kinds[0]), show(kinds[1])):
            return
        for position, (item, other) in enumerate(zip(streamed, final, strict=False)):
            if item.closed is not None:
                self._compare(f"{at} /response/output/{position}", item.closed, other)

    def _compare(self, where: str, streamed: dict[str, Any], final: dict[str, Any]) -> None:
        """An item of the finished response equals the streamed one."""
        for name in ("id", "call_id"):
            one, two = streamed.get(name), final.get(name)
            self._want("final-ids", one == two, f"{where}/{name}", show(one), show(two))
        if streamed.get("encrypted_content"):
            kept = bool(final.get("encrypted_content"))
            self._want("final-items-agree", kept, f"{where}/encrypted_content", "a text, as in the event that closed it", "none")
        for name, rule in (("content", "text-joins"), ("arguments", "arguments-join"), ("summary", "other-texts-join")):
            said, told = _said(streamed.get(name)), _said(final.get(name))
            if said is not None and told is not None:
                self._want(rule, said == told, f"{where}/{name}", f"{_quote(said)}, as streamed", _quote(told))
        for name in dict.fromkeys((*streamed, *final)):
            if name not in TOLD_ELSEWHERE:
                before, after = _textless(streamed.get(name)), _textless(final.get(name))
                expected = f"{show(before)}, as in the event that closed it"
                self._want("final-items-agree", before == after, f"{where}/{name}", expected, show(after))

    # Items -----------------------------------------------------------------------------------------------------------------

    def _open_item(self, at: str, event: dict[str, Any]) -> None:
        """An item begins."""
        index, item = event.get("output_index"), event.get("item")
        if type(index) is not int or not isinstance(item, dict):
            return
        if not self._want("item-opened-once", index not in self._items, at, "an output_index not used yet", f"output_index {index} again"):
            return
        if self._whole and not self._items:
            self._want("in-progress-comes", self._in_progress, at, "response.in_progress before the first item", str(event["type"]))
        self._want("indexes-count-up", index == len(self._items), f"{at} /output_index", str(len(self._items)), str(index))
        filled = {name: item.get(name) for name in ("content", "arguments", "summary", "input", "code") if item.get(name)}
        status = item.get("status", "in_progress")
        fresh = not filled and status in ("in_progress", None)
        self._want("item-opened-empty", fresh, f"{at} /item", "status in_progress, and no content yet", show(filled or status))
        self._items[index] = _Item(index, item)

    def _read_inside(self, at: str, kind: str, event: dict[str, Any]) -> None:
        """Read an event about an item, or about something inside it."""
        index = event["output_index"]
        item = self._items.get(index)
        expected = f"response.output_item.added for output_index {index}"
        if not self._want("item-opened-first", item is not None, at, expected, kind) or item is None:
            return
        at = at if item.closed is None else f"{at}; {item.state()}"
        self._want("nothing-after-close", item.closed is None, at, "another item, or the end", f"{kind} for item {index}")
        if "item_id" in event and item.opened.get("id") is not None:
            self._want(
                "item-ids-agree",
                event["item_id"] == item.opened.get("id"),
                f"{at} /item_id",
                show(item.opened.get("id")),
                show(event["item_id"]),
            )
        stem, _, step = kind.rpartition(".")
        if kind == "response.output_item.done":
            self._close_item(at, item, event.get("item"))
        elif stem in PARTS:
            self._read_part(at, item, PARTS[stem], step, event)
        elif stem in FILLS and step in ("delta", "done"):
            self._read_fill(at, item, stem, step, event)
            if "name" in event:
                name = item.opened.get("name")
                self._want("name-kept", event["name"] == name, f"{at} /name", f"{show(name)}, as it was added", show(event["name"]))
        elif kind == "response.output_text.annotation.added":
            self._read_annotation(at, item, event)
        elif stem.removeprefix("response.") in PROGRESS:
            self._read_progress(at, item, stem.removeprefix("response."), step)

    def _close_item(self, at: str, item: _Item, closed: Json) -> None:
        """An item ends: it is still the same item, nothing in it is open, and it has the streamed texts."""
        if not isinstance(closed, dict):
            return
        same = _identity(closed) == _identity(item.opened) and (item.opened.get("id") in (None, closed.get("id")))
        self._want("identity-kept", same, f"{at} /item", f"{_named(item.opened)}, as it was added", _named(closed))
        for name in ("name", "role"):
            if name in item.opened and name in closed:
                one, other = item.opened.get(name), closed.get(name)
                self._want("name-kept", one == other, f"{at} /item/{name}", f"{show(one)}, as it was added", show(other))
        if closed.get("status") is not None:
            self._want(
                "done-is-done", closed["status"] not in UNDONE, f"{at} /item/status", "completed, or incomplete", show(closed["status"])
            )
        for (place, index), part in item.parts.items():
            if place:
                self._want("parts-closed", part.state == CLOSED, at, f"the end of part {index} before", "response.output_item.done")
            for stem, text in part.texts.items():
                self._want("texts-closed", text.done is not None, at, f"{stem}.done before", "response.output_item.done")
                self._close_fill(at, text, stem, place, index, closed)
        item.closed = closed

    def _close_fill(self, at: str, text: _Text, stem: str, place: str, index: int, closed: dict[str, Any]) -> None:
        """What was streamed to a place of an item is there when the item is done."""
        held = _held(closed, place, index, FILLS[stem].member)
        made = text.done if text.done is not None else text.joined
        if held is not None:
            self._want(FILLS[stem].join, held == made, f"{at} /item", f"{_quote(made)}, as streamed", _quote(held))
        if held is not None and place and text.scores:
            self._want_scores(f"{at} /item/{LISTS[place]}/{index}/logprobs", text, closed[LISTS[place]][index].get("logprobs"))
        if place and isinstance(closed.get(LISTS[place]), list):
            there = held is not None or not made
            self._want("parts-in-item", there, f"{at} /item/{LISTS[place]}", f"a part {index} with {_quote(made)}", show(closed))

    # What is inside an item --------------------------------------------------------------------------------------------

    def _read_part(self, at: str, item: _Item, place: str, step: str, event: dict[str, Any]) -> None:
        """A part begins or ends."""
        index, given = event.get(place), event.get("part")
        if type(index) is not int or not isinstance(given, dict):
            return
        key = (place, index)
        rule = "part-opened-first" if given.get("type") == "output_text" else "other-parts-opened-first"
        if step == "added":
            self._want("part-order", key not in item.parts, at, f"no second beginning of part {index}", str(event["type"]))
            before = sum(1 for other, _ in item.parts if other == place)
            self._want(
                "parts-count-up", index in (before, *(n for p, n in item.parts if p == place)), f"{at} /{place}", str(before), str(index)
            )
            item.parts[key] = _Part()
            return
        stem = str(event["type"]).rpartition(".")[0]
        part = item.parts.get(key)
        if not self._want(rule, part is not None, at, f"{stem}.added for part {index}", f"{stem}.done") or part is None:
            return
        self._want("part-order", part.state == OPEN, at, f"part {index} ends once", f"{stem}.done again")
        for name, text in part.texts.items():
            self._want("part-order", text.done is not None, at, f"{name}.done before", f"{stem}.done")
            made = text.done if text.done is not None else text.joined
            if text.scores:
                self._want_scores(f"{at} /part/logprobs", text, given.get("logprobs"))
            held = given.get(FILLS[name].member)
            self._want(FILLS[name].join, held == made, f"{at} /part", f"{_quote(made)}, as streamed", _quote(held))
        for annotation in part.annotations:
            among = given.get("annotations")
            self._want(
                "annotations-kept",
                isinstance(among, list) and annotation in among,
                f"{at} /part/annotations",
                show(annotation),
                show(among),
            )
        part.state = CLOSED

    def _read_fill(self, at: str, item: _Item, stem: str, step: str, event: dict[str, Any]) -> None:
        """A text grows or ends."""
        fill = FILLS[stem]
        index = event.get(fill.place, 0) if fill.place else 0
        if type(index) is not int:
            return
        if not fill.place:
            item.parts.setdefault(("", 0), _Part())
        part = item.parts.get((fill.place, index))
        opening = "response.content_part.added" if fill.place == "content_index" else "response.reasoning_summary_part.added"
        if fill.place:
            self._want(fill.opened, part is not None, at, f"{opening} for part {index}", f"{stem}.{step}")
        if part is None:
            part = item.parts.setdefault((fill.place, index), _Part())
        if fill.place:
            self._want("part-order", part.state == OPEN, at, f"nothing for part {index}, which has ended", f"{stem}.{step}")
        text = part.texts.setdefault(stem, _Text())
        self._want("part-order", text.done is None, at, f"nothing more after {stem}.done", f"{stem}.{step}")
        if step == "done" and text.scores:
            self._want_scores(f"{at} /logprobs", text, event.get("logprobs"))
        if step == "delta":
            text.scores += _scores(event.get("logprobs"))
        if step == "delta" and isinstance(event.get("delta"), str):
            text.joined += event["delta"]
        elif step == "done" and isinstance(event.get(fill.member), str):
            text.done = str(event[fill.member])
            self._want(
                fill.join, text.done == text.joined, f"{at} /{fill.member}", f"{_quote(text.joined)}, the deltas joined", _quote(text.done)
            )

    def _want_scores(self, where: str, text: _Text, told: Json) -> None:
        """The scores of a finished text are those of its deltas. A later place may tell more of them, such as bytes."""
        again = _scores(told)
        agree = len(again) == len(text.scores) and all(map(_same_score, text.scores, again))
        self._want("scores-join", agree, where, f"{show(text.scores)}, as in the deltas", show(again))
        if agree:
            text.scores = again

    def _read_annotation(self, at: str, item: _Item, event: dict[str, Any]) -> None:
        """A text part gets an annotation; annotations are counted from 0."""
        part = item.parts.get(("content_index", event.get("content_index", -1)))
        if part is not None:
            wanted = len(part.annotations)
            got = event.get("annotation_index")
            self._want("annotations-kept", got == wanted, f"{at} /annotation_index", str(wanted), show(got))
            part.annotations.append(event.get("annotation"))

    def _read_progress(self, at: str, item: _Item, tool: str, step: str) -> None:
        """A hosted tool advances, never goes back."""
        if step in PROGRESS[tool]:
            stage = PROGRESS[tool].index(step)
            after = PROGRESS[tool][item.stage] if item.stage >= 0 else "its beginning"
            right = item.kind == tool and (stage > item.stage or (stage == item.stage and step == "partial_image"))
            self._want("tools-go-on", right, at, f"of {item.kind} what comes after {after}", f"response.{tool}.{step}")
            item.stage = max(item.stage, stage)

    def finish(self) -> None:
        """The stream is over."""
        expected = " or ".join(ENDINGS)
        self._want(
            "ends-once", self._ended is not None, f"the end of the stream, {self._state()}", expected, f"{self._last}, the last event"
        )


def _identity(item: dict[str, Any]) -> tuple[Json, Json]:
    """What identifies an item to a client: the ``call_id`` of a call, otherwise the id."""
    kind = item.get("type")
    return (kind, item.get("call_id")) if kind in ("function_call", "custom_tool_call") else (kind, item.get("id"))


def _named(item: dict[str, Any]) -> str:
    """An item in a few words."""
    call = f" of {item['call_id']}" if item.get("call_id") else ""
    return f"{item.get('type')} {item.get('id')}{call}"


def _quote(text: Json) -> str:
    """A text in quotes, so that a space at its beginning can be seen."""
    return show(json.dumps(text, ensure_ascii=False))


def _scores(value: Json) -> list[dict[str, Json]]:
    """The scored tokens of a list."""
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _same_score(one: dict[str, Json], other: dict[str, Json]) -> bool:
    """Whether two places agree on a token: on its score, and on its bytes and alternatives if both have them."""
    if (one.get("token"), one.get("logprob")) != (other.get("token"), other.get("logprob")):
        return False
    if "bytes" in one and "bytes" in other and one["bytes"] != other["bytes"]:
        return False
    if "top_logprobs" not in one or "top_logprobs" not in other:
        return True
    first, second = _scores(one["top_logprobs"]), _scores(other["top_logprobs"])
    return len(first) == len(second) and all(map(_same_score, first, second))


def _textless(value: Json) -> Json:
    """A member of an item without the texts of its parts, which other rules compare."""
    if not isinstance(value, list):
        return value
    return [
        {name: one for name, one in part.items() if name not in ("text", "refusal")} if isinstance(part, dict) else part for part in value
    ]


def _said(value: Json) -> str | None:
    """The joined text of content, a summary or arguments; ``None`` for anything else."""
    if isinstance(value, list):
        return "".join(str(part.get("text", part.get("refusal", ""))) for part in value if isinstance(part, dict))
    return value if isinstance(value, str) else None


def _held(item: dict[str, Any], place: str, index: int, member: str) -> str | None:
    """The text of an item at the place that was streamed to; ``None`` if there is no such place."""
    holder: Json = item
    if place:
        listed = item.get(LISTS[place])
        holder = listed[index] if isinstance(listed, list) and 0 <= index < len(listed) else None
    value = holder.get(member) if isinstance(holder, dict) else None
    return value if isinstance(value, str) else None


def _read(reply: Reply) -> _Reader:
    """Read a stream to its end. A stream resumed in the middle need not have a beginning."""
    reader = _Reader(whole=reply.exchange.request.method == "POST")
    for payload in reply.payloads:
        if isinstance(payload.parsed.value, dict):
            reader.read(payload.where, payload.parsed.value)
    reader.finish()
    return reader


@check
def keeps_rule(reply: Reply, rule: str) -> list[Problem] | None:
    """The stream keeps a rule of the grammar."""
    reader = reply.once(_read)
    return few(reader.breaches.get(rule, [])) if rule in reader.tried else None
