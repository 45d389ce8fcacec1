"""Mutants of lists that come in pages."""

from __future__ import annotations

from typing import Any

from harness.reference.exchange import ServerRequest
from harness.reference.faults.changing import plain, setting
from tests.mutants.changing import mutant
from tests.mutants.operation import at, query

files, items = at("GET", "/files"), at("GET", "/conversations/{}/items")


def is_list(asked: ServerRequest) -> bool:
    return files(asked) or items(asked)


def upwards(asked: ServerRequest) -> bool:
    return items(asked) and "order=asc&limit=10" in asked.query


def alike(body: Any) -> None:
    for item in body["data"][1:]:
        item["id"] = body["data"][0]["id"]
    body["last_id"] = body["first_id"]


mutant("list-last-id-of-another", "lists.ends-named", change=plain(is_list, setting("last_id", "another")))
mutant("list-first-id-of-another", "lists.ends-named", change=plain(files, setting("first_id", "another")))
mutant("list-ids-alike", "lists.ids-differ", "lists.order-obeyed", change=plain(upwards, alike))
mutant(
    "list-limit-ignored",
    "lists.limit-obeyed",
    ask=query(lambda a: files(a) and "limit=1" in a.query and "after" not in a.query, limit="100"),
)
mutant("list-more-denied", "lists.more-is-told", change=plain(is_list, setting("has_more", False)))
mutant("list-after-ignored", "lists.page-follows", ask=query(lambda a: is_list(a) and "after" in a.query, after=""))
mutant("list-order-ignored", "lists.order-obeyed", ask=query(lambda a: items(a) and "order=desc" in a.query, order="asc"))
