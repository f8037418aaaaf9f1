"""Service hours and financial quarters, with the bank holidays and the clock changes of England."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.calendar_uk import Quarter, is_working_day, quarter_of, service_seconds, service_spans

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
