"""Outages and how subjects stood, read from flips, heartbeats and corrections. Pure: the same ledger, the same answer.

    outages_of(flips, window, now, notes) -> list[Outage]     every outage that touches the window, of all subjects
    spans_of(flips, watches, window, notes) -> list[Span]     how one subject stood, without gaps or overlaps
    record_of(subject, flips, corrections_of(notes))          Record: both at once, for who asks many times

The method (docs/accounting.md):

- What is known later holds: a flip that says how things stood from an earlier moment on replaces what was said before.
- Time outside every Watch, before the first flip, and while BLIND is blind: neither up nor down. An outage goes on
  through it, but its blind part is not counted as down.
- DEGRADED serves: it counts as up, and is given beside it.
- Flapping: outages of one subject that begin again within FLAP_GAP of the end of the one before are a chain; a chain of
  FLAP_COUNT or more is one outage, with the id of the first. The times in between are its `breaks`, which are up.
- A correction says of a whole outage from when until when it was down (None: as recorded). In that stretch the subject
  was DOWN, also where nobody looked; where the record has the outage DOWN outside of it, it was UP. A void outage was
  UP wherever the record has it DOWN, and is not listed. Nothing else changes: what other outages say, and BLIND outside
  of the stretch. The last correction or void of an outage holds; one without times takes the others back. A correction
  of a flapping outage is of all of it that had begun when the correction was written (`Note.at`); one that was written
  of a part, before it was seen to flap, is of that part.
- An open outage counts up to `now`, and in a closed window up to its end. Overlaps are merged before they are counted.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from operator import attrgetter, itemgetter
from typing import NamedTuple
from uuid import UUID

from agent.accounting.periods import FOR_EVER, NEVER, TICK, Period, Stretch, instant, joined, merge, ticks, total
from agent.facts import LEFT_THE_INVENTORY, Flip, Note, Outage, Standing, Watch, is_group

__all__ = [
    "FLAP_COUNT", "FLAP_GAP", "Down", "Period", "Record", "Span", "corrections_of",
    "in_order", "listed", "merge", "outages_of", "record_of", "spans_in", "spans_of", "timeline", "total", "watched_of",
]  # fmt: skip

FLAP_GAP = timedelta(minutes=10)
FLAP_COUNT = 3
_FLAP_TICKS = FLAP_GAP // TICK
_CAUSE_SEEN_LATER = timedelta(minutes=5)  # what stands behind may have been looked at a little before its cause was

_SEQUENCE = attrgetter("sequence")

# How a subject stood, as numbers, for the loops that go through every flip.
UP, DEGRADED, DOWN, BLIND, SAID_DOWN = range(5)  # SAID_DOWN: by a correction, whether or not somebody looked
_CODES = {Standing.UP: UP, Standing.DEGRADED: DEGRADED, Standing.DOWN: DOWN, Standing.BLIND: BLIND}
_STANDINGS = (Standing.UP, Standing.DEGRADED, Standing.DOWN, Standing.BLIND, Standing.DOWN)


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which a subject stood one way."""

    standing: Standing
    began_at: datetime
    ended_at: datetime

    @property
    def length(self) -> timedelta:
        return self.ended_at - self.began_at


# ---------------------------------------------------------------- timelines
def in_order(flips: Iterable[Flip]) -> list[Flip]:
    """As they were recorded. Within one source the number decides, so that a clock set back confuses nothing."""
    flips = list(flips)
    if len({flip.source for flip in flips}) < 2:
        flips.sort(key=_SEQUENCE)
        return flips
    by_source: dict[str, list[Flip]] = defaultdict(list)
    for flip in flips:
        by_source[flip.source].append(flip)
    placed: list[tuple[datetime, str, int, Flip]] = []
    for source, own in by_source.items():
        own.sort(key=_SEQUENCE)
        latest = own[0].recorded_at
        for flip in own:
            latest = max(latest, flip.recorded_at)
            placed.append((latest, source, flip.sequence, flip))
    placed.sort(key=lambda row: row[:3])
    return [flip for *_, flip in placed]


def timeline(flips: Iterable[Flip]) -> list[Flip]:
    """The flips of one subject that still hold, by when they became true.

    Each takes effect from its `at` on and replaces what earlier ones said of the time after that. An outage that is
    only given another cause, or an earlier beginning, keeps its id, by which people have written notes on it.
    """
    holding: list[Flip] = []
    for flip in in_order(flips):
        if not holding or holding[-1].at < flip.at:
            holding.append(flip)
            continue
        known_as = flip.id
        while holding and holding[-1].at >= flip.at:
            replaced = holding.pop()
            if flip.before is flip.after is replaced.after is Standing.DOWN:
                known_as = replaced.id
        holding.append(flip if known_as == flip.id else replace(flip, id=known_as))
    return holding


# ---------------------------------------------------------------- the record of one subject
class Down(NamedTuple):
    """An outage in ticks; `ended` is FOR_EVER while it is open."""

    began: int
    ended: int
    id: UUID
    last: Flip  # the last that said DOWN: its reason and cause
    breaks: Sequence[Stretch] = ()
    parts: tuple[UUID, ...] = ()
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """How one subject stood at any time: from `edges[n]` on it is `standings[n]`, for which `causes[n]` is named."""

    subject: str
    holding: Sequence[Flip]
    edges: list[int]  # the first is NEVER
    standings: list[int]
    causes: list[str | None]
    downs: list[Down]  # in order of their beginning
    latest: list[int]  # for each of them, the latest end up to it: it only grows, also where one reaches over the next

    def touching(self, began: int, ended: int) -> Iterable[Down]:
        """The outages that touch a time."""
        for down in self.downs[bisect_right(self.latest, began) :]:
            if down.began >= ended:
                return
            if down.ended > began:
                yield down

    def cut(self, began: int, ended: int) -> tuple[list[int], list[int], list[str | None]]:
        """Edges, standings and causes inside a time; the first edge is its beginning."""
        if began >= ended:
            return [], [], []
        first, after = bisect_right(self.edges, began) - 1, bisect_left(self.edges, ended)
        return [began, *self.edges[first + 1 : after]], self.standings[first:after], self.causes[first:after]


Corrections = Mapping[UUID, Note]


def corrections_of(notes: Iterable[Note]) -> dict[UUID, Note]:
    """By outage the correction or void that holds: the last; of two at one instant the one that stands later."""
    found: dict[UUID, Note] = {}
    for note in notes:
        if note.kind in ("correction", "void") and note.outage is not None:
            before = found.get(note.outage)
            if before is None or note.at >= before.at:
                found[note.outage] = note
    return {id_: n for id_, n in found.items() if n.kind == "void" or n.from_at is not None or n.until_at is not None}


def record_of(subject: str, flips: Iterable[Flip], corrections: Corrections | None = None) -> Record:
    """All that the flips of one subject say, corrected."""
    holding = timeline(flips)
    edges = [NEVER, *(ticks(flip.at) for flip in holding)]
    standings = [BLIND, *(_CODES[flip.after] for flip in holding)]
    causes = [None, *(flip.cause for flip in holding)]
    record = Record(subject, holding, edges, standings, causes, [], [])
    stretches: list[tuple[int, int, str | None]] = []
    for chain in _chains(_pieces(holding, edges), edges):
        if corrections and any(holding[piece.first].id in corrections for piece in chain):
            down = _corrected(record, chain, corrections, stretches)
            if down is not None:
                record.downs.append(down)
        elif len(chain) == 1:
            first, last, _, ended = chain[0]
            record.downs.append(Down(edges[first + 1], ended, holding[first].id, holding[last]))
        else:
            record.downs.append(_flapping(record, chain))
    # Painted after everything that was taken back: no void takes away what a correction of a neighbour says.
    for began, ended, cause in sorted(stretches, key=lambda s: (s[0], s[1], s[2] or "")):
        paint(record.edges, record.standings, record.causes, began, ended, SAID_DOWN, cause)
    if stretches:
        record.downs.sort(key=lambda down: (down.began, down.ended, down.id))
    record.latest.extend(accumulate((down.ended for down in record.downs), max))
    return record


class _Piece(NamedTuple):
    """From the DOWN that began it to what ended it: `first` and `last` are numbers of flips that said DOWN."""

    first: int
    last: int
    end: int  # number of the flip that ended it, or how many there are
    ended: int  # ticks


def _pieces(holding: Sequence[Flip], edges: Sequence[int]) -> list[_Piece]:
    pieces: list[_Piece] = []
    first = last = -1
    for n, flip in enumerate(holding):
        after = flip.after
        if after is Standing.DOWN:
            last = n
            if first < 0:
                first = n
        elif first >= 0 and (after is not Standing.BLIND or flip.reason == LEFT_THE_INVENTORY):
            # BLIND for good ends it too: nobody will look again, so it is closed where we stopped looking.
            pieces.append(_Piece(first, last, n, edges[n + 1]))
            first = -1
    if first >= 0:
        pieces.append(_Piece(first, last, len(holding), FOR_EVER))
    return pieces


def _chains(pieces: Sequence[_Piece], edges: Sequence[int]) -> Iterable[Sequence[_Piece]]:
    """Those that flap together, and every other by itself. By the record alone: a correction moves nobody's id."""
    first = 0
    for n, piece in enumerate(pieces, 1):
        if n < len(pieces) and edges[pieces[n].first + 1] - piece.ended <= _FLAP_TICKS:
            continue
        if n - first >= FLAP_COUNT:
            yield pieces[first:n]
        else:
            for k in range(first, n):
                yield pieces[k : k + 1]
        first = n


def _flapping(record: Record, chain: Sequence[_Piece]) -> Down:
    holding, edges = record.holding, record.edges
    breaks = tuple((a.ended, edges[b.first + 1]) for a, b in pairwise(chain))
    ids = [holding[piece.first].id for piece in chain]
    return Down(edges[chain[0].first + 1], chain[-1].ended, ids[0], holding[chain[-1].last], breaks, tuple(ids[1:]))


def _corrected(
    record: Record, chain: Sequence[_Piece], corrections: Corrections, stretches: list[tuple[int, int, str | None]]
) -> Down | None:
    """Takes back what the record says of it, adds what was said instead; None if nothing is left of it."""
    holding, edges = record.holding, record.edges
    ids = [holding[piece.first].id for piece in chain]
    last = holding[chain[-1].last]
    # A note is of what had begun when it was written: to void the first short one must not void what came after it.
    of_first = corrections.get(ids[0])
    meant = 0 if of_first is None else sum(edges[piece.first + 1] <= ticks(of_first.at) for piece in chain)
    meant = meant if meant >= FLAP_COUNT else 1
    said: list[tuple[Sequence[_Piece], Note | None]] = [
        (chain[:meant], of_first),
        *(((piece,), corrections.get(id_)) for id_, piece in zip(ids[meant:], chain[meant:], strict=True)),
    ]
    left: list[Stretch] = []
    for pieces, note in said:
        began, ended = edges[pieces[0].first + 1], pieces[-1].ended
        if note is None:
            left.append((began, ended))
            continue
        for piece in pieces:
            for n in range(piece.first + 1, piece.end + 1):
                if record.standings[n] == DOWN:
                    record.standings[n], record.causes[n] = UP, None
        if note.kind == "void":
            continue
        began = began if note.from_at is None else ticks(note.from_at)
        ended = ended if note.until_at is None else ticks(note.until_at)
        if began < ended:
            left.append((began, ended))
            stretches.append((began, ended, holding[pieces[-1].last].cause))
    left = joined(left)
    if not left:
        return None
    breaks = tuple((a[1], b[0]) for a, b in pairwise(left))
    return Down(left[0][0], left[-1][1], ids[0], last, breaks, tuple(ids[1:]), corrected=True)


def paint(
    edges: list[int], standings: list[int], causes: list[str | None], began: int, ended: int, standing: int,
    cause: str | None = None,
) -> None:  # fmt: skip
    """Let a subject stand one way for a time. No edge goes: what began or ended there is still found there."""
    if began >= ended:
        return
    for at in (began, ended):
        n = bisect_left(edges, at)
        if at < FOR_EVER and (n == len(edges) or edges[n] != at):
            edges.insert(n, at)
            standings.insert(n, standings[n - 1])
            causes.insert(n, causes[n - 1])
    for n in range(bisect_left(edges, began), bisect_left(edges, ended)):
        standings[n], causes[n] = standing, cause


# ---------------------------------------------------------------- spans
def watched_of(watches: Iterable[Watch]) -> list[Stretch]:
    """The times in which somebody looked, merged, in ticks."""
    return joined((ticks(watch.began_at), ticks(watch.until_at)) for watch in watches)


def spans_of(flips: Iterable[Flip], watches: Iterable[Watch], window: Period, notes: Iterable[Note] = ()) -> list[Span]:
    """How one subject stood throughout a window; where nobody watched, and before anything was known, BLIND."""
    return spans_in(record_of("", flips, corrections_of(notes)), watched_of(watches), window)


def spans_in(record: Record, watched: Sequence[Stretch], window: Period) -> list[Span]:
    """The same of a record; `watched` as `watched_of` gives it."""
    end = ticks(window.ended_at)
    edges, standings, _ = record.cut(ticks(window.began_at), end)
    edges.append(end)
    found: list[tuple[Standing, int, int]] = []
    for n, standing in enumerate(standings):
        at, ended = edges[n], edges[n + 1]
        if standing in (BLIND, SAID_DOWN):
            _add(found, _STANDINGS[standing], at, ended)
            continue
        first = bisect_right(watched, (at, FOR_EVER)) - 1  # the last that began before, or then
        for began, until in watched[max(first, 0) :]:
            if began >= ended:
                break
            if until > at:
                _add(found, Standing.BLIND, at, began)
                at = max(at, began)
                _add(found, _STANDINGS[standing], at, min(until, ended))
                at = min(until, ended)
        _add(found, Standing.BLIND, at, ended)
    return [Span(standing, instant(began), instant(ended)) for standing, began, ended in found]


def _add(spans: list[tuple[Standing, int, int]], standing: Standing, began: int, ended: int) -> None:
    if began >= ended:
        return
    if spans and spans[-1][0] is standing:
        spans[-1] = (standing, spans[-1][1], ended)
    else:
        spans.append((standing, began, ended))


# ---------------------------------------------------------------- outages
def outages_of(
    flips: Iterable[Flip], window: Period | None = None, now: datetime | None = None, notes: Iterable[Note] = ()
) -> list[Outage]:
    """Outages of every subject, oldest first; with a window those that touch it, with their true start and end.

    An outage begins with DOWN, goes on while we are BLIND in the midst of it, and ends with the first look that was
    answered. `now` ends nothing; with it, what would only begin later is left out. Outages wholly inside planned
    maintenance are among them: the record is kept. What is planned only `availability` knows. Redundancy groups have
    losses (see `redundancy`) and no outages: those of their legs and of what stands on them are told.
    """
    corrections = corrections_of(notes)
    by_subject: dict[str, list[Flip]] = defaultdict(list)
    for flip in flips:
        by_subject[flip.subject].append(flip)
    return listed([record_of(subject, own, corrections) for subject, own in by_subject.items()], window, now)


Carried = Mapping[str, Sequence[tuple[datetime, str]]]


def carried_by(records: Iterable[Record]) -> Carried:
    """By subject, when others named it as the cause of how they stood, in order."""
    carried: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for record in records:
        if is_group(record.subject):
            continue
        for flip in record.holding:
            if flip.cause is not None:
                carried[flip.cause].append((flip.at, record.subject))
    for rows in carried.values():
        rows.sort()
    return carried


def listed(
    records: Sequence[Record], window: Period | None = None, now: datetime | None = None, carried: Carried | None = None
) -> list[Outage]:
    """The outages of records, as `outages_of` says."""
    carried = carried_by(records) if carried is None else carried
    began, ended = (ticks(window.began_at), ticks(window.ended_at)) if window else (NEVER, FOR_EVER)
    if now is not None:
        ended = min(ended, ticks(now) + 1)
    kept = (record for record in records if not is_group(record.subject))
    found = [(record.subject, down) for record in kept for down in record.touching(began, ended)]
    found.sort(key=lambda row: (row[1].began, row[0], row[1].ended))
    return [_outage(subject, down, carried.get(subject, ())) for subject, down in found]


def _outage(subject: str, down: Down, carried: Sequence[tuple[datetime, str]]) -> Outage:
    began, ended = instant(down.began), None if down.ended == FOR_EVER else instant(down.ended)
    # They name it as their cause while it lasts.
    first = bisect_left(carried, began - _CAUSE_SEEN_LATER, key=itemgetter(0))
    after = len(carried) if ended is None else bisect_right(carried, ended, key=itemgetter(0))
    names = {name for _, name in carried[first:after]}
    return Outage(
        down.id, subject, began, ended, down.last.reason, down.last.cause, tuple(sorted(names)),
        tuple((instant(a), instant(b)) for a, b in down.breaks), down.parts, down.corrected,
    )  # fmt: skip
