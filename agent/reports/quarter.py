"""The quarter's paper for the joint committee: availability, outages, fix times, redundancy, hardware. Pure.

Everything is worked out from the ledger and the inventory, by the method of docs/accounting.md; both editions are made
of the one paper that `quarter_paper` gives (see `editions`). A closed quarter is held to what was agreed and known when
it was closed; what is known otherwise since is told once, in the next paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from agent.accounting.availability import Book, Figures, Terms, terms_of
from agent.accounting.periods import Period
from agent.accounting.readiness import Readiness
from agent.accounting.redundancy import Loss
from agent.calendar_uk import LONDON, Quarter
from agent.facts import Note
from agent.hardware.register import Piece
from agent.inventory.model import Estate
from agent.maintenance import Plan
from agent.programme import Programme
from agent.reports.editions import Edition, Field, Paper, Said, Section, Sentence, said
from agent.reports.quarter_compared import Before, compared_sentences, compared_tables
from agent.reports.quarter_hardware import hardware_section, units_of
from agent.reports.quarter_outages import Incident, causes_in, incidents_of, outages_section
from agent.reports.quarter_redundancy import centres_section, redundancy_section
from agent.reports.quarter_restated import Restated, restated_section
from agent.reports.quarter_services import buildings_section, services_section, verdict
from agent.words import day, listed, long_span, number_word, percent, some, spelt


@dataclass(frozen=True, slots=True)
class Sources:
    """What the paper is made of; agent.paper_sources reads it from the ledger."""

    estate: Estate
    book: Book
    notes: Sequence[Note]
    pieces: Sequence[Piece]
    plan: Plan = field(default_factory=lambda: Plan.of(()))
    losses: Sequence[Loss] = ()  # those that touch the quarter
    closed_at: datetime | None = None  # when the quarter was closed
    closed_terms: Mapping[str, Terms] = field(default_factory=dict)  # what was agreed then, by subject
    known_since: bool = False  # whether something of it is known otherwise since it was closed
    restated: Sequence[Restated] = ()  # of closed quarters before it, what became known since the paper before
    earlier: Sequence[Before] = ()  # the quarter before, and the same quarter of the year before
    readiness: Sequence[Readiness] = ()  # of the data centres, as all stood at the end of the quarter
    programme: Programme | None = None  # of the three financial years from the end of the quarter on


def quarter_paper(sources: Sources, quarter: Quarter, now: datetime) -> Paper:
    """Both editions in one. `now` matters only for a quarter that is not over."""
    estate, book = sources.estate, sources.book
    window = Period(quarter.began_at, max(quarter.began_at, min(now, quarter.ends_at)))

    def agreed(subject: str) -> Terms:
        return sources.closed_terms.get(subject) or terms_of(estate, subject)

    incidents = incidents_of(book, sources.notes, window, agreed)
    subjects = [*(f"service:{name}" for name in estate.services), *(f"site:{name}" for name in estate.sites)]
    figures = {subject: book.figures(subject, window, agreed(subject)) for subject in subjects}
    return Paper(
        title=f"{'' if sources.closed_at else 'Draft. '}ICT service: availability, outages and hardware",
        subtitle=f"{quarter.title}.{_state(sources, quarter, now)}",
        edition=Edition.EXEMPT,
        sections=(
            Section("Summary", tuple(_summary(sources, incidents, figures, window))),
            services_section(
                estate, figures, window.length, compared_tables(estate, figures, quarter, sources.earlier)
            ),
            buildings_section(estate, figures),
            outages_section(estate, incidents, sources.plan, window),
            redundancy_section(estate, sources.losses, window),
            centres_section(estate, book, [i.outage for i in incidents], window, sources.readiness),
            restated_section(estate, sources.restated),
            hardware_section(sources.pieces, sources.programme, window.ended_at.astimezone(LONDON).date()),
            Section("How it was counted", tuple(said(line) for line in METHOD)),
        ),
        dated=window.ended_at.astimezone(LONDON).date(),
    )


def stem_of(sources: Sources, quarter: Quarter) -> str:
    """How its files are called. It is a draft until the quarter is closed, and called so."""
    return f"ict-quarter-{quarter}{'' if sources.closed_at else '-draft'}"


def _state(sources: Sources, quarter: Quarter, now: datetime) -> str:
    if now < quarter.ends_at:
        return f" The quarter is not over: figures are up to {day(now.astimezone(LONDON).date())}."
    if sources.closed_at is None:
        return " The quarter is not closed: its figures may still change."
    closed = f" Closed on {day(sources.closed_at.astimezone(LONDON).date())}"
    since = " Something else is known since: the next paper has it." if sources.known_since else ""
    return f"{closed}: the figures are those it was closed with.{since}"


METHOD = (
    "An outage begins with the first look that failed and ends with the first that was answered; several failed looks "
    "in a row are needed to call it one, but they do not move its beginning.",
    "Availability is time up divided by time up and down. Time in which we could not look, because the monitor was "
    "off or cut off, is neither: it is given as blind time, and the bounds say what availability would be if all of "
    "it had been down, or all of it up. Time up, down, planned and blind add up to the quarter.",
    "Planned maintenance that was written down beforehand is on neither side either, however an outage lies to it; "
    "what runs over its end counts from its end. What was entered after the fact is said to be so. What was down in "
    "planned maintenance only is listed as planned work and is no outage in the figures.",
    "What is carried down by another outage is counted under that one: one cause, one outage. What goes down again "
    "within ten minutes of coming back, three times or more, is flapping: one outage with a count.",
    "While one of two is out and the other carries, redundancy is lost: that has a record of its own, and is no "
    "outage.",
    "Overlapping outages are merged before they are added up. An outage that was still open counts up to the end of "
    "the quarter, or up to the day of this paper if the quarter is not over. Outages are counted in a quarter if some "
    "of their unplanned time down lies in it.",
    "Fix times are kept in elapsed time and in service hours, which are 08:00 to 18:00 on working days in England "
    "unless a service has others. The target is 4 hours of elapsed time unless another was agreed for a service; an "
    "outage that takes down several has the shortest. The clock stands still in planned maintenance and while it is "
    "paused for a reason of a fixed list.",
    "A correction by hand is marked. Closing a quarter freezes its figures; what becomes known later is a restatement "
    "in the next paper, once, with what it was and what it is now.",
    "Earlier quarters are compared as they were closed. Better and worse is only what is so however things stood in "
    "blind time; what was not watched then has no figure to compare with.",
    "Percentages are rounded down. Quarters are those of the financial year, from midnight to midnight in London.",
)


# ---------------------------------------------------------------- the summary
def _summary(
    sources: Sources, incidents: Sequence[Incident], figures: Mapping[str, Figures], window: Period
) -> Iterable[Sentence]:
    watched = sources.book.watched(window)
    if not watched:
        yield said("Nothing was watched in this quarter: there are no figures.")
        return
    services = sources.estate.services
    met: list[str] = []
    missed: list[str] = []
    unsure: list[str] = []
    for name, service in services.items():
        {"met": met, "missed": missed}.get(verdict(figures[f"service:{name}"]), unsure).append(service.title)
    if services:
        yield said(_of_all(len(met), len(services), "service met its target", "services met their target"), ".")
    if missed:
        yield said("Below target: ", Said(listed(missed), Field.SERVICE), ".")
    if unsure:
        yield said("Whether the target was met cannot be said for ", Said(listed(unsure), Field.SERVICE), ".")
    yield from compared_sentences(sources.estate, figures, sources.earlier)
    down = causes_in(incidents)
    verb = "was" if len(down) == 1 else "were"
    yield said(f"There {verb} {spelt(len(down), 'outage')} of equipment or circuits.")
    if down:
        yield from (said(line) for line in _fixed(down))
        longest = max(down, key=lambda i: i.lasted)
        yield said("The longest lasted ", Said(long_span(longest.lasted), Field.DURATION), ".")
    planned = causes_in(incidents, planned=True)
    if planned:
        verb = "was" if len(planned) == 1 else "were"
        yield said(f"{_capital(spelt(len(planned), 'time'))} something {verb} down in planned maintenance only.")
    if sources.losses:
        verb = "was" if len(sources.losses) == 1 else "were"
        yield said(f"There {verb} {spelt(len(sources.losses), 'loss', 'losses')} of redundancy.")
    if sources.restated:
        verb = "figure was" if (number := sum(len(one.changes) for one in sources.restated)) == 1 else "figures were"
        yield said(f"{_capital(number_word(number))} {verb} restated in quarters closed before.")
    blind = window.length - watched
    if blind:
        yield said(
            f"For {long_span(blind)} of the quarter ({percent(blind / window.length)}) nothing was watched; "
            "that time is neither up nor down."
        )
    due = Counter(piece.stage for piece in units_of(sources.pieces))
    if due.total():
        hardware = f"{due.total():,} {'piece' if due.total() == 1 else 'pieces'} of hardware"
        unmended, late = some(due["unsupported"], "is", "are"), some(due["overdue"], "is", "are")
        soon = some(due["refresh_due"], "is", "are")
        yield said(
            f"Of {hardware}, {unmended} no longer supported, {late} past replacement and {soon} due for replacement "
            "within a year."
        )


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
    late = sum(i.late for i in down)
    if len(down) == 1:
        yield (
            "It was fixed within the target."
            if within
            else "It was not fixed within the target."
            if late
            else "It is still open."
        )
        if late and still:
            yield "It is still open."
        return
    if within == len(down):
        yield "All were fixed within the target."
        return
    yield f"{_capital(some(within, 'was', 'were'))} fixed within the target, {_late(late)}."
    if still:
        yield f"{_capital(some(still, 'is', 'are'))} still open."


def _late(late: int) -> str:
    return "none took longer" if late == 0 else f"{number_word(late)} took longer"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
