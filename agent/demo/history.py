"""A past for the demo's ledger that covers the last whole quarter, so that pages and papers have something to show.

Nothing is invented in the ledger's own words: incidents are played on the simulated world at past times, the visits an
agent would then have made are judged by the same judgement as live ones (agent.health), and what comes out is recorded
through the ledger's one function. All of it carries the demo's source name and notes that say so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from agent.calendar_uk import quarter_of
from agent.demo.curves import Clock
from agent.demo.faults import Faults, NoSuchFault
from agent.demo.kit import Plan, short_name
from agent.demo.world import World
from agent.facts import Change, Facts, Note, Standing
from agent.health import LOOKS_TO_TELL, Board, judge
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.topology import Topology
from collectors.readings import Answered, Cadence, Interface, Visit

AT_LEAST = timedelta(days=95)
ROUND_DAYS = 95  # the incidents repeat after so long, with other devices
PULSE_SECONDS = 60.0
AUTHOR = "hartwatch demo"


@dataclass(frozen=True, slots=True)
class Incident:
    """A fault some days ago. `pick` chooses among the candidates of its kind, so that not one device has them all."""

    days_ago: float
    hours: float
    fault: str
    pick: int = 0
    cause: str = ""  # plain words, for the note that a person would have written


INCIDENTS = (
    Incident(93.2, 1.4, "link", 1, "supplier circuit"),
    Incident(88.6, 0.7, "device", 3, "power"),
    Incident(84.1, 5.2, "wan-both", 2, "supplier circuit"),
    Incident(79.4, 0.3, "device", 8, "software"),
    Incident(74.9, 2.2, "core-switch", 0, "hardware failure"),
    Incident(70.3, 3.1, "link", 4, "supplier circuit"),
    Incident(66.0, 0.5, "agent-cut-off", 0, "configuration change"),
    Incident(61.7, 0.9, "device", 14, "power"),
    Incident(57.2, 6.8, "link", 6, "supplier circuit"),
    Incident(52.5, 1.1, "core-switch", 2, "hardware failure"),
    Incident(48.8, 0.4, "device", 21, "planned work overran"),
    Incident(43.1, 2.6, "wan-both", 4, "power"),
    Incident(37.6, 0.8, "link", 2, "supplier circuit"),
    Incident(31.3, 4.4, "device", 27, "hardware failure"),
    Incident(26.9, 0.6, "core-switch", 1, "configuration change"),
    Incident(21.4, 1.9, "link", 7, "supplier circuit"),
    Incident(16.2, 0.4, "device", 33, "software"),
    Incident(11.8, 3.3, "wan-both", 1, "supplier circuit"),
    Incident(7.5, 0.7, "device", 40, "power"),
    Incident(4.1, 1.2, "link", 3, "supplier circuit"),
    Incident(1.9, 0.5, "core-switch", 3, "hardware failure"),
)
UPGRADES = (timedelta(days=62.2), timedelta(days=29.3))  # ago: the agent itself was off for twenty minutes
UPGRADE_TAKES = timedelta(minutes=20)


def back_fill(ledger: Ledger, estate: Estate, plan: Plan, now: datetime) -> int:
    """Write the history that ends at `now` into a ledger without flips, and say how many it has now got."""
    if ledger.flips():
        return 0
    began_at = begin_of(now)
    past = _Past(estate, plan, began_at)
    ledger.record(Facts(watched=tuple(_watched(began_at, now))))
    count = 0
    for changes, incident in past.play(now):
        written = ledger.record(Facts(changes=tuple(changes))).result(timeout=30)
        count += len(written.flips)
        notes = [
            Note(flip.subject, flip.at, AUTHOR, "cause", incident.cause, flip.id)
            for flip in written.flips
            if incident is not None and incident.cause and flip.after is Standing.DOWN
        ]
        if notes:
            ledger.record(Facts(notes=tuple(notes)))
    return count


def begin_of(now: datetime) -> datetime:
    """When the made-up past begins: before the last whole quarter, and 95 days ago at the latest."""
    return min(quarter_of(now).previous.began_at - timedelta(days=2), now - AT_LEAST)


def _watched(began: datetime, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When the agent was running: always, but for its upgrades, and up to a moment ago."""
    for ago in UPGRADES:
        yield began, now - ago
        began = now - ago + UPGRADE_TAKES
    yield began, now


def _incidents(began: datetime, now: datetime) -> Iterator[Incident]:
    """The incidents of the whole past, the oldest first."""
    rounds = int((now - began).total_seconds() / 86_400 // ROUND_DAYS) + 1
    for number in reversed(range(rounds)):
        for incident in INCIDENTS:
            earlier = replace(
                incident, days_ago=incident.days_ago + number * ROUND_DAYS, pick=incident.pick + 5 * number
            )
            if now - timedelta(days=earlier.days_ago) > began + timedelta(days=1):
                yield earlier


class _Past:
    """The simulated world at past times, and what judgement makes of it."""

    def __init__(self, estate: Estate, plan: Plan, began_at: datetime) -> None:
        self._began = began_at
        self._world = World(plan, Clock(began_at.timestamp()))
        self._faults = Faults(self._world)
        self._topology = Topology.of(estate)
        self._board: Board = {}

    def play(self, now: datetime) -> Iterator[tuple[list[Change], Incident | None]]:
        """The changes of every turn in the past, with the incident that brought them."""
        yield self._look(self._began), None
        for incident in _incidents(self._began, now):
            begins = now - timedelta(days=incident.days_ago)
            ends = begins + timedelta(hours=incident.hours)
            if not self._start(incident, begins):
                continue
            changes: list[Change] = []
            for look in range(LOOKS_TO_TELL + 3):
                changes += self._look(begins + timedelta(seconds=20 + look * PULSE_SECONDS))
            yield changes, incident
            self._faults.clear(ends.timestamp())
            after: list[Change] = []
            for look in range(2):
                after += self._look(ends + timedelta(seconds=15 + look * PULSE_SECONDS))
            yield after, None

    def _start(self, incident: Incident, at: datetime) -> bool:
        fault, targets = incident.fault, self._targets(incident.fault)
        target = targets[incident.pick % len(targets)] if targets else None
        kind = {"link": "wan-link", "device": "core-switch"}.get(fault, fault)
        try:
            self._faults.start(kind, at.timestamp(), target)
        except NoSuchFault:  # an estate without links or without switches has fewer kinds of bad days
            return False
        return True

    def _targets(self, fault: str) -> list[str]:
        world = self._world
        if fault == "device":
            return [name for name in world.devices if not world.alone_behind(name)]
        if fault == "core-switch":
            switches = world.of_class("switch")
            return [d.kit.name for d in sorted(switches, key=lambda d: -len(world.alone_behind(d.kit.name)))][:6]
        if fault in ("link", "wan-both"):
            ways = {way for device in world.devices.values() for way in device.kit.behind}
            used = [circuit for circuit in world.circuits.values() if circuit.name in ways]
            return [c.name for c in used] if fault == "link" else list(dict.fromkeys(c.site for c in used))
        return []

    def _look(self, at: datetime) -> list[Change]:
        """One round of visits at about `at`, judged; devices in front first, as their answers would come."""
        changes: list[Change] = []
        t = at.timestamp()
        for position, (name, device) in enumerate(self._world.devices.items()):
            reached = self._world.reachable(device, t)
            visit = Visit(
                device=name,
                cadence=Cadence.PULSE,
                started_at=datetime.fromtimestamp(t + position / 20, UTC),
                seconds=0.2 if reached else 6.0,
                reached=reached,
                answered=Answered(snmp=reached),
                interfaces=self._interfaces(name) if reached else (),
            )
            judgement = judge(visit, self._board, self._topology, blind=not reached and self._world.now.cut_off)
            self._board.update(judgement.held)
            changes += judgement.changes
        return changes

    def _interfaces(self, device: str) -> tuple[Interface, ...]:
        down = self._world.devices[device].ports_down
        watched = self._topology.watched.get(device, ())
        return tuple(
            Interface(index, name=interface, oper="down" if short_name(interface) in down else "up", admin="up")
            for index, (_, interface) in enumerate(watched, 1)
        )
