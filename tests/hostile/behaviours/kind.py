"""What a behaviour is, and small helpers that several families share."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness.model import Data
from tests.hostile.server import Act, Talk


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A way to misbehave. One that is ``harmless`` breaks no MUST, however odd it is: a run may say that it conforms.

    A ``slow`` one takes seconds by its nature, or much memory of the server, and is left out of the sample.
    """

    name: str
    act: Act
    harmless: bool = False
    slow: bool = False
    pre: bool = False
    """Whether it is also tried from the first request on."""
    cases: tuple[str, ...] = ()
    """The cases that meet it, if the usual ones do not."""

    @property
    def names(self) -> tuple[str, ...]:
        """What it is tried as. A list of models is asked for once, at the very beginning."""
        plain = () if self.name.startswith("model") else (self.name,)
        return (*plain, *((f"pre-{self.name}",) if self.pre else ()))


def document(talk: Talk) -> Data:
    """The right reply as a document; of a stream, its first event."""
    body = talk.right()[2]
    if talk.streams:
        line = next(line for line in body.split(b"\n") if line.startswith(b"data: {"))
        return json.loads(line.removeprefix(b"data: "))
    return json.loads(body or b"{}")


def with_document(talk: Talk, text: str | bytes) -> None:
    """Answer with a document in place of the right one; in a stream, as the first event's."""
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if talk.streams:
        first, _, rest = talk.right()[2].partition(b"\n\n")
        name = b"".join(line + b"\n" for line in first.split(b"\n") if line.startswith(b"event:"))
        raw = name + b"data: " + raw.replace(b"\n", b" ") + b"\n\n" + rest
    talk.respond(body=raw)
