"""The quarter's paper for the joint committee: availability, outages, fix times, hardware. Pure.

Everything is worked out from the ledger and the inventory, by the method of docs/accounting.md; both editions are made
of the one paper that `quarter_paper` gives (see `editions`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.calendar_uk import LONDON, Quarter
from agent.facts import Flip, Note, Watch
from agent.inventory.model import Estate
from agent.outages import Availability, Period, availability, outages_of, total
from agent.reports.editions import Column, Edition, Field, Paper, Said, Section, Sentence, Table, said
from agent.reports.quarter_hardware import UNITS_OF_HARDWARE, hardware_section
from agent.reports.quarter_outages import FIX_TARGET, Incident, incidents_of, is_derived, outages_section
from agent.view import Piece
from agent.words import day, listed, long_span, number_word, percent, some, spelt

KINDS = {
    "data_centre": ("data centre", "data centres"), "office": ("office", "offices"), "depot": ("depot", "depots"),
    "leisure": ("leisure centre", "leisure centres"), "theatre": ("theatre", "theatres"),
    "other": ("other building", "other buildings"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sources:
    """What the paper is made of."""

    estate: Estate
    flips: Sequence[Flip]
    watches: Sequence[Watch]
    notes: Sequence[Note]
    pieces: Sequence[Piece]


def quarter_paper(sources: Sources, quarter: Quarter, now: datetime) -> Paper:
    """Both editions in one. `now` matters only for a quarter that is not over, or an outage that is still open."""
    window = Period(quarter.began_at, quarter.ends_at)
    if now < window.ended_at:
        window = Period(window.began_at, max(now, window.began_at))
    known = Period(window.began_at, window.ended_at)
    flips: Mapping[str, list[Flip]] = _by_subject(flip for flip in sources.flips if flip.at < known.ended_at)
    outages = outages_of((f for own in flips.values() for f in own), known, now)
    incidents = incidents_of(outages, sources.notes, known)
    figures = {
        subject: availability(flips.get(subject, ()), sources.watches, known, known.ended_at)
        for subject in [
            *(f"service:{n}" for n in sources.estate.services),
            *(f"site:{n}" for n in sources.estate.sites),
        ]
    }
    watched = total(
        p for w in sources.watches if (p := Period(w.began_at, max(w.began_at, w.until_at)).within(known)) is not None
    )
    over = now >= quarter.ends_at
    state = "" if over else f" The quarter is not over: figures are up to {day(now.astimezone(LONDON).date())}."
    return Paper(
        title="ICT service: availability, outages and hardware",
        subtitle=quarter.title + "." + state,
        edition=Edition.EXEMPT,
        sections=(
            Section("Summary", tuple(_summary(sources, incidents, figures, known, watched))),
            _services(sources.estate, figures, known),
            _sites(sources.estate, figures),
            outages_section(sources.estate, incidents),
            hardware_section(sources.estate, sources.pieces),
            Section("How it was counted", tuple(said(line) for line in METHOD)),
        ),
    )


METHOD = (
    "An outage begins with the first look that failed and ends with the first that was answered; several failed looks "
    "in a row are needed to call it one, but they do not move its beginning.",
    "Availability is time up divided by time up and down. Time in which we could not look, because the monitor was off "
    "or cut off, is neither: it is given as blind time, and the bounds say what availability would be if all of it had "
    "been down, or all of it up.",
    "What is carried down by another outage is counted under that one: one cause, one outage.",
    "Overlapping outages are merged before they are added up. An outage that is still open counts up to the end of the "
    "quarter, or up to the day of this paper if the quarter is not over.",
    "The fix target is 4 hours of elapsed time. Service hours are 08:00 to 18:00 on working days in England.",
    "Percentages are rounded down. Quarters are those of the financial year, from midnight to midnight in London.",
)


# ---------------------------------------------------------------- the summary
def _summary(
    sources: Sources,
    incidents: Sequence[Incident],
    figures: Mapping[str, Availability],
    window: Period,
    watched: timedelta,
) -> Iterable[Sentence]:
    if not watched:
        yield said("Nothing was watched in this quarter: there are no figures.")
        return
    services = sources.estate.services
    met: list[str] = []
    missed: list[str] = []
    unsure: list[str] = []
    for name, service in services.items():
        verdict = _verdict(figures[f"service:{name}"], service.availability_target)
        {"met": met, "missed": missed}.get(verdict, unsure).append(service.title)
    if services:
        yield said(_of_all(len(met), len(services), "service met its target", "services met their target"), ".")
    if missed:
        yield said("Below target: ", Said(listed(missed), Field.SERVICE), ".")
    if unsure:
        yield said("Whether the target was met cannot be said for ", Said(listed(unsure), Field.SERVICE), ".")
    down = [i for i in incidents if i.outage.cause is None and not is_derived(i.outage.subject)]
    verb = "was" if len(down) == 1 else "were"
    yield said(f"There {verb} {spelt(len(down), 'outage')} of equipment or circuits.")
    if down:
        yield from (said(line) for line in _fixed(down))
        longest = max(down, key=lambda i: i.lasted)
        yield said("The longest lasted ", Said(long_span(longest.lasted), Field.DURATION), ".")
    blind = window.length - watched
    if blind:
        yield said(
            f"For {long_span(blind)} of the quarter ({percent(blind / window.length)}) nothing was watched; "
            "that time is neither up nor down."
        )
    due = Counter(piece.stage for piece in sources.pieces if piece.asset.part in UNITS_OF_HARDWARE)
    old = due["overdue"] + due["unsupported"]
    if due.total():
        hardware = f"{due.total():,} {'piece' if due.total() == 1 else 'pieces'} of hardware"
        soon = some(due["refresh_due"], "is", "are")
        yield said(f"Of {hardware}, {some(old, 'is', 'are')} past replacement and {soon} due within a year.")


def _of_all(some_of: int, of: int, one: str, many: str) -> str:
    """The one service met its target; all three services met their target; two of five services met their target."""
    if of == 1:
        return f"The one {one}" if some_of else "The one service missed its target or cannot be judged"
    if some_of == of:
        return f"Both {many}" if of == 2 else f"All {number_word(of)} {many}"
    if some_of == 0:
        return f"Neither {one}" if of == 2 else f"None of the {number_word(of)} {many}"
    return f"{_capital(number_word(some_of))} of {number_word(of)} {many}"


def _fixed(down: Sequence[Incident]) -> Iterable[str]:
    """How the outages went, in the singular, in the plural and where there is nothing to say."""
    still = sum(i.outage.ended_at is None for i in down)
    within = sum(i.within for i in down)
    late = sum(i.lasted > FIX_TARGET for i in down)
    if len(down) == 1:
        yield (
            "It was fixed within 4 hours."
            if within
            else "It was not fixed within 4 hours."
            if late
            else "It is still open."
        )
        if late and still:
            yield "It is still open."
        return
    if within == len(down):
        yield "All were fixed within 4 hours."
        return
    yield f"{_capital(some(within, 'was', 'were'))} fixed within 4 hours, {_late(late)}."
    if still:
        yield f"{_capital(some(still, 'is', 'are'))} still open."


def _late(late: int) -> str:
    return "none took longer" if late == 0 else f"{number_word(late)} took longer"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# ---------------------------------------------------------------- availability
_FIGURES = (
    Column("Availability", Field.SHARE, numeric=True),
    Column("If all blind time was down", Field.SHARE, numeric=True),
    Column("If all blind time was up", Field.SHARE, numeric=True),
    Column("Down", Field.DURATION, numeric=True),
    Column("Blind", Field.DURATION, numeric=True),
)


NONE_SEEN = "no downtime seen"
NONE_SEEN_MEANS = said(
    "“No downtime seen”: none in the time that was watched. The rest of the quarter is the blind time."
)
WORTH_A_NOTE = 0.01  # of the quarter: less blind time is in its column only


def _time(duration: timedelta) -> str:
    return long_span(duration) if duration else "none"


def _figures(found: Availability) -> tuple[str, ...]:
    if found.achieved is None or found.lower is None or found.upper is None:
        return ("not watched", "", "", "", _time(found.blind))
    # Never "100 %" of a time that was not all watched.
    achieved = NONE_SEEN if found.blind and not found.down else percent(found.achieved)
    return (
        achieved,
        percent(found.lower),
        percent(found.upper),
        _time(found.down),
        _time(found.blind),
    )


def _verdict(found: Availability, target: float) -> str:
    """met, missed, or "cannot be said" where the bounds straddle the target."""
    if found.achieved is None or found.lower is None or found.upper is None:
        return "not watched"
    if found.lower >= target:
        return "met"
    if found.upper < target:
        return "missed"
    return "cannot be said"


def _services(estate: Estate, figures: Mapping[str, Availability], window: Period) -> Section:
    rows, straddling, partly = [], [], []
    for name, service in estate.services.items():
        found = figures[f"service:{name}"]
        verdict = _verdict(found, service.availability_target)
        if verdict == "cannot be said":
            straddling.append(service.title)
        if found.blind > WORTH_A_NOTE * window.length and found.achieved is not None:
            partly.append((service.title, window.length - found.blind))
        rows.append(
            (service.title, *_figures(found), str(found.outages), percent(service.availability_target), verdict)
        )
    notes = [NONE_SEEN_MEANS] if any(NONE_SEEN in row for row in rows) else []
    if straddling:
        title = Said(listed(straddling), Field.SERVICE)
        notes.append(said("The bounds straddle the target for ", title, ": more time watched would decide it."))
    for title_text, seen in partly:
        notes.append(
            said(Said(title_text, Field.SERVICE), f" was watched for {long_span(seen)} of {long_span(window.length)}.")
        )
    columns = (
        Column("Service", Field.SERVICE), *_FIGURES, Column("Outages", Field.COUNT, numeric=True),
        Column("Target", Field.SHARE, numeric=True), Column("Target met", Field.WORDS),
    )  # fmt: skip
    table = Table(
        "services", "Availability by service", columns, tuple(rows), "The inventory has no services.", tuple(notes)
    )
    return Section("Services", (), (table,))


def _sites(estate: Estate, figures: Mapping[str, Availability]) -> Section:
    by_kind: dict[str, list[Availability]] = defaultdict(list)
    for name, site in estate.sites.items():
        by_kind[site.kind].append(figures[f"site:{name}"])
    kinds = []
    for kind, found in by_kind.items():
        up, down, blind = (sum((getattr(f, part) for f in found), timedelta()) for part in ("up", "down", "blind"))
        whole = Availability(Period(found[0].window.began_at, found[0].window.began_at + up + down + blind),
                             up, down, blind, timedelta(), sum(f.outages for f in found))  # fmt: skip
        kinds.append((KINDS[kind][len(found) != 1], str(len(found)), *_figures(whole), str(whole.outages)))
    seen = (NONE_SEEN_MEANS,) if any(NONE_SEEN in row for row in kinds) else ()
    public = Table(
        "buildings",
        "Availability by kind of building",
        (Column("Kind", Field.BUILDING_KIND), Column("Buildings", Field.COUNT, numeric=True), *_FIGURES,
         Column("Outages", Field.COUNT, numeric=True)),
        tuple(kinds),
        "The inventory has no sites.",
        (said("Times of several buildings are added up."), *seen),
    )  # fmt: skip
    rows = [
        (site.title, *_figures(figures[f"site:{name}"]), str(figures[f"site:{name}"].outages))
        for name, site in estate.sites.items()
    ]
    exempt = Table(
        "sites",
        "Availability by site",
        (Column("Site", Field.SITE), *_FIGURES, Column("Outages", Field.COUNT, numeric=True)),
        tuple(rows),
        "The inventory has no sites.",
    )
    return Section("Buildings", (), (public, exempt))


def _by_subject(flips: Iterable[Flip]) -> dict[str, list[Flip]]:
    found: dict[str, list[Flip]] = defaultdict(list)
    for flip in flips:
        found[flip.subject].append(flip)
    return found
