"""Mutants of models."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerReply, ServerRequest
from harness.reference.faults.changing import Change, plain, setting, without
from harness.reference.refusals import RefusalError
from tests.mutants.changing import mutant
from tests.mutants.errors import status_for


def is_list(asked: ServerRequest) -> bool:
    return asked.path == "/models"


def is_model(asked: ServerRequest) -> bool:
    return asked.path.startswith("/models/")


def each_model(change: Change) -> Change:
    def apply(body: Any) -> None:
        for item in body["data"]:
            change(item)

    return apply


mutant("list-of-models-object", "models.list-shape", change=plain(is_list, setting("object", "models")))
mutant("bare-list", "http.json-object", change=plain(is_list, lambda body: body["data"]))
mutant("owner-is-list", "models.item-shape", change=plain(is_list, each_model(setting("owned_by", ["wireproof"]))))
mutant("model-without-created", "models.item-shape", change=plain(is_list, each_model(without("created"))))
mutant("retrieved-without-object", "models.retrieved-shape", change=plain(is_model, without("object")))
mutant("no-models", "models.list-not-empty", change=plain(is_list, setting("data", [])))
mutant("models-twice", "models.ids-unique", change=plain(is_list, lambda body: body["data"].append(body["data"][0])))
mutant("model-without-name", "models.ids-not-empty", change=plain(is_list, lambda body: body["data"].append({**body["data"][0], "id": ""})))
mutant("model-unlisted", "models.lists-model-under-test", change=plain(is_list, lambda body: body["data"].pop(0) and None))
mutant("list-paged", "models.not-paged", change=plain(is_list, setting("has_more", True)))
mutant("model-created-0", "models.created-told", change=plain(is_list, each_model(setting("created", 0))))
mutant("model-in-milliseconds", "models.created-in-seconds", change=plain(is_list, each_model(setting("created", 1_735_689_600_000))))
mutant("model-tells-more", "models.no-other-members", change=plain(is_list, each_model(setting("meta_data", {}))))
mutant("other-model-retrieved", "models.retrieved-is-the-one", change=plain(is_model, setting("id", "other")))


def unknown_model(asked: ServerRequest, reply: ServerReply) -> ServerReply:
    if is_model(asked) and reply.status == 200:
        return ServerReply(404, {**reply.headers}, RefusalError(404, "There is no such model.", "model_not_found", "model").body)
    return reply


mutant("model-not-retrievable", "models.listed-is-retrievable", change=unknown_model)
mutant("unknown-model-400", "models.unknown-is-404", change=status_for(400, 404, at=is_model))
