"""Service hours and financial quarters, with the bank holidays and the clock changes of England."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calendar_uk import (
    ALWAYS,
    DESK,
    NamedPeriod,
    Quarter,
    ServiceHours,
    bank_holidays,
    is_working_day,
    named_period,
    quarter_of,
    service_seconds,
    service_spans,
)

LONDON = ZoneInfo("Europe/London")
HOUR = 3600


def london(*when: int) -> datetime:
    return datetime(*when, tzinfo=LONDON)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        pytest.param(london(2026, 11, 2, 9), london(2026, 11, 2, 13), 4, id="a Monday morning"),
        pytest.param(london(2026, 11, 2, 6), london(2026, 11, 2, 23), 10, id="a whole working day"),
        pytest.param(london(2026, 11, 6, 17), london(2026, 11, 9, 9), 2, id="over a weekend"),
        pytest.param(london(2026, 11, 7, 0), london(2026, 11, 9, 8), 0, id="a weekend"),
        pytest.param(london(2026, 12, 24, 17), london(2026, 12, 29, 9), 2, id="Christmas, with a substitute"),
        pytest.param(london(2027, 3, 25, 17), london(2027, 3, 30, 9), 2, id="Easter: Good Friday and Easter Monday"),
        pytest.param(london(2026, 3, 27, 17), london(2026, 3, 30, 9), 2, id="clocks go forward in the weekend"),
        pytest.param(london(2026, 10, 23, 17), london(2026, 10, 26, 9), 2, id="clocks go back in the weekend"),
        pytest.param(london(2026, 7, 1, 7), london(2026, 7, 1, 9), 1, id="summer: 08:00 in London is 07:00 UTC"),
        pytest.param(datetime(2026, 7, 1, 7, tzinfo=UTC), datetime(2026, 7, 1, 8, tzinfo=UTC), 1, id="the same in UTC"),
        pytest.param(london(2026, 11, 2, 13), london(2026, 11, 2, 9), 0, id="ends before it starts"),
    ],
)  # fmt: skip
def test_service_hours_between(start: datetime, end: datetime, hours: float) -> None:
    assert service_seconds(start, end) == hours * HOUR


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 12, 25), False),
        (date(2026, 12, 28), False),  # Boxing Day is a Saturday
        (date(2026, 8, 31), False),  # summer bank holiday of England
        (date(2026, 8, 3), True),  # and that of Scotland
        (date(2022, 9, 19), False),  # the Queen's funeral
        (date(2023, 5, 8), False),  # the coronation
        (date(2026, 3, 17), True),  # St Patrick's Day is Northern Ireland's
        (date(2026, 11, 7), False),
        (date(2026, 11, 6), True),
    ],
)
def test_working_days_are_those_of_england(day: date, working: bool) -> None:
    assert is_working_day(day) is working


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        service_seconds(datetime(2026, 1, 1), datetime(2026, 1, 2))  # noqa: DTZ001


INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, st.integers(0, 40 * 24 * HOUR), st.integers(0, 40 * 24 * HOUR))
def test_service_time_is_never_more_than_elapsed_and_adds_up(start: datetime, first: int, second: int) -> None:
    middle = start + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    whole = service_seconds(start, end)
    assert 0 <= whole <= first + second
    assert whole == pytest.approx(service_seconds(start, middle) + service_seconds(middle, end))
    assert all(b - a <= timedelta(hours=10) for a, b in service_spans(start, end))


# ---------------------------------------------------------------- hours of a service
@pytest.mark.parametrize(
    ("text", "hours", "printed"),
    [
        ("Mon-Fri 08:00-18:00", DESK, None),
        ("Mon-Sat 07:30-22:00, bank holidays too", ServiceHours((0, 1, 2, 3, 4, 5), time(7, 30), time(22), True), None),
        ("always", ALWAYS, None),
        (" ALWAYS ", ALWAYS, "always"),
        ("Mon-Sun 00:00-24:00, bank holidays too", ALWAYS, "always"),
        ("Mon-Sun 00:00-24:00", ServiceHours(tuple(range(7)), time(), time()), None),
        ("Sat 10:00-24:00", ServiceHours((5,), time(10), time()), None),
        ("mon, WED,sat-sun 09:00 - 12:00,bank holidays too", ServiceHours((0, 2, 5, 6), time(9), time(12), True),
         "Mon,Wed,Sat-Sun 09:00-12:00, bank holidays too"),
        ("Sat-Mon 09:00-12:00", ServiceHours((0, 5, 6), time(9), time(12)), "Mon,Sat-Sun 09:00-12:00"),
    ],
)  # fmt: skip
def test_service_hours_are_read_and_written(text: str, hours: ServiceHours, printed: str | None) -> None:
    assert ServiceHours.parse(text) == hours
    assert str(hours) == (printed or text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "are no service hours: write days and times such as Mon-Fri 08:00-18:00"),
        ("9 to 5", "or always"),
        ("Mon-Fri", "are no service hours"),
        ("08:00-18:00", "are no service hours"),
        ("Mon-Fri 8:00-18:00", "are no service hours"),
        ("Mon-Fri 08:00-18:00, holidays too", "are no service hours"),
        ("Mon-Fry 08:00-18:00", "'Fry' is no day of the week: write Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
        ("Mon- 08:00-18:00", "'' is no day of the week"),
        ("Mon-Tue-Wed 08:00-18:00", "'Tue-Wed' is no day of the week"),
        ("Mon,,Tue 08:00-18:00", "'' is no day of the week"),
        ("Mon-Fri 24:00-25:00", "there is no 24:00 on a clock"),
        ("Mon-Fri 08:60-18:00", "there is no 08:60 on a clock"),
        ("Mon-Fri 08:00-24:30", "there is no 24:30 on a clock"),
        ("Mon-Fri 08:00-00:00", "close at 24:00, not at 00:00"),
        ("Mon-Fri 18:00-08:00", "close after they open, on the same day: 18:00-08:00 does not"),
        ("Mon-Fri 08:00-08:00", "close after they open"),
    ],
)
def test_malformed_service_hours_are_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        ServiceHours.parse(text)


@pytest.mark.parametrize("days", [(), (1, 0), (0, 0), (7,)])
def test_service_hours_have_days_in_order(days: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="at least one day"):
        ServiceHours(days)


CLOCKS = st.times().map(lambda t: t.replace(second=0, microsecond=0))
HOURS = st.builds(
    lambda days, a, b, too: ServiceHours(tuple(sorted(days)), min(a, b), max(a, b) if a != b else time(), too),
    st.sets(st.integers(0, 6), min_size=1), CLOCKS, CLOCKS, st.booleans(),
)  # fmt: skip


@given(HOURS)
def test_service_hours_that_are_written_are_read_as_the_same(hours: ServiceHours) -> None:
    assert ServiceHours.parse(str(hours)) == hours


@pytest.mark.parametrize(
    ("hours", "start", "end", "expected"),
    [
        pytest.param("always", london(2026, 3, 29), london(2026, 3, 30), 23, id="March, the whole day"),
        pytest.param("always", london(2026, 10, 25), london(2026, 10, 26), 25, id="October, the whole day"),
        pytest.param("Sun 00:00-24:00", london(2026, 3, 28), london(2026, 3, 31), 23, id="March, to 24:00"),
        pytest.param("Sun 00:00-24:00", london(2026, 10, 24), london(2026, 10, 27), 25, id="October, to 24:00"),
        pytest.param("Sun 00:00-08:00", london(2026, 3, 29), london(2026, 3, 30), 7, id="March, over the change"),
        pytest.param("Sun 00:00-08:00", london(2026, 10, 25), london(2026, 10, 26), 9, id="October, over the change"),
        pytest.param("Sun 01:30-03:00", london(2026, 3, 29), london(2026, 3, 30), 1, id="March, opens while skipped"),
        pytest.param("Sun 00:00-01:30", london(2026, 3, 29), london(2026, 3, 30), 1, id="March, closes while skipped"),
        pytest.param("Sun 01:15-01:45", london(2026, 3, 29), london(2026, 3, 30), 0, id="March, wholly skipped"),
        pytest.param("Sun 01:30-03:00", london(2026, 10, 25), london(2026, 10, 26), 2.5, id="October, opens at first"),
        pytest.param("Sun 00:00-01:30", london(2026, 10, 25), london(2026, 10, 26), 2.5, id="October, closes at last"),
        pytest.param("Mon-Fri 08:00-18:00", london(2026, 12, 25), london(2026, 12, 26), 0, id="Christmas"),
        pytest.param("Mon-Fri 08:00-18:00, bank holidays too", london(2026, 12, 25), london(2026, 12, 26), 10,
                     id="Christmas too"),
        pytest.param("Mon-Sun 00:00-24:00", london(2026, 12, 24), london(2026, 12, 27), 48, id="all but Christmas"),
    ],
)  # fmt: skip
def test_hours_of_a_service_between(hours: str, start: datetime, end: datetime, expected: float) -> None:
    assert service_seconds(start, end, ServiceHours.parse(hours)) == expected * HOUR


@given(st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC)), HOURS)  # noqa: DTZ001
def test_an_instant_is_in_service_hours_if_the_clock_in_london_says_so(when: datetime, hours: ServiceHours) -> None:
    here = when.astimezone(LONDON)
    if here.date() in {date(y, m, d) for y in range(2024, 2028) for m in (3, 10) for d in range(25, 32)}:
        return  # the nights of the changes have examples of their own
    closes = hours.closes if hours.closes != time() else time.max
    open_day = here.weekday() in hours.days and (hours.bank_holidays or here.date() not in bank_holidays(here.year))
    second = timedelta(seconds=1)
    expected = open_day and hours.opens <= here.time().replace(microsecond=0) < closes
    start = when.replace(microsecond=0)
    assert (service_seconds(start, start + second, hours) == 1) is expected


# ---------------------------------------------------------------- quarters
@pytest.mark.parametrize(
    ("label", "first", "after", "title"),
    [
        ("2026-Q1", date(2026, 4, 1), date(2026, 7, 1), "Quarter 1 of 2026/27 (April to June 2026)"),
        ("2026-Q3", date(2026, 10, 1), date(2027, 1, 1), "Quarter 3 of 2026/27 (October to December 2026)"),
        ("2026-Q4", date(2027, 1, 1), date(2027, 4, 1), "Quarter 4 of 2026/27 (January to March 2027)"),
        ("1999-Q4", date(2000, 1, 1), date(2000, 4, 1), "Quarter 4 of 1999/00 (January to March 2000)"),
    ],
)
def test_a_quarter_is_named_by_the_year_its_financial_year_begins_in(
    label: str, first: date, after: date, title: str
) -> None:
    quarter = Quarter.parse(label)
    assert (quarter.begins_on, quarter.ends_on, quarter.title, str(quarter)) == (first, after, title, label)


def test_quarters_begin_and_end_at_midnight_in_london() -> None:
    quarter = Quarter(2026, 2)
    assert quarter.began_at == datetime(2026, 6, 30, 23, tzinfo=UTC)
    assert quarter.ends_at == datetime(2026, 9, 30, 23, tzinfo=UTC)
    assert Quarter(2026, 4).ends_at == datetime(2027, 3, 31, 23, tzinfo=UTC)
    assert Quarter(2026, 3).ends_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_an_instant_belongs_to_the_quarter_of_its_day_in_london() -> None:
    assert quarter_of(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == Quarter(2026, 2)
    assert quarter_of(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == Quarter(2026, 3)


@given(st.dates(date(1995, 1, 1), date(2150, 1, 1)))
def test_every_day_lies_in_its_quarter_and_in_no_other(day: date) -> None:
    quarter = quarter_of(day)
    assert quarter.begins_on <= day < quarter.ends_on
    assert quarter.next.previous == quarter
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.ends_at == quarter.next.began_at


@pytest.mark.parametrize("label", ["2026-Q5", "2026-Q0", "26-Q3", "2026Q3", "Q3 2026", "", "1066-Q1"])
def test_a_malformed_quarter_is_refused_with_words(label: str) -> None:
    with pytest.raises(ValueError, match=r"quarter|year"):
        Quarter.parse(label)


# ---------------------------------------------------------------- periods by name
@pytest.mark.parametrize(
    ("label", "first", "after", "title"),
    [
        ("2026-11", date(2026, 11, 1), date(2026, 12, 1), "November 2026"),
        ("2026-12", date(2026, 12, 1), date(2027, 1, 1), "December 2026"),
        ("2026-Q3", date(2026, 10, 1), date(2027, 1, 1), "Quarter 3 of 2026/27 (October to December 2026)"),
        ("2026-27", date(2026, 4, 1), date(2027, 4, 1), "Financial year 2026/27 (April 2026 to March 2027)"),
        ("2010/11", date(2010, 4, 1), date(2011, 4, 1), "Financial year 2010/11 (April 2010 to March 2011)"),
        ("2010-11", date(2010, 11, 1), date(2010, 12, 1), "November 2010"),
        ("2099-00", date(2099, 4, 1), date(2100, 4, 1), "Financial year 2099/00 (April 2099 to March 2100)"),
    ],
)
def test_months_quarters_and_years_have_names(label: str, first: date, after: date, title: str) -> None:
    period = named_period(label)
    assert (period.begins_on, period.ends_on, period.title, period.label, str(period)) == (
        first, after, title, label, label
    )  # fmt: skip


def test_a_financial_year_may_be_written_with_a_slash() -> None:
    assert named_period("2026/27") == named_period(" 2026-27 ")


def test_named_periods_begin_and_end_at_midnight_in_london() -> None:
    october, year = named_period("2026-10"), named_period("2026-27")
    assert (october.began_at, october.ends_at) == (
        datetime(2026, 9, 30, 23, tzinfo=UTC),
        datetime(2026, 11, 1, tzinfo=UTC),
    )
    assert october.window.length == timedelta(days=31, hours=1)
    assert (year.began_at, year.ends_at) == (
        datetime(2026, 3, 31, 23, tzinfo=UTC), datetime(2027, 3, 31, 23, tzinfo=UTC)
    )  # fmt: skip
    assert named_period("2026-Q2").window.began_at == Quarter(2026, 2).began_at


@pytest.mark.parametrize(
    ("label", "previous", "year_before"),
    [("2026-01", "2025-12", "2025-01"), ("2026-Q1", "2025-Q4", "2025-Q1"), ("2026-27", "2025-26", "2025-26")],
)
def test_a_period_knows_the_one_before_and_that_of_a_year_before(label: str, previous: str, year_before: str) -> None:
    period = named_period(label)
    assert (period.previous.label, period.year_before.label) == (previous, year_before)
    assert period.previous.ends_at == period.began_at
    assert period.previous.next == period


@given(st.dates(date(1995, 1, 1), date(2150, 1, 1)), st.sampled_from([1, 3, 12]))
def test_every_label_names_its_period(day: date, months: int) -> None:
    first = {1: day.replace(day=1), 3: quarter_of(day).begins_on, 12: date(day.year, 4, 1)}[months]
    period = NamedPeriod(first, months)
    assert named_period(period.label) == period


@pytest.mark.parametrize(
    "label", ["", "2026", "2026-13", "2026-00", "2026/11", "2026-28", "26-27", "2026-Q5", "1066-05", "2026-11-01", "Q3"]
)
def test_a_malformed_period_is_refused_with_the_three_forms(label: str) -> None:
    with pytest.raises(ValueError, match=r"is no period: .*2026-11, .*2026-Q3, .*2026-27$"):
        named_period(label)


def test_a_bank_holiday_that_would_fall_on_a_weekend_is_one_on_a_weekday_and_not_twice() -> None:
    """Boxing Day 2026 is a Saturday (gov.uk/bank-holidays: Monday 28 December, substitute day)."""
    saturdays = ServiceHours.parse("Mon-Sat 08:00-18:00")
    assert service_seconds(london(2026, 12, 26, 0), london(2026, 12, 27, 0), saturdays) == 36000
    assert service_seconds(london(2026, 12, 28, 0), london(2026, 12, 29, 0), saturdays) == 0
