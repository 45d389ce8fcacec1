"""Before anything is judged, three questions: does it answer, does it accept the key, does the model exist?

One clear sentence if not, instead of a hundred failures. What is sent here is not sent again: the cases use it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from ..catalog import Catalog, Models, fits_url, plan
from ..checks import Reply, show
from ..model import Exchange, Subject
from ..wire import Wire

LIST = "models/list/listed"
CHAT = "chat/basics/short-reply"
TEXT = "completions/basics/short-text"
RESPONSE = "responses/basics/short-reply"

_NO_MODEL = re.compile(
    r"model\b.*\b(not found|not exist|unknown|invalid)|\b(unknown|invalid|no such) model|model_not_found", re.IGNORECASE | re.DOTALL
)


class NotJudgeableError(Exception):
    """The endpoint cannot be judged at all; the text says what was tried and what to do."""


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """What the user said about the subject; ``key_name`` is the environment variable of the key, ``None`` without one."""

    base_url: str
    model: str | None
    completions_model: str | None
    embeddings_model: str | None
    profile: str
    key_name: str | None
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PreflightResult:
    """An endpoint that can be judged, and the exchanges that showed it, by case and step."""

    subject: Subject
    known: Mapping[str, Mapping[str, Exchange]]


def refuse_bad_url(base_url: str) -> None:
    """Raise ``NotJudgeableError`` for a base URL that is none."""
    try:
        parts = urlsplit(base_url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise NotJudgeableError(f"{base_url!r} is no base URL: it needs a form like https://host/v1.")
    if parts.username is not None:
        raise NotJudgeableError("the base URL holds a user name or password: send credentials with --api-key-env or --header instead.")
    if parts.query or parts.fragment:
        raise NotJudgeableError(f"the base URL {base_url!r} has a query or fragment: paths are put behind it, so leave that out.")


async def preflight(catalog: Catalog, wire: Wire, headers: Mapping[str, str], wishes: TargetOptions) -> PreflightResult:
    """Ask the three questions with at most five requests. Raises ``NotJudgeableError``."""
    refuse_bad_url(wishes.base_url)
    asker = _Asker(catalog, wire, headers, wishes)
    if wishes.model is None:
        listed = await asker.ask(LIST, asker.subject)
        asker.refuse_unreachable(listed)
        asker.choose_first_model(listed)
        chat = await asker.ask(CHAT, asker.subject)
    else:
        listed, chat = await asyncio.gather(asker.ask(LIST, asker.subject), asker.ask(CHAT, asker.subject))
        asker.refuse_unreachable(listed)
    model = asker.subject.model
    embeddings_model = wishes.embeddings_model or _first_with([one for one in _listed_ids(listed) if fits_url(one)], "embed") or model
    subject = replace(asker.subject, completions_model=wishes.completions_model or model, embeddings_model=embeddings_model)
    if _wants_other_limit(chat):
        subject = replace(subject, token_limit="max_completion_tokens")
        subject = replace(subject, remarks=(*subject.remarks, "max_tokens is sent as max_completion_tokens, as the model asks"))
        chat = await asker.ask(CHAT, subject)
    asker.refuse_unreachable(chat)
    asker.refuse_rejected(chat, listed)
    if chat.status in (404, 405):
        others = [await asker.ask(case, subject) for case in (TEXT, RESPONSE)]
        if all(other.status != 200 for other in others):
            asker.refuse_no_endpoint(chat)
    models = Models(subject.model, subject.completions_model, subject.embeddings_model)
    remarks = (*subject.remarks, *catalog.profile.remarks(models, _listed_ids(listed)))
    return PreflightResult(replace(subject, remarks=remarks), asker.known)


class _Asker:
    """Sends the cases of the three questions and words the refusals."""

    def __init__(self, catalog: Catalog, wire: Wire, headers: Mapping[str, str], wishes: TargetOptions) -> None:
        self._catalog = catalog
        self._wire = wire
        self._headers = headers
        self._wishes = wishes
        self._url = wishes.base_url.rstrip("/")
        model, profile = wishes.model or "", catalog.profile
        self.subject = Subject(self._url, model, model, model, wishes.profile, required=wishes.required, places=profile.places)
        self.known: dict[str, Mapping[str, Exchange]] = {}

    async def ask(self, case_id: str, subject: Subject) -> Exchange:
        """Send a case of one step."""
        (step,) = self._catalog.cases[case_id].steps
        exchange = await self._wire.exchange(plan(step, subject, self._headers, {}), f"{case_id}#1")
        self.known[case_id] = {step.id: exchange}
        return exchange

    def choose_first_model(self, listed: Exchange) -> None:
        """Take the first model that the endpoint lists, and say so."""
        if listed.status in (401, 403):
            self._refuse_key(listed)
        ids = _listed_ids(listed)
        usable = [identity for identity in ids if fits_url(identity)]
        if ids and not usable:
            raise NotJudgeableError(
                f"{self._url}{listed.request.path} lists no model whose id a URL can carry; the first is {show(ids[0])}. "
                "Name a model with --model."
            )
        if not ids:
            raise NotJudgeableError(
                f"{self._url}{listed.request.path} names no model (status {listed.status}: {_said(listed)}). "
                "Is the base URL right (it often ends in /v1)? If so, name a model with --model."
            )
        remark = f"model {usable[0]}: the first of {len(ids)} that /models lists"
        self.subject = replace(self.subject, model=usable[0], remarks=(remark,))

    def refuse_unreachable(self, exchange: Exchange) -> None:
        """No answer at all, or a redirect."""
        trouble = exchange.trouble
        url = self._url + exchange.request.path
        if trouble is not None and exchange.status is None:
            advice = {
                "tls": "Is it really https, and does this machine trust its certificate (SSL_CERT_FILE names another bundle)?",
                "silent": "Is the model still loading? --timeout gives it longer.",
                "garbled": "Does something that is no HTTP server listen there?",
            }.get(trouble.kind, "Is the server running, and are host and port right?")
            raise NotJudgeableError(f"{url} gave no answer: {trouble.text}. {advice}")
        if exchange.status is not None and 300 <= exchange.status < 400:
            target = exchange.header("location") or "nowhere"
            raise NotJudgeableError(f"{url} answers {exchange.status} and points to {target}: use that address as base URL.")

    def refuse_rejected(self, chat: Exchange, listed: Exchange) -> None:
        """A rejected key, an unknown model, or a web page in place of an API."""
        if chat.status in (401, 403):
            self._refuse_key(chat)
        if chat.status == 200 and Reply(chat).media_type == "text/html":
            self.refuse_no_endpoint(chat)
        error = Reply(chat).object.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        if chat.status in (400, 404, 422) and (code == "model_not_found" or _NO_MODEL.search(_said(chat))):
            ids = _listed_ids(listed)
            known = f"it lists {show(', '.join(ids), 200)}" if ids else "it lists none"
            raise NotJudgeableError(
                f"{self._url} does not know the model {self.subject.model!r} (status {chat.status}: {_said(chat)}); "
                f"{known}. Choose one with --model."
            )

    def refuse_no_endpoint(self, chat: Exchange) -> None:
        """Nothing that is OpenAI-compatible lives at this base URL."""
        raise NotJudgeableError(
            f"{self._url}{chat.request.path} is not there (status {chat.status}: {_said(chat)}), "
            f"nor is {self._where(TEXT)} or {self._where(RESPONSE)}. "
            f"Is the base URL right? It often ends in {self._catalog.profile.base or '/v1'}."
        )

    def _where(self, case_id: str) -> str:
        """The URL that a case asks."""
        step = self._catalog.cases[case_id].steps[0]
        return f"{self._url}{plan(step, self.subject, {}, {}).path}"

    def _refuse_key(self, exchange: Exchange) -> None:
        where = f"{self._url}{exchange.request.path}"
        if self._wishes.key_name is None:
            raise NotJudgeableError(
                f"{where} wants a key (status {exchange.status}: {_said(exchange)}). "
                "Put it into the environment variable OPENAI_API_KEY, or name another one with --api-key-env."
            )
        raise NotJudgeableError(
            f"{where} rejects the key in {self._wishes.key_name} (status {exchange.status}: {_said(exchange)}). "
            "Is it complete, and does it belong to this endpoint?"
        )


def _listed_ids(listed: Exchange) -> list[str]:
    """The ids of a list of models, as far as they are texts."""
    data = Reply(listed).object.get("data")
    ids = [item.get("id") for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    return [identity for identity in ids if isinstance(identity, str) and identity]


def _first_with(ids: list[str], word: str) -> str | None:
    """The first id with a word in it."""
    return next((identity for identity in ids if word in identity.lower()), None)


def _wants_other_limit(chat: Exchange) -> bool:
    """Whether a model refuses ``max_tokens`` and takes ``max_completion_tokens`` instead."""
    return chat.status in (400, 422) and b"max_completion_tokens" in chat.body


def _said(exchange: Exchange) -> str:
    """What a reply said, as one short line."""
    reply = Reply(exchange)
    error = reply.object.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return show(" ".join(str(message or reply.text).split()), 160) or "an empty body"
