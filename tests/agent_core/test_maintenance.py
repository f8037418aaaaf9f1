"""Planned maintenance: its times, what it covers, what people may write, and what the ledger must be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.accounting.periods import Period, merge, total
from agent.facts import Window, WindowEnd
from agent.inventory import Estate
from agent.inventory.model import Device, Link, Maintenance, Service, Site
from agent.maintenance import Plan, WindowInvalid, checked, covers, plan_changes, subject_named, times_of, upcoming
from agent.recurrence import LONDON, instant, parse_wall, wall_of, wall_text

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
YEAR = Period(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))


def london(text: str) -> datetime:
    return instant(parse_wall(text))


def window(begins: str, ends: str, repeat: str = "", number: int = 1, **changes: Any) -> Window:
    made = Window(
        UUID(int=number), ("device:a",), ("device:a",), london(begins), london(ends), "network team", "firmware", repeat
    )
    return replace(made, **changes)


def estate(**maintenance: Maintenance) -> Estate:
    def device(name: str, site: str) -> Device:
        return Device(**{"name": name, "address": "192.0.2.1", "class": "switch", "site": site})

    return Estate(
        sites={name: Site(title=name, kind="office", owner="x") for name in ("wallfields", "theatre")},
        devices={"sw-1": device("sw-1", "wallfields"), "sw-2": device("sw-2", "theatre")},
        links={"wf-a": Link(site="wallfields", supplier="BT"), "theatre": Link(site="theatre", supplier="BT")},
        services={"email": Service(title="E-mail", owner="both", needs="device:sw-1")},
        maintenance=maintenance,
    )


# ---------------------------------------------------------------- times
def test_a_window_that_comes_once_is_there_once_and_cut_to_what_is_asked() -> None:
    once = window("2026-12-05 22:00", "2026-12-06 02:00")
    whole = Period(once.begins_at, once.ends_at)
    assert times_of(once, YEAR) == [whole]
    inside = Period(once.begins_at + HOUR, once.ends_at - HOUR)
    assert times_of(once, inside) == [inside]
    assert times_of(once, Period(once.begins_at - DAY, once.begins_at)) == []
    assert times_of(once, Period(once.ends_at, once.ends_at + DAY)) == []


def test_what_reaches_into_a_period_from_before_it_is_there() -> None:
    monthly = window("2026-12-01 00:00", "2026-12-29 00:00", "FREQ=MONTHLY")
    late = Period(london("2027-01-28 12:00"), london("2027-01-31 00:00"))
    assert times_of(monthly, late) == [Period(late.began_at, london("2027-01-29 00:00"))]


def test_what_was_written_down_late_counts_from_then_on() -> None:
    once = window("2026-12-05 22:00", "2026-12-06 02:00", recorded_at=london("2026-12-05 23:30"))
    assert times_of(once, YEAR) == [Period(london("2026-12-05 23:30"), once.ends_at)]
    assert times_of(replace(once, recorded_at=once.ends_at), YEAR) == []
    after = replace(once, recorded_at=once.ends_at + DAY, after_the_fact=True)
    assert times_of(after, YEAR) == [Period(once.begins_at, once.ends_at)]


def test_what_was_ended_is_over_from_then_on() -> None:
    daily = window("2026-12-05 22:00", "2026-12-06 02:00", "FREQ=DAILY", ended_at=london("2026-12-06 23:00"))
    assert times_of(daily, YEAR) == [
        Period(daily.begins_at, daily.ends_at),
        Period(london("2026-12-06 22:00"), london("2026-12-06 23:00")),
    ]
    assert times_of(replace(daily, ended_at=daily.begins_at - DAY, recorded_at=NOW - DAY), YEAR) == []


@pytest.mark.parametrize("repeat", ["FREQ=DAILY", "30 1 * * *"])
def test_a_daily_rule_keeps_the_clock_on_the_wall_all_year(repeat: str) -> None:
    daily = window("2026-12-01 01:30", "2026-12-01 03:00", repeat)
    times = times_of(daily, YEAR)
    assert len(times) == 365
    shown = {(f"{t.began_at.astimezone(LONDON):%H:%M}", f"{t.ended_at.astimezone(LONDON):%H:%M}") for t in times}
    # But for the night in March on which there is no 01:30.
    assert shown == {("01:30", "03:00"), ("02:30", "04:00")}
    lengths = {t.began_at.date().isoformat(): t.length for t in times if t.length != timedelta(minutes=90)}
    assert lengths == {"2027-10-31": timedelta(minutes=150)}


def test_an_hour_of_the_wall_clock_is_two_hours_when_the_clocks_go_back() -> None:
    daily = window("2026-12-01 01:00", "2026-12-01 02:00", "FREQ=DAILY")
    (october,) = times_of(daily, Period(london("2027-10-30 12:00"), london("2027-10-31 12:00")))
    assert (october.began_at, october.length) == (datetime(2027, 10, 31, 0, 0, tzinfo=UTC), 2 * HOUR)
    (march,) = times_of(daily, Period(london("2027-03-27 12:00"), london("2027-03-28 12:00")))
    assert (march.began_at, march.length) == (datetime(2027, 3, 28, 1, 0, tzinfo=UTC), HOUR)


MINUTES = st.integers(0, 60 * 24 * 500)
RULES = st.sampled_from(
    ["", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA,SU", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=HOURLY;INTERVAL=7",
     "FREQ=DAILY;COUNT=9", "30 1 * * *", "0 */6 * * 0,3"]
)  # fmt: skip


@st.composite
def windows(draw: st.DrawFn) -> Window:
    first = parse_wall("2026-10-01 01:30") + timedelta(minutes=draw(st.integers(0, 60 * 24 * 200)))
    begins = instant(first)
    ends = instant(wall_of(begins) + timedelta(minutes=draw(st.integers(1, 60 * 40))))
    moment = st.one_of(st.none(), MINUTES.map(lambda minutes: YEAR.began_at + timedelta(minutes=minutes) - 60 * DAY))
    return Window(
        UUID(int=draw(st.integers(1, 10**9))), ("device:a",), ("device:a",), begins, max(ends, begins + HOUR), "o", "r",
        draw(RULES), "", draw(st.booleans()), draw(moment), draw(moment),
    )  # fmt: skip


@st.composite
def periods(draw: st.DrawFn) -> Period:
    began = YEAR.began_at - 60 * DAY + timedelta(minutes=draw(MINUTES))
    return Period(began, began + timedelta(minutes=draw(st.integers(1, 60 * 24 * 60))))


@settings(max_examples=150, deadline=None)
@given(windows(), periods())
def test_times_are_in_order_inside_and_disjoint_once_merged(one: Window, within: Period) -> None:
    times = times_of(one, within)
    assert times == sorted(times)
    assert all(within.began_at <= t.began_at < t.ended_at <= within.ended_at for t in times)
    planned = Plan.of([one]).planned("device:a", within)
    assert planned == merge(times)
    assert all(a.ended_at < b.began_at for a, b in pairwise(planned))


@settings(max_examples=150, deadline=None)
@given(windows(), periods(), st.floats(0, 1))
def test_splitting_a_period_gives_the_same_total(one: Window, within: Period, at: float) -> None:
    middle = within.began_at + within.length * at
    parts = [Period(within.began_at, middle), Period(middle, within.ended_at)]
    assert sum((total(times_of(one, part)) for part in parts), timedelta(0)) == total(times_of(one, within))


@settings(max_examples=150, deadline=None)
@given(windows(), periods())
def test_nothing_counts_before_it_was_written_down_or_after_it_was_ended(one: Window, within: Period) -> None:
    for time in times_of(one, within):
        assert one.after_the_fact or one.recorded_at is None or time.began_at >= one.recorded_at
        assert one.ended_at is None or time.ended_at <= one.ended_at
    # And what is cut off is the only difference.
    free = times_of(replace(one, recorded_at=None, ended_at=None), within)
    since = within.began_at if one.after_the_fact or one.recorded_at is None else one.recorded_at
    until = one.ended_at or within.ended_at
    left = [t.within(Period(since, until)) for t in free] if since < until else []
    assert times_of(one, within) == sorted(t for t in left if t is not None)


@settings(max_examples=60, deadline=None)
@given(st.lists(windows(), max_size=4, unique_by=lambda one: one.id), periods(), st.integers(0, 60 * 24 * 30))
def test_what_covers_an_instant_is_planned_then_and_the_other_way_round(
    several: list[Window], within: Period, minutes: int
) -> None:
    plan, at = Plan.of(several), within.began_at + timedelta(minutes=minutes)
    asked = Period(at - DAY, at + DAY)
    planned = any(t.began_at <= at < t.ended_at for t in plan.planned("device:a", asked))
    running = plan.covering("device:a", at)
    assert (running is not None) == planned
    if running is not None:
        assert any(t.began_at <= at < t.ended_at for t in times_of(running, asked))
        assert running in [w for t, w in plan.next_times(at, 1) if t.began_at <= at]


# ---------------------------------------------------------------- the plan
def test_of_two_windows_that_run_the_one_that_ends_last_covers() -> None:
    short = window("2026-12-05 22:00", "2026-12-06 01:00", number=1)
    long = window("2026-12-05 23:00", "2026-12-06 02:00", number=2)
    plan = Plan.of([long, short])
    assert plan.covering("device:a", london("2026-12-05 22:30")) == short
    assert plan.covering("device:a", london("2026-12-05 23:30")) == long
    assert plan.covering("device:a", london("2026-12-06 02:00")) is None
    assert plan.covering("device:b", london("2026-12-05 23:30")) is None
    assert plan.planned("device:a", YEAR) == [Period(short.begins_at, long.ends_at)]
    assert plan.planned("device:b", YEAR) == []


def test_next_times_are_what_runs_and_what_begins_soon_in_order() -> None:
    running = window("2026-11-28 10:00", "2026-11-28 14:00", number=1)
    weekly = window("2026-11-22 02:00", "2026-11-22 03:00", "FREQ=WEEKLY", number=2)
    far = window("2027-02-01 10:00", "2027-02-01 14:00", number=3)
    found = Plan.of([far, weekly, running]).next_times(NOW, 14)
    assert [(wall_text(wall_of(time.began_at)), one.id.int) for time, one in found] == [
        ("2026-11-28 10:00", 1),
        ("2026-11-29 02:00", 2),
        ("2026-12-06 02:00", 2),
    ]
    assert found[0][0] == Period(running.begins_at, running.ends_at)
    assert Plan.of([running]).next_times(NOW, 0) == []


def test_upcoming_finds_what_comes_seldom() -> None:
    yearly = window("2026-06-01 02:00", "2026-06-01 03:00", "FREQ=YEARLY;INTERVAL=2")
    assert [wall_text(wall_of(t.began_at)) for t in upcoming(yearly, NOW, 2)] == [
        "2028-06-01 02:00",
        "2030-06-01 02:00",
    ]
    assert upcoming(window("2026-06-01 02:00", "2026-06-01 03:00"), NOW, 2) == []


def test_a_rule_that_cannot_be_read_plans_nothing_and_is_told() -> None:
    odd = window("2026-12-05 22:00", "2026-12-06 02:00", "FREQ=LATER")
    fine = window("2026-12-05 22:00", "2026-12-06 02:00", number=2)
    plan = Plan.of([odd, fine])
    assert plan.covering("device:a", fine.begins_at) == fine
    assert Plan.of([odd]).planned("device:a", YEAR) == []
    assert [(one.id.int, "FREQ=LATER" in words) for one, words in plan.unreadable] == [(1, True)]


# ---------------------------------------------------------------- what people write
def test_a_site_covers_its_devices_and_links_and_anything_else_itself() -> None:
    made = estate()
    assert covers(["site:wallfields"], made) == ("device:sw-1", "link:wf-a", "site:wallfields")
    assert covers(["device:sw-2", "link:theatre", "service:email"], made) == (
        "device:sw-2",
        "link:theatre",
        "service:email",
    )


@pytest.mark.parametrize(
    ("text", "subject"), [("sw-1", "device:sw-1"), ("site:theatre", "site:theatre"), (" email ", "service:email")]
)
def test_a_bare_name_will_do_where_one_thing_bears_it(text: str, subject: str) -> None:
    assert subject_named(text, estate()) == subject


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theatre", "'theatre' is the name of several things: write link:theatre or site:theatre"),
        ("sw-3", "there is no device or link or site or service 'sw-3', did you mean 'sw-2'?"),
        ("device:wallfields", "there is no device:wallfields, did you mean 'site:wallfields'?"),
        ("site:walfields", "there is no site 'walfields', did you mean 'wallfields'?"),
        ("host:sw-1", "'host' is no kind of subject: device:, link:, site:, service:"),
        ("device:", "a subject has a name: device:x, link:x, site:x or service:x"),
        ("", "a subject has a name: device:x, link:x, site:x or service:x"),
        ("zzz", "there is no device or link or site or service 'zzz'"),
    ],
)
def test_an_unknown_subject_is_told_with_what_was_meant(text: str, words: str) -> None:
    with pytest.raises(WindowInvalid) as caught:
        subject_named(text, estate())
    assert str(caught.value) == words


GOOD: dict[str, Any] = {
    "id": UUID(int=7), "subjects": ["site:wallfields", "sw-2", "device:sw-2"], "begins": "2026-12-05 22:00",
    "ends": "2026-12-06 02:00", "owner": " Network team ", "reason": "Firmware", "now": NOW,
}  # fmt: skip


def entered(**changes: Any) -> Window:
    return checked(**{**GOOD, "estate": estate(), **changes})


def test_what_a_person_wrote_becomes_a_window() -> None:
    assert entered() == Window(
        id=UUID(int=7),
        subjects=("site:wallfields", "device:sw-2"),
        covers=("device:sw-1", "device:sw-2", "link:wf-a", "site:wallfields"),
        begins_at=datetime(2026, 12, 5, 22, tzinfo=UTC),
        ends_at=datetime(2026, 12, 6, 2, tzinfo=UTC),
        owner="Network team",
        reason="Firmware",
    )
    assert entered(ends=None, lasts=4 * HOUR) == entered()
    assert entered(begins="2027-06-05 22:00", ends="2027-06-05 23:00").begins_at == datetime(2027, 6, 5, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"subjects": []}, "it is for nothing: name a device, link, site or service"),
        ({"subjects": ["sw-9"]}, "there is no device or link or site or service 'sw-9', did you mean 'sw-2'?"),
        ({"ends": "2026-12-05 21:00"}, "it ends before it begins"),
        ({"ends": "2027-01-05 23:00"}, "it lasts 31 d 1 h: longer than 31 days is no maintenance"),
        ({"ends": None}, "say either when it ends or how long it lasts"),
        ({"lasts": HOUR}, "say either when it ends or how long it lasts"),
        ({"reason": "  "}, "it has no reason: say what it is for"),
        ({"reason": "a\nb"}, "the reason is one line of at most 500 characters"),
        ({"owner": ""}, "it has no owner: say who answers for it"),
        ({"owner": "x" * 501}, "the owner is one line of at most 500 characters"),
        ({"begins": "5 December"}, "a time is written \"2026-12-05 22:00\", not '5 December'"),
        ({"repeat": "FREQ=SECONDLY"}, "the rule cannot be used: more often than every hour nothing is maintained"),
        ({"repeat": "0 2 * * 0"}, "2026-12-05 22:00 (a Saturday) is none of the times that the rule gives "
                                  "(the next that is one: 2026-12-06 02:00, a Sunday)"),
        ({"begins": "2026-11-27 22:00", "ends": "2026-11-28 12:00"},
         "it is over already, and planned is what was written down beforehand: "
         "enter it as after the fact, which is shown wherever it counts"),
        ({"begins": "2026-01-01 22:00", "ends": "2026-01-01 23:00", "repeat": "FREQ=DAILY;COUNT=30"},
         "it is over already, and planned is what was written down beforehand: "
         "enter it as after the fact, which is shown wherever it counts"),
        ({"after_the_fact": True}, "it has not begun yet: it is not after the fact"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_line(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(WindowInvalid) as caught:
        entered(**changes)
    assert str(caught.value) == words


def test_what_has_begun_or_comes_again_may_still_be_written_down() -> None:
    entered(begins="2026-11-27 22:00", ends="2026-11-28 12:01")
    entered(begins="2026-01-01 22:00", ends="2026-01-01 23:00", repeat="FREQ=DAILY")
    entered(begins="2026-11-01 22:00", ends="2026-11-01 23:00", repeat="FREQ=DAILY;COUNT=28")
    past = entered(begins="2026-11-27 22:00", ends="2026-11-28 02:00", after_the_fact=True)
    assert times_of(replace(past, recorded_at=NOW), Period(NOW - 2 * DAY, NOW)) == [
        Period(past.begins_at, past.ends_at)
    ]


# ---------------------------------------------------------------- the inventory's windows
ENTRY = Maintenance(
    subjects=["site:wallfields"], begins="2026-12-06 02:00", lasts="3h", repeat="FREQ=MONTHLY;BYDAY=1SU", owner="o",
    reason="patching",
)  # fmt: skip


def ids() -> Callable[[], UUID]:
    numbers = iter(range(100, 200))
    return lambda: UUID(int=next(numbers))


def applied(held: list[Window], added: tuple[Window, ...], ends: tuple[WindowEnd, ...]) -> list[Window]:
    """The ledger's windows after an append."""
    by_id = {end.window: end for end in ends}
    assert set(by_id) <= {one.id for one in held}
    after = [
        replace(one, ended_at=by_id[one.id].at, ended_by=by_id[one.id].author) if one.id in by_id else one
        for one in held
    ]
    return after + [replace(one, recorded_at=NOW) for one in added]


def changes_of(held: list[Window], made: Estate) -> tuple[tuple[Window, ...], tuple[WindowEnd, ...]]:
    return plan_changes(held, made, NOW, "hartwatch", ids())


def test_a_new_name_is_added_once() -> None:
    added, ends = changes_of([], estate(patching=ENTRY))
    (one,) = added
    assert ends == ()
    assert (one.name, one.covers) == ("patching", ("device:sw-1", "link:wf-a", "site:wallfields"))
    assert (one.begins_at, one.ends_at, one.repeat) == (
        london("2026-12-06 02:00"),
        london("2026-12-06 05:00"),
        ENTRY.repeat,
    )
    assert changes_of(applied([], added, ends), estate(patching=ENTRY)) == ((), ())


def test_a_name_that_vanished_is_ended_once() -> None:
    held = applied([], *changes_of([], estate(patching=ENTRY)))
    added, ends = changes_of(held, estate())
    assert (added, ends) == ((), (WindowEnd(held[0].id, NOW, "hartwatch", "taken out of the inventory"),))
    assert changes_of(applied(held, added, ends), estate()) == ((), ())


@pytest.mark.parametrize(
    "change",
    [
        {"subjects": ["device:sw-1"]}, {"begins": "2027-01-03 02:00"}, {"lasts": "2h"}, {"owner": "p"}, {"reason": "q"},
        {"repeat": "FREQ=MONTHLY;BYDAY=1SU;BYMONTH=12"}, {"repeat": None},
    ],
)  # fmt: skip
def test_what_changed_is_ended_and_added_anew(change: dict[str, Any]) -> None:
    held = applied([], *changes_of([], estate(patching=ENTRY)))
    other = estate(patching=Maintenance(**{**ENTRY.model_dump(exclude_none=True), **change}))
    added, ends = changes_of(held, other)
    assert [one.name for one in added] == ["patching"]
    assert ends == (WindowEnd(held[0].id, NOW, "hartwatch", "changed in the inventory"),)
    assert changes_of(applied(held, added, ends), other) == ((), ())


def test_a_device_that_joins_a_site_makes_its_windows_begin_anew() -> None:
    before = estate(patching=ENTRY)
    held = applied([], *changes_of([], before))
    joined = before.model_copy(
        update={"devices": {**before.devices, "sw-9": before.devices["sw-1"].model_copy(update={"name": "sw-9"})}}
    )
    added, ends = changes_of(held, joined)
    assert [one.covers for one in added] == [("device:sw-1", "device:sw-9", "link:wf-a", "site:wallfields")]
    assert [end.reason for end in ends] == ["what it covers has changed"]
    backwards = before.model_copy(update={"devices": dict(reversed(before.devices.items()))})
    assert changes_of(held, backwards) == ((), ())


def test_of_twins_in_the_ledger_one_is_kept() -> None:
    held = applied([], *changes_of([], estate(patching=ENTRY)))
    twin = replace(held[0], id=UUID(int=99))
    added, ends = changes_of([*held, twin], estate(patching=ENTRY))
    assert (added, [end.window for end in ends]) == ((), [twin.id])


def test_writing_the_same_end_another_way_is_no_change() -> None:
    held = applied([], *changes_of([], estate(patching=ENTRY)))
    same = Maintenance(**{**ENTRY.model_dump(exclude={"lasts"}), "ends": "2026-12-06 05:00"})
    assert changes_of(held, estate(patching=same)) == ((), ())


def test_what_was_added_by_command_is_never_touched() -> None:
    by_command = window("2026-12-05 22:00", "2026-12-06 02:00", recorded_at=NOW)
    assert changes_of([by_command], estate()) == ((), ())


ENTRIES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.builds(
        lambda subject, hours: Maintenance(
            subjects=[subject], begins="2026-12-06 02:00", lasts=f"{hours}h", owner="o", reason="r"
        ),
        st.sampled_from(["site:wallfields", "device:sw-1"]),
        st.integers(1, 2),
    ),
)


@settings(deadline=None)
@given(st.lists(ENTRIES, min_size=1, max_size=5))
def test_after_any_inventories_the_ledger_has_what_the_last_one_has(several: list[dict[str, Maintenance]]) -> None:
    held: list[Window] = []
    new_id = ids()
    for entries in several:
        held = applied(held, *plan_changes(held, estate(**entries), NOW, "hartwatch", new_id))
    live = {one.name: one for one in held if one.ended_at is None}
    assert len(live) == sum(one.ended_at is None for one in held)
    assert {n: (one.subjects, one.ends_at - one.begins_at) for n, one in live.items()} == {
        n: (tuple(entry.subjects), entry.lasts) for n, entry in several[-1].items()
    }
    assert plan_changes(held, estate(**several[-1]), NOW, "hartwatch", new_id) == ((), ())
