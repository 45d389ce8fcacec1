"""The options as pytest's: declared with the names that are free, and settled from the command line, the settings and the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .option import Option, dest
from .table import GROUPS, OPTIONS

if TYPE_CHECKING:
    import pytest

PREFIX = "--wireproof-"
"""Begins the long name of each option, which no other plugin has."""


def declare(parser: pytest.Parser, *, short: bool) -> None:
    """Declare each option by its long name, and by its ``short`` one unless another plugin took that first.

    Another plugin's option stays its own, with one exception: pytest-base-url's ``--base-url`` means what ours does, and is read too.
    """
    taken = {name for group in (parser._anonymous, *parser._groups) for option in group.options for name in option.names()}
    for title, options in GROUPS.items():
        group = parser.getgroup(f"wireproof: {title}")
        for option in options:
            names = (PREFIX + option.name, *([f"--{option.name}"] if short else []))
            if free := [name for name in names if name not in taken]:
                group.addoption(*free, dest=dest(option.name), default=None, **_attributes(option))


def _attributes(option: Option) -> dict[str, Any]:
    """What argparse needs to know of an option."""
    default = f" ({option.default:,g})" if isinstance(option.default, int | float) else f" ({option.default})" if option.default else ""
    about = {"help": (option.about + default).replace("%", "%%")}
    if option.is_flag:
        return {**about, "action": "store_true"}
    words = tuple(option.metavar.split()) if option.words > 1 else option.metavar
    values = {"metavar": words} if option.metavar else {"choices": option.choices}
    number = {"nargs": option.words} if option.words > 1 else {}
    return {**about, **values, **number, "type": option.kind, "action": "append" if option.many else "store"}


def settle(config: pytest.Config) -> None:
    """Give each option that the command line left open its value from the settings, or its default. Raises ``SettingsError``."""
    from .settings import read_settings  # other projects have no use for it

    shared = getattr(config.option, "base_url", None)
    if getattr(config.option, dest("base-url")) is None and shared is not None:
        setattr(config.option, dest("base-url"), shared)
    settings = read_settings(Path(config.invocation_params.dir))
    for name, option in OPTIONS.items():
        if getattr(config.option, dest(name)) is None:
            default: Any = [] if option.many else False if option.is_flag else option.default
            setattr(config.option, dest(name), settings.get(name, default))


def chosen(config: pytest.Config, name: str) -> Any:
    """The value of an option, once all are settled."""
    return getattr(config.option, dest(name))
