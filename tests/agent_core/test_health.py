"""Standing: confirmation, back-dating, causes, blindness, links, sites and services."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.outages import outages_of
from agent.facts import Change
from agent.health import Board, board_of, forget, judge, judge_dependents
from agent.inventory.needs import AllOf, AnyOf, AtLeast, Subject
from agent.topology import Topology
from collectors.readings import Visit
from tests.agent_core.making import BLIND, DEGRADED, DOWN, T0, UP, at, flips_of, topology, visit

ALONE = topology(["sw"])


class Watcher:
    """A board that visits are judged against, one after the other."""

    def __init__(self, of: Topology = ALONE, board: Board | None = None) -> None:
        self.topology, self.board = of, board if board is not None else {}
        self.changes: list[Change] = []

    def see(self, *visits: Visit, blind: bool = False) -> list[Change]:
        found: list[Change] = []
        for one in visits:
            judgement = judge(one, self.board, self.topology, blind=blind)
            self.board.update(judgement.held)
            self.look_again_in, self.ask = judgement.look_again_in, judgement.ask
            found += judgement.changes
        self.changes += found
        return found


def told(changes: Iterable[Change]) -> list[tuple[str, str, str, float]]:
    return [(c.subject, c.before, c.after, (c.at - T0).total_seconds()) for c in changes]


def test_a_first_good_look_makes_a_device_up() -> None:
    assert told(Watcher().see(visit("sw"))) == [("device:sw", "blind", "up", 0)]


def test_a_visit_that_changes_nothing_changes_nothing() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"))
    before = dict(watcher.board)
    assert watcher.see(visit("sw", 60), visit("sw", 120)) == []
    assert watcher.board == before


def test_two_failed_looks_are_not_told_and_the_third_is_back_dated_to_the_first() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"))
    assert watcher.see(visit("sw", 60, up=False), visit("sw", 70, up=False)) == []
    assert watcher.look_again_in == 10
    assert told(watcher.see(visit("sw", 80, up=False))) == [("device:sw", "up", "down", 60)]
    assert watcher.look_again_in is None


def test_a_good_look_between_starts_the_count_anew() -> None:
    watcher = Watcher()
    looks = [visit("sw", 0), *(visit("sw", s, up=s % 30 == 0) for s in range(10, 300, 10))]
    watcher.see(*looks)
    assert told(watcher.changes) == [("device:sw", "blind", "up", 0)]


def test_an_outage_ends_at_the_first_good_look() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"), *(visit("sw", s, up=False) for s in (60, 70, 80, 140, 200)))
    assert told(watcher.see(visit("sw", 260)))[-1] == ("device:sw", "down", "up", 260)


def test_a_dead_device_stops_changing_the_board() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"), *(visit("sw", 60 * n, up=False) for n in range(1, 20)))
    before = dict(watcher.board)
    watcher.see(visit("sw", 3000, up=False))
    assert watcher.board == before
    assert watcher.look_again_in is None


def test_a_device_never_seen_is_down_only_after_three_looks() -> None:
    watcher = Watcher()
    assert watcher.see(visit("sw", 0, up=False), visit("sw", 10, up=False)) == []
    assert told(watcher.see(visit("sw", 20, up=False))) == [("device:sw", "blind", "down", 0)]


# ---------------------------------------------------------------- sources
def test_silent_snmp_while_icmp_answers_is_degraded_and_says_so() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"), *(visit("sw", s, snmp=False, icmp=True) for s in (60, 70, 80)))
    (_, change) = watcher.changes
    assert told([change]) == [("device:sw", "up", "degraded", 60)]
    assert change.reason == "SNMP silent, the device answers"


def test_silent_icmp_while_snmp_answers_is_nothing_because_firewalls_drop_it() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"), *(visit("sw", s, snmp=True, icmp=False) for s in range(60, 600, 60)))
    assert len(watcher.changes) == 1


def test_a_source_that_was_not_asked_keeps_its_count() -> None:
    watcher = Watcher()
    looks = [visit("sw", s, snmp=True, ssh=False if s % 300 == 0 else None) for s in range(60, 960, 60)]
    watcher.see(visit("sw", 0, snmp=True, ssh=True), *looks)
    assert told(watcher.changes)[1:] == [("device:sw", "up", "degraded", 300)]


def test_a_device_that_answers_again_with_one_source_still_silent_goes_from_down_to_degraded_then_up() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"), *(visit("sw", s, snmp=False, icmp=False, up=False) for s in (60, 70, 80)))
    watcher.see(visit("sw", 120, snmp=False, icmp=True), visit("sw", 180, snmp=True, icmp=True))
    assert told(watcher.changes)[1:] == [
        ("device:sw", "up", "down", 60),
        ("device:sw", "down", "degraded", 120),
        ("device:sw", "degraded", "up", 180),
    ]


def test_the_reason_names_what_stayed_silent() -> None:
    watcher = Watcher()
    watcher.see(*(visit("sw", s, up=False, snmp=False, icmp=False, ssh=False) for s in (0, 10, 20)))
    assert watcher.changes[0].reason == "no answer to SNMP, ICMP, SSH"


# ---------------------------------------------------------------- causes
CHAIN = topology(["core", "sw", "ap"], {"device:sw": ("device:core",), "device:ap": ("device:sw",)})


def test_what_stands_behind_a_device_that_is_down_is_not_accused() -> None:
    watcher = Watcher(CHAIN)
    watcher.see(visit("core"), visit("sw"), visit("ap"))
    watcher.see(*(visit("core", s, up=False) for s in (60, 70, 80)))
    changes = watcher.see(visit("sw", 90, up=False), visit("ap", 95, up=False))
    assert told(changes) == [("device:sw", "up", "blind", 90), ("device:ap", "up", "blind", 95)]
    assert [c.cause for c in changes] == ["device:core", "device:core"]


def test_a_device_waits_for_the_verdict_on_what_is_failing_in_front_of_it() -> None:
    watcher = Watcher(CHAIN)
    watcher.see(visit("core"), visit("sw"))
    watcher.see(visit("core", 61, up=False))
    assert watcher.see(*(visit("sw", s, up=False) for s in (60, 70, 80, 90))) == []
    watcher.see(visit("core", 71, up=False), visit("core", 81, up=False))
    assert told(watcher.see(visit("sw", 100, up=False))) == [("device:sw", "up", "blind", 60)]


def test_a_device_waits_two_minutes_for_that_verdict_and_no_longer() -> None:
    watcher = Watcher(CHAIN)
    watcher.see(visit("core"), visit("sw"), visit("core", 61, up=False))
    assert watcher.see(*(visit("sw", s, up=False) for s in range(60, 170, 10))) == []
    assert watcher.look_again_in == 10
    assert told(watcher.see(visit("sw", 170, up=False))) == [("device:sw", "up", "down", 60)]


def test_the_first_failed_look_asks_for_a_look_at_what_is_in_front() -> None:
    """Its own turn may be most of an interval away: by then what is behind it would have been accused."""
    watcher = Watcher(CHAIN)
    watcher.see(visit("core"), visit("sw"), visit("ap"), visit("ap", 60, up=False))
    assert watcher.ask == ("sw",)
    watcher.see(visit("sw", 61, up=False))
    assert watcher.ask == ("core",)
    watcher.see(visit("ap", 70, up=False))
    assert watcher.ask == ()
    watcher.see(visit("ap", 80))
    watcher.see(visit("ap", 90, up=False))
    assert watcher.ask == (), "what fails already is looked at again anyway"


def test_of_a_link_in_front_those_are_asked_that_show_it() -> None:
    both = topology(["rt", "dc"], {"device:rt": ("link:wan",)}, {"link:wan": (("rt", "Gi0/1"), ("dc", "Gi0/9"))})
    watcher = Watcher(both)
    watcher.see(visit("dc", 0, interfaces={"Gi0/9": "up"}), visit("rt"), visit("rt", 60, up=False))
    assert watcher.ask == ("dc",)


def test_a_blind_look_asks_nobody() -> None:
    watcher = Watcher(CHAIN)
    watcher.see(visit("core"), visit("sw"))
    watcher.see(visit("sw", 60, up=False), blind=True)
    assert watcher.ask == ()


def test_a_device_that_was_accused_a_moment_before_its_cause_is_attributed_anew() -> None:
    watcher = Watcher(CHAIN)
    watcher.see(visit("core"), visit("sw"))
    watcher.see(*(visit("sw", s, up=False) for s in (50, 60, 70)))
    assert watcher.board["device:sw"].standing is DOWN
    changes = watcher.see(*(visit("core", s, up=False) for s in (75, 85, 95)))
    assert told(changes) == [("device:core", "up", "down", 75), ("device:sw", "down", "blind", 50)]
    assert changes[1].cause == "device:core"


def test_a_device_that_was_down_long_before_keeps_its_own_outage() -> None:
    watcher = Watcher(CHAIN)
    watcher.see(visit("core"), *(visit("sw", s, up=False) for s in (0, 10, 20)))
    watcher.see(*(visit("core", s, up=False) for s in (3600, 3610, 3620)), visit("sw", 3630, up=False))
    assert watcher.board["device:sw"].standing is DOWN
    assert watcher.board["device:sw"].cause is None


def test_redundant_ways_carry_down_only_when_all_of_them_are_out() -> None:
    two = topology(["a", "b", "sw"], {"device:sw": ("device:a", "device:b")})
    watcher = Watcher(two)
    watcher.see(visit("a"), visit("b"), visit("sw"), *(visit("a", s, up=False) for s in (60, 70, 80)))
    watcher.see(*(visit("sw", s, up=False) for s in (90, 100, 110)))
    assert told(watcher.changes)[-1] == ("device:sw", "up", "down", 90)
    watcher.see(visit("sw", 120))
    watcher.see(*(visit("b", s, up=False) for s in (200, 210, 220)), visit("sw", 230, up=False))
    assert (watcher.changes[-1].after, watcher.changes[-1].cause) == (BLIND, "device:a")


def test_when_the_cause_is_gone_a_device_that_stays_silent_is_accused_from_then_on() -> None:
    watcher = Watcher(CHAIN)
    watcher.see(visit("core"), visit("sw"), *(visit("core", s, up=False) for s in (60, 70, 80)))
    watcher.see(visit("sw", 90, up=False), visit("core", 600))
    changes = watcher.see(*(visit("sw", s, up=False) for s in (610, 620, 630)))
    assert told(changes) == [("device:sw", "blind", "down", 610)]
    assert changes[0].cause is None


def test_one_core_switch_in_front_of_forty_devices_makes_one_outage() -> None:
    names = [f"sw{n}" for n in range(40)]
    watcher = Watcher(topology(["core", *names], {f"device:{n}": ("device:core",) for n in names}))
    watcher.see(visit("core"), *(visit(n) for n in names))
    for round_ in range(6):
        for number, name in enumerate(["core", *names]):
            watcher.see(visit(name, 60 + round_ * 60 + number, up=False))
    down = [c.subject for c in watcher.changes if c.after is DOWN]
    assert down == ["device:core"]
    assert sum(c.cause == "device:core" for c in watcher.changes) == 40


# ---------------------------------------------------------------- blindness
def test_a_blind_look_is_blind_since_the_first_failed_one_and_accuses_nobody() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"), visit("sw", 60, up=False))
    assert told(watcher.see(visit("sw", 70, up=False), blind=True)) == [("device:sw", "up", "blind", 60)]
    assert watcher.see(*(visit("sw", s, up=False) for s in range(120, 3600, 60)), blind=True) == []
    assert told(watcher.see(visit("sw", 3660))) == [("device:sw", "blind", "up", 3660)]


def test_an_outage_stays_the_same_one_while_we_are_blind_in_its_midst() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"), *(visit("sw", s, up=False) for s in (60, 70, 80)))
    watcher.see(visit("sw", 140, up=False), blind=True)
    assert watcher.board["device:sw"].accused
    watcher.see(*(visit("sw", s, up=False) for s in (200, 210, 220)))
    assert told(watcher.changes)[-2:] == [("device:sw", "down", "blind", 140), ("device:sw", "blind", "down", 200)]


def test_a_device_that_leaves_the_inventory_is_blind_so_that_no_outage_stays_open() -> None:
    watcher = Watcher()
    watcher.see(visit("sw"), *(visit("sw", s, up=False) for s in (60, 70, 80)))
    judgement = forget(["device:sw", "device:never-seen"], watcher.board, at(500))
    assert told(judgement.changes) == [("device:sw", "down", "blind", 500)]
    assert board_of(flips_of(judgement.changes)) == {}


# ---------------------------------------------------------------- restarts
@given(st.lists(st.sampled_from(["up", "down", "degraded", "blind"]), max_size=40), st.integers(0, 40))
def test_a_restart_flips_nothing(looks: list[str], cut: int) -> None:
    def look(number: int, kind: str) -> tuple[Visit, bool]:
        seconds = 60.0 * number
        if kind == "degraded":
            return visit("sw", seconds, snmp=False, icmp=True), False
        return visit("sw", seconds, up=kind == "up"), kind == "blind"

    watcher = Watcher()
    for number, kind in enumerate(looks[:cut]):
        one, blind = look(number, kind)
        watcher.see(one, blind=blind)
    last = {flip.subject: flip for flip in flips_of(watcher.changes)}
    restarted = board_of(last.values())
    for subject, held in watcher.board.items():
        if subject in restarted:
            known = restarted[subject]
            assert (known.standing, known.since, known.cause, known.accused) == (
                held.standing, held.since, held.cause, held.accused
            )  # fmt: skip
    assert judge_dependents(restarted, ALONE, at(9999)).changes == ()
    # The look that only repeats what was known says nothing new either.
    if last and last["device:sw"].after in (UP, DOWN):
        again = Watcher(board=restarted)
        assert again.see(visit("sw", 60.0 * (cut + 1), up=last["device:sw"].after is UP)) == []


@given(st.lists(st.tuples(st.sampled_from(["core", "sw", "ap"]), st.sampled_from("uudgb")), max_size=80))
def test_changes_follow_each_other_and_time_never_runs_backwards(looks: list[tuple[str, str]]) -> None:
    watcher = Watcher(CHAIN)
    for number, (device, kind) in enumerate(looks):
        if kind == "g":
            watcher.see(visit(device, number * 20, snmp=False, icmp=True))
        else:
            watcher.see(visit(device, number * 20, up=kind == "u"), blind=kind == "b")
    last: dict[str, Change] = {}
    for change in watcher.changes:
        before = last.get(change.subject)
        assert change.before is (before.after if before else BLIND)
        assert (change.after, change.cause) != ((before.after, before.cause) if before else (BLIND, None))
        assert before is None or change.at >= before.at
        assert change.cause != change.subject
        last[change.subject] = change


# ---------------------------------------------------------------- links
LINKED = topology(["rt", "dc"], {"device:rt": ("link:wan",)}, {"link:wan": (("rt", "Gi0/1"), ("dc", "Gi0/9"))})


def test_a_link_goes_down_when_its_interface_says_so_three_times() -> None:
    watcher = Watcher(LINKED)
    watcher.see(visit("dc", 0, interfaces={"gi0/9": "up"}))
    watcher.see(*(visit("dc", s, interfaces={"Gi0/9": "down"}) for s in (60, 70, 80)))
    links = [c for c in watcher.changes if c.subject.startswith("link:")]
    assert told(links) == [("link:wan", "blind", "up", 0), ("link:wan", "up", "down", 60)]
    assert links[1].reason == "Gi0/9 of dc is down"
    assert told(watcher.see(visit("dc", 120, interfaces={"Gi0/9": "up"}))) == [("link:wan", "down", "up", 120)]


def test_a_link_that_is_down_carries_what_stands_behind_it() -> None:
    watcher = Watcher(LINKED)
    watcher.see(visit("rt"), visit("dc", 0, interfaces={"Gi0/9": "up"}))
    watcher.see(visit("rt", 65, up=False))
    watcher.see(*(visit("dc", s, interfaces={"Gi0/9": "lowerLayerDown"}) for s in (60, 70, 80)))
    change = watcher.see(visit("rt", 85, up=False))[0]
    assert (change.subject, change.after, change.cause) == ("device:rt", BLIND, "link:wan")


def test_a_link_whose_only_eyes_are_down_is_blind_and_names_them() -> None:
    watcher = Watcher(topology(["rt"], links={"link:wan": (("rt", "Gi0/1"),)}))
    watcher.see(visit("rt", 0, interfaces={"Gi0/1": "up"}), *(visit("rt", s, up=False) for s in (60, 70, 80)))
    assert told(watcher.changes)[-2:] == [("device:rt", "up", "down", 60), ("link:wan", "up", "blind", 60)]
    assert watcher.changes[-1].cause == "device:rt"


def test_a_device_is_not_carried_down_by_a_link_that_is_out_of_sight_because_of_the_device() -> None:
    watcher = Watcher(topology(["rt"], {"device:rt": ("link:wan",)}, {"link:wan": (("rt", "Gi0/1"),)}))
    watcher.see(visit("rt", 0, interfaces={"Gi0/1": "up"}), *(visit("rt", s, up=False) for s in (60, 70, 80)))
    watcher.see(visit("rt", 90))  # back, and has not shown its interfaces yet
    changes = watcher.see(*(visit("rt", s, up=False) for s in range(150, 250, 10)))
    assert told(changes) == [("device:rt", "up", "down", 150)]


def test_an_interface_that_a_visit_does_not_show_says_nothing() -> None:
    watcher = Watcher(LINKED)
    watcher.see(visit("dc", 0, interfaces={"Gi0/9": "up"}), visit("dc", 60, interfaces={"Gi0/1": "down"}))
    assert watcher.board["link:wan"].standing is UP


# ---------------------------------------------------------------- sites and services
A, B, C = Subject("a", "device"), Subject("b", "device"), Subject("c", "device")


@pytest.mark.parametrize(
    ("needs", "downs", "expected"),
    [
        pytest.param(AllOf((A, B)), "a", DOWN, id="all: one of two is down"),
        pytest.param(AnyOf((A, B)), "a", UP, id="any: the other leg carries it"),
        pytest.param(AnyOf((A, B)), "ab", DOWN, id="any: both are down"),
        pytest.param(AtLeast(2, (A, B, C)), "a", UP, id="at least 2: one of three is down"),
        pytest.param(AtLeast(2, (A, B, C)), "ab", DOWN, id="at least 2: two of three are down"),
        pytest.param(AllOf((AnyOf((A, B)), C)), "b", UP, id="nested: one leg of a pair"),
        pytest.param(AllOf((AnyOf((A, B)), C)), "c", DOWN, id="nested: the part without a second leg"),
    ],
)
def test_a_service_stands_as_its_expression_says(needs: AllOf, downs: str, expected: str) -> None:
    watcher = Watcher(topology("abc", needs={"service:s": needs}))
    watcher.see(*(visit(name) for name in "abc"))
    assert watcher.board["service:s"].standing is UP
    for name in downs:
        watcher.see(*(visit(name, s, up=False) for s in (60, 70, 80)))
    assert watcher.board["service:s"].standing is expected


def test_a_service_falls_when_the_last_leg_fell_and_rises_with_the_first_that_is_back() -> None:
    watcher = Watcher(topology("ab", needs={"service:s": AnyOf((A, B))}))
    watcher.see(visit("a"), visit("b"))
    watcher.see(*(visit("a", s, up=False) for s in (65, 75, 85)))
    watcher.see(*(visit("b", s, up=False) for s in (60, 70, 90)))  # told later, and true before
    watcher.see(visit("a", 300))
    service = [c for c in watcher.changes if c.subject == "service:s"]
    assert told(service) == [
        ("service:s", "blind", "up", 0), ("service:s", "up", "down", 65), ("service:s", "down", "up", 300)
    ]  # fmt: skip
    assert service[1].cause == "device:b"


def test_a_change_that_does_not_matter_to_a_service_does_not_move_its_beginning() -> None:
    watcher = Watcher(topology("abc", needs={"service:s": AllOf((AnyOf((A, B)), C))}))
    watcher.see(*(visit(name) for name in "abc"))
    watcher.see(visit("c", 50, up=False), *(visit("a", s, up=False) for s in (100, 110, 120)))
    changes = watcher.see(visit("c", 115, up=False), visit("c", 125, up=False))
    assert told(changes) == [("device:c", "up", "down", 50), ("service:s", "up", "down", 50)]


def test_a_service_fell_with_the_first_part_that_fell_also_when_that_is_known_later() -> None:
    watcher = Watcher(topology("ab", needs={"service:s": AllOf((A, B))}))
    watcher.see(visit("a"), visit("b"), visit("b", 50, up=False))
    watcher.see(*(visit("a", s, up=False) for s in (60, 70, 80)))
    changes = watcher.see(visit("b", 90, up=False), visit("b", 100, up=False))
    assert told(changes) == [("device:b", "up", "down", 50), ("service:s", "down", "down", 50)]
    (outage,) = [o for o in outages_of(flips_of(watcher.changes)) if o.subject == "service:s"]
    first = next(f for f in flips_of(watcher.changes) if f.subject == "service:s" and f.after is DOWN)
    assert (outage.began_at, outage.cause, outage.id) == (at(50), "device:b", first.id)


def test_a_service_is_blind_only_when_the_unknown_could_decide() -> None:
    watcher = Watcher(topology("ab", needs={"service:s": AnyOf((A, B))}))
    watcher.see(visit("a"))
    assert watcher.board["service:s"].standing is UP
    watcher.see(*(visit("a", s, up=False) for s in (60, 70, 80)))
    assert watcher.board["service:s"].standing is BLIND
    watcher.see(*(visit("b", s, up=False) for s in (90, 100, 110)))
    assert watcher.board["service:s"].standing is DOWN


def test_a_degraded_part_degrades_the_service_unless_another_does_fully() -> None:
    watcher = Watcher(topology("ab", needs={"service:s": AllOf((A,)), "service:t": AnyOf((A, B))}))
    watcher.see(visit("a"), visit("b"), *(visit("a", s, snmp=False, icmp=True) for s in (60, 70, 80)))
    assert watcher.board["service:s"].standing is DEGRADED
    assert watcher.board["service:t"].standing is UP


def test_what_is_carried_down_takes_its_service_down_and_the_root_is_named() -> None:
    whole = topology(
        ["core", "pbx"], {"device:pbx": ("device:core",)},
        needs={"service:voice": Subject("pbx", "device"), "service:calls": Subject("voice", "service")},
    )  # fmt: skip
    watcher = Watcher(whole)
    watcher.see(visit("core"), visit("pbx"), *(visit("core", s, up=False) for s in (60, 70, 80)))
    changes = watcher.see(visit("pbx", 90, up=False))
    assert [(c.subject, c.after, c.cause) for c in changes] == [
        ("device:pbx", BLIND, "device:core"),
        ("service:voice", DOWN, "device:core"),
        ("service:calls", DOWN, "device:core"),
    ]


def test_a_new_expression_is_judged_when_it_is_loaded() -> None:
    watcher = Watcher(topology("ab"))
    watcher.see(visit("a"), *(visit("b", s, up=False) for s in (0, 10, 20)))
    judgement = judge_dependents(watcher.board, topology("ab", needs={"service:s": AllOf((A, B))}), at(400))
    assert told(judgement.changes) == [("service:s", "blind", "down", 400)]


# ---------------------------------------------------------------- the looks behind a flip
def test_a_flip_that_took_several_looks_names_them_and_one_that_took_one_none() -> None:
    world = topology(["sw"], links={"link:a": (("sw", "Gi1"),)})
    board: Board = {}
    changes = []
    for second in (0, 60, 70, 80, 90, 100):
        judgement = judge(visit("sw", second, up=second in (0, 100), interfaces={"Gi1": "up"}), board, world)
        board.update(judgement.held)
        changes += [c for c in judgement.changes if c.subject == "device:sw"]
    assert [(c.after, c.looks) for c in changes] == [(UP, ()), (DOWN, (at(60), at(70), at(80))), (UP, ())]


def test_the_looks_at_a_link_are_named_too_and_no_more_of_them_are_kept_than_decide() -> None:
    world = topology(["sw"], links={"link:a": (("sw", "Gi1"),)})
    board: Board = {}
    changes = []
    for n in range(20):
        judgement = judge(visit("sw", 10 * n, interfaces={"Gi1": "up" if n == 0 else "down"}), board, world)
        board.update(judgement.held)
        changes += [c for c in judgement.changes if c.after is DOWN]
    assert [c.looks for c in changes] == [(at(10), at(20), at(30))]
    assert len(board["link:a"].trouble[0].seen) == 3


def test_a_service_is_down_until_the_last_of_what_was_carried_down_is_out_of_sight() -> None:
    """One part out of sight decides nothing while the other is known to be out."""
    service = "service:phone"
    watcher = Watcher(
        topology(
            ["core", "a", "b"],
            behind={"device:a": ("device:core",), "device:b": ("device:core",)},
            needs={service: AllOf((Subject("a", "device"), Subject("b", "device")))},
        )
    )
    names = ("core", "a", "b")
    watcher.see(*(visit(name, second) for second, name in enumerate(names)))
    watcher.see(*(visit(name, 60 + 10 * n + k, up=False) for n in range(3) for k, name in enumerate(names)))
    watcher.see(*(visit(name, 140 + 10 * n, up=False) for n, name in enumerate(names)), blind=True)
    of_service = [(c.after, (c.at - T0).total_seconds()) for c in watcher.changes if c.subject == service]
    assert of_service == [(UP, 2), (DOWN, 61), (BLIND, 160)]
