"""Prints figures and notes which goals are missed."""

from __future__ import annotations

RUNS = 5

missed: list[str] = []
"""What is not as it should be."""


def told(name: str, value: float, unit: str, goal: float | None = None) -> None:
    """Print a figure, and note where its goal is missed."""
    print(f"{name:<54} {value:>9.2f} {unit:<4}" + (f" (goal {goal:g})" if goal is not None else ""), flush=True)
    if goal is not None and value > goal:
        missed.append(name)
