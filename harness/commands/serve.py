"""The reference endpoint, for anybody's use."""

from __future__ import annotations

import argparse
import sys
import threading

ABOUT = "serve the reference endpoint until it is interrupted"
USAGE = 4
"""The exit code when a dialect is unknown."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--port", type=int, default=8000, help="where to listen on loopback (%(default)s)")
    parser.add_argument("--dialect", metavar="NAME", help="answer as a provider's documentation has it: t-cloud or aifoundryhub")


def run(given: argparse.Namespace) -> int:
    """Serve; the exit code is 0 once it was interrupted."""
    from ..reference.dialects import DIALECTS, serve
    from ..reference.serve import KEY

    if given.dialect is not None and given.dialect not in DIALECTS:
        print(f"wireproof serve: there is no dialect {given.dialect!r}; there are: {', '.join(DIALECTS)}.", file=sys.stderr)
        return USAGE
    server = serve([given.dialect] if given.dialect else [], given.port)
    told = f"in the dialect {given.dialect}: {server.base_url}" if given.dialect else f"endpoint: {server.base_url}, model reference"
    print(f"the reference {told}, key {KEY}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()
    return 0
