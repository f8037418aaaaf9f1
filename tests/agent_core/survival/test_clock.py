"""The wall clock is set while the agent runs, and the nights on which London's clocks change.

The rule (docs/accounting.md section 4), which these tests hold to the second by a clock that nobody sets:

- Back: every outage has the length that was really spent, also where it lies in the time that comes twice.
- Forward: the time leapt over was watched by nobody. An outage goes on through it, and it is blind: what is counted as
  down is what was really spent being seen down.
- Never is anybody accused, told of something or given a negative time by a step.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.accounting.outages import Period, outages_of, spans_of, timeline
from agent.facts import Change, Outage
from agent.health import moved_back
from agent.latest import Latest
from agent.ledger import HEARTBEAT_SECONDS, Ledger
from agent.pipeline import Pipeline
from agent.schedule import Intervals, Schedule
from collectors.readings import Answered, Cadence, Visit
from tests.agent_core.making import BLIND, DOWN, UP, at, availability, flips_of, topology
from tests.agent_core.survival.story import outbox_of
from tests.agent_core.virtual import Clock, clock

__all__ = ["clock"]
Open = Callable[..., Ledger]
Spans = Sequence[tuple[int, int]]
HOUR = 3600
LOOKS_EVERY = 10  # seconds, as heartbeats
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


class World:
    """Steady seconds since the start, and a wall clock that is set at some of them."""

    def __init__(self, down: dict[str, Spans], steps: Sequence[tuple[float, int]], start: datetime = START) -> None:
        self.down, self.steps, self.start = down, steps, start
        self.cut_off_in: Spans = ()
        self.now = 0.0
        self.takes = 0.0

    def steady(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return self.start + timedelta(seconds=self.now + sum(by for when, by in self.steps if when <= self.now))

    def is_cut_off(self) -> bool:
        return any(began <= self.now < ended for began, ended in self.cut_off_in)

    async def look(self, device: str, cadence: Cadence) -> Visit:
        started_at, now = self.wall(), self.now
        up = not self.is_cut_off() and not any(began <= now < ended for began, ended in self.down[device])
        self.now += self.takes
        return Visit(device, cadence, started_at, self.takes, reached=up, answered=Answered(snmp=up))

    async def cut_off(self) -> bool:
        return self.is_cut_off()

    def live(self, ledger: Ledger, seconds: int) -> Pipeline:
        pipeline = Pipeline(
            self.look, self.cut_off, ledger, Latest(), topology(self.down), channels=("desk",), clock=self.wall,
            steady=self.steady,
        )  # fmt: skip

        async def story() -> None:
            for tick in range(0, seconds + 1, LOOKS_EVERY):
                self.now = float(tick)
                pipeline.beat()
                for device in self.down:
                    await pipeline.visit(device, Cadence.PULSE)

        asyncio.run(story())
        assert ledger.settle()
        assert pipeline.stats.crashes_total == 0
        return pipeline


def outages(ledger: Ledger, device: str = "sw") -> list[Outage]:
    return [o for o in outages_of(ledger.flips()) if o.subject == f"device:{device}"]


def lengths(ledger: Ledger, device: str = "sw") -> list[float]:
    return [(o.ended_at - o.began_at).total_seconds() for o in outages(ledger, device) if o.ended_at]


def told(ledger: Ledger) -> list[str]:
    return [level for _, level, _ in outbox_of(ledger)]


def down_seconds(ledger: Ledger, world: World, device: str = "sw") -> float:
    """As availability counts it, over all that the wall clock ever showed."""
    window = Period(world.start - timedelta(days=1), world.start + timedelta(days=3))
    own = ledger.flips(f"device:{device}")
    figures = availability(own, ledger.watches(), window, window.ended_at)
    assert min(figures.up, figures.down, figures.blind) >= timedelta()
    assert figures.up + figures.down + figures.blind == window.length
    return figures.down.total_seconds()


def assert_sane(ledger: Ledger) -> None:
    for outage in outages_of(ledger.flips()):
        assert outage.ended_at is None or outage.ended_at > outage.began_at
    for subject in {f.subject for f in ledger.flips()}:
        holding = timeline(ledger.flips(subject))
        assert all(a.at < b.at for a, b in pairwise(holding))


# ---------------------------------------------------------------- the clock is set
@pytest.mark.parametrize("step", [HOUR, -HOUR, 90, -90])
def test_a_step_accuses_and_tells_nobody(tmp_path: Path, opened: Open, step: int) -> None:
    ledger = opened(tmp_path / "ledger.db")
    world = World({f"sw-{n}": () for n in range(20)}, [(2 * HOUR + 5, step)])
    world.live(ledger, 4 * HOUR)
    assert {f.after for f in ledger.flips()} == {UP}
    assert len(ledger.flips()) == 20
    assert told(ledger) == []


@pytest.mark.parametrize("step", [-HOUR, -90])
@pytest.mark.parametrize(
    ("down", "said"),
    [
        pytest.param([(1500, 4200)], 1, id="in the midst of it"),
        pytest.param([(1790, 1900)], 1, id="one look before it"),
        pytest.param([(1500, 1700)], 1, id="just over"),
        pytest.param([(100, 200), (900, 1000), (1750, 2500)], 3, id="several, the last one open"),
        pytest.param([(1200, 1500), (1900, 2000), (4900, 5200)], 3, id="before it, and in the time that comes again"),
        pytest.param([(2300, 2600)], 1, id="after it, in the time that comes again"),
    ],
)
def test_set_back_every_outage_is_as_long_as_it_really_was(
    tmp_path: Path, opened: Open, step: int, down: Spans, said: int
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    world = World({"sw": down, "fw": ()}, [(1805, step)], START)
    world.live(ledger, 3 * HOUR)
    assert lengths(ledger) == [ended - began for began, ended in down]
    assert lengths(ledger, "fw") == []
    assert_sane(ledger)
    assert told(ledger).count("critical") == said
    # What came after the step is dated by the new clock, and what went on has its beginning in it, too.
    for outage, (began, ended) in zip(outages(ledger), down, strict=True):
        if ended > 1805:
            assert outage.ended_at == START + timedelta(seconds=ended + step)
            assert outage.began_at == START + timedelta(seconds=began + step)


@pytest.mark.parametrize("step", [HOUR, 90])
@pytest.mark.parametrize(
    "down", [[(1500, 4200)], [(1790, 1900)], [(1500, 1700)], [(100, 200), (900, 1000), (1750, 2500)]]
)
def test_set_forward_the_leap_is_blind_and_what_counts_as_down_is_what_was_seen(
    tmp_path: Path, opened: Open, step: int, down: Spans
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    world = World({"sw": down}, [(1805, step)])
    world.live(ledger, 3 * HOUR)
    # What failed before the leap and was confirmed after it begins after it: looks an hour apart are not in a row.
    unconfirmed = sum(1810 - began for began, ended in down if began <= 1800 < began + 20)
    confirmed_before = [(began, ended) for began, ended in down if began + 20 < 1805 < ended]
    expected = [ended - began + (step if (began, ended) in confirmed_before else 0) for began, ended in down]
    assert lengths(ledger) == expected
    assert down_seconds(ledger, world) == sum(ended - began for began, ended in down) - unconfirmed
    assert_sane(ledger)
    leapt = Period(START + timedelta(seconds=1805), START + timedelta(seconds=1805 + step))
    spans = spans_of(ledger.flips("device:sw"), ledger.watches(), leapt)
    # The clock is read a little after it was set: that little is in the old time.
    assert [s.standing for s in spans if s.length > timedelta(seconds=LOOKS_EVERY)] == [BLIND]
    assert told(ledger).count("critical") == len(down)


def test_looks_before_and_after_a_leap_are_not_an_outage_of_an_hour(tmp_path: Path, opened: Open) -> None:
    """A machine that sleeps, and whose network takes a moment to come back: two looks failed, an hour apart."""
    ledger = opened(tmp_path / "ledger.db")
    world = World({"sw": [(1800, 1840)]}, [(1805, HOUR)])
    world.live(ledger, HOUR)
    assert lengths(ledger) == [40]


def test_a_visit_that_is_under_way_when_the_clock_is_set_is_dated_by_the_new_time(tmp_path: Path, opened: Open) -> None:
    for number, step in enumerate((HOUR, -HOUR)):
        ledger = opened(tmp_path / f"ledger-{number}.db")
        world = World({"sw": [(1800, 2000)]}, [(1801, step)])
        world.takes = 2.0
        world.live(ledger, HOUR)
        (outage,) = outages(ledger)
        assert outage.began_at == START + timedelta(seconds=1800 + step)
        assert lengths(ledger) == [200]


def test_blind_time_before_a_step_back_is_not_made_up_time(tmp_path: Path, opened: Open) -> None:
    ledger = opened(tmp_path / "ledger.db")
    world = World({"sw": ()}, [(1805, -HOUR)], START)
    world.cut_off_in = [(1200, 1500), (1700, 2400)]
    world.live(ledger, 3 * HOUR)
    window = Period(START - timedelta(hours=1), START + timedelta(hours=2))
    spans = spans_of(ledger.flips("device:sw"), [], window)
    assert spans[0].standing is BLIND
    holding = timeline(ledger.flips("device:sw"))
    blind = [
        (b.at - a.at).total_seconds()
        for a, b in pairwise(holding)
        if a.after is BLIND
    ]  # fmt: skip
    assert blind == [300, 700]
    assert outages(ledger) == []
    assert told(ledger) == []


def test_an_outage_keeps_its_id_when_the_clock_is_set_back_and_a_restart_goes_on_with_it(
    tmp_path: Path, opened: Open
) -> None:
    path = tmp_path / "ledger.db"
    first = Ledger.open(path, "agent-1")
    World({"sw": [(2 * HOUR, 10 * HOUR)]}, []).live(first, 2 * HOUR + 1200)
    (before,) = outages(first)
    first.close()
    again = opened(path)
    world = World({"sw": [(0, 1200)]}, [(605, -HOUR)], START + timedelta(seconds=2 * HOUR + 1200))
    world.live(again, HOUR)
    (outage,) = outages(again)
    assert outage.id == before.id, "people's notes are on it"
    assert lengths(again) == [1200 + 1200]
    assert told(again) == ["critical", "recovered"]


def test_a_ledger_that_cannot_be_written_when_the_clock_is_set_back_is_said_loudly_and_no_time_is_negative(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = opened(tmp_path / "ledger.db")
    with monkeypatch.context() as patched:
        patched.setattr(ledger, "settle", lambda *_: patched.undo())
        World({"sw": [(1500, 4200)]}, [(1805, -HOUR)]).live(ledger, 3 * HOUR)
    assert "the clock was set back" in caplog.text
    assert_sane(ledger)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_set_back_whenever_no_outage_is_lengthened_shortened_or_lost(
    tmp_path: Path, opened: Open, seed: int
) -> None:
    draw = random.Random(seed)
    down: dict[str, Spans] = {}
    for n in range(8):
        second = draw.randrange(2, 60) * 10
        spans: list[tuple[int, int]] = []
        while second < 4 * HOUR:
            lasts = draw.randrange(3, 120) * 10
            spans.append((second, second + lasts))
            second += lasts + draw.randrange(61, 300) * 10  # further apart than what flaps
        down[f"sw-{n}"] = spans
    steps = sorted((draw.randrange(4 * HOUR) + 0.5, -draw.choice((5, 60, 600, HOUR, 2 * HOUR))) for _ in range(3))
    ledger = opened(tmp_path / "ledger.db")
    world = World(down, steps)
    world.live(ledger, 6 * HOUR)
    for device, really in down.items():
        assert lengths(ledger, device) == [ended - began for began, ended in really], device
    assert_sane(ledger)
    assert sorted(told(ledger)) == ["critical"] * sum(map(len, down.values())) + ["recovered"] * sum(
        map(len, down.values())
    )


def test_the_running_schedule_goes_on_through_both_steps(clock: Clock, tmp_path: Path, opened: Open) -> None:
    """The real schedule, an hour back and later an hour forward: all looks are there, one outage, all of it."""
    ledger = opened(tmp_path / "ledger.db")
    looks: list[float] = []

    def wall() -> datetime:
        return datetime.fromtimestamp(clock.wall(), UTC)

    async def look(device: str, cadence: Cadence) -> Visit:
        started_at, now = wall(), clock.loop.now - 1000.0
        await asyncio.sleep(0.1)
        up = device != "sw-0" or not 1000 <= now < 2500
        looks.append(now)
        return Visit(device, cadence, started_at, 0.1, reached=up, answered=Answered(snmp=up))

    async def not_cut_off() -> bool:
        return False

    async def story() -> Schedule:
        pipeline = Pipeline(
            look, not_cut_off, ledger, Latest(), topology([f"sw-{n}" for n in range(10)]), channels=("desk",),
            clock=wall, steady=asyncio.get_running_loop().time,
        )  # fmt: skip
        schedule = Schedule(pipeline.visit, wall=clock.wall)
        schedule.every("heartbeat", HEARTBEAT_SECONDS, pipeline.beat)
        schedule.start({f"sw-{n}": Intervals() for n in range(10)})
        for until, step in ((1800, -HOUR), (3600, HOUR), (7200, 0)):
            await asyncio.sleep(until - (clock.loop.now - 1000.0))
            clock.offset += step
        await schedule.drain(5)
        return schedule

    schedule = clock.run(story())
    assert ledger.settle()
    assert schedule.stats.clock_steps_total == 2
    assert len(looks) >= 10 * 120
    (outage,) = outages_of(ledger.flips())
    assert outage.ended_at is not None
    assert 1440 <= (outage.ended_at - outage.began_at).total_seconds() <= 1560, "1500, to the look"
    assert told(ledger) == ["critical", "recovered"]


# ---------------------------------------------------------------- moved flips, by themselves
def test_what_moves_is_what_goes_on_and_what_lies_close_before_it() -> None:
    story = [(0, UP), (1000, DOWN), (1100, UP), (9000, DOWN), (9100, UP), (9200, DOWN)]
    flips = flips_of(Change("device:sw", BLIND, after, at(seconds), "x") for seconds, after in story)
    moved = moved_back(flips, timedelta(seconds=600))
    assert [(c.before, c.after, c.at) for c in moved] == [
        (DOWN, DOWN, at(8400)), (DOWN, UP, at(8500)), (UP, DOWN, at(8600)),
    ]  # fmt: skip
    assert moved_back(flips, timedelta(seconds=7900))[0].at == at(-7900), "it was never up for longer"
    assert moved_back([], timedelta(seconds=1)) == ()


# ---------------------------------------------------------------- nights in London
LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("night", "hours"), [(datetime(2026, 3, 29, tzinfo=LONDON), 23), (datetime(2026, 10, 25, tzinfo=LONDON), 25)]
)
def test_on_the_nights_of_march_and_october_an_outage_is_as_long_as_it_was_and_the_day_as_long_as_it_is(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch, night: datetime, hours: int
) -> None:
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    try:
        ledger = opened(tmp_path / "ledger.db")
        began, ended = HOUR // 2, 2 * HOUR + HOUR // 2  # across 01:00 UTC, when the clocks change
        start = night.astimezone(UTC)
        world = World({"sw": [(began, ended)], "fw": ()}, [], start)
        world.live(ledger, hours * HOUR)
        (outage,) = outages(ledger)
        assert (outage.began_at, outage.ended_at) == (
            start + timedelta(seconds=began),
            start + timedelta(seconds=ended),
        )
        assert lengths(ledger, "fw") == []
        day = Period(start, (night + timedelta(days=1)).astimezone(UTC))
        assert day.length == timedelta(hours=hours)
        figures = availability(ledger.flips("device:sw"), ledger.watches(), day, day.ended_at)
        assert figures.down == timedelta(hours=2)
        assert figures.up == timedelta(hours=hours - 2)
        assert figures.blind == timedelta()
        assert told(ledger) == ["critical", "recovered"]
    finally:
        monkeypatch.undo()
        time.tzset()
