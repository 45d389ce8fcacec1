"""Stands on both sides of a gateway: sends a request in front of it, and collects what reached the upstream behind it."""

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
"""So long, in seconds, we wait for the upstream's side of an exchange to end once the client's has."""

NOTICE = 0.3
"""So long, in seconds, a gateway has to notice that its connections to the upstream are gone."""


class Relay:
    """Sends the requests of relay cases through a gateway."""

    def __init__(self, wire: Wire, upstream: Upstream) -> None:
        self._wire = wire
        self.upstream = upstream

    @property
    def ledger(self) -> AttemptLog:
        """What belongs to what."""
        return self.upstream.ledger

    async def exchange(self, request: Request, step: Step, identity: str) -> Exchange:
        """Send a step's request, with a token of its own in it, and record both sides."""
        if refuses(step):
            return await self._refused(request, identity)
        sheet = self.ledger.open(identity, request.endpoint, step.upstream)
        exchange = await self._wire.exchange(marked(request, sheet.token), identity)
        await self.upstream.settled(sheet, PATIENCE)
        LOG.debug("%s: %d attempts reached the upstream", identity, len(sheet.seen))
        return replace(exchange, behind=sheet.seen)

    async def _refused(self, request: Request, identity: str) -> Exchange:
        """Send a request while nobody listens behind the gateway. The caller sees to it that no other is under way."""
        sheet = self.ledger.open(identity, request.endpoint, ())
        LOG.debug("%s: nobody listens behind the gateway", identity)
        await self.upstream.close()
        try:
            exchange = await self._wire.exchange(marked(request, sheet.token), identity)
        finally:
            await self.upstream.open()
            await asyncio.sleep(NOTICE)
        return replace(exchange, behind=(refused_attempt(exchange),))


def refuses(step: Step) -> bool:
    """Whether nobody is to listen behind the gateway while a step is sent."""
    return any(script.get("refuse") for script in step.upstream)


def is_alone(case: Case) -> bool:
    """Whether no other case may be under way with this one."""
    return any(refuses(step) for step in case.steps)


def refused_attempt(exchange: Exchange) -> Exchange:
    """What the upstream knows of an attempt that it refused: nothing but that it did."""
    asked = Request(exchange.request.endpoint, exchange.request.method, exchange.request.path, (), b"")
    trouble = TransportFailure("refused", "nobody listened")
    return Exchange(f"{exchange.id}^upstream1", asked, started_at=exchange.started_at, trouble=trouble)
