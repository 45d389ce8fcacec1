"""Texts of kinds that break parsers, from plain to odd, so that Hypothesis shrinks towards plain texts."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = ("hi", "Say", "count", "the", "word", "again", "to", "seven")
KINDS: dict[str, tuple[str, ...]] = {
    "words": WORDS,
    "digits": ("0", "42", "-1", "3.14", "1e9", "0x1f", "007"),
    "quotes": ('"', "'", "\\", '\\"', "`", "\\n", "\\u0041", "/", "</"),
    "lines": ("\n", "\r\n", "\t", "\n\n", "   "),
    "latin": ("Grüße", "naïve", "façade", "Ångström", "ß", "ŧ"),
    "combining": ("e\u0301", "n\u0303o", "Z\u0351\u0348a", "\u0915\u094d\u0937"),
    "east-asian": ("你好", "日本語", "한국어", "〒", "ｆｕｌｌ"),
    "right-to-left": ("שלום", "مرحبا", "\u202eabc\u202c", "\u200fx"),
    "emoji": ("👋", "👋🏽", "👩\u200d👩\u200d👧\u200d👦", "🇩🇪", "❤\ufe0f"),
    "astral": ("𝒜𝓈𝓉𝓇𝒶𝓁", "𐍈", "🜁"),
    "invisible": ("\u200b", "\ufeff", "\u2028", "\u2029", "\u00a0", "\u00ad"),
    "control": ("\u0001", "\u001b[31m", "\u007f", "\u0085"),
    "framing": ("data: [DONE]", "data: {", "event: ping", ": comment", "[DONE]", "id: 1"),
    "markup": ("<think>", "</think>", "<tool_call>", "<|im_start|>", "<script>alert(1)</script>", "{{x}}", "${x}", "%s", "{0}"),
    "json": ('{"a": 1}', "[]", "null", "true", "```json\n{}\n```"),
}
"""Kinds of text with samples. A text mixes a few of them."""


def texts(most: int = 4) -> st.SearchStrategy[str]:
    """Short, non-empty texts of one to ``most`` pieces."""
    piece = st.one_of(*(st.sampled_from(samples) for samples in KINDS.values()))
    return st.lists(piece, min_size=1, max_size=most).map(" ".join)


def names() -> st.SearchStrategy[str]:
    """Names of tools and schema members."""
    return st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_-", min_size=1, max_size=12)
