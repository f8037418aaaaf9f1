"""What decides about a piece of hardware: its age, what it asks for itself, its vendor, its support contract. Pure.

    of_age(kind, since, policy, off), put_off(kind, on, soon_days, why, source, off)
    of_vendor(notice, soon_days, seen_on), of_contract(until, origin)

Each gives a `Reason`: the day that decides, and from which day on which stage follows. The rules are in
agent.lifecycle.stages, which weighs them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Literal

from agent.lifecycle.notices import Notice
from agent.lifecycle.words import EvidenceKind, Stage
from agent.record import record


@dataclass(frozen=True, slots=True)
class Policy:
    """When hardware of a class is reviewed and replaced, in years of age; `soon` days before replacement it is due."""

    review_years: float = 4.0
    replace_years: float = 7.0
    soon_days: int = 365
    battery_years: float = 4.0
    software_review_years: float = 3.0

    @property
    def of_battery(self) -> Policy:
        """What holds for a battery: reviewed after three quarters of its years, and bought within half a year."""
        years = self.battery_years
        return Policy(years * 0.75, years, min(180, self.soon_days), years, self.software_review_years)


BATTERY = Policy().of_battery


ReasonKind = Literal[
    "review_age", "replace_age", "device_date", "end_of_sale", "end_of_software_maintenance",
    "end_of_security_support", "end_of_support", "contract", "software_age", "software_support",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keep:
    """An exception: it is kept until a day, as an owner decided for a reason; from that day on it no longer counts."""

    name: str
    until: date
    owner: str
    reason: str

    def over(self, today: date) -> bool:
        """Whether it has expired."""
        return self.until <= today


@record
class Reason:
    """One thing that decides about a piece of hardware: on a day (or from days before it on) a stage is entered.

    `steps`: from which day on which stage follows from it, in order. `on`: the day that decides.
    """

    kind: ReasonKind
    on: date
    steps: tuple[tuple[date, Stage], ...]
    text: str
    source: str = ""
    postponed_from: date | None = None  # by an exception
    day_known: bool = True  # if not, `on` is the day from which it is known to be so

    def at(self, today: date) -> Stage | None:
        """The stage that follows from it today; None as long as nothing does."""
        found: Stage | None = None
        for day, stage in self.steps:
            if day > today:
                break
            found = stage
        return found


# ---------------------------------------------------------------- age, and what the device asks for
_SINCE: Mapping[EvidenceKind, str] = {
    "purchased": "purchase on", "installed": "installation on", "reported": "the date it reports,",
    "serial": "the date in its serial number,", "device": "the date of the device it is in,",
    "first_seen": "first sight on", "none": "",
}  # fmt: skip
_SOURCES: Mapping[EvidenceKind, str] = {
    "purchased": "purchase record", "installed": "record of installation", "reported": "device",
    "serial": "serial number", "device": "device it is in", "first_seen": "first sight", "none": "",
}  # fmt: skip


@lru_cache(maxsize=4096)  # what was bought together is as old: thousands of pieces share a few hundred days
def of_age(kind: EvidenceKind, since: date, policy: Policy, off: Keep | None) -> tuple[Reason, Reason]:
    began = f"{_SINCE[kind]} {since.isoformat()}"
    review, replace = later(since, policy.review_years), later(since, policy.replace_years)
    again = f"{policy.review_years:g} years after {began}"
    return (
        put_off("review_age", review, 0, again, _SOURCES[kind], off),
        put_off("replace_age", replace, policy.soon_days, f"{policy.replace_years:g} years after {began}",
                 _SOURCES[kind], off),
    )  # fmt: skip


def put_off(kind: ReasonKind, on: date, soon_days: int, why: str, source: str, off: Keep | None) -> Reason:
    """A reason that an exception puts off to its day, if that is later."""
    was = None
    what = "review due" if kind == "review_age" else "to be replaced by"
    text = f"{what} {on.isoformat()}: {why}"
    if off is not None and on < off.until:
        was, on = on, off.until
        text = f"{what} {on.isoformat()}, kept beyond {was.isoformat()} by {off.owner}: {off.reason} ({why})"
    if kind == "review_age":
        return Reason(kind, on, ((on, "review_due"),), text, source, was)
    return Reason(kind, on, ((before(on, soon_days), "refresh_due"), (on, "overdue")), text, source, was)


# ---------------------------------------------------------------- the vendor, and the support contract
_CONTRACT_DAYS = 90  # before a support contract ends: long enough to get a quotation and a signature
_DAY = timedelta(days=1)
_VENDOR: tuple[tuple[ReasonKind, str], ...] = (
    ("end_of_sale", "the vendor sells it until"),
    ("end_of_software_maintenance", "the vendor mends its software until"),
    ("end_of_security_support", "the vendor closes security holes until"),
    ("end_of_support", "the vendor supports it until"),
)
_OVER: Mapping[str, str] = {
    "end_of_sale": "the vendor no longer sells it", "end_of_security_support": "the vendor no longer closes holes",
    "end_of_software_maintenance": "the vendor no longer mends its software",
    "end_of_support": "the vendor no longer supports it",
}  # fmt: skip


@lru_cache(maxsize=4096)
def of_vendor(notice: Notice, soon_days: int, seen_on: date) -> tuple[Reason, ...]:
    return tuple(_vendor_reasons(notice, soon_days, seen_on))


def _vendor_reasons(notice: Notice, soon_days: int, seen_on: date) -> Iterator[Reason]:
    told = f" ({notice.source})" if notice.source else ""
    for kind, words in _VENDOR:
        on: date | None = getattr(notice, kind)
        ends_support = kind in ("end_of_security_support", "end_of_support")
        if on is not None:
            steps: tuple[tuple[date, Stage], ...] = ((on, "review_due"),)
            if ends_support:
                steps = ((before(on, soon_days), "refresh_due"), (on, "unsupported"))
            yield Reason(kind, on, steps, f"{words} {on.isoformat()}{told}", notice.source)
        elif kind in notice.ended:
            # The day it was said, or its own first day: one that stays the same, so that nobody is told every day.
            since = notice.fetched_on or seen_on
            text = f"{_OVER[kind]}, since a day that is not known{told}"
            step: tuple[date, Stage] = (since, "unsupported" if ends_support else "review_due")
            yield Reason(kind, since, (step,), text, notice.source, day_known=False)


def support_ends(notice: Notice | None) -> date | None:
    """The first day on which the vendor's support ends, for security or altogether; None: not known."""
    if notice is None:
        return None
    return min((day for day in (notice.end_of_security_support, notice.end_of_support) if day), default=None)


@lru_cache(maxsize=4096)
def of_contract(until: date, origin: str) -> Reason:
    steps: tuple[tuple[date, Stage], ...] = ((before(until, _CONTRACT_DAYS), "review_due"),)
    if until < date.max:
        steps = (*steps, (until + _DAY, "unsupported"))
    return Reason("contract", until, steps, f"its support contract runs until {until.isoformat()}: renew it", origin)


# ---------------------------------------------------------------- days
def before(day: date, days: int) -> date:
    return day - timedelta(days=days) if day.toordinal() > days else date.min


def later(day: date, years: float) -> date:
    """So many years later; halves are months; 29 February becomes the 28th."""
    months = day.year * 12 + day.month - 1 + round(years * 12)
    year, month = divmod(months, 12)
    if year >= date.max.year:
        return date.max
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - _DAY).day
    return date(year, month + 1, min(day.day, last))


by_day = attrgetter("on")
