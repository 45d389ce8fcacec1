"""The property suites, with generated requests.

In: a property, a seed, and a budget of requests.
Out: the examples, and the failures among them, each reduced to a minimal example and saved as a case.
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
