"""Text from devices made fit to show. Pure.

Whatever a device says is hostile input: an interface description may hold terminal escapes, a bidirectional override
that turns a line round, half a surrogate, or a megabyte. Everything that puts such text in front of a person or a
program (metrics, pages, logs, papers) passes it through `plain` first, and then through the escaping of its own medium.
"""

from __future__ import annotations

import re

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of one
LONGEST = 256  # characters; sysDescr may have 255 (RFC 3418), nothing longer carries meaning in a label or a table cell

_SPACES = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# C0, DEL, C1; zero-width and directional marks; line and paragraph separators; isolates; byte order mark; surrogates;
# non-characters; tag characters (invisible text).
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def plain(text: object, longest: int = LONGEST) -> str:
    """`text` on one line, without control, invisible and direction-changing characters, at most `longest` characters.

    Line ends and tabs become one space, so that words do not run together; a cut text ends in an ellipsis.
    """
    said = str(text)
    if said.isascii() and said.isprintable():  # nearly all of them, and eight times quicker
        return said if len(said) <= longest else said[: longest - 1] + "…"
    # Cut before the search as well: the search over a hostile megabyte should not cost a millisecond per scrape.
    said = _FORBIDDEN.sub("", _SPACES.sub(" ", said[: longest * 4]))
    return said if len(said) <= longest else said[: longest - 1] + "…"


def guarded(text: str) -> str:
    """For a cell of a CSV file: what a spreadsheet would take for a formula gets an apostrophe in front and is text."""
    return f"'{text}" if text.startswith(FORMULA) else text
