"""Gateways that report a failure wrongly, or not at all."""

from __future__ import annotations

from tests.relay_gateway import OWN_KEY, Given, Headers, error
from tests.relay_mutants.making import becomes, has, mutant, on, refusing, reheaded, without, wording

FAILED = "relay-failure."
INVENTED = (
    b'{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":""},"finish_reason":"stop"}]}'
)


def as_json(headers: Headers) -> Headers:
    return [("content-type", "application/json"), *without("content-type")(headers)]


mutant(
    "reply-invented",
    FAILED + "is-no-success",
    plain=lambda given: given if given.body.startswith(b"{") else Given(200, as_json(given.headers), INVENTED),
)
mutant(
    "client-faults-as-500",
    FAILED + "client-faults-stay",
    FAILED + "client-faults-keep-their-status",
    refuse=refusing(has(400, 404, 422), becomes(500)),
)
mutant("422-as-400", FAILED + "client-faults-keep-their-status", refuse=refusing(has(422), becomes(400)))
mutant("conflict-as-400", FAILED + "conflicts-stay", refuse=refusing(has(409), becomes(400)))
mutant("rate-limit-as-503", FAILED + "rate-limits-stay", refuse=refusing(has(429), becomes(503)))
mutant("retry-after-lost", FAILED + "retry-after-stays", **reheaded(without("retry-after")))
mutant("key-as-400", FAILED + "keys-of-the-gateway", refuse=refusing(has(401), becomes(400)))
mutant(
    "server-fault-as-400",
    FAILED + "server-faults-stay",
    FAILED + "server-faults-keep-their-status",
    refuse=refusing(has(500), becomes(400)),
)
mutant("500-as-501", FAILED + "server-faults-keep-their-status", refuse=refusing(has(500), becomes(501)))
mutant("death-as-404", FAILED + "death-is-5xx", death=lambda: error(404, "No such model."))
mutant("other-errors-passed-on", FAILED + "error-object", passes_error=lambda body: body.startswith(b"{"))
mutant("web-pages-passed-on", FAILED + "is-json", passes_error=lambda body: body.startswith(b"<"))
mutant("code-is-a-number", FAILED + "members-are-right", FAILED + "members-stay", refuse=wording(lambda told: told.update(code=1234)))
mutant("message-replaced", FAILED + "message-stays", refuse=wording(lambda told: told.update(message="Something went wrong.")))
mutant("param-lost", FAILED + "members-stay", refuse=wording(lambda told: told.update(param=None)))
mutant(
    "address-shown",
    FAILED + "shows-no-internals",
    refuse=wording(lambda told: told.update(message=told["message"] + " (http://127.0.0.1:9000/v1)")),
)
mutant("key-shown", FAILED + "key-not-shown", refuse=wording(lambda told: told.update(message=f"{told['message']} ({OWN_KEY})")))
mutant("error-events-lost", FAILED + "error-event-arrives", FAILED + "is-no-success", stream=on(b'"error"', lambda block: []))
mutant("hangs-when-the-upstream-dies", FAILED + "told-in-time", hangs=True, patience=12)
mutant("death-finished-neatly", FAILED + "death-shows-in-the-stream", FAILED + "is-no-success", swallows_death=True)
