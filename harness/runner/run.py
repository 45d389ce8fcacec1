"""One run against one endpoint, for use outside an event loop: open it, ask for results, close it.

Clients, the upstream and the reference are imported only where they are used, because most runs do not need them.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from ..catalog import Catalog, Models
from ..judging import carries_key
from ..model import Call, Case, CaseResult, Exchange, Subject
from ..options import KEY_NAME, SILENCE
from ..wire import (
    CertificateError,
    Certificates,
    KeyCommand,
    KeyCommandError,
    Limits,
    Scrubber,
    Wire,
    from_variable,
    secrets_in,
)
from .engine import Engine
from .options import RunOptions
from .preflight import NotJudgeableError, TargetOptions, preflight
from .progress import Progress

if TYPE_CHECKING:
    from ..clients import Player
    from ..gateway import ReferenceEndpoint, Relay, Upstream
    from ..records import ExchangeRecorder
    from ..reference import Server

T = TypeVar("T")
NEVER = -1.0
"""Disables waiting for ``Retry-After``."""

RELAY_SILENCE = 20.0
"""The same for a gateway, in seconds: its scripted upstream answers at once."""


class Closable(Protocol):
    """A part of a run that belongs to its event loop."""

    async def close(self) -> None:
        """Stop it."""


class Run:
    """A run in progress. Its event loop has its own thread, so that replies are recorded while others are judged."""

    def __init__(self, catalog: Catalog, options: RunOptions) -> None:
        self.catalog = catalog
        self._options = options
        self._server: Server | None = None
        self.scrubber = Scrubber()
        urls = [url for url in (options.base_url, options.reference_url) if url]
        self._certificates = _usable(Certificates(options.ca_bundle, options.client_cert, options.client_key), urls)
        self._key = self._printed_key(options) if options.key_command is not None and options.base_url is not None else None
        key = self._key.first if self._key is not None else options.key
        if options.base_url is None:
            self._server, key = _embedded(catalog)
        self.base_url = catalog.profile.root_of(self._server.base_url if self._server else str(options.base_url))
        self.headers = {**(catalog.profile.with_key(key) if key else {}), **options.headers}
        self.scrubber.learn(secrets_in(self.headers))
        self.scrubber.hide(options.headers)
        self.has_key = carries_key(self.headers)
        self.subject: Subject | None = None
        self._engine: Engine | None = None
        self._keeper: ExchangeRecorder | None = None
        self._player: Player | None = None
        self._loop = asyncio.new_event_loop()
        self._ends_at = self._loop.time() + options.minutes * 60
        self._thread = threading.Thread(target=self._loop.run_forever, name="wireproof", daemon=True)
        self._thread.start()
        silence = options.timeout or (RELAY_SILENCE if options.upstream else catalog.profile.silence or SILENCE)
        self._limits = Limits(silence=silence, total=3 * silence)
        if options.upstream is not None:
            self._limits = replace(self._limits, wait=NEVER)  # a gateway's failures are what is judged
        self._wire = self._do(self._make_wire(self._limits))
        self._twin = self._do(self._make_twin(self._limits)) if options.reference_url else None
        self._upstream: Upstream | None = None
        self._relay: Relay | None = None
        if options.upstream:
            self._upstream, self._relay = self._behind(*options.upstream)

    def _printed_key(self, options: RunOptions) -> KeyCommand:
        """The key that the user's command prints. Behind a gateway no request is repeated, not even one that is refused for its key."""
        minutes, profile = options.key_minutes, self.catalog.profile

        def learn(key: str) -> None:
            self.scrubber.hide(profile.with_key(key))

        try:
            return KeyCommand(str(options.key_command), time.monotonic, learn, minutes=minutes, on_refusal=options.upstream is None)
        except KeyCommandError as error:
            raise NotJudgeableError(f"{error}.") from None

    def _behind(self, host: str, port: int) -> tuple[Upstream, Relay]:
        """The scripted upstream behind a gateway, and the relay that matches both sides."""
        from ..gateway import Relay, Upstream

        upstream = Upstream(host, port, self.scrubber)
        return upstream, Relay(self._wire, upstream)

    async def _make_wire(self, limits: Limits) -> Wire:
        # Do not use the environment's proxy for a server on loopback.
        loopback = urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")
        # Never send a request to a gateway twice: what it does with each one is judged.
        return Wire(
            self.base_url,
            self.scrubber,
            limits,
            trust_env=not loopback,
            reuse=self._options.upstream is None,
            rate=self._options.rate,
            key=self._key,
            certificates=self._certificates,
        )

    async def _make_twin(self, limits: Limits) -> ReferenceEndpoint:
        from ..gateway import ReferenceEndpoint

        options = self._options
        key = {"authorization": f"Bearer {options.reference_key}"} if options.reference_key else {}
        headers = {**key, **options.reference_headers}
        self.scrubber.hide(headers)
        url = str(options.reference_url)
        loopback = urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
        trusted = Certificates(options.ca_bundle)  # the client's certificate is for the endpoint that is judged
        wire = Wire(url, self.scrubber, limits, trust_env=not loopback, rate=options.rate, certificates=trusted)
        return ReferenceEndpoint(wire, headers, options.reference_model, self.headers)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the loop, and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def clear(self) -> Mapping[str, Mapping[str, Exchange]]:
        """Run the preflight and get ready to run cases. Raises ``NotJudgeableError``."""
        options = self._options
        key_name = "--header" if options.key is None and self.has_key else options.key_name
        if self._key is not None:
            key_name = "--api-key-command"
        models = (options.model, options.completions_model, options.embeddings_model)
        wishes = TargetOptions(self.base_url, *models, options.profile, key_name, options.required, self._query(), options.context_window)
        if self._relay is not None:
            self.resume(self._do(self._in_time(self._reach(self._relay, wishes))), {})
            return {}
        cleared = self._do(self._in_time(preflight(self.catalog, self._wire, self.headers, wishes)))
        self.resume(cleared.subject, cleared.known)
        for exchange in (exchange for by_step in cleared.known.values() for exchange in by_step.values()):
            self._ready().note(exchange)
        return cleared.known

    def _query(self) -> dict[str, str]:
        """The query of each request: the profile's, then the user's. An empty value removes a name."""
        return {name: value for name, value in {**self.catalog.profile.query, **self._options.query}.items() if value}

    async def _in_time(self, question: Coroutine[Any, Any, T]) -> T:
        """Await the preflight, for at most the time of the run."""
        try:
            async with asyncio.timeout_at(self._ends_at):
                return await question
        except TimeoutError:
            raise NotJudgeableError(
                f"{self.base_url} took longer than the {self._options.minutes:g} minutes of --max-time to answer the preflight's requests."
            ) from None

    async def _reach(self, relay: Relay, wishes: TargetOptions) -> Subject:
        """Listen behind the gateway, and find out whether a request reaches us."""
        from ..gateway import UpstreamError
        from .gateway_preflight import preflight_gateway

        try:
            await relay.upstream.open()
        except UpstreamError as problem:
            raise NotJudgeableError(str(problem)) from None
        return await preflight_gateway(relay, self.headers, wishes)

    @property
    def unmatched(self) -> list[str]:
        """The requests that reached the upstream without our token."""
        return self._relay.ledger.unmatched if self._relay is not None else []

    def resume(self, subject: Subject, known: Mapping[str, Mapping[str, Exchange]]) -> None:
        """Get ready to run cases against a subject that has passed the preflight."""
        self.subject = subject = replace(subject, options=self._said(), media_models=self._options.media_models)
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
            ends_at=self._ends_at,
        )

    def _said(self) -> tuple[str, ...]:
        """The options that affect requests, besides address, models and profile, without secrets."""
        options = self._options
        named = {
            "api-key-env": options.key_name if options.key_name != KEY_NAME and self._key is None else None,
            "api-key-command": "$API_KEY_COMMAND" if self._key is not None else None,
            "ca-bundle": options.ca_bundle,
            "client-cert": options.client_cert,
            "client-key": options.client_key,
            "reference-url": options.reference_url,
            "reference-key-env": options.reference_key_name,
            "reference-model": options.reference_model,
            "context-window": None if options.context_window is None else str(options.context_window),
            **{f"{kind}-model": name for kind, name in options.media_models.items()},
        }
        headers = [f"--header={name}: {from_variable(name, value)}" for name, value in options.headers.items()]
        headers += [f"--reference-header={name}: {from_variable(name, value)}" for name, value in options.reference_headers.items()]
        headers += [f"--query={name}={value}" for name, value in options.query.items()]
        return (*headers, *(f"--{name}={self.scrubber.text(value)}" for name, value in named.items() if value is not None))

    def record_to(self, folder: Path) -> None:
        """Record everything that is sent and received from now on in a folder. Raises ``OSError``."""
        from ..records import ExchangeRecorder

        self._keeper = ExchangeRecorder(folder, self.base_url, self.scrubber)
        self._wire.keep = self._keeper.keep

    def start(self, cases: Iterable[Case], calls: Sequence[Call] = ()) -> None:
        """Start cases and client calls."""
        engine = self._ready()

        async def begin() -> None:
            engine.start(cases)
            if calls:
                self._clients().start(calls)

        self._do(begin())

    def result(self, case: Case) -> CaseResult:
        """Wait for the result of a case."""
        return self.scrubber.result(self._do(self._ready().result(case)))

    def called(self, call: Call) -> CaseResult:
        """Wait for the result of a client's call."""

        async def play() -> CaseResult:
            return await self._clients().result(call)

        return self.scrubber.result(self._do(play()))

    def _clients(self) -> Player:
        """The player of client calls. Call this in the loop."""
        if self._player is None:
            from ..clients import Player

            assert self.subject is not None
            engine = self._ready()
            self._player = Player(
                self.catalog,
                self._wire,
                self._limits,
                self.subject,
                self.headers,
                self.scrubber,
                engine.absence_of,
                self._ends_at,
                note=engine.note,
            )
        return self._player

    def try_out(self, cases: Sequence[Case]) -> list[CaseResult]:
        """The results of generated cases, run at the same time."""
        return [self.scrubber.result(result) for result in self._do(self._ready().try_out(cases))]

    def absence(self, feature: str) -> str | None:
        """Why a feature is not offered, or ``None``."""
        return self._do(self._ready().absence_of(feature))

    def progress(self) -> Progress | None:
        """How far the run is; ``None`` before it has begun, or where other processes play it. May be called from another thread."""
        return self._engine.progress() if self._engine is not None else None

    def absent(self) -> Mapping[str, str]:
        """The features found not to be offered, with the reason."""
        return self._do(self._ready().absent_features())

    def take_unshown(self) -> int:
        """How many requests that belong to no case were sent since the last call."""
        if self._engine is None:
            return 0
        number, self._engine.unshown = self._engine.unshown, 0
        return number

    def clean_up(self) -> list[str]:
        """Stop all cases and delete what they have left. Returns what could not be deleted."""
        if self._engine is None:
            return []
        if self._player is not None:
            self._do(self._player.close())
        self._do(self._engine.close())
        return self._engine.undeleted

    def _ready(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the run was not cleared")
        return self._engine

    def close(self) -> None:
        """Stop everything. If one part raises, the others are closed all the same."""
        with ExitStack() as closing:  # closes in reverse order
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


def _embedded(catalog: Catalog) -> tuple[Server, str]:
    """Start the embedded reference for a profile. Returns the server and its key."""
    from ..reference import KEY, serve_dialects

    return serve_dialects(catalog.profile.lineage), KEY


def _usable(certificates: Certificates, urls: Sequence[str]) -> Certificates:
    """The certificates, if their files can be used for these endpoints. Raises ``NotJudgeableError``."""
    try:
        for url in urls or [""]:
            certificates.context(url)
    except CertificateError as error:
        raise NotJudgeableError(f"{error}.") from None
    return certificates
