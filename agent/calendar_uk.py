"""The calendar of the service: service hours in England, and quarters of the UK financial year. Pure.

    service_seconds(start, end) -> float        seconds between two instants that lie in service hours
    quarter_of(day) -> Quarter                  Quarter(2026, 3) is October to December 2026, printed "2026-Q3"
    Quarter.parse("2026-Q3")                    ValueError says what is wrong
    quarter.began_at, quarter.ends_at           its first and last instant in UTC: midnights in London

A financial year runs from 1 April to 31 March and is named by the calendar year it begins in: 2026-Q1 is April to June
2026, and 2026-Q4 is January to March 2027. Service hours are 08:00 to 18:00, by the clock in London, on Mondays to
Fridays that are no bank holiday in England. Instants are aware; what happens between them is counted in UTC, so that an
hour that the clocks skip or repeat is neither lost nor doubled.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

LONDON = ZoneInfo("Europe/London")
OPENS, CLOSES = time(8), time(18)
_LABEL = re.compile(r"(\d{4})-Q([1-4])")


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """Bank holidays of England in a calendar year, substitute days included."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def london_midnight(day: date) -> datetime:
    """The instant at which a day begins in London, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def service_spans(
    start: datetime, end: datetime, opens: time = OPENS, closes: time = CLOSES
) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a time that lie in service hours, in UTC and in order."""
    day, last = start.astimezone(LONDON).date(), end.astimezone(LONDON).date()
    while day <= last:
        if is_working_day(day):
            began = max(start.astimezone(UTC), datetime.combine(day, opens, LONDON).astimezone(UTC))
            ended = min(end.astimezone(UTC), datetime.combine(day, closes, LONDON).astimezone(UTC))
            if began < ended:
                yield began, ended
        day += timedelta(days=1)


def service_seconds(start: datetime, end: datetime, opens: time = OPENS, closes: time = CLOSES) -> float:
    """Seconds of service hours between two instants; 0 where `end` is not after `start`."""
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("service hours are counted between instants with a time zone")
    return sum((ended - began).total_seconds() for began, ended in service_spans(start, end, opens, closes))


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a UK financial year; `year` is the one the financial year begins in."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= 4:
            raise ValueError(f"a year has quarters 1 to 4, not {self.number}")
        if not 1990 <= self.year <= 2200:
            raise ValueError(f"{self.year} is no year this service could have been watched in")

    @classmethod
    def parse(cls, label: str) -> Quarter:
        match = _LABEL.fullmatch(label.strip())
        if match is None:
            raise ValueError(
                f"{label!r} is no quarter: write 2026-Q3 for October to December 2026 "
                "(the year the financial year begins in)"
            )
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def title(self) -> str:
        """For people: "Quarter 3 of 2026/27 (October to December 2026)"."""
        last = self.ends_on - timedelta(days=1)
        months = f"{self.begins_on:%B} to {last:%B} {last.year}"
        return f"Quarter {self.number} of {self.year}/{(self.year + 1) % 100:02d} ({months})"

    @property
    def begins_on(self) -> date:
        return date(self.year, 1 + 3 * self.number, 1) if self.number < 4 else date(self.year + 1, 1, 1)

    @property
    def ends_on(self) -> date:
        """The day after the last: the first of the next quarter."""
        return self.next.begins_on

    @property
    def began_at(self) -> datetime:
        return london_midnight(self.begins_on)

    @property
    def ends_at(self) -> datetime:
        return london_midnight(self.ends_on)

    @property
    def next(self) -> Quarter:
        return Quarter(self.year, self.number + 1) if self.number < 4 else Quarter(self.year + 1, 1)

    @property
    def previous(self) -> Quarter:
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)


def quarter_of(day: date) -> Quarter:
    """The quarter a day lies in; an instant is taken by its day in London."""
    if isinstance(day, datetime):
        day = day.astimezone(LONDON).date()
    return Quarter(day.year - 1, 4) if day.month < 4 else Quarter(day.year, (day.month - 1) // 3)
