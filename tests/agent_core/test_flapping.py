"""Flapping as it is held live: three outages to get in, ten calm minutes to get out, and the same as flips tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from agent.accounting.outages import timeline
from agent.facts import Change, Flip, Standing
from agent.health import FLAP_COUNT, FLAP_GAP, UNKNOWN, Board, Held, board_of, judge
from agent.inventory.needs import AllOf, Subject
from collectors.readings import Visit
from tests.agent_core.making import BLIND, DEGRADED, DOWN, UP, at, flips_of, topology, visit

SERVED = topology(
    ["sw", "ap"],
    {"device:ap": ("device:sw",)},
    needs={"service:wifi": AllOf((Subject("sw", "device"), Subject("ap", "device")))},
)


def seen(board: Board, *visits: Visit) -> list[Change]:
    found: list[Change] = []
    for one in visits:
        judgement = judge(one, board, SERVED)
        board.update(judgement.held)
        found += judgement.changes
    return found


def outage(device: str, began: float, ended: float) -> list[Visit]:
    return [*(visit(device, began + 10 * n, up=False) for n in range(3)), visit(device, ended)]


def test_the_third_outage_with_short_gaps_is_flapping_and_ten_calm_minutes_end_it() -> None:
    board: Board = {}
    seen(board, visit("sw"), *outage("sw", 60, 120), *outage("sw", 700, 760))
    assert not board["device:sw"].flapping_at(at(760))
    seen(board, *outage("sw", 1300, 1360)[:3])
    assert board["device:sw"].flapping_at(at(1320))
    assert board["device:sw"].downs == 3
    seen(board, visit("sw", 1360))
    assert board["device:sw"].flapping_at(at(1360 + 599))
    assert not board["device:sw"].flapping_at(at(1360 + 600))


def test_a_gap_of_more_than_ten_minutes_begins_the_count_anew() -> None:
    board: Board = {}
    seen(board, visit("sw"), *outage("sw", 60, 120), *outage("sw", 200, 260), *outage("sw", 861, 900))
    assert (board["device:sw"].downs, board["device:sw"].flapping_at(at(900))) == (1, False)
    seen(board, *outage("sw", 1500, 1560))  # ten minutes to the second are not more
    assert board["device:sw"].downs == 2


def test_what_flaps_goes_on_flapping_for_as_long_as_it_is_down() -> None:
    board: Board = {}
    seen(board, visit("sw"), *(look for n in range(3) for look in outage("sw", 60 + 100 * n, 110 + 100 * n)))
    seen(board, *outage("sw", 400, 450)[:3])
    assert board["device:sw"].flapping_at(at(40_000))


def test_a_service_flaps_with_what_it_needs() -> None:
    board: Board = {}
    seen(board, visit("sw"), visit("ap"), *(v for n in range(3) for v in outage("sw", 60 + 100 * n, 110 + 100 * n)))
    assert board["service:wifi"].flapping_at(at(320))
    assert not board["device:ap"].flapping_at(at(320))


def test_an_outage_that_turns_out_to_have_a_cause_takes_its_count_back() -> None:
    board: Board = {}
    seen(board, visit("sw"), visit("ap"), *outage("ap", 60, 110), *outage("ap", 160, 210))
    seen(board, *outage("ap", 260, 0)[:3])
    assert board["device:ap"].flapping_at(at(280))
    changes = seen(board, *(visit("sw", 265 + 10 * n, up=False) for n in range(3)))
    assert ("device:ap", BLIND) in [(change.subject, change.after) for change in changes]
    assert (board["device:ap"].downs, board["device:ap"].flapping_at(at(290))) == (2, False)


def test_many_outages_are_not_all_kept() -> None:
    board: Board = {}
    seen(board, visit("sw"), *(look for n in range(40) for look in outage("sw", 60 + 100 * n, 110 + 100 * n)))
    assert board["device:sw"].flapping_at(at(4100))
    assert len(board["device:sw"].lately) < 10


# ---------------------------------------------------------------- the same from flips
def read(flips: Sequence[Flip], now: datetime) -> tuple[int, bool]:
    """The rule, worked out from the flips of one subject without any of what is held."""
    outages: list[tuple[datetime, datetime | None]] = []
    for flip in timeline(flips):
        open_ = bool(outages) and outages[-1][1] is None
        if flip.after is DOWN and not open_:
            outages.append((flip.at, None))
        elif flip.after in (UP, DEGRADED) and open_:
            outages[-1] = (outages[-1][0], flip.at)
    chain = outages[-1:]
    for earlier in reversed(outages[:-1]):
        if earlier[1] is None or chain[0][0] - earlier[1] > FLAP_GAP:
            break
        chain.insert(0, earlier)
    if not chain:
        return 0, False
    last = chain[-1][1]
    return len(chain), len(chain) >= FLAP_COUNT and (last is None or now - last < FLAP_GAP)


LOOKS = st.lists(
    st.tuples(
        st.sampled_from(["sw", "ap"]), st.sampled_from("uuuddddgb"), st.sampled_from([10, 10, 30, 200, 590, 700])
    ),
    max_size=120,
)


@given(LOOKS)
def test_counting_live_gives_what_the_flips_give_and_a_restart_at_any_moment_as_well(
    looks: list[tuple[str, str, int]],
) -> None:
    board: Board = {}
    changes: list[Change] = []
    now = 0.0
    for device, kind, seconds in looks:
        now += seconds
        look = visit(device, now, snmp=False, icmp=True) if kind == "g" else visit(device, now, up=kind == "u")
        judgement = judge(look, board, SERVED, blind=kind == "b")
        board.update(judgement.held)
        changes += judgement.changes
    flips = flips_of(changes)
    restarted = board_of({flip.subject: flip for flip in flips}.values(), flips)
    for subject in ("device:sw", "device:ap", "service:wifi"):
        own = [flip for flip in flips if flip.subject == subject]
        downs, flapping = read(own, at(now))
        for held in (board.get(subject, UNKNOWN), restarted.get(subject, UNKNOWN)):
            assert (held.downs, held.flapping_at(at(now))) == (min(downs, 8), flapping)
        assert restarted.get(subject, UNKNOWN).lately == board.get(subject, UNKNOWN).lately


def test_a_restart_knows_an_outage_that_began_before_the_flips_that_are_read() -> None:
    def flip(number: int, before: Standing, after: Standing, seconds: float) -> Flip:
        return flips_of([Change("device:sw", before, after, at(seconds), "")], first=number)[0]

    recent = [flip(2, DOWN, UP, 0), flip(3, UP, DOWN, 60), flip(4, DOWN, UP, 90), flip(5, UP, DOWN, 120)]
    held = board_of(recent[-1:], recent)["device:sw"]
    assert (held.downs, held.flapping_at(at(130))) == (3, True)
    old: Held = board_of(recent[-1:])["device:sw"]
    assert (old.downs, old.in_outage) == (1, True)
