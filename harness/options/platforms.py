"""Where Wireproof runs: one sentence for everybody else, instead of a failure in the middle."""

from __future__ import annotations

import sys


def refusal(platform: str = sys.platform) -> str | None:
    """Why nothing can run on this platform; ``None`` where it can."""
    if platform in ("win32", "cygwin"):
        return "Wireproof does not support Windows: use WSL (https://aka.ms/wsl) or the container"
    return None


def remark(platform: str = sys.platform) -> str | None:
    """What to know about this platform before a run; ``None`` where it is tested."""
    if refusal(platform) is None and not platform.startswith("linux"):
        system = "macOS" if platform == "darwin" else platform
        return f"Wireproof is not tested on {system}, only on Linux: it may work, and the verdict counts if it does"
    return None
