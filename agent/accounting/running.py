"""Open outages that are a cause: with their fix clocks, and who has them. Pure.

running_of(outages, notes, planned, estate, now) -> list[Running]
strictest(outage, estate) -> Terms            the shortest target among what is down with it
holder(notes, now) -> Note | None             the acknowledgement that is in force
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID

from agent.accounting.availability import terms_of
from agent.accounting.fix_clock import FixClock, Terms, clock_of
from agent.accounting.periods import Period
from agent.facts import Note, Outage
from agent.inventory.model import Estate


@dataclass(frozen=True, slots=True)
class Running:
    """An open outage, its fix clock, and the acknowledgement that is in force."""

    outage: Outage
    clock: FixClock
    held_by: Note | None = None


def running_of(
    outages: Iterable[Outage], notes: Sequence[Note], planned: Callable[[str, Period], Sequence[Period]],
    estate: Estate, now: datetime,
) -> list[Running]:  # fmt: skip
    """Of the open outages those that are a cause: what they carry down is fixed with them."""
    said: dict[UUID, list[tuple[int, Note]]] = defaultdict(list)  # once: a storm has a thousand of both
    for number, note in enumerate(notes):
        if note.outage is not None:
            said[note.outage].append((number, note))
    running = []
    for outage in outages:
        if outage.ended_at is not None or outage.cause is not None or outage.began_at > now:
            continue
        numbered = [one for id in outage.ids for one in said.get(id, ())]
        own = [note for _, note in sorted(numbered, key=itemgetter(0))]
        ahead = planned(outage.subject, Period(outage.began_at, now + timedelta(days=7)))
        running.append(Running(outage, clock_of(outage, own, ahead, strictest(outage, estate), now), holder(own, now)))
    return running


def strictest(outage: Outage, estate: Estate) -> Terms:
    """The shortest target among what is down with it: its own, and those of services it took down."""
    subjects = (outage.subject, *(s for s in outage.carried if s.startswith("service:")))
    return min((terms_of(estate, subject) for subject in subjects), key=lambda terms: terms.fix_target)


def holder(notes: Iterable[Note], now: datetime) -> Note | None:
    """The last acknowledgement, unless it has expired."""
    said = [note for note in notes if note.kind == "acknowledgement"]
    last = said[-1] if said else None
    return last if last is not None and (last.until_at is None or last.until_at > now) else None
