"""One run against one endpoint, from outside an event loop: opened, asked for results, closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

from ..catalog import Catalog, Models
from ..clients import Player
from ..gateway import ReferenceEndpoint, Relay, Upstream, UpstreamError
from ..judging import carries_key
from ..model import Call, Case, CaseResult, Exchange, Subject
from ..records import ExchangeRecorder
from ..reference import KEY, serve_dialects
from ..wire import Limits, Scrubber, Wire, secrets_in
from .engine import Engine
from .gateway_preflight import preflight_gateway
from .preflight import NotJudgeableError, TargetOptions, preflight

T = TypeVar("T")
NEVER = -1.0
"""A bearable wait, in seconds, that no ``Retry-After`` fits into."""

KEY_NAME = "OPENAI_API_KEY"
"""The environment variable that has the key, unless another one is named."""

SILENCE = 60.0
"""So long an endpoint may say nothing, in seconds, unless the user or the profile says otherwise."""

RELAY_SILENCE = 20.0
"""So long a gateway may, whose scripted upstream answers at once."""


class Closable(Protocol):
    """A part of a run that lives in its event loop."""

    async def close(self) -> None:
        """Stop what it does."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a user said about a run. Without a base URL the embedded reference is judged, with its own key.

    ``upstream`` is where we listen behind a gateway, if that is to be judged from both sides;
    ``reference_url`` is the endpoint that it is compared with, which gets the same key and model unless others are named.
    """

    base_url: str | None = None
    key: str | None = None
    key_name: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    model: str | None = None
    completions_model: str | None = None
    embeddings_model: str | None = None
    profile: str = "openai"
    required: tuple[str, ...] = ()
    concurrency: int = 8
    timeout: float | None = None
    upstream: tuple[str, int] | None = None
    reference_url: str | None = None
    reference_key: str | None = None
    reference_key_name: str | None = None
    reference_model: str | None = None


class Run:
    """A run under way. Its event loop lives in a thread of its own, so that replies are recorded while others are judged."""

    def __init__(self, catalog: Catalog, options: RunOptions) -> None:
        self.catalog = catalog
        self._options = options
        self._server = serve_dialects(catalog.profile.lineage) if options.base_url is None else None
        self.base_url = catalog.profile.root_of(self._server.base_url if self._server else str(options.base_url))
        key = KEY if self._server else options.key
        self.headers = {**({"authorization": f"Bearer {key}"} if key else {}), **options.headers}
        self.scrubber = Scrubber(secrets_in(self.headers))
        self.has_key = carries_key(self.headers)
        self.subject: Subject | None = None
        self._engine: Engine | None = None
        self._keeper: ExchangeRecorder | None = None
        self._player: Player | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wireproof", daemon=True)
        self._thread.start()
        silence = options.timeout or (RELAY_SILENCE if options.upstream else catalog.profile.silence or SILENCE)
        self._limits = Limits(silence=silence, total=3 * silence)
        if options.upstream is not None:
            self._limits = replace(self._limits, wait=NEVER)  # a gateway's failures are what is judged
        self._wire = self._do(self._make_wire(self._limits))
        self._upstream = Upstream(*options.upstream, self.scrubber) if options.upstream else None
        self._twin = self._do(self._make_twin(self._limits)) if options.reference_url else None
        self._relay = Relay(self._wire, self._upstream) if self._upstream else None

    async def _make_wire(self, limits: Limits) -> Wire:
        # A proxy of the environment has nothing to do with a server on loopback.
        loopback = urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")
        # A gateway never gets a request twice: what it does with each is what is judged.
        return Wire(self.base_url, self.scrubber, limits, trust_env=not loopback, reuse=self._options.upstream is None)

    async def _make_twin(self, limits: Limits) -> ReferenceEndpoint:
        options = self._options
        headers = {"authorization": f"Bearer {options.reference_key}"} if options.reference_key else {}
        self.scrubber.learn(secrets_in(headers))
        url = str(options.reference_url)
        loopback = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
        return ReferenceEndpoint(Wire(url, self.scrubber, limits, trust_env=not loopback), headers, options.reference_model)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have the loop do something, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def clear(self) -> Mapping[str, Mapping[str, Exchange]]:
        """Ask the three questions of the preflight, and be ready to play. Raises ``NotJudgeableError``."""
        options = self._options
        key_name = "--header" if options.key is None and self.has_key else options.key_name
        models = (options.model, options.completions_model, options.embeddings_model)
        wishes = TargetOptions(self.base_url, *models, options.profile, key_name, options.required)
        if self._relay is not None:
            self.resume(self._do(self._reach(self._relay, wishes)), {})
            return {}
        cleared = self._do(preflight(self.catalog, self._wire, self.headers, wishes))
        self.resume(cleared.subject, cleared.known)
        return cleared.known

    async def _reach(self, relay: Relay, wishes: TargetOptions) -> Subject:
        """Listen behind the gateway, and find out whether a request gets there."""
        try:
            await relay.upstream.open()
        except UpstreamError as problem:
            raise NotJudgeableError(str(problem)) from None
        return await preflight_gateway(relay, self.headers, wishes)

    @property
    def unmatched(self) -> list[str]:
        """What reached the upstream without a sign of whose it was."""
        return self._relay.ledger.unmatched if self._relay is not None else []

    def resume(self, subject: Subject, known: Mapping[str, Mapping[str, Exchange]]) -> None:
        """Be ready to play against a subject that was cleared already."""
        self.subject = subject = replace(subject, options=self._said())
        self.catalog = self.catalog.narrowed(Models(subject.model, subject.completions_model, subject.embeddings_model))
        self._engine = Engine(
            self.catalog,
            self._wire,
            subject,
            self.headers,
            concurrency=self._options.concurrency,
            has_key=self.has_key,
            known=known,
            relay=self._relay,
            twin=self._twin,
        )

    def _said(self) -> tuple[str, ...]:
        """The options that reach the subject, beside its address, models and profile; without secrets."""
        options = self._options
        named = {
            "api-key-env": options.key_name if options.key_name != KEY_NAME else None,
            "reference-url": options.reference_url,
            "reference-key-env": options.reference_key_name,
            "reference-model": options.reference_model,
        }
        headers = (f"--header={name}: {self.scrubber.header(name, value)}" for name, value in options.headers.items())
        return (*headers, *(f"--{name}={self.scrubber.text(value)}" for name, value in named.items() if value is not None))

    def record_to(self, folder: Path) -> None:
        """Keep all that is sent and received from now on in a folder. Raises ``OSError``."""
        self._keeper = ExchangeRecorder(folder, self.base_url, self.scrubber)
        self._wire.keep = self._keeper.keep

    def start(self, cases: Iterable[Case], calls: Sequence[Call] = ()) -> None:
        """Begin to play cases, and the calls of clients, in this order."""
        engine = self._ready()

        async def begin() -> None:
            engine.start(cases)
            if calls:
                self._clients().start(calls)

        self._do(begin())

    def result(self, case: Case) -> CaseResult:
        """The result of a case; waits for it."""
        return self._do(self._ready().result(case))

    def called(self, call: Call) -> CaseResult:
        """The result of a client's call; waits for it."""

        async def play() -> CaseResult:
            return await self._clients().result(call)

        return self._do(play())

    def _clients(self) -> Player:
        """The clients, which need the loop."""
        if self._player is None:
            assert self.subject is not None
            absence = self._ready().absence_of
            self._player = Player(self.catalog, self._wire, self._limits, self.subject, self.headers, self.scrubber, absence)
        return self._player

    def try_out(self, cases: Sequence[Case]) -> list[CaseResult]:
        """The results of drawn cases, played at once."""
        return self._do(self._ready().try_out(cases))

    def absence(self, feature: str) -> str | None:
        """Why a feature is not offered, or ``None``."""
        return self._do(self._ready().absence_of(feature))

    def absent(self) -> dict[str, str]:
        """The features found not to be offered, with the reason."""
        return self._do(self._ready().absent_features())

    def _ready(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the run was not cleared")
        return self._engine

    def close(self) -> None:
        """Stop everything. Whatever one part raises, the others are closed too."""
        with ExitStack() as closing:  # the last that is put in is closed first
            if self._server is not None:
                closing.callback(self._server.close)
            if self._keeper is not None:
                closing.callback(self._keeper.close)
            closing.callback(self._stop_loop)
            for part in (self._twin, self._upstream, self._wire, self._engine, self._player):
                if part is not None:
                    closing.callback(self._close_in_loop, part)

    def _close_in_loop(self, part: Closable) -> None:
        self._do(part.close())

    def _stop_loop(self) -> None:
        """End the event loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
