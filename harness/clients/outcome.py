"""Reads what a driver writes of a call: one JSON object on a line.

A driver is ours, but what a client hands to its user may be whatever an endpoint sent: not a number, endless, or deeper than we read.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..checks import parse_json
from ..model import ClientOutcome, Data
from ..wire import Scrubber


class UnreadableOutcomeError(ValueError):
    """Raised for a line that is no outcome of a call, or is too large to be read. That is our fault, not the endpoint's."""


def read_outcome(line: bytes, scrubber: Scrubber) -> ClientOutcome:
    """What a client returned to its user, without secrets. Raises ``UnreadableOutcomeError``.

    NaN and the infinities, which JSON does not have, become texts.
    """
    parsed = parse_json(line.decode(errors="replace").strip(), constant=str)
    if parsed.error is not None:
        raise UnreadableOutcomeError(f"the client's driver wrote a line that we cannot read ({parsed.error})")
    if not isinstance(parsed.value, dict):
        raise UnreadableOutcomeError("the client's driver wrote a line that is not an outcome")
    return scrubber.clean(_outcome(parsed.value))


def _outcome(written: Mapping[str, Data]) -> ClientOutcome:
    if "unwritable" in written:
        raise UnreadableOutcomeError(f"the client's driver could not write it ({written['unwritable']})")
    client, raised, message = written.get("client"), written.get("raised"), written.get("message")
    values, kinds = written.get("values"), written.get("kinds")
    shaped = isinstance(values, dict | None) and isinstance(kinds, list | None)
    if not shaped or not isinstance(client, str) or not all(isinstance(text, str | None) for text in (raised, message, *(kinds or ()))):
        raise UnreadableOutcomeError("the client's driver wrote a line that is not an outcome")
    return ClientOutcome(client, values or {}, raised, tuple(map(str, kinds or ())), message or "")
