"""A month of faults, made up: what really happened, and what an agent would have recorded of it.

    month = Month(seed, year, number, subjects=110)
    month.truths          Truth of every subject (tests.agent_core.painted), told but not painted yet
    month.record(place)   through a real ledger: flips, watched times, windows, notes
    month.own_planned     by number of the subject the seconds of its own maintenance

What is recorded is not what happened: a child is accused first and carried down later, an outage is found to have begun
earlier, what was seen is taken back. What happened is told beside it, and neither is worked out from the other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

from agent.facts import LEFT_THE_INVENTORY, PAUSE_REASONS, Change, Facts, Note, NoteKind, Standing, Window, WindowEnd
from agent.ledger import Ledger
from tests.agent_core.painted import (
    BLIND,
    DEGRADED,
    DOWN,
    GONE,
    LONDON,
    PLANNED,
    UNWATCHED,
    UP,
    Calendar,
    Paused,
    Said,
    Second,
    Truth,
    mark,
    midnight,
)

CAUSES = 8  # so many subjects, numbers 1 to 8, are what takes others down
HOUR, DAY = 3600, 86_400
STANDING = {
    BLIND: Standing.BLIND, UP: Standing.UP, DEGRADED: Standing.DEGRADED, DOWN: Standing.DOWN, GONE: Standing.BLIND,
}  # fmt: skip


@dataclass(slots=True)
class Entry:
    """One flip to be recorded: `known` says in which order."""

    known: Second
    number: int
    at: Second
    before: int
    after: int
    cause: int = 0
    begins: bool = False  # the flip that gives its outage the id


@dataclass(slots=True)
class Maintenance:
    """A window as it is recorded, and when it is, painted."""

    window: Window
    recorded: Second
    ended: Second | None
    counts: list[tuple[Second, Second]] = field(default_factory=list)


def name_of(number: int) -> str:
    return f"{'device' if number % 3 else 'link'}:s{number:03d}"


class Month:
    """See the module's docstring."""

    def __init__(self, seed: int, year: int, number: int, subjects: int) -> None:
        self.random = Random(f"{seed} {year} {number}")
        first = date(year, number, 1)
        following = date(year + number // 12, number % 12 + 1, 1)
        # Faults begin before the month and go on after it.
        self.calendar = Calendar(midnight(first - timedelta(days=3)), midnight(following + timedelta(days=2)))
        self.began, self.ended = (self.calendar.second(midnight(day)) for day in (first, following))
        self.numbers = range(1, subjects + 1)
        self.truths = {n: Truth(self.calendar, name_of(n)) for n in self.numbers}
        self.entries: list[Entry] = []
        for n in self.numbers:
            self._live(n)
        self.unwatched = self._gaps()
        self.watched_times: list[tuple[Second, Second]] = self._watched_times()
        self.maintenance = [self._maintenance(n) for n in range(max(CAUSES, subjects // 2))]
        self.own_planned = self._own_planned()

    # ------------------------------------------------------------ what happens to one subject
    def _live(self, number: int) -> None:
        random, size = self.random, self.calendar.size
        teller = _Teller(self, number)
        at = random.choice((0, random.randrange(1, 2 * DAY), random.randrange(1, 12 * DAY)))
        if random.random() < 0.2:
            teller.both(at, DOWN)  # the first look failed
            at += random.randrange(1, 9000)
        teller.both(at, UP)
        while True:
            at += random.choice(
                (random.randrange(2, 900), random.randrange(700, 9_000), random.randrange(5_000, 14_000))
            )
            if at >= size:
                return
            if number % 4 == 1 and at > self.ended - 2 * DAY:
                teller.both(at, DOWN)  # and nobody has mended it yet
                return
            happens = random.choices(HAPPENINGS, WEIGHTS)[0]
            at = happens(teller, at, random)

    # ------------------------------------------------------------ the agent itself
    def _gaps(self) -> list[tuple[Second, Second]]:
        """When nobody looked: restarts of some seconds, nights without power. They may overlap."""
        random = self.random
        gaps = [(0, random.randrange(1, DAY))]
        for _ in range(40):
            at = random.randrange(self.calendar.size)
            gaps.append((at, at + random.choice((1, random.randrange(2, 90), random.randrange(90, 3 * HOUR)))))
        gaps.append((self.ended - 1800, self.ended + 1800))
        return gaps

    def _watched_times(self) -> list[tuple[Second, Second]]:
        """As two agents may have written them: in pieces that touch and overlap."""
        times = []
        began: Second | None = None
        mask = self.watched_mask()
        at = 0
        while at < len(mask):
            began = mask.find(0, at)
            if began < 0:
                break
            ended = mask.find(UNWATCHED, began)
            at = ended if ended >= 0 else len(mask)
            middle = self.random.randrange(began, at)
            times += [(began, middle), (middle, at), (max(began, middle - 900), min(at, middle + 900))]
        self.random.shuffle(times)
        return times

    def watched_mask(self) -> bytearray:
        mask = self.calendar.blank()
        for a, b in self.unwatched:
            mark(mask, a, b, UNWATCHED)
        return mask

    # ------------------------------------------------------------ planned maintenance
    def _maintenance(self, n: int) -> Maintenance:
        random, calendar = self.random, self.calendar
        some = random.sample(self.numbers, random.choice((1, 1, 2, 6)))
        if n < CAUSES:
            some.append(n + 1)  # every one that takes others down has some of its own
        covers = tuple(name_of(one) for one in dict.fromkeys(some))
        repeat, times, begins, ends = self._times(n)
        recorded, ended, after_the_fact = -30 * DAY, None, False
        if n % 5 == 1:  # written down when it had begun, or when it was over
            recorded = random.choice(times)[0] + random.randrange(60, 3 * HOUR)
            after_the_fact = n % 2 == 0
        elif n % 5 == 3:
            ended = random.randrange(calendar.size)  # ended early
        found = Maintenance(
            Window(
                uuid4(), covers, covers, begins, ends, "the network team", "maintenance", repeat,
                after_the_fact=after_the_fact,
            ),
            recorded,
            ended,
        )  # fmt: skip
        for a, b in times:
            a = a if after_the_fact else max(a, recorded)
            b = b if ended is None else min(b, ended)
            if a < b:
                found.counts.append((a, b))
        return found

    def _times(self, n: int) -> tuple[str, list[tuple[Second, Second]], datetime, datetime]:
        """A rule, the seconds in which it holds, and the first time it does, long before."""
        random, calendar = self.random, self.calendar
        if n % 3 == 0:  # once, anywhere, to the second
            a = random.randrange(-7200, calendar.size)
            b = a + random.choice((1, 600, random.randrange(60, 8 * HOUR), random.randrange(HOUR, 3 * DAY)))
            return "", [(a, b)], calendar.at(a), calendar.at(b)
        rule, holds = random.choice(RULES)
        begins = random.choice((time(0, 30), time(1, 0), time(1, 30), time(2, 0), time(22, 0), time(12, 15)))
        minutes = random.choice((30, 60, 90, 150, 300))
        text = rule.format(minute=begins.minute, hour=begins.hour)
        # The first time is the first day the rule holds of a summer month: no change of the clocks is near.
        first = next(day for day in (date(2026, 6, 1) + timedelta(days=d) for d in range(40)) if holds(day))
        wall = datetime.combine(first, begins)
        times = []
        for day in calendar.days:
            if not holds(day):
                continue
            shown = datetime.combine(day, begins)
            a = (
                calendar.shows(shown)
                if shown in calendar.first or shown + timedelta(hours=1) in calendar.first
                else None
            )
            if a is None:
                continue
            really = shown if shown in calendar.first else shown + timedelta(hours=1)
            until = really + timedelta(minutes=minutes)
            if until in calendar.first or until + timedelta(hours=1) in calendar.first:
                times.append((a, calendar.shows(until)))
        zoned = wall.replace(tzinfo=LONDON)
        return text, times, zoned, (wall + timedelta(minutes=minutes)).replace(tzinfo=LONDON)

    def _own_planned(self) -> dict[int, bytes]:
        masks: dict[str, bytearray] = {}
        for one in self.maintenance:
            for subject in one.window.covers:
                mask = masks.setdefault(subject, self.calendar.blank())
                for a, b in one.counts:
                    mark(mask, a, b, PLANNED)
        return {n: bytes(masks[name_of(n)]) for n in self.numbers if name_of(n) in masks}

    # ------------------------------------------------------------ through the ledger
    def record(self, place: Path) -> None:
        """All of it in the order it became known, by an agent that is started anew on the way."""
        now = [self.calendar.at(-40 * DAY)]
        entries = sorted(self.entries, key=lambda entry: entry.known)
        at, ids = self.calendar.at, dict[tuple[int, Second], UUID]()
        began: dict[int, tuple[UUID, Second]] = {}
        deeds: list[tuple[Second, Facts]] = []
        for one in self.maintenance:
            deeds.append((one.recorded, Facts(windows=(one.window,))))
            if one.ended is not None:
                deeds.append((one.ended, Facts(window_ends=(WindowEnd(one.window.id, at(one.ended), "jo", "done"),))))
        deeds.sort(key=lambda deed: deed[0])
        half = len(entries) // 2
        for part in (entries[:half], entries[half:]):
            ledger = Ledger.open(str(place), "agent-1", clock=lambda: now[0])
            try:
                for first in range(0, len(part), 1500):
                    batch = part[first : first + 1500]
                    while deeds and deeds[0][0] <= batch[0].known:
                        second, facts = deeds.pop(0)
                        now[0] = at(second)
                        ledger.record(facts).result(60)
                    now[0] = at(batch[-1].known)
                    written = ledger.record(Facts(changes=tuple(self._change(entry) for entry in batch))).result(60)
                    for entry, flip in zip(batch, written.flips, strict=True):
                        if entry.begins:
                            began[entry.number] = flip.id, entry.at
                            ids[entry.number, entry.at] = flip.id
                        elif entry.before == entry.after == DOWN:  # begun earlier, or for another cause
                            ids[entry.number, entry.at] = began[entry.number][0]
                if part is not entries[:half]:
                    for second, facts in deeds:
                        now[0] = at(second)
                        ledger.record(facts).result(60)
                    deeds = []
            finally:
                ledger.close(30)
        now[0] = at(self.calendar.size + 5 * DAY)
        ledger = Ledger.open(str(place), "agent-1", clock=lambda: now[0])
        try:
            notes = tuple(self._notes(ids))
            watched = tuple((at(a), at(b)) for a, b in self.watched_times)
            ledger.record(Facts(notes=notes, watched=watched)).result(60)
        finally:
            ledger.close(30)

    def _change(self, entry: Entry) -> Change:
        reason = LEFT_THE_INVENTORY if entry.after == GONE else "looked"
        cause = name_of(entry.cause) if entry.cause else None
        subject, at = name_of(entry.number), self.calendar.at(entry.at)
        return Change(subject, STANDING[entry.before], STANDING[entry.after], at, reason, cause)

    # ------------------------------------------------------------ what people say of it
    def _notes(self, ids: dict[tuple[int, Second], UUID]) -> list[Note]:
        random, at, size = self.random, self.calendar.at, self.calendar.size
        notes: list[Note] = []
        for number, truth in self.truths.items():
            truth.paint()
            runs = truth.runs()
            truth.wipe()
            for a, b in runs:
                dice = random.random()
                written = random.choice((size + DAY, size + DAY, b + 30, b + 700))
                if dice < 0.03:
                    truth.said.append(Said("void", a, written))
                elif dice < 0.11:
                    reach = random.choice((5, 300, 4000, 40_000))
                    began = random.choice((None, max(0, a + random.randrange(-reach, reach))))
                    ended = random.choice((None, min(size - 1, b + random.randrange(-reach, reach))))
                    truth.said.append(Said("correction", a, written, began, ended))
                    if random.random() < 0.3:  # it is said again, or taken back
                        said = random.choice((Said("correction", a, written + 60), Said("void", a, written + 60)))
                        truth.said.append(said)
                elif dice < 0.3:
                    for _ in range(random.choice((1, 1, 2, 3))):
                        c = (a + random.randrange(-60, max(2, b - a))) // 2 * 2
                        own_end = random.choice((None, c + random.randrange(1, 9000)))
                        truth.paused.append(Paused(a, c, own_end))
                    for _ in range(random.choice((0, 1, 2))):
                        # In odd seconds, and pauses begin in even ones: of the same instant and no later word nobody
                        # could say which of the two was meant.
                        d = (a + random.randrange(1, max(2, b - a) + 600)) | 1
                        truth.paused.append(Paused(a, d, resume=True))
            for said in truth.said:
                kind: NoteKind = "void" if said.kind == "void" else "correction"
                began_at = None if said.began is None else at(said.began)
                ended_at = None if said.ended is None else at(said.ended)
                outage, why = ids[number, said.of], "somebody was there"
                notes.append(Note(truth.subject, at(said.written), "jo", kind, why, outage, began_at, ended_at))
            for paused in truth.paused:
                until = None if paused.ended is None else at(paused.ended)
                notes.append(
                    Note(
                        truth.subject, at(paused.began), "jo", "resume" if paused.resume else "pause",
                        "" if paused.resume else random.choice(PAUSE_REASONS), ids[number, paused.of],
                        random.choice((None, at(paused.began))), until,
                    )
                )  # fmt: skip
        random.shuffle(notes)
        return notes


RULES: tuple[tuple[str, Callable[[date], bool]], ...] = (
    ("FREQ=WEEKLY;BYDAY=SU", lambda day: day.weekday() == 6),
    ("FREQ=WEEKLY;BYDAY=TU,SA", lambda day: day.weekday() in (1, 5)),
    ("FREQ=MONTHLY;BYDAY=-1SU", lambda day: day.weekday() == 6 and (day + timedelta(days=7)).month != day.month),
    ("FREQ=MONTHLY;BYMONTHDAY=1,15", lambda day: day.day in (1, 15)),
    ("FREQ=DAILY", lambda day: True),
    ("{minute} {hour} * * 0", lambda day: day.weekday() == 6),
    ("{minute} {hour} 25-31 * *", lambda day: day.day >= 25),
)


# ---------------------------------------------------------------- what can happen
class _Teller:
    """Tells the truth and records: `truth` only what happened, `entry` only what was written, `both` both."""

    def __init__(self, month: Month, number: int) -> None:
        self.month, self.number = month, number
        self.held = BLIND  # as the record has it
        self.known = -1

    def truth(self, at: Second, how: int, cause: int = 0) -> None:
        self.month.truths[self.number].stand(at, how, cause)

    def entry(self, at: Second, after: int, cause: int = 0, later: int = 0) -> None:
        """`later`: so long after it became true it was known. What comes after the painting ends is left out."""
        before = self.held
        self.known = max(self.known + 1, at + later)
        if at < self.month.calendar.size:
            begins = after == DOWN != before
            self.month.entries.append(Entry(self.known, self.number, at, before, after, cause, begins))
        self.held = after

    def both(self, at: Second, how: int, cause: int = 0, later: int = 20) -> None:
        self.truth(at, how, cause)
        self.entry(at, how, cause, later=later)

    def cause(self) -> int:
        return self.month.random.choice([n for n in range(1, CAUSES + 1) if n != self.number])


def _length(random: Random) -> int:
    return random.choice(
        (1, random.randrange(2, 60), random.randrange(30, 900), random.randrange(600, 3 * HOUR),
         random.randrange(600, 9 * HOUR), random.choice((HOUR, 4 * HOUR, random.randrange(HOUR, 30 * HOUR))))
    )  # fmt: skip


def plain(tell: _Teller, at: Second, random: Random) -> Second:
    tell.both(at, DOWN)
    at += _length(random)
    tell.both(at, random.choice((UP, UP, DEGRADED)))
    return at


def flapping(tell: _Teller, at: Second, random: Random) -> Second:
    """Two to seven times, with gaps of up to ten minutes, and of one second more."""
    for _ in range(random.randrange(1, 7)):
        tell.both(at, DOWN, random.choice((0, 0, 0, tell.cause())))
        at += random.randrange(1, 240)
        if random.random() < 0.2:
            tell.both(at, BLIND)
            at += random.randrange(1, 200)
        tell.both(at, random.choice((UP, UP, DEGRADED)))
        at += random.choice((1, 600, 601, random.randrange(1, 600), random.randrange(500, 700)))
    tell.both(at, DOWN)
    at += random.randrange(1, 2000)
    tell.both(at, UP)
    return at


def carried(tell: _Teller, at: Second, random: Random) -> Second:
    """The cause was found at once, or the child was accused first."""
    cause = tell.cause()
    tell.truth(at, BLIND, cause)
    if random.random() < 0.6:
        tell.entry(at, DOWN, later=20)
        tell.entry(at, BLIND, cause, later=80)
    else:
        tell.entry(at, BLIND, cause, later=20)
    at += _length(random)
    if random.random() < 0.3:  # broken itself as well: it is seen when the cause is gone
        tell.both(at, DOWN)
        at += _length(random)
    tell.both(at, UP)
    return at


def cause_found(tell: _Teller, at: Second, random: Random) -> Second:
    """DOWN, and by what was known later: the same outage with another cause, perhaps with an earlier beginning too."""
    cause, earlier = tell.cause(), random.choice((0, 0, 1))
    tell.truth(at - earlier, DOWN, cause)
    tell.entry(at, DOWN, later=20)
    tell.entry(at - earlier, DOWN, cause, later=40)
    at += _length(random)
    if random.random() < 0.3:
        tell.both(at, DOWN, tell.cause())
        at += _length(random)
    tell.both(at, UP)
    return at


def begun_earlier(tell: _Teller, at: Second, random: Random) -> Second:
    last = tell.month.truths[tell.number].story[-1][0]
    began = random.randrange(last + 1, at + 1)
    cause = random.choice((0, tell.cause()))
    tell.truth(began, DOWN, cause)
    tell.entry(at, DOWN, later=20)
    tell.entry(began, DOWN, cause, later=100)
    at += _length(random)
    tell.both(at, UP)
    return at


def blind_in_the_midst(tell: _Teller, at: Second, random: Random) -> Second:
    tell.both(at, DOWN)
    for _ in range(random.randrange(1, 4)):
        at += _length(random) // 2 + 1
        tell.both(at, BLIND, random.choice((0, tell.cause())))
        at += _length(random) // 2 + 1
        if random.random() < 0.7:
            tell.both(at, DOWN)
            at += _length(random)
            break
        tell.both(at, DOWN, tell.cause())
    else:
        at += 1
    tell.both(at, random.choice((UP, DEGRADED)))
    return at


def degraded(tell: _Teller, at: Second, random: Random) -> Second:
    tell.both(at, DEGRADED)
    at += _length(random)
    if random.random() < 0.4:
        tell.both(at, DOWN)
        at += _length(random)
    tell.both(at, UP)
    return at


def cut_off(tell: _Teller, at: Second, random: Random) -> Second:
    tell.both(at, BLIND)
    at += _length(random)
    tell.both(at, random.choice((UP, UP, DOWN)))
    if tell.held == DOWN:
        at += _length(random)
        tell.both(at, UP)
    return at


def left_the_inventory(tell: _Teller, at: Second, random: Random) -> Second:
    tell.both(at, DOWN)
    at += _length(random)
    tell.both(at, GONE)
    at += _length(random)
    if random.random() < 0.3:
        tell.both(at, DOWN)
        at += _length(random)
    tell.both(at, UP)
    return at


def taken_back(tell: _Teller, at: Second, random: Random) -> Second:
    """What was seen of some time is replaced: a whole outage by a carried one, its end by an earlier one."""
    length = 3 + _length(random)
    tell.entry(at, DOWN, later=20)
    tell.entry(at + length, UP, later=1)
    if random.random() < 0.5:
        cause = tell.cause()
        tell.truth(at, BLIND, cause)
        tell.entry(at, BLIND, cause, later=length + 30)
        at += length + 40
        tell.both(at, UP)
        return at
    earlier = random.randrange(1, length)
    tell.truth(at, DOWN)
    tell.truth(at + earlier, UP)
    tell.entry(at + earlier, UP, later=length + 30)
    return at + length


def nothing_after_all(tell: _Teller, at: Second, random: Random) -> Second:
    tell.truth(at, UP)
    tell.entry(at, DOWN, later=20)
    tell.entry(at, UP, later=60)
    return at + random.randrange(1, 60)


Happening = Callable[[_Teller, Second, Random], Second]
HAPPENINGS: tuple[Happening, ...] = (
    plain, flapping, carried, cause_found, begun_earlier, blind_in_the_midst, degraded, cut_off, left_the_inventory,
    taken_back, nothing_after_all,
)  # fmt: skip
WEIGHTS = (40, 6, 8, 6, 5, 8, 4, 4, 2, 3, 2)
