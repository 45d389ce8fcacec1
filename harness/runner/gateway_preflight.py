"""The preflight of a gateway: does a request reach the upstream through it? If not, the run ends with one clear sentence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace

from ..catalog import PATHS, plan
from ..gateway import UPSTREAM_BASE, Relay
from ..model import Exchange, Request, Step, Subject
from .preflight import NotJudgeableError, TargetOptions, refuse_bad_url
from .replies import listed_ids, said

PATIENCE = 3.0
"""How long, in seconds, we retry until a request reaches the upstream: the gateway may be starting, pausing or retrying."""

STARTING = 30.0
"""How long, in seconds, if it has checked the upstream's health meanwhile: some gateways serve nobody until their upstream is up."""

PAUSE = 0.5
"""The pause between two tries, in seconds."""


async def preflight_gateway(relay: Relay, headers: Mapping[str, str], wishes: TargetOptions) -> Subject:
    """The gateway as a subject, with the models to use. Raises ``NotJudgeableError``."""
    refuse_bad_url(wishes.base_url)
    url = wishes.base_url.rstrip("/")
    upstream = relay.upstream.address
    model = wishes.model or ""
    subject = Subject(url, model, model, model, wishes.profile, required=wishes.required, upstream=upstream, query=wishes.query)
    listed: list[str] = []
    if not model:
        exchange = await relay.exchange(plan(Step("only", "models", "GET"), subject, headers, {}), Step("only", "models", "GET"), "reach#0")
        listed = listed_ids(exchange)
        if not listed:
            raise NotJudgeableError(
                f"{url}/models names no model ({_answered(exchange)}): name one that the gateway sends to {upstream} with --model."
            )
        subject = replace(subject, model=listed[0], remarks=(f"model {listed[0]}: the first of {len(listed)} that /models lists",))
    embedding = next((name for name in listed if "embed" in name), subject.model)
    subject = replace(
        subject,
        completions_model=wishes.completions_model or subject.model,
        embeddings_model=wishes.embeddings_model or embedding,
    )
    step = Step("only", "chat", send={"model": "$model", "messages": [{"role": "user", "content": "Say hi. $token"}]})
    exchange = await _patiently(relay, plan(step, subject, headers, {}), step)
    if exchange.behind:
        return subject
    raise NotJudgeableError(
        f"a chat request to {url}{PATHS['chat']} was answered with {_answered(exchange)}, but did not reach the upstream at {upstream}: "
        f"configure the gateway to send the model {subject.model!r} to http://{upstream}{UPSTREAM_BASE} as to an OpenAI-compatible provider"
        f"{_stray(relay)}."
    )


async def _patiently(relay: Relay, request: Request, step: Step) -> Exchange:
    """The first exchange that reached the upstream, or the last try."""
    began = time.monotonic()
    attempt = 1
    while True:
        exchange = await relay.exchange(request, step, f"reach#{attempt}")
        patience = STARTING if relay.ledger.unmatched else PATIENCE
        if exchange.behind or time.monotonic() - began + PAUSE > patience:
            return exchange
        await asyncio.sleep(PAUSE)
        attempt += 1


def _stray(relay: Relay) -> str:
    """The requests that reached the upstream without our token, if any, in words."""
    stray = relay.ledger.unmatched
    return f" (requests that reached it without our token: {', '.join(dict.fromkeys(stray))})" if stray else ""


def _answered(exchange: Exchange) -> str:
    """A reply in short: its status and message."""
    return said(exchange) if exchange.status is None else f"status {exchange.status}: {said(exchange)}"
