"""Text that the fonts inside typst can show, and breaks in words that are longer than their column. Pure.

PDF/UA forbids a character without a glyph, and typst refuses the whole paper for one; some rarer scripts even make it
panic. Characters outside of the blocks below, all of which its own fonts have (tests/papers holds every one of them to
it), are given by their code point: {U+4E2D}. A reader who needs the name itself has it in HTML, Word, Excel and CSV.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from agent.hostile import plain

LONGEST = 2000  # characters: an exempt cell may quote a person, and no more
BLOCKS = (
    "\u0020-\u007e\u00a0-\u00ac\u00ae-\u024f"  # Latin
    "\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u03ff"  # Greek
    "\u0400-\u0482\u048a-\u04ff"  # Cyrillic
    "\u1e00-\u1eff"  # Latin with two accents: Vietnamese, Welsh
    "\u2010-\u2027\u2030-\u2040\u2044-\u2052\u2054-\u205e"  # punctuation
    "\u2070\u2071\u2074-\u208e\u20a0-\u20bf"  # small figures, currencies
    "\u2190-\u22ff\u2500-\u25ff"  # arrows, mathematics, lines and shapes
)
_OTHERS = re.compile(f"[^{BLOCKS}]")


def showable(text: str) -> str:
    """One line, composed (NFC), with the code point in place of what cannot be shown."""
    found = unicodedata.normalize("NFC", plain(text, LONGEST))
    return _OTHERS.sub(lambda other: f"{{U+{ord(other[0]):04X}}}", found)


def breadth(text: str) -> float:
    """How many letters of the average width have room where this text has: W is twice as wide as most, n is one."""
    return sum(map(_width, text))


@cache
def _width(letter: str) -> float:
    if letter in "WMmw@%&" or letter > "\u1fff":
        return 2.0
    return 1.0 if letter.isascii() and not letter.isupper() else 1.45


def breakable(text: str, letters: float) -> str | list[str]:
    """The text itself, or pieces of it between which a line may end, if a word is wider than `letters`.

    Nothing is put into the text: who copies a serial number from the paper has that number and no more.
    """
    if 2 * len(text) <= letters:
        return text
    pieces: list[str] = []
    for word in re.split(r"(?<= )", text):
        fits = breadth(word.rstrip()) <= letters
        if fits and pieces and len(pieces[-1]) > 1:
            pieces[-1] += word
        elif word:
            pieces += [word] if fits else list(word)
    return pieces if len(pieces) > 1 else text
