"""Gateways with one fault each, and the requirements that it breaks."""

from tests.relay_mutants import failures, replies, requests, streams, times
from tests.relay_mutants.making import MUTANTS, Mutant, plainly, streaming

__all__ = ["MUTANTS", "Mutant", "failures", "plainly", "replies", "requests", "streaming", "streams", "times"]
