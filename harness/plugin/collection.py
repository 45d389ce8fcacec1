"""Decides which cases, properties and calls are played: the collected suites, and the selection among them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..catalog import areas, cost
from ..model import Call, Case, Property
from ..options import chosen
from .config_keys import CATALOG, RUN, SUITES, TERMS
from .options import area_of, draws, is_worker, named
from .refused_values import refuse_bad_prices

CLIENTS = "test_clients"
"""The suite that runs only when it is named on the command line, or with ``--clients``."""


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> list[pytest.Item] | None:
    """Leave out the drawing of fresh examples, unless ``--examples`` asks for it."""
    drawing = SUITES in collector.path.parents and name.startswith("test_") and name.endswith("_property")
    return [] if drawing and not draws(collector.config) else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item of each case of a suite's area, or of each kept example of an endpoint's properties."""
    if {"case", "judged"} <= set(metafunc.fixturenames):
        prefix = f"{metafunc.module.AREA}/" if hasattr(metafunc.module, "AREA") else f"properties/{metafunc.module.ENDPOINT}/"
        cases = [case for case in metafunc.config.stash[CATALOG].cases.values() if case.id.startswith(prefix)]
        metafunc.parametrize("case", cases, ids=[case.id for case in cases])
    if {"call", "called"} <= set(metafunc.fixturenames):
        calls = metafunc.config.stash[CATALOG].calls.values()
        metafunc.parametrize("call", calls, ids=[call.id for call in calls])
    if {"prop", "explored"} <= set(metafunc.fixturenames):
        endpoint = metafunc.module.ENDPOINT
        props = [prop for prop in metafunc.config.stash[CATALOG].properties.values() if prop.endpoint == endpoint]
        metafunc.parametrize("prop", props, ids=[prop.id for prop in props])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the clients' suite, unless it is named or its option is given.

    Also leave out areas that the profile does not offer. With ``--upstream`` only the relay suites run; without it, all others.
    """
    if SUITES not in collection_path.parents:
        return None
    offered = {case.area for case in config.stash[CATALOG].cases.values()}
    if area_of(collection_path) in areas() - offered:
        return True
    if chosen(config, "upstream") and not collection_path.name.startswith("test_relay_"):
        return True
    if collection_path.stem != CLIENTS or chosen(config, "clients"):
        return None
    return None if collection_path.resolve() in named(config) else True


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let ``-k`` find a case by the ids of the cases that it replaced."""
    if isinstance(case := tried_by(item), Case):
        item.extra_keyword_matches.update(case.aliases)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what ``--only`` and ``--requirement`` do not select. Our own limits of time replace those of pytest-timeout."""
    selection, catalog = config.stash[TERMS].selection, config.stash[CATALOG]
    if config.pluginmanager.hasplugin("timeout"):
        for item in items:
            if tried_by(item) is not None:
                item.add_marker(pytest.mark.timeout(0))
    if not selection:
        return
    tried = [(item, tried_by(item)) for item in items]
    unwanted = [item for item, given in tried if given is not None and not selection.wants(catalog, given)]
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in set(unwanted)]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start playing the selected cases in order; pytest then asks for one result after another."""
    config = session.config
    if RUN in config.stash and not is_worker(config):
        config.stash[RUN].start(_selected(session), _called(session))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With ``--plan``, print what the selected cases cost and run none of them."""
    if not chosen(session.config, "plan"):
        return None
    terminal_writer = session.config.get_terminal_writer()
    drawn = chosen(session.config, "max-requests") if properties_of(session) else 0
    config, price = session.config, chosen(session.config, "price")
    refuse_bad_prices(price or ())
    terms = cost.Terms(chosen(config, "concurrency"), chosen(config, "rate"), (price[0], price[1]) if price else None)
    for line in cost.plan([*_selected(session), *_called(session)], terms, drawn):
        terminal_writer.line(line)
    terminal_writer.line(f"The run ends after {chosen(session.config, 'max-time'):g} minutes at the latest (--max-time).")
    return True


def _selected(session: pytest.Session) -> list[Case]:
    """The cases that were selected, in their order."""
    return [case for item in session.items if isinstance(case := tried_by(item), Case)]


def _called(session: pytest.Session) -> list[Call]:
    """The calls of clients that were selected, in their order."""
    return [call for item in session.items if isinstance(call := tried_by(item), Call)]


def properties_of(session: pytest.Session) -> int:
    """How many properties were selected."""
    return sum(isinstance(tried_by(item), Property) for item in session.items)


def tried_by(item: pytest.Item) -> Case | Call | Property | None:
    """What an item of our suites plays; ``None`` for anybody else's test."""
    if SUITES not in item.path.parents or not hasattr(item, "callspec"):
        return None
    given = item.callspec.params
    return next((given[name] for name in ("case", "prop", "call") if name in given), None)
