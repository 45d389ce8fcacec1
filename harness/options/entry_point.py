"""What pytest finds in every project once the wheel is installed: option names that nobody else has, and nothing more.

The plugin itself is loaded only if the arguments name our suites: ``pytest --pyargs wireproof.suites --base-url URL``.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from .option import dest
from .pytest_options import PREFIX, declare
from .table import OPTIONS

HOME = Path(__file__).resolve().parent.parent.parent
PLUGIN = __name__.replace(".options.entry_point", ".plugin")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the long names of our options."""
    declare(parser, short=False)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Load the plugin if our suites are named: after all others, so that no short name is taken from them."""
    result = yield
    if names_suites(early_config.known_args_namespace.file_or_dir):
        early_config.pluginmanager.import_plugin(PLUGIN)
    return result


def pytest_configure(config: pytest.Config) -> None:
    """Refuse our options where they would do nothing."""
    if config.pluginmanager.hasplugin(PLUGIN) or hasattr(config, "workerinput"):
        return
    for name in OPTIONS:
        if getattr(config.option, dest(name), None) is not None:
            raise pytest.UsageError(f"{PREFIX}{name} is for our suites, and they are not named: add --pyargs {HOME.name}.suites")


def names_suites(words: Sequence[str]) -> bool:
    """Whether some of these arguments are our suites, as a package or by their path."""
    package = f"{HOME.name}.suites"
    names = [word.split("::")[0] for word in words]
    return any(name == package or name.startswith((f"{package}.", str(HOME / "suites"))) for name in names)
