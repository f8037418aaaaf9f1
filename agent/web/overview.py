"""What the first page says, worked out from a view. Pure.

The page answers: what is wrong now, since when, who is affected, how long have we got. What is in planned maintenance
is told apart from the rest. Redundancy groups are neither devices nor services: they have a section of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from agent.accounting.availability import Figures
from agent.accounting.fix_clock import FixClock, clock_of
from agent.accounting.periods import Period
from agent.accounting.readiness import CLASSES, Readiness, readiness_of
from agent.accounting.redundancy import carried, title_of
from agent.accounting.running import holder, strictest
from agent.facts import Note, Outage, Standing, is_group
from agent.health import UNKNOWN, Held
from agent.inventory.model import Estate
from agent.inventory.needs import AllOf, Needs, subjects
from agent.story import Notes
from agent.topology import Topology
from agent.view import View
from agent.watched import Watched
from agent.web.names import Named, name_of, names_of, outage_url, reason_of, shown, site_of, spoken
from agent.web.outage import Timing, timing_of
from agent.web.planned import Planned, Under
from agent.words import class_name, count, listed, long_span
from collectors.readings import Check, Level

MOST_CHECKS = 30
MOST_TROUBLES = 100  # the worst and oldest; a thousand would take half a second, in which nothing else is done
_NO_ID = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now, by itself: what it takes down with it is in `affected`.

    `timing` is None where there is no clock (it is degraded, or up again and flapping); `url`: of its outage, once the
    ledger has told of it. `work`: the planned maintenance that it is in.
    """

    named: Named
    standing: Standing
    since: datetime
    lasting: timedelta
    reason: str
    site: Named | None
    affected: tuple[Named, ...]
    timing: Timing | None
    held_by: Note | None = None
    url: str = ""
    flapping: bool = False
    work: Planned | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """A redundancy group of which not all legs stand."""

    title: str
    standing: Standing
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Carried:
    """What is out and what carries instead, in a sentence, and the sites and services that are up by that."""

    sentence: str
    named: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class Redundancy:
    """What is left of what stands in for each other. `unknown`: groups that cannot be seen, or were not looked at."""

    lost: Sequence[Lost]
    carried: Sequence[Carried]
    groups: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Centre:
    """A data centre: how it stands, and whether it could carry everything alone."""

    tally: Tally
    readiness: Readiness
    services: int
    fails: Sequence[tuple[str, str]]  # title of a service, what is missing
    lost: Named | None = None  # another data centre that is down
    left: timedelta | None = None  # until full service is due; None while no other one is down
    not_up: Sequence[str] = ()
    met: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """A service now, and what the quarter amounts to so far."""

    named: Named
    held: Held
    figures: Figures | None
    flapping: bool
    work: Planned | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A state that a device reports and that is not good."""

    device: Named
    check: Check
    age: timedelta


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of something stand how."""

    named: Named
    total: int
    up: int
    degraded: int
    down: int
    blind: int
    site_kind: str = ""
    standing: Standing | None = None
    in_maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the links of a building."""

    named: Named
    supplier: str
    standing: Standing
    since: datetime
    flapping: bool = False
    in_maintenance: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A building and its WAN links."""

    site: Named
    legs: tuple[Leg, ...]
    verdict: str  # both up, one left, cut off, not known
    level: Standing


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page."""

    verdict: str
    detail: str
    level: Standing
    troubles: Sequence[Trouble]
    more_troubles: int
    planned: Sequence[Trouble]  # those in maintenance
    more_planned: int
    work: Sequence[Planned]  # maintenance that is going on
    alarms: Sequence[Alarm]
    more_alarms: int
    excused_alarms: int  # from devices in maintenance
    redundancy: Redundancy
    centres: Sequence[Centre]
    pairs: Sequence[Pair]
    classes: Sequence[Tally]
    sites: Sequence[Tally]
    services: Sequence[Service]
    oldest: timedelta | None
    newest: timedelta | None
    unseen: int


# ---------------------------------------------------------------- what is wrong
def troubles(view: View, under: Under | None = None) -> list[Trouble]:
    """What is wrong by itself, the worst and oldest first; what is in maintenance too."""
    under = Under(view) if under is None else under
    with_it: dict[str, list[str]] = defaultdict(list)
    fallen: set[str] = set()  # sites in which something is down by itself
    for subject, held in view.board.items():
        if held.cause is not None and held.out:
            with_it[held.cause].append(subject)
        elif held.standing is Standing.DOWN and (site := site_of(subject, view.estate)) is not None:
            fallen.add(site)
    notes = Notes(view.notes)
    running = {runs.outage.subject: runs for runs in view.running}
    found = []
    for subject, held in view.board.items():
        kind, _, name = subject.partition(":")
        if is_group(subject) or held.cause is not None or (kind == "site" and name in fallen):
            continue  # a site falls because something in it fell: that something is the trouble
        runs = running.get(subject) if held.standing in (Standing.DOWN, Standing.BLIND) else None
        flapping = held.flapping_at(view.now)
        if held.standing in (Standing.UP, Standing.BLIND) and runs is None and not flapping:
            continue
        affected = with_it.get(subject, ())
        # The ledger is read every few seconds: what fell since has its clock by what the board says.
        outage = runs.outage if runs else Outage(_NO_ID, subject, held.since, None, held.reason, None, tuple(affected))
        own = notes.of(outage) if runs else []
        timing = None
        if runs is not None or held.standing is Standing.DOWN:
            timing = timing_of(runs.clock if runs else _clock_of(view, outage), outage, own, view)
        since = outage.began_at if runs else held.since
        site = site_of(subject, view.estate)
        found.append(
            Trouble(
                named=name_of(subject, view.estate),
                standing=held.standing,
                since=since,
                lasting=max(timedelta(0), view.now - since),
                reason=reason_of(held.reason, view.estate),
                site=name_of(f"site:{site}", view.estate) if site else None,
                affected=names_of(affected, view.estate),
                timing=timing,
                held_by=holder(own, view.now),
                url=outage_url(outage) if runs else "",
                flapping=flapping or bool(outage.flaps),
                work=under.of(subject),
            )
        )
    order = (Standing.DOWN, Standing.BLIND, Standing.DEGRADED, Standing.UP)
    return sorted(found, key=lambda t: (order.index(t.standing), t.since, t.named.title))


def _clock_of(view: View, outage: Outage) -> FixClock:
    began = min(outage.began_at, view.now)
    ahead = view.plan.planned(outage.subject, Period(began, view.now + timedelta(days=7)))
    return clock_of(outage, (), ahead, strictest(outage, view.estate), view.now)


def alarms(view: View) -> list[Alarm]:
    """States that devices report as warning or critical, the critical ones first."""
    found = []
    for watched in view.watched.values():
        visit = view.latest.condition(watched.name, watched.intervals, view.now)
        if visit is None:
            continue
        named = name_of(f"device:{watched.name}", view.estate)
        found += [
            Alarm(named, check, view.now - visit.started_at)
            for check in visit.checks
            if check.level in (Level.WARNING, Level.CRITICAL)
        ]
    return sorted(
        found, key=lambda a: (a.check.level is not Level.CRITICAL, a.device.title, a.check.check, a.check.subject)
    )


def tally(
    named: Named, devices: Iterable[Watched], board: Mapping[str, Held], site_kind: str = "",
    in_maintenance: bool = False,
) -> Tally:  # fmt: skip
    standings = Counter(shown(board.get(f"device:{device.name}", UNKNOWN)) for device in devices)
    held = board.get(named.subject)
    return Tally(
        named,
        standings.total(),
        standings[Standing.UP],
        standings[Standing.DEGRADED],
        standings[Standing.DOWN],
        standings[Standing.BLIND],
        site_kind,
        shown(held) if held else None,
        in_maintenance,
    )


def pairs(view: View, under: Under) -> list[Pair]:
    """Buildings with their WAN links, those with a link missing first."""
    by_site: dict[str, list[Leg]] = defaultdict(list)
    for name, link in view.estate.links.items():
        held = view.board.get(f"link:{name}", UNKNOWN)
        named = Named(f"link:{name}", "link", link.circuit or name)
        flapping, planned = held.flapping_at(view.now), under.of(named.subject) is not None
        by_site[link.site].append(Leg(named, link.supplier, shown(held), held.since, flapping, planned))
    found = []
    for site, legs in by_site.items():
        up = sum(leg.standing in (Standing.UP, Standing.DEGRADED) for leg in legs)
        down = sum(leg.standing is Standing.DOWN for leg in legs)
        if down == 0 and up < len(legs):
            verdict, level = "not known", Standing.BLIND
        elif down == 0:
            verdict, level = ("both up" if len(legs) == 2 else "up" if len(legs) == 1 else "all up"), Standing.UP
        elif down == len(legs):
            verdict, level = "cut off", Standing.DOWN
        else:
            verdict, level = ("one left" if len(legs) - down == 1 else f"{len(legs) - down} left"), Standing.DEGRADED
        found.append(Pair(name_of(f"site:{site}", view.estate), tuple(legs), verdict, level))
    order = (Standing.DOWN, Standing.DEGRADED, Standing.BLIND, Standing.UP)
    return sorted(found, key=lambda p: (order.index(p.level), p.site.title))


# ---------------------------------------------------------------- redundancy and readiness
def redundancy_of(view: View) -> Redundancy:
    """What is lost now, the worst and oldest first, and what carries services and sites meanwhile."""
    groups = {subject: held for subject, held in view.board.items() if is_group(subject)}
    lost = [
        Lost(
            spoken(title_of(subject, view.estate, view.topology.groups.get(subject)), view.estate),
            held.standing, held.since, reason_of(held.reason, view.estate),
        )
        for subject, held in groups.items()
        if held.standing in (Standing.DEGRADED, Standing.DOWN)
    ]  # fmt: skip
    lost.sort(key=lambda one: (one.standing is not Standing.DOWN, one.since, one.title))
    spare = _spare(view.estate, view.topology)
    told: dict[str, list[str]] = defaultdict(list)  # many services stand on the same pair, which is said once
    for subject in view.topology.needs:
        for sentence in carried(subject, view.board, spare):
            told[sentence].append(subject)
    return Redundancy(
        lost=lost,
        carried=[Carried(spoken(text, view.estate), names_of(own, view.estate)) for text, own in told.items()],
        groups=len(groups),
        unknown=sum(held.standing is Standing.BLIND for held in groups.values()),
    )


def _spare(estate: Estate, topology: Topology) -> Topology:
    """Without the devices of sites that do not say what they need: one is no spare of another (agent.topology)."""
    needs = dict(topology.needs)
    for name, site in estate.sites.items():
        own = needs.get(f"site:{name}")
        if site.needs is None and isinstance(own, AllOf):
            needs[f"site:{name}"] = AllOf(tuple(part for part in own.parts if _of_links(part)))
        elif site.needs is None and own is not None and not _of_links(own):
            del needs[f"site:{name}"]
    return replace(topology, needs=needs)


def _of_links(needs: Needs) -> bool:
    return all(part.kind == "link" for part in subjects(needs))


def centres_of(view: View, tallies: Mapping[str, Tally]) -> list[Centre]:
    checks = {}
    for watched in view.watched.values():
        if watched.role in CLASSES["power"]:
            visit = view.latest.condition(watched.name, watched.intervals, view.now)
            if visit is not None:
                checks[watched.name] = visit.checks
    found = []
    for ready in readiness_of(view.estate, view.topology, view.board, checks):
        verdicts = [(v, "") for v in ready.fails] + [(v, "it cannot be said: ") for v in ready.unknown]
        fails = [
            (view.estate.services[v.service].title, before + _some(names_of(v.missing, view.estate)))
            for v, before in verdicts
        ]
        clock = ready.clock
        found.append(
            Centre(
                tally=tallies[ready.site],
                readiness=ready,
                services=len(ready.holds) + len(verdicts),
                fails=fails,
                lost=name_of(f"site:{clock.lost}", view.estate) if clock else None,
                left=clock.deadline - view.now if clock else None,
                not_up=[view.estate.services[name].title for name in clock.not_up] if clock else (),
                met=clock is not None and clock.met_at is not None and clock.met_at <= clock.deadline,
            )
        )
    return found


def _some(named: Sequence[Named], most: int = 4) -> str:
    titles = [n.title for n in named[:most]]
    return listed([*titles, f"{len(named) - most} more"] if len(named) > most else titles)


# ---------------------------------------------------------------- the page
def overview(view: View) -> Overview:
    under = Under(view)
    every = troubles(view, under)
    wrong, planned = [t for t in every if t.work is None], [t for t in every if t.work is not None]
    reported = alarms(view)
    warned = [a for a in reported if under.of(a.device.subject) is None]
    devices = list(view.watched.values())
    ages = [
        view.now - recent.last_success_at
        for device in devices
        if (recent := view.latest.of(device.name)) is not None and recent.last_success_at is not None
    ]
    by_class: dict[str, list[Watched]] = defaultdict(list)
    by_site: dict[str, list[Watched]] = defaultdict(list)
    for device in devices:
        by_class[device.role].append(device)
        by_site[device.site].append(device)
    sites = {
        name: tally(
            name_of(f"site:{name}", view.estate), by_site.get(name, ()), view.board, site.kind,
            in_maintenance=under.of(f"site:{name}") is not None,
        )
        for name, site in view.estate.sites.items()
    }  # fmt: skip
    classes = [
        tally(Named("", "class", class_name(name, len(own)), f"/devices?class={name}"), own, view.board)
        for name, own in sorted(by_class.items())
    ]
    redundancy, centres = redundancy_of(view), centres_of(view, sites)
    seen = len(devices) - len(ages)
    verdict, detail, level = _verdict(view, wrong, planned, warned, redundancy, seen)
    quarter = {figures.subject: figures for figures in view.quarter}
    services = []
    for name in view.estate.services:
        subject = f"service:{name}"
        held = view.board.get(subject, UNKNOWN)
        services.append(
            Service(
                name_of(subject, view.estate), held, quarter.get(subject), held.flapping_at(view.now), under.of(subject)
            )
        )
    return Overview(
        verdict=verdict,
        detail=detail,
        level=level,
        troubles=wrong[:MOST_TROUBLES],
        more_troubles=max(0, len(wrong) - MOST_TROUBLES),
        planned=planned[:MOST_TROUBLES],
        more_planned=max(0, len(planned) - MOST_TROUBLES),
        work=under.running,
        alarms=warned[:MOST_CHECKS],
        more_alarms=max(0, len(warned) - MOST_CHECKS),
        excused_alarms=len(reported) - len(warned),
        redundancy=redundancy,
        centres=centres,
        pairs=pairs(view, under),
        classes=classes,
        sites=[t for t in sites.values() if t.site_kind != "data_centre"],
        services=services,
        oldest=max(ages, default=None),
        newest=min(ages, default=None),
        unseen=seen,
    )


def _verdict(
    view: View, wrong: list[Trouble], planned: list[Trouble], warned: list[Alarm], redundancy: Redundancy, unseen: int
) -> tuple[str, str, Standing]:
    """The page in one sentence, and one sentence more."""
    if view.agent.blind:
        return "We cannot see", "The agent itself is cut off. What is shown is what was last known.", Standing.BLIND
    if not view.watched:
        return "Nothing to watch", "The inventory has no devices.", Standing.BLIND
    if unseen == len(view.watched):
        return (
            "First looks are under way",
            f"{count(unseen, 'device')} in the inventory, none has answered yet.",
            Standing.BLIND,
        )
    down = [t for t in wrong if t.timing is not None]
    affected = sum(len(t.affected) for t in wrong)
    parts = []
    if down:
        verdict = f"{count(len(down), 'thing')} {'is' if len(down) == 1 else 'are'} down"
        level = Standing.DOWN
        if affected:
            parts.append(f"{affected} more carried down by {'it' if len(down) == 1 else 'them'}")
        due = [t.timing.left for t in down if t.timing is not None]
        if min(due) < timedelta(0):
            late = sum(left < timedelta(0) for left in due)
            parts.append(f"{late} past the fix target" if late < len(down) or late > 1 else "past the fix target")
        else:
            parts.append(f"{long_span(min(due))} left to fix {'it' if len(down) == 1 else 'the first'}")
    elif wrong:
        flapping = sum(t.standing is Standing.UP for t in wrong)
        how = "not well" if 0 < flapping < len(wrong) else "flapping" if flapping else "degraded"
        verdict = f"{count(len(wrong), 'thing')} {how}"
        level = Standing.DEGRADED
    elif redundancy.lost or warned:
        verdict, level = "Everything answers, not everything is well", Standing.DEGRADED
    elif planned:
        verdict, level = "All is well outside maintenance", Standing.UP
    else:
        return "All is well", f"{count(len(view.watched), 'device')} watched, every one answers.", Standing.UP
    if redundancy.lost:
        parts.append(f"redundancy lost in {count(len(redundancy.lost), 'place')}")
    if warned:
        critical = sum(a.check.level is Level.CRITICAL for a in warned)
        worst = f", {critical} of them critical" if critical else ""
        parts.append(f"{count(len(warned), 'warning')} from devices{worst}")
    if planned:
        parts.append(f"{count(len(planned), 'thing')} not well in planned maintenance")
    detail = "; ".join(parts)
    return verdict, (detail[:1].upper() + detail[1:] + ".") if detail else "", level
