"""Dates of manufacture that makers write into serial numbers. Pure.

    made_on(asset) -> Made(day, confidence, rule, precision) | None
    made_on(asset, rules)                       with other rules than those that come with the package

Rules are data (data/serial-rules.yaml, read by agent.lifecycle.serial_rules). A rule speaks only for its maker and its
product lines. Refused whatever a rule says: optics and cables, whose own makers' numbers look alike; virtual machines;
numbers that are placeholders; weeks and days that do not exist; dates before the product existed or after it was first
seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from agent.facts import Asset
from agent.lifecycle.placeholders import usable
from agent.lifecycle.words import Confidence

Precision = Literal["day", "week", "month", "year"]


class Made(NamedTuple):
    """When a piece was made, by its serial number: the first day of the time that is coded, and how long that is."""

    day: date
    confidence: Confidence
    rule: str = ""
    precision: Precision = "day"

    @property
    def until(self) -> date:
        """The last day of the time that is coded."""
        match self.precision:
            case "day":
                return self.day
            case "week":
                return self.day + timedelta(days=6)
            case "month":
                return (self.day.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
            case "year":
                return date(self.day.year, 12, 31)


@dataclass(frozen=True, slots=True)
class Code:
    """How a number is written: in decimal, or as one of `values`, of which the first stands for `base`.

    `decade`: only its last digit is written, so there is one such year in every ten.
    """

    base: int = 0
    values: tuple[str, ...] = ()
    decade: bool = False

    def read(self, text: str) -> int | None:
        if not self.values:
            return self.base + int(text) if text.isdecimal() else None
        return self.base + self.values.index(text) if text in self.values else None


@dataclass(frozen=True, slots=True)
class Products:
    """Between which days products were made at most: what lies outside is no date of manufacture of theirs."""

    models: re.Pattern[str] | None = None
    families: frozenset[str] = frozenset()
    since: date = date.min
    until: date = date.max

    def have(self, asset: Asset) -> bool:
        return asset.family in self.families or fits(self.models, asset.model)


@dataclass(frozen=True, slots=True)
class SerialRule:
    """A maker's way to write the date of manufacture into serial numbers.

    `pattern` has a group y, and may have w, or m and perhaps d. `vendors` are the names of the maker, without case;
    `read_as` those of operating systems that answer for the maker's hardware, which must then be one of `models`.
    `families` and `models` are the product lines: one of them must fit; with neither, the rule holds for all that the
    maker makes. `parts`: empty for all of them.
    """

    name: str
    vendors: tuple[str, ...]
    pattern: re.Pattern[str]
    year: Code
    month: Code = Code()
    day: Code = Code()
    read_as: tuple[str, ...] = ()
    families: frozenset[str] = frozenset()
    models: re.Pattern[str] | None = None
    parts: frozenset[str] = frozenset()
    products: tuple[Products, ...] = ()
    confidence: Confidence = "fair"
    source: str = ""

    def holds_for(self, asset: Asset, through: bool) -> bool:
        """Whether an asset is of the rule's product lines. `through`: an operating system answered for it."""
        if self.parts and asset.part not in self.parts:
            return False
        if fits(self.models, asset.model):
            return True
        return not through and (asset.family in self.families or (not self.families and self.models is None))

    def window(self, asset: Asset) -> tuple[date, date]:
        """Between which days such an asset was made at most."""
        products = [products for products in self.products if products.have(asset)]
        since = max((p.since for p in products), default=date.min)
        return max(since, EARLIEST), min((p.until for p in products), default=date.max)

    def made(self, serial: str, first_seen: date, window: tuple[date, date] = (date.min, date.max)) -> Made | None:
        """What a serial number in capitals says; None for what cannot be."""
        found = self.pattern.fullmatch(serial)
        return self.read(found.groupdict(), first_seen, window) if found else None

    def read(self, groups: Mapping[str, str | None], first_seen: date, window: tuple[date, date]) -> Made | None:
        since, until = window
        written = self.year.read(groups["y"] or "")
        if written is None:
            return None
        for year in _years(written, first_seen.year) if self.year.decade else (written,):
            got = self._day(year, groups)
            if got is not None and got[0] <= min(first_seen, until):
                made = Made(got[0], self.confidence, self.name, got[1])
                return made if made.until >= since else None
        return None

    def _day(self, year: int, groups: Mapping[str, str | None]) -> tuple[date, Precision] | None:
        week, month, day = groups.get("w"), groups.get("m"), groups.get("d")
        try:
            if week is not None:
                return _week(year, int(week)), "week"
            if month is None:
                return date(year, 1, 1), "year"
            number = self.month.read(month)
            if number is None:
                return None
            if day is None:
                return date(year, number, 1), "month"
            return date(year, number, self.day.read(day) or 0), "day"
        except ValueError:  # there is no such week, month or day
            return None


EARLIEST = date(1991, 1, 1)  # no network hardware in service is older


def _years(digit: int, last: int) -> Iterator[int]:
    """The years that end in a digit, latest first."""
    return iter(range(last - (last - digit) % 10, EARLIEST.year, -10))


def _week(year: int, week: int) -> date:
    """The Monday of a week; makers count a 53rd in years that ISO gives only 52."""
    if not 1 <= week <= 53:
        raise ValueError(week)
    try:
        return date.fromisocalendar(year, week, 1)
    except ValueError:
        return date.fromisocalendar(year, 52, 1)


def fits(pattern: re.Pattern[str] | None, text: str | None) -> bool:
    return pattern is not None and text is not None and pattern.match(text) is not None


# ---------------------------------------------------------------- what no rule speaks for
OPTICS = frozenset({"optic", "optics", "transceiver", "sfp"})
# Devices list optics and cables as cards, modules and containers too; there only the model tells.
_OPTIC_MODEL = re.compile(
    r"""(?ix) (?: (?:q|c|o)?sfp\d*(?:\+|-?dd|28|56)? | xfp | gbic | x2 | xenpak | cfp\d* | cpak | glc |
        cwdm | dwdm | ons | wdm | \d+ g? base-? [a-z]+ | \d+_base_ \w+ ) (?: [-_ /] | $ )"""
)
_VIRTUAL_SERIAL = re.compile(
    r"""(?ix) vmware | fg?vm | f[a-z]{2} vm | fadv | fmg-?vm | faz-?vm | vthunder | parallels |
        [0-9a-f]{8} (?: - [0-9a-f]{4} ){3} -"""
)
_VIRTUAL_MODEL = re.compile(
    # Not the host it runs on (VMware ESXi), nor a switch for keyboard, video and mouse.
    r"""(?ix) vmware (?! \s* esx) | virtual (?! [ -]? chassis) | (?<![a-z]) vm (?: \d | [-_ ] | $ ) | ^ kvm $ |
        \( kvm \) | qemu | bochs | xen\b | hyper-?v | v(?: srx | mx \b | qfx | thunder | edge-cloud | ios | wlc ) |
        (?<![a-z]) chr (?![a-z]) | asav | ftdv | fmcv | ngfwv | csr1000v | c8000v | c9800-cl | \d v\b | iosv |
        -va\b | \bva- | openstack | amazon | google \s compute"""
)


def virtual(model: str | None, serial: str | None) -> bool:
    """Whether it is a virtual machine, by its model or its serial number: nobody made it in a factory."""
    return bool((model and _VIRTUAL_MODEL.search(model)) or (serial and _VIRTUAL_SERIAL.match(serial)))


def optic(part: str, model: str | None) -> bool:
    """Whether it is an optic or a cable with one: what is on it is the number of a maker of optics."""
    return part in OPTICS or bool(model and _OPTIC_MODEL.match(model))


# ---------------------------------------------------------------- judging
UNREAD = Made(date.min, "none")
Line = tuple[tuple[SerialRule, tuple[date, date]], ...]


class SerialRules:
    """Rules, found by the name of the vendor. What holds for a product line, and what a code says, is worked out once:
    a register has tens of thousands of pieces, of a few hundred models from a few hundred weeks.
    """

    __slots__ = ("_by_vendor", "_codes", "_lines", "rules")

    def __init__(self, rules: Iterable[SerialRule]) -> None:
        self.rules = tuple(rules)
        self._by_vendor: dict[str, list[tuple[SerialRule, bool]]] = {}
        self._lines: dict[tuple[str | None, ...], Line] = {}
        self._codes: dict[tuple[object, ...], Made | None] = {}
        for rule in self.rules:
            for vendors, through in ((rule.vendors, False), (rule.read_as, True)):
                for vendor in vendors:
                    self._by_vendor.setdefault(vendor.casefold(), []).append((rule, through))

    def made_on(self, asset: Asset, by: date | None = None) -> Made | None:
        """What the serial number says. `by`: it is known to have been there by then, as its purchase proves: of the
        years that end in the one digit that some makers write, none after it is meant."""
        if asset.serial is None or not (line := self.line_of(asset)):
            return None
        return self.read(line, asset.serial, asset.first_seen_at.date(), by)

    def line_of(self, asset: Asset) -> Line:
        """The rules that speak for its product line. The same for every piece of its vendor, family, model and part."""
        which = (asset.vendor, asset.family, asset.model, asset.part)
        line = self._lines.get(which)
        if line is None:
            if len(self._lines) >= MOST:
                self._lines.clear()
            line = self._lines[which] = self._of_line(asset)
        return line

    def read(self, line: Line, serial: str, first_seen: date, by: date | None = None) -> Made | None:
        """As `made_on`, of a product line whose rules are known."""
        serial = serial.upper()
        for rule, window in line:
            found = rule.pattern.fullmatch(serial)
            if found is None:
                continue
            groups = found.groupdict()
            made = None
            if by is not None and by < first_seen and rule.year.decade:
                made = self._read(rule, groups, by, window)
            if made is None:
                made = self._read(rule, groups, first_seen, window)
            if made is not None:
                return None if virtual(None, serial) or usable(serial) is None else made
        return None

    def _read(
        self, rule: SerialRule, groups: Mapping[str, str | None], by: date, window: tuple[date, date]
    ) -> Made | None:
        code = (rule.name, window, by, *groups.values())
        made = self._codes.get(code, UNREAD)
        if made is UNREAD:
            if len(self._codes) >= MOST:
                self._codes.clear()
            made = self._codes[code] = rule.read(groups, by, window)
        return made

    def _of_line(self, asset: Asset) -> Line:
        if optic(asset.part, asset.model) or virtual(asset.model, None):
            return ()
        rules = self._by_vendor.get((asset.vendor or "").casefold(), ())
        return tuple((rule, rule.window(asset)) for rule, through in rules if rule.holds_for(asset, through))


MOST = 20_000  # of each: a device that makes up models must not fill the memory


@lru_cache(maxsize=1)
def shipped() -> SerialRules:
    """The rules that come with the package."""
    from agent.lifecycle.serial_rules import SHIPPED, read_rules

    return SerialRules(one.rule for one in read_rules(SHIPPED))


def made_on(asset: Asset, rules: SerialRules | None = None, by: date | None = None) -> Made | None:
    """The date coded in a serial number, where the maker's rule for such hardware is established."""
    return (shipped() if rules is None else rules).made_on(asset, by)
