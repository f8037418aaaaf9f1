"""Rules and the wall clock: what is refused, the nights of March and October, cron beside APScheduler's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from apscheduler.triggers.cron import CronTrigger
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.recurrence import Rule, TimesInvalid, check_times, exists, instant, parse_wall, stretch, wall_of, wall_text

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FIRST = parse_wall("2026-12-06 02:00")  # a Sunday, the first of the month


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def refused(repeat: str, first: datetime = FIRST, length: timedelta = HOUR) -> TimesInvalid:
    with pytest.raises(TimesInvalid) as caught:
        check_times(first, length, Rule.parse(repeat))
    return caught.value


# ---------------------------------------------------------------- the wall clock
@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2026-12-05 22:00", "2026-12-05 22:00"),
        ("2026-12-05T22:00", "2026-12-05 22:00"),
        (" 2026-12-05 6:05 ", "2026-12-05 06:05"),
        ("2026-12-05 22:00:30", "2026-12-05 22:00:30"),
    ],
)
def test_a_time_is_read_as_it_is_written(text: str, wall: str) -> None:
    assert wall_text(parse_wall(text)) == wall


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("2026-02-30 22:00", "there is no time 2026-02-30 22:00"),
        ("2026-12-05 25:00", "there is no time 2026-12-05 25:00"),
        ("05/12/2026 22:00", "did you mean 2026-12-05 22:00?"),
        ("2026-12-05 22:00Z", "without a zone"),
        ("2026-12-05 22:00+01:00", "without a zone"),
        ("2026-12-05 22:00 BST", "without a zone"),
        (datetime(2026, 12, 5, 22, tzinfo=UTC), "without a zone"),
        (datetime(2026, 12, 5, 22, tzinfo=UTC).date(), 'write "2026-12-05 22:00"'),
        ("tomorrow", "not 'tomorrow'"),
        ("", "not ''"),
        (5, "not '5'"),
        ("9999-12-31 22:00", "9999 is no year that anything is planned for"),
    ],
)
def test_what_is_no_time_is_refused_in_words(value: object, words: str) -> None:
    with pytest.raises(TimesInvalid) as caught:
        parse_wall(value)
    assert words in str(caught.value)


def test_what_does_not_exist_in_march_moves_forward_and_keeps_its_length() -> None:
    wall = parse_wall("2027-03-28 01:30")
    assert not exists(wall)
    assert stretch(wall, HOUR) == (utc("2027-03-28 01:30"), utc("2027-03-28 02:30"))
    assert wall_text(wall_of(instant(wall))) == "2027-03-28 02:30"
    # What ends in the hour that is left out lasts as long as it says.
    assert stretch(parse_wall("2027-03-28 00:30"), HOUR) == (utc("2027-03-28 00:30"), utc("2027-03-28 01:30"))


def test_an_hour_that_comes_twice_in_october_is_part_of_what_spans_it() -> None:
    assert stretch(parse_wall("2026-10-25 00:00"), 3 * HOUR) == (utc("2026-10-24 23:00"), utc("2026-10-25 03:00"))
    # Both ends in it: the first time it comes.
    assert stretch(parse_wall("2026-10-25 01:15"), 30 * MINUTE) == (utc("2026-10-25 00:15"), utc("2026-10-25 00:45"))


NIGHTS = st.sampled_from([datetime(2026, 10, 25), datetime(2027, 3, 28), datetime(2026, 7, 1)])  # noqa: DTZ001


@given(NIGHTS, st.integers(-600, 600), st.integers(1, 44_640))
def test_no_time_is_ever_negative_or_nothing(night: datetime, offset: int, minutes: int) -> None:
    began, ended = stretch(night + offset * MINUTE, minutes * MINUTE)
    assert ended > began
    assert abs((ended - began) - minutes * MINUTE) <= HOUR


# ---------------------------------------------------------------- rules
def starts(repeat: str, first: str, number: int) -> list[str]:
    begun = Rule.parse(repeat).begins(parse_wall(first), parse_wall(first), parse_wall("2089-12-31 00:00"))
    return [wall_text(wall) for wall in islice(begun, number)]


@pytest.mark.parametrize(
    ("repeat", "first", "times"),
    [
        ("FREQ=MONTHLY;BYDAY=1SU", "2026-12-06 02:00", ["2026-12-06 02:00", "2027-01-03 02:00", "2027-02-07 02:00"]),
        ("RRULE:freq=weekly;interval=2", "2026-12-05 22:00", ["2026-12-05 22:00", "2026-12-19 22:00"]),
        ("FREQ=DAILY;COUNT=2", "2026-12-05 22:00", ["2026-12-05 22:00", "2026-12-06 22:00"]),
        ("FREQ=DAILY;UNTIL=20261206", "2026-12-05 22:00", ["2026-12-05 22:00", "2026-12-06 22:00"]),
        ("FREQ=DAILY;UNTIL=20261206T215959", "2026-12-05 22:00", ["2026-12-05 22:00"]),
        # In UTC, which is an hour behind London's clock in summer.
        ("FREQ=DAILY;UNTIL=20260702T210000Z", "2026-07-01 22:00", ["2026-07-01 22:00", "2026-07-02 22:00"]),
        ("FREQ=DAILY;UNTIL=20260702T205959Z", "2026-07-01 22:00", ["2026-07-01 22:00"]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "2026-12-31 18:00", ["2026-12-31 18:00", "2027-01-29 18:00"]),
        ("FREQ=YEARLY", "2028-02-29 02:00", ["2028-02-29 02:00", "2032-02-29 02:00"]),
        ("0 2 * * 0", "2026-12-06 02:00", ["2026-12-06 02:00", "2026-12-13 02:00"]),
        ("0 2 * * 7", "2026-12-06 02:00", ["2026-12-06 02:00", "2026-12-13 02:00"]),
        ("0 2 * * 1", "2026-12-07 02:00", ["2026-12-07 02:00", "2026-12-14 02:00"]),  # Monday is 1, not 0
        ("0 2 * * sun", "2026-12-06 02:00", ["2026-12-06 02:00", "2026-12-13 02:00"]),
        ("0 2 * * 5-7", "2026-12-04 02:00", ["2026-12-04 02:00", "2026-12-05 02:00", "2026-12-06 02:00",
                                             "2026-12-11 02:00"]),
        ("30 22 1 jan,jul *", "2027-01-01 22:30", ["2027-01-01 22:30", "2027-07-01 22:30"]),
        ("0 */12 * * *", "2026-12-06 00:00", ["2026-12-06 00:00", "2026-12-06 12:00", "2026-12-07 00:00"]),
    ],
)  # fmt: skip
def test_a_rule_gives_its_times(repeat: str, first: str, times: list[str]) -> None:
    check_times(parse_wall(first), MINUTE, Rule.parse(repeat))
    finite = "COUNT" in repeat or "UNTIL" in repeat
    assert starts(repeat, first, len(times) + (1 if finite else 0)) == times


@pytest.mark.parametrize(
    ("repeat", "words"),
    [
        ("every Sunday", "'every Sunday' is neither an RRULE nor five cron fields"),
        ("0 2 * *", "neither an RRULE nor five cron fields"),
        ("@daily", "neither an RRULE nor five cron fields"),
        ("INTERVAL=2", "FREQ is missing"),
        ("FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY is not one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY"),
        ("FREQ=SECONDLY", "more often than every hour nothing is maintained"),
        ("FREQ=MINUTELY;INTERVAL=90", "more often than every hour nothing is maintained"),
        ("FREQ=DAILY;BYSECOND=0,1", "seconds are not used here"),
        ("FREQ=DAILY;BYWEEKDAY=SU", "'BYWEEKDAY' is no part of a rule"),
        ("FREQ=DAILY;BYEASTER=1", "'BYEASTER' is no part of a rule"),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ stands twice"),
        ("FREQ=DAILY;COUNT", "COUNT has no value"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL=0 is out of range: 1 to 1000"),  # dateutil would never come back
        ("FREQ=DAILY;COUNT=0", "COUNT=0 is out of range"),
        ("FREQ=DAILY;BYMONTH=13", "BYMONTH=13 is out of range: 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0 is out of range: 1 to 31, or -1 to -31 from the end"),
        ("FREQ=WEEKLY;BYDAY=1SU", "BYDAY=1SU wants FREQ=MONTHLY or YEARLY"),  # dateutil would leave the 1 out
        ("FREQ=MONTHLY;BYDAY=6FR", "BYDAY=6 is out of range: 1 to 5, or -1 to -5 from the end"),
        ("FREQ=YEARLY;BYMONTH=2;BYDAY=53FR", "BYDAY=53 is out of range: 1 to 5"),
        ("FREQ=YEARLY;BYWEEKNO=2;BYDAY=1FR", "BYDAY=1FR wants FREQ=MONTHLY or YEARLY"),
        ("FREQ=WEEKLY;BYDAY=SUNDAY", "BYDAY=SUNDAY is no day of the week"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO goes with FREQ=YEARLY only"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS picks from other BY parts"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "COUNT and UNTIL both say when it ends"),
        ("FREQ=DAILY;UNTIL=1/1/2027", "UNTIL=1/1/2027 is no time"),
        ("FREQ=DAILY;UNTIL=20271301", "UNTIL=20271301 is no time"),
        ("FREQ=DAILY;UNTIL=20261205", "it ends (2026-12-05 23:59:59) before its first time"),
        ("FREQ=DAILY;UNTIL=00010101T000000Z", "before its first time"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "it gives no time at all in the ten years after its first"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "it gives no time at all"),
        ("FREQ=HOURLY;INTERVAL=24;BYHOUR=3", "it cannot be worked out"),
        ("0 2 30 2 *", "it gives no time at all"),
        ("* * * * *", "it gives more than 10,000 times in a year"),
        ("*/30 * * * *", "it gives more than 10,000 times in a year"),
        ("61 2 * * *", "minute '61' is out of range: 0 to 59"),
        ("0 24 * * *", "hour '24' is out of range: 0 to 23"),
        ("0 2 * 0 *", "month '0' is out of range: 1 to 12"),
        ("0 2 * * 8", "day of the week '8' is out of range: 0 to 7"),
        ("0 2 * * monday", "day of the week 'monday' is out of range"),
        ("0 2 * * 0#1", "day of the week '0#1' cannot be read"),
        ("0 2 L * *", "day of the month 'L' is out of range"),
        ("0 2/3 * * *", "hour '2/3' cannot be read"),
        ("*/0 2 * * *", "minute '*/0' cannot be read"),
        ("0 5-2 * * *", "hour '5-2' runs backwards"),
        ("0 2 1-7 * 0", "mean either of them, not both (for the first Sunday of a month write FREQ=MONTHLY;BYDAY=1SU)"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused_in_words(repeat: str, words: str) -> None:
    problem = refused(repeat)
    assert words in str(problem)
    assert problem.about == "repeat"
    assert "\n" not in str(problem)


def test_a_first_time_that_is_none_is_told_with_the_one_that_is() -> None:
    problem = refused("FREQ=MONTHLY;BYDAY=1SU", parse_wall("2026-12-05 22:00"))
    assert problem.about == "begins"
    assert str(problem) == (
        "2026-12-05 22:00 (a Saturday) is none of the times that the rule gives "
        "(the next that is one: 2026-12-06 22:00, a Sunday)"
    )


def test_times_that_run_into_each_other_are_refused() -> None:
    problem = refused("FREQ=DAILY", length=timedelta(days=1))
    assert str(problem) == "its times run into each other: each lasts 1 d, and the next begins after 1 d"
    check_times(FIRST, timedelta(hours=23, minutes=59), Rule.parse("FREQ=DAILY"))


def test_a_rule_may_not_begin_at_a_time_that_does_not_exist() -> None:
    problem = refused("FREQ=DAILY", parse_wall("2027-03-28 01:30"))
    assert (problem.about, "2027-03-28 01:30 does not exist" in str(problem)) == ("begins", True)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(0), "it ends as soon as it begins"),
        (-HOUR, "it ends before it begins"),
        (timedelta(days=31, minutes=1), "it lasts 31 d 1 min: longer than 31 days is no maintenance"),
    ],
)
def test_a_length_that_cannot_be_is_refused(length: timedelta, words: str) -> None:
    with pytest.raises(TimesInvalid) as caught:
        check_times(FIRST, length, None)
    assert (caught.value.about, str(caught.value)) == ("length", words)
    check_times(FIRST, timedelta(days=31), None)


RULES = st.sampled_from(
    [
        "FREQ=HOURLY;INTERVAL=5",
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU;WKST=SU",
        "FREQ=WEEKLY;BYDAY=TU,SA",
        "FREQ=MONTHLY;BYMONTHDAY=31",
        "FREQ=DAILY;COUNT=400",
        "FREQ=YEARLY",
        "0 2,14 * * 6",
    ]
)


@settings(max_examples=40)
@given(RULES, st.integers(0, 3000), st.integers(1, 60))
def test_asking_late_gives_what_asking_from_the_beginning_gives(repeat: str, after: int, days: int) -> None:
    rule, first = Rule.parse(repeat), parse_wall("2020-02-01 02:00")
    since = first + timedelta(days=after)
    until = since + timedelta(days=days)
    whole = [wall for wall in rule.begins(first, first, until) if wall >= since]
    assert list(rule.begins(first, since, until)) == whole


NUMBERS = st.lists(st.integers(-400, 400), min_size=1, max_size=3).map(lambda some: ",".join(map(str, some)))
PARTS = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"])},
    optional={
        "INTERVAL": st.sampled_from(["1", "2", "5", "24", "999"]),
        "COUNT": st.sampled_from(["1", "50", "100000"]),
        "UNTIL": st.sampled_from(["20270101", "99991231T235959Z", "21000301T000000"]),
        "BYMONTH": st.integers(1, 12).map(str),
        "BYMONTHDAY": st.integers(-31, 31).map(str),
        "BYYEARDAY": st.sampled_from(["366", "-1", "60"]),
        "BYWEEKNO": st.sampled_from(["53", "-53", "1"]),
        "BYDAY": st.sampled_from(["SU", "1SU", "-5MO", "53FR", "MO,TU"]),
        "BYHOUR": st.sampled_from(["2", "0,23"]),
        "BYMINUTE": st.sampled_from(["0", "59,1"]),
        "BYSETPOS": st.sampled_from(["1", "-1", "366"]),
        "WKST": st.sampled_from(["MO", "SU"]),
    },
)


@settings(max_examples=150, deadline=None)
@given(
    PARTS.map(lambda parts: ";".join(f"{k}={v}" for k, v in parts.items())),
    st.sampled_from([2000, 2026, 2027, 2028, 2077]),
)
def test_any_rule_is_taken_or_refused_in_words_and_gives_times_from_its_first_on(repeat: str, year: int) -> None:
    first = datetime(year, 3, 1, 2, 0)  # noqa: DTZ001
    problem = problem_of(repeat, first)
    if problem is not None and problem.about == "begins":
        # What it names instead, found in another year, is there in this one, and may be begun with.
        named = parse_wall(problem.suggestion.partition(": ")[2].partition(", ")[0])
        assert next(Rule.parse(repeat).begins(first, first, first + timedelta(days=3660))) == named
        first, problem = named, problem_of(repeat, named)
        assert problem is None or problem.about == "repeat" or not exists(named)
    if problem is None:
        assert next(Rule.parse(repeat).begins(first, first, first)) == first
    else:
        assert str(problem).isprintable()


def problem_of(repeat: str, first: datetime) -> TimesInvalid | None:
    try:
        check_times(first, MINUTE, Rule.parse(repeat))
    except TimesInvalid as problem:
        return problem
    return None


@given(st.text(max_size=40) | st.from_regex(r"([0-9*/,a-z-]{1,5} ){4}[0-9*/,a-z-]{1,5}", fullmatch=True))
def test_any_text_is_a_rule_or_refused_in_one_line(text: str) -> None:
    problem = problem_of(text, FIRST)
    assert problem is None or str(problem).isprintable()


# ---------------------------------------------------------------- cron, beside another reading of it
CRON_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
PLAIN = st.sampled_from(["*", "0", "7", "1,22", "3-9", "2-20/6"])


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, str]:
    """A cron line, and the same as APScheduler has it: there days of the week are counted from Monday."""
    minute = draw(st.sampled_from(["0", "15,45", "*/20"]))
    hour = draw(PLAIN)
    month = draw(st.sampled_from(["*", "2", "jan,jul", "4-9/2"]))
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    if draw(st.booleans()):
        return f"{minute} {hour} {draw(st.sampled_from(['1', '28-31', '*/10']))} {month} *", ""
    week = ",".join(str(day) for day in sorted(days))
    return f"{minute} {hour} * {month} {week}", ",".join(CRON_DAYS[day] for day in sorted(days))


def fired(line: str, since: datetime) -> Iterator[datetime]:
    trigger, at = CronTrigger.from_crontab(line, UTC), since
    while (found := trigger.get_next_fire_time(None, at)) is not None:
        yield found.replace(tzinfo=None)
        at = found + timedelta(seconds=1)


@settings(max_examples=60, deadline=None)
@given(lines())
def test_cron_lines_give_what_apscheduler_gives_for_the_same_days(line: tuple[str, str]) -> None:
    ours, days = line
    theirs = ours if not days else " ".join([*ours.split()[:4], days])
    since = parse_wall("2026-12-01 00:00")
    begun = Rule.parse(ours).begins(since, since, parse_wall("2089-12-31 00:00"))
    assert list(islice(begun, 25)) == list(islice(fired(theirs, since.replace(tzinfo=UTC)), 25))
