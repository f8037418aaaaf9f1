"""The outages of a quarter's paper: of services, by kind, every one of them, and planned work. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from agent.accounting.availability import Book
from agent.accounting.fix_clock import FixClock, Terms, clock_of
from agent.accounting.periods import Period, merge, subtract, total
from agent.calendar_uk import LONDON
from agent.facts import CAUSES, Note, Outage, Standing, Window, is_whole
from agent.inventory.model import Estate
from agent.maintenance import Plan, times_of
from agent.reports.editions import Column, Field, Section, Sentence, Table, said
from agent.reports.quarter_charts import causes_table, outages_charts
from agent.words import class_name, day, long_span, spelt

NOT_RECORDED = "not yet recorded"
NO_LONGER = "no longer in the inventory"
_FIX = Column("Fixed within target", Field.WORDS)
_MARKS = Column("To be noted", Field.WORDS)


@dataclass(frozen=True, slots=True)
class Incident:
    """An outage in the quarter, with what the paper says of it.

    One that ended after the quarter is still open here: the paper is the same whenever it is made.
    """

    outage: Outage
    lasted: timedelta  # elapsed, up to the end of the quarter where it is still open
    clock: FixClock
    cause: str
    planned: timedelta  # of it
    counts: bool  # some of its time down in the quarter was seen and lies outside of planned maintenance
    statement: str = ""  # what people wrote for the public

    @property
    def is_planned(self) -> bool:
        """It was down in planned maintenance only. What was out of sight throughout is neither this nor counted."""
        return not self.counts and bool(self.planned)

    @property
    def within(self) -> bool:
        return self.clock.within is True

    @property
    def late(self) -> bool:
        return self.clock.within is False


def incidents_of(book: Book, notes: Iterable[Note], window: Period, terms: Callable[[str], Terms]) -> list[Incident]:
    """`terms`: what was agreed for a subject. What takes down services is held to the shortest target of theirs."""
    said_of: dict[UUID, list[Note]] = defaultdict(list)
    for note in notes:
        if note.outage is not None:
            said_of[note.outage].append(note)
    found = []
    outages = book.outages(window, window.ended_at)
    of_subject: dict[str, list[Outage]] = defaultdict(list)
    for outage in outages:
        of_subject[outage.subject].append(outage)
    for outage in outages:
        if outage.ended_at is not None and outage.ended_at > window.ended_at:
            outage = replace(outage, ended_at=None)  # as the quarter knew it
        own = [note for id_ in (outage.id, *outage.parts) for note in said_of.get(id_, ())]
        whole = [
            *own,
            *(note for root in roots_of(outage, of_subject) for id_ in root.ids for note in said_of.get(id_, ())),
        ]
        told = _last("cause", own) or _last("cause", whole)
        stated = _last("statement", own) or _last("statement", whole)
        ended = outage.ended_at or window.ended_at
        planned = [p for a, b in outage.planned if (p := _before(a, b, ended)) is not None]
        fell = () if is_whole(outage.subject) else (s for s in outage.carried if s.startswith("service:"))
        held_to = min((terms(subject) for subject in (outage.subject, *fell)), key=lambda agreed: agreed.fix_target)
        found.append(
            Incident(
                outage=outage,
                lasted=ended - outage.began_at,
                clock=clock_of(outage, own, planned, held_to, window.ended_at),
                cause=(told if told in CAUSES else "unknown") if told else NOT_RECORDED,
                planned=total(planned),
                counts=_counts(book, outage, ended, window, planned),
                statement=stated,
            )
        )
    return found


def roots_of(outage: Outage, outages: Mapping[str, Sequence[Outage]]) -> list[Outage]:
    """What carried it down, the nearest first: the outages of its cause that lay over it, and what carried those down.
    `outages`: of each subject.

    What is said of a cause is said of what it took down, so that a circuit's outage need not be explained once for
    every service behind it.
    """
    found: list[Outage] = []
    one: Outage | None = outage
    while one is not None and one.cause is not None:
        seen = {outage.subject, *(root.subject for root in found)}
        own = outages.get(one.cause, ()) if one.cause not in seen else ()
        one = next((root for root in own if _meet(root, one)), None)
        found += [one] if one is not None else []
    return found


def _meet(one: Outage, other: Outage) -> bool:
    return (other.ended_at is None or one.began_at <= other.ended_at) and (
        one.ended_at is None or other.began_at <= one.ended_at
    )


def _last(kind: str, notes: Iterable[Note]) -> str:
    """The last word of a kind that was said, or nothing."""
    said_ = [note.text for note in notes if note.kind == kind]
    return said_[-1] if said_ else ""


def _before(began: datetime, ended: datetime, end: datetime) -> Period | None:
    return Period(began, min(ended, end)) if began < min(ended, end) else None


def _counts(book: Book, outage: Outage, ended: datetime, window: Period, planned: Sequence[Period]) -> bool:
    """As agent.availability counts: some of its down time in the quarter lies outside of planned maintenance."""
    inside = Period(outage.began_at, ended).within(window)
    if inside is None:
        return False
    down = [Period(s.began_at, s.ended_at) for s in book.spans(outage.subject, inside) if s.standing is Standing.DOWN]
    return bool(subtract(down, merge(planned)))


def causes_in(incidents: Iterable[Incident], *, planned: bool = False) -> list[Incident]:
    """Those of equipment and circuits that are a cause: outages, or what was down in planned maintenance only."""
    return [
        i
        for i in incidents
        if i.outage.cause is None and not is_whole(i.outage.subject) and (i.is_planned if planned else i.counts)
    ]


# ---------------------------------------------------------------- the section
def outages_section(estate: Estate, incidents: Sequence[Incident], plan: Plan, window: Period) -> Section:
    roots = causes_in(incidents)
    planned = causes_in(incidents, planned=True)
    times = sorted(
        ((time, one) for one in plan.windows for time in times_of(one, window)),
        key=lambda row: (row[0], str(row[1].id)),
    )
    return Section(
        "Outages",
        tuple(_sentences(incidents, times)),
        (
            _of_services([i for i in incidents if i.counts], estate),
            *_of_buildings([i for i in incidents if i.counts], estate),
            _by_kind(roots, estate),
            causes_table(roots),
            _every_one(roots, estate),
            _planned_kinds(planned, estate),
            _planned_work(planned, estate),
            _maintenance(times, estate),
        ),
        outages_charts(roots),
    )


def _sentences(incidents: Sequence[Incident], times: Sequence[tuple[Period, Window]]) -> Iterable[Sentence]:
    corrected = sum(i.outage.corrected for i in incidents)
    if corrected:
        verb = "was" if corrected == 1 else "were"
        yield said(f"{spelt(corrected, 'outage').capitalize()} {verb} corrected by hand and {verb} marked so.")
    late = sum(one.after_the_fact for _, one in times)
    if late:
        verb = "was" if late == 1 else "were"
        yield said(f"{spelt(late, 'time').capitalize()} of planned maintenance {verb} entered after the fact.")


def _of_services(incidents: Iterable[Incident], estate: Estate) -> Table:
    rows = tuple(
        (
            estate.services[name].title,
            day(i.outage.began_at.astimezone(LONDON).date()),
            _lasted(i),
            long_span(i.clock.service_hours) if i.clock.service_hours else "none",
            i.cause,
            f"{long_span(i.clock.counted)} of {long_span(i.clock.target)}",
            _fixed(i),
            _marks(i),
            i.statement,
        )
        for i in incidents
        if i.outage.subject.startswith("service:")
        and (name := i.outage.subject.removeprefix("service:")) in estate.services
    )
    return Table(
        "service-outages",
        "Outages of services",
        (
            Column("Service", Field.SERVICE), Column("Day", Field.DAY), Column("Lasted", Field.DURATION, numeric=True),
            Column("In service hours", Field.DURATION, numeric=True), Column("Cause", Field.CAUSE),
            Column("Fix clock", Field.DURATION), _FIX, _MARKS, Column("Statement", Field.STATEMENT),
        ),
        rows,
        "No service was down in the quarter.",
    )  # fmt: skip


def _of_buildings(incidents: Iterable[Incident], estate: Estate) -> list[Table]:
    """Only of buildings that have a name for the public, and only if there are any such."""
    names = {f"site:{name}": site.part_one_name for name, site in estate.sites.items() if site.part_one_name}
    rows = tuple(
        (
            names[i.outage.subject],
            day(i.outage.began_at.astimezone(LONDON).date()),
            _lasted(i),
            long_span(i.clock.service_hours) if i.clock.service_hours else "none",
            i.cause,
            i.statement,
        )
        for i in incidents
        if i.outage.subject in names
    )
    columns = (
        Column("Building", Field.PUBLIC_NAME), Column("Day", Field.DAY), Column("Lasted", Field.DURATION, numeric=True),
        Column("In service hours", Field.DURATION, numeric=True), Column("Cause", Field.CAUSE),
        Column("Statement", Field.STATEMENT),
    )  # fmt: skip
    title, empty = "Outages of buildings that have a name for the public", "None of these buildings was down."
    return [Table("building-outages", title, columns, rows, empty)] if names else []


def _by_kind(roots: Iterable[Incident], estate: Estate) -> Table:
    kinds: dict[str, list[Incident]] = defaultdict(list)
    for incident in roots:
        kinds[_kind(incident.outage.subject, estate)].append(incident)
    rows = tuple(
        (
            kind,
            str(len(own)),
            str(sum(i.within for i in own)),
            long_span(sum((i.lasted for i in own), timedelta())),
            long_span(max(i.lasted for i in own)),
            str(sum(i.outage.flaps for i in own)),
        )
        for kind, own in sorted(kinds.items())
    )
    return Table(
        "outage-kinds",
        "Outages of equipment and circuits, by kind",
        (
            Column("Kind", Field.DEVICE_KIND), Column("Outages", Field.COUNT, numeric=True),
            Column("Fixed within target", Field.COUNT, numeric=True),
            Column("Together", Field.DURATION, numeric=True), Column("Longest", Field.DURATION, numeric=True),
            Column("Flaps", Field.COUNT, numeric=True),
        ),
        rows,
        "No equipment or circuit was down in the quarter.",
    )  # fmt: skip


def _every_one(roots: Iterable[Incident], estate: Estate) -> Table:
    rows = tuple(
        (
            name_of(i.outage.subject, estate),
            moment(i.outage.began_at),
            moment(i.outage.ended_at) if i.outage.ended_at else "still open",
            long_span(i.lasted),
            long_span(i.clock.service_hours) if i.clock.service_hours else "none",
            i.cause,
            f"{long_span(i.clock.counted)} of {long_span(i.clock.target)}",
            _fixed(i),
            str(len(i.outage.carried)),
            _marks(i),
            i.outage.reason,
        )
        for i in roots
    )
    return Table(
        "outages",
        "Every outage of equipment and circuits",
        (
            Column("What", Field.DEVICE), Column("Began", Field.MOMENT), Column("Ended", Field.MOMENT),
            Column("Lasted", Field.DURATION, numeric=True), Column("In service hours", Field.DURATION, numeric=True),
            Column("Cause", Field.CAUSE), Column("Fix clock", Field.DURATION), _FIX,
            Column("Took down", Field.COUNT, numeric=True), _MARKS, Column("What was seen", Field.FREE_TEXT),
        ),
        rows,
        "No equipment or circuit was down in the quarter.",
    )  # fmt: skip


# ---------------------------------------------------------------- planned work
def _planned_kinds(planned: Iterable[Incident], estate: Estate) -> Table:
    kinds: dict[str, list[Incident]] = defaultdict(list)
    for incident in planned:
        kinds[_kind(incident.outage.subject, estate)].append(incident)
    return Table(
        "planned-kinds",
        "Planned work: down in planned maintenance only, and not counted as outages",
        (
            Column("Kind", Field.DEVICE_KIND), Column("Times down", Field.COUNT, numeric=True),
            Column("Together", Field.DURATION, numeric=True),
        ),
        tuple(
            (kind, str(len(own)), long_span(sum((i.lasted for i in own), timedelta())))
            for kind, own in sorted(kinds.items())
        ),
        "Nothing was down in planned maintenance only.",
    )  # fmt: skip


def _planned_work(planned: Iterable[Incident], estate: Estate) -> Table:
    return Table(
        "planned-work",
        "Every time something was down in planned maintenance only",
        (
            Column("What", Field.DEVICE), Column("Began", Field.MOMENT), Column("Ended", Field.MOMENT),
            Column("Lasted", Field.DURATION, numeric=True), Column("What was seen", Field.FREE_TEXT),
        ),
        tuple(
            (
                name_of(i.outage.subject, estate),
                moment(i.outage.began_at),
                moment(i.outage.ended_at) if i.outage.ended_at else "still down",
                long_span(i.lasted),
                i.outage.reason,
            )
            for i in planned
        ),
        "Nothing was down in planned maintenance only.",
    )  # fmt: skip


def _maintenance(times: Iterable[tuple[Period, Window]], estate: Estate) -> Table:
    return Table(
        "maintenance",
        "Planned maintenance in the quarter",
        (
            Column("For", Field.DEVICE), Column("From", Field.MOMENT), Column("Until", Field.MOMENT),
            Column("Owner", Field.FREE_TEXT), Column("What for", Field.FREE_TEXT), Column("Entered", Field.WORDS),
        ),
        tuple(
            (
                ", ".join(name_of(subject, estate) for subject in one.subjects),
                moment(time.began_at),
                moment(time.ended_at),
                one.owner,
                one.reason,
                "after the fact" if one.after_the_fact else "beforehand",
            )
            for time, one in times
        ),
        "No maintenance was planned in the quarter.",
    )  # fmt: skip


# ---------------------------------------------------------------- words
def _lasted(incident: Incident) -> str:
    return long_span(incident.lasted) + ("" if incident.outage.ended_at else ", still open")


def _fixed(incident: Incident) -> str:
    if incident.clock.within is None:
        return "open"
    still = "" if incident.outage.ended_at else ", still open"
    return "yes" if incident.within else f"no{still}"


def _marks(incident: Incident) -> str:
    outage = incident.outage
    said_ = ["corrected"] if outage.corrected else []
    if outage.flaps:
        said_.append(f"flapping, {spelt(outage.flaps + 1, 'time')} down")
    if incident.planned:
        said_.append(f"{long_span(incident.planned)} planned")
    paused = sum((length for _, length in incident.clock.paused), timedelta())
    if paused:
        said_.append(f"clock paused {long_span(paused)}")
    return ", ".join(said_)


def moment(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{day(local.date())} {local:%H:%M}"


def _kind(subject: str, estate: Estate) -> str:
    kind, _, name = subject.partition(":")
    if kind == "device":
        return class_name(estate.devices[name].class_) if name in estate.devices else NO_LONGER
    return "circuit" if kind == "link" else kind


def name_of(subject: str, estate: Estate) -> str:
    kind, _, name = subject.partition(":")
    if kind == "link" and name in estate.links:
        link = estate.links[name]
        return f"{estate.sites[link.site].title}, {link.supplier} ({link.circuit or name})"
    if kind == "site" and name in estate.sites:
        return estate.sites[name].title
    return estate.services[name].title if kind == "service" and name in estate.services else name
