"""How everything stands, outages, fix clocks, maintenance and the quarter, as samples of the catalogue's metrics. Pure.

    of_standing(board, now), of_running(running), of_maintenance(plan, ...), of_readiness(...), of_quarter(figures)
    history = History.of(outages, notes, estate, history)      when something has come
    history.facts(plan, now), history.spreads()                at every scrape

Sums over the whole ledger are made when something has come, and not at every scrape: only what is open grows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from agent.accounting.availability import Figures, terms_of
from agent.accounting.fix_clock import clock_of, notes_by_outage
from agent.accounting.outages import FLAP_GAP
from agent.accounting.periods import Period, merge, subtract
from agent.accounting.readiness import Readiness
from agent.accounting.running import Running, strictest
from agent.calendar_uk import DESK, ServiceHours, service_seconds
from agent.facts import Note, Outage, Standing, is_group
from agent.health import Held
from agent.inventory.model import Estate
from agent.maintenance import Plan
from agent.spread import Spread
from collectors.readings import Labels

Fact = tuple[str, Labels, float]

FIX_BUCKETS = (900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0, 259200.0)


# ---------------------------------------------------------------- now
def of_standing(board: Mapping[str, Held], now: datetime) -> Iterator[Fact]:
    for subject, held in board.items():
        of = ("subject", subject)
        if is_group(subject):
            if held.standing is not Standing.BLIND:
                yield (
                    "hartwatch_redundancy_lost",
                    (of, ("cause", held.cause or "")),
                    float(held.standing is not Standing.UP),
                )
            continue
        for standing in Standing:
            yield "hartwatch_standing", (of, ("standing", standing.value)), float(held.standing is standing)
        if held.since.year > 1970:
            yield "hartwatch_standing_since_timestamp_seconds", (of,), held.since.timestamp()
        if held.flapping_at(now):
            yield "hartwatch_flapping", (of,), 1.0


def of_running(running: Iterable[Running]) -> Iterator[Fact]:
    """Fix clocks of open outages that are a cause."""
    for one in running:
        of = (("subject", one.outage.subject),)
        yield "hartwatch_fix_clock_used_ratio", of, one.clock.used
        yield "hartwatch_fix_clock_paused", of, float(one.clock.state == "paused")
        deadline = one.clock.runs_out_at()
        if deadline is not None:
            yield "hartwatch_fix_clock_deadline_timestamp_seconds", of, deadline.timestamp()
        yield "hartwatch_outage_acknowledged", of, float(one.held_by is not None)


def of_maintenance(plan: Plan, expected: Mapping[str, Iterable[tuple[str, str]]], now: datetime) -> Iterator[Fact]:
    """What is in planned maintenance just now. `expected`: of a topology, what devices say of their own parts."""
    running = [window for time, window in plan.next_times(now, 0.001) if time.began_at <= now]
    for subject in sorted({subject for window in running for subject in window.covers}):
        yield "hartwatch_maintenance", (("subject", subject),), 1.0
        for _, group in expected.get(subject.removeprefix("device:"), ()) if subject.startswith("device:") else ():
            yield "hartwatch_maintenance", (("subject", group),), 1.0


def of_readiness(readiness: Iterable[Readiness]) -> Iterator[Fact]:
    """Whether each data centre could carry every service alone, and the clock where another is lost."""
    for one in readiness:
        of = ("site", one.site)
        if one.ratio is not None:
            yield "hartwatch_readiness_ratio", (of,), one.ratio
        for stock in one.legs:
            yield "hartwatch_readiness_legs_up", (of, ("kind", stock.kind)), stock.up
            yield "hartwatch_readiness_legs", (of, ("kind", stock.kind)), stock.of
        if one.clock is not None:
            yield "hartwatch_full_service_deadline_timestamp_seconds", (of,), one.clock.deadline.timestamp()
            yield "hartwatch_full_service_missing", (of,), len(one.clock.not_up)


def of_quarter(quarter: Iterable[Figures]) -> Iterator[Fact]:
    """The quarter up to now, of services, sites and links."""
    for figures in quarter:
        for hours, times in (("all", figures.all_hours), ("service", figures.service_hours)):
            of = (("subject", figures.subject), ("hours", hours))
            for state in ("up", "down", "planned", "blind"):
                length: timedelta = getattr(times, state)
                yield "hartwatch_quarter_seconds", (*of, ("state", state)), length.total_seconds()
            for bound in ("achieved", "lower", "upper"):
                ratio = getattr(times, bound)
                if ratio is not None:
                    yield "hartwatch_quarter_availability_ratio", (*of, ("bound", bound)), ratio
        if figures.terms.target is not None:
            yield "hartwatch_availability_target_ratio", (("subject", figures.subject),), figures.terms.target


# ---------------------------------------------------------------- the whole ledger
class History:
    """Sums over all outages there ever were; see the module's docstring. What is in it never changes."""

    def __init__(self) -> None:
        self._times: Counter[tuple[str, str]] = Counter()  # subject, planned
        self._down: defaultdict[tuple[str, str], float] = defaultdict(float)  # subject, hours > seconds
        self._open: list[Outage] = []
        self._flapped: list[Outage] = []  # those that may go on: an outage that flaps is open until it is steady
        self._fixes = {hours: Spread(*FIX_BUCKETS) for hours in ("all", "service")}
        self._hours: dict[str, ServiceHours] = {}
        self._known: dict[tuple[Outage, ServiceHours], dict[str, float]] = {}  # what ended ones amount to

    @classmethod
    def of(
        cls, outages: Sequence[Outage], notes: Sequence[Note], estate: Estate, before: History | None = None
    ) -> History:
        """`before`: an earlier one, whose sums of outages that are the same are taken over."""
        made, known = cls(), before._known if before is not None else {}
        said = notes_by_outage(notes)
        for outage in outages:
            if outage.subject not in made._hours:
                made._hours[outage.subject] = terms_of(estate, outage.subject).hours
            hours = made._hours[outage.subject]
            if outage.ended_at is None:
                made._open.append(outage)
                made._times[outage.subject, "no"] += 1
                continue
            if outage.flaps:
                made._flapped.append(outage)
            seconds = known.get((outage, hours)) or down_seconds(outage, outage.ended_at, hours)
            made._known[outage, hours] = seconds
            made._times[outage.subject, "no" if seconds["all"] else "yes"] += 1
            for kind, length in seconds.items():
                made._down[outage.subject, kind] += length
            if outage.cause is None and seconds["all"]:
                planned = [Period(a, b) for a, b in outage.planned]
                own = [note for id in outage.ids for note in said.get(id, ())]
                clock = clock_of(outage, own, planned, strictest(outage, estate), outage.ended_at)
                made._fixes["all"].observe(clock.elapsed.total_seconds())
                made._fixes["service"].observe(clock.service_hours.total_seconds())
        return made

    def facts(self, plan: Plan, now: datetime) -> Iterator[Fact]:
        down = self._down.copy()
        for outage in (*self._open, *(o for o in self._flapped if now - (o.ended_at or now) < FLAP_GAP)):
            of = ("subject", outage.subject)
            yield "hartwatch_outage_open", (of, ("cause", outage.cause or "")), 1.0
            yield "hartwatch_outage_began_timestamp_seconds", (of,), outage.began_at.timestamp()
            if outage.ended_at is None and outage.began_at < now:
                planned = plan.planned(outage.subject, Period(outage.began_at, now))
                for kind, length in down_seconds(outage, now, self._hours[outage.subject], planned).items():
                    down[outage.subject, kind] += length
        for (subject, planned_only), times in self._times.items():
            yield "hartwatch_outages_total", (("subject", subject), ("planned", planned_only)), times
        for (subject, kind), seconds in down.items():
            yield "hartwatch_downtime_seconds_total", (("subject", subject), ("hours", kind)), seconds

    def spreads(self) -> Iterator[tuple[str, Labels, Spread]]:
        for hours, spread in self._fixes.items():
            yield "hartwatch_fix_time_seconds", (("hours", hours),), spread


def down_seconds(
    outage: Outage, until: datetime, hours: ServiceHours = DESK, planned: Iterable[Period] | None = None
) -> dict[str, float]:
    """Seconds that an outage was down, by kind of hours: without its breaks, and without planned maintenance."""
    if until <= outage.began_at:
        return {"all": 0.0, "service": 0.0}
    if planned is None:
        planned = [Period(a, b) for a, b in outage.planned]
    excused = merge([*planned, *(Period(a, min(b, until)) for a, b in outage.breaks if a < until)])
    left = subtract([Period(outage.began_at, until)], excused)
    return {
        "all": sum((period.length.total_seconds() for period in left), 0.0),
        "service": sum((service_seconds(p.began_at, p.ended_at, hours) for p in left), 0.0),
    }
