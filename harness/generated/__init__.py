"""Requests nobody wrote: the property suites.

In: a property, a seed, and a budget of requests.
Out: examples to play, and the failures among them, each made as small as it can be and saved as a case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader

if TYPE_CHECKING:
    from .drawn_cases import save_case
    from .explore import BudgetShares, Explorer
    from .strategies import source_of

__getattr__ = loader(__name__, {"explore": ("BudgetShares", "Explorer"), "drawn_cases": ("save_case",), "strategies": ("source_of",)})

__all__ = ["BudgetShares", "Explorer", "save_case", "source_of"]
