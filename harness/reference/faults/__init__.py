"""Publicly reported bugs of real servers and gateways, reproduced as faults of the reference endpoint.

Apart from its fault, the endpoint behaves correctly, so that authors of clients, SDKs and gateways can test against real bugs.
Each module holds the faults of one kind; ``FAULTS`` maps names to faults.
"""

from . import (  # noqa: F401 - each module adds its faults
    calls,
    chunks,
    context_limit,
    counts,
    errors,
    files_and_batches,
    finish,
    framing,
    later,
    later_streams,
    listings,
    media,
    newer_calls,
    newer_counts,
    newer_requests,
    newer_responses,
    newer_scores,
    newer_texts,
    parameters,
    refused,
    responses,
    service,
    streamed_calls,
    wrapped,
)
from .fault import FAULTS, Fault

__all__ = ["FAULTS", "Fault"]
