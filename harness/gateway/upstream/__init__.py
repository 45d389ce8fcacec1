"""A scripted upstream: stands behind a gateway, plays byte for byte what a case says, and records each attempt that reaches it."""

from .attempt import UPSTREAM_BASE
from .attempt_log import AttemptLog, CaseAttempts
from .server import Upstream, UpstreamError

__all__ = ["UPSTREAM_BASE", "AttemptLog", "CaseAttempts", "Upstream", "UpstreamError"]
