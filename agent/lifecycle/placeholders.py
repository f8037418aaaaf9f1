"""What devices say that is not so: serial numbers and dates that factories and firmware put in their place. Pure.

usable(text) -> str | None           a serial number or model that means something
believable(day, seen_on) -> date | None

Two devices with the same placeholder would be one piece of hardware in the register, and a date that firmware invents
would make new hardware old. Real numbers that look odd are kept: what is refused has to be known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

_PLACEHOLDER = re.compile(
    r"""(?ix) ^ (?:
        n/?a | none | null | nil | unknown | undefined | default(?: \s string)? | not \s* (?: specified | available |
        applicable | present | installed | set | programmed | supported ) |
        to \s be \s filled (?: \s by \s o\.?e\.?m\.? )? |
        (?: system | chassis | base \s? board | board | asset | frame )? [\s_-]* serial [\s_-]* (?: number | no\.? )? |
        oem | o\.e\.m\. | invalid | empty | blank | test | sernum\d* | tbd | built-?in | x{4,} | abcdefg.* |
        0?123456789.* | 0?1234567?8? | (?P<one>.) (?P=one)* | (?P<two>..) (?P=two){3,} | [\s0f:.\-]+ | \?+ |
        < [^<>]* > | s/?n[:#]? | \d{1,2} / \d{1,2} / (?: \d\d )? \d\d |
        [0-9a-f]{8} \. (?: [exo]hci | usb ) \w* | \w+ _usb | .* x{5,}
    ) $ """
)
# What stands before the number, or around it, in what some devices call their serial number.
_AROUND = re.compile(
    r"(?ix) ^ (?: s/n | serial \s (?: number | no\.? ) | sn ) \s* [:#]? \s+ (?= \S ) | ^ b['\"] (?= \w{6} )"
)
_ADDRESS = re.compile(r"(?i)^(?:system |base )?mac(?: address)?[: ]")

# Numbers that several different devices have been seen with, and which the patterns above do not tell.
FALSE_SERIALS: Mapping[str, str] = {
    "1234ABC": "a Dell chassis and two Dell servers in recordings",
    "AB123456CD": "two ProLiant servers in recordings",
}


def usable(text: str | None) -> str | None:
    """A serial number or model that means something; None for what factories and firmware put in its place.

    A string of one repeated character, all zeros and Fs, "N/A", "To be filled by O.E.M." and their kin.
    """
    if text is None:
        return None
    text = _AROUND.sub("", " ".join(text.split()).strip("\x00\"' "))
    if len(text) < 2 or not text.isprintable() or _PLACEHOLDER.match(text) or _ADDRESS.match(text):
        return None
    if text.upper() in FALSE_SERIALS:
        return None
    return text[:120]


FALSE_YEARS_UNTIL = 1990  # epoch, year 00 and BIOS defaults: no network hardware in service is that old
FALSE_DAYS: Mapping[date, str] = {
    date(1993, 3, 1): "where the clocks of Cisco IOS begin before they are set",
    date(1999, 11, 30): "what a date of zeros becomes in some software",
    date(1999, 12, 27): "all units of a recorded Rittal CMC III, a product of 2010",
    date(1999, 12, 31): "the last day before year 00",
    date(2000, 1, 1): "year 00; clocks without a battery; APC cards that were never told",
    date(2001, 1, 1): "the clock of a recorded Eaton UPS that was never set",
    date(2010, 1, 1): "the clock of a recorded APC rack PDU that was never set",
}
# Device families that give the date of something else for that of manufacture.
FALSE_FAMILIES: Mapping[str, str] = {
    "vmware_esxi": "entPhysicalMfgDate is the day the BIOS was released: 2018-05-21 on a recorded server made in 2016",
}


def believable(day: date | None, seen_on: date, family: str | None = None) -> date | None:
    """A date a device gave, unless it is one of the known false constants or lies in the future.

    `family`: for dates of manufacture, the device family.
    """
    if (
        day is None
        or family in FALSE_FAMILIES
        or day.year <= FALSE_YEARS_UNTIL
        or day in FALSE_DAYS
        or day > seen_on + timedelta(days=1)
    ):
        return None
    return day
