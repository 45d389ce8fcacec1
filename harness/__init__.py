"""Wireproof: a conformance suite for OpenAI-compatible endpoints.

The flow, in five lines:

1. ``catalog`` reads what is asked (``spec/``) and refuses it, with file and line, when it is malformed.
2. ``engine`` plays each case: ``plan`` makes its requests, ``wire`` sends them and records the exchanges.
3. ``judge`` holds every exchange against every requirement that applies to it, through the pure ``checks``.
4. ``record`` keeps header, exchanges, findings and footer; ``verdict`` sums them up in one sentence.
5. ``explain`` and ``pages`` turn the record into text and HTML; ``plugin`` is the only part that knows pytest.
"""

VERSION = "0.1.0"
COMMAND = "pytest" if __name__ == "harness" else "wireproof"
"""What plays a case again: in a checkout, and where the wheel is installed."""
