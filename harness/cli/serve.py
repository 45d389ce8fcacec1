"""The reference endpoint, for anybody's use: faultless, or with bugs that were reported of real servers."""

from __future__ import annotations

import argparse
import difflib
import errno
import sys
import textwrap
import threading

from ..reference import DIALECTS, KEY, Server, answer, serve_dialects

USAGE = 4
"""The exit code when a fault, a dialect or a port cannot be had."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--port", type=int, default=8000, help="where to listen on loopback (%(default)s; 0: any that is free)")
    parser.add_argument("--fault", metavar="NAME", help="serve this fault below /v1; below /fault/NAME/v1 every fault is served anyway")
    parser.add_argument("--dialect", metavar="NAME", help="answer as a provider's documentation has it; --profile judges it so")
    parser.add_argument("--list-faults", action="store_true", help="name every fault, with whose it was, and where it was reported")
    parser.epilog = f"The exit code is 0 once it was interrupted, and {USAGE} where a name is unknown or the port cannot be had."


def run(given: argparse.Namespace) -> int:
    """Serve, or list the faults; the exit code comes back."""
    from ..reference import FAULTS

    if given.list_faults:
        _list()
        return 0
    if refusal := _unknown(given):
        return _refuse(refusal)
    try:
        server = _fault(given.fault, given.port) if given.dialect is None else serve_dialects([given.dialect], given.port)
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "is in use" if taken else f"cannot be had ({getattr(error, 'strerror', None) or error})"
        return _refuse(f"port {given.port} {why}; name another with --port, or 0 for any that is free")
    how = f" in the dialect {given.dialect}" if given.dialect else f" with the fault {given.fault}" if given.fault else ""
    print(f"the reference endpoint{how}: {server.base_url}, model reference, key {KEY}", flush=True)
    if given.dialect is None:
        print(f"with any of {len(FAULTS)} faults: {server.base_url.removesuffix('/v1')}/fault/NAME/v1", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()
    return 0


def _unknown(given: argparse.Namespace) -> str:
    """What of that which was asked for there is not; empty when all of it is there."""
    from ..reference import FAULTS

    if given.fault is not None and given.dialect is not None:
        return "a fault has no dialect; name one of them"
    if given.dialect is not None and given.dialect not in DIALECTS:
        return f"there is no dialect {given.dialect!r}; there are: {', '.join(DIALECTS)}"
    if given.fault is not None and given.fault not in FAULTS:
        return f"there is no fault {given.fault!r}{_close_to(given.fault, list(FAULTS))}; --list-faults names them all"
    return ""


def _fault(name: str | None, port: int) -> Server:
    """The reference, faultless or with a fault, and all faults below paths of their own."""
    from ..reference import FAULTS, FaultRouter

    return Server(FaultRouter(FAULTS[name] if name else answer), port=port)


def _refuse(why: str) -> int:
    """Say in one sentence why nothing is served."""
    print(f"wireproof serve: {why}.", file=sys.stderr)
    return USAGE


def _close_to(name: str, names: list[str]) -> str:
    """The names that look like one that does not exist, or hold it."""
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or [other for other in names if name in other][:3]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _list() -> None:
    """Print every fault: its name, what is wrong, whose it was, and where it was reported."""
    from ..reference import FAULTS

    for fault in sorted(FAULTS.values(), key=lambda fault: fault.name):
        print(fault.name)
        print(textwrap.fill(fault.says, 120, initial_indent="  ", subsequent_indent="  "))
        print(f"  {fault.server} · {fault.severity}{' · doubtful' if fault.doubtful else ''} · {' '.join(fault.seen)}")
