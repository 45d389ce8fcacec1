"""One option."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool
"""A value of an option, one of several if the option is repeatable."""


@dataclass(frozen=True, slots=True)
class Option:
    """An option of the command line and of the settings files, without its dashes.

    Without ``metavar`` and ``choices`` it is a flag. ``many`` makes it repeatable, ``words`` is how many words it takes each time.
    ``is_path`` marks files and folders, which a settings file names relative to itself. Without ``in_settings`` it is for the command line
    alone.
    """

    name: str
    about: str
    metavar: str = ""
    default: Value | None = None
    kind: type[str] | type[int] | type[float] = str
    many: bool = False
    words: int = 1
    choices: tuple[str, ...] = ()
    is_path: bool = False
    in_settings: bool = True

    @property
    def is_flag(self) -> bool:
        """Whether it takes no value."""
        return not (self.metavar or self.choices)

    @property
    def usage(self) -> str:
        """How it is written on the command line."""
        value = self.metavar or (f"{{{','.join(self.choices)}}}" if self.choices else "")
        return f"--{self.name} {value}".rstrip()


def dest(name: str) -> str:
    """The attribute that holds an option's value; the prefix keeps it apart from those of other plugins."""
    return "wireproof_" + name.replace("-", "_")


class SettingsError(Exception):
    """A settings file that cannot be used: where, and what to do."""
