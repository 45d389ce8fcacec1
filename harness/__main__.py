"""``python -m harness``: the same as the command ``wireproof``."""

from .cli import main

if __name__ == "__main__":
    raise SystemExit(main())
