"""A past for the demo's ledger that covers the last whole quarter, so that pages and papers have something to show.

    clock = PastClock()
    with_ledger = Ledger.open(place, name, clock=clock)
    back_fill(ledger, estate, plan, now, clock)

Nothing is invented in the ledger's own words: incidents are played on the simulated world at past times, the visits an
agent would then have made are judged by the same judgement as live ones (agent.health), and what comes out is recorded
through the ledger's one function, by a clock that stands at those times: planned maintenance has to be written down
before it begins. What people would have done is there too: causes, a ticket, who has it, a pause, the closing of the
last quarter and a correction after it; and what happened to hardware (agent.demo.hardware_history). All of it carries
the demo's source name and notes that say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial

from agent import saying
from agent.accounting.books import open_book
from agent.accounting.closing import closing_of
from agent.accounting.periods import Period
from agent.calendar_uk import LONDON, quarter_of
from agent.demo.curves import Clock
from agent.demo.device import Device
from agent.demo.faults import Faults, NoSuchFault
from agent.demo.hardware_history import hardware_past
from agent.demo.kit import Plan, short_name
from agent.demo.world import World
from agent.facts import Change, Facts, Flip, Note, NoteKind, Outage, Standing, Window
from agent.health import LOOKS_TO_TELL, Board, judge
from agent.inventory.model import Estate
from agent.inventory.needs import holds
from agent.ledger import Ledger
from agent.ledger.ids import uuid7
from agent.maintenance import covers
from agent.topology import Topology
from collectors.readings import Answered, Cadence, Interface, Visit

AT_LEAST = timedelta(days=95)
ROUND_DAYS = 95  # the incidents repeat after so long, with other devices
PULSE_SECONDS = 60.0
AUTHOR = "hartwatch demo"
Act = Callable[[datetime], None]


@dataclass(frozen=True, slots=True)
class Incident:
    """A fault some days ago. `pick` chooses among the candidates of its kind, so that not one device has them all."""

    days_ago: float
    hours: float
    fault: str
    pick: int = 0
    cause: str = ""  # of the fixed list, for the note that a person would have written
    planned_hours: float = 0.0  # of it, from its beginning, lie in maintenance that was written down the day before
    times: int = 1  # it comes and goes so many times, five minutes each
    ticket: str = ""
    taken: bool = False  # somebody said that they have it
    paused_hours: float = 0.0


INCIDENTS = (
    Incident(93.2, 1.4, "link", 1, "supplier circuit"),
    Incident(88.6, 0.7, "device", 3, "power"),
    Incident(84.1, 5.2, "wan-both", 2, "supplier circuit"),
    Incident(79.4, 4.6, "service", 0, "software", ticket="INC0009981"),
    Incident(74.9, 2.2, "core-switch", 0, "hardware failure"),
    Incident(70.3, 3.1, "link", 4, "supplier circuit"),
    Incident(66.0, 0.5, "agent-cut-off", 0, "configuration change"),
    Incident(61.7, 0.9, "device", 14, "power"),
    Incident(57.2, 6.8, "link", 6, "supplier circuit", ticket="INC0010452", taken=True, paused_hours=3.5),
    Incident(52.5, 1.1, "core-switch", 2, "hardware failure"),
    Incident(48.8, 0.9, "device", 21, "planned work overran", planned_hours=0.5),
    Incident(43.1, 2.6, "wan-both", 4, "power"),
    Incident(40.4, 1.5, "core-switch", 4, planned_hours=2.0),
    Incident(37.6, 0.8, "link", 2, "supplier circuit"),
    Incident(34.2, 0.6, "link", 5, "supplier circuit", times=4, ticket="INC0011837"),
    Incident(31.3, 4.4, "device", 27, "hardware failure"),
    Incident(26.9, 0.6, "core-switch", 1, "configuration change"),
    Incident(21.4, 1.9, "link", 7, "supplier circuit", ticket="INC0012390", taken=True),
    Incident(16.2, 0.4, "device", 33, "software"),
    Incident(11.8, 3.3, "wan-both", 1, "supplier circuit"),
    Incident(7.5, 0.7, "device", 40, "power"),
    Incident(4.1, 1.2, "link", 3, "supplier circuit"),
    Incident(1.9, 0.5, "core-switch", 3, "hardware failure"),
)
UPGRADES = (timedelta(days=62.2), timedelta(days=29.3))  # ago: the agent itself was off for twenty minutes
FLAP_LASTS = timedelta(minutes=5)
UPGRADE_TAKES = timedelta(minutes=20)


class PastClock:
    """The clock of the demo's ledger: it stands at `at` while the past is written, and goes as all clocks do after."""

    def __init__(self) -> None:
        self.at: datetime | None = None

    def __call__(self) -> datetime:
        return datetime.now(UTC) if self.at is None else self.at


def back_fill(ledger: Ledger, estate: Estate, plan: Plan, now: datetime, clock: PastClock) -> int:
    """Write the history that ends at `now` into a ledger without flips, and say how many it has now got."""
    if ledger.flips():
        return 0
    writing = _Writing(ledger, estate, clock)
    began_at = begin_of(now)
    past = _Past(estate, plan, began_at)
    try:
        writing.write(began_at, Facts(watched=tuple(_watched(began_at, now)), windows=_standing_windows(estate, now)))
        closed_at = _after(quarter_of(now).previous.ends_at, timedelta(days=6), now)
        # In the order of their times: the clock of a ledger does not go back.
        due: list[tuple[datetime, Act]] = [
            (closed_at, writing.close_quarter),
            (_after(closed_at, timedelta(days=9), now), writing.correct),
            *((at, partial(writing.tell, facts)) for at, facts in hardware_past(past.devices, now)),
        ]
        due.sort(key=lambda one: one[0])
        count = 0
        for turn in past.play(now):
            while due and turn.at > due[0][0]:
                at, act = due.pop(0)
                act(at)
            count += writing.take(turn)
        for at, act in due:
            act(at)
    finally:
        clock.at = None
    return count


def _standing_windows(estate: Estate, now: datetime) -> tuple[Window, ...]:
    """A weekly hour for a building, and work that is going on now at a device that carries nothing."""
    windows = []
    offices = [name for name, site in estate.sites.items() if site.kind != "data_centre"]
    if offices:
        today = now.astimezone(LONDON).date()
        sunday = datetime.combine(today - timedelta(days=today.weekday() + 8 + 98), time(6), LONDON).astimezone(UTC)
        of = (f"site:{offices[-1]}",)
        windows.append(
            Window(uuid7(), of, covers(of, estate), sunday, sunday + timedelta(hours=1), AUTHOR, "weekly updates",
                   repeat="FREQ=WEEKLY;BYDAY=SU")
        )  # fmt: skip
    sensors = [name for name, device in estate.devices.items() if device.class_ == "environment"]
    if sensors:
        of = (f"device:{sensors[-1]}",)
        begins = now - timedelta(minutes=30)
        windows.append(Window(uuid7(), of, of, begins, begins + timedelta(hours=3), AUTHOR, "sensors are moved"))
    return tuple(windows)


class _Writing:
    """Writes turns into the ledger, each at its time, and what people would have said of them."""

    def __init__(self, ledger: Ledger, estate: Estate, clock: PastClock) -> None:
        self._ledger, self._estate, self._clock = ledger, estate, clock

    def write(self, at: datetime, facts: Facts) -> tuple[Flip, ...]:
        self._clock.at = at if self._clock.at is None else max(self._clock.at, at)
        return self._ledger.record(facts).result(timeout=30).flips

    def take(self, turn: _Turn) -> int:
        if turn.window is not None and turn.window.recorded_at is not None:
            self.write(turn.window.recorded_at, Facts(windows=(turn.window,)))
        flips = self.write(turn.at, Facts(changes=tuple(turn.changes))) if turn.changes else ()
        if turn.incident is not None:
            notes = [note for flip in flips if flip.after is Standing.DOWN for note in _notes(flip, turn.incident)]
            self.write(turn.at + timedelta(minutes=4), Facts(notes=tuple(notes)))
        return len(flips)

    def tell(self, facts: Facts, at: datetime) -> None:
        self.write(at, facts)

    def close_quarter(self, at: datetime) -> None:
        self.write(at, Facts(closings=(closing_of(self._ledger, self._estate, quarter_of(at).previous, AUTHOR, at),)))

    def correct(self, at: datetime) -> None:
        """One outage of the closed quarter, so that there is a restatement."""
        quarter = quarter_of(at).previous
        window = Period(quarter.began_at, quarter.ends_at)
        outages = open_book(self._ledger).outages(window)
        one = next((o for o in outages if _can_be_corrected(o, window)), None)
        if one is not None and one.ended_at is not None:
            ended = one.began_at + (one.ended_at - one.began_at) / 2
            why = "it was seen working on site; only the monitor's own way to it was still out"
            self.write(at, Facts(notes=(saying.correct(one, outages, why, AUTHOR, at, None, ended),)))


def _can_be_corrected(outage: Outage, window: Period) -> bool:
    inside = outage.ended_at is not None and window.began_at < outage.began_at and outage.ended_at < window.ended_at
    return inside and outage.subject.startswith("device:") and not (outage.cause or outage.carried or outage.planned)


def _notes(flip: Flip, incident: Incident) -> Iterator[Note]:
    """What people said of an outage: its cause for all that fell, the rest for what was the cause."""
    at = flip.at + timedelta(minutes=4)

    def said(kind: NoteKind, text: str, **times: datetime) -> Note:
        return Note(flip.subject, at, AUTHOR, kind, text, flip.id, **times)

    if incident.cause:
        yield said("cause", incident.cause)
    if flip.cause is not None or not flip.subject.startswith(("device:", "link:")):
        return
    if incident.taken:
        yield said("acknowledgement", "on it", until_at=flip.at + timedelta(hours=4))
    if incident.ticket:
        yield said("ticket", incident.ticket)
    if incident.paused_hours:
        began = flip.at + timedelta(minutes=30)
        ended = began + timedelta(hours=incident.paused_hours)
        yield said("pause", "waiting for access to the building", from_at=began, until_at=ended)


def begin_of(now: datetime) -> datetime:
    """When the made-up past begins: before the last whole quarter, and 95 days ago at the latest."""
    return min(quarter_of(now).previous.began_at - timedelta(days=2), now - AT_LEAST)


def _after(at: datetime, delay: timedelta, now: datetime) -> datetime:
    """So much later, or half way to now where that is earlier."""
    return at + min(delay, (now - at) / 2)


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


@dataclass(frozen=True, slots=True)
class _Turn:
    """What is to be written at one time. `window`: before it, with when."""

    at: datetime
    changes: Sequence[Change]
    incident: Incident | None = None
    window: Window | None = None


class _Past:
    """The simulated world at past times, and what judgement makes of it."""

    def __init__(self, estate: Estate, plan: Plan, began_at: datetime) -> None:
        self._began, self._estate = began_at, estate
        self._world = World(plan, Clock(began_at.timestamp()))
        self._faults = Faults(self._world)
        self._topology = Topology.of(estate)
        self._board: Board = {}

    @property
    def devices(self) -> Mapping[str, Device]:
        return self._world.devices

    def play(self, now: datetime) -> Iterator[_Turn]:
        """Every turn in the past, with the incident that brought it."""
        yield _Turn(self._began, self._look(self._began))
        for incident in _incidents(self._began, now):
            begins = now - timedelta(days=incident.days_ago)
            lasts = timedelta(hours=incident.hours) if incident.times == 1 else FLAP_LASTS
            for number in range(incident.times):
                began = begins + number * 2 * FLAP_LASTS
                target = self._start(incident, began)
                if target is None:
                    break
                changes: list[Change] = []
                for look in range(LOOKS_TO_TELL + 1):
                    told_at = began + timedelta(seconds=20 + look * PULSE_SECONDS)
                    changes += self._look(told_at)
                said = incident if number == 0 else None  # people speak once of what comes and goes
                yield _Turn(told_at, changes, said, self._window(incident, began, target))
                ends = began + lasts
                self._faults.clear(ends.timestamp())
                after: list[Change] = []
                for look in range(2):
                    told_at = ends + timedelta(seconds=15 + look * PULSE_SECONDS)
                    after += self._look(told_at)
                yield _Turn(told_at, after)

    def _window(self, incident: Incident, began: datetime, target: str) -> Window | None:
        if not incident.planned_hours:
            return None
        of = (f"device:{target}",)
        begins, lasts = began - timedelta(minutes=5), timedelta(hours=incident.planned_hours)
        return Window(
            uuid7(), of, covers(of, self._estate), begins, began + lasts, AUTHOR, "new firmware",
            recorded_at=begins - timedelta(hours=20),
        )  # fmt: skip

    def _start(self, incident: Incident, at: datetime) -> str | None:
        """Let it begin; what it befell, None if this estate has nothing of the kind."""
        fault, targets = incident.fault, self._targets(incident.fault)
        target = targets[incident.pick % len(targets)] if targets else None
        kind = {"link": "wan-link", "device": "core-switch", "service": "core-switch"}.get(fault, fault)
        try:
            self._faults.start(kind, at.timestamp(), target)
        except NoSuchFault:  # an estate without links or without switches has fewer kinds of bad days
            return None
        return target or ""

    def _targets(self, fault: str) -> list[str]:
        world = self._world
        if fault == "device":
            return [name for name in world.devices if not world.alone_behind(name)]
        if fault == "service":
            return [name for name in world.devices if not world.alone_behind(name) and self._carries_one(name)]
        if fault == "core-switch":
            switches = world.of_class("switch")
            return [d.kit.name for d in sorted(switches, key=lambda d: -len(world.alone_behind(d.kit.name)))][:6]
        if fault in ("link", "wan-both"):
            ways = {way for device in world.devices.values() for way in device.kit.behind}
            used = [circuit for circuit in world.circuits.values() if circuit.name in ways]
            return [c.name for c in used] if fault == "link" else list(dict.fromkeys(c.site for c in used))
        return []

    def _carries_one(self, device: str) -> bool:
        """Whether a service stands on this device and nothing beside it."""
        needs = (self._topology.needs[f"service:{name}"] for name in self._estate.services)
        return any(holds(need, lambda part: str(part) != f"device:{device}") is False for need in needs)

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
