"""Tools with generated JSON Schemas as parameters, and text formats with such schemas."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .texts import names, texts

LEAVES: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"type": "integer"},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "null"},
    {"type": "string", "enum": ["a", "b"]},
    {"type": ["string", "null"]},
    {"type": "integer", "minimum": 3, "maximum": 5},
)


def _object(inner: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Object schemas with all members required, as strict tools demand."""
    members = st.dictionaries(names(), inner, max_size=3)
    return members.map(lambda found: {"type": "object", "properties": found, "required": list(found), "additionalProperties": False})


def parameters() -> st.SearchStrategy[dict[str, Any]]:
    """The parameters of a tool: an object, sometimes nested."""
    leaf = st.sampled_from(LEAVES)
    nested = st.recursive(leaf, lambda inner: _object(inner) | inner.map(lambda one: {"type": "array", "items": one}), max_leaves=4)
    return _object(nested)


@st.composite
def functions(draw: st.DrawFn) -> dict[str, Any]:
    """The function of a tool."""
    function: dict[str, Any] = {"name": draw(names())}
    if draw(st.booleans()):
        function["description"] = draw(texts(2))
    if draw(st.booleans()):
        function["parameters"] = draw(parameters())
        if draw(st.booleans()):
            function["strict"] = True
    return function


@st.composite
def offers(draw: st.DrawFn, *, flat: bool) -> dict[str, Any]:
    """Tools and a tool choice; ``flat`` gives the form of responses."""
    listed = draw(st.lists(functions(), min_size=1, max_size=4, unique_by=lambda function: str(function["name"])))
    tools = [{"type": "function", **function} if flat else {"type": "function", "function": function} for function in listed]
    name = draw(st.sampled_from(listed))["name"]
    by_name = {"type": "function", "name": name} if flat else {"type": "function", "function": {"name": name}}
    offer: dict[str, Any] = {"tools": tools}
    if (choice := draw(st.sampled_from([None, "auto", "none", "required", by_name]))) is not None:
        offer["tool_choice"] = choice
    if (parallel := draw(st.sampled_from([None, True, False]))) is not None:
        offer["parallel_tool_calls"] = parallel
    return offer


def forms() -> st.SearchStrategy[dict[str, Any]]:
    """Text formats: plain, any JSON, or a schema."""
    schema = parameters().map(lambda found: {"type": "json_schema", "name": "drawn", "strict": True, "schema": found})
    return st.sampled_from([{"type": "text"}, {"type": "json_object"}]) | schema


def chat_form(form: dict[str, Any]) -> dict[str, Any]:
    """A text format in chat's nested form."""
    if form["type"] != "json_schema":
        return form
    return {"type": "json_schema", "json_schema": {name: value for name, value in form.items() if name != "type"}}
