"""What is worth telling: at a change, and by time alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from agent.accounting.periods import Period
from agent.accounting.readiness import Clock, Readiness
from agent.accounting.running import Running, holder, running_of, strictest
from agent.alerts import Level, Mind, believed_after, due, messages_of
from agent.alerts.telling import ordinal
from agent.facts import LEFT_THE_INVENTORY, Change, Message, Note, Outage, Standing
from agent.health import Held, judge
from agent.inventory.model import Council, Estate, Service, Site
from agent.inventory.needs import Subject
from agent.topology import Topology
from tests.agent_core.making import BLIND, DEGRADED, DOWN, UP, at, topology, visit

HOUR = timedelta(hours=1)


def change(before: Standing, after: Standing, cause: str | None = None, subject: str = "device:sw") -> Change:
    return Change(subject, before, after, at(0), "no answer to SNMP", cause)


def told(changes: Sequence[Change], mind: Mind | None = None, held: dict[str, Held] | None = None) -> list[Message]:
    return list(messages_of(changes, mind or Mind(), held or {}, at(30)))


def believing(**levels: Level) -> Mind:
    return Mind(believed={f"device:{name}": level for name, level in levels.items()})


# ---------------------------------------------------------------- at a change
@pytest.mark.parametrize(
    ("what", "mind", "level"),
    [
        pytest.param(change(UP, DOWN), Mind(), "critical", id="an outage"),
        pytest.param(change(BLIND, DOWN), Mind(), "critical", id="an outage of what was not seen before"),
        pytest.param(change(UP, DEGRADED), Mind(), "warning", id="degraded"),
        pytest.param(change(DEGRADED, DOWN), believing(sw="warning"), "critical", id="worse than people believe"),
        pytest.param(change(DOWN, UP), believing(sw="critical"), "recovered", id="the end of an outage"),
        pytest.param(change(BLIND, UP), believing(sw="critical"), "recovered", id="the end, seen after being blind"),
        pytest.param(change(DEGRADED, UP), believing(sw="warning"), "recovered", id="no longer degraded"),
        pytest.param(change(DOWN, UP), Mind(), None, id="the end of what nobody was told of"),
        pytest.param(change(UP, BLIND), Mind(), None, id="becoming blind is no news of the subject"),
        pytest.param(change(BLIND, UP), Mind(), None, id="nor is seeing again"),
        pytest.param(change(DOWN, DEGRADED), believing(sw="critical"), None, id="half way back"),
        pytest.param(change(UP, BLIND, "device:core"), Mind(), None, id="carried down"),
        pytest.param(change(BLIND, DOWN), believing(sw="critical"), None, id="what people believe already"),
        pytest.param(change(DOWN, DOWN, "device:core", "site:s"), Mind(), None, id="another cause for the same outage"),
        pytest.param(change(UP, DEGRADED, "link:a", "redundancy:links/wf"), Mind(), None, id="told with the link"),
        pytest.param(change(UP, DEGRADED, None, "redundancy:device/sw/power_supplies"), Mind(), "warning", id="supply"),
        pytest.param(change(UP, DOWN, "link:a", "redundancy:links/wf"), Mind(), None, id="a group is no subject"),
    ],
)
def test_what_is_told_of_a_change(what: Change, mind: Mind, level: str | None) -> None:
    mind.channels = ("log", "desk")
    messages = told([what], mind)
    assert [(m.channel, m.level) for m in messages] == ([("log", level), ("desk", level)] if level else [])


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        (change(UP, DOWN), "outage"),
        (change(UP, DEGRADED), "degraded"),
        (change(UP, DEGRADED, subject="redundancy:links/wf"), "redundancy"),
    ],
)
def test_a_message_says_what_it_is_about(what: Change, kind: str) -> None:
    assert [m.kind for m in told([what])] == [kind]


def test_a_channel_gets_what_it_takes_and_hears_that_it_is_well_only_of_that() -> None:
    mind = Mind(channels=("log", "pager"), takes={"pager": lambda message: message.level == "critical"})
    for what, expected in (
        (change(UP, DEGRADED, subject="device:a"), ["log"]),
        (change(UP, DOWN, subject="device:b"), ["log", "pager"]),
        (change(DEGRADED, UP, subject="device:a"), ["log"]),
        (change(DOWN, UP, subject="device:b"), ["log", "pager"]),
    ):
        messages = told([what], mind)
        mind.hears(messages)
        assert [m.channel for m in messages] == expected
    assert (mind.believed, mind.heard) == ({}, set())


def test_times_are_told_as_london_has_them() -> None:
    summer = Change("site:wf", UP, DOWN, datetime(2026, 7, 1, 9, 30, tzinfo=UTC), "both links are down", "link:wf-a")
    (message,) = told([summer])
    assert message.title == "site wf is down"
    assert message.text == "Down since 10:30:00 on 01 July 2026: both links are down. Carried down by link:wf-a."


def test_one_core_switch_in_front_of_forty_devices_is_one_alert_with_the_forty_named() -> None:
    edge = [f"sw-{n:02}" for n in range(40)]
    behind = {f"device:{name}": ("device:core",) for name in edge}
    estate = topology(["core", *edge], behind, needs={"site:hq": Subject("core", "device")})
    board = {f"device:{n}": Held(UP, at(-600)) for n in ("core", *edge)} | {"site:hq": Held(UP, at(-600))}
    mind = Mind(topology=estate)
    found: list[Message] = []
    for second in range(0, 60, 10):  # all are looked at in turn, the edge before the core
        for name in (*edge, "core"):
            judgement = judge(visit(name, second, up=False), board, estate)
            messages = messages_of(judgement.changes, mind, judgement.held, at(second))
            believed_after(messages, mind.believed)
            board.update(judgement.held)
            found += messages
    assert [m.title for m in found] == ["device core is down"]
    text = found[0].text
    assert "With it site hq is down." in text
    assert "40 behind it cannot be reached: " in text
    assert all(f"device {name}" in text for name in edge)
    assert due(board, (), mind, (), at(61), HOUR) == ()
    back = judge(visit("core", 120), board, estate)
    board.update(back.held)
    (message,) = messages_of(back.changes, mind, back.held, at(120))
    assert (message.title, message.level) == ("device core is up again", "recovered")
    assert "With it site hq is up again." in message.text


def test_of_very_many_behind_it_the_first_are_named_and_the_others_counted() -> None:
    front = {"device:core": tuple(f"device:d{n:03}" for n in range(300))}
    estate = Topology(front=front, behind={name: ("device:core",) for name in front["device:core"]})
    (message,) = told([change(UP, DOWN, None, "device:core")], Mind(topology=estate))
    assert "300 behind it" in message.text
    assert message.text.endswith("device d049 and 250 more.")


def test_what_has_another_way_is_not_said_to_be_cut_off() -> None:
    estate = topology(["a", "b", "c"], {"device:c": ("device:a", "device:b")})
    (message,) = told([change(UP, DOWN, None, "device:a")], Mind(topology=estate))
    assert "behind it" not in message.text


def test_a_leg_that_is_down_names_the_redundancy_that_is_lost_with_it() -> None:
    lost = change(UP, DEGRADED, "link:wf-a", "redundancy:links/wallfields")
    (message,) = told([change(UP, DOWN, None, "link:wf-a"), lost])
    assert "Lost with it: redundancy of links wallfields; the other leg carries." in message.text


def test_a_service_that_falls_later_by_another_leg_is_news_by_itself() -> None:
    mind = Mind(believed={"link:a": "critical"})
    service = change(UP, DOWN, "link:a", "service:phone")
    assert [m.title for m in told([change(UP, DOWN, None, "link:b"), service], mind)] == [
        "link b is down", "service phone is down"
    ]  # fmt: skip


def test_what_leaves_the_inventory_while_people_believe_it_down_is_told_to_be_watched_no_longer() -> None:
    gone = replace(change(DOWN, BLIND), reason=LEFT_THE_INVENTORY)
    (message,) = told([gone], believing(sw="critical"))
    assert (message.level, message.title) == ("recovered", "device sw is watched no longer")
    assert told([gone]) == []


# ---------------------------------------------------------------- maintenance
def during(*subjects: str) -> Callable[[str, datetime], bool]:
    return lambda subject, moment: subject in subjects


def test_in_planned_maintenance_nothing_is_told_of_it_nor_of_what_it_takes_down() -> None:
    mind = Mind(planned=during("device:core"))
    service = change(UP, DOWN, "device:core", "service:phone")
    assert told([change(UP, DOWN, None, "device:core"), service], mind) == []
    assert told([change(UP, DOWN, None, "device:other")], mind) != []


def test_what_is_still_down_when_the_window_ends_is_told_then_and_once() -> None:
    mind = Mind(planned=during("device:core"))
    board = {"device:core": Held(DOWN, at(0), UP), "service:phone": Held(DOWN, at(0), UP, "device:core")}
    assert due(board, (), mind, (), at(600), HOUR) == ()
    mind.planned = during()
    (message,) = due(board, (), mind, (), at(900), HOUR)
    assert (message.subject, message.level, message.at) == ("device:core", "critical", at(0))
    believed_after([message], mind.believed)
    assert due(board, (), mind, (), at(905), HOUR) == ()


def test_a_service_whose_cause_nobody_was_told_of_is_told_itself() -> None:
    board = {"service:phone": Held(DOWN, at(0), UP, "device:gone")}
    assert [m.subject for m in due(board, (), Mind(), (), at(60), HOUR)] == ["service:phone"]


def test_what_is_degraded_when_a_window_ends_is_told_too_but_not_what_is_half_way_back() -> None:
    board = {"device:a": Held(DEGRADED, at(0), UP), "device:b": Held(DEGRADED, at(0), DOWN)}
    assert [(m.subject, m.level) for m in due(board, (), Mind(), (), at(60), HOUR)] == [("device:a", "warning")]


# ---------------------------------------------------------------- flapping
def flapping(times: int) -> list[Message]:
    """Down for a minute and up for a minute, again and again; what is told at the changes."""
    estate = topology(["sw"])
    board: dict[str, Held] = {"device:sw": Held(UP, at(-600))}
    mind, found = Mind(topology=estate), []
    for minute in range(2 * times):
        for second in (0, 10, 20):
            judgement = judge(visit("sw", minute * 60 + second, up=minute % 2 == 1), board, estate)
            messages = messages_of(judgement.changes, mind, judgement.held, at(minute * 60 + second))
            believed_after(messages, mind.believed)
            board.update(judgement.held)
            found += messages
    now = at(2 * times * 60)
    assert due(board, (), mind, (), now, HOUR) == ()
    (calm,) = due(board, (), mind, (), now + timedelta(minutes=10), HOUR)
    return [*found, calm]


def test_flapping_is_told_once_and_then_nothing_until_it_has_been_steady() -> None:
    assert [m.title for m in flapping(30)] == [
        "device sw is down", "device sw is up again", "device sw is down", "device sw is up again",
        "device sw is flapping", "device sw is up again",
    ]  # fmt: skip


def test_what_flapped_and_then_stays_down_is_told_to_be_down() -> None:
    held = Held(DOWN, at(0), UP, lately=((at(-400), at(-300)), (at(-200), at(-100)), (at(0), None)))
    mind = believing(sw="warning")
    assert due({"device:sw": held}, (), mind, (), at(300), HOUR) == ()
    (message,) = due({"device:sw": held}, (), mind, (), at(601), HOUR)
    assert (message.title, message.level) == ("device sw is down", "critical")


def test_numbers_are_told_in_order() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"
    ]  # fmt: skip


# ---------------------------------------------------------------- what people believe
def test_people_who_believe_that_it_is_down_are_told_when_it_is_not_whatever_was_missed() -> None:
    mind = believing(sw="critical", gone="critical")
    found = due({"device:sw": Held(UP, at(50), DOWN, reason="answers")}, (), mind, (), at(60), HOUR)
    assert sorted((m.subject, m.level) for m in found) == [
        ("device:gone", "recovered"), ("device:sw", "recovered")
    ]  # fmt: skip


def test_a_reminder_makes_no_outage_less_of_one() -> None:
    believed: dict[str, Level] = {}
    down = Message("log", "device:sw", "critical", "down", "", at(0))
    believed_after([down, replace(down, level="warning")], believed)
    assert believed == {"device:sw": "critical"}
    believed_after([replace(down, level="recovered")], believed)
    assert believed == {}


# ---------------------------------------------------------------- the fix clock, and reminders
SITE = Site(title="HQ", kind="office", owner="a")
ESTATE = Estate(
    councils={"a": Council(title="A", share="1")},  # type: ignore[arg-type]
    sites={"hq": SITE},
    services={
        "phone": Service(title="Telephony", owner="a", needs="device:sw", fix_target="2h"),  # type: ignore[arg-type]
        "web": Service(title="Web", owner="a", needs="device:sw", fix_target="8h"),  # type: ignore[arg-type]
    },
)
OPEN = Outage(UUID(int=1), "device:sw", at(0), None, "no answer to SNMP")


def nothing(subject: str, period: Period) -> list[Period]:
    return []


def marks(outage: Outage, minutes: Iterable[int], *notes: Note, planned: object = nothing) -> list[tuple[int, str]]:
    """What is told as the minutes pass, each message once."""
    mind, keys, found = believing(sw="critical"), set[str](), []
    board = {"device:sw": Held(DOWN, at(0), UP)}
    for minute in minutes:
        now = at(60 * minute)
        running = running_of([outage], notes, planned, ESTATE, now)  # type: ignore[arg-type]
        for message in due(board, running, mind, keys, now, timedelta(hours=3)):
            assert message.key is not None
            keys.add(message.key)
            found.append((minute, message.title.removeprefix("device sw")))
    return found


def test_an_outage_is_told_again_at_each_mark_of_its_target_once_and_then_as_a_reminder() -> None:
    assert marks(OPEN, range(600)) == [
        (120, ": 50% of the time to fix it is used"),
        (180, ": 75% of the time to fix it is used"),
        (181, " is still down"),
        (240, ": all of the time to fix it is used"),
        (360, " is still down"),
        (540, " is still down"),
    ]


def test_the_target_is_the_shortest_of_what_is_down_with_it() -> None:
    with_phone = replace(OPEN, carried=("service:phone", "service:web", "site:hq"))
    assert strictest(with_phone, ESTATE).fix_target == timedelta(hours=2)
    assert strictest(replace(OPEN, carried=("service:web",)), ESTATE).fix_target == timedelta(hours=4)
    assert marks(with_phone, range(130))[0] == (60, ": 50% of the time to fix it is used")


def test_of_marks_that_passed_unseen_only_the_last_is_told() -> None:
    assert marks(OPEN, [230]) == [(230, ": 75% of the time to fix it is used")]
    assert marks(OPEN, [900]) == [(900, ": all of the time to fix it is used")]


def said(kind: str, minute: float, text: str = "", until: float | None = None) -> Note:
    until_at = at(60 * until) if until is not None else None
    return Note("device:sw", at(60 * minute), "jo", kind, text, OPEN.id, None, until_at)  # type: ignore[arg-type]


def test_an_acknowledgement_quiets_reminders_until_it_expires_and_never_the_clock() -> None:
    assert marks(OPEN, range(700), said("acknowledgement", 5, until=500)) == [
        (120, ": 50% of the time to fix it is used"),
        (180, ": 75% of the time to fix it is used"),
        (240, ": all of the time to fix it is used"),
        (500, " is still down"),
        (540, " is still down"),
    ]


def test_a_pause_moves_the_marks() -> None:
    pause = said("pause", 60, "waiting for a replacement part", until=120)
    assert marks(OPEN, range(245), pause)[:2] == [
        (180, ": 50% of the time to fix it is used"), (181, " is still down")
    ]  # fmt: skip


def test_the_clock_stands_still_in_planned_maintenance_and_nothing_is_told() -> None:
    def planned(subject: str, period: Period) -> list[Period]:
        window = Period(at(0), at(3600 * 3)).within(period)
        return [window] if window is not None else []

    running = running_of([OPEN], (), planned, ESTATE, at(3600 * 4))
    assert running[0].clock.elapsed == HOUR
    mind = believing(sw="critical")
    mind.planned = during("device:sw")
    many = running_of([OPEN], (), nothing, ESTATE, at(3600 * 40))
    assert due({"device:sw": Held(DOWN, at(0), UP)}, many, mind, (), at(3600 * 40), HOUR) == ()


def test_a_data_centre_that_does_not_carry_full_service_is_told_of_at_each_mark_of_four_hours() -> None:
    def found(minute: int, *not_up: str, told: Collection[str] = (), mind: Mind | None = None) -> list[str]:
        lost = Clock("daneshill", at(0), at(4 * 3600), not_up)
        readiness = [Readiness("cavendish", "Cavendish Road", (), (), (), (), lost)]
        mind = mind or Mind(believed={"site:daneshill": "critical"})
        board = {"site:daneshill": Held(DOWN, at(0), UP)}
        return [m.key or "" for m in due(board, (), mind, told, at(60 * minute), HOUR, readiness)]

    half, whole = (f"full-service/cavendish/{at(0).isoformat()}/{mark}" for mark in ("50%", "100%"))
    assert found(119, "phone") == []
    assert found(120, "phone") == [half]
    assert found(130, "phone", told=[half]) == []
    assert found(300, "phone", told=[half]) == [whole]
    assert found(300) == []
    assert found(300, "phone", mind=Mind(planned=during("site:daneshill"))) == []


def test_only_open_outages_that_are_a_cause_have_a_clock() -> None:
    over, carried = replace(OPEN, ended_at=at(60)), replace(OPEN, cause="device:core")
    running: list[Running] = running_of([over, carried, OPEN], (), nothing, ESTATE, at(120))
    assert [one.outage for one in running] == [OPEN]


def test_who_has_it_is_the_last_to_say_so_unless_that_has_expired() -> None:
    first, second = said("acknowledgement", 1), replace(said("acknowledgement", 2, until=9), author="sam")
    assert holder([first, second], at(300)) == second
    assert holder([first, second], at(540)) is None
    assert holder([], at(1)) is None
