"""A quarter beside the quarter before and the same quarter of the year before. Pure.

    compared_tables(estate, figures, quarter, before)     what each was, and what became of it
    compared_sentences(estate, figures, before)           what got better, what got worse, what cannot be compared

What lies between the bounds of blind time cannot be told apart: better is only what is better whatever happened while
nobody could look. A quarter in which something was not watched has no figure, neither 0 nor 100 %.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from agent.accounting.availability import Terms, Times
from agent.calendar_uk import LONDON, Quarter
from agent.inventory.model import Estate
from agent.reports.editions import Column, Field, Said, Sentence, Table, said
from agent.words import day, listed, long_span, number_word, percent


class Amount(Protocol):
    """What a quarter amounts to for one subject: worked out now, or as it was closed."""

    @property
    def terms(self) -> Terms: ...
    @property
    def all_hours(self) -> Times: ...
    @property
    def outages(self) -> int: ...
    @property
    def fixed(self) -> int: ...
    @property
    def within_target(self) -> int: ...
    @property
    def mean_fix(self) -> timedelta | None: ...


@dataclass(frozen=True, slots=True)
class Before:
    """An earlier quarter. `figures`: by subject, as it was closed, and as far as something was recorded then."""

    quarter: Quarter
    than: str  # "the quarter before"
    figures: Mapping[str, Amount]
    closed_at: datetime | None = None


Change = Literal["better", "worse", "the same", "too close to say", "not watched then", "not watched now"]
NOT_WATCHED = "not watched then"


def change(now: Amount, then: Amount | None) -> Change:
    """How availability in all hours moved."""
    a = _bounds(now)
    b = _bounds(then) if then is not None else None
    if b is None:
        return "not watched then"
    if a is None:
        return "not watched now"
    if a[0] > b[1]:
        return "better"
    if a[1] < b[0]:
        return "worse"
    return "the same" if a == b and a[0] == a[1] else "too close to say"


def _bounds(one: Amount) -> tuple[float, float] | None:
    times = one.all_hours
    if times.achieved is None or times.lower is None or times.upper is None:
        return None
    return times.lower, times.upper


# ---------------------------------------------------------------- tables
def compared_tables(
    estate: Estate, figures: Mapping[str, Amount], quarter: Quarter, earlier: Sequence[Before]
) -> tuple[Table, ...]:
    """None without anything to compare with."""
    if not earlier or not estate.services:
        return ()
    return _changes(estate, figures, earlier), _each(estate, figures, quarter, earlier)


def _changes(estate: Estate, figures: Mapping[str, Amount], earlier: Sequence[Before]) -> Table:
    rows = []
    for name, service in estate.services.items():
        now = figures[f"service:{name}"]
        cells = [service.title, _share(now)]
        for one in earlier:
            then = one.figures.get(f"service:{name}")
            cells += [_share(then), _moved(now, then)]
        rows.append(tuple(cells))
    columns = [Column("Service", Field.SERVICE), Column("This quarter", Field.SHARE, numeric=True)]
    for one in earlier:
        columns += [
            Column(one.than.capitalize(), Field.SHARE, numeric=True),
            Column(f"Against {one.than}", Field.SHARE),
        ]
    return Table(
        "services-compared",
        "Availability of services compared",
        tuple(columns),
        tuple(rows),
        "The inventory has no services.",
        (
            said("Better or worse is what remains so whatever happened in blind time; what that leaves open is called "
                 "too close to say. Points are hundredths of all the time that was seen."),
        ),
    )  # fmt: skip


def _share(one: Amount | None) -> str:
    times = one.all_hours if one is not None else None
    if times is None or times.achieved is None:
        return "all planned" if times is not None and times.planned and not times.blind else "not watched"
    return "no downtime seen" if times.blind and not times.down else percent(times.achieved)


def _moved(now: Amount, then: Amount | None) -> str:
    found = change(now, then)
    a, b = now.all_hours.achieved, then.all_hours.achieved if then is not None else None
    if a is None or b is None or found not in ("better", "worse"):
        return found
    return f"{found} by {max(abs(a - b) * 100, 0.001):.3f} points"


def _each(estate: Estate, figures: Mapping[str, Amount], quarter: Quarter, earlier: Sequence[Before]) -> Table:
    rows = []
    for name, service in estate.services.items():
        subject = f"service:{name}"
        rows.append((service.title, str(quarter), *_cells(figures[subject])))
        rows += [(service.title, str(one.quarter), *_cells(one.figures.get(subject))) for one in earlier]
    return Table(
        "services-quarters",
        "Services, quarter by quarter",
        (
            Column("Service", Field.SERVICE), Column("Quarter", Field.WORDS),
            Column("Availability", Field.SHARE, numeric=True),
            Column("If all blind time was down", Field.SHARE, numeric=True),
            Column("If all blind time was up", Field.SHARE, numeric=True),
            Column("Down", Field.DURATION, numeric=True), Column("Planned", Field.DURATION, numeric=True),
            Column("Blind", Field.DURATION, numeric=True), Column("Outages", Field.COUNT, numeric=True),
            Column("Fixed within target", Field.COUNT, numeric=True),
            Column("Mean time to fix", Field.DURATION, numeric=True), Column("Target", Field.SHARE, numeric=True),
        ),
        tuple(rows),
        "The inventory has no services.",
        tuple(_how(one) for one in earlier),
    )  # fmt: skip


def _cells(one: Amount | None) -> tuple[str, ...]:
    if one is None or (one.all_hours.achieved is None and not one.all_hours.planned):
        return (NOT_WATCHED, *("",) * 9)
    times, target = one.all_hours, one.terms.target
    return (
        _share(one),
        percent(times.lower) if times.lower is not None else "",
        percent(times.upper) if times.upper is not None else "",
        *(long_span(length) if length else "none" for length in (times.down, times.planned, times.blind)),
        str(one.outages),
        f"{one.within_target} of {one.fixed}" if one.fixed else "",
        long_span(one.mean_fix) if one.mean_fix is not None else "",
        percent(target) if target is not None else "none agreed",
    )


def _how(one: Before) -> Sentence:
    if one.closed_at is None:
        return said(f"{one.quarter} is not closed: its figures may still change.")
    closed = day(one.closed_at.astimezone(LONDON).date())
    return said(f"{one.quarter} was closed on {closed}: its figures are those it was closed with.")


# ---------------------------------------------------------------- sentences
def compared_sentences(estate: Estate, figures: Mapping[str, Amount], earlier: Sequence[Before]) -> Iterator[Sentence]:
    """Of services. Who was not watched now is no part of this: that is said where the targets are."""
    for one in earlier:
        found: dict[str, list[str]] = {}
        for name, service in estate.services.items():
            subject = f"service:{name}"
            found.setdefault(change(figures[subject], one.figures.get(subject)), []).append(service.title)
        if found:
            yield from _compared(one, found, len(estate.services))


def _compared(one: Before, found: Mapping[str, list[str]], of: int) -> Iterator[Sentence]:
    blank = found.get("not watched then", [])
    if len(blank) == of:
        yield said(f"No service was watched in {one.than}, so there is nothing to compare with it.")
        return
    told: list[str | Said] = []
    for word in ("better", "worse", "the same"):
        if names := found.get(word):
            told += [f"{', ' if told else ''}{word} for ", Said(listed(names), Field.SERVICE)]
    if told:
        yield said(f"Compared with {one.than}, availability was ", *told, ".")
    if names := found.get("too close to say"):
        if len(names) == of > 1:
            which = "either service" if of == 2 else f"any of the {number_word(of)} services"
            yield said(f"Blind time leaves open whether {which} was better or worse than in {one.than}.")
        else:
            verb = "was" if len(names) == 1 else "were"
            title = Said(listed(names), Field.SERVICE)
            yield said("Blind time leaves open whether ", title, f" {verb} better or worse than in {one.than}.")
    if blank:
        verb = "was" if len(blank) == 1 else "were"
        title = Said(listed(blank), Field.SERVICE)
        yield said(title, f" {verb} not watched in {one.than} and cannot be compared with it.")
