"""Writes docs/operations.md: each documented operation of the reference, and whether, how and at what cost it is judged.

``python -m tests.operations`` reads the OpenAPI document (``WIREPROOF_OPENAPI`` names it) and the data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from harness.catalog import Catalog, load
from harness.catalog.cost import Cost, cost_of
from harness.catalog.endpoints import METHODS, PATHS, endpoint_of
from tests import contract

PAGE = Path(__file__).resolve().parent.parent / "docs" / "operations.md"
METHODS_OF_HTTP = ("get", "post", "put", "patch", "delete")

WHY_NOT = {
    "/organization": "it manages an account, with an administrator's key",
    "/projects": "it manages an account, with an administrator's key",
    "/fine_tuning": "it trains models: it takes hours, and costs more than any test may",
    "/vector_stores": "it belongs to one provider's search, which others do not copy",
    "/threads": "the reference has deprecated it",
    "/assistants": "the reference has deprecated it",
    "/evals": "it is a product of one provider, not an interface that others serve",
    "/containers": "it is a product of one provider, not an interface that others serve",
    "/skills": "it is a product of one provider, not an interface that others serve",
    "/chatkit": "it is a product of one provider, not an interface that others serve",
    "/content_provenance_checks": "it is a product of one provider, not an interface that others serve",
    "/videos": "it costs much and takes minutes",
    "/realtime": "it is spoken over sockets, which are not judged yet",
    "/audio/voice": "it needs the recorded consent of a person",
    "/images/variations": "only a model that is being switched off serves it",
    "/models/{model} DELETE": "it deletes a trained model",
    "/responses": "it is a variant that the reference has in a trial",
}
"""Why an operation is not judged, by how its path begins."""

HEAD = """# The operations of the API

Each operation that the reference documents, and whether it is judged. *Requests* is how many of them a whole run sends at most. Areas
marked *when named* cost money by themselves: they are played if you name them (`--only images`), or demand them
(`--require image-generation`).

This page is made from the data by `python -m tests.operations`.

| operation | requests | judged by |
|---|---:|---|
"""


def operations() -> Iterator[tuple[str, str]]:
    """Every documented operation: method and path."""
    for path, item in contract.document()["paths"].items():
        for method in METHODS_OF_HTTP:
            if method in item and "?" not in path:
                yield method.upper(), path


def judged(catalog: Catalog) -> dict[tuple[str, str], tuple[int, list[str], bool]]:
    """The operations that cases ask for: how many requests, in which areas, and whether only when they are named."""
    found: dict[tuple[str, str], tuple[int, list[str], bool]] = {}
    for case in catalog.cases.values():
        for step in case.steps:
            if step.endpoint == "other" or step.path is not None:
                continue
            tries = step.until.tries if step.until is not None else 1
            requests, areas, _ = found.get((step.method, step.endpoint), (0, [], False))
            paid = catalog.features[case.feature].paid
            found[step.method, step.endpoint] = (requests + tries, list(dict.fromkeys([*areas, case.area])), paid)
    return found


def why_not(method: str, path: str) -> str:
    """Why an operation is not judged. Raises ``KeyError`` if nobody said."""
    named = next((reason for begin, reason in WHY_NOT.items() if f"{path} {method}".startswith(begin)), None)
    if named is None:
        raise KeyError(f"{method} {path} is not judged, and WHY_NOT does not say why")
    return named


def rows(catalog: Catalog) -> Iterator[str]:
    """A line for each operation, the judged ones first."""
    known = judged(catalog)
    missing: dict[str, list[str]] = {}
    for method, path in operations():
        endpoint = endpoint_of(re.sub(r"\{[^}]+\}", "some-id", path), method)
        if (method, endpoint) in known:
            requests, areas, paid = known[method, endpoint]
            yield f"| `{method} {path}` | {requests} | {', '.join(areas)}{' (when named)' if paid else ''} |"
        else:
            missing.setdefault(why_not(method, path), []).append(f"`{method} {path}`")
    for reason, names in missing.items():
        shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        yield f"| {shown} | – | not judged: {reason} |"


def page(catalog: Catalog) -> str:
    """The whole page."""
    total = sum((cost_of(case) for case in load(named=()).cases.values()), Cost())
    judged_endpoints = len([name for name in PATHS if METHODS[name]])
    tail = f"""
A run that names nothing sends at most {total.requests} requests, and at most {total.deletions} more that delete what it has made.
These cost no tokens, and `--plan` counts them apart. What could not be deleted is listed at the end, also of an interrupted run.
{judged_endpoints} endpoints are known by name.
"""
    return HEAD + "\n".join(rows(catalog)) + "\n" + tail


if __name__ == "__main__":
    PAGE.write_text(page(load()), encoding="utf-8")
