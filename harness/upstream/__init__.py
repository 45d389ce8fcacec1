"""A scripted upstream: stands behind a gateway, plays byte for byte what a case says, and records each attempt that reaches it."""

from .ledger import Ledger, Sheet
from .server import UPSTREAM_BASE, Upstream, UpstreamProblem

__all__ = ["UPSTREAM_BASE", "Ledger", "Sheet", "Upstream", "UpstreamProblem"]
