"""The schedule, on a clock of its own: hours pass in moments and nothing sleeps."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.pipeline import Outcome
from agent.schedule import Drained, Intervals, Schedule
from agent.schedule.phases import MOST_SHARDS, Rhythm, coarser, ramp, shards
from agent.spread import Spread
from collectors.readings import Cadence
from tests.agent_core.virtual import Clock, clock

__all__ = ["clock"]
PULSE, HEALTH, INVENTORY = Cadence.PULSE, Cadence.HEALTH, Cadence.INVENTORY


@dataclass
class Estate:
    """Stands in for the pipeline: notes every visit, takes its time, and answers or not."""

    clock: Clock
    takes: Mapping[str, float] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    again: Mapping[str, float] = field(default_factory=dict)
    look_again: Cadence = PULSE
    ask: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    began: list[tuple[float, str, Cadence]] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)
    running: set[str] = field(default_factory=set)
    most_running: int = 0

    async def visit(self, device: str, cadence: Cadence) -> Outcome:
        assert device not in self.running, "two visits to one device at a time"
        self.running.add(device)
        self.most_running = max(self.most_running, len(self.running))
        self.began.append((self.clock.loop.now - 1000.0, device, cadence))
        try:
            await asyncio.sleep(self.takes.get(device, 0.1))
            self.ended[device] += 1
        finally:
            self.running.discard(device)
        return Outcome(device not in self.silent, self.again.get(device), self.look_again, self.ask.get(device, ()))

    def times(self, device: str, since: float = 0) -> list[float]:
        return [at for at, name, _ in self.began if name == device and at >= since]

    def cadences(self, device: str) -> list[Cadence]:
        return [cadence for _, name, cadence in self.began if name == device]


Wanted = Mapping[str, Intervals]


def devices(count: int, intervals: Intervals | None = None, prefix: str = "sw") -> dict[str, Intervals]:
    return {f"{prefix}-{n}": intervals or Intervals() for n in range(count)}


def run(
    estate: Estate, wanted: Wanted, seconds: float, *steps: tuple[float, Callable[[Schedule], object]], **options: float
) -> Schedule:
    """Run a schedule for so long, doing the steps at their times; drained at the end."""

    async def story() -> Schedule:
        schedule = Schedule(estate.visit, wall=estate.clock.wall, **options)  # type: ignore[arg-type]
        schedule.start(wanted)
        for at, step in sorted(steps, key=lambda s: s[0]):
            await asyncio.sleep(at - (estate.clock.loop.now - 1000.0))
            step(schedule)
        await asyncio.sleep(seconds - (estate.clock.loop.now - 1000.0))
        await schedule.drain(0)
        return schedule

    return estate.clock.run(story())


# ---------------------------------------------------------------- jobs and spread
def test_eleven_thousand_devices_are_a_few_hundred_jobs_and_no_second_is_busier_than_others(clock: Clock) -> None:
    estate = Estate(clock)
    schedule = run(estate, devices(11_000), 360)
    assert schedule.stats.jobs <= MOST_SHARDS
    assert schedule.stats.devices == 11_000
    per_second = Counter(int(at) for at, _, _ in estate.began if 240 <= at < 360)
    assert sum(per_second.values()) == pytest.approx(22_000, rel=0.01)
    assert max(per_second.values()) < 1.35 * 11_000 / 60
    assert min(per_second.values()) > 0.65 * 11_000 / 60
    assert schedule.stats.missed_total == 0


def test_other_intervals_make_other_shards_and_still_few_jobs(clock: Clock) -> None:
    wanted = devices(500) | devices(500, Intervals(30, 300, 3600), "fw") | devices(10, Intervals(5, 60, 600), "ups")
    schedule = run(Estate(clock), wanted, 1)
    assert schedule.stats.jobs <= 240 + 120 + 10


def test_a_small_estate_is_seen_within_ten_seconds_by_inventory_looks_and_not_all_at_once(clock: Clock) -> None:
    estate = Estate(clock)
    run(estate, devices(60), 12)
    first = {device: (at, cadence) for at, device, cadence in reversed(estate.began)}
    assert len(first) == 60
    assert max(at for at, _ in first.values()) < 10
    assert {cadence for _, cadence in first.values()} == {INVENTORY}
    assert max(Counter(int(at) for at, _ in first.values()).values()) <= 9


def test_first_looks_of_a_large_estate_are_spread_over_minutes_and_never_more() -> None:
    assert ramp(60, 60) == 8
    assert ramp(11_000, 60) == pytest.approx(183, abs=1)
    assert ramp(1_000_000, 60) == 300
    assert ramp(60, 2) == 2


# ---------------------------------------------------------------- cadences
def test_every_cadence_comes_as_often_as_it_is_asked_for_and_coarser_ones_replace_finer_ones(clock: Clock) -> None:
    estate = Estate(clock)
    run(estate, devices(20, Intervals(60, 300, 3600)), 4 * 3600)
    for name in devices(20):
        found = Counter(estate.cadences(name))
        assert sum(found.values()) == pytest.approx(240, abs=2)
        assert found[INVENTORY] == pytest.approx(4 + 1, abs=1)
        assert found[HEALTH] == pytest.approx(48 - 4, abs=2)
        gaps = [b - a for a, b in zip(estate.times(name, 120), estate.times(name, 120)[1:], strict=False)]
        assert all(gap == pytest.approx(60, abs=0.2) for gap in gaps)


def test_inventory_looks_are_spread_over_their_interval(clock: Clock) -> None:
    estate = Estate(clock)
    run(estate, devices(400, Intervals(60, 300, 3600)), 2 * 3600)
    per_minute = Counter(int(at // 60) for at, _, cadence in estate.began if cadence is INVENTORY and at > 3600)
    assert max(per_minute.values()) < 25


# ---------------------------------------------------------------- one at a time, and nobody pays for others
def test_a_visit_that_is_still_going_on_lets_its_next_turn_pass_and_counts_it(clock: Clock) -> None:
    estate = Estate(clock, takes={"sw-0": 150})
    schedule = run(estate, devices(2), 1800)
    assert sum(schedule.stats.skipped.values()) == pytest.approx(2 * 1800 / 180, abs=3)
    assert len(estate.times("sw-1")) == pytest.approx(31, abs=1)


def test_what_a_skipped_turn_would_have_asked_is_asked_by_the_next_visit(clock: Clock) -> None:
    estate = Estate(clock, takes={"sw-0": 70})
    run(estate, devices(1, Intervals(60, 300, 21_600)), 6 * 3600)
    assert Counter(estate.cadences("sw-0"))[HEALTH] >= 6 * 3600 / 300 - 3


def test_dead_devices_leave_the_living_their_turns(clock: Clock) -> None:
    dead = devices(300, prefix="dead")
    estate = Estate(clock, takes=dict.fromkeys(dead, 30.0), silent=set(dead))
    schedule = run(estate, devices(50) | dead, 1200, slots=20, slow_slots=20)
    living = [at for at, name, _ in estate.began if name.startswith("sw") and at > 300]
    assert len(living) == pytest.approx(50 * 15, abs=5)
    for name in devices(50):
        times = estate.times(name, 300)
        assert max(b - a for a, b in itertools.pairwise(times)) < 63
    assert schedule.stats.in_flight_slow == 0
    assert estate.most_running <= 20 + 4 * 20


@pytest.mark.parametrize("share", [0, 20])
def test_five_per_cent_dead_and_five_slow_make_nobody_else_late(clock: Clock, share: int) -> None:
    dead, slow = devices(share, prefix="dead"), devices(share, prefix="slow")
    takes = dict.fromkeys(dead, 9.5) | dict.fromkeys(slow, 12.0)
    estate = Estate(clock, takes=takes, silent=set(dead))
    living = devices(400 - 2 * share)
    schedule = run(estate, living | dead | slow, 900, slots=12, slow_slots=12)
    assert schedule.stats.missed_total == 0
    late = [
        (at + 1000 - rhythm.offset + 0.1) % rhythm.grid - 0.1  # neighbouring turns share a wake-up, which may be early
        for name, intervals in living.items()
        for rhythm in [Rhythm.of(name, intervals)]
        for at in estate.times(name, 300)
    ]
    assert len(late) == pytest.approx(len(living) * 10, rel=0.05)
    assert max(late) < 1.0


def test_a_device_that_answers_again_goes_back_to_the_fast_lane(clock: Clock) -> None:
    estate = Estate(clock, silent={"sw-0"}, takes={"sw-0": 2.0})
    lanes: list[int] = []
    steps = [(50 + n * 0.5, lambda s: lanes.append(s.stats.in_flight_slow)) for n in range(240)]
    half = len(steps) // 2
    steps.insert(half, (50 + half * 0.5, lambda s: estate.silent.clear()))
    run(estate, devices(1), 200, *steps)
    assert max(lanes[:half]) == 1
    assert max(lanes[half + 140 :], default=0) == 0


def test_concurrency_is_bounded_and_who_waits_is_served_in_order(clock: Clock) -> None:
    estate = Estate(clock, takes=dict.fromkeys(devices(100), 2.0))
    schedule = run(estate, devices(100), 40, slots=7)
    assert estate.most_running == 7
    assert schedule.stats.lateness[INVENTORY].sum > 0
    assert [name for _, name, _ in estate.began][:7] != sorted(name for _, name, _ in estate.began)[:7]
    order = [name for _, name, _ in estate.began][:100]
    assert len(set(order)) == 100


def test_a_silent_device_is_asked_everything_again_once_it_answers(clock: Clock) -> None:
    estate = Estate(clock, silent={"sw-0"})
    run(estate, devices(1), 600, (310, lambda _: estate.silent.clear()))
    after = [cadence for at, _, cadence in estate.began if at > 310]
    assert after[0] is INVENTORY
    assert INVENTORY not in after[1:]


# ---------------------------------------------------------------- looking again
def test_a_failed_look_brings_the_next_ones_sooner(clock: Clock) -> None:
    estate = Estate(clock, silent={"sw-0"}, again={"sw-0": 10.0})
    run(estate, devices(1), 35)
    assert estate.times("sw-0")[:3] == pytest.approx([0, 10.1, 20.2], abs=0.2)


def test_a_look_that_asks_for_one_at_others_gets_it_at_once(clock: Clock) -> None:
    estate = Estate(clock, ask={"sw-1": ("sw-0", "no-such-device")})
    turns = sorted(Rhythm.of(f"sw-{n}", Intervals()).due(1100.0) - 1000 for n in range(2))
    run(estate, devices(2), max(turns) + 65)
    looks = estate.times("sw-1", min(turns) - 1)
    assert looks
    for at in looks:
        assert any(at <= other <= at + 0.3 for other in estate.times("sw-0")), (at, estate.times("sw-0"))


def test_the_next_look_asks_what_the_last_one_wanted_to_know(clock: Clock) -> None:
    estate = Estate(clock, again={"sw-0": 10.0}, look_again=HEALTH)
    run(estate, devices(1), 25)
    assert [cadence for _, _, cadence in estate.began][1:3] == [HEALTH, HEALTH]


def test_a_turn_right_after_an_extra_look_is_not_taken_twice(clock: Clock) -> None:
    estate = Estate(clock)
    turn = Rhythm.of("sw-0", Intervals())
    at = next(turn.due(t) - 1000 for t in range(1000) if turn.due(t) > 1065 and turn.cadence(t) is PULSE)
    run(estate, devices(1), at + 5, (at - 5, lambda s: s.look_soon("sw-0", 0)))
    assert estate.times("sw-0", at - 10) == pytest.approx([at - 5], abs=0.1)


def test_the_sooner_of_two_extra_looks_is_the_one_that_happens(clock: Clock) -> None:
    estate = Estate(clock)

    def ask(schedule: Schedule) -> None:
        schedule.look_soon("sw-0", 9)
        schedule.look_soon("sw-0", 4)
        schedule.look_soon("sw-0", 7)
        schedule.look_soon("no-such-device", 1)

    before = devices(1, Intervals(3600, 3600, 3600))
    run(estate, before, 60, (30, ask))
    assert estate.times("sw-0", 20) == pytest.approx([34], abs=0.1)


# ---------------------------------------------------------------- looks on demand
Told = list[tuple[float, bool | None]]


def asks(estate: Estate, told: Told, device: str = "sw-0", cadence: Cadence = HEALTH) -> Callable[[Schedule], object]:
    """A step that asks for a look, and notes when it was told of it and what."""

    async def ask(schedule: Schedule) -> None:
        outcome = await schedule.look_now(device, cadence)
        told.append((estate.clock.loop.now - 1000.0, outcome.reached if outcome is not None else None))

    return lambda schedule: asyncio.ensure_future(ask(schedule))


RARE = devices(1, Intervals(3600, 3600, 3600))


def test_a_look_asked_for_happens_at_once_and_its_outcome_is_told(clock: Clock) -> None:
    estate, told = Estate(clock, takes={"sw-0": 2.0}), Told()
    run(estate, RARE, 60, (30, asks(estate, told)), (50, asks(estate, told, "no-such-device")))
    assert [(at, cadence) for at, _, cadence in estate.began if at > 20] == [(pytest.approx(30, abs=0.1), HEALTH)]
    assert told == [(pytest.approx(32, abs=0.2), True), (pytest.approx(50, abs=0.2), None)]


def test_a_silent_device_is_told_as_silent_and_looked_at_again_as_the_outcome_says(clock: Clock) -> None:
    estate, told = Estate(clock, silent={"sw-0"}, again={"sw-0": 10.0}), Told()
    run(estate, RARE, 45, (30, asks(estate, told)))
    assert [reached for _, reached in told] == [False]
    assert estate.times("sw-0", 29.9)[:2] == pytest.approx([30, 40.1], abs=10)


def test_those_who_ask_while_a_visit_goes_on_share_it_if_it_asks_as_much(clock: Clock) -> None:
    estate, told = Estate(clock, takes={"sw-0": 5.0}), Told()
    run(
        estate, RARE, 60,
        (30, asks(estate, told, cadence=HEALTH)),
        (31, asks(estate, told, cadence=HEALTH)),
        (32, asks(estate, told, cadence=PULSE)),
        (33, asks(estate, told, cadence=INVENTORY)),
    )  # fmt: skip
    looks = [(round(at), cadence) for at, _, cadence in estate.began if at > 20]
    assert looks == [(30, HEALTH), (35, INVENTORY)], "never two at a time, and the last one gets what it asked for"
    assert [round(at) for at, _ in told] == [35, 35, 35, 40]


def test_a_look_asked_for_waits_for_a_place_as_any_other(clock: Clock) -> None:
    estate, told = Estate(clock, takes={"sw-0": 2.0, "sw-1": 2.0}), Told()
    wanted = devices(2, Intervals(3600, 3600, 3600))
    run(
        estate, wanted, 60,
        (30, asks(estate, told, "sw-1", PULSE)), (30.1, asks(estate, told, "sw-0", PULSE)),
        (30.5, asks(estate, told, "sw-0", INVENTORY)),
        slots=1,
    )  # fmt: skip
    assert estate.most_running == 1
    assert [(name, cadence) for at, name, cadence in estate.began if at > 20] == [("sw-1", PULSE), ("sw-0", INVENTORY)]
    assert [reached for _, reached in told] == [True, True, True]


def test_nobody_waits_for_ever_for_a_look_that_will_not_come(clock: Clock) -> None:
    estate, told = Estate(clock, takes={"sw-0": 1e6, "sw-1": 1e6}), Told()
    wanted = devices(2, Intervals(3600, 3600, 3600))
    run(
        estate, wanted, 60,
        (30, asks(estate, told, "sw-0")), (31, asks(estate, told, "sw-1")),
        (40, lambda schedule: schedule.apply({"sw-1": wanted["sw-1"]})),  # sw-0 leaves in the midst of its visit
    )  # fmt: skip
    assert [reached for _, reached in told] == [None, None], "one left the inventory, of the other the agent ended"


# ---------------------------------------------------------------- clocks and stalls
@pytest.mark.parametrize("step", [3600.0, -3600.0, 5.0, -5.0])
def test_a_step_of_the_wall_clock_changes_no_turn(clock: Clock, step: float) -> None:
    def set_clock(_: Schedule) -> None:
        clock.offset += step

    estate = Estate(clock)
    schedule = run(estate, devices(30), 900, (300, set_clock))
    assert schedule.stats.clock_steps_total == 1
    assert schedule.stats.missed_total == 0
    for name in devices(30):
        times = estate.times(name, 120)
        gaps = [b - a for a, b in itertools.pairwise(times)]
        assert all(gap == pytest.approx(60, abs=1.5) for gap in gaps), (name, gaps)


def test_turns_lost_while_the_process_stood_still_are_counted_and_not_made_up_for_in_a_burst(clock: Clock) -> None:
    estate = Estate(clock)
    lags: list[float] = []
    schedule = run(
        estate, devices(100), 1200,
        (600.5, lambda _: clock.stall(305)), (910, lambda s: lags.append(s.stats.loop_lag_seconds)),
    )  # fmt: skip
    assert schedule.stats.missed_total == pytest.approx(465, abs=50)
    assert lags[0] > 300
    assert schedule.stats.loop_lag_seconds < 1
    burst = Counter(int(at) for at, _, _ in estate.began if at > 905)
    assert max(burst.values()) <= 70


# ---------------------------------------------------------------- reloads
def test_a_reload_disturbs_only_what_it_changes(clock: Clock) -> None:
    estate = Estate(clock)
    before = devices(10)
    after = {name: i for name, i in before.items() if name != "sw-3"} | devices(2, prefix="new")
    after["sw-5"] = Intervals(30, 300, 21_600)
    applied = []
    run(estate, before, 900, (400.03, lambda s: applied.append(s.apply(after, changed={"sw-7"}))))
    (what,) = applied
    assert (set(what.added), what.removed, what.moved, what.again) == (
        {"new-0", "new-1"},
        ("sw-3",),
        ("sw-5",),
        ("sw-7",),
    )
    assert estate.times("sw-3", 400.1) == []
    for name in ("sw-0", "sw-1", "sw-2", "sw-4", "sw-6", "sw-8", "sw-9"):
        times = estate.times(name, 120)
        assert all(b - a == pytest.approx(60, abs=0.2) for a, b in itertools.pairwise(times))
    assert len(estate.times("sw-5", 500)) == pytest.approx(400 / 30, abs=1)
    assert min(estate.times("new-0")) < 409
    assert estate.cadences("new-1")[0] is INVENTORY
    assert any(400 < at < 409 and cadence is INVENTORY for at, name, cadence in estate.began if name == "sw-7")


def test_a_device_that_leaves_has_its_visit_cancelled_and_the_lane_freed(clock: Clock) -> None:
    estate = Estate(clock, takes={"sw-0": 500.0})
    schedule = run(
        estate, devices(1), 30, (20, lambda s: s.apply({})), (25, lambda s: s.apply(devices(1, prefix="new")))
    )
    assert estate.ended["sw-0"] == 0
    assert estate.ended["new-0"] == 1
    assert (schedule.stats.in_flight, schedule.stats.devices) == (0, 1)


def test_removing_the_last_device_of_a_shard_removes_its_job(clock: Clock) -> None:
    schedule = run(Estate(clock), devices(300), 5, (1, lambda s: s.apply({})))
    assert schedule.stats.jobs == 0


# ---------------------------------------------------------------- the end
def test_a_drain_lets_running_visits_finish_cancels_those_that_take_longer_and_starts_nothing(clock: Clock) -> None:
    estate = Estate(clock, takes={"sw-0": 20.0, "sw-1": 2000.0})

    async def story() -> tuple[Drained, int]:
        schedule = Schedule(estate.visit, wall=clock.wall)
        schedule.start(devices(3))
        await asyncio.sleep(10)
        begun = len(estate.began)
        drained = await schedule.drain(30)
        await asyncio.sleep(200)
        return drained, len(estate.began) - begun

    drained, later = clock.run(story())
    assert (drained, later) == (Drained(finished=1, cancelled=1), 0)
    assert (estate.ended["sw-0"], estate.ended["sw-1"]) == (1, 0)


def test_a_visit_that_hangs_is_ended_and_the_device_is_looked_at_again(clock: Clock) -> None:
    estate = Estate(clock, takes={"sw-0": 1e9})
    schedule = run(estate, devices(2), 1000, stuck_after_seconds=100)
    assert schedule.stats.stuck_total >= 5
    assert len(estate.times("sw-0")) >= 6
    assert len(estate.times("sw-1")) >= 16


def test_a_visit_that_raises_is_counted_and_stops_nobody(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    good = Estate(clock)

    class Broken(Estate):
        async def visit(self, device: str, cadence: Cadence) -> Outcome:
            if device == "sw-0":
                raise ValueError("a mistake")
            return await good.visit(device, cadence)

    schedule = run(Broken(clock), devices(2), 600)
    assert schedule.stats.crashed_total >= 9
    assert len(good.times("sw-1")) >= 10
    assert "a mistake" in caplog.text


def test_work_of_the_agent_itself_that_the_end_cuts_short_is_not_logged_as_a_mistake(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    estate = Estate(clock)

    async def endless() -> None:
        await asyncio.sleep(10_000)

    run(estate, devices(1), 20, (1, lambda s: s.every("endless", 5, endless)))
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_work_of_the_agent_itself_comes_at_its_intervals_and_survives_its_own_mistakes(clock: Clock) -> None:
    beats: list[float] = []
    visits: dict[str, int] = defaultdict(int)

    async def story() -> None:
        schedule = Schedule(Estate(clock).visit, wall=clock.wall)

        async def later() -> None:
            visits["coroutine"] += 1

        def fails() -> None:
            visits["fails"] += 1
            raise RuntimeError("not this time")

        schedule.every("beat", 10, lambda: beats.append(clock.loop.now))
        schedule.every("later", 20, later)
        schedule.start({})
        schedule.every("fails", 20, fails)
        await asyncio.sleep(101)
        clock.offset += 1800
        await asyncio.sleep(100)
        await schedule.drain(0)

    clock.run(story())
    assert beats == pytest.approx([1010 + 10 * n for n in range(20)], abs=1.5)
    assert (visits["coroutine"], visits["fails"]) == (10, 10)


# ---------------------------------------------------------------- turns, purely
SECONDS = st.floats(0.5, 100_000, allow_nan=False)


@given(st.text(min_size=1), SECONDS, SECONDS, SECONDS, st.integers(-1000, 10**6))
def test_turns_and_their_numbers_agree(name: str, pulse: float, health: float, inventory: float, tick: int) -> None:
    intervals = Intervals(pulse, health, inventory)
    rhythm = Rhythm.of(name, intervals)
    assert rhythm.tick(rhythm.due(tick)) == tick
    assert rhythm == Rhythm.of(name, intervals)
    assert 0 <= rhythm.offset < rhythm.grid == min(pulse, health, inventory)
    assert 0 <= rhythm.shard < shards(rhythm.grid) <= MOST_SHARDS


@given(st.text(min_size=1), st.integers(1, 20), st.integers(1, 50))
def test_in_a_full_round_each_cadence_has_exactly_its_share(name: str, health: int, inventory: int) -> None:
    rhythm = Rhythm.of(name, Intervals(60, 60 * health, 60 * inventory))
    round_ = [rhythm.cadence(tick) for tick in range(health * inventory)]
    assert round_.count(INVENTORY) == health
    assert sum(c is not PULSE for c in round_) >= inventory
    if inventory % health == 0:
        assert round_.count(HEALTH) == inventory - health


def test_the_coarser_cadence_is_the_one_that_includes_the_other() -> None:
    assert coarser(PULSE, HEALTH) is HEALTH
    assert coarser(INVENTORY, HEALTH) is INVENTORY
    assert coarser(PULSE, None) is PULSE


@given(st.lists(st.floats(0, 100, allow_nan=False)))
def test_a_spread_counts_every_value_once_at_or_below_its_bound(values: list[float]) -> None:
    spread = Spread(0.1, 1, 10)
    for value in values:
        spread.observe(value)
    assert spread.cumulative() == [
        ("0.1", sum(v <= 0.1 for v in values)), ("1", sum(v <= 1 for v in values)),
        ("10", sum(v <= 10 for v in values)), ("+Inf", len(values)),
    ]  # fmt: skip
    assert spread.count == len(values)
    assert spread.sum == pytest.approx(sum(values))
