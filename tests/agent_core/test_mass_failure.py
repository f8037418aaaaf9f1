"""Half of an estate fails at once and comes back: every flip once, with its true time, also if the ledger is locked."""

from __future__ import annotations

import contextlib
import heapq
import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import pytest

from agent.accounting.outages import outages_of, timeline
from agent.facts import Asset, Change, Facts, Flip, Outage, Sighting
from agent.health import Board, judge
from agent.inventory.needs import AllOf, AnyOf, AtLeast, Needs, Subject, holds
from agent.latest import Latest
from agent.ledger import Ledger
from agent.pipeline import Pipeline
from agent.topology import Topology
from collectors.readings import Cadence, Identity, Part, Visit
from tests.agent_core.making import BLIND, DOWN, T0, UP, at, flips_of, topology, visit

Open = Callable[..., Ledger]
SITES, ROOM = 20, 29  # devices at a site; a hub in front of each twenty links
INTERVAL = 60.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same behaviour with shorter pauses."""
    monkeypatch.setattr("agent.ledger.store.BUSY_SECONDS", 0.05)
    monkeypatch.setattr("agent.ledger.writer.RETRY_SECONDS", (0.02, 0.05))


# ---------------------------------------------------------------- an estate that is played
def site(device: str) -> int:
    return int(device.split("-")[1])


def estate(*, alone: bool) -> Topology:
    """Two hubs; at each site two links, a router behind them, a switch behind it, and the rest behind the switch."""
    devices, behind, links = ["hub-a", "hub-b"], {}, {}
    needs: dict[str, Needs] = {}
    for n in range(SITES):
        both = tuple(f"link:wan-{n}-{letter}" for letter in "ab")
        for letter, link in zip("ab", both, strict=True):
            links[link] = ((f"hub-{letter}", f"Te{n}"), (f"rt-{n}", f"wan-{letter}"))
        rest = [f"d-{n}-{k}" for k in range(ROOM - 2)]
        devices += [f"rt-{n}", f"sw-{n}", *rest]
        behind[f"device:rt-{n}"] = both
        behind[f"device:sw-{n}"] = (f"device:rt-{n}",)
        behind |= {f"device:{name}": (f"device:sw-{n}",) for name in rest}
        ways = AnyOf(tuple(Subject(f"wan-{n}-{letter}", "link") for letter in "ab"))
        needs[f"site:{n}"] = AllOf((ways, AnyOf(tuple(Subject(name, "device") for name in (f"rt-{n}", *rest)))))
    needs["service:network"] = AtLeast(SITES * 3 // 4, tuple(Subject(str(n), "site") for n in range(SITES)))
    return topology(devices, {} if alone else behind, links, needs)


@dataclass
class World:
    """Devices that answer or not, looked at in the order a schedule gives; what each was first found to be is noted."""

    topology: Topology
    now: float = 0.0
    silent: set[str] = field(default_factory=set)
    cut: set[str] = field(default_factory=set)
    first: dict[str, float] = field(default_factory=dict)  # device > its first look of this phase

    def __post_init__(self) -> None:
        chance = random.Random(3)
        self.turns = {device: round(chance.random() * INTERVAL, 3) for device in sorted(self.topology.devices)}

    async def look(self, device: str, cadence: Cadence) -> Visit:
        self.first.setdefault(device, self.now)
        watched = self.topology.watched.get(device, ())
        found = visit(
            device, self.now, up=device not in self.silent, cadence=cadence,
            interfaces={name: "down" if link in self.cut else "up" for link, name in watched},
        )  # fmt: skip
        if cadence is not Cadence.INVENTORY:
            return found
        return replace(
            found,
            identity=Identity(vendor="Cisco", model="C9300", serial=f"FCW{device}"),
            parts=(Part("power_supply", "PSU", "PWR", f"DCB{device}", place="1"),),
        )

    async def cut_off(self) -> bool:
        return False

    async def play(self, pipeline: Pipeline, intervals: int, settle: Callable[[], bool] = bool) -> None:
        """Pulses for some intervals, and the looks in between that outcomes ask for."""
        began, ends = self.now, self.now + intervals * INTERVAL
        heap = [(began + turn + n * INTERVAL, device) for device, turn in self.turns.items() for n in range(intervals)]
        heapq.heapify(heap)
        while heap and heap[0][0] < ends:
            self.now, device = heapq.heappop(heap)
            outcome = await pipeline.visit(device, Cadence.PULSE)
            settle()
            if outcome.look_again_in is not None:
                heapq.heappush(heap, (self.now + outcome.look_again_in, device))
        self.now = ends


@contextlib.contextmanager
def in_trouble(how: str, path: Path) -> Iterator[None]:
    """Nobody can write to the ledger meanwhile."""
    if how == "locked":
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            yield
            other.execute("ROLLBACK")
    elif how == "gone":
        away = path.with_name("away.db")
        path.rename(away)
        yield
        away.rename(path)
    else:
        yield


def by_subject(flips: list[Flip]) -> dict[str, list[Flip]]:
    found = defaultdict(list)
    for flip in flips:
        found[flip.subject].append(flip)
    return found


def courses(flips: list[Flip]) -> dict[str, list[tuple[object, datetime]]]:
    """How each device stood, and since when, by what holds in the end."""
    return {
        subject.removeprefix("device:"): [(flip.after, flip.at) for flip in timeline(own)]
        for subject, own in by_subject(flips).items()
        if subject.startswith("device:")
    }


@pytest.mark.parametrize(
    ("half", "trouble"),
    [("of the devices", "none"), ("of the devices", "gone"), ("of the sites", "none"), ("of the sites", "locked")],
)
async def test_half_of_an_estate_fails_and_comes_back(tmp_path: Path, opened: Open, half: str, trouble: str) -> None:
    alone = half == "of the devices"
    path, of = tmp_path / "ledger.db", estate(alone=alone)
    world = World(of)
    ledger = opened(path, clock=lambda: at(world.now))
    pipeline = Pipeline(world.look, world.cut_off, ledger, Latest(), of, clock=lambda: at(world.now))
    for device in world.turns:
        await pipeline.visit(device, Cadence.INVENTORY)
    assert ledger.settle()
    assets, sightings = ledger.assets(), ledger.sightings()
    assert len(assets) == 2 * len(of.devices)

    devices, dead = sorted(of.devices), range(SITES // 2)
    if alone:
        silent, cut = set(random.Random(5).sample(devices, len(devices) // 2)), set()
    else:
        silent = {name for name in devices if not name.startswith("hub") and site(name) in dead}
        cut = {f"link:wan-{n}-{letter}" for n in dead for letter in "ab"}
    known = len(ledger.flips())
    world.silent, world.cut, world.now, world.first = silent, cut, 600.0, {}
    with in_trouble(trouble, path):
        await world.play(pipeline, 2)
        if trouble != "none":
            assert not ledger.settle(0.01)
            assert ledger.stats.buffered >= len(silent)
    assert ledger.settle()
    failed, world.silent, world.cut, world.first = world.first, set(), set(), {}
    await world.play(pipeline, 1)
    assert ledger.settle()

    assert ledger.stats.buffered == 0
    assert (pipeline.stats.crashes_total, pipeline.stats.unrecorded_total) == (0, 0)
    flips = ledger.flips()
    # Each once, by number and by what it says.
    assert [flip.sequence for flip in flips[known:]] == [flips[known].sequence + n for n in range(len(flips) - known)]
    assert [
        key for key, n in Counter((f.subject, f.before, f.after, f.at, f.cause) for f in flips).items() if n > 1
    ] == []
    # With its true times: the first failed look, the first good one.
    out = DOWN if alone else BLIND
    assert courses(flips) == {
        name: [(UP, T0)] + ([(out, at(failed[name])), (UP, at(world.first[name]))] if name in silent else [])
        for name in devices
    }
    assert ledger.assets() == assets
    assert ledger.sightings() == sightings
    outages = outages_of(flips)
    assert all(outage.ended_at for outage in outages)
    caused = {outage.subject: outage for outage in outages if outage.cause is None}
    if alone:
        assert caused.keys() == {f"device:{name}" for name in silent}
    else:
        assert caused.keys() == cut
        for link, outage in caused.items():
            _, n, letter = link.split("-")
            assert outage.began_at == at(failed[f"hub-{letter}"])
            assert outage.ended_at == at(min(world.first[f"hub-{letter}"], world.first[f"rt-{n}"]))
        carried = Counter(name for outage in caused.values() for name in outage.carried if name.startswith("device:"))
        assert carried == Counter(f"device:{name}" for name in silent)
        assert {o.subject for o in outages if o.cause} == {f"site:{n}" for n in dead} | {"service:network"}
        assert {o.cause for o in outages if o.cause} <= cut


async def test_what_a_full_buffer_refuses_is_found_again_with_its_true_beginning(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "ledger.db"
    world = World(topology([f"d-{n}" for n in range(30)]))
    ledger = opened(path, clock=lambda: at(world.now), buffer_limit=10)
    pipeline = Pipeline(world.look, world.cut_off, ledger, Latest(), world.topology, clock=lambda: at(world.now))
    await world.play(pipeline, 1, ledger.settle)
    up = dict(world.first)
    world.silent, world.first = set(world.turns), {}
    with in_trouble("locked", path):
        await world.play(pipeline, 2)
    assert pipeline.stats.unrecorded_total >= 20
    assert ledger.settle()
    await world.play(pipeline, 1, ledger.settle)
    assert courses(ledger.flips()) == {
        name: [(UP, at(up[name])), (DOWN, at(world.first[name]))] for name in world.turns
    }
    assert len(ledger.flips()) == 2 * len(world.turns)


# ---------------------------------------------------------------- judging
def seen(of: Topology, *visits: Visit) -> list[Change]:
    board: Board = {}
    changes: list[Change] = []
    for one in visits:
        judgement = judge(one, board, of)
        board.update(judgement.held)
        changes += judgement.changes
    return changes


def thrice(device: str, seconds: float) -> list[Visit]:
    return [visit(device, seconds + 10 * n, up=False) for n in range(3)]


def outages(changes: list[Change]) -> list[Outage]:
    return outages_of(flips_of(changes))


def test_a_device_that_was_accused_before_its_cause_was_looked_at_is_carried_down_through_what_lies_between() -> None:
    of = topology(
        ["rt", "sw", "ap"],
        {"device:ap": ("device:sw",), "device:sw": ("device:rt",)},
    )
    changes = seen(
        of,
        *(visit(device) for device in ("rt", "sw", "ap")),
        *thrice("ap", 60),  # its turn came first: nothing in front of it had been looked at
        *thrice("rt", 85),
        visit("sw", 110, up=False),
    )
    (only,) = outages(changes)
    assert (only.subject, only.began_at, only.carried) == ("device:rt", at(85), ("device:ap", "device:sw"))


def test_what_stands_behind_a_link_that_goes_out_of_sight_is_carried_down_with_it() -> None:
    of = topology(["rt", "ap"], {"device:ap": ("link:wan",)}, {"link:wan": (("rt", "wan"),)})
    changes = seen(
        of, visit("rt", interfaces={"wan": "up"}), visit("ap"), *thrice("ap", 60), *thrice("rt", 70)
    )  # fmt: skip
    (only,) = outages(changes)
    assert (only.subject, only.carried) == ("device:rt", ("device:ap", "link:wan"))


def test_an_outage_is_given_no_earlier_beginning_by_parts_that_come_back() -> None:
    names = [f"rt-{n}" for n in range(6)]
    of = topology(names, needs={"service:s": AtLeast(4, tuple(Subject(name, "device") for name in names))})
    changes = seen(
        of,
        *(visit(name) for name in names),
        *(look for n, name in enumerate(names) for look in thrice(name, 600 + n)),
        *(visit(name, 900 + n) for n, name in enumerate(reversed(names))),  # what fell last is back first
    )
    (service,) = [outage for outage in outages(changes) if outage.subject == "service:s"]
    assert (service.began_at, service.ended_at) == (at(602), at(903))  # three stood, then four


def test_how_often_an_expression_is_worked_out_does_not_grow_with_what_it_needs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At 11,000 devices the difference is a minute of work."""
    worked_out = 0

    def counted(needs: Needs, stands: Callable[[Subject], bool | None]) -> bool | None:
        nonlocal worked_out
        worked_out += 1
        return holds(needs, stands)

    monkeypatch.setattr("agent.health.wholes.holds", counted)
    names = [f"rt-{n}" for n in range(200)]
    of = topology(names, needs={"service:s": AllOf(tuple(Subject(name, "device") for name in names))})
    seen(
        of,
        *(visit(name) for name in names),
        *(look for n, name in enumerate(names) for look in thrice(name, 600 + n)),
        *(visit(name, 900 + n) for n, name in enumerate(names)),
    )
    assert worked_out < 3 * 3 * len(names)  # three changes of each, and three times at most for each of them


# ---------------------------------------------------------------- the ledger
def test_many_sightings_written_together_make_the_register_that_one_after_the_other_make(
    place: str, tmp_path: Path, opened: Open
) -> None:
    chance = random.Random(9)

    def sighting(number: int) -> Sighting:
        device, part = f"d-{chance.randrange(4)}", chance.choice(["chassis", "power_supply"])
        serial = chance.choice([None, f"S{chance.randrange(6)}"])
        return Sighting(device, part, part, chance.choice("12"), "Cisco", f"M{number}", serial, None, at(number))

    hand_overs = [Facts(sightings=tuple(sighting(10 * n + k) for k in range(3))) for n in range(60)]
    hand_overs.insert(30, Facts(seen=(("serial:cisco/S1", at(295)), ("place:d-1/chassis/1", at(296)))))
    together, single = opened(place), opened(tmp_path / "single.db")
    with together._writer._wake:  # so that all of them wait when the writer comes to look
        for facts in hand_overs:
            together.record(facts)
    for facts in hand_overs:
        single.record(facts).result(10)
    assert together.settle()
    assert together.stats.commits_total < 5

    def told(ledger: Ledger) -> dict[str, Asset]:
        return {asset.key: replace(asset, id=UUID(int=0)) for asset in ledger.assets()}

    assert told(together) == told(single)
    assert together.sightings() == single.sightings()


def test_a_reader_asks_only_for_the_flips_it_does_not_have(ledger: Ledger, place: str, opened: Open) -> None:
    def facts(number: int) -> Facts:
        return Facts((Change("device:sw", BLIND, UP, at(number), str(number)),))

    for n in range(3):
        ledger.record(facts(n)).result(10)
    had = {"agent-1": ledger.flips()[1].sequence}
    assert [flip.reason for flip in ledger.flips(after=had)] == ["2"]
    other = opened(place, "agent-2", watch=False)
    other.record(facts(3)).result(10)
    assert [(flip.source, flip.reason) for flip in ledger.flips(after=had)] == [("agent-1", "2"), ("agent-2", "3")]
    assert ledger.flips(after={}) == ledger.flips()
    assert ledger.flips(after={"agent-1": 99, "agent-2": 99}) == []
