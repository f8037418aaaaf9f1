"""The report on one outage for the steering group: what happened, whom it hit, what was said, how long it took. Pure.

    incident_paper(sources, now) -> Paper       both editions in one; agent.incident_sources reads what it is made of

Of an outage that is still open it is a report "so far". What an outage carried down belongs to it, and is told with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from agent.accounting.availability import Book, terms_of
from agent.accounting.fix_clock import FixClock, open_between, pauses_of
from agent.accounting.periods import FOR_EVER, Period, instant, merge, span_of, subtract, ticks, total
from agent.calendar_uk import LONDON
from agent.facts import CAUSES, Flip, Note, Outage, Standing, Telling, is_group
from agent.inventory.model import Estate
from agent.maintenance import Plan
from agent.reports.editions import Column, Edition, Field, Paper, Said, Section, Sentence, Table, said
from agent.reports.quarter_outages import NOT_RECORDED, name_of
from agent.reports.quarter_outages import moment as minute_of
from agent.reports.quarter_services import KINDS
from agent.saying import Said as SaidOf
from agent.saying import said_of, short_id
from agent.story import timeline_of
from agent.words import class_name, day, listed, long_span, number_word, spelt

MOST_ENTRIES = 400  # lines of the timeline
LATE = timedelta(minutes=2)  # a beginning that was known so much later is worth a sentence


@dataclass(frozen=True, slots=True)
class IncidentSources:
    """What the report is made of. `carried`: the outages that it took down, at whatever remove. `roots`: what carried
    it down itself, the nearest first. `flips`: of the outage and of what it carried."""

    estate: Estate
    book: Book
    outage: Outage
    clock: FixClock
    notes: Sequence[Note] = ()  # of the outage
    carried: Sequence[Outage] = ()
    roots: Sequence[Outage] = ()
    flips: Sequence[Flip] = ()
    told: Sequence[Telling] = ()
    plan: Plan = field(default_factory=lambda: Plan.of(()))
    recorded: Outage | None = None  # as it was before it was corrected


@dataclass(frozen=True, slots=True)
class Hit:
    """One subject that was down. Both times are those seen to be down, without planned maintenance."""

    subject: str
    outage: Outage
    down: timedelta
    in_hours: timedelta


def incident_paper(sources: IncidentSources, now: datetime) -> Paper:
    """Both editions in one. `now` is when it is made."""
    outage = sources.outage
    until = outage.ended_at or now
    said_ = said_of(outage, sources.notes, now)
    hits = [_hit(one, sources, now) for one in (outage, *sources.carried) if not is_group(one.subject)]
    unreached = _unreached(sources, hits)
    began = day(outage.began_at.astimezone(LONDON).date())
    state = "" if outage.ended_at else f" So far: it was still open on {minute_of(now)}."
    return Paper(
        title="Incident report",
        subtitle=f"Outage of {began}, reference {short_id(outage)}.{state}",
        edition=Edition.EXEMPT,
        sections=(
            Section("Summary", tuple(_summary(sources, said_, hits, unreached, until))),
            _statement(said_),
            _impact(sources.estate, hits, unreached),
            _clock(sources),
            _detected(sources),
            _story(sources, hits, now),
            _told(sources),
            _notes(sources, said_),
            Section("How it was counted", tuple(said(line) for line in METHOD)),
        ),
        dated=until.astimezone(LONDON).date(),
    )


METHOD = (
    "An outage begins with the first look that failed and ends with the first that was answered, whenever that became "
    "known. What it carried down is part of it: one cause, one outage.",
    "Times down are those that were seen, without planned maintenance. Service hours are those of each service, and "
    "08:00 to 18:00 on working days in England for all else.",
    "The fix clock runs in elapsed time and in service hours, from the beginning to the end. It stands still in "
    "planned maintenance and while it is paused for a reason of a fixed list. The target is the shortest that was "
    "agreed for what was down.",
)


def _hit(outage: Outage, sources: IncidentSources, now: datetime) -> Hit:
    whole = Period(outage.began_at, max(outage.began_at, outage.ended_at or now))
    spans = sources.book.spans(outage.subject, whole)
    seen = [Period(s.began_at, s.ended_at) for s in spans if s.standing is Standing.DOWN]
    down = subtract(merge(seen), merge(Period(a, b) for a, b in outage.planned))
    hours = terms_of(sources.estate, outage.subject).hours
    open_ = sum(b - a for p in down for a, b in open_between(hours, ticks(p.began_at), ticks(p.ended_at)))
    return Hit(outage.subject, outage, total(down), span_of(open_))


def _unreached(sources: IncidentSources, hits: Sequence[Hit]) -> list[str]:
    """What stands behind it and could not be seen meanwhile: nobody knows whether it was down, and nobody had the use
    of it. Subjects, those with an outage of their own left out."""
    known = {hit.subject for hit in hits}
    behind = {subject for one in (sources.outage, *sources.carried) for subject in one.carried}
    return sorted(subject for subject in behind - known if not is_group(subject))


# ---------------------------------------------------------------- the summary
def _summary(
    sources: IncidentSources, said_: SaidOf, hits: Sequence[Hit], unreached: Sequence[str], until: datetime
) -> Iterator[Sentence]:
    outage, estate = sources.outage, sources.estate
    kind = _kind(outage.subject, estate)
    on = Said(day(outage.began_at.astimezone(LONDON).date()), Field.DAY)
    lasted = Said(long_span(until - outage.began_at), Field.DURATION)
    verb = "lasted" if outage.ended_at else "has lasted so far"
    yield said("On ", on, " ", Said(_one(kind), Field.DEVICE_KIND), " went down. It ", verb, " ", lasted, ".")
    title, reason = Said(name_of(outage.subject, estate), Field.DEVICE), Said(outage.reason, Field.FREE_TEXT)
    yield said("It was ", title, ": ", reason, ".")
    services = [name_of(h.subject, estate) for h in hits if h.subject.startswith("service:")]
    if services:
        yield said(
            "Down with it: " if not outage.subject.startswith("service:") or len(services) > 1 else "Down: ",
            Said(listed(services), Field.SERVICE), ".",
        )  # fmt: skip
    else:
        yield said("No service was down.")
    buildings = sum(h.subject.startswith("site:") for h in hits)
    yield said(f"{spelt(buildings, 'building').capitalize()} {'was' if buildings == 1 else 'were'} down.")
    if unreached:
        things = f"{spelt(len(unreached), 'more thing')} behind it".capitalize()
        yield said(f"{things} could not be reached meanwhile.")
    cause = _cause_of(said_)
    yield said("Cause: ", Said(cause, Field.CAUSE), ".")
    if sources.roots:
        names = listed([name_of(root.subject, estate) for root in sources.roots])
        yield said("It was carried down by another outage, and the cause lies there.")
        yield said("What carried it down: ", Said(names, Field.DEVICE), ".")
    yield _fixed(sources.clock, still=outage.ended_at is None)
    if outage.corrected:
        yield said("Its times were corrected by hand.")
    if outage.flaps:
        yield said(f"It was flapping: {spelt(outage.flaps + 1, 'time')} down.")


def _cause_of(said_: SaidOf) -> str:
    return (said_.cause if said_.cause in CAUSES else "unknown") if said_.cause else NOT_RECORDED


def _fixed(clock: FixClock, *, still: bool) -> Sentence:
    counted, target = Said(long_span(clock.counted), Field.DURATION), Said(long_span(clock.target), Field.DURATION)
    hours = "" if clock.terms.fix_clock == "elapsed" else " of service hours"
    if still:
        missed = ", which is missed" if clock.within is False else ""
        return said("The fix clock stands at ", counted, f"{hours}, of a target of ", target, f"{missed}.")
    met = "met" if clock.within else "missed"
    return said("It was fixed after ", counted, f"{hours} on the fix clock: the target of ", target, f" was {met}.")


def _statement(said_: SaidOf) -> Section:
    told = said_.statement
    return Section("Statement", (said(Said(told, Field.STATEMENT)),) if told else (said("None was made."),))


# ---------------------------------------------------------------- impact
def _impact(estate: Estate, hits: Sequence[Hit], unreached: Sequence[str]) -> Section:
    services = tuple(
        (name_of(h.subject, estate), _day(h.outage.began_at), *_lengths(h))
        for h in hits
        if h.subject.startswith("service:")
    )
    kinds: dict[str, list[Hit]] = {}
    for hit in hits:
        kinds.setdefault(_kind(hit.subject, estate), []).append(hit)
    counted = tuple(
        (kind, str(len(own)), long_span(max(h.down for h in own)) if any(h.down for h in own) else "none",
         _minutes(sum((h.down for h in own), timedelta())), _minutes(sum((h.in_hours for h in own), timedelta())))
        for kind, own in sorted(kinds.items())
    )  # fmt: skip
    down, hours = Column("Minutes", Field.COUNT, numeric=True), Column("In service hours", Field.COUNT, numeric=True)
    return Section(
        "Impact",
        (),
        (
            Table(
                "services", "Services that were down",
                (Column("Service", Field.SERVICE), Column("Day", Field.DAY), down, hours),
                services, "No service was down.",
            ),
            Table(
                "kinds", "What was down, by kind",
                (Column("Kind", Field.DEVICE_KIND), Column("How many", Field.COUNT, numeric=True),
                 Column("Longest", Field.DURATION, numeric=True), down, hours),
                counted, "Nothing was seen to be down.",
            ),
            Table(
                "subjects", "Everything that was down",
                (Column("What", Field.DEVICE), Column("Kind", Field.DEVICE_KIND), Column("Began", Field.MOMENT),
                 Column("Ended", Field.MOMENT), down, hours, Column("Why", Field.WORDS)),
                tuple(
                    (name_of(h.subject, estate), _kind(h.subject, estate), _second(h.outage.began_at),
                     _second(h.outage.ended_at) if h.outage.ended_at else "still open", *_lengths(h),
                     "carried down" if n else "where it began")
                    for n, h in enumerate(hits)
                ),
                "Nothing was seen to be down.",
            ),
            *(_reach(estate, unreached) if unreached else ()),
        ),
    )  # fmt: skip


def _reach(estate: Estate, unreached: Sequence[str]) -> tuple[Table, Table]:
    kinds = Counter(_kind(subject, estate) for subject in unreached)
    none = "Everything behind it could be reached."
    return (
        Table(
            "unreached-kinds", "What stands behind it and could not be reached, by kind",
            (Column("Kind", Field.DEVICE_KIND), Column("How many", Field.COUNT, numeric=True)),
            tuple((kind, str(number)) for kind, number in sorted(kinds.items())), none,
        ),
        Table(
            "unreached", "Everything that stands behind it and could not be reached",
            (Column("What", Field.DEVICE), Column("Kind", Field.DEVICE_KIND)),
            tuple((name_of(subject, estate), _kind(subject, estate)) for subject in unreached), none,
        ),
    )  # fmt: skip


def _lengths(hit: Hit) -> tuple[str, str]:
    return _minutes(hit.down), _minutes(hit.in_hours)


def _minutes(length: timedelta) -> str:
    return f"{length // timedelta(minutes=1):,}"


# ---------------------------------------------------------------- the fix clock
def _clock(sources: IncidentSources) -> Section:
    clock, outage = sources.clock, sources.outage
    paused = sum((length for _, length in clock.paused), timedelta())
    in_words = {True: "met", False: "missed", None: "open"}

    def row(name: str, length: timedelta, counts: bool) -> tuple[str, ...]:
        return name, _span(length), long_span(clock.target) if counts else "", in_words[clock.within] if counts else ""

    elapsed = clock.terms.fix_clock == "elapsed"
    rows = (
        row("Elapsed time", clock.elapsed, elapsed),
        row("Service hours", clock.service_hours, not elapsed),
        ("Stood still in planned maintenance", _span(clock.planned), "", ""),
        ("Stood still while paused", _span(paused), "", ""),
    )
    pauses = tuple(
        (pause.reason, _second(max(instant(pause.began), outage.began_at)),
         _second(instant(pause.ended)) if pause.ended < FOR_EVER else "still going on")
        for pause in pauses_of(sources.notes)
    )  # fmt: skip
    return Section(
        "Fix clock",
        (),
        (
            Table(
                "clock", "How long it took to fix",
                (Column("Clock", Field.WORDS), Column("Time", Field.DURATION, numeric=True),
                 Column("Target", Field.DURATION, numeric=True), Column("Target met", Field.WORDS)),
                rows, "",
            ),
            Table(
                "pauses", "Pauses of the fix clock",
                (Column("Why", Field.FREE_TEXT), Column("From", Field.MOMENT), Column("Until", Field.MOMENT)),
                pauses, "It was not paused.",
            ),
        ),
    )  # fmt: skip


def _span(length: timedelta) -> str:
    return long_span(length) if length else "none"


# ---------------------------------------------------------------- what was known late
def _detected(sources: IncidentSources) -> Section:
    """When it was known that it began and ended. Known late is not longer: times are those of the fault."""
    outage = sources.outage
    own = [flip for flip in sources.flips if flip.subject == outage.subject]
    rows = []
    sentences = []
    for what, flip in (("It began", _at(own, outage.began_at)), ("It ended", _at(own, outage.ended_at))):
        if flip is None:
            continue
        late = max(timedelta(), flip.recorded_at - flip.at)
        rows.append((what, _span(late), _second(flip.at), _second(flip.recorded_at)))
        if late >= LATE:
            sentences.append(said(f"That {what[0].lower()}{what[1:]} was known ", Said(long_span(late), Field.DURATION),
                                  " later."))  # fmt: skip
    late_ones = sum(1 for flip in sources.flips if flip.recorded_at - flip.at >= LATE)
    if late_ones:
        changes = "change was" if late_ones == 1 else "changes were"
        sentences.append(
            said(f"{number_word(late_ones).capitalize()} {changes} known {long_span(LATE)} or more after the fact.")
        )
    return Section(
        "Detection",
        tuple(sentences),
        (
            Table(
                "detection", "When it was known",
                (Column("What", Field.WORDS), Column("Known after", Field.DURATION, numeric=True),
                 Column("True at", Field.MOMENT), Column("Known at", Field.MOMENT)),
                tuple(rows), "It was entered by hand.",
            ),
        ),
    )  # fmt: skip


def _at(flips: Sequence[Flip], at: datetime | None) -> Flip | None:
    return next((flip for flip in flips if flip.at == at), None)


# ---------------------------------------------------------------- the timeline
def _story(sources: IncidentSources, hits: Sequence[Hit], now: datetime) -> Section:
    estate, by_subject = sources.estate, _by_subject(sources.flips)
    rows: list[tuple[datetime, int, str, str, str]] = []
    for n, outage in enumerate((sources.outage, *sources.carried)):
        notes, recorded = (sources.notes, sources.recorded) if n == 0 else ((), None)
        entries = timeline_of(
            outage, by_subject.get(outage.subject, ()), notes, (), sources.plan, now,
            lambda subject: name_of(subject, estate), lambda reason: reason, recorded,
        )  # fmt: skip
        title = name_of(outage.subject, estate)
        for entry in entries:
            text = "; ".join(part for part in (entry.standing.value if entry.standing else "", entry.text) if part)
            rows.append((entry.at, n, title, entry.what, f"{entry.author}: {text}" if entry.author else text))
    until = sources.outage.ended_at or now
    for one in sources.told:
        if sources.outage.began_at <= one.message.at <= until:
            title = name_of(one.message.subject, estate)
            rows.append((one.at, -1, title, "told", f"{one.message.channel}: {one.message.title}"))
    rows.sort()
    left = len(rows) - MOST_ENTRIES
    notes_ = (said(f"{left:,} more lines are left out."),) if left > 0 else ()
    return Section(
        "Timeline",
        (),
        (
            Table(
                "timeline", "What happened",
                (Column("At", Field.MOMENT), Column("What", Field.DEVICE), Column("Kind", Field.WORDS),
                 Column("Text", Field.FREE_TEXT)),
                tuple((_second(at), title, what, text) for at, _, title, what, text in rows[:MOST_ENTRIES]),
                "Nothing was recorded.", notes_,
            ),
        ),
    )  # fmt: skip


def _by_subject(flips: Sequence[Flip]) -> Mapping[str, list[Flip]]:
    found: dict[str, list[Flip]] = {}
    for flip in flips:
        found.setdefault(flip.subject, []).append(flip)
    return found


# ---------------------------------------------------------------- what was told
def _told(sources: IncidentSources) -> Section:
    until = sources.outage.ended_at
    own = [t for t in sources.told if t.message.at >= sources.outage.began_at and (not until or t.message.at <= until)]
    channels: dict[str, list[Telling]] = {}
    for one in own:
        channels.setdefault(one.message.channel, []).append(one)
    counted = f"{spelt(len(own), 'message').capitalize()} {'was' if len(own) == 1 else 'were'} sent to people about it"
    over = f", over {spelt(len(channels), 'channel')}" if channels else ""
    return Section(
        "Who was told",
        (said(f"{counted}{over}."),),
        (
            Table(
                "told", "What was told, to whom and when",
                (Column("Handed over", Field.MOMENT), Column("Channel", Field.FREE_TEXT),
                 Column("Taken on", Field.MOMENT), Column("What", Field.FREE_TEXT)),
                tuple((_second(t.at), t.message.channel, _taken(t), t.message.title) for t in own),
                "Nobody was told.",
            ),
        ),
    )  # fmt: skip


def _taken(one: Telling) -> str:
    if one.sent_at is not None:
        return _second(one.sent_at)
    return f"given up {_second(one.given_up_at)}" if one.given_up_at is not None else "not yet"


# ---------------------------------------------------------------- what was said
def _notes(sources: IncidentSources, said_: SaidOf) -> Section:
    acknowledged = [note for note in sources.notes if note.kind == "acknowledgement"]
    first = min((note.at for note in acknowledged), default=None)
    words = (
        said("Somebody took it on ", Said(long_span(max(timedelta(), first - sources.outage.began_at)), Field.DURATION),
             " after it began.")
        if first is not None
        else said("Nobody said that they had it.")
    )  # fmt: skip
    tickets = (said("Tickets: ", Said(listed(list(said_.tickets)), Field.FREE_TEXT), "."),) if said_.tickets else ()
    return Section(
        "What was said",
        (words, *tickets),
        (
            Table(
                "notes", "Everything that was said of it",
                (Column("At", Field.MOMENT), Column("Who", Field.FREE_TEXT), Column("Kind", Field.WORDS),
                 Column("Text", Field.FREE_TEXT)),
                tuple((_second(n.at), n.author, n.kind, n.text) for n in sources.notes),
                "Nothing was said.",
            ),
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- words
def _kind(subject: str, estate: Estate) -> str:
    kind, _, name = subject.partition(":")
    if kind == "device":
        return class_name(estate.devices[name].class_) if name in estate.devices else "no longer in the inventory"
    if kind == "site" and name in estate.sites:
        return KINDS[estate.sites[name].kind][0]
    return "circuit" if kind == "link" else kind


def _one(kind: str) -> str:
    if kind == "no longer in the inventory":
        return "equipment that is no longer in the inventory"
    return f"{'an' if kind[:1] in 'aeio' or kind.startswith('uninter') else 'a'} {kind}"


def _day(at: datetime) -> str:
    return day(at.astimezone(LONDON).date())


def _second(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{day(local.date())} {local:%H:%M:%S %Z}"
