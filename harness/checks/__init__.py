"""The only package that judges content: pure functions over replies.

In: one or more replies, and the arguments that a requirement has for its check.
Out: problems, or none. A check knows no levels and words no verdicts; it uses no network and no clock.

Each folder is named after what its checks look at. ``@check`` makes a function a check; ``registry`` says what it may return.
"""

from .batches import BatchLine, lines_of
from .http.refusals import says_unsupported
from .json_value import same_json
from .pointer import holder_of, look_up, select
from .pointer import text as pointer_text
from .registry import CHECKS, OF, Check
from .reply import TOO_DEEP, Reply, parse_json, show
from .shape import Schemas, is_schema
from .stream.framing import JOINED, LEAST_CHUNKS, LEAST_SECONDS, LUMP

__all__ = [
    "CHECKS",
    "JOINED",
    "LEAST_CHUNKS",
    "LEAST_SECONDS",
    "LUMP",
    "OF",
    "TOO_DEEP",
    "BatchLine",
    "Check",
    "Reply",
    "Schemas",
    "holder_of",
    "is_schema",
    "lines_of",
    "look_up",
    "parse_json",
    "pointer_text",
    "same_json",
    "says_unsupported",
    "select",
    "show",
]
