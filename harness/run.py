"""One run against one endpoint, from outside an event loop: opened, asked for results, closed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .catalog import Catalog
from .clients.player import Player
from .engine import Engine
from .model import Call, Case, CaseResult, Exchange, Subject
from .preflight import Wishes, preflight
from .profile import Models
from .recordings.lines import Keeper
from .reference.dialects import serve
from .reference.serve import KEY
from .secrets import Scrubber, secrets_in
from .wire import Limits, Wire

T = TypeVar("T")

SILENCE = 60.0
"""So long an endpoint may say nothing, in seconds, unless the user or the profile says otherwise."""


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What a user said about a run. Without a base URL the embedded reference is judged, with its own key."""

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


class Run:
    """A run under way. Its event loop lives in a thread of its own, so that replies are recorded while others are judged."""

    def __init__(self, catalog: Catalog, options: RunOptions) -> None:
        self.catalog = catalog
        self._options = options
        self._server = serve(catalog.profile.lineage) if options.base_url is None else None
        self.base_url = catalog.profile.root_of(self._server.base_url if self._server else str(options.base_url))
        key = KEY if self._server else options.key
        self.headers = {**({"authorization": f"Bearer {key}"} if key else {}), **options.headers}
        self.scrubber = Scrubber(secrets_in(self.headers))
        self.has_key = any(name in ("authorization", "api-key", "x-api-key") for name in self.headers)
        self.subject: Subject | None = None
        self._engine: Engine | None = None
        self._keeper: Keeper | None = None
        self._player: Player | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wireproof", daemon=True)
        self._thread.start()
        silence = options.timeout or catalog.profile.silence or SILENCE
        self._limits = Limits(silence=silence, total=3 * silence)
        self._wire = self._do(self._make_wire(self._limits))

    async def _make_wire(self, limits: Limits) -> Wire:
        # A proxy of the environment has nothing to do with a server on loopback.
        loopback = urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")
        return Wire(self.base_url, self.scrubber, limits, trust_env=not loopback)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have the loop do something, and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def clear(self) -> Mapping[str, Mapping[str, Exchange]]:
        """Ask the three questions of the preflight, and be ready to play. Raises ``NotJudgeable``."""
        options = self._options
        key_name = "--header" if options.key is None and self.has_key else options.key_name
        models = (options.model, options.completions_model, options.embeddings_model)
        wishes = Wishes(self.base_url, *models, options.profile, key_name, options.required)
        cleared = self._do(preflight(self.catalog, self._wire, self.headers, wishes))
        self.resume(cleared.subject, cleared.known)
        return cleared.known

    def resume(self, subject: Subject, known: Mapping[str, Mapping[str, Exchange]]) -> None:
        """Be ready to play against a subject that was cleared already."""
        self.subject = subject
        self.catalog = self.catalog.narrowed(Models(subject.model, subject.completions_model, subject.embeddings_model))
        concurrency = self._options.concurrency
        self._engine = Engine(self.catalog, self._wire, subject, self.headers, concurrency=concurrency, has_key=self.has_key, known=known)

    def record_to(self, folder: Path) -> None:
        """Keep all that is sent and received from now on in a folder. Raises ``OSError``."""
        self._keeper = Keeper(folder, self.base_url, self.scrubber)
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
            absence = self._ready().absence
            self._player = Player(self.catalog, self._wire, self._limits, self.subject, self.headers, self.scrubber, absence)
        return self._player

    def try_out(self, cases: Sequence[Case]) -> list[CaseResult]:
        """The results of drawn cases, played at once."""
        return self._do(self._ready().try_out(cases))

    def absence(self, feature: str) -> str | None:
        """Why a feature is not offered, or ``None``."""
        return self._do(self._ready().absence(feature))

    def absent(self) -> dict[str, str]:
        """The features found not to be offered, with the reason."""
        return self._do(self._ready().absent_features())

    def _ready(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the run was not cleared")
        return self._engine

    def close(self) -> None:
        """Stop everything."""
        if self._player is not None:
            self._do(self._player.close())
        if self._engine is not None:
            self._do(self._engine.close())
        self._do(self._wire.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._keeper is not None:
            self._keeper.close()
        if self._server is not None:
            self._server.close()
