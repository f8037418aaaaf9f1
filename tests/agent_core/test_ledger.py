"""The ledger: the same sentences over SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from agent.facts import (
    Absence,
    Audit,
    Change,
    Closing,
    Facts,
    Flip,
    Message,
    Milestone,
    Note,
    Purchase,
    Sighting,
    Watch,
    Window,
    WindowEnd,
)
from agent.ledger import Ledger, LedgerUnusable, Written, ids
from agent.ledger.ids import uuid7
from agent.ledger.store import Store
from agent.ledger.tables import APPENDED, metadata
from tests.agent_core.making import BLIND, DOWN, UP, at

Open = Callable[..., Ledger]


def change(number: int = 0, subject: str = "device:sw", after: str = "up") -> Change:
    return Change(subject, BLIND, {"up": UP, "down": DOWN}[after], at(number), f"look {number}")


def seen(device: str = "sw", place: str = "1", seconds: float = 0, **values: str | None) -> Sighting:
    row: dict[str, str | None] = {"vendor": "Cisco", "model": "C9300", "serial": None, "version": "17.9", **values}
    return Sighting(device, "stack_member", f"member {place}", place, seen_at=at(seconds), **row)  # type: ignore[arg-type]


def window(**values: Any) -> Window:
    given = {"begins_at": at(0), "ends_at": at(3600), "owner": "jo", "reason": "patching"} | values
    return Window(uuid7(), ("device:sw",), ("device:sw",), **given)


def one_of_each() -> Facts:
    """One entry of every kind that a hand-over may have."""
    planned = window()
    return Facts(
        (change(),),
        (seen(),),
        absences=(Absence("place:sw/fan/1", "sw", "fan", "Fan 1", "1", None, at(0), at(9)),),
        purchases=(
            Purchase("FOC1", at(0), "jo", "purchases.csv line 2", price_pence=12345, shares=(("east", "0.45"),)),
        ),
        milestones=(Milestone("serial:cisco/FOC1", "stage", "overdue", "2026-11-01", at(0), "7 years"),),
        notes=(Note("device:sw", at(0), "jo", "pause", "agreed with the service owner", None, at(1), at(2)),),
        windows=(planned,),
        window_ends=(WindowEnd(planned.id, at(1800), "jo", "done early"),),
        closings=(Closing("2026-Q2", at(5), "jo", (("agent-1", 4),), '{"method":1}'),),
        audits=(Audit(at(3), "jo", "session", "editor", "192.0.2.7", "outage cause", "device:sw", "7", "power"),),
        watched=((at(-60), at(0)),),
    )


def record(ledger: Ledger, *facts: Facts) -> list[Written]:
    return [ledger.record(one).result(10) for one in facts]


# ---------------------------------------------------------------- what goes in comes out
def test_a_flip_comes_back_as_it_was_written(ledger: Ledger) -> None:
    one = Change("device:sw", UP, DOWN, at(0.123456), "no answer £3 ütf", cause="device:core")
    ((flip,),) = [w.flips for w in record(ledger, Facts((one,)))]
    assert ledger.flips() == [flip]
    assert (flip.subject, flip.before, flip.after, flip.at, flip.reason, flip.cause) == (
        one.subject, one.before, one.after, one.at, one.reason, one.cause
    )  # fmt: skip
    assert (flip.source, flip.sequence, flip.id.version) == ("agent-1", 1, 7)
    assert flip.recorded_at.tzinfo is not None


def test_facts_without_anything_in_them_write_nothing(ledger: Ledger) -> None:
    assert record(ledger, Facts()) == [Written()]
    assert ledger.stats.commits_total == 0


def test_standings_are_the_last_flips_even_when_they_go_back_in_time(ledger: Ledger) -> None:
    record(ledger, Facts((change(0), change(50, after="down"), change(20, after="up"), change(5, "device:b"))))
    assert {f.subject: f.reason for f in ledger.standings()} == {"device:sw": "look 20", "device:b": "look 5"}


def test_flips_can_be_asked_for_by_subject_and_time(ledger: Ledger) -> None:
    record(ledger, Facts(tuple(change(n, f"device:{n % 2}") for n in range(10))))
    assert [f.reason for f in ledger.flips("device:1", until=at(5))] == ["look 1", "look 3"]


def test_notes_and_messages_come_back(ledger: Ledger) -> None:
    (written,) = record(ledger, Facts((change(),)))
    note = Note("device:sw", at(9), "jo", "cause", "power", written.flips[0].id)
    message = Message("log", "device:sw", "critical", "device sw is down", "since ever", at(0), "k", "fix_clock")
    record(ledger, Facts(notes=(note,), messages=(message,)))
    assert ledger.notes("device:sw") == [note]
    assert [p.message for p in ledger.outbox.claim("log", datetime.now(UTC))] == [message]


def test_an_agent_that_is_opened_again_goes_on_where_it_was(place: str, opened: Open) -> None:
    first = opened(place)
    record(first, Facts((change(1),)))
    first.close()
    second = opened(place)
    record(second, Facts((change(2),)))
    assert [f.sequence for f in second.flips()] == [1, 2]


# ---------------------------------------------------------------- numbers without gaps
def test_every_event_of_a_source_has_a_number_and_there_are_no_gaps(ledger: Ledger) -> None:
    futures: list[Future[Written]] = []
    for n in range(300):
        futures.append(ledger.record(Facts((change(n),) * (n % 3), (seen(serial=f"S{n}"),) * (n % 2))))
        futures.append(ledger.record(Facts(notes=(Note("device:sw", at(n), "jo", "note", str(n)),))))
    wait(futures, 20)
    store = ledger._store
    with store.reader.connect() as connection:
        numbers = [n for table in APPENDED for n in connection.execute(sa.select(table.c.sequence)).scalars()]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert len(numbers) == 300 + 150 + 300


def test_a_record_the_database_refuses_takes_no_number_and_delays_no_other(ledger: Ledger) -> None:
    nobody = Note("device:sw", at(0), "jo", "note", "on an outage that is not there", uuid7())
    futures = [
        ledger.record(f) for f in (Facts((change(1),)), Facts((change(2),), notes=(nobody,)), Facts((change(3),)))
    ]
    assert futures[0].result(10).flips[0].sequence == 1
    with pytest.raises(sa.exc.IntegrityError):
        futures[1].result(10)
    assert futures[2].result(10).flips[0].sequence == 2
    assert [f.reason for f in ledger.flips()] == ["look 1", "look 3"]
    assert ledger.stats.rejected_total == 1


def test_a_time_without_a_zone_never_reaches_the_ledger(ledger: Ledger) -> None:
    naive = Change("device:sw", UP, DOWN, datetime(2026, 1, 1), "x")  # noqa: DTZ001
    with pytest.raises(sa.exc.StatementError, match="without a zone"):
        ledger.record(Facts((naive,))).result(10)
    record(ledger, Facts((change(),)))


# ---------------------------------------------------------------- appended, never changed
@pytest.mark.parametrize("table", [table.name for table in APPENDED])
@pytest.mark.parametrize("verb", ["UPDATE {} SET subject_or_device = 'x'", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_what_was_appended(ledger: Ledger, table: str, verb: str) -> None:
    record(ledger, one_of_each())
    record(ledger, Facts(heartbeat_at=at(0)), Facts(heartbeat_at=at(900)))  # a gap: the first is over
    sql = verb.format(table).replace("subject_or_device", "source")
    with pytest.raises(sa.exc.DBAPIError, match="appended, never changed"), ledger._store.writer.begin() as connection:
        connection.execute(sa.text(sql))


def test_the_schema_the_migrations_make_is_the_one_the_code_knows(ledger: Ledger) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with ledger._store.reader.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_what_was_bought_is_gone_or_came_to_a_point_in_its_life_comes_back(ledger: Ledger) -> None:
    record(ledger, one := one_of_each())
    assert (ledger.absences(), ledger.purchases(), ledger.milestones()) == (
        list(one.absences), list(one.purchases), list(one.milestones)
    )  # fmt: skip


def test_who_did_what_comes_back_the_newest_of_many_and_of_one_person(ledger: Ledger) -> None:
    done = [Audit(at(n), "jo" if n % 2 else "sam", "token", "editor", "::1", "note", f"device:{n}") for n in range(6)]
    record(ledger, Facts(audits=tuple(done[:4])), Facts(audits=tuple(done[4:])))
    assert ledger.audits() == done
    assert ledger.audits(since=at(2)) == done[2:]
    assert ledger.audits(who="sam") == done[::2]
    assert ledger.audits(most=2) == done[-2:]
    assert ledger.verify().problems == ()


# ---------------------------------------------------------------- notes, windows, closings, messages
def test_what_people_said_comes_back_with_its_times(ledger: Ledger) -> None:
    (flip,) = record(ledger, Facts((change(),)))[0].flips
    said = Note("device:sw", at(7), "jo", "correction", "the log of the switch says so", flip.id, at(1), at(2))
    record(ledger, Facts(notes=(said,)))
    assert ledger.notes() == [said]
    assert ledger.notes("device:other") == []


def test_a_window_comes_back_with_when_it_was_recorded_and_who_ended_it(ledger: Ledger) -> None:
    one, other = window(repeat="FREQ=WEEKLY"), window(name="patching", after_the_fact=True)
    record(ledger, Facts(windows=(one, other)), Facts(window_ends=(WindowEnd(one.id, at(9), "jo", "moved"),)))
    record(ledger, Facts(window_ends=(WindowEnd(one.id, at(99), "sam", "again"),)))
    found = {found.id: found for found in ledger.windows()}
    assert {replace(f, recorded_at=None, ended_at=None, ended_by="", source="") for f in found.values()} == {one, other}
    assert (found[one.id].ended_at, found[one.id].ended_by) == (at(9), "jo")
    assert found[other.id].ended_at is None
    assert all(f.recorded_at is not None for f in found.values())


def test_what_was_known_at_a_time_can_be_read_again_after_more_has_come(ledger: Ledger) -> None:
    one = window()
    record(ledger, Facts((change(1),), notes=(Note("device:sw", at(1), "jo", "note", "x"),), windows=(one,)))
    head = ledger.head()
    assert head == {"agent-1": 3}
    before = ledger.flips(head=head), ledger.notes(head=head), ledger.windows(head=head)
    record(ledger, Facts((change(2),), notes=(Note("device:sw", at(0), "jo", "note", "y"),), windows=(window(),)))
    record(ledger, Facts(window_ends=(WindowEnd(one.id, at(9), "jo", "moved"),)))
    assert (ledger.flips(head=head), ledger.notes(head=head), ledger.windows(head=head)) == before
    assert ledger.flips(head={}) == []
    assert len(ledger.flips()) == 2


def test_a_period_is_closed_once(ledger: Ledger) -> None:
    closed = Closing("2026-Q2", at(5), "jo", (("agent-1", 3), ("agent-2", 9)), '{"figures":"£"}')
    record(ledger, Facts(closings=(closed,)))
    assert ledger.closings() == [closed]
    with pytest.raises(sa.exc.IntegrityError):
        record(ledger, Facts(closings=(replace(closed, author="sam"),)))
    assert ledger.closings() == [closed]


def test_of_messages_with_one_key_a_channel_gets_the_first(ledger: Ledger) -> None:
    first = Message("log", "device:sw", "critical", "down", "x", at(0), "down/device:sw/1")
    plain = replace(first, key=None)
    record(ledger, Facts(messages=(first, replace(first, title="again"), replace(first, channel="desk"))))
    record(ledger, Facts(messages=(replace(first, title="after a restart"), plain, plain)))
    told = [
        (p.message.channel, p.message.title)
        for channel in ("desk", "log")
        for p in ledger.outbox.claim(channel, datetime.now(UTC))
    ]
    assert sorted(told) == [("desk", "down"), ("log", "down"), ("log", "down"), ("log", "down")]
    assert ledger.told_keys() == {"down/device:sw/1"}


def test_what_people_were_told_is_read_on_from_the_last_that_was_read(ledger: Ledger) -> None:
    one, two = (Message("log", f"device:sw-{n}", "critical", "down", "x", at(n)) for n in (1, 2))
    record(ledger, Facts(messages=(one,)))
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    rows, last = ledger.told_after(None, long_ago)
    assert [message for _, message in rows] == [one]
    assert ledger.told_after(last, long_ago) == ([], last)
    record(ledger, Facts(messages=(two,)))
    assert [message for _, message in ledger.told_after(last, long_ago)[0]] == [two]
    assert ledger.told_after(None, datetime(2999, 1, 1, tzinfo=UTC)) == ([], None)


# ---------------------------------------------------------------- heartbeats
def test_what_was_watched_becomes_entries_every_hour_and_the_times_are_the_same(ledger: Ledger) -> None:
    for seconds in range(0, 7801, 10):
        ledger.record(Facts(heartbeat_at=at(seconds)))
    assert ledger.settle()
    assert ledger.watches() == [
        Watch("agent-1", at(0), at(3600)), Watch("agent-1", at(3600), at(7200)), Watch("agent-1", at(7200), at(7800))
    ]  # fmt: skip
    assert ledger.head() == {"agent-1": 2}
    assert not ledger.verify().problems


def test_heartbeats_are_one_growing_span_until_there_is_a_gap(ledger: Ledger) -> None:
    for seconds in (0, 10, 20, 30, 300, 310):
        record(ledger, Facts(heartbeat_at=at(seconds)))
    assert ledger.watches() == [Watch("agent-1", at(0), at(30)), Watch("agent-1", at(300), at(310))]


def test_a_clock_that_steps_back_begins_another_span_and_shortens_none(ledger: Ledger) -> None:
    for seconds in (3600, 3610, 15, 25):
        record(ledger, Facts(heartbeat_at=at(seconds)))
    assert ledger.watches("agent-1") == [Watch("agent-1", at(15), at(25)), Watch("agent-1", at(3600), at(3610))]


def test_a_restart_begins_another_span(place: str, opened: Open) -> None:
    for seconds in (0, 5):
        agent = opened(place)
        record(agent, Facts(heartbeat_at=at(seconds)))
        agent.close()
    assert len(opened(place).watches()) == 2


# ---------------------------------------------------------------- the register
def test_hardware_with_a_serial_number_keeps_its_history_when_it_moves(ledger: Ledger) -> None:
    record(
        ledger, Facts(sightings=(seen("a", "1", 0, serial="S1"),)), Facts(sightings=(seen("b", "2", 90, serial="S1"),))
    )
    (asset,) = ledger.assets()
    assert (asset.device, asset.also_at) == ("a", ("b/stack_member/2",)), "as far as is known both show it"
    left = Absence(asset.key, "a", "stack_member", "member 1", "1", "S1", at(0), at(99))
    record(ledger, Facts(absences=(left,)))
    (asset,) = ledger.assets()
    assert (asset.device, asset.place, asset.first_seen_at, asset.last_seen_at) == ("b", "2", at(0), at(90))
    assert (asset.also_at, asset.gone_at) == ((), None)
    assert [s.device for s in ledger.sightings()] == ["a", "b"]


def test_hardware_that_shows_its_serial_number_late_stays_one_piece(ledger: Ledger) -> None:
    record(ledger, Facts(sightings=(seen(seconds=0),)), Facts(sightings=(seen(seconds=60, serial="S1"),)))
    (asset,) = ledger.assets()
    assert (asset.serial, asset.first_seen_at) == ("S1", at(0))


def test_a_part_that_was_swapped_is_another_piece(ledger: Ledger) -> None:
    record(ledger, Facts(sightings=(seen(serial="S1"),)), Facts(sightings=(seen(serial="S2", seconds=60),)))
    assert sorted(a.serial or "" for a in ledger.assets()) == ["S1", "S2"]


def test_last_seen_is_written_for_many_at_once(ledger: Ledger) -> None:
    record(
        ledger, Facts(sightings=(seen(serial="S1"),)), Facts(seen=(("serial:cisco/S1", at(999)), ("serial:x/y", at(1))))
    )
    assert [a.last_seen_at for a in ledger.assets()] == [at(999)]


# ---------------------------------------------------------------- one agent
def test_a_second_agent_on_the_same_ledger_is_refused_until_the_first_has_ended(place: str, opened: Open) -> None:
    first = opened(place)
    with pytest.raises(LedgerUnusable, match="another agent"):
        Ledger.open(place, "agent-1")
    first.close()
    opened(place)


def test_a_command_may_add_notes_beside_a_running_agent(place: str, opened: Open) -> None:
    agent, command = opened(place), opened(place, "jo", watch=False)
    note = Note("device:sw", at(0), "jo", "note", "seen it")
    record(command, Facts(notes=(note,)))
    record(agent, Facts((change(),)))
    assert agent.notes() == [note]
    assert [f.sequence for f in agent.flips()] == [1]


def test_an_agent_and_a_command_that_write_at_once_wait_for_each_other_and_do_not_fail(
    place: str, opened: Open
) -> None:
    agent, command = opened(place), opened(place, "jo", watch=False)
    futures: list[Future[Written]] = []
    for n in range(150):
        futures.append(agent.record(Facts((change(n),))))
        futures.append(command.record(Facts(notes=(Note("device:sw", at(n), "jo", "note", str(n)),))))
        if n % 10 == 0:
            wait(futures[-2:], 10)  # so that there are many transactions, not two large ones
    assert not wait(futures, 20).not_done
    assert (agent.stats.errors_total, command.stats.errors_total) == (0, 0)
    assert (len(agent.flips()), len(agent.notes())) == (150, 150)


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(place: str, opened: Open) -> None:
    opened(place).close()
    store = Store(place)
    with store.writer.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerUnusable, match=r"newer hartwatch \(schema 9999.*restore the backup"):
        Ledger.open(place, "agent-1")
    with store.reader.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar_one() == "9999"
    store.close()


# ---------------------------------------------------------------- durability
KILLED = """
import os, sys
from agent.facts import Change, Facts, Standing
from agent.ledger import Ledger
from datetime import UTC, datetime
ledger = Ledger.open(sys.argv[1], "agent-1")
number = 0
while True:
    number += 1
    change = Change("device:sw", Standing.BLIND, Standing.UP, datetime.now(UTC), str(number))
    ledger.record(Facts((change,))).result()
    print(number, flush=True)
"""


def test_what_was_confirmed_survives_being_killed_and_nothing_is_doubled(place: str, opened: Open) -> None:
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-c", KILLED, place], stdout=subprocess.PIPE, text=True) as agent:
            assert agent.stdout is not None
            confirmed = [int(agent.stdout.readline()) for _ in range(20)]
            agent.kill()
            confirmed += [int(line) for line in agent.stdout if line.endswith("\n")]
        reader = _when_free(place, opened)
        flips = reader.flips()
        mine = [int(f.reason) for f in flips][-len(confirmed) - 1 :]
        assert [f.sequence for f in flips] == list(range(1, len(flips) + 1))
        assert set(confirmed) <= set(mine)
        reader.close()


def _when_free(place: str, opened: Open) -> Ledger:
    """PostgreSQL needs a moment to notice that a client is dead."""
    until = time.monotonic() + 10
    while True:
        try:
            return opened(place)
        except LedgerUnusable:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


async def test_a_coroutine_may_wait_for_durability(ledger: Ledger) -> None:
    written = await asyncio.wrap_future(ledger.record(Facts((change(),))))
    assert isinstance(written.flips[0], Flip)


# ---------------------------------------------------------------- the outbox
def message(number: int) -> Message:
    return Message("log", "device:sw", "warning", f"title {number}", "text", at(number))


def test_a_message_is_claimed_once_and_nothing_overtakes_it(ledger: Ledger) -> None:
    record(ledger, Facts(messages=tuple(message(n) for n in range(5))))
    now = datetime.now(UTC)
    first = ledger.outbox.claim("log", now, most=3)
    assert [p.message.title for p in first] == ["title 0", "title 1", "title 2"]
    assert ledger.outbox.claim("log", now) == [], "what is behind waits for them"
    for pending in first[1:]:
        ledger.outbox.released(pending)
    ledger.outbox.sent(first[0], now)
    assert [p.message.title for p in ledger.outbox.claim("log", now)] == [f"title {n}" for n in range(1, 5)]
    assert ledger.outbox.claim("log", now) == []
    assert ledger.outbox.waiting_by_channel() == {"log": 4}


def test_a_claim_whose_holder_died_is_taken_over_and_the_old_holder_can_no_longer_mark_it(ledger: Ledger) -> None:
    record(ledger, Facts(messages=(message(1),)))
    now = datetime.now(UTC)
    (old,) = ledger.outbox.claim("log", now)
    later = now + timedelta(minutes=6)
    (new,) = ledger.outbox.claim("log", later)
    ledger.outbox.sent(old, later)
    assert ledger.outbox.waiting() == 1
    ledger.outbox.sent(new, later)
    assert ledger.outbox.waiting() == 0


def test_a_message_that_failed_waits_and_one_that_is_given_up_is_not_tried_again(ledger: Ledger) -> None:
    record(ledger, Facts(messages=(message(1),)))
    now = datetime.now(UTC)
    (pending,) = ledger.outbox.claim("log", now)
    ledger.outbox.failed(pending, "no answer", now + timedelta(seconds=30), now)
    assert ledger.outbox.claim("log", now) == []
    (again,) = ledger.outbox.claim("log", now + timedelta(seconds=31))
    assert again.attempts == 1
    ledger.outbox.failed(again, "gone", None, now)
    assert ledger.outbox.claim("log", now + timedelta(days=1)) == []


# ---------------------------------------------------------------- identifiers
@given(st.integers(1, 500))
def test_identifiers_are_version_7_and_sort_as_they_were_made(count: int) -> None:
    ids._last = 0  # a test that ran before may have set the clock forward, and identifiers never go back
    made = [uuid7() for _ in range(count)]
    assert made == sorted(made)
    assert len(set(made)) == count
    assert {(u.version, u.variant) for u in made} == {(7, "specified in RFC 4122")}
    assert abs((made[0].int >> 80) / 1000 - time.time()) < 5
