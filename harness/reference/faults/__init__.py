"""Publicly reported bugs of real servers and gateways, each a fault that the reference endpoint can be served with.

Everything but the fault is as the reference answers it, so that who writes a client, an SDK or a gateway can test it against what it
will meet. One module holds the faults of one kind; ``FAULTS`` finds them by name.
"""

from . import (  # noqa: F401 - each module adds its faults
    calls,
    chunks,
    context_limit,
    counts,
    errors,
    finish,
    framing,
    later,
    later_streams,
    listings,
    parameters,
    refused,
    responses,
    service,
    streamed_calls,
    wrapped,
)
from .fault import FAULTS, Fault

__all__ = ["FAULTS", "Fault"]
