"""Which cases, properties and calls are played: the suites that are collected, and what is selected among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..catalog import areas, cost
from ..model import Call, Case
from .config_keys import CATALOG, RUN, SUITES, TERMS
from .options import is_worker, named

BY_OPTION = {"test_properties_": "--examples", "test_clients": "--clients"}
"""How the files of suites begin that are run only when they are named, and the option that runs them too."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item of each case of a suite's area."""
    if {"case", "judged"} <= set(metafunc.fixturenames):
        area = metafunc.module.AREA
        cases = [case for case in metafunc.config.stash[CATALOG].cases.values() if case.area == area]
        metafunc.parametrize("case", cases, ids=[case.id for case in cases])
    if {"call", "called"} <= set(metafunc.fixturenames):
        calls = metafunc.config.stash[CATALOG].calls.values()
        metafunc.parametrize("call", calls, ids=[call.id for call in calls])
    if {"prop", "explored"} <= set(metafunc.fixturenames):
        endpoint = metafunc.module.ENDPOINT
        props = [prop for prop in metafunc.config.stash[CATALOG].properties.values() if prop.endpoint == endpoint]
        metafunc.parametrize("prop", props, ids=[prop.id for prop in props])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the suites that cost requests of their own, unless they are named or their option is given.

    And the suites of what the profile does not offer; of the relay without ``--upstream``; and all others with it.
    """
    offered = {case.area for case in config.stash[CATALOG].cases.values()}
    if SUITES in collection_path.parents and _area(collection_path) in areas() - offered:
        return True
    if SUITES in collection_path.parents and config.getoption("--upstream") and not collection_path.name.startswith("test_relay_"):
        return True
    wanted = next((option for prefix, option in BY_OPTION.items() if collection_path.name.startswith(prefix)), None)
    if wanted is None or config.getoption(wanted):
        return None
    return None if collection_path.resolve() in named(config) else True


def _area(suite: Path) -> str:
    """The area that a suite is about."""
    return suite.stem.removeprefix("test_").replace("_", "-")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what ``--only`` and ``--requirement`` do not ask for."""
    selection, catalog = config.stash[TERMS].selection, config.stash[CATALOG]
    if not selection:
        return
    tried = [(item, _parameter(item, "case", "prop", "call")) for item in items]
    unwanted = [item for item, given in tried if given is not None and not selection.wants(catalog, given)]
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in set(unwanted)]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to play the selected cases in their order, while pytest asks for one result after the other."""
    config = session.config
    if RUN in config.stash and not is_worker(config):
        config.stash[RUN].start(_selected(session), _called(session))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With ``--plan``, say what the selected cases cost and run none of them."""
    if not session.config.getoption("--plan"):
        return None
    terminal_writer = session.config.get_terminal_writer()
    drawn = session.config.getoption("--max-requests") if properties_of(session) else 0
    for line in cost.table([*_selected(session), *_called(session)], drawn):
        terminal_writer.line(line)
    terminal_writer.line(f"The run ends after {session.config.getoption('--max-time'):g} minutes at the latest (--max-time).")
    return True


def _selected(session: pytest.Session) -> list[Case]:
    """The cases that were selected, in their order."""
    return [case for item in session.items if isinstance(case := _parameter(item, "case"), Case)]


def _called(session: pytest.Session) -> list[Call]:
    """The calls of clients that were selected, in their order."""
    return [call for item in session.items if (call := _parameter(item, "call")) is not None]


def properties_of(session: pytest.Session) -> int:
    """How many properties were selected."""
    return sum(_parameter(item, "prop") is not None for item in session.items)


def _parameter(item: pytest.Item, *names: str) -> Any:
    """The first of these parameters that an item has, or ``None``."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    return next((given[name] for name in names if name in given), None)
