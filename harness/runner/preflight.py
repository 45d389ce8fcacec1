"""Asks three questions before anything is judged: does the endpoint answer, does it accept the key, does the model exist?

If not, the user gets one clear sentence instead of a hundred failures. An endpoint may serve any part of the API: without chat, we try
the other parts until one is found, and refuse only an endpoint that serves none. The cases reuse these exchanges, so nothing is sent
twice.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urljoin, urlsplit

from ..catalog import Catalog, Models, fits_url, plan
from ..checks import Reply, show
from ..model import Exchange, Subject
from ..wire import Wire, clean_url
from .replies import code_of, listed_ids, listed_window, message_of, said, was_put_off

LIST = "models/list/listed"
CHAT = "chat/basics/short-reply"
CONNECTIONS = 3
"""How often a request is sent if the refusal is not JSON. That is enough: at most two connections are open by then."""

_NO_MODEL = re.compile(
    r"\bmodel\b[^\n]{0,80}?\b(not found|does(n.t| not) exist|not exist|unknown|invalid)\b|\b(unknown|invalid|no such) model\b",
    re.IGNORECASE,
)
"""A message, on one line, that a model does not exist."""


class NotJudgeableError(Exception):
    """The endpoint cannot be judged at all. The text says what was tried and what to do."""


class RateLimitedError(NotJudgeableError):
    """The endpoint cannot be judged now, because it rate-limits every request."""


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """The user's options for the subject. ``key_name`` is the environment variable of the key; ``None`` if there is no key."""

    base_url: str
    model: str | None
    completions_model: str | None
    embeddings_model: str | None
    profile: str
    key_name: str | None
    required: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    context_window: int | None = None


@dataclass(frozen=True, slots=True)
class PreflightResult:
    """An endpoint that can be judged, and the preflight's exchanges, by case and step."""

    subject: Subject
    known: Mapping[str, Mapping[str, Exchange]]


def refuse_bad_url(base_url: str, name: str = "the base URL") -> None:
    """Raise ``NotJudgeableError`` for an invalid base URL. ``name`` says where it was given."""
    try:
        parts = urlsplit(base_url)
        written = base_url.isprintable() and " " not in base_url
        right = written and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise NotJudgeableError(f"{clean_url(base_url)!r} is not a base URL: it must look like https://host/v1.")
    if parts.username is not None or parts.password is not None:
        raise NotJudgeableError(f"{name} holds a user name or password: send credentials with --api-key-env or --header instead.")
    if parts.query or parts.fragment:
        raise NotJudgeableError(
            f"{name} {clean_url(base_url)!r} has a query or fragment: leave it out, because paths are appended to the URL. "
            "--query NAME=VALUE adds a parameter to each request."
        )


async def preflight(catalog: Catalog, wire: Wire, headers: Mapping[str, str], wishes: TargetOptions) -> PreflightResult:
    """Ask the three questions. This takes two or three requests, and without chat at least one more for each other part of the API tried.

    Raises ``NotJudgeableError``.
    """
    refuse_bad_url(wishes.base_url)
    asker = _Asker(catalog, wire, headers, wishes)
    listed, chat = await asker.first_replies()
    model = asker.subject.model
    embeddings_model = wishes.embeddings_model or _first_with([one for one in listed_ids(listed) if fits_url(one)], "embed") or model
    subject = replace(asker.subject, completions_model=wishes.completions_model or model, embeddings_model=embeddings_model)
    if _wants_other_limit(chat):
        subject = replace(subject, token_limit="max_completion_tokens")
        subject = replace(subject, remarks=(*subject.remarks, "max_tokens is sent as max_completion_tokens, as the model asks"))
        chat = await asker.ask(CHAT, subject)
    asker.refuse_unreachable(chat)
    asker.refuse_rejected(chat, listed)
    if not _may_serve(chat) or asker.names_listed_model(chat, listed):
        subject = replace(subject, remarks=(*subject.remarks, await asker.find_another(chat, subject)))
    subject = replace(subject, context_window=wishes.context_window or listed_window(listed, subject.model))
    models = Models(subject.model, subject.completions_model, subject.embeddings_model)
    remarks = (*subject.remarks, *catalog.profile.remarks(models, listed_ids(listed)))
    return PreflightResult(replace(subject, remarks=remarks), asker.known)


class _Asker:
    """Sends the cases of the preflight, and phrases its errors."""

    def __init__(self, catalog: Catalog, wire: Wire, headers: Mapping[str, str], wishes: TargetOptions) -> None:
        self._catalog = catalog
        self._wire = wire
        self._headers = headers
        self._wishes = wishes
        self._url = wishes.base_url.rstrip("/")
        model, profile = wishes.model or "", catalog.profile
        self.subject = Subject(
            self._url, model, model, model, wishes.profile, required=wishes.required, places=profile.places, query=wishes.query
        )
        self.known: dict[str, Mapping[str, Exchange]] = {}

    async def ask(self, case_id: str, subject: Subject) -> Exchange:
        """Send a case with a single step."""
        (step,) = self._catalog.cases[case_id].steps
        exchange = await self._wire.exchange(plan(step, subject, self._headers, {}), f"{case_id}#1")
        self.known[case_id] = {step.id: exchange}
        return exchange

    async def first_replies(self) -> tuple[Exchange, Exchange]:
        """The list of models and a chat reply, from the first listed model if the user named none."""
        if self._wishes.model is None:
            listed = await self.ask(LIST, self.subject)
            self.refuse_unreachable(listed)
            self.choose_first_model(listed)
            chat = await self.ask(CHAT, self.subject)
        else:
            listed, chat = await asyncio.gather(self.ask(LIST, self.subject), self.ask(CHAT, self.subject))
            if not _serves(chat):
                self.refuse_unreachable(listed)
        self.refuse_put_off(listed, chat)
        return listed, chat

    def choose_first_model(self, listed: Exchange) -> None:
        """Choose the first model that the endpoint lists, and add a remark."""
        if listed.status in (401, 403):
            self._refuse_key(listed)
        self.refuse_put_off(listed)
        ids, where = listed_ids(listed), f"{self._url}{listed.request.path}"
        usable = [identity for identity in ids if fits_url(identity)]
        if ids and not usable:
            raise NotJudgeableError(
                f"{where} lists no model whose id can be put into a URL; the first is {show(ids[0])}. Name a model with --model."
            )
        if listed.trouble is not None:
            raise NotJudgeableError(
                f"{where} answered {listed.status}, but its reply is incomplete ({show(listed.trouble.text, 160)}), "
                "so no model can be chosen: name one with --model."
            )
        if not ids:
            raise NotJudgeableError(
                f"{where} names no model (status {listed.status}: {said(listed)}). "
                "Is the base URL right (it often ends in /v1)? If so, name a model with --model."
            )
        remark = f"model {usable[0]}: the first of {len(ids)} that /models lists"
        self.subject = replace(self.subject, model=usable[0], remarks=(remark,))

    async def find_another(self, chat: Exchange, subject: Subject) -> str:
        """Find a part of the API that is served although chat is not, and return a remark on it. Refuses the endpoint if there is none."""
        asked = [chat]
        for case in self._others():
            # Some servers do not read the body of a request they refuse, and then parse it as the next request on that connection.
            for _ in range(CONNECTIONS):
                last = await self.ask(case, subject)
                if last.status != 400 or Reply(last).object:
                    break
            asked.append(last)
            if _serves(last) or (
                last.request.wants == "refusal" and last.status in (400, 422) and isinstance(Reply(last).object.get("error"), dict)
            ):
                gone = " and ".join(one.request.path for one in asked[:-1])
                are = "are" if len(asked) > 2 else "is"
                return f"{gone} {are} not served here (status {chat.status}: {said(chat)}); {asked[-1].request.path} is, so that is judged"
        for exchange in asked[1:]:
            if self._is_model_unknown(exchange):
                self._refuse_model(exchange, [])
        refused = [exchange for exchange in asked if exchange.status in (401, 403)]
        if refused:
            self._refuse_key(refused[0])
        self.refuse_put_off(*asked)
        self.refuse_no_endpoint(asked)
        raise AssertionError  # the line above always raises

    def _others(self) -> Iterator[str]:
        """The cases that probe the other parts of the API, one plain request each."""
        for feature in self._catalog.features.values():
            if (
                feature.needs != "core"
                or feature.probe is None
                or feature.probe.taken
                or CHAT in feature.probe.cases
                or self._catalog.profile.lack_of(feature.id)
            ):
                continue
            probe = self._catalog.cases.get(feature.probe.cases[0])
            # A probe that makes something is no question to ask beforehand; a request that is refused shows the route as well.
            own = [case for case in self._catalog.cases.values() if case.feature == feature.id and case.steps[0].wants == "refusal"]
            case = next((one for one in (probe, *own) if one is not None and len(one.steps) == 1), None)
            if case is not None and case.steps[0].method == "POST":
                yield case.id

    def refuse_unreachable(self, exchange: Exchange) -> None:
        """Raise if there is no reply, or a redirect."""
        trouble = exchange.trouble
        url = self._url + exchange.request.path
        if trouble is not None and exchange.status is None:
            advice = {
                "tls": "Is it really https, and does this machine trust its certificate (--ca-bundle names another bundle)?",
                "silent": "Is the model still loading? Give it more time with --timeout.",
                "garbled": "Is the server on this port really an HTTP server?",
                "cut": "The server closed the connection: its log may say why.",
            }.get(trouble.kind, "Is the server running, and are host and port right?")
            raise NotJudgeableError(f"{url} gave no answer: {trouble.text.rstrip('.')}. {advice}")
        if exchange.status is not None and 300 <= exchange.status < 400:
            raise NotJudgeableError(f"{url} answers {exchange.status} and {_pointing(url, exchange)}")

    def refuse_rejected(self, chat: Exchange, listed: Exchange) -> None:
        """Raise if the key is rejected or the model is unknown."""
        if chat.status == 401:
            self._refuse_key(chat)
        if self._is_model_unknown(chat) and not self.names_listed_model(chat, listed):
            self._refuse_model(chat, listed_ids(listed))

    def names_listed_model(self, chat: Exchange, listed: Exchange) -> bool:
        """Whether chat refuses a listed model as unknown: then the model is not a chat model."""
        return self._is_model_unknown(chat) and self.subject.model in listed_ids(listed)

    def _is_model_unknown(self, exchange: Exchange) -> bool:
        if exchange.status not in (400, 404, 422):
            return False
        return code_of(exchange) == "model_not_found" or _NO_MODEL.search(message_of(exchange)[:2000]) is not None

    def _refuse_model(self, exchange: Exchange, ids: Sequence[str]) -> None:
        known = f"it lists {show(', '.join(ids), 200)}" if ids else "it lists none"
        raise NotJudgeableError(
            f"{self._url} does not know the model {self.subject.model!r} (status {exchange.status}: {said(exchange)}); "
            f"{known}. Choose one with --model."
        )

    def refuse_put_off(self, *exchanges: Exchange) -> None:
        """Raise if all of these were rate-limited."""
        if all(map(was_put_off, exchanges)):
            last = exchanges[-1]
            raise RateLimitedError(
                f"incomplete: {self._url} is rate limited, nothing was judged: {last.request.method} {last.request.path} was answered with "
                f"{last.status} {len(last.attempts) + 1} times ({said(last)}). Try again later."
            )

    def refuse_no_endpoint(self, asked: Sequence[Exchange]) -> None:
        """Raise because this base URL serves no part of the API."""
        chat = asked[0]
        others = ", ".join(f"{exchange.request.path} ({exchange.status or 'no answer'})" for exchange in asked[1:])
        paid = any(feature.paid for feature in self._catalog.features.values())
        unasked = (
            "" if paid else " Sound and images cost more, so they were not tried: name their suites, such as suites/test_audio_speech.py."
        )
        raise NotJudgeableError(
            f"{self._url}{chat.request.path} is not there (status {chat.status}: {said(chat)}), "
            f"nor is any other part of the API: {others}. "
            f"Is the base URL right? It often ends in {self._catalog.profile.base or '/v1'}.{unasked}"
        )

    def _refuse_key(self, exchange: Exchange) -> None:
        where = f"{self._url}{exchange.request.path}"
        if self._wishes.key_name is None:
            raise NotJudgeableError(
                f"{where} requires a key (status {exchange.status}: {said(exchange)}). "
                "Put it into the environment variable OPENAI_API_KEY, or name another one with --api-key-env."
            )
        raise NotJudgeableError(
            f"{where} rejects the key in {self._wishes.key_name} (status {exchange.status}: {said(exchange)}). "
            "Is it complete, and does it belong to this endpoint?"
        )


def _serves(exchange: Exchange) -> bool:
    """Whether a reply is a success that is not a web page."""
    return exchange.status is not None and exchange.status // 100 == 2 and Reply(exchange).media_type != "text/html"


def _may_serve(exchange: Exchange) -> bool:
    """Whether the route of a reply may exist. An error may have any cause, except for statuses that deny the route."""
    if exchange.status is not None and exchange.status // 100 == 2:
        return _serves(exchange)
    return exchange.status not in (403, 404, 405, 501)


def _pointing(url: str, exchange: Exchange) -> str:
    """Where a redirect points, and what to do. Suggests the target only if it can be a base URL."""
    location = exchange.header("location")
    if location is None:
        return "does not say where to go instead: is the base URL right?"
    try:
        target = urljoin(url, location)
        usable = urlsplit(target).scheme in ("http", "https") and bool(urlsplit(target).hostname) and target.isprintable()
    except ValueError:
        usable = False
    if not usable:
        return f"points to {show(location, 160)}, which is not an HTTP address: is the base URL right?"
    base, path = target.partition("?")[0], exchange.request.path
    if not base.endswith(path):
        return f"points to {show(target, 200)}, which is another place of the API or none: is the base URL right?"
    return f"points to {show(target, 200)}: use {show(base.removesuffix(path), 200)} as base URL."


def _first_with(ids: list[str], word: str) -> str | None:
    """The first id that contains a word."""
    return next((identity for identity in ids if word in identity.lower()), None)


def _wants_other_limit(chat: Exchange) -> bool:
    """Whether a model refuses ``max_tokens`` and wants ``max_completion_tokens`` instead."""
    return chat.status in (400, 422) and b"max_completion_tokens" in chat.body
