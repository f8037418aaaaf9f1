"""What has come about in the life of hardware: everything once, whatever days nobody looks, and few messages of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.alerts import believed_after
from agent.facts import Message, Milestone, has_standing
from agent.hardware.register import Piece, Presence
from agent.lifecycle import Keep, Reason, Software
from agent.lifecycle.milestones import identity, messages_of, reached
from tests.hardware.making import life, moved, noon, piece, replace_by, review, support

TODAY = date(2026, 11, 2)
KEEP = Keep("core-until-move", TODAY, "Jo", "the data centre moves in spring")


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def told(found: Sequence[Milestone], pieces: Iterable[Piece], today: date = TODAY) -> list[tuple[str, str]]:
    return [(m.level, m.title) for m in messages_of(found, list(pieces), ("log",), noon(today))]


def short(found: Iterable[Milestone]) -> list[tuple[str, str, str]]:
    return [(one.kind, one.what, one.on) for one in found]


# ---------------------------------------------------------------- what has come about
@pytest.mark.parametrize(
    ("reasons", "expected"),
    [
        ([], []),
        ([review(days(1))], []),
        ([review(days(0))], [("review_due", 0)]),
        ([review(days(-300)), replace_by(days(365))], [("review_due", -300), ("refresh_due", 0)]),
        ([review(days(-300)), replace_by(days(366))], [("review_due", -300)]),
        ([replace_by(days(0))], [("refresh_due", -365), ("overdue", 0)]),
        ([support(days(0))], [("refresh_due", -365), ("unsupported", 0)]),
        # Two reasons for one stage: it was entered once, by the first of them.
        ([review(days(-10)), review(days(-5))], [("review_due", -10)]),
        # On one day the graver one alone counts.
        ([replace_by(days(0), soon=0), support(days(0), soon=0)], [("unsupported", 0)]),
        # Nothing milder is entered after something graver.
        ([support(days(-20), soon=0), replace_by(days(-10), soon=5)], [("unsupported", -20)]),
    ],
)
def test_a_piece_enters_stages_on_the_days_its_reasons_give(
    reasons: list[Reason], expected: list[tuple[str, int]]
) -> None:
    found = reached([piece("sw-1", life(reasons, TODAY))], (), TODAY)
    assert short(found) == [("stage", stage, days(number).isoformat()) for stage, number in expected]
    assert reached([piece("sw-1", life(reasons, TODAY))], found, TODAY) == ()


def test_what_came_about_before_it_was_first_seen_is_history_but_for_what_held_then() -> None:
    reasons = [review(days(-2000)), replace_by(days(-10))]
    for seen, expected in (
        (days(0), ["overdue"]), (days(-10), ["overdue"]), (days(-11), ["refresh_due", "overdue"]),
        (days(-376), ["review_due", "refresh_due", "overdue"]),
    ):  # fmt: skip
        found = reached([piece("sw-1", life(reasons, TODAY), seen=seen)], (), TODAY)
        assert [one.what for one in found] == expected, seen


@pytest.mark.parametrize("presence", ["gone", "withdrawn"])
def test_hardware_that_is_not_present_comes_to_nothing(presence: Presence) -> None:
    lived = life([support(days(-1))], TODAY, ends=days(20), keep=KEEP, software=Software("unsupported"))
    assert reached([piece("sw-1", lived, presence=presence)], (), TODAY) == ()
    assert {one.kind for one in reached([piece("sw-1", lived)], (), TODAY)} == {
        "stage", "support_180", "support_30", "software", "exception_expired",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("left", "recorded", "said"),
    [
        (181, [], []),
        (180, ["support_180"], ["1 switch loses vendor support within 180 days"]),
        (31, ["support_180"], ["1 switch loses vendor support within 180 days"]),
        (30, ["support_180", "support_30"], ["1 switch loses vendor support within 30 days"]),
        (1, ["support_180", "support_30"], ["1 switch loses vendor support within 30 days"]),
        (0, ["support_180", "support_30"], []),
        (-40, ["support_180", "support_30"], []),
    ],
)
def test_of_the_two_warnings_of_the_end_of_support_only_the_nearer_is_told_and_both_are_recorded(
    left: int, recorded: list[str], said: list[str]
) -> None:
    one = piece("sw-1", life([], TODAY, ends=days(left)))
    found = reached([one], (), TODAY)
    assert [milestone.kind for milestone in found] == recorded
    assert [title for _, title in told(found, [one])] == said


def test_support_that_ended_before_it_was_first_seen_was_never_about_to_end() -> None:
    one = piece("sw-1", life([support(days(-40))], TODAY, ends=days(-40)), seen=days(-39))
    assert short(reached([one], (), TODAY)) == [("stage", "unsupported", days(-40).isoformat())]


@pytest.mark.parametrize(
    ("software", "expected"),
    [
        (Software("unknown"), []),
        (Software("current", review_on=days(5)), []),
        (Software("review_due", review_on=days(-5)), [("review_due", -5)]),
        (Software("review_due"), [("review_due", -100)]),
        (Software("review_due", review_on=days(500)), [("review_due", -100)]),
        (Software("unsupported", review_on=days(-5), support_ends_on=days(5)), [("unsupported", -100)]),
        (Software("unsupported", review_on=days(-50), support_ends_on=days(-5)), [
            ("review_due", -50), ("unsupported", -5),
        ]),
        (Software("unsupported", review_on=days(50), support_ends_on=days(-5)), [("unsupported", -5)]),
        (Software("unsupported", review_on=days(-3), support_ends_on=days(-5)), [("unsupported", -5)]),
        (Software("unsupported"), [("unsupported", -100)]),
    ],
)  # fmt: skip
def test_software_is_told_of_by_itself(software: Software, expected: list[tuple[str, int]]) -> None:
    one = piece("sw-1", life([], TODAY, software=software), version_seen=days(-100))
    found = reached([one], (), TODAY)
    assert short(found) == [("software", stage, days(number).isoformat()) for stage, number in expected]
    assert len(told(found, [one])) == (1 if expected else 0)


def test_a_day_that_nobody_knows_is_not_told_anew_with_every_file_of_notices() -> None:
    def over(fetched: date) -> Reason:
        return Reason("end_of_support", fetched, ((fetched, "unsupported"),), "no longer", day_known=False)

    one = piece("sw-1", life([over(days(-5))], TODAY))
    known = reached([one], (), TODAY)
    assert short(known) == [("stage", "unsupported", "2020-01-01")]
    assert reached([moved(one, [over(days(30))], days(40))], known, days(40)) == ()


def test_an_upgrade_to_better_software_is_no_news_and_its_own_end_is() -> None:
    first = piece("sw-1", life([], TODAY, software=Software("unsupported", support_ends_on=days(-5))))
    known = reached([first], (), TODAY, noon(TODAY))
    upgraded = replace(first, life=life([], TODAY, software=Software("review_due", review_on=days(-30))))
    assert reached([upgraded], known, days(3)) == ()
    later = replace(first, life=life([], TODAY, software=Software("unsupported", support_ends_on=days(90))))
    assert short(reached([later], known, days(90))) == [("software", "unsupported", days(90).isoformat())]


def test_an_exception_is_told_of_from_the_day_it_no_longer_counts() -> None:
    one = piece("sw-1", life([], TODAY, keep=KEEP))
    assert reached([one], (), days(-1)) == ()
    (found,) = reached([one], (), TODAY)
    assert (found.kind, found.what, found.on) == ("exception_expired", "core-until-move", TODAY.isoformat())
    assert "Jo" in found.reason
    assert "the data centre moves in spring" in found.reason
    renewed = piece("sw-1", life([], TODAY, keep=replace(KEEP, until=days(30))))
    assert reached([renewed], (found,), days(29)) == ()
    assert len(reached([renewed], (found,), days(30))) == 1


# ---------------------------------------------------------------- going back, and entering again
def test_to_improve_is_none_and_what_time_brings_afterwards_is_told_again() -> None:
    one = piece("sw-1", life([review(days(-900)), replace_by(days(0))], TODAY))
    known = list(reached([one], (), TODAY, noon(TODAY)))
    assert known[-1].what == "overdue"
    better = moved(one, [review(days(-400)), replace_by(days(100))], days(5))
    assert better.life.stage == "refresh_due"
    assert reached([better], known, days(5)) == ()
    assert short(reached([better], known, days(100))) == [("stage", "overdue", days(100).isoformat())]
    new = moved(one, [review(days(700)), replace_by(days(1800))], days(5))
    assert reached([new], known, days(699)) == ()
    assert short(reached([new], known, days(700))) == [("stage", "review_due", days(700).isoformat())]


def test_the_same_stage_because_of_another_day_and_a_graver_one_by_a_correction_are_told() -> None:
    one = piece("sw-1", life([replace_by(days(-5))], TODAY))
    known = reached([one], (), TODAY, noon(TODAY))
    other = moved(one, [replace_by(days(-50))], TODAY)
    assert ("stage", "overdue", days(-50).isoformat()) in short(reached([other], known, TODAY))
    graver = moved(one, [replace_by(days(-5)), support(days(-700))], TODAY)
    assert ("stage", "unsupported", days(-700).isoformat()) in short(reached([graver], known, TODAY))


def test_a_piece_that_shows_a_serial_number_at_last_is_not_told_of_again() -> None:
    lived = life([replace_by(days(-5))], TODAY)
    for key in ("place:sw-1/chassis/1", "place:sw-1/chassis/"):  # the second: no visit has seen anything of it
        known = reached([piece("sw-1", lived, key=key)], (), TODAY)
        assert known
        assert reached([piece("sw-1", lived)], known, TODAY) == ()
    assert reached([piece("sw-1", lived, part="fan")], known, TODAY)


# ---------------------------------------------------------------- what is told
def test_a_run_makes_one_message_for_each_kind_and_only_firewalls_past_support_are_critical() -> None:
    past, over = life([support(days(-1))], TODAY), life([replace_by(days(-1))], TODAY)
    firewalls = [piece(f"fw-{n}", past, role="firewall") for n in range(3)]
    switches = [piece(f"sw-{n:02}", over) for n in range(22)]
    batteries = [piece("ups-1", life([review(days(-1))], TODAY), part="battery", role="ups")]
    pieces = [*switches, *batteries, *firewalls]
    found = reached(pieces, (), TODAY)
    messages = messages_of(found, pieces, ("log", "desk"), noon(TODAY))
    assert [(m.channel, m.subject, m.level, m.title) for m in messages] == [
        (channel, *rest)
        for rest in (
            ("hardware:stage/unsupported", "critical", "3 firewalls are no longer supported"),
            ("hardware:stage/overdue", "warning", "22 switches are overdue for replacement"),
            ("hardware:stage/review_due", "warning", "1 battery is due for review"),
        )
        for channel in ("log", "desk")
    ]
    overdue = messages[2].text
    assert overdue.startswith("sw-00 (C9300-48P, chassis 1, wallfields); sw-01 ")
    assert "sw-09" in overdue
    assert "sw-10" not in overdue
    assert overdue.endswith("; and 12 more; `hartwatch register --stage overdue` lists them.")
    assert "support ends on 2026-11-01" in messages[0].text, "of a few the reason is given"
    assert len({(m.channel, m.key) for m in messages}) == len(messages)


def test_a_mixed_lot_names_its_firewalls_first_and_a_part_of_one_is_not_one() -> None:
    past = life([support(days(-1))], TODAY)
    pieces = [piece(f"sw-{n}", past) for n in range(12)]
    optic = piece("fw-9", past, part="power_supply", role="firewall", unit=False)
    found = reached([*pieces, optic], (), TODAY)
    ((level, title),) = told(found, [*pieces, optic])
    assert (level, title) == ("warning", "13 pieces of hardware are no longer supported")
    firewall = piece("zz-1", past, role="firewall")
    found = reached([*pieces, firewall], (), TODAY)
    (message,) = messages_of(found, [*pieces, firewall], ("log",), noon(TODAY))
    assert message.level == "critical"
    assert message.title == "13 pieces of hardware, 1 firewall among them, are no longer supported"
    assert message.text.startswith("zz-1 (")


def test_the_first_time_everything_is_one_message() -> None:
    pieces = [
        piece("fw-1", life([support(days(-1))], TODAY), role="firewall"),
        *(piece(f"sw-{n}", life([replace_by(days(-1))], TODAY, ends=days(20))) for n in range(5)),
        piece("ap-1", life([], TODAY, keep=KEEP), part="access_point", role="wifi_controller"),
    ]
    found = reached(pieces, (), TODAY)
    (message,) = messages_of(found, pieces, ("log",), noon(TODAY), first=True)
    assert (message.subject, message.level) == ("hardware:register", "critical")
    assert message.title == (
        "Hardware register: 1 firewall is no longer supported; 5 switches are overdue for replacement"
    )
    assert "5 switches are overdue for replacement: sw-0 (" in message.text
    assert "and 2 more; `hartwatch register --stage overdue` lists them." in message.text
    assert "5 switches lose vendor support within 30 days: sw-0 (" in message.text
    assert "1 access point is kept no longer: the exception core-until-move has expired: ap-1 (" in message.text
    assert messages_of((), pieces, ("log",), noon(TODAY), first=True) == ()


def test_what_was_overtaken_while_nobody_looked_is_recorded_and_not_told() -> None:
    one = piece("sw-1", life([review(days(-20)), replace_by(days(-1), soon=9)], TODAY, ends=days(-1)))
    found = reached([one], (), TODAY)
    assert [m.what for m in found] == ["review_due", "refresh_due", "overdue", "vendor support", "vendor support"]
    assert told(found, [one]) == [("warning", "1 switch is overdue for replacement")]


def test_a_message_has_the_same_key_whoever_makes_it_in_whatever_order_and_another_for_other_pieces() -> None:
    pieces = [piece(f"sw-{n}", life([replace_by(days(-1))], TODAY)) for n in range(4)]
    found = reached(pieces, (), TODAY)
    (one,) = messages_of(found, pieces, ("log",), noon(TODAY))
    (same,) = messages_of(found[::-1], pieces[::-1], ("log",), noon(days(3)))
    (other,) = messages_of(found[2:], pieces, ("log",), noon(TODAY))
    assert one.key == same.key != other.key
    pieces.append(piece("fw-1", life([support(days(-1))], TODAY), role="firewall"))
    found = reached(pieces, (), TODAY)
    (one,) = messages_of(found, pieces, ("log",), noon(TODAY), first=True)
    (same,) = messages_of(found[::-1], pieces[::-1], ("log",), noon(days(3)), first=True)
    assert one.key == same.key


def test_what_a_device_says_of_itself_cannot_turn_a_message_round() -> None:
    one = piece("sw-1", life([replace_by(days(-1))], TODAY), model="C9300\n\x1b[31m\u202eP84")
    (message,) = messages_of(reached([one], (), TODAY), [one], ("log",), noon(TODAY))
    assert message.text.isprintable()


def test_nobody_believes_a_device_down_because_it_is_old() -> None:
    one = piece("sw-1", life([support(days(-1))], TODAY), role="firewall")
    messages = messages_of(reached([one], (), TODAY), [one], ("log",), noon(TODAY))
    believed: dict[str, str] = {}
    believed_after(messages, believed)  # type: ignore[arg-type]
    assert believed == {}
    assert not any(has_standing(message.subject) for message in messages)
    outage = Message("log", "device:sw-1", "critical", "down", "", datetime(2026, 11, 2, tzinfo=UTC))
    believed_after([outage], believed)  # type: ignore[arg-type]
    assert believed == {"device:sw-1": "critical"}


def test_the_day_is_londons() -> None:
    one = piece("sw-1", life([replace_by(days(-1))], TODAY))
    (first, *_) = reached([one], (), date(2026, 7, 1))
    assert first.at == datetime(2026, 6, 30, 23, tzinfo=UTC)


# ---------------------------------------------------------------- over years, day by day
BEGIN = date(2026, 1, 1)
numbers = st.integers(-1500, 1500)
reasons = st.one_of(
    numbers.map(lambda n: review(BEGIN + timedelta(days=n))),
    st.tuples(numbers, st.integers(0, 400)).map(lambda pair: replace_by(BEGIN + timedelta(days=pair[0]), pair[1])),
    st.tuples(numbers, st.integers(0, 400)).map(lambda pair: support(BEGIN + timedelta(days=pair[0]), pair[1])),
)
estates = st.lists(
    st.tuples(
        st.lists(reasons, max_size=4), st.none() | numbers, st.none() | numbers, st.integers(-1000, 0),
        st.sampled_from(("switch", "firewall")),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


def on_day(estate: object, today: date) -> list[Piece]:
    assert isinstance(estate, list)
    made = []
    for number, (own, ends, until, seen, role) in enumerate(estate):
        keep = Keep("while", BEGIN + timedelta(days=until), "Jo", "") if until is not None else None
        ending = BEGIN + timedelta(days=ends) if ends is not None else None
        lived = life(own, today, ends=ending, keep=keep)
        made.append(piece(f"d-{number}", lived, seen=BEGIN + timedelta(days=seen), role=role))
    return made


def run(estate: object, looked_on: Iterable[int]) -> tuple[list[Milestone], list[Message]]:
    """What is recorded and told if somebody looks on these days; at each the ledger alone is known."""
    known: list[Milestone] = []
    messages: list[Message] = []
    for number in looked_on:
        today = BEGIN + timedelta(days=number)
        pieces = on_day(estate, today)
        found = reached(pieces, known, today)
        messages += messages_of(found, pieces, ("log",), noon(today), first=not known)
        known += found
    return known, messages


@settings(deadline=None, max_examples=40)
@given(estates, st.sets(st.integers(1, 1599), max_size=60))
def test_days_on_which_nobody_looks_change_when_people_are_told_and_not_what_is_recorded(
    estate: object, skipped: set[int]
) -> None:
    every_day = range(0, 1601, 5)
    stopped = {day for start in skipped for day in range(start, start + 31)}
    all_of_them, told_daily = run(estate, every_day)
    with_gaps, told_with_gaps = run(estate, [day for day in every_day if day not in stopped or day == 1600])
    assert {identity(one) for one in all_of_them} == {identity(one) for one in with_gaps}
    for milestones, messages in ((all_of_them, told_daily), (with_gaps, told_with_gaps)):
        assert max(Counter(map(identity, milestones)).values(), default=1) == 1, "each once"
        assert max(Counter(message.key for message in messages).values(), default=1) == 1


@settings(deadline=None, max_examples=25)
@given(estates)
def test_whoever_looks_every_day_is_told_of_every_stage_on_the_day_it_is_entered(estate: object) -> None:
    known: list[Milestone] = []
    before: dict[str, str] = {}
    for number in range(600):
        today = BEGIN + timedelta(days=number)
        pieces = on_day(estate, today)
        found = reached(pieces, known, today)
        entered = {(one.asset, one.what) for one in found if one.kind == "stage"}
        for one in pieces:
            changed = one.stage not in ("in_life", "unknown") and before.get(one.asset.key) != one.stage
            assert ((one.asset.key, one.stage) in entered) == changed
        messages = messages_of(found, pieces, ("log",), noon(today))
        assert {m.subject for m in messages if m.subject.startswith("hardware:stage/")} == {
            f"hardware:stage/{one.stage}" for one in pieces if (one.asset.key, one.stage) in entered
        }
        before = {one.asset.key: one.stage for one in pieces}
        known += found
