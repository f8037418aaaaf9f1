"""The outages of a quarter's paper: of services, by kind, and every one of them. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from agent.calendar_uk import LONDON, service_seconds
from agent.facts import Note, Outage
from agent.inventory.model import Estate
from agent.outages import Period
from agent.reports.editions import Column, Field, Section, Table
from agent.words import class_name, day, long_span

FIX_TARGET = timedelta(hours=4)
CAUSES = (
    "power", "supplier circuit", "hardware failure", "configuration change", "software", "cyber",
    "planned work overran", "unknown",
)  # fmt: skip
NOT_RECORDED = "not yet recorded"
_FIX = Column("Fixed within 4 hours", Field.WORDS)


@dataclass(frozen=True, slots=True)
class Incident:
    """An outage in the quarter, with what the paper says of it."""

    outage: Outage
    lasted: timedelta  # elapsed, up to now where it is still open
    service_hours: timedelta
    cause: str
    within: bool


def is_derived(subject: str) -> bool:
    """Sites and services fall because something in them fell: that something is the outage."""
    return subject.startswith(("site:", "service:"))


def incidents_of(outages: Iterable[Outage], notes: Iterable[Note], window: Period) -> list[Incident]:
    causes: dict[UUID, str] = {}
    for note in notes:
        if note.kind == "cause" and note.outage is not None:
            causes[note.outage] = note.text if note.text in CAUSES else "unknown"
    found = []
    for outage in outages:
        ended = outage.ended_at or window.ended_at
        lasted = max(timedelta(0), ended - outage.began_at)
        hours = timedelta(seconds=service_seconds(outage.began_at, max(ended, outage.began_at)))
        within = outage.ended_at is not None and lasted <= FIX_TARGET
        found.append(Incident(outage, lasted, hours, causes.get(outage.id, NOT_RECORDED), within))
    return found


def outages_section(estate: Estate, incidents: Sequence[Incident]) -> Section:
    services = tuple(
        (
            estate.services[i.outage.subject.partition(":")[2]].title,
            day(i.outage.began_at.astimezone(LONDON).date()),
            long_span(i.lasted) + ("" if i.outage.ended_at else ", still open"),
            long_span(i.service_hours),
            i.cause,
            _fixed(i),
        )
        for i in incidents
        if i.outage.subject.startswith("service:") and i.outage.subject.partition(":")[2] in estate.services
    )
    kinds: dict[str, list[Incident]] = defaultdict(list)
    roots = [i for i in incidents if i.outage.cause is None and not is_derived(i.outage.subject)]
    for incident in roots:
        kinds[_kind(incident.outage.subject, estate)].append(incident)
    counted = tuple(
        (
            kind,
            str(len(own)),
            str(sum(i.within for i in own)),
            long_span(sum((i.lasted for i in own), timedelta())),
            long_span(max(i.lasted for i in own)),
        )
        for kind, own in sorted(kinds.items())
    )
    each = tuple(
        (
            _name(i.outage.subject, estate),
            _moment(i.outage.began_at),
            _moment(i.outage.ended_at) if i.outage.ended_at else "still open",
            long_span(i.lasted),
            long_span(i.service_hours),
            i.cause,
            _fixed(i),
            str(len(i.outage.carried)),
            i.outage.reason,
        )
        for i in roots
    )
    return Section(
        "Outages",
        (),
        (
            Table(
                "service-outages",
                "Outages of services",
                (Column("Service", Field.SERVICE), Column("Day", Field.DAY),
                 Column("Lasted", Field.DURATION, numeric=True),
                 Column("In service hours", Field.DURATION, numeric=True), Column("Cause", Field.CAUSE), _FIX),
                services,
                "No service was down in the quarter.",
            ),
            Table(
                "outage-kinds",
                "Outages of equipment and circuits, by kind",
                (Column("Kind", Field.DEVICE_KIND), Column("Outages", Field.COUNT, numeric=True),
                 Column("Fixed within 4 hours", Field.COUNT, numeric=True),
                 Column("Together", Field.DURATION, numeric=True), Column("Longest", Field.DURATION, numeric=True)),
                counted,
                "No equipment or circuit was down in the quarter.",
            ),
            Table(
                "outages",
                "Every outage of equipment and circuits",
                (Column("What", Field.DEVICE), Column("Began", Field.MOMENT), Column("Ended", Field.MOMENT),
                 Column("Lasted", Field.DURATION, numeric=True),
                 Column("In service hours", Field.DURATION, numeric=True),
                 Column("Cause", Field.CAUSE), _FIX, Column("Took down", Field.COUNT, numeric=True),
                 Column("What was seen", Field.FREE_TEXT)),
                each,
                "No equipment or circuit was down in the quarter.",
            ),
        ),
    )  # fmt: skip


def _fixed(incident: Incident) -> str:
    if incident.outage.ended_at is None:
        return "open"
    return "yes" if incident.within else "no"


def _moment(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{day(local.date())} {local:%H:%M}"


def _kind(subject: str, estate: Estate) -> str:
    kind, _, name = subject.partition(":")
    if kind == "device":
        return class_name(estate.devices[name].class_) if name in estate.devices else "no longer in the inventory"
    return "circuit" if kind == "link" else kind


def _name(subject: str, estate: Estate) -> str:
    kind, _, name = subject.partition(":")
    if kind == "link" and name in estate.links:
        link = estate.links[name]
        return f"{estate.sites[link.site].title}, {link.supplier} ({link.circuit or name})"
    return name
