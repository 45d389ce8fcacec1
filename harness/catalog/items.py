"""Turns the items of the data files into objects of the data model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ..model import Call, Case, Client, Expectation, Feature, Level, Need, Place, Probe, Property, Requirement, Step, Until
from .reader import SpecReader, when_of

T = TypeVar("T", Requirement, Case, Property, Call, Client)


def by_id(reader: SpecReader, items: Iterable[T]) -> dict[str, T]:
    """Index by id, and complain about ids that are used twice."""
    found: dict[str, T] = {}
    for item in items:
        if item.id in found:
            reader.complain(item.place, f"the id {item.id} is used already at spec/{found[item.id].place}: choose another")
        found[item.id] = item
    return found


def feature_of(item: dict[str, Any]) -> Feature:
    """A feature."""
    absent = item.get("absent")
    probe = (
        Probe(
            tuple(absent["cases"]),
            tuple(absent.get("members", ())),
            absent.get("taken", False),
            absent.get("succeeds"),
            absent.get("lacks"),
        )
        if absent
        else None
    )
    return Feature(
        item["id"],
        item["says"],
        item.get("needs"),
        probe,
        tuple(item.get("any-of", ())),
        by_profile=item.get("by-profile", False),
        paid=item.get("paid", False),
    )


def requirements_of(reader: SpecReader, file: str) -> Iterator[Requirement]:
    """The requirements of one file."""
    for place, item, top in reader.items(file, "requirements"):
        if item["id"].partition(".")[0] != top["area"]:
            reader.complain(place, f"the id {item['id']} does not begin with the area {top['area']}")
        given = None if item.get("cases-only") or "untestable" in item else {**top.get("when", {}), **item.get("when", {})}
        yield Requirement(
            id=item["id"],
            area=top["area"],
            level=Level(item["level"]),
            says=item["says"],
            source=item.get("source", top["source"]),
            at=item.get("at", ""),
            feature=item.get("feature", top["feature"]),
            place=place,
            check=item.get("check"),
            arguments=item.get("with", {}),
            when=None if given is None else when_of(given),
            occasional="the situation did not arise" if item.get("occasional") is True else item.get("occasional", ""),
            untestable=item.get("untestable"),
            ground=item.get("ground"),
            test=item.get("test"),
            contradiction=item.get("contradiction"),
            tolerates=item.get("tolerates"),
            differs=item.get("differs"),
            rests_on=tuple(name for name in (*top.get("rests-on", ()), *item.get("rests-on", ())) if name != item["id"]),
            follows=tuple(item.get("follows", ())),
            seen=tuple(item.get("seen", ())),
            breaks=tuple(item.get("breaks", ())),
        )


def with_breaks(reader: SpecReader, requirements: Mapping[str, Requirement]) -> dict[str, Requirement]:
    """The requirements, each with what clients were seen to do where it was not met, after what its own file says."""
    found = dict(requirements)
    for place, item, _ in reader.items("clients/breaks.yaml", "breaks"):
        if (requirement := found.get(item["requirement"])) is None:
            reader.complain(place, f"there is no requirement {item['requirement']}")
        else:
            found[requirement.id] = replace(requirement, breaks=(*requirement.breaks, *item["seen"]))
    return found


def cases_of(reader: SpecReader, file: str) -> Iterator[Case]:
    """The cases of one file. The folder is the area; folder and file name form the beginning of the id."""
    stem = file.removeprefix("cases/").removesuffix(".yaml")
    for place, item, top in reader.items(file, "cases"):
        copies = item.get("copies", 0)
        steps = item.get("steps") or [{**item, "id": f"copy-{number + 1}" if copies else "only"} for number in range(max(1, copies))]
        defaults = {"endpoint": item.get("endpoint", top.get("endpoint", "chat"))}
        yield Case(
            id=f"{stem}/{item['id']}",
            area=stem.partition("/")[0],
            title=item["title"],
            feature=item.get("feature", top["feature"]),
            steps=tuple(_step({**defaults, **step}) for step in steps),
            place=place,
            expect=tuple(_expectation(entry) for entry in item.get("expect", ())),
            also=tuple(item.get("also", top.get("also", ()))),
            after=item.get("after"),
            together=item.get("together", bool(copies)),
            alone=item.get("alone", False),
            aliases=tuple(item.get("aliases", ())),
        )


def properties_of(reader: SpecReader, file: str) -> Iterator[Property]:
    """The properties of one file, which is named after their endpoint."""
    stem = file.removesuffix(".yaml")
    for place, item, top in reader.items(file, "properties"):
        yield Property(
            id=f"{stem}/{item['id']}",
            area="properties",
            title=item["title"],
            feature=item.get("feature", top["feature"]),
            endpoint=top["endpoint"],
            draw=item["draw"],
            place=place,
            change=item.get("change", ""),
            members=item.get("members", {}),
            expect=tuple(_expectation(entry) for entry in item.get("expect", ())),
            keep=item.get("keep", 0),
        )


def calls_of(reader: SpecReader) -> dict[str, Call]:
    """The calls of each client, client by client."""
    flows = {item["id"]: (place, item) for place, item, _ in reader.items("clients/flows.yaml", "flows")}
    calls: list[Call] = []
    for place, item, _ in reader.items("clients/clients.yaml", "clients"):
        own = {name: item[name] for name in ("id", "name", "area", "driver", "package", "install", "raises")}
        client = Client(**own, place=place)
        for name in item["flows"]:
            if name not in flows:
                reader.complain(place, f"{client.id}: {name!r} is no flow; there are: {', '.join(flows)}")
            else:
                calls.append(_call(client, *flows[name]))
    return by_id(reader, calls)


def _call(client: Client, place: Place, item: dict[str, Any]) -> Call:
    """The call that runs a flow with one client."""
    return Call(
        id=f"clients/{client.id}/{item['id']}",
        area="clients",
        title=item["title"],
        feature=item["feature"],
        place=place,
        client=client,
        does=item["does"],
        endpoint=item["endpoint"],
        send=item.get("send"),
        wants=item.get("wants", "success"),
        gets=item["gets"],
        refused_with=tuple(item.get("refused-with", ())),
        key=item.get("key"),
        also=tuple(item.get("also", ())),
        requests=item.get("requests", 1),
    )


NO_TEXT, BYTE_FF = "\ufdd0", "\udcff"
"""The placeholder in ``raw`` for the byte FF, which is never valid UTF-8, and that byte as a surrogate escape."""


def _step(item: dict[str, Any]) -> Step:
    body = not {"send", "raw", "form"}.isdisjoint(item)
    until = item.get("until")
    upstream = item.get("upstream", [])
    needs = item.get("needs")
    return Step(
        id=item["id"],
        endpoint=item["endpoint"],
        method=item.get("method", "POST" if body else "GET"),
        path=item.get("path"),
        target=item.get("target"),
        query=item.get("query", {}),
        send=item.get("send"),
        raw=None if item.get("raw") is None else item["raw"].replace(NO_TEXT, BYTE_FF),
        headers=item.get("headers", {}),
        wants=item.get("wants", "success"),
        leave_after=item.get("leave-after"),
        pad=item.get("pad", 0),
        written=item.get("written"),
        place=item.get("place"),
        read_pause=item.get("read-pause", 0.0),
        upstream=tuple(upstream) if isinstance(upstream, list) else (upstream,),
        form=tuple(item.get("form", ())),
        needs=Need(needs["step"], needs["at"], tuple(needs["is"])) if needs else None,
        until=Until(until["at"], tuple(until["is"]), until["tries"], until["pause"]) if until else None,
    )


def _expectation(entry: str | dict[str, Any]) -> Expectation:
    if isinstance(entry, str):
        return Expectation(entry)
    ((name, arguments),) = entry.items()
    return Expectation(name, arguments)
