"""Times that come once or again and again, by the wall clock of Europe/London. Pure.

    parse_wall("2026-12-05 22:00") -> datetime          without a zone: what a clock on the wall shows
    instant(wall) -> datetime                           in UTC; a time that does not exist that night moves forward
    Rule.parse("FREQ=MONTHLY;BYDAY=1SU") -> Rule        RFC 5545; or five cron fields: "0 2 * * 0"
    rule.begins(first, since, until)                    the wall clock times at which it begins, in order
    check_times(begins, length, rule)                   TimesInvalid says what is wrong, and about which of the three

- A time lasts its length of wall clock: 01:00 to 02:00 is two hours long on the night the clocks go back. On the night
  they go forward 01:30 does not exist; what begins then begins at 02:30 and keeps its length, so that nothing is
  negative or lost. An hour that comes twice is meant the first time.
- Cron fields are turned into an RRULE, so that both have one meaning. Days of the week are cron's: 0 and 7 are Sunday.
- Refused are rules that never come true, that give more than 10,000 times a year, and whose times run into each other,
  which would be maintenance without end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

from agent.calendar_uk import LONDON

LONGEST = timedelta(days=31)
MOST_IN_A_YEAR = 10_000  # hourly is 8,784: more often than that nobody maintains anything
YEARS = range(2000, 2090)  # 2100 is no leap year: until ten years before it one rule serves to find like years
_WALL = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{1,2}:\d{2}(?::\d{2})?)")
_ENGLISH = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})[ T]+(\d{1,2}:\d{2})")
_ZONE = re.compile(r"(Z|[+-]\d{2}:?\d{2}|\s*(UTC|GMT|BST))$")


class TimesInvalid(ValueError):
    """Times that cannot be used: about `begins`, `length` or `repeat`, in one line."""

    def __init__(self, about: Literal["begins", "length", "repeat"], message: str, suggestion: str = "") -> None:
        super().__init__(f"{message} ({suggestion})" if suggestion else message)
        self.about, self.message, self.suggestion = about, message, suggestion


# ---------------------------------------------------------------- the wall clock
def parse_wall(value: object) -> datetime:
    """'2026-12-05 22:00' (or what YAML has made of it) as a time without zone; TimesInvalid says what is wrong."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            raise TimesInvalid("begins", "times are those of the clock in London, without a zone", "leave the zone out")
        return _in_bounds(value.replace(microsecond=0, fold=0))
    if isinstance(value, date):
        raise TimesInvalid("begins", "a date and a time are wanted", f'write "{value.isoformat()} 22:00"')
    text = value.strip() if isinstance(value, str) else str(value)
    match = _WALL.fullmatch(text)
    if match is not None:
        try:
            hours, _, rest = match[2].partition(":")
            return _in_bounds(datetime.fromisoformat(f"{match[1]}T{hours:0>2}:{rest}"))
        except TimesInvalid:
            raise
        except ValueError:
            raise TimesInvalid("begins", f"there is no time {text}") from None
    if _ZONE.search(text) and _WALL.match(text):
        raise TimesInvalid("begins", "times are those of the clock in London, without a zone", "leave the zone out")
    english = _ENGLISH.fullmatch(text)
    hint = f"did you mean {english[3]}-{int(english[2]):02}-{int(english[1]):02} {english[4]}?" if english else ""
    raise TimesInvalid("begins", f'a time is written "2026-12-05 22:00", not {text[:60]!r}', hint)


def _in_bounds(wall: datetime) -> datetime:
    if wall.year not in YEARS:
        raise TimesInvalid("begins", f"{wall.year} is no year that anything is planned for")
    return wall


def wall_text(wall: datetime) -> str:
    return f"{wall:%Y-%m-%d %H:%M:%S}" if wall.second else f"{wall:%Y-%m-%d %H:%M}"


def wall_of(at: datetime) -> datetime:
    """What the clock in London shows at an instant."""
    return at.astimezone(LONDON).replace(tzinfo=None, fold=0)


def instant(wall: datetime) -> datetime:
    """When the clock in London shows this: the first time if it does so twice, moved forward if it never does."""
    return wall.replace(tzinfo=LONDON, fold=0).astimezone(UTC)


def exists(wall: datetime) -> bool:
    return wall_of(instant(wall)) == wall


def stretch(wall: datetime, length: timedelta) -> tuple[datetime, datetime]:
    """From when until when, in UTC, something lasts that begins at a time of the wall clock."""
    began = instant(wall)
    return began, instant(wall_of(began) + length)


# ---------------------------------------------------------------- rules
_FREQUENCIES = {"YEARLY": 0, "MONTHLY": 1, "WEEKLY": 2, "DAILY": 3, "HOURLY": 4}  # dateutil's numbers
_STEPS = {2: timedelta(weeks=1), 3: timedelta(days=1), 4: timedelta(hours=1)}
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?")
# Part > dateutil's word for it, least, most, whether it may be counted from the end.
_NUMBERS: Mapping[str, tuple[str, int, int, bool]] = {
    "BYMONTH": ("bymonth", 1, 12, False),
    "BYMONTHDAY": ("bymonthday", 1, 31, True),
    "BYYEARDAY": ("byyearday", 1, 366, True),
    "BYWEEKNO": ("byweekno", 1, 53, True),
    "BYHOUR": ("byhour", 0, 23, False),
    "BYMINUTE": ("byminute", 0, 59, False),
    "BYSETPOS": ("bysetpos", 1, 366, True),
}
_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", *_NUMBERS, "WKST")
_NOT_WITH = {"BYMONTHDAY": ("WEEKLY",), "BYYEARDAY": ("DAILY", "WEEKLY", "MONTHLY")}  # RFC 5545 section 3.3.10


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One rule as dateutil takes it. `until` and `count` end it; without them it goes on for ever."""

    text: str
    frequency: int
    interval: int
    options: Mapping[str, Any]
    count: int | None = None
    until: datetime | None = None

    @classmethod
    def parse(cls, text: str) -> Rule:
        """An RRULE or five cron fields; TimesInvalid says what is wrong with it."""
        return _parsed(text)

    @property
    def is_endless(self) -> bool:
        return self.count is None and self.until is None

    def begins(self, first: datetime, since: datetime, until: datetime) -> Iterator[datetime]:
        """Times of the wall clock from `since` up to and with `until`, in order; `first` is where the rule begins."""
        start = first
        step = _STEPS.get(self.frequency)
        if self.count is None and step is not None and since > first:
            # Not every day since the year the rule was written: from just before the time that is asked about.
            start += max(0, (since - first) // (step * self.interval) - 1) * step * self.interval
        for found in self._from(start, self.count, self.until):
            if found > until:
                return
            if found >= since and found >= first:
                yield found

    def _from(self, start: datetime, count: int | None, until: datetime | None) -> Iterator[datetime]:
        from dateutil.rrule import rrule  # only who has a rule pays for the import

        rule = rrule(self.frequency, start, self.interval, count=count, until=until, **self.options)  # type: ignore[arg-type]
        return iter(rule)

    def check(self, first: datetime, length: timedelta) -> None:
        """TimesInvalid where it gives no times, too many, none at `first`, or times that run into each other."""
        if self.until is not None and self.until < first:
            raise TimesInvalid("repeat", f"it ends ({wall_text(self.until)}) before its first time")
        try:
            near = self._first_year(first)
        except ValueError as problem:  # dateutil's word on hours that an interval never meets
            raise TimesInvalid("repeat", f"it cannot be worked out: {str(problem).rstrip('.').lower()}") from None
        if not near:
            raise TimesInvalid("repeat", "it gives no time at all in the ten years after its first")
        if near[0] != first:
            words = f"{wall_text(first)} (a {first:%A}) is none of the times that the rule gives"
            raise TimesInvalid("begins", words, f"the next that is one: {wall_text(near[0])}, a {near[0]:%A}")
        if len(near) > MOST_IN_A_YEAR:
            raise TimesInvalid("repeat", f"it gives more than {MOST_IN_A_YEAR:,} times in a year")
        for one, other in pairwise(near):
            if other - one <= length:
                words = f"its times run into each other: each lasts {_words(length)}, and the next begins after "
                raise TimesInvalid("repeat", words + _words(other - one))

    def _first_year(self, first: datetime) -> list[datetime]:
        """The times of the first year or, if there are none, the first within ten years.

        A rule that never comes true is looked for until the last year of the calendar, which takes dateutil seconds
        from today on. So it is asked in a year shortly before the last that has the same days, as have those after it.
        """
        late = next(
            year
            for year in range(9960, 9988)
            if year % 4 == first.year % 4 and date(year, 1, 1).weekday() == date(first.year, 1, 1).weekday()
        )
        moved = first.replace(year=late)
        found: list[datetime] = []
        until = None if self.until is None else moved + min(self.until - first, timedelta(days=3653))
        for time in self._from(moved, self.count, until):
            if len(found) > MOST_IN_A_YEAR or time - moved > timedelta(days=366 if found else 3653):
                break
            found.append(first + (time - moved))
        return found


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Rule:
    stripped = text.strip()
    if "=" in stripped or ":" in stripped:
        return _rrule(text, stripped.upper().removeprefix("RRULE:"))
    if len(stripped.split()) == 5:
        return _cron(text, stripped.split())
    raise TimesInvalid(
        "repeat",
        f"{stripped[:60]!r} is neither an RRULE nor five cron fields",
        'for example FREQ=MONTHLY;BYDAY=1SU, or "0 2 * * 0" for Sundays at 02:00',
    )


def _rrule(text: str, body: str) -> Rule:
    parts: dict[str, str] = {}
    for part in body.split(";"):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if key not in _PARTS:
            what = "seconds are not used here" if key == "BYSECOND" else f"known: {', '.join(_PARTS)}"
            raise TimesInvalid("repeat", f"{key[:60]!r} is no part of a rule", what)
        if not equals or not value:
            raise TimesInvalid("repeat", f"{key} has no value")
        if key in parts:
            raise TimesInvalid("repeat", f"{key} stands twice")
        parts[key] = value
    frequency = parts.get("FREQ")
    if frequency is None:
        raise TimesInvalid("repeat", "FREQ is missing", f"FREQ={', '.join(_FREQUENCIES)}")
    if frequency not in _FREQUENCIES:
        words = "more often than every hour nothing is maintained" if frequency in ("MINUTELY", "SECONDLY") else ""
        raise TimesInvalid("repeat", words or f"FREQ={frequency[:60]} is not one of {', '.join(_FREQUENCIES)}")
    for key, frequencies in _NOT_WITH.items():
        if key in parts and frequency in frequencies:
            raise TimesInvalid("repeat", f"{key} does not go with FREQ={frequency}")
    if "BYWEEKNO" in parts and frequency != "YEARLY":
        raise TimesInvalid("repeat", "BYWEEKNO goes with FREQ=YEARLY only")
    if "BYSETPOS" in parts and not any(key.startswith("BY") and key != "BYSETPOS" for key in parts):
        raise TimesInvalid("repeat", "BYSETPOS picks from other BY parts, and there is none")
    options: dict[str, Any] = {"bysecond": None}
    for key, (word, least, most, from_end) in _NUMBERS.items():
        if key in parts:
            options[word] = [_number(key, one, least, most, from_end) for one in parts[key].split(",")]
    if "BYDAY" in parts:
        # Of a month there are five at most, and dateutil fails on more. In the weeks of a year there is one of each.
        months = frequency == "MONTHLY" or "BYMONTH" in parts
        most = 0 if frequency not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts else 5 if months else 53
        options["byweekday"] = [_weekday(one, most) for one in parts["BYDAY"].split(",")]
    if "WKST" in parts:
        if parts["WKST"] not in _DAYS:
            raise TimesInvalid("repeat", f"WKST={parts['WKST'][:20]} is no day of the week", ", ".join(_DAYS))
        options["wkst"] = _DAYS.index(parts["WKST"])
    if "COUNT" in parts and "UNTIL" in parts:
        raise TimesInvalid("repeat", "COUNT and UNTIL both say when it ends", "leave one of them out")
    return Rule(
        text=text,
        frequency=_FREQUENCIES[frequency],
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, 1000, False),
        options=options,
        count=_number("COUNT", parts["COUNT"], 1, 100_000, False) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
    )


def _number(key: str, text: str, least: int, most: int, from_end: bool) -> int:
    number = int(text) if re.fullmatch(r"[+-]?\d{1,6}", text.strip(), re.ASCII) else None
    if number is None or not least <= (abs(number) if from_end else number) <= most:
        also = f", or -{least} to -{most} from the end" if from_end else ""
        raise TimesInvalid("repeat", f"{key}={text[:20]} is out of range: {least} to {most}{also}")
    return number


def _weekday(text: str, most: int) -> Any:
    from dateutil.rrule import weekday

    match = _DAY.fullmatch(text.strip())
    if match is None:
        raise TimesInvalid("repeat", f"BYDAY={text[:20]} is no day of the week", f"{', '.join(_DAYS)}; 1SU, -1FR")
    if match[1] is None:
        return weekday(_DAYS.index(match[2]))
    if not most:
        raise TimesInvalid(
            "repeat", f"BYDAY={text} wants FREQ=MONTHLY or YEARLY, without BYWEEKNO: the number counts within it"
        )
    return weekday(_DAYS.index(match[2]), _number("BYDAY", match[1], 1, most, True))


def _until(text: str) -> datetime:
    """RFC 5545 wants UTC here; without the Z it is the wall clock; a day alone is meant with the whole day."""
    try:
        if _UNTIL.fullmatch(text) is None:
            raise ValueError
        if len(text) == 8:
            return datetime.fromisoformat(f"{text}T235959")
        found = datetime.fromisoformat(text[:15])
    except ValueError:
        raise TimesInvalid("repeat", f"UNTIL={text[:20]} is no time", "UNTIL=20271231") from None
    # "Until the year 9999" is how some calendars write for ever; no zone has a word to say about it.
    return wall_of(found.replace(tzinfo=UTC)) if text.endswith("Z") and found.year in YEARS else found


# ---------------------------------------------------------------- cron
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, ("", *_MONTHS)),
    ("day of the week", 0, 7, _WEEK),
)
_CRON = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d{1,3}))?", re.ASCII)


def _cron(text: str, fields: list[str]) -> Rule:
    minute, hour, day, month, week = (_field(field, *what) for field, what in zip(fields, _FIELDS, strict=True))
    if not fields[2].startswith("*") and not fields[4].startswith("*"):
        # Cron takes either, APScheduler and most people mean both: whichever we took, half of them would be wrong.
        words = "a day of the month and a day of the week in one line of cron mean either of them, not both"
        raise TimesInvalid("repeat", words, "for the first Sunday of a month write FREQ=MONTHLY;BYDAY=1SU")
    options: dict[str, Any] = {"bysecond": 0, "byminute": minute, "byhour": hour}
    if fields[2] != "*":
        options["bymonthday"] = day
    if fields[3] != "*":
        options["bymonth"] = month
    if fields[4] != "*":
        options["byweekday"] = sorted({(number + 6) % 7 for number in week})  # cron's 0 is Sunday, dateutil's Monday
    return Rule(text=text, frequency=_FREQUENCIES["DAILY"], interval=1, options=options)


def _field(field: str, what: str, least: int, most: int, names: tuple[str, ...]) -> list[int]:
    """The numbers one field stands for: *, 5, 1-5, */15, 8-18/2, mon-fri, and lists of them."""

    def number(word: str) -> int:
        known = word.lower() in names
        found = names.index(word.lower()) if known else int(word) if word.isdigit() and len(word) < 4 else -1
        if not least <= found <= most:
            raise TimesInvalid("repeat", f"{what} {word[:20]!r} is out of range: {least} to {most}")
        return found

    numbers: set[int] = set()
    for part in field.split(","):
        match = _CRON.fullmatch(part)
        if match is None or (match[4] is not None and (int(match[4]) == 0 or not (match[1] or match[3]))):
            raise TimesInvalid("repeat", f"{what} {part[:20]!r} cannot be read", "*, 5, 1-5, */15 and lists of them")
        if match[1]:
            first, last = least, most if names is not _WEEK else 6
        else:
            first = number(match[2])
            last = number(match[3]) if match[3] else first
            if names is _WEEK and last < first and match[3].lower() == "sun":
                last = 7  # fri-sun
        if last < first:
            raise TimesInvalid("repeat", f"{what} {part[:20]!r} runs backwards")
        numbers |= set(range(first, last + 1, int(match[4] or 1)))
    return sorted(numbers)


# ---------------------------------------------------------------- what a person wrote, as a whole
def check_times(begins: datetime, length: timedelta, rule: Rule | None) -> None:
    """TimesInvalid where something could not be what anybody means; times are those of the wall clock."""
    if length <= timedelta(0):
        raise TimesInvalid("length", "it ends before it begins" if length else "it ends as soon as it begins")
    if length > LONGEST:
        raise TimesInvalid("length", f"it lasts {_words(length)}: longer than {LONGEST.days} days is no maintenance")
    if rule is None:
        return
    if not exists(begins):
        words = f"the clocks go forward that night, and {wall_text(begins)} does not exist"
        raise TimesInvalid("begins", words, "begin with another of its days")
    rule.check(begins, length)


def _words(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    pieces = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join(f"{number} {unit}" for number, unit in pieces if number) or "less than a minute"
