"""Redundancy lost and data centres lost, in a quarter's paper. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from agent.accounting.availability import Book
from agent.accounting.periods import Period, total
from agent.accounting.readiness import FULL_SERVICE, Readiness
from agent.accounting.redundancy import Loss, minutes_by
from agent.calendar_uk import LONDON
from agent.facts import Outage, Standing
from agent.inventory.model import Estate
from agent.reports.editions import Column, Field, Section, Sentence, Table, said
from agent.reports.quarter_charts import redundancy_charts
from agent.reports.quarter_outages import moment
from agent.reports.quarter_services import KINDS
from agent.words import day, listed, long_span, number_word, spelt

_WHAT = {
    "links": "links of a building", "sites": "data centres", "site": "ways into a building",
    "service": "ways of a service", "power_supplies": "power supplies", "ha_members": "high-availability members",
    "stack_members": "stack members",
}  # fmt: skip
_MINUTES = Column("Minutes", Field.COUNT, numeric=True)


def redundancy_section(estate: Estate, losses: Sequence[Loss], window: Period) -> Section:
    by_kind: dict[str, list[Loss]] = defaultdict(list)
    for loss in losses:
        by_kind[_kind(loss.group)].append(loss)
    kinds = tuple(
        (
            kind,
            str(len(own)),
            _minutes(sum((_lasted(loss, window) for loss in own), timedelta())),
            str(sum(loss.went_down for loss in own)),
        )
        for kind, own in sorted(by_kind.items())
    )
    minutes = minutes_by(losses, window)
    kind_of = {site.title: site.kind for site in estate.sites.values()}
    by_building: dict[str, timedelta] = defaultdict(timedelta)
    by_supplier: dict[str, timedelta] = defaultdict(timedelta)
    for (site, supplier), length in minutes.items():
        by_supplier[supplier or ""] += length
        by_building[KINDS[kind_of[site]][1] if site in kind_of else "no building"] += length
    return Section(
        "Redundancy lost",
        (said("Times in which one of two was out and the other carried: no outage, but the next fault would be one."),),
        (
            Table(
                "redundancy-kinds",
                "Redundancy lost, by kind",
                (
                    Column("Kind", Field.DEVICE_KIND), Column("Times", Field.COUNT, numeric=True), _MINUTES,
                    Column("Of these nothing was left to carry", Field.COUNT, numeric=True),
                ),
                kinds,
                "No redundancy was lost in the quarter.",
            ),
            Table(
                "redundancy-buildings",
                "Redundancy lost, by kind of building",
                (Column("Kind", Field.BUILDING_KIND), _MINUTES),
                tuple((kind, _minutes(length)) for kind, length in sorted(by_building.items())),
                "No redundancy was lost in the quarter.",
                (said("Minutes in which something that is one of several was out, added up over what was out."),),
            ),
            Table(
                "redundancy-suppliers",
                "Redundancy lost, by supplier",
                (Column("Supplier", Field.SUPPLIER), _MINUTES),
                tuple((supplier or "none: our own equipment", _minutes(length))
                      for supplier, length in sorted(by_supplier.items())),
                "No redundancy was lost in the quarter.",
            ),
            Table(
                "redundancy-minutes",
                "Redundancy lost, by building and supplier",
                (Column("Building", Field.SITE), Column("Supplier", Field.SUPPLIER), _MINUTES),
                tuple(
                    (site or "no building", supplier or "none: our own equipment", _minutes(length))
                    for (site, supplier), length in minutes.items()
                ),
                "No redundancy was lost in the quarter.",
            ),
            Table(
                "redundancy",
                "Every loss of redundancy",
                (
                    Column("What", Field.DEVICE), Column("Began", Field.MOMENT), Column("Ended", Field.MOMENT),
                    _MINUTES, Column("What was out", Field.DEVICE), Column("Carried", Field.WORDS),
                    Column("What was seen", Field.FREE_TEXT),
                ),
                tuple(
                    (
                        loss.title,
                        moment(loss.began_at),
                        moment(loss.ended_at) if loss.ended_at else "still lost",
                        _minutes(_lasted(loss, window)),
                        listed(list(dict.fromkeys(leg.name.partition(":")[2] for leg in loss.out))),
                        "not throughout" if loss.went_down else "yes",
                        loss.reason,
                    )
                    for loss in losses
                ),
                "No redundancy was lost in the quarter.",
            ),
        ),
        redundancy_charts(by_building),
    )  # fmt: skip


def _kind(group: str) -> str:
    kind, _, name = group.removeprefix("redundancy:").partition("/")
    return _WHAT.get(name.rpartition("/")[2] if kind == "device" else kind, "other")


def _lasted(loss: Loss, window: Period) -> timedelta:
    """The parts of it that were seen, in the quarter."""
    times = (Period(a, b or window.ended_at) for a, b in loss.times if a < (b or window.ended_at))
    return total(p for time in times if (p := time.within(window)) is not None)


def _minutes(length: timedelta) -> str:
    return f"{length // timedelta(minutes=1):,}"


# ---------------------------------------------------------------- data centres
def centres_section(
    estate: Estate, book: Book, outages: Iterable[Outage], window: Period, readiness: Sequence[Readiness] = ()
) -> Section:
    """`outages`: as the quarter knew them. `readiness`: as everything stood at its end."""
    lost = [o for o in outages if _is_centre(o.subject, estate)]
    centres = sum(site.kind == "data_centre" for site in estate.sites.values())
    told = f"There {'was' if len(lost) == 1 else 'were'} {spelt(len(lost), 'loss', 'losses')} of a data centre."
    return Section(
        "Data centres",
        (*((said(told),) if lost else ()), *_ready_words(readiness)),
        (
            *((_ready(readiness, estate),) if readiness else ()),
            Table(
                "data-centres",
                "Losses of data centres, and whether the other carried full service within 4 hours",
                (
                    Column("Day", Field.DAY), Column("Data centre", Field.SITE),
                    Column("Lasted", Field.DURATION, numeric=True),
                    Column("Services that fell", Field.COUNT, numeric=True),
                    Column("Full service after", Field.DURATION, numeric=True), Column("Within 4 hours", Field.WORDS),
                ),
                tuple(_centre(outage, estate, book, window) for outage in lost),
                "No data centre was lost in the quarter." if centres else "The inventory has no data centres.",
            ),
        ),
    )  # fmt: skip


def _ready_words(readiness: Sequence[Readiness]) -> list[Sentence]:
    """How many could carry everything alone. Which service would fall with which is exempt: it says where to strike."""
    if len(readiness) < 2 or not any(one.holds or one.fails or one.unknown for one in readiness):
        return []
    able, of = sum(_able(one) for one in readiness), len(readiness)
    if able == of:
        which = "either data centre" if of == 2 else "each of the data centres"
    else:
        which = f"{'none' if able == 0 else number_word(able)} of the {number_word(of)} data centres"
    return [said(f"As things stood at the end, {which} could have carried every service alone.")]


def _able(one: Readiness) -> bool:
    return not one.fails and not one.unknown


def _ready(readiness: Sequence[Readiness], estate: Estate) -> Table:
    def titles(names: Iterable[str]) -> str:
        return listed([estate.services[name].title for name in names]) or "none"

    return Table(
        "readiness",
        "What each data centre could have carried alone at the end",
        (
            Column("Data centre", Field.SITE), Column("Services it would carry", Field.COUNT, numeric=True),
            Column("Would fall", Field.SERVICE), Column("Cannot be said", Field.SERVICE),
            Column("Stands", Field.DEVICE),
        ),
        tuple(
            (
                one.title,
                f"{len(one.holds)} of {len(one.holds) + len(one.fails) + len(one.unknown)}",
                titles(verdict.service for verdict in one.fails),
                titles(verdict.service for verdict in one.unknown),
                ", ".join(f"{stock.kind} {stock}" for stock in one.legs),
            )
            for one in readiness
        ),
        "The inventory has no data centres.",
    )  # fmt: skip


def _is_centre(subject: str, estate: Estate) -> bool:
    site = estate.sites.get(subject.removeprefix("site:")) if subject.startswith("site:") else None
    return site is not None and site.kind == "data_centre"


def _centre(outage: Outage, estate: Estate, book: Book, window: Period) -> tuple[str, ...]:
    ended = outage.ended_at or window.ended_at
    fell = {name: until for name in estate.services if (until := _back_at(name, outage, ended, book, window))}
    back = max(fell.values(), default=outage.began_at)
    after = back - outage.began_at
    never = bool(fell) and back >= window.ended_at
    return (
        day(outage.began_at.astimezone(LONDON).date()),
        estate.sites[outage.subject.removeprefix("site:")].title,
        long_span(ended - outage.began_at) + ("" if outage.ended_at else ", still open"),
        str(len(fell)),
        "not yet" if never else long_span(after) if fell else "at once",
        "no" if after > FULL_SERVICE else "not yet" if never else "yes",
    )


def _back_at(service: str, outage: Outage, ended: datetime, book: Book, window: Period) -> datetime | None:
    """When a service that was down while the data centre was lost was up again; None if it was not down."""
    if outage.began_at >= window.ended_at:
        return None
    spans = book.spans(f"service:{service}", Period(outage.began_at, window.ended_at))
    back = None
    for n, span in enumerate(spans):
        if span.began_at >= ended:
            break
        if span.standing is Standing.DOWN:
            back = next((s.began_at for s in spans[n:] if s.standing in (Standing.UP, Standing.DEGRADED)), None)
            back = back or window.ended_at
    return back
