"""The scripted upstream behind a gateway: plays a case's script byte for byte, and records each attempt that reaches it."""

from .attempt import UPSTREAM_BASE
from .attempt_log import AttemptLog, CaseAttempts
from .server import Upstream, UpstreamError

__all__ = ["UPSTREAM_BASE", "AttemptLog", "CaseAttempts", "Upstream", "UpstreamError"]
