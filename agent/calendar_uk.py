"""The calendar of the service: service hours, and the months, quarters and financial years of its figures. Pure.

    ServiceHours.parse("Mon-Fri 08:00-18:00")   DESK, the default; ", bank holidays too" and "always" are understood
    service_seconds(start, end, hours) -> float seconds between two instants that lie in service hours
    quarter_of(day) -> Quarter                  Quarter(2026, 3) is October to December 2026, printed "2026-Q3"
    Quarter.parse("2026-Q3")                    ValueError says what is wrong
    quarter.began_at, quarter.ends_at           its first and last instant in UTC: midnights in London
    FinancialYear.parse("2026-27")              1 April 2026 to 31 March 2027; FinancialYear.of(day), year + 3
    named_period("2026-11" | "2026-Q3" | "2026-27") -> NamedPeriod   a month, a quarter or a financial year

A financial year runs from 1 April to 31 March and is named by the calendar year it begins in: 2026-Q1 is April to June
2026, and 2026-Q4 is January to March 2027. Service hours are meant by the clock in London; unless they say otherwise
they leave out the bank holidays of England. Instants are aware; what happens between them is counted in UTC, so that an
hour that the clocks skip or repeat is neither lost nor doubled. Where the clocks skip the hour of opening or closing,
it is the moment of the change; where they repeat it, the first time opens and the second closes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from agent.accounting.periods import Period

LONDON = ZoneInfo("Europe/London")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MIDNIGHT = time()
_ALWAYS = "always"
_HOURS = re.compile(r"([A-Za-z, -]+?) +(\d\d):(\d\d) ?- ?(\d\d):(\d\d)(, *bank holidays too)?", re.IGNORECASE)
_LABEL = re.compile(r"(\d{4})-Q([1-4])")
_TWO_NUMBERS = re.compile(r"(\d{4})([-/])(\d\d)")


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """Bank holidays of England in a calendar year.

    One that would fall on a weekend is given on a weekday instead, and the weekend's own day is none: it matters to a
    service with hours on Saturdays. The library has both days.
    """
    import holidays  # takes a tenth of a second, and whoever only reads an inventory needs no holidays

    return frozenset(day for day in holidays.country_holidays("GB", subdiv="ENG", years=year) if day.weekday() < 5)


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def london_midnight(day: date) -> datetime:
    """The instant at which a day begins in London, in UTC."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


# ---------------------------------------------------------------- service hours
@dataclass(frozen=True, slots=True)
class ServiceHours:
    """When a service is meant to be there. `closes` at midnight is the end of the day: it is written 24:00."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4)  # Monday is 0
    opens: time = time(8)
    closes: time = time(18)
    bank_holidays: bool = False  # open on those of its days too that are bank holidays in England

    def __post_init__(self) -> None:
        if not self.days or list(self.days) != sorted(set(self.days)) or not set(self.days) <= set(range(7)):
            raise ValueError("service hours have at least one day of the week, each once and in order")
        if self.closes != _MIDNIGHT and self.closes <= self.opens:
            raise ValueError(
                f"service hours close after they open, on the same day: {self.opens:%H:%M}-{self.closes:%H:%M} "
                "does not (24:00 is the end of the day)"
            )

    @classmethod
    def parse(cls, text: str) -> ServiceHours:
        """ "Mon-Fri 08:00-18:00", "Mon,Wed,Sat-Sun 07:30-24:00, bank holidays too", "always"."""
        if text.strip().lower() == _ALWAYS:
            return ALWAYS
        match = _HOURS.fullmatch(text.strip())
        if match is None:
            raise ValueError(
                f"{text!r} are no service hours: write days and times such as Mon-Fri 08:00-18:00, "
                'with ", bank holidays too" behind it where they count, or always'
            )
        days, opens, closes = match[1], _clock(match[2], match[3]), _clock(match[4], match[5], end=True)
        return cls(_days(days), opens, closes, match[6] is not None)

    def __str__(self) -> str:
        if self == ALWAYS:
            return _ALWAYS
        runs: list[list[int]] = []
        for day in self.days:
            if runs and day == runs[-1][-1] + 1:
                runs[-1].append(day)
            else:
                runs.append([day])
        days = ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)
        closes = "24:00" if self.closes == _MIDNIGHT else f"{self.closes:%H:%M}"
        return f"{days} {self.opens:%H:%M}-{closes}" + (", bank holidays too" if self.bank_holidays else "")


DESK = ServiceHours()
ALWAYS = ServiceHours(tuple(range(7)), _MIDNIGHT, _MIDNIGHT, bank_holidays=True)


def _clock(hour: str, minute: str, *, end: bool = False) -> time:
    if end and (hour, minute) == ("24", "00"):
        return _MIDNIGHT
    if end and (hour, minute) == ("00", "00"):
        raise ValueError("service hours that close at the end of the day close at 24:00, not at 00:00")
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"there is no {hour}:{minute} on a clock")
    return time(int(hour), int(minute))


def _days(text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        began = _day(first)
        ended = _day(last) if dash else began
        found.update((began + n) % 7 for n in range((ended - began) % 7 + 1))  # Sat-Mon goes over the end of the week
    return tuple(sorted(found))


def _day(word: str) -> int:
    try:
        return DAYS.index(word.capitalize())
    except ValueError:
        raise ValueError(f"{word!r} is no day of the week: write {', '.join(DAYS)}") from None


def service_spans(start: datetime, end: datetime, hours: ServiceHours = DESK) -> Iterator[tuple[datetime, datetime]]:
    """The parts of a time that lie in service hours, in UTC and in order."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if hours == ALWAYS:
        if start < end:
            yield start, end
        return
    day, last = start.astimezone(LONDON).date(), end.astimezone(LONDON).date()
    while day <= last:
        if (span := _open_on(day, hours)) is not None:
            began, ended = max(start, span[0]), min(end, span[1])
            if began < ended:
                yield began, ended
        day += timedelta(days=1)


def service_seconds(start: datetime, end: datetime, hours: ServiceHours = DESK) -> float:
    """Seconds of service hours between two instants; 0 where `end` is not after `start`."""
    if start.tzinfo is None or end.tzinfo is None:
        raise ValueError("service hours are counted between instants with a time zone")
    return sum((ended - began).total_seconds() for began, ended in service_spans(start, end, hours))


@lru_cache(maxsize=20_000)
def _open_on(day: date, hours: ServiceHours) -> tuple[datetime, datetime] | None:
    """From when until when a day is open, None if it is not."""
    if day.weekday() not in hours.days or (not hours.bank_holidays and day in bank_holidays(day.year)):
        return None
    closes_on = day + timedelta(days=1) if hours.closes == _MIDNIGHT else day
    began, ended = _instant(day, hours.opens, fold=0), _instant(closes_on, hours.closes, fold=1)
    return (began, ended) if began < ended else None


def _instant(day: date, clock: time, fold: int) -> datetime:
    """When the clock in London shows a time: of two times the one `fold` says, of none the moment of the change."""
    said = datetime.combine(day, clock.replace(fold=fold), LONDON)
    at = said.astimezone(UTC)
    if at.astimezone(LONDON).replace(tzinfo=None) != said.replace(tzinfo=None):
        return datetime.combine(day, time(1), UTC)  # clocks in the United Kingdom change at 01:00 UTC, both times
    return at


# ---------------------------------------------------------------- quarters
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


# ---------------------------------------------------------------- financial years
@dataclass(frozen=True, slots=True, order=True)
class FinancialYear:
    """From 1 April to 31 March; `year` is the calendar year it begins in. 2026-27 is 2026."""

    year: int

    def __post_init__(self) -> None:
        if not 1 <= self.year <= 9998:
            raise ValueError(f"{self.year} is no year of the calendar")

    @classmethod
    def parse(cls, text: str) -> FinancialYear:
        """ "2026-27" or "2026/27". Here "2010-11" is the year: where only years are meant it can be no month."""
        match = _TWO_NUMBERS.fullmatch(text.strip())
        if match is None or int(match[3]) != (int(match[1]) + 1) % 100:
            raise ValueError(f"{text!r} is no financial year: write 2026-27 for April 2026 to March 2027")
        return cls(int(match[1]))

    @classmethod
    def of(cls, day: date) -> FinancialYear:
        """The financial year a day lies in; an instant is taken by its day in London."""
        if isinstance(day, datetime):
            day = day.astimezone(LONDON).date()
        return cls(day.year if day.month > 3 else day.year - 1)

    def __str__(self) -> str:
        return f"{self.year}-{(self.year + 1) % 100:02d}"

    def __add__(self, years: int) -> FinancialYear:
        return FinancialYear(self.year + years)

    def __sub__(self, other: FinancialYear) -> int:
        """How many years later than the other."""
        return self.year - other.year

    @property
    def title(self) -> str:
        """For people: "2026/27"."""
        return f"{self.year}/{(self.year + 1) % 100:02d}"

    @property
    def begins_on(self) -> date:
        return date(self.year, 4, 1)

    @property
    def last_day(self) -> date:
        return date(self.year + 1, 3, 31)

    @property
    def next(self) -> FinancialYear:
        return self + 1

    @property
    def previous(self) -> FinancialYear:
        return self + -1


# ---------------------------------------------------------------- periods by name
_FORMS = "write a month such as 2026-11, a financial quarter such as 2026-Q3, or a financial year such as 2026-27"


@dataclass(frozen=True, slots=True, order=True)
class NamedPeriod:
    """A month, a quarter of the financial year, or a financial year; `begins_on` is its first day."""

    begins_on: date
    months: int  # 1, 3 or 12

    @property
    def ends_on(self) -> date:
        """The day after the last."""
        return _months_later(self.begins_on, self.months)

    @property
    def began_at(self) -> datetime:
        return london_midnight(self.begins_on)

    @property
    def ends_at(self) -> datetime:
        return london_midnight(self.ends_on)

    @property
    def window(self) -> Period:
        return Period(self.began_at, self.ends_at)

    @property
    def label(self) -> str:
        if self.months == 1:
            return f"{self.begins_on:%Y-%m}"
        if self.months == 3:
            return str(quarter_of(self.begins_on))
        year = self.begins_on.year
        ending = (year + 1) % 100
        return f"{year}{'/' if 1 <= ending <= 12 else '-'}{ending:02d}"  # 2010-11 is a month

    @property
    def title(self) -> str:
        """For people: "November 2026", "Quarter 3 of 2026/27 (...)", "Financial year 2026/27 (...)"."""
        if self.months == 1:
            return f"{self.begins_on:%B %Y}"
        if self.months == 3:
            return quarter_of(self.begins_on).title
        year = self.begins_on.year
        return f"Financial year {year}/{(year + 1) % 100:02d} (April {year} to March {year + 1})"

    @property
    def next(self) -> NamedPeriod:
        return NamedPeriod(self.ends_on, self.months)

    @property
    def previous(self) -> NamedPeriod:
        return NamedPeriod(_months_later(self.begins_on, -self.months), self.months)

    @property
    def year_before(self) -> NamedPeriod:
        """The same period a year before."""
        return NamedPeriod(_months_later(self.begins_on, -12), self.months)

    def __str__(self) -> str:
        return self.label


def named_period(label: str) -> NamedPeriod:
    """ "2026-11" is a month, "2026-Q3" a quarter, "2026-27" or "2026/27" a financial year; else ValueError.

    "2010-11" is November 2010, because a month says no less than it means; the year is written "2010/11".
    """
    text = label.strip()
    try:
        if _LABEL.fullmatch(text):
            return NamedPeriod(Quarter.parse(text).begins_on, 3)
        if match := _TWO_NUMBERS.fullmatch(text):
            year, sign, number = int(match[1]), match[2], int(match[3])
            Quarter(year, 1)  # refuses years in which nobody can have been watched
            if sign == "-" and 1 <= number <= 12:
                return NamedPeriod(date(year, number, 1), 1)
            if number == (year + 1) % 100:
                return NamedPeriod(date(year, 4, 1), 12)
    except ValueError as problem:
        raise ValueError(f"{label!r} is no period: {problem}; {_FORMS}") from None
    raise ValueError(f"{label!r} is no period: {_FORMS}")


def _months_later(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
