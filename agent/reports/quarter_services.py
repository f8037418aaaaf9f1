"""Availability in a quarter's paper: of services in all hours and in service hours, and of buildings. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from agent.accounting.availability import Figures, Times
from agent.inventory.model import Estate
from agent.reports.editions import Column, Field, Said, Section, Sentence, Table, said
from agent.reports.quarter_charts import services_charts
from agent.words import listed, long_span, percent

KINDS = {
    "data_centre": ("data centre", "data centres"), "office": ("office", "offices"), "depot": ("depot", "depots"),
    "leisure": ("leisure centre", "leisure centres"), "theatre": ("theatre", "theatres"),
    "other": ("other building", "other buildings"),
}  # fmt: skip
NONE_SEEN = "no downtime seen"
NONE_SEEN_MEANS = said(
    "“No downtime seen”: none in the time that was watched. The rest of the quarter is the blind time."
)
WORTH_A_NOTE = 0.01  # of the quarter: less blind time is in its column only
_FIGURES = (
    Column("Availability", Field.SHARE, numeric=True),
    Column("If all blind time was down", Field.SHARE, numeric=True),
    Column("If all blind time was up", Field.SHARE, numeric=True),
    Column("Down", Field.DURATION, numeric=True),
    Column("Planned", Field.DURATION, numeric=True),
    Column("Blind", Field.DURATION, numeric=True),
)
_OUTAGES = Column("Outages", Field.COUNT, numeric=True)


def verdict(found: Figures) -> str:
    """met, missed, or "cannot be said" where the bounds straddle the target."""
    return found.all_hours.verdict(found.terms.target)


def services_section(
    estate: Estate, figures: Mapping[str, Figures], length: timedelta, compared: tuple[Table, ...] = ()
) -> Section:
    """`compared`: the tables of agent.reports.quarter_compared."""
    found = {service.title: figures[f"service:{name}"] for name, service in estate.services.items()}
    empty = "The inventory has no services."
    whole = Table(
        "services",
        "Availability by service, in all hours",
        (
            Column("Service", Field.SERVICE), *_FIGURES, _OUTAGES, Column("Target", Field.SHARE, numeric=True),
            Column("Target met", Field.WORDS),
        ),
        tuple(
            (title, *_cells(f.all_hours), str(f.outages), percent(f.terms.target or 0), verdict(f))
            for title, f in found.items()
        ),
        empty,
        tuple(_notes(found, length)),
    )  # fmt: skip
    hours = tuple((title, *_cells(f.service_hours), _hours(f)) for title, f in found.items())
    in_hours = Table(
        "services-hours",
        "Availability by service, in its service hours",
        (Column("Service", Field.SERVICE), *_FIGURES, Column("Service hours", Field.WORDS)),
        hours,
        empty,
        (NONE_SEEN_MEANS,) if any(NONE_SEEN in row for row in hours) else (),
    )
    fixes = Table(
        "services-fixes",
        "Outages and time to fix, by service",
        (
            Column("Service", Field.SERVICE), _OUTAGES, Column("Fixed", Field.COUNT, numeric=True),
            Column("Within target", Field.SHARE, numeric=True),
            Column("Mean time to fix", Field.DURATION, numeric=True),
            Column("Flaps", Field.COUNT, numeric=True),
            Column("To be fixed within", Field.DURATION), Column("Counted in", Field.WORDS),
        ),
        tuple((title, *_fixes(f)) for title, f in found.items()),
        empty,
        (
            said("Time to fix is without planned maintenance and without times in which the clock was paused. "
                 "Flaps: how often something went down again within minutes."),
        ),
    )  # fmt: skip
    shown, verdicts = {t: _cells(f.all_hours)[0] for t, f in found.items()}, {t: verdict(f) for t, f in found.items()}
    return Section("Services", (), (whole, *compared, in_hours, fixes), services_charts(found, shown, verdicts))


def buildings_section(estate: Estate, figures: Mapping[str, Figures]) -> Section:
    by_kind: dict[str, list[Figures]] = defaultdict(list)
    for name, site in estate.sites.items():
        by_kind[site.kind].append(figures[f"site:{name}"])
    kinds = tuple(
        (KINDS[kind][len(own) != 1], str(len(own)), *_cells(_together(own)), str(sum(f.outages for f in own)))
        for kind, own in by_kind.items()
    )
    seen = (NONE_SEEN_MEANS,) if any(NONE_SEEN in row for row in kinds) else ()
    public = Table(
        "buildings",
        "Availability by kind of building",
        (Column("Kind", Field.BUILDING_KIND), Column("Buildings", Field.COUNT, numeric=True), *_FIGURES, _OUTAGES),
        kinds,
        "The inventory has no sites.",
        (said("Times of several buildings are added up."), *seen),
    )
    own = ((site.title, figures[f"site:{name}"]) for name, site in estate.sites.items())
    exempt = Table(
        "sites",
        "Availability by site",
        (Column("Site", Field.SITE), *_FIGURES, _OUTAGES),
        tuple((title, *_cells(found.all_hours), str(found.outages)) for title, found in own),
        "The inventory has no sites.",
    )
    named = tuple(
        (site.part_one_name, *_cells(figures[f"site:{name}"].all_hours), str(figures[f"site:{name}"].outages))
        for name, site in estate.sites.items()
        if site.part_one_name is not None
    )
    by_name = Table(
        "buildings-named",
        "Availability of buildings that have a name for the public",
        (Column("Building", Field.PUBLIC_NAME), *_FIGURES, _OUTAGES),
        named,
        "No building has a name for the public.",
    )
    return Section("Buildings", (), (public, *((by_name,) if named else ()), exempt))


# ---------------------------------------------------------------- pieces
def _together(figures: Sequence[Figures]) -> Times:
    def added(part: str) -> timedelta:
        return sum((getattr(f.all_hours, part) for f in figures), timedelta())

    return Times(added("up"), added("down"), added("planned"), added("blind"), added("degraded"))


def _cells(times: Times) -> tuple[str, ...]:
    planned, blind = _time(times.planned), _time(times.blind)
    if times.achieved is None or times.lower is None or times.upper is None:
        return ("not watched" if times.blind or not times.planned else "all planned", "", "", "", planned, blind)
    # Never "100 %" of a time that was not all watched.
    achieved = NONE_SEEN if times.blind and not times.down else percent(times.achieved)
    return (achieved, percent(times.lower), percent(times.upper), _time(times.down), planned, blind)


def _fixes(found: Figures) -> tuple[str, ...]:
    share, mean = found.share_within, found.mean_fix
    return (
        str(found.outages),
        str(found.fixed),
        f"{found.within_target} ({percent(share)})" if share is not None else "",
        long_span(mean) if mean is not None else "",
        str(found.flaps),
        long_span(found.terms.fix_target),
        "elapsed time" if found.terms.fix_clock == "elapsed" else "service hours",
    )


def _hours(found: Figures) -> str:
    hours = str(found.terms.hours)
    return "at all times" if hours == "always" else hours


def _time(duration: timedelta) -> str:
    return long_span(duration) if duration else "none"


def _notes(found: Mapping[str, Figures], length: timedelta) -> list[Sentence]:
    notes: list[Sentence] = []
    if any(NONE_SEEN in _cells(f.all_hours) for f in found.values()):
        notes.append(NONE_SEEN_MEANS)
    straddling = [title for title, f in found.items() if verdict(f) == "cannot be said"]
    if straddling:
        title = Said(listed(straddling), Field.SERVICE)
        notes.append(said("The bounds straddle the target for ", title, ": more time watched would decide it."))
    for name, f in found.items():
        if f.blind > WORTH_A_NOTE * length and f.achieved is not None:
            words = f" was watched for {long_span(length - f.blind)} of {long_span(length)}."
            notes.append(said(Said(name, Field.SERVICE), words))
    return notes
