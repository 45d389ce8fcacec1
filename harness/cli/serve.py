"""Serves the reference endpoint: faultless, or with a bug that was reported on a real server."""

from __future__ import annotations

import argparse
import difflib
import errno
import sys
import textwrap
import threading

from ..reference import DIALECTS, KEY, Server, answer, serve_dialects

USAGE = 4
"""The exit code for an unknown fault or dialect, or an unavailable port."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--port", type=int, default=8000, help="where to listen on loopback (%(default)s; 0: any that is free)")
    parser.add_argument("--fault", metavar="NAME", help="serve this fault below /v1; below /fault/NAME/v1 every fault is served anyway")
    parser.add_argument("--dialect", metavar="NAME", help="answer as a provider's documentation has it; --profile judges it so")
    parser.add_argument("--list-faults", action="store_true", help="name every fault, the server that had it, and where it was reported")
    parser.epilog = f"The exit code is 0 once it was interrupted, and {USAGE} where a name is unknown or the port cannot be had."


def run(given: argparse.Namespace) -> int:
    """Serve, or list the faults, and return the exit code."""
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
    """Why the requested fault or dialect cannot be served; empty if it can."""
    from ..reference import FAULTS

    if given.fault is not None and given.dialect is not None:
        return "a fault has no dialect; name one of them"
    if given.dialect is not None and given.dialect not in DIALECTS:
        return f"there is no dialect {given.dialect!r}; there are: {', '.join(DIALECTS)}"
    if given.fault is not None and given.fault not in FAULTS:
        return f"there is no fault {given.fault!r}{_close_to(given.fault, list(FAULTS))}; --list-faults names them all"
    return ""


def _fault(name: str | None, port: int) -> Server:
    """Serve the reference, faultless or with one fault, and every fault below its own path."""
    from ..reference import FAULTS, FaultRouter

    return Server(FaultRouter(FAULTS[name] if name else answer), port=port)


def _refuse(why: str) -> int:
    """Print in one sentence why nothing is served."""
    print(f"wireproof serve: {why}.", file=sys.stderr)
    return USAGE


def _close_to(name: str, names: list[str]) -> str:
    """A hint with names similar to an unknown one, or containing it."""
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.5) or [other for other in names if name in other][:3]
    return f" (did you mean {' or '.join(close)}?)" if close else ""


def _list() -> None:
    """Print every fault: its name, what is wrong, which server had it, and where it was reported."""
    from ..reference import FAULTS

    for fault in sorted(FAULTS.values(), key=lambda fault: fault.name):
        print(fault.name)
        print(textwrap.fill(fault.says, 120, initial_indent="  ", subsequent_indent="  "))
        print(f"  {fault.server} · {fault.severity}{' · doubtful' if fault.doubtful else ''} · {' '.join(fault.seen)}")
