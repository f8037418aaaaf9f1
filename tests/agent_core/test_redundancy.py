"""Redundancy: groups in the topology, how they stand, what a loss of one amounts to, and what carries a service."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.outages import Period, outages_of, timeline
from agent.accounting.redundancy import carried, losses_of, minutes_by, title_of
from agent.facts import Change, Flip, Standing
from agent.health import UNKNOWN, Board, Held, board_of, forget, judge, judge_dependents
from agent.inventory import Estate, load
from agent.inventory.needs import AllOf, AnyOf, AtLeast, Needs, Subject, holds, subjects
from agent.topology import Group, Topology
from collectors.readings import Cadence, Check, Level, Visit
from tests.agent_core.making import BLIND, DEGRADED, DOWN, T0, UP, at, flips_of, topology, visit

WAN = "redundancy:links/wan"


def estate_of(**sections: Any) -> Estate:
    sites = {
        "hq": {"title": "Headquarters", "kind": "office", "owner": "a"},
        "dc-1": {"title": "First data centre", "kind": "data_centre", "owner": "a"},
        "dc-2": {"title": "Second data centre", "kind": "data_centre", "owner": "a"},
    }
    devices = {
        "core": {"name": "core", "class": "switch", "site": "hq"},
        "one": {"name": "one", "class": "server", "site": "dc-1"},
        "two": {"name": "two", "class": "server", "site": "dc-2"},
        "spare": {"name": "spare", "class": "server", "site": "dc-2"},
    }
    links = {
        "a": {"supplier": "BT", "redundancy": "wan", "watch": [{"device": "core", "interface": "a"}]},
        "b": {"supplier": "Virgin Media", "redundancy": "wan", "watch": [{"device": "core", "interface": "b"}]},
    }
    for name, more in sections.pop("devices", {}).items():
        devices[name] |= more
    return Estate.model_validate(
        {
            "councils": {"a": {"title": "A", "share": 1}},
            "sites": sites,
            "links": {name: {"site": "hq", **link} for name, link in links.items()},
            "devices": {name: {"address": "192.0.2.1", **device} for name, device in devices.items()},
            **sections,
        }
    )


ESTATE = estate_of()
TOPOLOGY = Topology.of(ESTATE)


class Watcher:
    """A board that visits are judged against; everything that changed is kept."""

    def __init__(self, of: Topology) -> None:
        self.topology, self.changes = of, list[Change]()
        self.board: Board = {}
        self.again: tuple[float | None, Cadence] = (None, Cadence.PULSE)

    def see(self, *visits: Visit, blind: bool = False) -> list[Change]:
        found: list[Change] = []
        for one in visits:
            judgement = judge(one, self.board, self.topology, blind=blind)
            self.board.update(judgement.held)
            self.again = judgement.look_again_in, judgement.look_again
            found += judgement.changes
        self.changes += found
        return found

    @property
    def flips(self) -> list[Flip]:
        return flips_of(self.changes)


def thrice(device: str, seconds: float, **interfaces: str) -> Iterator[Visit]:
    for n in range(3):
        yield visit(device, seconds + 10 * n, up=bool(interfaces), interfaces=interfaces)


def course(changes: Iterable[Change], subject: str) -> list[tuple[Standing, float, str | None]]:
    return [(c.after, (c.at - T0).total_seconds(), c.cause) for c in changes if c.subject == subject]


# ---------------------------------------------------------------- which groups there are
def test_links_data_centres_sites_and_services_make_groups_and_the_same_legs_make_one(root: Path) -> None:
    groups = Topology.of(load(root / "inventory.yaml")).groups
    wan = groups["redundancy:links/wallfields"]
    assert ([str(leg) for leg in wan.legs], wan.count) == (["link:wallfields-a", "link:wallfields-b"], 1)
    assert groups["redundancy:sites/data_centre"].parts == ("site:daneshill", "site:cavendish")
    assert "redundancy:site/wallfields" not in groups  # its links are that group already
    assert groups["redundancy:site/wallfields/2"].parts == ("device:sw-wf-1", "device:sw-wf-2")
    assert not [name for name in groups if name.startswith("redundancy:service/network")]  # fibres and data centres
    assert (groups["redundancy:service/servers"].count, len(groups["redundancy:service/servers"].legs)) == (2, 6)
    legs = [(frozenset(group.legs), group.count) for group in groups.values()]
    assert len(set(legs)) == len(legs)
    assert all(group.count < len(group.legs) for group in groups.values())


def test_a_site_that_does_not_say_what_it_needs_has_redundant_links_and_no_redundant_devices() -> None:
    unnamed = estate_of(
        links={
            name: {"site": "hq", "supplier": "BT", "watch": [{"device": "core", "interface": name}]} for name in "ab"
        }
    )
    assert Topology.of(unnamed).groups["redundancy:site/hq"].parts == ("link:a", "link:b")
    assert not [n for n in TOPOLOGY.groups if n.startswith("redundancy:site/dc-2")]  # of two servers one is enough


def test_links_that_nothing_watches_are_no_legs() -> None:
    links = {
        "a": {"site": "hq", "supplier": "BT", "redundancy": "wan", "watch": [{"device": "core", "interface": "a"}]},
        "b": {"site": "hq", "supplier": "BT", "redundancy": "wan"},
    }
    assert WAN in TOPOLOGY.groups
    assert WAN not in Topology.of(estate_of(links=links)).groups


def test_what_a_device_tells_of_itself_is_a_group_where_two_or_more_are_expected() -> None:
    found = Topology.of(estate_of(devices={"core": {"expect": {"power_supplies": 2, "ha_members": 1}}}))
    assert found.expected == {"core": (("power_supplies_expected", "redundancy:device/core/power_supplies"),)}
    assert found.grouped["device:core"] == ("redundancy:device/core/power_supplies",)
    assert {"redundancy:device/core/power_supplies", WAN, "device:core", "link:a", "site:hq"} <= found.subjects


# ---------------------------------------------------------------- how a group stands
def test_one_of_two_links_is_redundancy_lost_and_both_are_down_with_the_first_as_the_cause() -> None:
    watcher = Watcher(TOPOLOGY)
    watcher.see(visit("core", interfaces={"a": "up", "b": "up"}))
    watcher.see(*thrice("core", 60, a="up", b="down"))
    (change,) = [c for c in watcher.changes if c.subject == WAN and c.after is DEGRADED]
    assert change.reason == "out: link:b; 1 of 2 left"
    watcher.see(*thrice("core", 200, a="down", b="down"), visit("core", 300, interfaces={"a": "up", "b": "down"}))
    watcher.see(visit("core", 400, interfaces={"a": "up", "b": "up"}))
    assert course(watcher.changes, WAN) == [
        (UP, 0, None), (DEGRADED, 60, "link:b"), (DOWN, 200, "link:b"), (DEGRADED, 300, "link:b"), (UP, 400, None),
    ]  # fmt: skip
    assert course(watcher.changes, "site:hq") == [(UP, 0, None), (DOWN, 200, "link:b"), (UP, 300, None)]


def test_a_leg_that_was_accused_before_its_cause_was_found_gives_the_group_that_cause() -> None:
    group = Group.of((Subject("ap", "device"), Subject("other", "device")))
    watcher = Watcher(topology(["sw", "ap", "other"], {"device:ap": ("device:sw",)}, groups={WAN: group}))
    watcher.see(visit("sw"), visit("ap"), visit("other"), *thrice("ap", 60), *thrice("sw", 70))
    assert course(watcher.changes, WAN)[-1] == (DEGRADED, 60, "device:sw")
    assert [(f.after, f.at, f.cause) for f in timeline(f for f in watcher.flips if f.subject == WAN)][1:] == [
        (DEGRADED, at(60), "device:sw")
    ]


def test_a_leg_that_fell_earlier_and_was_confirmed_later_moves_the_beginning() -> None:
    group = Group.of(Subject(name, "device") for name in "xyz")
    watcher = Watcher(topology("xyz", groups={WAN: group}))
    watcher.see(visit("x"), visit("y"), visit("z"), visit("x", 60, up=False), *thrice("y", 65))
    assert course(watcher.changes, WAN)[-1] == (DEGRADED, 65, "device:y")
    watcher.see(visit("x", 100, up=False), visit("x", 110, up=False))
    assert course(watcher.changes, WAN)[-1] == (DEGRADED, 60, "device:x")


def test_the_cause_of_a_lost_leg_is_what_took_it_down_and_not_what_was_out_in_it_before() -> None:
    x, y, z, other = (Subject(name, "device") for name in ("x", "y", "z", "other"))
    group = Group.of((AllOf((AnyOf((x, y)), z)), other))
    watcher = Watcher(topology(["x", "y", "z", "other"], groups={WAN: group}))
    watcher.see(*(visit(name) for name in ("x", "y", "z", "other")), *thrice("x", 60))
    assert watcher.board[WAN].standing is UP
    watcher.see(*thrice("z", 300))
    assert course(watcher.changes, WAN)[-1] == (DEGRADED, 300, "device:z")


PARTS = [Subject(name, "device") for name in "abcde"]
EXPRESSIONS: st.SearchStrategy[Needs] = st.recursive(
    st.sampled_from(PARTS),
    lambda inner: st.lists(inner, min_size=1, max_size=3).flatmap(
        lambda parts: st.one_of(
            st.just(AllOf(tuple(parts))),
            st.just(AnyOf(tuple(parts))),
            st.integers(1, len(parts)).map(lambda count: AtLeast(count, tuple(parts))),
        )
    ),
    max_leaves=5,
)
GROUPS = st.lists(EXPRESSIONS, min_size=2, max_size=4, unique=True).flatmap(
    lambda legs: st.integers(1, len(legs) - 1).map(lambda count: Group.of(legs, count))
)
HELD = {
    "up": Held(UP, T0), "degraded": Held(DEGRADED, T0), "down": Held(DOWN, T0), "blind": UNKNOWN,
    "carried": Held(BLIND, T0, cause="device:else"),
}  # fmt: skip


def by_brute_force(group: Group, board: Board) -> Standing:
    """By every way in which the unknown could be known."""
    unknown = [part for part in group.parts if board[part] is UNKNOWN]
    found = set()
    for known in itertools.product([True, False], repeat=len(unknown)):
        serves = {part: board[part].standing in (UP, DEGRADED) for part in group.parts}
        serves |= dict(zip(unknown, known, strict=True))
        up = sum(holds(leg, lambda part: serves[str(part)]) is True for leg in group.legs)  # noqa: B023
        found.add(UP if up == len(group.legs) else DEGRADED if up >= group.count else DOWN)
    return found.pop() if len(found) == 1 else BLIND


@given(GROUPS, st.lists(st.sampled_from(sorted(HELD)), min_size=5, max_size=5))
def test_a_group_stands_as_every_way_of_filling_the_unknown_has_it_and_while_degraded_its_service_is_not_down(
    group: Group, states: list[str]
) -> None:
    board = {str(part): HELD[state] for part, state in zip(PARTS, states, strict=True)}
    of = topology("abcde", needs={"service:s": group.needs}, groups={WAN: group})
    judgement = judge_dependents(board, of, at(60))
    standing = judgement.held.get(WAN, UNKNOWN).standing
    assert standing is by_brute_force(group, board)
    service = judgement.held.get("service:s", UNKNOWN).standing
    if standing in (UP, DEGRADED):
        assert service in (UP, DEGRADED)
    if standing is DOWN:
        assert service is DOWN


# ---------------------------------------------------------------- what a device tells of itself
SUPPLIES = "redundancy:device/sw/power_supplies"
EXPECTING = topology(["sw"], expected={"sw": ("power_supplies",)})


def told(seconds: float, level: Level) -> Visit:
    check = Check("power_supplies_expected", "", {"ok": "2 of 2", "warning": "1 of 2"}.get(level, "0 of 2"), level)
    return replace(visit("sw", seconds, cadence=Cadence.HEALTH), checks=(check,))


def test_a_power_supply_is_lost_after_three_looks_with_sooner_looks_that_ask_for_checks() -> None:
    watcher = Watcher(EXPECTING)
    watcher.see(told(0, Level.OK))
    assert watcher.see(told(300, Level.WARNING)) == []
    assert watcher.again == (10, Cadence.HEALTH)
    assert watcher.see(visit("sw", 305)) == []  # a pulse has no checks and says nothing
    watcher.see(told(310, Level.WARNING), told(320, Level.WARNING), told(330, Level.WARNING))
    assert watcher.again[0] is None
    before = dict(watcher.board)
    watcher.see(told(600, Level.WARNING))
    assert watcher.board == before
    watcher.see(told(900, Level.OK))
    assert course(watcher.changes, SUPPLIES) == [(UP, 0, None), (DEGRADED, 300, None), (UP, 900, None)]
    assert watcher.board["device:sw"].standing is UP


def test_the_last_one_that_goes_is_confirmed_by_itself_and_one_that_is_back_ends_it_at_once() -> None:
    watcher = Watcher(EXPECTING)
    watcher.see(told(0, Level.OK), *(told(300 + 10 * n, Level.WARNING) for n in range(3)))
    watcher.see(told(600, Level.CRITICAL), told(610, Level.CRITICAL))
    assert watcher.board[SUPPLIES].standing is DEGRADED
    watcher.see(told(620, Level.CRITICAL), told(900, Level.WARNING))
    assert course(watcher.changes, SUPPLIES)[1:] == [(DEGRADED, 300, None), (DOWN, 600, None), (DEGRADED, 900, None)]


def test_a_check_that_cannot_be_made_says_nothing() -> None:
    watcher = Watcher(EXPECTING)
    watcher.see(told(0, Level.OK))
    assert watcher.see(*(told(300 + 10 * n, Level.UNKNOWN) for n in range(4))) == []


def test_a_device_that_is_out_makes_what_it_tells_blind_and_the_loss_goes_on_through_it() -> None:
    watcher = Watcher(EXPECTING)
    watcher.see(told(0, Level.OK), *(told(300 + 10 * n, Level.WARNING) for n in range(3)))
    watcher.see(*thrice("sw", 400), visit("sw", 500), *(told(600 + 10 * n, Level.WARNING) for n in range(3)))
    watcher.see(told(900, Level.OK))
    assert course(watcher.changes, SUPPLIES)[1:] == [
        (DEGRADED, 300, None), (BLIND, 400, "device:sw"), (DEGRADED, 600, None), (UP, 900, None),
    ]  # fmt: skip
    (loss,) = losses_of(watcher.flips, estate_of())
    assert (loss.began_at, loss.ended_at, loss.went_down) == (at(300), at(900), False)
    assert loss.times == ((at(300), at(400)), (at(600), at(900)))


def test_what_was_never_told_is_not_lost_sight_of() -> None:
    watcher = Watcher(EXPECTING)
    watcher.see(visit("sw"), *thrice("sw", 60), visit("sw", 120))
    assert course(watcher.changes, SUPPLIES) == []


def test_groups_that_are_down_are_no_outages_and_nothing_that_an_outage_carries() -> None:
    flips = lost_links()
    assert DOWN in {flip.after for flip in flips if flip.subject == WAN}
    outages = outages_of(flips)
    assert {outage.subject for outage in outages} == {"link:a", "link:b", "site:hq"}
    assert {name for outage in outages for name in outage.carried} == {"site:hq"}


def test_a_loss_ends_when_its_group_leaves_the_inventory_also_while_it_is_out_of_sight() -> None:
    watcher = Watcher(EXPECTING)
    watcher.see(told(0, Level.OK), *(told(300 + 10 * n, Level.WARNING) for n in range(3)), *thrice("sw", 400))
    watcher.changes += forget([SUPPLIES], watcher.board, at(700)).changes
    (loss,) = losses_of(watcher.flips, estate_of())
    assert loss.ended_at == at(700)


# ---------------------------------------------------------------- losses
def lost_links() -> list[Flip]:
    """b down from 60 to 400, a from 200 to 300; b again from 1000 on."""
    watcher = Watcher(TOPOLOGY)
    watcher.see(visit("core", interfaces={"a": "up", "b": "up"}), *thrice("core", 60, a="up", b="down"))
    watcher.see(*thrice("core", 200, a="down", b="down"), visit("core", 300, interfaces={"a": "up", "b": "down"}))
    watcher.see(visit("core", 400, interfaces={"a": "up", "b": "up"}), *thrice("core", 1000, a="up", b="down"))
    return watcher.flips


def test_a_loss_names_its_legs_the_buildings_and_the_suppliers_and_whether_it_went_down_altogether() -> None:
    first, second = losses_of(lost_links(), ESTATE)
    assert (first.group, first.title) == (WAN, "Links of Headquarters (wan)")
    assert (first.began_at, first.ended_at, first.went_down, first.cause) == (at(60), at(400), True, "link:b")
    assert (set(first.legs), first.sites, set(first.suppliers)) == (
        {"link:a", "link:b"}, ("Headquarters",), {"BT", "Virgin Media"}
    )  # fmt: skip
    assert (second.began_at, second.ended_at, second.went_down, second.legs) == (at(1000), None, False, ("link:b",))


def test_minutes_are_those_of_the_suppliers_own_leg_within_the_window() -> None:
    losses = losses_of(lost_links(), ESTATE)
    assert minutes_by(losses, Period(at(100), at(1060))) == {
        ("Headquarters", "BT"): timedelta(seconds=100),
        ("Headquarters", "Virgin Media"): timedelta(seconds=300 + 60),
    }
    assert minutes_by([*losses, *losses], Period(at(100), at(1060))) == minutes_by(losses, Period(at(100), at(1060)))


def test_a_window_and_a_moment_choose_the_losses_and_leave_their_times_as_they_are() -> None:
    flips = lost_links()
    assert [loss.began_at for loss in losses_of(flips, ESTATE, Period(at(350), at(360)))] == [at(60)]
    assert [loss.began_at for loss in losses_of(flips, ESTATE, now=at(500))] == [at(60)]
    assert losses_of(flips, ESTATE, Period(at(500), at(900))) == []


def test_a_supplier_does_not_answer_for_a_link_that_goes_down_with_our_own_device() -> None:
    links = {
        name: {"site": "hq", "supplier": "BT", "redundancy": "wan", "watch": [{"device": device, "interface": "x"}]}
        for name, device in (("a", "one"), ("b", "two"))
    }
    estate = estate_of(links=links)
    watcher = Watcher(Topology.of(estate))
    watcher.see(*(visit(name, interfaces={"x": "up"}) for name in ("one", "two")), *thrice("two", 60))
    (loss,) = [loss for loss in losses_of(watcher.flips, estate) if loss.group == WAN]
    assert (loss.cause, loss.legs, loss.suppliers) == ("device:two", ("link:b",), ())
    assert minutes_by([loss], Period(at(0), at(120))) == {("Headquarters", ""): timedelta(seconds=60)}


def test_of_a_group_that_is_gone_from_the_inventory_the_cause_is_still_told() -> None:
    first, _ = losses_of(lost_links(), estate_of(links={}))
    assert (first.title, first.legs, first.went_down) == ("Links (wan)", ("link:b",), True)


def test_titles_are_plain_words() -> None:
    service = {"title": "Mail", "owner": "a", "needs": {"at_least": 1, "of": ["device:one", "device:two"]}}
    estate = estate_of(services={"mail": service})
    groups = Topology.of(estate).groups
    name = "redundancy:service/mail"
    assert title_of(name, estate, groups[name]) == "Mail: device one or device two"
    assert title_of("redundancy:sites/data_centre", estate) == "Data centres"
    assert title_of("redundancy:device/core/stack_members", estate) == "Stack members of core"


LEGS = "xyz"
SPARE = Group.of((Subject(name, "device") for name in LEGS), 2)
STEPS = st.lists(st.tuples(st.sampled_from(LEGS), st.booleans(), st.integers(40, 400)), max_size=25)


@given(STEPS, st.integers(0, 25))
def test_legs_lost_and_regained_in_any_order_give_the_losses_they_had_and_a_restart_changes_nothing(
    steps: list[tuple[str, bool, int]], cut: int
) -> None:
    of = topology(LEGS, groups={WAN: SPARE})
    watcher, restarted = Watcher(of), Watcher(of)
    for one in (watcher, restarted):
        one.see(*(visit(name) for name in LEGS))
    now, edges = 0.0, [(0.0, frozenset[str]())]
    for number, (device, up, seconds) in enumerate(steps):
        now += seconds
        looks = [visit(device, now)] if up else list(thrice(device, now))
        watcher.see(*looks)
        if number == cut:
            last = {flip.subject: flip for flip in restarted.flips}
            restarted.board = board_of(last.values(), restarted.flips)
            assert judge_dependents(restarted.board, of, at(now)).changes == ()
        restarted.see(*looks)
        out = edges[-1][1] - {device} if up else edges[-1][1] | {device}
        if out != edges[-1][1]:
            edges.append((now, out))
    assert restarted.changes == watcher.changes
    losses = losses_of(watcher.flips, ESTATE)
    assert all(one.ended_at and one.ended_at <= other.began_at for one, other in itertools.pairwise(losses))
    expected: list[list[Any]] = []
    for seconds, out in edges:
        lost = expected and expected[-1][1] is None
        if out and not lost:
            expected.append([at(seconds), None, False])
        elif lost and not out:
            expected[-1][1] = at(seconds)
        if out:
            expected[-1][2] = expected[-1][2] or len(out) > 1
    assert [[loss.began_at, loss.ended_at, loss.went_down] for loss in losses] == expected


@given(st.lists(st.tuples(st.sampled_from(LEGS), st.sampled_from("uudddb"), st.integers(5, 60)), max_size=80))
def test_whatever_is_seen_losses_of_a_group_do_not_overlap_and_changes_follow_each_other(
    looks: list[tuple[str, str, int]],
) -> None:
    of = topology(LEGS, {"device:z": ("device:x", "device:y")}, groups={WAN: SPARE})
    watcher = Watcher(of)
    now = 0.0
    for device, kind, seconds in looks:
        now += seconds
        watcher.see(visit(device, now, up=kind == "u"), blind=kind == "b")
        parts = {part: watcher.board.get(part, UNKNOWN) for part in SPARE.parts}
        board: Board = {
            part: held if held.standing is not BLIND or held.cause else UNKNOWN for part, held in parts.items()
        }
        assert watcher.board.get(WAN, UNKNOWN).standing is by_brute_force(SPARE, board)
    losses = losses_of(watcher.flips, ESTATE)
    assert all(one.ended_at and one.ended_at <= other.began_at for one, other in itertools.pairwise(losses))
    assert all(loss.ended_at is None or loss.began_at < loss.ended_at for loss in losses)
    standing = BLIND
    for change in watcher.changes:
        if change.subject == WAN:
            assert change.before is standing
            standing = change.after


# ---------------------------------------------------------------- what carries a service
def held_up(of: Topology, *down: str) -> Board:
    board: Board = {subject: Held(UP, T0, BLIND) for subject in of.subjects}
    board.update({subject: Held(DOWN, at(60), UP) for subject in down})
    board.update(judge_dependents(board, of, at(60)).held)
    return board


def test_a_service_that_is_carried_says_what_is_out_and_what_carries_it() -> None:
    one, two, three = (Subject(name, "device") for name in ("one", "two", "three"))
    needs = {
        "service:base": AnyOf((AllOf((one, three)), two)),
        "service:mail": AllOf((Subject("base", "service"), AtLeast(1, (two, three)))),
    }
    of = topology(["one", "two", "three"], needs=needs)
    assert carried("service:mail", held_up(of), of) == ()
    assert carried("service:mail", held_up(of, "device:one"), of) == ("device one is out; device two carries.",)
    assert carried("service:mail", held_up(of, "device:three"), of) == ("device three is out; device two carries.",)
    assert carried("service:mail", held_up(of, "device:three", "device:two"), of) == ()  # it is down
    assert carried("device:one", held_up(of), of) == ()


def test_many_legs_are_not_all_named() -> None:
    names = [f"h{n}" for n in range(9)]
    of = topology(names, needs={"service:s": AtLeast(2, tuple(Subject(name, "device") for name in names))})
    assert carried("service:s", held_up(of, *(f"device:h{n}" for n in range(5))), of) == (
        "device h0, device h1, device h2 and 2 more are out; device h5, device h6, device h7 and 1 more carry.",
    )


@given(EXPRESSIONS, st.lists(st.sampled_from(sorted(HELD)), min_size=5, max_size=5))
def test_only_what_serves_is_carried_and_only_where_something_is_out(needs: Needs, states: list[str]) -> None:
    board: Board = {str(part): HELD[state] for part, state in zip(PARTS, states, strict=True)}
    of = topology("abcde", needs={"service:s": needs})
    board.update(judge_dependents(board, of, at(60)).held)
    if carried("service:s", board, of):
        assert board["service:s"].standing in (UP, DEGRADED)
        assert any(board[str(part)].out for part in subjects(needs))
    elif board.get("service:s", UNKNOWN).standing is UP and isinstance(needs, AnyOf):
        assert not any(holds(leg, lambda part: board[str(part)].serves) is False for leg in needs.parts)


# ---------------------------------------------------------------- the project's own estate
def test_the_loss_of_one_link_of_wallfields_is_redundancy_lost_and_nobody_is_down(root: Path) -> None:
    estate = load(root / "inventory.yaml")
    watcher = Watcher(Topology.of(estate))
    up = {name: {i: "up" for _, i in watcher.topology.watched.get(name, ())} for name in watcher.topology.devices}
    watcher.see(*(visit(name, interfaces=up[name]) for name in sorted(up)))
    assert all(held.standing is UP for held in watcher.board.values())
    watcher.changes = [c for c in watcher.changes if c.subject.startswith(("redundancy:", "link:"))]
    lost = watcher.see(*thrice("sw-wf-2", 60, **{"GigabitEthernet1/0/49": "down"}))
    assert [(c.subject, c.after, c.cause) for c in lost] == [
        ("link:wallfields-b", DOWN, None), ("redundancy:links/wallfields", DEGRADED, "link:wallfields-b"),
    ]  # fmt: skip
    assert carried("site:wallfields", watcher.board, watcher.topology) == (
        "link wallfields-b is out; link wallfields-a carries.",
    )
    (loss,) = losses_of(watcher.flips, estate, now=at(660))
    assert (loss.title, loss.legs, loss.suppliers) == (
        "Links of Wallfields (wallfields)", ("link:wallfields-b",), ("BT",)
    )  # fmt: skip
    assert minutes_by([loss], Period(at(0), at(660))) == {("Wallfields", "BT"): timedelta(minutes=10)}


@pytest.mark.parametrize("device", ["sw-wf-1", "sw-wf-2"])
def test_a_building_whose_switch_is_out_is_carried_by_the_other_one(root: Path, device: str) -> None:
    of = Topology.of(load(root / "inventory.yaml"))
    assert len(carried("site:wallfields", held_up(of, f"device:{device}"), of)) == 1
