"""``python -m harness``: the same as the command ``wireproof``."""

from .commands import main

if __name__ == "__main__":
    raise SystemExit(main())
