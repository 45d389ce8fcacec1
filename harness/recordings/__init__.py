"""Exchanges that were recorded elsewhere, or in a run of ours, judged without an endpoint.

``forms`` tells by its content what a file is and has it read: a run record, exchanges as JSON ``lines``, a ``har`` file or a ``vcr``
cassette. ``hindsight`` holds exchanges against the general requirements; ``again`` judges a whole run anew.
"""

from .forms import read
from .recorded import Lost, Recorded, Recording, Unreadable

__all__ = ["Lost", "Recorded", "Recording", "Unreadable", "read"]
