"""A scripted upstream: stands behind a gateway, plays byte for byte what a case says, and records each attempt that reaches it."""

from .attempt import UPSTREAM_BASE
from .ledger import Ledger, Sheet
from .server import Upstream, UpstreamProblem

__all__ = ["UPSTREAM_BASE", "Ledger", "Sheet", "Upstream", "UpstreamProblem"]
