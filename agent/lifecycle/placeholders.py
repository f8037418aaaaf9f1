"""What devices say that is not so: serial numbers and dates that factories and firmware put in their place. Pure.

usable(text) -> str | None           a serial number or model that means something
believable(day, seen_on) -> date | None
"""

from __future__ import annotations

import re
from datetime import date, timedelta

_PLACEHOLDER = re.compile(
    r"""(?ix) ^ (?:
        n/?a | none | null | nil | unknown | undefined | default( \s string)? | not \s* (?: specified | available |
        applicable | present | installed | set | programmed ) | to \s be \s filled (?: \s by \s o\.?e\.?m\.? )? |
        (?: system | chassis | base \s? board | board | asset )? [\s-]* serial [\s-]* (?: number | no\.? )? |
        oem | o\.e\.m\. | invalid | empty | blank | test | sernum\d* | tbd | xxxx+ | 0?123456789.* | abcdefg.* |
        (.)\1* | [\s0f:.\-]+ | \?+
    ) $ """
)


def usable(text: str | None) -> str | None:
    """A serial number or model that means something; None for what factories and firmware put in its place.

    A string of one repeated character, all zeros and Fs, "N/A", "To be filled by O.E.M." and their kin.
    """
    if text is None:
        return None
    text = " ".join(text.split()).strip("\x00\"' ")
    if len(text) < 2 or not text.isprintable() or _PLACEHOLDER.match(text):
        return None
    return text[:120]


FALSE_YEARS_UNTIL = 1990  # epoch, year 00 and BIOS defaults: no network hardware in service is that old


def believable(day: date | None, seen_on: date) -> date | None:
    """A date a device gave, unless it is one of the known false constants or lies in the future."""
    return day if day is not None and day.year > FALSE_YEARS_UNTIL and day <= seen_on + timedelta(days=1) else None
