"""A shop's text inside a Markdown file: one line that becomes no link, HTML, table, list or heading."""

from __future__ import annotations

import re
from typing import Final

from promofuse.drafts.locale import HEADER_LENGTH, clean_header

# Marks with a meaning anywhere in a line; `_` means nothing between letters and digits (CommonMark 0.31 §6.2).
_MARKS: Final = re.compile(r"[\\`*\[\]|~]|(?<![^\W_])_|_(?![^\W_])")
# What makes a heading, a list or a rule where it comes first.
_FIRST: Final = re.compile(r"^(\d{1,9}(?=[.)](?:\s|$))|(?=[#+=-]))")
_HTML: Final = ((re.compile(r"&(?=#?\w+;)"), "&amp;"), (re.compile("<"), "&lt;"), (re.compile(">"), "&gt;"))
# Viewers make links of bare addresses, and a backslash does not keep them from it (GFM §6.9): a space does.
_ADDRESSES: Final = (
    (re.compile("/(?=/)"), "/ "),
    (re.compile(r"\bwww(?=\.)", re.IGNORECASE), r"\g<0> "),
    (re.compile(r"(?<=[\w.+-])@(?=\w)"), " @ "),
)


def flat(value: object, length: int = HEADER_LENGTH) -> str:
    """One clean line of at most 200 characters, for a fenced block whose text is pasted elsewhere."""
    return clean_header(str(value), length)


def escape_markdown(value: object, length: int = HEADER_LENGTH) -> str:
    """One clean line that a Markdown viewer shows as it stands, but for a space in web and mail addresses."""
    text = flat(value, length)
    for pattern, written in _ADDRESSES:
        text = pattern.sub(written, text)
    text = _FIRST.sub(r"\1\\", _MARKS.sub(r"\\\g<0>", text))
    for pattern, written in _HTML:
        text = pattern.sub(written, text)
    return text
