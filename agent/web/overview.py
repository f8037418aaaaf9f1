"""What the first page says, worked out from a view. Pure.

The page answers: what is wrong now, since when, who is affected, how long have we got.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.facts import Standing
from agent.health import UNKNOWN, Held
from agent.inventory.model import Estate
from agent.view import View
from agent.watched import Watched
from agent.words import class_name, count
from collectors.readings import Check, Level

FIX_TARGET = timedelta(hours=4)
MOST_CHECKS = 30


@dataclass(frozen=True, slots=True)
class Named:
    """A subject with its name for people and its page, where it has one."""

    subject: str
    kind: str
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong now, by itself: what it takes down with it is in `affected`."""

    named: Named
    standing: Standing
    since: datetime
    lasting: timedelta
    reason: str
    site: Named | None
    affected: tuple[Named, ...]
    left: timedelta | None  # of the fix target; negative when it has passed; None where there is no clock (degraded)


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


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the links of a building."""

    named: Named
    supplier: str
    standing: Standing
    since: datetime


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
    alarms: Sequence[Alarm]
    more_alarms: int
    centres: Sequence[Tally]
    pairs: Sequence[Pair]
    classes: Sequence[Tally]
    sites: Sequence[Tally]
    services: Sequence[tuple[Named, Held]]
    oldest: timedelta | None
    newest: timedelta | None
    unseen: int


def name_of(subject: str, estate: Estate) -> Named:
    """Names for people of anything that stands or falls."""
    kind, _, name = subject.partition(":")
    if kind == "device" and name in estate.devices:
        return Named(subject, class_name(estate.devices[name].class_), name, f"/devices/{name}")
    if kind == "site" and name in estate.sites:
        return Named(subject, "site", estate.sites[name].title, f"/sites/{name}")
    if kind == "service" and name in estate.services:
        return Named(subject, "service", estate.services[name].title)
    if kind == "link" and name in estate.links:
        link = estate.links[name]
        return Named(subject, "link", f"{estate.sites[link.site].title}, {link.supplier}", f"/sites/{link.site}")
    return Named(subject, kind, name)


_SUBJECT = re.compile(r"\b(?:device|link|site|service):[A-Za-z0-9._-]+")


def reason_of(reason: str, estate: Estate) -> str:
    """A reason with the names that people use, in place of subjects."""
    return _SUBJECT.sub(lambda found: name_of(found.group(), estate).title, reason)


def site_of(subject: str, estate: Estate) -> str | None:
    kind, _, name = subject.partition(":")
    if kind == "device" and name in estate.devices:
        return estate.devices[name].site
    if kind == "link" and name in estate.links:
        return estate.links[name].site
    return None


def shown(held: Held) -> Standing:
    """How a subject is shown: what is carried down is down to those who use it."""
    return Standing.DOWN if held.out else held.standing


def troubles(view: View) -> list[Trouble]:
    """What is wrong by itself, the worst and oldest first."""
    carried: dict[str, list[str]] = defaultdict(list)
    for subject, held in view.board.items():
        if held.cause is not None and held.out:
            carried[held.cause].append(subject)
    found = []
    for subject, held in view.board.items():
        if held.cause is not None or held.standing in (Standing.UP, Standing.BLIND):
            continue
        kind, _, name = subject.partition(":")
        if kind == "site" and any(_stands_under(view, s, name) for s in view.board):
            continue  # a site falls because something in it fell: that something is the trouble
        site = site_of(subject, view.estate)
        target = (
            view.estate.services[name].fix_target if kind == "service" and name in view.estate.services else FIX_TARGET
        )
        lasting = max(timedelta(0), view.now - held.since)
        found.append(
            Trouble(
                named=name_of(subject, view.estate),
                standing=held.standing,
                since=held.since,
                lasting=lasting,
                reason=reason_of(held.reason, view.estate),
                site=name_of(f"site:{site}", view.estate) if site else None,
                affected=tuple(name_of(s, view.estate) for s in sorted(carried.get(subject, ()))),
                left=target - lasting if held.standing is Standing.DOWN else None,
            )
        )
    return sorted(found, key=lambda t: (t.standing is not Standing.DOWN, t.since, t.named.title))


def _stands_under(view: View, subject: str, site: str) -> bool:
    held = view.board[subject]
    return held.cause is None and held.standing is Standing.DOWN and site_of(subject, view.estate) == site


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


def tally(named: Named, devices: Iterable[Watched], board: Mapping[str, Held], site_kind: str = "") -> Tally:
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
    )


def pairs(view: View) -> list[Pair]:
    """Buildings with their WAN links, those with a link missing first."""
    by_site: dict[str, list[Leg]] = defaultdict(list)
    for name, link in view.estate.links.items():
        held = view.board.get(f"link:{name}", UNKNOWN)
        named = Named(f"link:{name}", "link", link.circuit or name)
        by_site[link.site].append(Leg(named, link.supplier, shown(held), held.since))
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


def overview(view: View) -> Overview:
    wrong = troubles(view)
    warned = alarms(view)
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
    sites = [
        tally(name_of(f"site:{name}", view.estate), by_site.get(name, ()), view.board, site.kind)
        for name, site in view.estate.sites.items()
    ]
    classes = [
        tally(Named("", "class", class_name(name, len(own)), f"/devices?class={name}"), own, view.board)
        for name, own in sorted(by_class.items())
    ]
    verdict, detail, level = _verdict(view, wrong, warned, len(devices) - len(ages))
    return Overview(
        verdict=verdict,
        detail=detail,
        level=level,
        troubles=wrong,
        alarms=warned[:MOST_CHECKS],
        more_alarms=max(0, len(warned) - MOST_CHECKS),
        centres=[t for t in sites if t.site_kind == "data_centre"],
        pairs=pairs(view),
        classes=classes,
        sites=[t for t in sites if t.site_kind != "data_centre"],
        services=[
            (name_of(f"service:{n}", view.estate), view.board.get(f"service:{n}", UNKNOWN))
            for n in view.estate.services
        ],
        oldest=max(ages, default=None),
        newest=min(ages, default=None),
        unseen=len(devices) - len(ages),
    )


def _verdict(view: View, wrong: list[Trouble], warned: list[Alarm], unseen: int) -> tuple[str, str, Standing]:
    """The page in one sentence, and one sentence more."""
    down = [t for t in wrong if t.standing is Standing.DOWN]
    affected = sum(len(t.affected) for t in wrong)
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
    if down:
        verdict = f"{count(len(down), 'thing')} {'is' if len(down) == 1 else 'are'} down"
        parts = [f"{affected} more carried down by {'it' if len(down) == 1 else 'them'}"] if affected else []
        level = Standing.DOWN
    elif wrong or warned:
        verdict = (
            "Everything answers, not everything is well" if not wrong else f"{count(len(wrong), 'thing')} degraded"
        )
        parts, level = [], Standing.DEGRADED
    else:
        return "All is well", f"{count(len(view.watched), 'device')} watched, every one answers.", Standing.UP
    if warned:
        critical = sum(a.check.level is Level.CRITICAL for a in warned)
        worst = f", {critical} of them critical" if critical else ""
        parts.append(f"{count(len(warned), 'warning')} from devices{worst}")
    detail = "; ".join(parts)
    return verdict, (detail[:1].upper() + detail[1:] + ".") if detail else "", level
