"""The story of one outage, line by line: how it stood, what was said, who was told. Pure; pages and papers tell it.

notes = Notes(every_note)          what was said, by outage: notes.of(outage), notes.void(id)
timeline_of(outage, flips, notes, told, plan, now, name, reason) -> list[Entry]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from agent.facts import Flip, Note, Outage, Standing, Telling
from agent.maintenance import Plan
from agent.words import LONDON, full, listed, moment, span


class Notes:
    """What was said, by outage."""

    def __init__(self, notes: Iterable[Note]) -> None:
        self._by_outage: dict[UUID, list[Note]] = defaultdict(list)
        for note in notes:
            if note.outage is not None:
                self._by_outage[note.outage].append(note)

    def of(self, outage: Outage) -> list[Note]:
        if not outage.parts:
            return self._by_outage.get(outage.id, [])
        return sorted((n for id in outage.ids for n in self._by_outage.get(id, ())), key=lambda note: note.at)

    def void(self, id: UUID) -> Note | None:
        """The note by which it is no outage any more."""
        changed = [note for note in self._by_outage.get(id, ()) if note.kind in ("correction", "void")]
        return changed[-1] if changed and changed[-1].kind == "void" else None

    def voids(self) -> list[Note]:
        """Of every outage that is none any more, the note that says so."""
        return [note for id in self._by_outage if (note := self.void(id)) is not None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `standing`: of a change of standing."""

    at: datetime
    what: str
    text: str
    standing: Standing | None = None
    author: str = ""


def timeline_of(
    outage: Outage, flips: Iterable[Flip], notes: Iterable[Note], told: Iterable[Telling], plan: Plan, now: datetime,
    name: Callable[[str], str], reason: Callable[[str], str], recorded: Outage | None = None,
) -> list[Entry]:  # fmt: skip
    """In order of time. `name`, `reason`: subjects and reasons in the names people use. `recorded`: the outage as it
    was before it was corrected, so that what was left out of it is told too."""
    both = [outage] if recorded is None else [outage, recorded]
    began = min(one.began_at for one in both)
    until = max(one.ended_at or now for one in both)
    entries = [
        Entry(flip.at, "stands", of_flip(flip, name, reason), flip.after) for flip in flips if began <= flip.at <= until
    ]
    for note in notes:
        at = note.from_at if note.kind in ("pause", "resume") and note.from_at is not None else note.at
        entries.append(Entry(at, note.kind, of_note(note, now), author=note.author))
    entries += [
        Entry(one.at, "told", f"{one.message.channel}: {one.message.title}")
        for one in told
        if began <= one.message.at <= until
    ]
    for a, b in outage.planned:
        # Of an open one it is known up to when the ledger was read last.
        goes_on = outage.ended_at is None and plan.covering(outage.subject, b) is not None
        ends = "still going on" if goes_on else f"until {moment(b, now)}"
        entries.append(Entry(a, "maintenance", f"planned, {ends}"))
    return sorted(entries, key=lambda entry: entry.at)


def of_flip(flip: Flip, name: Callable[[str], str], reason: Callable[[str], str]) -> str:
    parts = [reason(flip.reason)]
    if flip.cause and flip.cause not in flip.reason:
        parts.append(f"carried down by {name(flip.cause)}")
    if flip.looks:
        parts.append(f"looked at {listed([f'{look.astimezone(LONDON):%H:%M:%S}' for look in flip.looks])}")
    late = flip.recorded_at - flip.at
    if late >= timedelta(seconds=1):
        parts.append(f"known {span(late)} later")
    return "; ".join(parts)


def of_note(note: Note, now: datetime) -> str:
    parts = [note.text] if note.text else []
    if note.kind == "correction":
        for word, at in (("began", note.from_at), ("ended", note.until_at)):
            if at is not None:
                parts.append(f"it {word} {full(at)}")
    elif note.until_at is not None:
        parts.append(f"until {moment(note.until_at, now)}")
    if note.kind in ("pause", "resume") and note.from_at is not None and note.at - note.from_at >= timedelta(minutes=1):
        parts.append(f"written {moment(note.at, now)}")
    return "; ".join(parts)
