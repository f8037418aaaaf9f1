"""What the report on one outage is made of, read from the ledger.

paper = incident_paper(incident_of(ledger, estate, "8f3a41c2", now), now)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from agent.accounting.fix_clock import clock_of
from agent.accounting.outages import outages_of
from agent.accounting.periods import Period
from agent.accounting.restating import known_at
from agent.accounting.running import strictest
from agent.calendar_uk import LONDON
from agent.facts import Outage
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.maintenance import Plan
from agent.reports.incident import IncidentSources
from agent.reports.quarter_outages import roots_of
from agent.saying import SaidInvalid, which
from agent.story import Notes
from agent.words import day


def incident_of(ledger: Ledger, estate: Estate, text: str, now: datetime) -> IncidentSources:
    """`text`: the end or the beginning of its id. SaidInvalid where there is no such outage, or it is none any more."""
    known = known_at(ledger)
    book, notes = known.book, Notes(known.notes)
    outages = book.outages(now=now)
    try:
        outage = which(outages, text)
    except SaidInvalid:
        _refuse_void(notes, text)
        raise
    own = notes.of(outage)
    carried = carried_by(outage, outages, now)
    subjects = {outage.subject, *(one.subject for one in carried)}
    recorded = None
    if outage.corrected:
        before = outages_of(book.flips(outage.subject), now=now)
        recorded = next((one for one in before if one.ids & outage.ids), None)
    by_subject: dict[str, list[Outage]] = {}
    for one in outages:
        by_subject.setdefault(one.subject, []).append(one)
    planned = [Period(a, b) for a, b in outage.planned]
    return IncidentSources(
        estate=estate,
        book=book,
        outage=outage,
        clock=clock_of(outage, own, planned, strictest(outage, estate), now),
        notes=own,
        carried=carried,
        roots=roots_of(outage, by_subject),
        flips=[f for s in sorted(subjects) for f in book.flips(s) if _during(outage, f.at, now)],
        told=ledger.tellings(subjects),
        plan=Plan.of(known.windows),
        recorded=recorded,
    )


def carried_by(outage: Outage, outages: Iterable[Outage], now: datetime) -> list[Outage]:
    """What it took down, and what that took down: services first, then by when it fell."""
    everything: Sequence[Outage] = list(outages)
    found: list[Outage] = []
    reached = [outage]
    while reached:
        one = reached.pop()
        for other in everything:
            if other.cause == one.subject and other is not outage and other not in found and _meet(one, other, now):
                found.append(other)
                reached.append(other)
    return sorted(found, key=lambda o: (not o.subject.startswith("service:"), o.began_at, o.subject))


def _meet(one: Outage, other: Outage, now: datetime) -> bool:
    return other.began_at <= (one.ended_at or now) and (other.ended_at or now) >= one.began_at


def _during(outage: Outage, at: datetime, now: datetime) -> bool:
    return outage.began_at <= at <= (outage.ended_at or now)


def _refuse_void(notes: Notes, text: str) -> None:
    """Say it plainly of an outage that was declared to be none."""
    wanted = text.strip().lower().replace("-", "")
    for note in notes.voids():
        if note.outage is not None and (note.outage.hex.endswith(wanted) or note.outage.hex.startswith(wanted)):
            on = day(note.at.astimezone(LONDON).date())
            raise SaidInvalid(f"{text!r} was declared to be no outage by {note.author} on {on}: {note.text}")
