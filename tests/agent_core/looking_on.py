"""Days of looks at a small estate that breaks: an agent that judges and records them, and what the looks alone say.

    days = Days(seed)
    days.watch(place)                  looks, judges, beats and is started anew, on a real ledger
    days.truths(calendar)              Truth of every device and service, from the list of looks

What the looks say is told by the published rules (docs/accounting.md) and not by the code that judges: three failed
looks in a row are an outage from the first of them on to the next good one; what stands behind something that is out is
carried down by it; looks while the agent is cut off say nothing; what was counted is forgotten when the agent starts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from heapq import heapify, heappop, heappush
from pathlib import Path
from random import Random
from typing import Literal

from agent.accounting.periods import Period
from agent.facts import Facts
from agent.health import Board, board_of, judge
from agent.inventory.needs import AllOf, AnyOf, AtLeast, Needs, Subject, subjects
from agent.ledger import Ledger
from agent.topology import Topology
from collectors.readings import Answered, Cadence, Visit
from tests.agent_core.making import topology
from tests.agent_core.painted import BLIND, DOWN, PLANNED, UP, Calendar, Second, Truth, mark

BEGAN = datetime(2026, 10, 24, 12, tzinfo=UTC)  # the clocks go back in the night
LASTS = 36 * 3600
APART = 400  # seconds between what happens to one group, so that it is certain what the looks can tell of it
TOGETHER = 150
Seen = Literal["good", "bad", "blind", "start"]
CORES = ("core-1", "core-2")
CHILDREN = {f"sw-{core[-1]}{n}": core for core in CORES for n in range(3)}
LONE = tuple(f"lone-{n}" for n in range(4))
DEVICES = (*CORES, *CHILDREN, *LONE)
NUMBERS = {name: n for n, name in enumerate((*DEVICES, "all", "any", "two"), 1)}


def _device(name: str) -> Subject:
    return Subject(name, "device")


NEEDS: dict[str, Needs] = {
    "service:all": AllOf((_device("core-1"), AnyOf((_device("sw-10"), _device("sw-11"))))),
    "service:any": AnyOf((_device("sw-12"), _device("sw-22"))),
    "service:two": AtLeast(2, (_device("sw-20"), _device("sw-21"), _device("core-2"))),
}


class Days:
    """See the module's docstring."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.taken: list[Second] = []  # what has happened already
        self.stops = [self._free(random_length=(30, 3000)) for _ in range(5)]
        self.cut_offs = [self._free(random_length=(200, 5000)) for _ in range(5)]
        self.broken: dict[str, list[tuple[Second, Second]]] = {name: [] for name in DEVICES}
        for name, many in ((name, 8 if name in CORES else 5) for name in (*CORES, *CHILDREN)):
            for _ in range(many):
                # A core is down for good or not at all: of a shorter fault its children may see more than it shows.
                self.broken[name].append(self._free((APART, 4000) if name in CORES else (5, 2500)))
        for name in LONE:  # nothing depends on these, so all may happen to them at any time
            for _ in range(40):
                a = self.random.randrange(60, LASTS)
                self.broken[name].append((a, a + self.random.choice((3, 25, self.random.randrange(1, 1500)))))
        # The middle of an outage to the middle of another, in which there is a third for what stands behind to be in.
        self.maintained = {
            name: (sum(first) // 2, sum(last) // 2)
            for name in ("core-1", "sw-21", "lone-2")
            for first, _, last in [sorted(self.broken[name])[1:4]]
        }
        self.looks: dict[str, list[tuple[Second, Seen]]] = {name: [] for name in DEVICES}
        self.ran: list[tuple[Second, Second]] = []  # from the first beat to the last

    def _free(self, random_length: tuple[int, int]) -> tuple[Second, Second]:
        while True:
            a = self.random.randrange(APART, LASTS - 6000)
            b = a + self.random.randrange(*random_length)
            if all(abs(x - at) >= APART for at in self.taken for x in (a, b)):
                self.taken += [a, b]
                return a, b

    def _answers(self, name: str, at: Second) -> bool:
        names = (name, CHILDREN[name]) if name in CHILDREN else (name,)
        return not any(a <= at < b for one in names for a, b in self.broken[one])

    # ------------------------------------------------------------ the agent
    def watch(self, place: Path, calendar: Calendar) -> None:
        estate = topology(
            DEVICES, behind={f"device:{child}": (f"device:{core}",) for child, core in CHILDREN.items()}, needs=NEEDS
        )
        starts = [0, *(b for _, b in sorted(self.stops))]
        ends = [*(a for a, _ in sorted(self.stops)), LASTS]
        for started, stopped in zip(starts, ends, strict=True):
            ledger = Ledger.open(str(place), "agent-1")
            try:
                self._run(ledger, board_of(ledger.standings()), estate, calendar, started, stopped)
            finally:
                assert ledger.close(60) == 0

    def _run(
        self, ledger: Ledger, board: Board, estate: Topology, calendar: Calendar, started: Second, stopped: Second
    ) -> None:
        beat = started
        due = []
        for n, name in enumerate(DEVICES):
            self.looks[name].append((started, "start"))
            due.append((started + 1 + n, name))
        heapify(due)
        while due[0][0] < stopped:
            at, name = heappop(due)
            while beat <= at:
                ledger.record(Facts(heartbeat_at=calendar.at(beat)))
                last, beat = beat, beat + 20
            cut_off = any(a <= at < b for a, b in self.cut_offs)
            reached = self._answers(name, at) and not cut_off
            self.looks[name].append((at, "good" if reached else "blind" if cut_off else "bad"))
            answered = Answered(snmp=reached, icmp=reached)
            visit = Visit(name, Cadence.PULSE, calendar.at(at), 0.1, reached=reached, answered=answered)
            found = judge(visit, board, estate, blind=cut_off)
            ledger.record(Facts(found.changes))
            board.update(found.held)
            heappush(due, (at + int(found.look_again_in or 60), name))
        self.ran.append((started, last))

    # ------------------------------------------------------------ planned maintenance, of some
    def planned(self, calendar: Calendar) -> Callable[[str, Period], list[Period]]:
        whole = {f"device:{name}": Period(calendar.at(a), calendar.at(b)) for name, (a, b) in self.maintained.items()}

        def planned(subject: str, within: Period) -> list[Period]:
            return [whole[subject]] if subject in whole else []

        return planned

    def own_planned(self, calendar: Calendar) -> dict[int, bytes]:
        masks = {NUMBERS[name]: calendar.blank() for name in self.maintained}
        for name, (a, b) in self.maintained.items():
            mark(masks[NUMBERS[name]], a, b, PLANNED)
        return {number: bytes(mask) for number, mask in masks.items()}

    # ------------------------------------------------------------ what the looks say
    def truths(self, calendar: Calendar) -> Iterator[tuple[int, Truth]]:
        told: dict[str, list[tuple[Second, int, int]]] = {}
        for name in DEVICES:
            core = CHILDREN.get(name)
            outs = [] if core is None else _outs(told[core])
            told[name] = _told(self.looks[name], outs, NUMBERS.get(core or "", 0))
        for name, story in told.items():
            yield NUMBERS[name], _truth(calendar, f"device:{name}", story)
        for service, needs in NEEDS.items():
            changes = sorted({at for story in told.values() for at, *_ in story})
            story = []
            for at in changes:
                stands = _stands(needs, told, at)
                how = BLIND if stands is None else UP if stands else DOWN
                if (story or how != BLIND) and (not story or story[-1][1] != how):
                    story.append((at, how, _first_to_fall(needs, told, at) if how == DOWN else 0))
            number = NUMBERS[service.partition(":")[2]]
            yield number, _truth(calendar, service, story)


def _truth(calendar: Calendar, subject: str, story: list[tuple[Second, int, int]]) -> Truth:
    truth = Truth(calendar, subject)
    for at, how, cause in story:
        truth.stand(at, how, cause)
    return truth


def _told(
    looks: list[tuple[Second, Seen]], outs: list[tuple[Second, Second]], cause: int
) -> list[tuple[Second, int, int]]:
    """`outs`: when what it stands behind was out, by that one's own looks."""
    story: list[tuple[Second, int, int]] = []

    def stand(at: Second, how: int, cause: int = 0) -> None:
        while story and story[-1][0] >= at:
            story.pop()
        if not story or story[-1][1:] != (how, cause):
            story.append((at, how, cause))

    run: list[Second] = []
    for at, seen in looks:
        now = story[-1][1:] if story else (BLIND, 0)
        if seen == "start":
            run = []
        elif seen == "good":
            stand(at, UP)
            run = []
        elif seen == "blind":
            stand(run[0] if run and now[0] != DOWN and not now[1] else at, BLIND)
            run = []
        else:
            run.append(at)
            if now[0] == DOWN:
                continue
            carried = [b for a, b in outs if a - TOGETHER <= run[0] < b]
            if carried and at < carried[0]:
                stand(run[0], BLIND, cause)
                continue
            if carried:  # it fails still, when that one is well again
                run = [at]
            if len(run) == 3:
                stand(run[0], DOWN)
    return story


def _outs(story: list[tuple[Second, int, int]]) -> list[tuple[Second, Second]]:
    ends = [*(at for at, *_ in story[1:]), LASTS]
    return [(at, until) for (at, how, _), until in zip(story, ends, strict=True) if how == DOWN]


def _first_to_fall(needs: Needs, told: dict[str, list[tuple[Second, int, int]]], at: Second) -> int:
    """Of what is out the first that was, or what took that down."""
    fallen = []
    for part in subjects(needs):
        since, how, cause = max((turn for turn in told[part.name] if turn[0] <= at), default=(0, BLIND, 0))
        if how == DOWN or cause:
            fallen.append((since, part.name, cause or NUMBERS[part.name]))
    return min(fallen)[2]


def _stands(needs: Needs, told: dict[str, list[tuple[Second, int, int]]], at: Second) -> bool | None:
    """By how many parts stand if all that is unknown stands, and if none of it does."""
    if isinstance(needs, Subject):
        story = told[needs.name]
        n = bisect_right([began for began, *_ in story], at) - 1
        how, cause = story[n][1:] if n >= 0 else (BLIND, 0)
        return False if how == DOWN or cause else None if how == BLIND else True
    wanted = {AllOf: len(needs.parts), AnyOf: 1}.get(type(needs), getattr(needs, "count", 0))
    parts = [_stands(part, told, at) for part in needs.parts]
    best, worst = sum(part is not False for part in parts), sum(part is True for part in parts)
    return True if worst >= wanted else False if best < wanted else None
