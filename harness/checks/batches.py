"""Batches: their states and counts, and the lines of their files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ..model import Json, Problem, UndecidedError
from .files import uploaded
from .registry import check
from .reply import Reply, few, parse_json, show
from .shape import Schemas

MOST_LINES = 10_000
"""The most lines of a batch file that are read; our own have a handful."""


class BatchLine(NamedTuple):
    """One line of a JSON Lines file: its number from 1, and its value, or why it is no JSON."""

    number: int
    value: Json
    error: str | None

    @property
    def custom_id(self) -> str | None:
        """The id that the user gave the request."""
        given = self.value.get("custom_id") if isinstance(self.value, dict) else None
        return given if isinstance(given, str) else None


def lines_of(text: str) -> list[BatchLine]:
    """The lines of a JSON Lines file that are not blank."""
    given = [(number, line) for number, line in enumerate(text.split("\n", MOST_LINES), start=1) if line.strip()]
    return [BatchLine(number, parsed.value, parsed.error) for number, line in given for parsed in (parse_json(line),)]


@check
def batch_is_the_one_asked(reply: Reply) -> list[Problem] | None:
    """A batch repeats the input file and the endpoint of its request."""
    names = ("input_file_id", "endpoint", "completion_window")
    pairs = [(name, reply.asked.get(name), reply.object.get(name)) for name in names]
    return [Problem(f"/{name}", f"{show(asked)}, as asked", show(got)) for name, asked, got in pairs if asked is not None and asked != got]


@check
def batch_ends(reply: Reply) -> list[Problem] | None:
    """A batch is completed in the end."""
    status = reply.object.get("status")
    if status in ("validating", "in_progress", "finalizing"):
        raise UndecidedError(f"it is still {status}; batches may take a day")
    return [] if status == "completed" else [Problem("/status", "completed", f"{show(status)}: {show(reply.object.get('errors'), 160)}")]


@check
def batch_is_cancelled(reply: Reply) -> list[Problem] | None:
    """A batch that is cancelled before it ends says so."""
    if reply.exchange.status != 200:
        raise UndecidedError(f"the cancellation was answered with {reply.exchange.status}")
    status = reply.object.get("status")
    if status == "completed":
        raise UndecidedError("it was completed before it could be cancelled")
    return [] if status in ("cancelling", "cancelled") else [Problem("/status", "cancelling or cancelled", show(status))]


@check
def batch_counts_fit(file: Reply, ended: Reply) -> list[Problem] | None:
    """The counts of a completed batch add up to the number of its requests."""
    counts, sent = ended.object.get("request_counts"), uploaded(file)
    if ended.object.get("status") != "completed" or not isinstance(counts, dict) or sent is None:
        return None
    numbers = [value for name in ("total", "completed", "failed") if type(value := counts.get(name)) is int]
    if len(numbers) != 3:
        return None
    total, *parts = numbers
    number = len(lines_of(sent.content.decode(errors="replace")))
    fits = total == number == sum(parts)
    return [] if fits else [Problem("/request_counts", f"{number} in total, completed and failed together", show(counts))]


@check
def lines_fit_schema(reply: Reply, schemas: Schemas, schema: str) -> list[Problem] | None:
    """Each line of a file is JSON that fits a schema."""
    if reply.exchange.status != 200:
        return None
    problems: list[Problem] = []
    for line in lines_of(reply.text):
        if line.error is not None:
            problems.append(Problem(f"line {line.number}", "a JSON object", line.error))
        else:
            problems += [Problem(f"line {line.number} {p.where}", p.expected, p.got) for _, p in schemas.errors(schema, line.value)]
    return few(problems)


@check
def batch_names_its_files(reply: Reply) -> list[Problem] | None:
    """A completed batch names a file for what succeeded and one for what failed, as far as there is any."""
    counts = reply.object.get("request_counts")
    if reply.object.get("status") != "completed" or not isinstance(counts, dict):
        return None
    due = [
        (f"/{file}", count) for file, count in (("output_file_id", "completed"), ("error_file_id", "failed")) if _some(counts.get(count))
    ]
    return [
        Problem(at, f"an id, as some requests are {count}", show(reply.object.get(at[1:])))
        for at, count in due
        if not reply.object.get(at[1:])
    ]


def _some(count: Json) -> bool:
    return type(count) is int and count > 0


@check
def each_line_is_answered_once(file: Reply, output: Reply, errors: Reply) -> list[Problem] | None:
    """Each request's custom_id is in the output file or in the error file, once."""
    if output.exchange.status != 200 or errors.exchange.status != 200:
        return None
    return _answered_once(file, (output, errors), "the lines of both files")


@check
def each_line_is_in_the_output(file: Reply, ended: Reply, output: Reply) -> list[Problem] | None:
    """Each request's custom_id is in the output file, once, if there is no error file; with one, there is nothing to miss."""
    if output.exchange.status != 200:
        return None
    if ended.object.get("error_file_id"):
        return []
    return _answered_once(file, (output,), "the lines of the output file")


def _answered_once(file: Reply, replies: Sequence[Reply], where: str) -> list[Problem] | None:
    """What is missing, double or foreign among the custom_ids of the answers."""
    sent = uploaded(file)
    if sent is None:
        return None
    wanted = [line.custom_id for line in lines_of(sent.content.decode(errors="replace"))]
    got = Counter(line.custom_id for reply in replies for line in lines_of(reply.text))
    problems = [Problem(where, f"{show(name)} once", f"{got[name]} times") for name in wanted if got[name] != 1]
    problems += [Problem(where, "ids that were sent", show(name)) for name in got if name not in wanted]
    return few(problems)


@check
def failed_line_is_told(output: Reply, errors: Reply, custom_id: str) -> list[Problem] | None:
    """A request that deserves a refusal is in the error file with its error, and not in the output file."""
    if output.exchange.status != 200 or errors.exchange.status != 200:
        return None
    if any(line.custom_id == custom_id for line in lines_of(output.text)):
        return [Problem("the output file", f"no line for {custom_id}, which cannot succeed", "a line for it")]
    line = next((line for line in lines_of(errors.text) if line.custom_id == custom_id), None)
    if line is None or not isinstance(line.value, dict):
        return [Problem("the error file", f"a line for {custom_id}", f"{len(lines_of(errors.text))} other lines")]
    response = line.value.get("response")
    status = response.get("status_code") if isinstance(response, dict) else None
    if line.value.get("error") or (type(status) is int and status >= 400):
        return []
    return [Problem(f"the error file, line {line.number}", "an error, or a status of 400 or more", show(line.value, 160))]
