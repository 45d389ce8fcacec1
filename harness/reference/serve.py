"""Serves the reference on a real socket, in its own thread."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from typing import Any

import uvicorn

from .app import BASE, App
from .refusals import KEY

__all__ = ["KEY", "Server"]


class Server:
    """Serves an ASGI application on loopback until it is closed. Port 0 picks a free port.

    ``base`` is the path of the base URL.
    """

    def __init__(self, app: Callable[..., Any] | None = None, port: int = 0, base: str = BASE) -> None:
        self._base = base
        self._socket = socket.create_server(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(app or App(), log_level="critical", lifespan="off", access_log=False, timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        """The base URL of the endpoint."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}{self._base}"

    def close(self) -> None:
        """Stop serving."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()
