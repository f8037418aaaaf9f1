"""The charts of a quarter's paper, each from the figures of the table whose numbers it shows. Pure.

Where there is nothing to draw there is no chart: the table's own words say so. At most MOST rows are drawn, those that
matter most; the text alternative says so when some are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from agent.accounting.availability import Figures
from agent.reports.editions import Chart, ChartKind, Column, Field, Said, Sentence, Series, Table, said
from agent.words import listed, long_span, number_word, percent, pounds, some, spelt

if TYPE_CHECKING:
    from agent.programme import Programme
    from agent.reports.quarter_outages import Incident

MOST = 16
HOUR = timedelta(hours=1)
_Service = tuple[str, Figures]  # by its title


# ---------------------------------------------------------------- services
def services_charts(
    found: Mapping[str, Figures], shown: Mapping[str, str], verdicts: Mapping[str, str]
) -> tuple[Chart, ...]:
    """By title of service: its figures, its availability as the table has it, and what became of its target."""
    return (*_availability(found, shown, verdicts), *_fixes(found))


def _availability(
    found: Mapping[str, Figures], shown: Mapping[str, str], verdicts: Mapping[str, str]
) -> Iterable[Chart]:
    watched = [(title, f) for title, f in found.items() if f.all_hours.achieved is not None]
    drawn = _first(watched, lambda one: one[1].all_hours.achieved or 0.0)
    if not drawn:
        return
    target = Series(
        "Target",
        Field.SHARE,
        tuple(None if f.terms.target is None else 100 * f.terms.target for _, f in drawn),
        tuple("none agreed" if f.terms.target is None else percent(f.terms.target) for _, f in drawn),
    )
    blind = any(f.blind for _, f in drawn)
    bounds = "Bounds: if all blind time was down, or all of it up"
    lower = tuple(None if f.all_hours.lower is None else 100 * f.all_hours.lower for _, f in drawn)
    upper = tuple(None if f.all_hours.upper is None else 100 * f.all_hours.upper for _, f in drawn)
    value = tuple(100 * (f.all_hours.achieved or 0.0) for _, f in drawn)
    words = tuple(shown[title] for title, _ in drawn)
    between = tuple(
        f"{percent((a or 0) / 100)} to {percent((b or 0) / 100)}" for a, b in zip(lower, upper, strict=True)
    )
    series = [Series("Availability", Field.SHARE, value, words)]
    if blind:
        series += [Series(bounds, Field.SHARE, lower, between), Series("Upper bound", Field.SHARE, upper, between)]
    yield Chart(
        "availability",
        ChartKind.MARKS,
        "Availability of services against their targets",
        "services",
        Field.SERVICE,
        tuple(title for title, _ in drawn),
        tuple(series),
        "%",
        _availability_words(drawn, len(watched), shown, verdicts),
        target if any(value is not None for value in target.values) else None,
    )


def _availability_words(
    drawn: Sequence[tuple[str, Figures]], of: int, shown: Mapping[str, str], verdicts: Mapping[str, str]
) -> Sentence:
    if of == 1:
        title, one = drawn[0]
        share = Said(shown[title], Field.SHARE)
        if one.terms.target is None:
            return said(Said(title, Field.SERVICE), ": ", share, "; no target was agreed.")
        target = Said(percent(one.terms.target), Field.SHARE)
        return said(Said(title, Field.SERVICE), ": ", share, " against a target of ", target, f": {verdicts[title]}.")
    missed = [title for title, _ in drawn if verdicts[title] == "missed"]
    low, _ = min(drawn, key=lambda one: one[1].all_hours.achieved or 0.0)
    tail = (" is lowest with ", Said(shown[low], Field.SHARE), f".{_left_out(len(drawn), of, 'service', 'the lowest')}")
    if len({f.all_hours.achieved for _, f in drawn}) == 1:
        together = f"All {number_word(of)} services have the same availability, "
        tail = ("", Said(shown[low], Field.SHARE), f".{_left_out(len(drawn), of, 'service', 'the lowest')}")
        return said(_below(missed), together, *tail)
    return said(_below(missed), Said(low, Field.SERVICE), *tail)


def _below(missed: list[str]) -> Said:
    if not missed:
        return Said("No service is below its target. ")
    return Said(f"Below target: {listed(missed)}. ", Field.SERVICE)


def _fixes(found: Mapping[str, Figures]) -> Iterable[Chart]:
    fixed = [(title, f) for title, f in found.items() if f.mean_fix is not None]
    drawn = _first(fixed, lambda one: -(one[1].mean_fix or timedelta()))
    if not drawn:
        return
    means = [f.mean_fix or timedelta() for _, f in drawn]
    longer = [title for title, f in drawn if (f.mean_fix or timedelta()) > f.terms.fix_target]
    long, longest = max(drawn, key=lambda one: one[1].mean_fix or timedelta())
    mean = Said(long_span(longest.mean_fix or timedelta()), Field.DURATION)
    agreed = Said(long_span(longest.terms.fix_target), Field.DURATION)
    first: tuple[str | Said, ...] = (
        Said(long, Field.SERVICE),
        " took longest to fix: ",
        mean,
        " on average, of ",
        agreed,
    )
    if len(fixed) == 1:
        first = (Said(long, Field.SERVICE), ": ", mean, " to fix on average, of ", agreed)
    elif not longer:
        first = (*first, ". All are within what was agreed")
    else:
        first = (*first, f". {some(len(longer), 'service is', 'services are').capitalize()} over what was agreed")
    yield Chart(
        "fixes",
        ChartKind.BARS,
        "Mean time to fix, by service, against what was agreed",
        "services-fixes",
        Field.SERVICE,
        tuple(title for title, _ in drawn),
        (Series("Mean time to fix", Field.DURATION, _hours(means), tuple(long_span(mean) for mean in means)),),
        "hours",
        said(*first, f".{_left_out(len(drawn), len(fixed), 'service', 'those that took longest')}"),
        Series(
            "To be fixed within",
            Field.DURATION,
            _hours(f.terms.fix_target for _, f in drawn),
            tuple(long_span(f.terms.fix_target) for _, f in drawn),
        ),
    )


# ---------------------------------------------------------------- outages
def causes_table(roots: Sequence[Incident]) -> Table:
    """What caused the outages of equipment and circuits, the most frequent first."""
    rows = tuple(
        (
            cause,
            f"{len(own):,}",
            f"{sum(i.within for i in own):,}",
            f"{sum(i.late for i in own):,}",
            f"{sum(not i.within and not i.late for i in own):,}",
            long_span(max(i.clock.counted for i in own)),
        )
        for cause, own in _by_cause(roots)
    )
    return Table(
        "outage-causes",
        "Outages of equipment and circuits, by cause",
        (
            Column("Cause", Field.CAUSE), Column("Outages", Field.COUNT, numeric=True),
            Column("Fixed within target", Field.COUNT, numeric=True),
            Column("Took longer", Field.COUNT, numeric=True),
            Column("Open, and target not passed", Field.COUNT, numeric=True),
            Column("Longest fix clock", Field.DURATION, numeric=True),
        ),
        rows,
        "No equipment or circuit was down in the quarter.",
    )  # fmt: skip


def _by_cause(roots: Sequence[Incident]) -> list[tuple[str, list[Incident]]]:
    causes: dict[str, list[Incident]] = {}
    for incident in roots:
        causes.setdefault(incident.cause, []).append(incident)
    return sorted(causes.items(), key=lambda one: (-len(one[1]), one[0]))


def outages_charts(roots: Sequence[Incident]) -> tuple[Chart, ...]:
    return tuple(_causes(roots))


def _causes(roots: Sequence[Incident]) -> Iterable[Chart]:
    found = _by_cause(roots)
    if not found:
        return
    drawn = found[:MOST]
    parts = {
        "Fixed within target": [sum(i.within for i in own) for _, own in drawn],
        "Took longer": [sum(i.late for i in own) for _, own in drawn],
        "Open, and target not passed": [sum(not i.within and not i.late for i in own) for _, own in drawn],
    }
    cause, own = drawn[0]
    late = sum(i.late for i in roots)
    of = (
        f", {number_word(len(own))} of {number_word(len(roots))}"
        if len(found) > 1
        else f": {spelt(len(own), 'outage')}"
    )
    first = said(
        "The most frequent cause is “" if len(found) > 1 else "The one cause is “", Said(cause, Field.CAUSE), f"”{of}"
    )
    kinds = {"Fixed within target": "within target", "Took longer": "longer", "Open, and target not passed": "open"}
    yield Chart(
        "causes",
        ChartKind.STACKED,
        "Outages by cause, and whether they were fixed in time",
        "outage-causes",
        Field.CAUSE,
        tuple(cause for cause, _ in drawn),
        tuple(
            Series(name, Field.COUNT, tuple(map(float, numbers)), tuple(f"{n:,} {kinds[name]}" for n in numbers))
            for name, numbers in parts.items()
            if any(numbers)
        ),
        "outages",
        (*first, Said(f". {some(late, 'outage took', 'outages took').capitalize()} longer than the target."
                      if late else ". None took longer than the target.")),
    )  # fmt: skip


# ---------------------------------------------------------------- redundancy
def redundancy_charts(lengths: Mapping[str, timedelta]) -> tuple[Chart, ...]:
    """By kind of building: the time in which something that is one of several was out."""
    found = sorted(lengths.items(), key=lambda one: (-one[1], one[0]))[:MOST]
    if not found or not found[0][1]:
        return ()
    shown = tuple(long_span(length) for _, length in found)
    most = Said(found[0][0].capitalize(), Field.BUILDING_KIND)
    words = said(most, " lost most redundancy: ", Said(shown[0], Field.DURATION), ".")
    if len(found) == 1:
        words = said(most, ": ", Said(shown[0], Field.DURATION), ". No other kind of building lost redundancy.")
    series = Series("Redundancy lost", Field.DURATION, _hours(length for _, length in found), shown)
    return (
        Chart(
            "redundancy-buildings", ChartKind.BARS, "Redundancy lost, by kind of building", "redundancy-buildings",
            Field.BUILDING_KIND, tuple(kind for kind, _ in found), (series,), "hours", words,
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- hardware
def stages_charts(counted: Mapping[str, int]) -> tuple[Chart, ...]:
    """By label of stage."""
    together = sum(counted.values())
    if not together:
        return ()
    label, most = max(counted.items(), key=lambda one: one[1])
    pieces = f"{together:,} {'piece' if together == 1 else 'pieces'} of hardware"
    words = said(f"Of {pieces}, {some(most, 'is', 'are')} in the stage “{label}”, ",
                 "as all are." if most == together else "more than in any other.")  # fmt: skip
    if together == 1:
        words = said(f"The one piece of hardware is in the stage “{label}”.")
    numbers = tuple(counted.values())
    series = Series("Pieces", Field.COUNT, tuple(map(float, numbers)), tuple(f"{n:,}" for n in numbers))
    return (
        Chart("stages", ChartKind.BARS, "Hardware by stage of life", "hardware-stages", Field.WORDS, tuple(counted),
              (series,), "pieces", words),
    )  # fmt: skip


def programme_charts(programme: Programme | None) -> tuple[Chart, ...]:
    """How many pieces each year, which is public; what each council pays, which is not."""
    if programme is None or not programme.plan.number:
        return ()
    years = programme.plan.years
    names = tuple(str(one.year) for one in years)
    busiest = max(years, key=lambda one: one.number)
    late = [one.backlog for one in years]
    new = [one.number - one.backlog for one in years]
    counts = (("Falls due in the year", new, "due"), ("Due before", late, "due before"))
    number = spelt(busiest.number, "piece")
    words = said(f"Most is to be replaced in {busiest.year}: {number} of {number_word(programme.plan.number)}; "
                 f"{some(sum(late), 'was', 'were')} due before the year it is to be bought in.")  # fmt: skip
    chart = Chart(
        "programme",
        ChartKind.STACKED,
        "Hardware to be replaced, by financial year",
        "hardware-programme",
        Field.DAY,
        names,
        tuple(
            Series(title, Field.COUNT, tuple(map(float, found)), tuple(f"{n:,} {word}" for n in found))
            for title, found, word in counts
            if any(found)
        ),
        "pieces",
        words,
    )
    return (chart, *_costs(programme, names)) if programme.plan.pence else (chart,)


def _costs(programme: Programme, names: tuple[str, ...]) -> Iterable[Chart]:
    years = programme.plan.years
    dearest = max(years, key=lambda one: one.pence)
    series = []
    for council, title in programme.councils.items():
        pence = [one.councils.get(council, 0) for one in years]
        if any(pence):
            values, shown = tuple(n / 100 for n in pence), tuple(pounds(n) for n in pence)
            series.append(Series(title, Field.PRICE, values, shown))
    if series:
        words = f"{dearest.year} costs most: {pounds(dearest.pence)} of {pounds(programme.plan.pence)}."
        yield Chart(
            "programme-costs", ChartKind.STACKED, "Cost of the programme, by financial year and council",
            "hardware-programme", Field.DAY, names, tuple(series), "pounds", said(Said(words, Field.PRICE)),
        )  # fmt: skip


# ---------------------------------------------------------------- pieces
def _first(found: list[_Service], key: Callable[[_Service], float | timedelta]) -> list[_Service]:
    """All in their own order, or the MOST that come first by `key`."""
    return found if len(found) <= MOST else sorted(found, key=key)[:MOST]


def _left_out(drawn: int, of: int, one: str, which: str) -> str:
    return "" if drawn == of else f" Of {of:,} {one}s, {which} {drawn:,} are drawn; the table has all."


def _hours(lengths: Iterable[timedelta]) -> tuple[float, ...]:
    return tuple(length / HOUR for length in lengths)
