"""The examples of a property. Each is drawn as a small JSON value, from which the case is built.

Reducing the value reduces the example.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from ...catalog import REQUEST_SCHEMAS, WRITTEN, compact
from ...checks import Schemas
from ...model import Case, Data, Expectation, Property, Step
from .broken import broken, deserves_refusal, is_dear, named_for, text_of
from .conversations import SCRIPTS, machine
from .requests import valid
from .sound import is_sound
from .variants import CHANGED, whole, with_defaults

GOOD: dict[str, dict[str, Any]] = {
    "chat": {"model": "$model", "max_tokens": 1, "messages": [{"role": "user", "content": "Say hi."}]},
    "completions": {"model": "$completions_model", "max_tokens": 1, "prompt": "Say hi."},
    "embeddings": {"model": "$embeddings_model", "input": "Say hi."},
    "responses": {"model": "$model", "max_output_tokens": 16, "input": "Say hi."},
}
"""A request that is known to be valid."""

TURNS = 6
PLAIN_AND_ONE_MORE = 2
"""Hypothesis starts with the simplest value and then varies it. Each value is drawn in a separate run instead, so that they differ more."""

PADS = (0, 0, 0, 0, 0, 0, 1, 70_000)


@dataclass(frozen=True, slots=True)
class ExampleSource:
    """``draw`` passes values to a function, given a seed and a count; ``build`` makes a case from a value, or ``None`` if it cannot."""

    draw: Callable[[Callable[[Data], None], int, int], None]
    build: Callable[[Data], Case | None]


def source_of(prop: Property, schemas: Schemas, run: Mapping[str, str]) -> ExampleSource:
    """The source of a property's examples. ``run`` holds the run settings, which are put into raw bodies."""
    maker = _Maker(prop, schemas, run)
    match prop.draw:
        case "conversation":
            return ExampleSource(maker.draw_scripts, maker.conversation)
        case "broken":
            return ExampleSource(_drawing(broken(prop.endpoint, schemas)), maker.broken)
        case "valid":
            pads = st.sampled_from(PADS)
            values = st.builds(lambda body, pad: {"body": body, "pad": pad}, valid(prop.endpoint, schemas), pads)
            return ExampleSource(_drawing(values), maker.valid)
        case _:
            bodies = valid(prop.endpoint, schemas).map(lambda body: {**whole(body), **prop.members})
            return ExampleSource(_drawing(bodies.filter(lambda body: maker.pair(body) is not None)), maker.pair)


def _settings(count: int, **more: Any) -> settings:
    """Settings for Hypothesis: only the seed decides the examples; nothing is printed or stored."""
    return settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
        **more,
    )


def _drawing(strategy: st.SearchStrategy[Any]) -> Callable[[Callable[[Data], None], int, int], None]:
    """Draw from a strategy, the simplest value first."""

    def draw(take: Callable[[Data], None], seed: int, count: int) -> None:
        drawn: list[Data] = []

        @_settings(PLAIN_AND_ONE_MORE)
        @given(strategy)
        def body(value: Data) -> None:
            drawn.append(value)

        for number in range(count):
            hypothesis.seed(f"{seed}/{number}")(body)()
            take(drawn[-1 if number else 0])

    return draw


class _Maker:
    """Builds cases from the values drawn for one property."""

    def __init__(self, prop: Property, schemas: Schemas, run: Mapping[str, str]) -> None:
        self._prop = prop
        self._schemas = schemas
        self._run = run

    def draw_scripts(self, take: Callable[[Data], None], seed: int, count: int) -> None:
        """Draw scripts from a state machine."""
        for number in range(count):
            scripts: list[Data] = []
            drawn = hypothesis.seed(f"{seed}/{number}")(machine(self._prop.endpoint, scripts.append))
            run_state_machine_as_test(drawn, settings=_settings(PLAIN_AND_ONE_MORE, stateful_step_count=TURNS))
            take(scripts[-1 if number else 0])

    def _case(self, steps: tuple[Step, ...], expect: tuple[Expectation, ...] | None = None) -> Case:
        prop = self._prop
        return Case(prop.id, prop.area, prop.title, prop.feature, steps, prop.place, prop.expect if expect is None else expect)

    def _is_sound(self, body: Data) -> bool:
        """Whether the endpoint should answer a body."""
        return is_sound(body, self._prop.endpoint, self._schemas)

    def conversation(self, turns: Data) -> Case | None:
        """The case of a conversation script."""
        try:
            steps = SCRIPTS[self._prop.endpoint][1](turns) if turns else None
        except LookupError:
            return None  # the reduction removed a part of a turn
        return None if steps is None else self._case(steps)

    def valid(self, seed: Data) -> Case | None:
        """The case of a valid request."""
        if not self._is_sound(seed.get("body")):
            return None
        return self._case((Step("only", self._prop.endpoint, send=seed["body"], wants="either", pad=seed.get("pad", 0)),))

    def pair(self, body: Data) -> Case | None:
        """The case of a valid request and its variant."""
        prop = self._prop
        if not self._is_sound(body) or any(body.get(name) != value for name, value in prop.members.items()):
            return None  # the reduction removed the members that the property needs
        first = Step("first", prop.endpoint, send=body, wants="either")
        if prop.change in WRITTEN:
            second = Step("second", prop.endpoint, send=body, wants="either", written=prop.change)
            return None if WRITTEN[prop.change](body) == compact(body) else self._case((first, second))
        schema = self._schemas.documents[REQUEST_SCHEMAS[prop.endpoint]]
        changed = with_defaults(body, schema) if prop.change == "defaults" else CHANGED[prop.change](body)
        return None if changed == body else self._case((first, Step("second", prop.endpoint, send=changed, wants="either")))

    def broken(self, seed: Data) -> Case | None:
        """The case of a broken request, followed by a valid one."""
        prop = self._prop
        try:
            text = text_of(seed)
        except (LookupError, TypeError):
            return None  # the reduction removed the member to break
        if not self._is_sound(seed["body"]) or seed.get("path") == [] or is_dear(seed.get("path", ()), seed.get("value")):
            return None
        for name, value in self._run.items():
            text = text.replace(f'"{name}"', json.dumps(value))
        wrong = deserves_refusal(seed, prop.endpoint, self._schemas)
        bad = Step("bad", prop.endpoint, raw=text, wants="refusal" if wrong else "either")
        named = wrong and "path" in seed
        expect = tuple(replace(one, arguments={"of": "bad", "param": named_for(seed)}) for one in prop.expect if named)
        return self._case((bad, Step("good", prop.endpoint, send=GOOD[prop.endpoint])), expect)
