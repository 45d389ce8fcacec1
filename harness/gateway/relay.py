"""Works on both sides of a gateway: sends requests to it, and collects the attempts that reach the upstream."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from ..model import Case, Exchange, Request, Step, TransportFailure
from ..wire import Wire
from .tokens import marked
from .upstream import AttemptLog, Upstream

LOG = logging.getLogger("wireproof.gateway")

PATIENCE = 8.0
"""Seconds to wait for the upstream's side of an exchange to end after the client's side."""

NOTICE = 0.3
"""Seconds for a gateway to notice that its upstream connections are closed."""


class Relay:
    """Sends the requests of relay cases through a gateway."""

    def __init__(self, wire: Wire, upstream: Upstream) -> None:
        self._wire = wire
        self.upstream = upstream

    @property
    def ledger(self) -> AttemptLog:
        """The log that matches attempts to requests."""
        return self.upstream.ledger

    async def exchange(self, request: Request, step: Step, identity: str) -> Exchange:
        """Send a step's request with a new token, and record both sides."""
        if refuses(step):
            return await self._refused(request, identity)
        entry = self.ledger.open(identity, request.endpoint, step.upstream)
        exchange = await self._wire.exchange(marked(request, entry.token), identity)
        await self.upstream.settled(entry, PATIENCE)
        LOG.debug("%s: %d attempts reached the upstream", identity, len(entry.seen))
        return replace(exchange, behind=entry.seen)

    async def _refused(self, request: Request, identity: str) -> Exchange:
        """Send a request while the upstream does not listen. The caller ensures that no other request is under way."""
        entry = self.ledger.open(identity, request.endpoint, ())
        LOG.debug("%s: the upstream does not listen", identity)
        await self.upstream.close()
        try:
            exchange = await self._wire.exchange(marked(request, entry.token), identity)
        finally:
            await self.upstream.open()
            await asyncio.sleep(NOTICE)
        return replace(exchange, behind=(refused_attempt(exchange),))


def refuses(step: Step) -> bool:
    """Whether the upstream must refuse connections during a step."""
    return any(script.get("refuse") for script in step.upstream)


def is_alone(case: Case) -> bool:
    """Whether a case must run alone."""
    return any(refuses(step) for step in case.steps)


def refused_attempt(exchange: Exchange) -> Exchange:
    """The record of an attempt whose connection was refused."""
    asked = Request(exchange.request.endpoint, exchange.request.method, exchange.request.path, (), b"")
    trouble = TransportFailure("refused", "nothing was listening")
    return Exchange(f"{exchange.id}^upstream1", asked, started_at=exchange.started_at, trouble=trouble)
