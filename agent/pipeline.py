"""The heart: one visit from the device to the ledger, in the order it happens.

    pipeline = Pipeline(look, cut_off, ledger, latest, topology)
    outcome = await pipeline.visit("sw-wf-1", Cadence.PULSE)      what the schedule calls; never raises a fault

`look(device, cadence)` visits a device (collectors.collect, bound to its target, sessions and memory by agent.app);
`cut_off()` asks agent.selfcheck. `steady` is a clock that nobody sets, by which a step of the wall clock is noticed.
`board`, `latest` and `stats` are for the readers, which change nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from agent import health
from agent.alerts import Mind, Takes, messages_of
from agent.clock_steps import ClockSteps
from agent.facts import Facts, Message
from agent.health import Judgement, judge
from agent.health.points import Points
from agent.latest import Latest
from agent.ledger import Ledger, LedgerError
from agent.lifecycle import Known, sight
from agent.lifecycle.known import NOTHING
from agent.topology import Topology
from collectors.readings import Cadence, Visit

log = logging.getLogger(__name__)

Look = Callable[[str, Cadence], Awaitable[Visit]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the schedule needs to know: did it answer, and is it to be looked at again soon."""

    reached: bool
    look_again_in: float | None = None  # seconds
    look_again: Cadence = Cadence.PULSE  # what that look has to ask
    ask: tuple[str, ...] = ()  # other devices to look at at once


@dataclass(slots=True)
class PipelineStats:
    """Numbers for the metrics."""

    visits: Counter[tuple[Cadence, str]] = field(default_factory=Counter)  # cadence, reached | silent | blind
    failures: Counter[tuple[str, str]] = field(default_factory=Counter)  # stage, kind
    requests_total: int = 0
    retries_total: int = 0
    crashes_total: int = 0  # mistakes of the program, each with a traceback in the log
    unrecorded_total: int = 0  # judgements put off because the ledger's buffer was full
    board_changes: int = 0  # times that something was put on the board
    blind: bool = False  # as the last silent visit found


class Pipeline:
    """See the module's docstring."""

    def __init__(
        self, look: Look, cut_off: Callable[[], Awaitable[bool]], ledger: Ledger, latest: Latest, topology: Topology,
        *, channels: Sequence[str] = ("log",), takes: Mapping[str, Takes] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        planned: Callable[[str, datetime], bool] = lambda subject, at: False,
        steady: Callable[[], float] | None = None,
    ) -> None:  # fmt: skip
        self._look, self._cut_off, self._ledger, self.latest = look, cut_off, ledger, latest
        self.topology, self._clock = topology, clock
        self.stats = PipelineStats()
        # A restart flips nothing: what the ledger last knew holds until a look says otherwise.
        self.board: health.Board = health.board_of(ledger.standings(), ledger.flips(since=clock() - health.RECENT))
        # Nor does it tell anybody what they have heard.
        self.mind = Mind(channels, topology, dict(ledger.believed()), planned, takes or {}, ledger.heard())
        last = ledger.last_sightings()
        own = {seen.device for source, seen in last if source == ledger.source}
        self._known = Known(ledger.assets(), (seen for _, seen in last), own)
        self._points = Points()
        self._crashed: dict[str, tuple[int, datetime]] = {}  # device > times in a row, since when
        self._steps = ClockSteps(ledger, self.board, clock, steady, self._stepped)
        self.adopt(topology)

    async def visit(self, device: str, cadence: Cadence) -> Outcome:
        """Look, say whether we were blind, keep, judge, sight, record."""
        try:
            ahead = self._steps.mind()
            visit = await self._look(device, cadence)
            blind = not visit.reached and await self._cut_off()
            if moved := self._steps.mind() - ahead:
                visit = replace(visit, started_at=visit.started_at + moved)  # it began in the old time
            self._count(visit, blind=blind)
            visit = self._points.told(visit, self._known.access_points)
            self.latest.put(visit)
            judgement = judge(visit, self.board, self.topology, blind=blind)
            self._record(judgement, visit)
        except Exception:  # the one catch of the program's own mistakes: this device's, and no other's
            self.stats.crashes_total += 1
            log.exception("the visit to %s failed by a mistake of the program", device)
            self._lose_sight_of(device)
            return Outcome(reached=False)
        self._crashed.pop(device, None)
        return Outcome(visit.reached, judgement.look_again_in, judgement.look_again, judgement.ask)

    def _record(self, judgement: Judgement, visit: Visit | None = None) -> bool:
        """Hand over what changed, all in one transaction, and only then hold it as known."""
        sightings = sight(visit) if visit is not None else ()
        if not (sightings or judgement.changes or judgement.held):
            return True  # nearly every visit ends here
        found = self._known.look(visit, sightings) if visit is not None else NOTHING
        messages: tuple[Message, ...] = ()
        if judgement.changes:
            messages = messages_of(judgement.changes, self.mind, judgement.held, self._clock())
        try:
            self._ledger.record(Facts(judgement.changes, found.new, found.absences, messages=messages))
        except LedgerError as problem:
            # Nothing is held as known that is not written or waiting to be: the next look finds it again.
            self.stats.unrecorded_total += 1
            log.error("%s", problem)
            return False
        if judgement.held:
            self.board.update(judgement.held)
            self.stats.board_changes += 1
        self.mind.hears(messages)
        if found:
            self._known.hold(found)
        return True

    def _lose_sight_of(self, device: str) -> None:
        """A device whose visits keep failing by our own mistake must not look as well as it did when last seen."""
        times, since = self._crashed.get(device, (0, self._clock()))
        self._crashed[device] = times + 1, since
        if times + 1 == health.LOOKS_TO_TELL:
            reason = "its visits fail by a mistake of the program"
            self._record(health.lose_sight(device, self.board, self.topology, since, reason))

    def _count(self, visit: Visit, *, blind: bool) -> None:
        stats = self.stats
        stats.visits[visit.cadence, "reached" if visit.reached else "blind" if blind else "silent"] += 1
        stats.requests_total += visit.requests
        stats.retries_total += visit.retries
        for failure in visit.failures:
            stats.failures[failure.stage, failure.kind] += 1
        if visit.reached or blind:
            stats.blind = blind

    def _stepped(self, step: timedelta) -> None:
        """The clock was set: what is known of the board is in the new time already."""
        self._crashed = {device: (times, since + step) for device, (times, since) in self._crashed.items()}
        self.stats.board_changes += 1

    # ------------------------------------------------------------ now and then
    def beat(self) -> None:
        """Say in the ledger that we are running: every HEARTBEAT_SECONDS. What lies between no beats is blind."""
        self._hand_over(Facts(heartbeat_at=self._steps.beat()))

    def note_seen(self) -> None:
        """Write when hardware was last seen, for all of it at once: every few minutes, and at the end."""
        self._hand_over(Facts(seen=self._known.seen()))

    def adopt(self, topology: Topology) -> None:
        """Take on a reloaded inventory: forget what left it, judge anew what stands on it."""
        now = self._clock()
        names = topology.subjects
        gone = [subject for subject in self.board if subject not in names]
        for device in self.topology.devices - topology.devices:
            self.latest.forget(device)
            self._points.forget(device)
        if self._record(health.forget(gone, self.board, now)):
            for subject in gone:
                self.board.pop(subject, None)
            self.stats.board_changes += 1
        found = self._known.adopt(topology.devices, now)
        if found and self._hand_over(Facts(absences=found.absences)):
            self._known.hold(found)
        self.topology = self.mind.topology = topology
        self._record(health.judge_dependents(self.board, topology, now))

    def tell(self, messages: tuple[Message, ...]) -> bool:
        """Hand over messages that time alone made due; they count as told only when they are written or waiting."""
        handed_over = self._hand_over(Facts(messages=messages))
        if handed_over:
            self.mind.hears(messages)
        return handed_over

    def _hand_over(self, facts: Facts) -> bool:
        try:
            self._ledger.record(facts)
        except LedgerError as problem:
            log.error("%s", problem)
            return False
        return True
