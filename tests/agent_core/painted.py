"""What really happened, painted second by second, and counted by looking at every second.

    calendar = Calendar(began, ended)            the seconds between two instants, and what the clock in London showed
    calendar.open_hours(days, opens, closes, holidays)      a mask of the seconds that lie in service hours
    truth = Truth(calendar, "device:a")
    truth.stand(at, DOWN, cause=3)               from then on, until it is told to stand otherwise
    truth.said.append(Said("void", of, written)) of: the second in which the outage began by the record
    truth.settle(watched, planned, number)       paints it, and lays corrections, planned and unwatched time over it
    truth.figures(a, b, hours, fix_clock, fix_target)       what seconds a to b amount to

This is the other side of a comparison, so nothing here is taken from the code it is compared with: no interval is ever
joined, cut or taken away. Every second is one byte, and figures are how often a byte comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
# The low three bits are how it stood, the others what else is true of that second.
BLIND, UP, DEGRADED, DOWN, GONE, SAID = range(6)  # GONE: blind for good; SAID: down because a person said so
PLANNED, UNWATCHED, OPEN = 8, 16, 32
FLAP_GAP = 600
Second = int

# By hand, from gov.uk/bank-holidays for England and Wales. Boxing Day 2026 is a Saturday: the Monday is given for it.
BANK_HOLIDAYS = frozenset(
    (date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1), date(2027, 3, 26), date(2027, 3, 29))
)


def or_table(bit: int) -> bytes:
    return bytes(value | bit for value in range(256))


_MARK = {bit: or_table(bit) for bit in (PLANNED, UNWATCHED, OPEN)}


def mark(seconds: bytearray, a: Second, b: Second, bit: int) -> None:
    """Set a bit from one second up to and without another."""
    a, b = max(a, 0), min(b, len(seconds))
    if a < b:
        seconds[a:b] = seconds[a:b].translate(_MARK[bit])


def laid_over(seconds: bytes | bytearray, mask: bytes | bytearray) -> bytes:
    """Every byte of one with the bits of the other, taken as one very long number."""
    whole = int.from_bytes(seconds, "little") | int.from_bytes(mask, "little")
    return whole.to_bytes(len(seconds), "little")


# ---------------------------------------------------------------- the calendar
class Calendar:
    """The seconds between two instants; every minute knows what the clock in London showed."""

    def __init__(self, began: datetime, ended: datetime) -> None:
        self.began, self.ended = began, ended
        self.size = self.second(ended)
        self.first: dict[datetime, Second] = {}  # wall clock > the first second that showed it
        self.days: dict[date, list[tuple[Second, time]]] = {}
        # More on either side, so that what begins before or ends after is found as well, and every day is whole.
        for at in range(-2 * 86_400, self.size + 2 * 86_400, 60):
            wall = (began + timedelta(seconds=at)).astimezone(LONDON).replace(tzinfo=None, fold=0)
            self.first.setdefault(wall, at)
            self.days.setdefault(wall.date(), []).append((at, wall.time()))
        for day in (min(self.days), max(self.days)):
            del self.days[day]

    def second(self, at: datetime) -> Second:
        whole = (at - self.began) / timedelta(seconds=1)
        assert whole == int(whole), f"{at} is no whole second"
        return int(whole)

    def at(self, second: float) -> datetime:
        return self.began + timedelta(seconds=second)

    def blank(self) -> bytearray:
        return bytearray(self.size)

    def shows(self, wall: datetime) -> Second:
        """When the clock shows a time first; one that it skips is shown an hour later by the clock, at once."""
        return self.first[wall] if wall in self.first else self.first[wall + timedelta(hours=1)]

    def open_hours(self, days: Sequence[int], opens: time, closes: time | None, *, holidays: bool) -> bytearray:
        """From the first minute that shows the opening or later, up to the last that shows less than the closing."""
        mask = self.blank()
        for day, minutes in self.days.items():
            if day.weekday() not in days or (day in BANK_HOLIDAYS and not holidays):
                continue
            begins = next(at for at, wall in minutes if wall >= opens)
            ends = max(at for at, wall in minutes if closes is None or wall < closes) + 60
            mark(mask, begins, ends, OPEN)
        return mask


# ---------------------------------------------------------------- outages
@dataclass(frozen=True, slots=True)
class Said:
    """What a person said of an outage: `of` names the second in which it began by the record, `written` when."""

    kind: str  # correction | void
    of: Second
    written: Second
    began: Second | None = None
    ended: Second | None = None


@dataclass(frozen=True, slots=True)
class Paused:
    """A pause (`ended` None: until somebody resumes) or, with `resume`, the end of all that run."""

    of: Second
    began: Second
    ended: Second | None = None
    resume: bool = False


@dataclass(slots=True)
class TrueOutage:
    """`ended` None: open at the end of the painting. `parts`: seconds in which by the record its parts began."""

    parts: list[Second]
    pieces: list[tuple[Second, Second]]
    open: bool
    corrected: bool = False
    first_counted: Second | None = None

    @property
    def began(self) -> Second:
        return self.pieces[0][0]

    @property
    def ended(self) -> Second:
        return self.pieces[-1][1]


@dataclass(slots=True)
class TrueFigures:
    """Seconds and counts."""

    times: dict[str, int]
    in_hours: dict[str, int]
    outages: int = 0
    began: int = 0
    flaps: int = 0
    fixes: list[int] = field(default_factory=list)
    within: int = 0


_RUN = re.compile(rb"\x03[\x03\x00]*")  # DOWN, and all DOWN and BLIND after it
_DOWN = re.compile(rb"\x03+")
_SAME = [re.compile(re.escape(bytes((value,))) + b"+") for value in range(256)]  # one byte again and again
_IS_PLANNED = bytes(1 if value & PLANNED else 0 for value in range(256))
_PLANNED_RUN = re.compile(rb"\x01+")
_COUNTS = bytes(  # the seconds that make an outage count: down, looked at or said, and not planned
    1 if not value & PLANNED and (value & 7 == SAID or (value & 7 == DOWN and not value & UNWATCHED)) else 0
    for value in range(256)
)
WORDS = ("up", "degraded", "down", "planned", "blind")


def _end_of_same(seconds: bytes | bytearray, at: Second) -> Second:
    match = _SAME[seconds[at]].match(seconds, at)
    assert match is not None
    return match.end()


def _word(value: int) -> int:
    """What one second counts as: a number of WORDS, and 8 more in service hours."""
    stood = value & 7
    if value & PLANNED:
        word = 3
    elif stood == SAID:
        word = 2
    elif value & UNWATCHED or stood in (BLIND, GONE):
        word = 4
    else:
        word = {UP: 0, DEGRADED: 1, DOWN: 2}[stood]
    return word + (8 if value & OPEN else 0)


_WORD = bytes(_word(value) if value & 7 <= SAID else 255 for value in range(256))
_STOOD = bytes(  # how it stood as the book says it, planned time not marked
    255 if value & 7 > SAID else DOWN if value & 7 == SAID
    else BLIND if value & UNWATCHED or value & 7 == GONE else value & 7
    for value in range(256)
)  # fmt: skip


class Truth:
    """How one subject stood in every second."""

    def __init__(self, calendar: Calendar, subject: str) -> None:
        self.calendar, self.subject = calendar, subject
        self.story: list[tuple[Second, int, int]] = []  # since when, how, number of the subject named as the cause
        self.stood, self.causes = bytearray(), bytearray()
        self.said: list[Said] = []
        self.paused: list[Paused] = []
        self.outages: list[TrueOutage] = []
        self.seconds = b""  # all bits, once it is settled

    def stand(self, at: Second, how: int, cause: int = 0) -> None:
        assert not self.story or at > self.story[-1][0], f"{self.subject}: told out of order at {at}"
        self.story.append((at, how, cause))

    def paint(self) -> None:
        self.stood, self.causes, self.outages = self.calendar.blank(), self.calendar.blank(), []
        size = self.calendar.size
        for n, (at, how, cause) in enumerate(self.story):
            until = self.story[n + 1][0] if n + 1 < len(self.story) else size
            at, until = min(at, size), min(until, size)
            self.stood[at:until] = bytes((how,)) * (until - at)
            self.causes[at:until] = bytes((cause,)) * (until - at)

    def wipe(self) -> None:
        """A month takes eight megabytes a subject: let go of them."""
        self.stood, self.causes, self.seconds = bytearray(), bytearray(), b""

    # ------------------------------------------------------------ laying one thing over the other
    def runs(self) -> list[tuple[Second, Second]]:
        """The outages as they were recorded: from the first second DOWN to the first that is neither DOWN nor BLIND.

        As they are painted, before anything is corrected.
        """
        return [match.span() for match in _RUN.finditer(self.stood)]

    def settle(self, watched: bytes, planned: Mapping[int, bytes], number: int) -> None:
        """`planned`: by number of the subject the seconds of its own maintenance, as PLANNED bits."""
        self.paint()
        self._correct()
        seconds = bytearray(laid_over(self.stood, planned.get(number, self.calendar.blank())))
        for cause in {cause for *_, cause in self.story} & planned.keys() - {number}:
            b = 0
            while (a := self.causes.find(cause, b)) >= 0:
                b = _end_of_same(self.causes, a)
                seconds[a:b] = laid_over(seconds[a:b], planned[cause][a:b])
        self.seconds = laid_over(seconds, watched)
        counts = self.seconds.translate(_COUNTS)
        for outage in self.outages:
            found = counts.find(1, outage.began, outage.ended)
            outage.first_counted = None if found < 0 else found

    def _correct(self) -> None:
        last: dict[Second, Said] = {}
        for said in sorted(self.said, key=lambda one: one.written):
            last[said.of] = said
        last = {
            of: said for of, said in last.items() if said.kind == "void" or (said.began, said.ended) != (None, None)
        }
        over: list[tuple[Second, Second, int]] = []
        runs = self.runs()
        size = self.calendar.size
        while runs:
            chain = [runs.pop(0)]
            while runs and runs[0][0] - chain[-1][1] <= FLAP_GAP:
                chain.append(runs.pop(0))
            groups = [chain] if len(chain) >= 3 else [[run] for run in chain]
            for group in groups:
                self._correct_one(group, last, over)
        for a, b, cause in sorted(over):
            a, b = max(a, 0), min(b, size)
            self.stood[a:b] = bytes((SAID,)) * (b - a)
            self.causes[a:b] = bytes((cause,)) * (b - a)

    def _correct_one(
        self, group: list[tuple[Second, Second]], last: Mapping[Second, Said], over: list[tuple[Second, Second, int]]
    ) -> None:
        still_open = group[-1][1] == self.calendar.size
        parts = [run[0] for run in group]
        said_of_all = last.get(parts[0])
        meant = 1
        if said_of_all is not None and len(group) >= 3:
            begun = len([part for part in parts if part <= said_of_all.written])
            meant = begun if begun >= 3 else 1
        left: list[tuple[Second, Second]] = []
        corrected = False
        for portion in [group[:meant], *([run] for run in group[meant:])]:
            said = last.get(portion[0][0])
            if said is None:
                left.extend(portion)
                continue
            corrected = True
            cause = 0
            for a, b in portion:
                for match in list(_DOWN.finditer(self.stood, a, b)):
                    x, y = match.span()
                    cause = self.causes[y - 1]
                    self.stood[x:y] = bytes((UP,)) * (y - x)
                    self.causes[x:y] = bytes(y - x)
            if said.kind == "void":
                continue
            a = portion[0][0] if said.began is None else said.began
            b = portion[-1][1] if said.ended is None else said.ended
            if a < b:
                left.append((a, b))
                over.append((a, b, cause))
        if not left:
            return
        # What overlaps or touches is one: painted, and read off again.
        start = min(a for a, _ in left)
        strip = bytearray(max(b for _, b in left) - start)
        for a, b in left:
            strip[a - start : b - start] = b"\x01" * (b - a)
        pieces = [(m.start() + start, m.end() + start) for m in _PLANNED_RUN.finditer(strip)]
        self.outages.append(TrueOutage(parts, pieces, still_open and pieces[-1][1] == self.calendar.size, corrected))

    # ------------------------------------------------------------ counting
    def figures(self, a: Second, b: Second, hours: bytes, fix_clock: str, fix_target: int) -> TrueFigures:
        words = laid_over(self.seconds[a:b], hours[a:b]).translate(_WORD)
        outside, inside = ([words.count(n + more) for n in range(5)] for more in (0, 8))
        assert sum(outside) + sum(inside) == b - a
        found = TrueFigures(_times([x + y for x, y in zip(outside, inside, strict=True)]), _times(inside))
        counts = self.seconds.translate(_COUNTS)
        for outage in self.outages:
            if outage.first_counted is None or outage.first_counted >= b:
                continue
            if counts.count(1, max(outage.began, a), min(outage.ended, b)):
                found.outages += 1
                found.began += outage.first_counted >= a
                found.flaps += len([again for again, _ in outage.pieces[1:] if a <= again < b])
            if not outage.open and a < outage.ended <= b:
                fix = self.fix_time(outage, hours if fix_clock == "service_hours" else None)
                found.fixes.append(fix)
                found.within += fix <= fix_target
        return found

    def fix_time(self, outage: TrueOutage, hours: bytes | None = None) -> int:
        """Seconds from its beginning to its end that are not planned and not paused, all or those in service hours."""
        a, b = outage.began, outage.ended
        seconds = bytearray(self.seconds[a:b].translate(_IS_PLANNED))
        for c, d in self.pauses(outage):
            c, d = max(c, a), min(d, b)
            if c < d:
                seconds[c - a : d - a] = b"\x01" * (d - c)
        if hours is None:
            return seconds.count(0)
        return laid_over(seconds, hours[a:b]).count(OPEN)

    def pauses(self, outage: TrueOutage) -> Iterator[tuple[Second, Second]]:
        """What happens one after the other: a pause begins, one ends by itself, somebody resumes."""
        own = [paused for paused in self.paused if paused.of in outage.parts]
        if not own:
            return
        turns = {p.began for p in own} | {p.ended for p in own if p.ended is not None} | {outage.ended}
        running: list[Paused] = []
        since: Second | None = None
        for at in sorted(turns):
            running = [p for p in running if p.ended is None or p.ended > at]
            if any(p.resume and p.began == at for p in own):
                running = []
            running += [p for p in own if not p.resume and p.began == at and at < outage.ended]
            if since is not None and (not running or at == outage.ended):
                yield since, at
                since = None
            if running and since is None and at < outage.ended:
                since = at

    def planned_of(self, outage: TrueOutage) -> list[tuple[Second, Second]]:
        strip = self.seconds[outage.began : outage.ended].translate(_IS_PLANNED)
        return [(m.start() + outage.began, m.end() + outage.began) for m in _PLANNED_RUN.finditer(strip)]

    def spans(self, a: Second, b: Second) -> list[tuple[int, Second, Second]]:
        strip = self.seconds[a:b].translate(_STOOD)
        found, at = [], 0
        while at < len(strip):
            until = _end_of_same(strip, at)
            found.append((strip[at], at + a, until + a))
            at = until
        return found


def _times(counted: Sequence[int]) -> dict[str, int]:
    """`up` as the papers mean it: with what was degraded."""
    by_word = dict(zip(WORDS, counted, strict=True))
    return by_word | {"up": by_word["up"] + by_word["degraded"]}


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)
