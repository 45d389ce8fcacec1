"""The options of a run as data: the command line, the settings files, the help and the documents read the same table.

It imports nothing of ours and little else, so that the plugin costs a foreign project nothing.
"""

from .option import Option, SettingsError
from .platforms import refusal, remark
from .pytest_options import chosen, declare, settle
from .table import GROUPS, KEY_NAME, LONGEST, OPTIONS, SILENCE

__all__ = [
    "GROUPS",
    "KEY_NAME",
    "LONGEST",
    "OPTIONS",
    "SILENCE",
    "Option",
    "SettingsError",
    "chosen",
    "declare",
    "refusal",
    "remark",
    "settle",
]
