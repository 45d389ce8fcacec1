"""The reference endpoint, for anybody's use."""

from __future__ import annotations

import argparse
import threading

ABOUT = "serve the reference endpoint until it is interrupted"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("--port", type=int, default=8000, help="where to listen on loopback (%(default)s)")


def run(given: argparse.Namespace) -> int:
    """Serve; the exit code is 0 once it was interrupted."""
    from ..reference.serve import KEY, Server

    server = Server(port=given.port)
    print(f"the reference endpoint: {server.base_url}, model reference, key {KEY}", flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.close()
    return 0
