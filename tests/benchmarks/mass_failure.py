"""Whether judging and recording keep up when half of a large estate fails at once, and when all of it comes back.

    python tests/benchmarks/mass_failure.py [--devices 11000] [--sites 400] [--url postgresql://...] [--history 100000]

A real pipeline and a real ledger (SQLite in a folder of its own, every flip on the disk before it counts as written, or
the empty database of `--url`); only the looks are made up. Time is made up too: devices are looked at in the order and
with the times that a schedule with an interval of 60 seconds gives, but each look follows the one before it at once. So
what is printed is the work of a phase, done in one go; it keeps up when that is less than the interval. Two failures:

- half of the estate by sites: both links of a site fail and all that is in it falls silent. Few causes, the rest is
  carried down.
- half of the devices at random, with nothing in front of anything: every one is an outage of its own, with a message.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import heapq
import logging
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from agent import figures, outage_figures
from agent.accounting.outages import outages_of
from agent.alerts import Sender
from agent.app import TELL_SECONDS
from agent.facts import Change, Facts, Flip, Message, Standing
from agent.hardware.register import pieces_of
from agent.inventory import Estate
from agent.latest import Latest
from agent.ledger import Ledger
from agent.maintenance import Plan
from agent.pipeline import Pipeline
from agent.rest import Rest
from agent.topology import Topology
from collectors.readings import Answered, Cadence, Identity, Interface, Part, Visit

START = datetime(2026, 10, 1, tzinfo=UTC)
INTERVAL = 60.0
PARTS = 10


# ---------------------------------------------------------------- the estate
def estate_of(devices: int, sites: int, chance: random.Random) -> Estate:
    """Two data centres with a tenth of the devices, and sites of unequal size behind two links each."""
    owner, purchased = {"owner": "a"}, {"purchased": date(2021, 4, 6)}
    found: list[dict[str, Any]] = []
    links: dict[str, Any] = {}

    def add(name: str, role: str, site: str, *behind: str) -> str:
        found.append(
            {"name": name, "address": "192.0.2.1", "class": role, "site": site, "behind": behind, "owned": purchased}
        )
        return name

    hubs = [add(f"hub-{n}", "router", f"site-{n}") for n in range(2)]
    for n, hub in enumerate(hubs):
        core = add(f"core-{n}", "switch", f"site-{n}", hub)
        for k in range(devices // 20 - 2):
            add(f"dc-{n}-{k}", ("server", "hypervisor", "storage", "ups")[k % 4], f"site-{n}", core)
    weights = [chance.choice((1, 2, 3, 6)) for _ in range(sites - 2)]
    spare = devices - len(found) - 3 * len(weights)
    rooms = [3 + spare * weight // sum(weights) for weight in weights]
    rooms[0] += devices - len(found) - sum(rooms)
    for n, room in enumerate(rooms, 2):
        site, router = f"site-{n}", f"rt-{n}"
        for hub, letter in zip(hubs, "ab", strict=True):
            links[f"wan-{n}-{letter}"] = {
                "site": site,
                "supplier": "S",
                "watch": [{"device": hub, "interface": f"Te{n}"}, {"device": router, "interface": f"wan-{letter}"}],
            }
        add(router, "router", site, f"wan-{n}-a", f"wan-{n}-b")
        core = add(f"sw-{n}-0", "switch", site, router)
        switches = [core]
        for k in range(1, room - 1):
            if k % 3 == 1:
                switches.append(add(f"sw-{n}-{k}", "switch", site, core))
            else:
                add(f"d-{n}-{k}", ("wifi_ap", "ups", "wifi_ap", "server")[k % 4], site, switches[-1])
    every_site = [f"site:site-{n}" for n in range(sites)]
    routers = [f"device:rt-{n}" for n in range(2, sites)]
    services = {
        "network": {"title": "Network", **owner, "needs": {"at_least": sites * 9 // 10, "of": every_site}},
        "everywhere": {"title": "All of it", **owner, "needs": {"all": every_site}},
        "telephony": {
            "title": "Telephony", **owner,
            "needs": {"all": ["device:core-0", {"at_least": sites // 2, "of": routers}]},
        },
    }  # fmt: skip
    return Estate.model_validate(
        {
            "councils": {"a": {"title": "A", "share": 1}},
            "sites": {f"site-{n}": {"title": f"Site {n}", "kind": "office", **owner} for n in range(sites)},
            "links": links,
            "services": services,
            "devices": {device["name"]: device for device in found},
        }
    )


# ---------------------------------------------------------------- looks that are made up
class World:
    """Devices that answer, or do not, at a time that is made up."""

    def __init__(self, estate: Estate, topology: Topology, chance: random.Random) -> None:
        self.now = START
        self.silent: set[str] = set()
        self.cut: set[str] = set()  # links that are down, as their other end sees them
        self.topology = topology
        self.turns = {device: chance.random() * INTERVAL for device in estate.devices}
        self._good = Visit(
            "", Cadence.PULSE, START, 0.1, reached=True, answered=Answered(snmp=True, icmp=True), requests=3
        )
        self._bad = replace(self._good, reached=False, answered=Answered(snmp=False, icmp=False), seconds=6.0)

    async def look(self, device: str, cadence: Cadence) -> Visit:
        if device in self.silent:
            return replace(self._bad, device=device, cadence=cadence, started_at=self.now)
        watched = self.topology.watched.get(device, ())
        interfaces = tuple(
            Interface(index, name=name, admin="up", oper="down" if link in self.cut else "up")
            for index, (link, name) in enumerate(watched)
        )
        visit = replace(self._good, device=device, cadence=cadence, started_at=self.now, interfaces=interfaces)
        if cadence is not Cadence.INVENTORY:
            return visit
        return replace(
            visit,
            identity=Identity(vendor="Cisco", model="C9300-48P", serial=f"FCW{device}"),
            parts=tuple(
                Part("power_supply", f"Power supply {n}", "PWR-C1", f"DCB{device}{n}", place=str(n))
                for n in range(PARTS - 1)
            ),
        )

    async def cut_off(self) -> bool:
        return False

    def clock(self) -> datetime:
        return self.now


@dataclass(slots=True)
class Work:
    """What a phase cost."""

    looks: int = 0
    written: int = 0  # hand-overs
    judged_wall: float = 0.0  # until the last hand-over
    judged_cpu: float = 0.0  # of the thread that looks and judges, alone
    settled_wall: float = 0.0  # from the last hand-over until all is durable
    cpu: float = 0.0  # of both threads, until all is durable
    buffered: int = 0  # at most
    longest_wall: float = 0.0  # one visit: nothing else of the event loop runs meanwhile
    longest_cpu: float = 0.0


async def play(pipeline: Pipeline, ledger: Ledger, looks: Iterable[tuple[str, Cadence]], work: Work) -> None:
    """Do the looks one after the other, and wait until what they found is durable."""
    cpu, own, wall = time.process_time(), time.thread_time(), time.perf_counter()
    work.written -= ledger.stats.written_total
    for device, cadence in looks:
        began_wall, began_cpu = time.perf_counter(), time.thread_time()
        outcome = await pipeline.visit(device, cadence)
        work.longest_wall = max(work.longest_wall, time.perf_counter() - began_wall)
        work.longest_cpu = max(work.longest_cpu, time.thread_time() - began_cpu)
        work.looks += 1
        work.buffered = max(work.buffered, ledger.stats.buffered)
        if outcome.look_again_in is not None and isinstance(looks, Turns):
            looks.again(device, outcome.look_again_in)
        await asyncio.sleep(0)
    work.judged_wall, work.judged_cpu = time.perf_counter() - wall, time.thread_time() - own
    if not ledger.settle(3600):
        raise SystemExit("the ledger did not write everything within an hour")
    work.settled_wall = time.perf_counter() - wall - work.judged_wall
    work.cpu = time.process_time() - cpu
    work.written += ledger.stats.written_total


class Turns:
    """Pulses in the order a schedule gives them, for some intervals, with the looks that outcomes ask for."""

    def __init__(self, world: World, intervals: int) -> None:
        self._world, self._began = world, world.now
        self._heap = [(turn + n * INTERVAL, device) for device, turn in world.turns.items() for n in range(intervals)]
        self._ends = intervals * INTERVAL
        heapq.heapify(self._heap)

    def again(self, device: str, seconds: float) -> None:
        at = (self._world.now - self._began).total_seconds() + seconds
        heapq.heappush(self._heap, (at, device))

    def __iter__(self) -> Iterator[tuple[str, Cadence]]:
        while self._heap:
            at, device = heapq.heappop(self._heap)
            if at >= self._ends:
                break
            self._world.now = self._began + timedelta(seconds=at)
            yield device, Cadence.PULSE
        self._world.now = self._began + timedelta(seconds=self._ends)


# ---------------------------------------------------------------- what is printed
def tell(title: str, work: Work, flips: int) -> None:
    whole = work.judged_wall + work.settled_wall
    verdict = "FITS" if whole < INTERVAL else "DOES NOT FIT"
    print(f"{title}: {verdict} into one interval of {INTERVAL:.0f} s, {whole / INTERVAL:.1%} of it")
    print(f"    {work.looks:,} looks, {flips:,} flips in {work.written:,} hand-overs")
    print(f"    judging and handing over  {work.judged_wall:6.2f} s  ({work.judged_cpu:.2f} s CPU of its own)")
    print(f"    until the last is durable {work.settled_wall:6.2f} s  ({work.cpu:.2f} s CPU of everything until then)")
    print(
        f"    buffer at most {work.buffered:,}; the longest visit kept the event loop for "
        f"{work.longest_wall * 1000:.1f} ms ({work.longest_cpu * 1000:.1f} ms CPU)"
    )


@contextlib.contextmanager
def timed(what: str) -> Iterator[Callable[[str], None]]:
    words: list[str] = []
    wall, cpu = time.perf_counter(), time.process_time()
    yield words.append
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    print(f"    {what:<44} {cpu:6.3f} s CPU, {wall:6.3f} s  {' '.join(words)}")


def read(ledger: Ledger, pipeline: Pipeline, had: Sequence[Flip], now: datetime) -> list[Flip]:
    """What a scrape reads and renders while flips come in; a reader has those of before."""
    with timed("ledger.flips(after=), this phase's") as say:
        new = ledger.flips(after={had[-1].source: had[-1].sequence})
        flips = [*had, *new]
        say(f"{len(new):,} flips")
    with timed("ledger.flips(), all of them") as say:
        say(f"{len(ledger.flips()):,} flips")
    with timed("outages_of") as say:
        outages = outages_of(flips)
        own = [o for o in outages if o.cause is None]
        carried = sum(len(o.carried) for o in own)
        say(f"{len(outages):,} outages, {len(own):,} of their own cause, which carried down {carried:,}")
    with timed("figures.of_outages") as say:
        history = outage_figures.History.of(outages, (), Estate())
        say(f"{sum(1 for _ in history.facts(Plan.of(()), now)):,} samples")
    with timed("figures.of_standing") as say:
        say(f"{sum(1 for _ in outage_figures.of_standing(dict(pipeline.board), now)):,} samples")
    return flips


def read_register(ledger: Ledger, estate: Estate) -> None:
    with timed("ledger.assets()") as say:
        assets = ledger.assets()
        say(f"{len(assets):,} assets")
    with timed("pieces_of"):
        pieces = pieces_of(assets, estate, START.date())
    with timed("figures.of_register") as say:
        say(f"{sum(1 for _ in figures.of_register(pieces)):,} samples")


class Discard:
    """A channel that tells nobody."""

    async def tell(self, message: Message) -> None:
        pass


async def empty_outbox(ledger: Ledger, now: datetime) -> None:
    sender = Sender(ledger.outbox, {"log": Discard()}, clock=lambda: now)
    with timed("telling all messages") as say:
        turns = 0
        while await sender.send_due():
            turns += 1
        say(f"{sender.stats.sent_total:,} in {turns} turns, of which there is one each {TELL_SECONDS:.0f} s")


# ---------------------------------------------------------------- the phases
async def estate(options: argparse.Namespace, place: str | Path) -> None:
    chance = random.Random(11)
    made = estate_of(options.devices, options.sites, chance)
    with timed("Topology.of"):
        topology = Topology.of(made)
    world = World(made, topology, chance)
    ledger = Ledger.open(place, "bench", clock=world.clock)
    pipeline = Pipeline(world.look, world.cut_off, ledger, Latest(), topology, clock=world.clock)
    rest = Rest(lambda: len(pipeline.latest))  # what the agent lays to rest each minute, or the collector is measured
    try:
        rest.settle()
        work = Work()
        await play(pipeline, ledger, [(device, Cadence.INVENTORY) for device in world.turns], work)
        rest.settle()
        flips = ledger.flips()
        tell("first inventory visits, the register fills", work, len(flips))
        read_register(ledger, made)
        with timed("a restart: board and register are read"):
            Pipeline(world.look, world.cut_off, ledger, Latest(), topology, clock=world.clock)
        await empty_outbox(ledger, world.now)
        for title, silent, cut, seen in failures(made, topology, chance):
            pipeline.adopt(seen)
            for phase, (gone, down) in {"fails": (silent, cut), "comes back": (set(), set())}.items():
                world.silent, world.cut = gone, down
                work, known = Work(), len(flips)
                await play(pipeline, ledger, Turns(world, 2), work)
                tell(f"{title} {phase}", work, len(ledger.flips()) - known)
                flips = read(ledger, pipeline, flips, world.now)
                await empty_outbox(ledger, world.now)
            check(pipeline)
        with timed("hardware last seen, all of it at once") as say:
            await play(pipeline, ledger, [(device, Cadence.INVENTORY) for device in world.turns], Work())
            pipeline.note_seen()
            ledger.settle(600)
            say("with the inventory visits before it")
    finally:
        ledger.close()


def failures(
    made: Estate, topology: Topology, chance: random.Random
) -> Iterator[tuple[str, set[str], set[str], Topology]]:
    """Title, devices that fall silent, links that are down, and the topology that is in force."""
    sites = sorted(made.sites)
    chance.shuffle(sites)
    at: dict[str, set[str]] = {site: set() for site in sites}
    for device in made.devices.values():
        at[device.site].add(device.name)
    silent: set[str] = set()
    for site in sites:
        if site not in ("site-0", "site-1") and len(silent) + len(at[site]) <= len(made.devices) // 2:
            silent |= at[site]
    cut = {f"link:{name}" for name, link in made.links.items() if all(d in silent for d in at[link.site])}
    yield f"half of the estate by sites ({len(silent):,} devices, {len(cut):,} links)", silent, cut, topology
    some = set(chance.sample(sorted(made.devices), len(made.devices) // 2))
    alone = replace(topology, behind={}, front={})
    yield f"half of the devices at random, none behind another ({len(some):,})", some, set(), alone


def check(pipeline: Pipeline) -> None:
    """A figure of something that went wrong is no figure."""
    wrong = [subject for subject, held in pipeline.board.items() if held.standing is not Standing.UP]
    if wrong or pipeline.stats.crashes_total or pipeline.stats.unrecorded_total:
        raise SystemExit(f"{len(wrong)} subjects are not up again, {pipeline.stats}")


def history(flips: int, place: Path) -> None:
    """What readers cost once there is a long past: every subject ten outages, one after the other."""
    subjects = max(1, flips // 20)
    print(f"a past of {flips:,} flips of {subjects:,} subjects")
    turns = (Standing.UP, Standing.DOWN)
    changes = [
        Change(
            f"device:{n % subjects}", turns[n // subjects % 2], turns[1 - n // subjects % 2],
            START + timedelta(seconds=60 * n), "no answer to SNMP, ICMP",
        )
        for n in range(flips)
    ]  # fmt: skip
    ledger = Ledger.open(place, "bench")
    try:
        with timed("written, 500 in each hand-over"):
            for first in range(0, flips, 500):
                ledger.record(Facts(tuple(changes[first : first + 500])))
            ledger.settle(600)
        with timed("ledger.flips()"):
            found: Sequence[Flip] = ledger.flips()
        with timed("ledger.flips(after=), the last thousand") as say:
            say(f"{len(ledger.flips(after={'bench': found[-1].sequence - 1000})):,} flips")
        with timed("outages_of") as say:
            outages = outages_of(found)
            say(f"{len(outages):,} outages")
        with timed("figures.of_outages"):
            history = outage_figures.History.of(outages, (), Estate())
            sum(1 for _ in history.facts(Plan.of(()), START + timedelta(seconds=60 * flips)))
    finally:
        ledger.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--devices", type=int, default=11_000)
    parser.add_argument("--sites", type=int, default=400)
    parser.add_argument("--url", help="an empty database to use instead of SQLite in a temporary folder")
    parser.add_argument("--history", type=int, default=100_000, help="flips of the past for the readers; 0: leave out")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(estate(options, options.url or Path(folder, "ledger.db")))
        if options.history:
            history(options.history, Path(folder, "past.db"))


if __name__ == "__main__":
    main()
