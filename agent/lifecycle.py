"""What hardware a visit saw, and what its age means. Pure: no clock inside, the day is given.

    sight(visit) -> tuple[Sighting, ...]             one for the chassis, one for each part
    fresh(sightings, known) -> tuple[Sighting, ...]  those that say something new; nothing changed: nothing to write
    dated(asset, owned) -> Evidence                  how old it is, how that is known, and what contradicts it
    stage(asset, owned, policy, today) -> Life       in_life | review_due | refresh_due | overdue | unknown, and why

Evidence, best first: purchased, installed (inventory or device), reported by the device, coded in the serial number,
first seen. First seen proves only that it is not younger: it never makes a stage look better than "at least that old".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from agent.facts import Asset, Sighting
from collectors.readings import Cadence, Part, Visit

Stage = Literal["in_life", "review_due", "refresh_due", "overdue", "unknown"]
EvidenceKind = Literal["purchased", "installed", "reported", "serial", "first_seen", "none"]
Confidence = Literal["certain", "good", "fair", "low", "none"]

# ---------------------------------------------------------------- what the device says that is not so
_PLACEHOLDER = re.compile(
    r"""(?ix) ^ (?:
        n/?a | none | null | nil | unknown | undefined | default( \s string)? | not \s* (?: specified | available |
        applicable | present | installed | set | programmed ) | to \s be \s filled (?: \s by \s o\.?e\.?m\.? )? |
        (?: system | chassis | base \s? board | board | asset )? [\s-]* serial [\s-]* (?: number | no\.? )? |
        oem | o\.e\.m\. | invalid | empty | blank | test | sernum\d* | tbd | xxxx+ | 0?123456789.* | abcdefg.* |
        (.)\1* | [\s0f:.\-]+ | \?+
    ) $ """
)


def usable(text: str | None) -> str | None:
    """A serial number or model that means something; None for what factories and firmware put in its place.

    A string of one repeated character, all zeros and Fs, "N/A", "To be filled by O.E.M." and their kin.
    """
    if text is None:
        return None
    text = " ".join(text.split()).strip("\x00\"' ")
    if len(text) < 2 or not text.isprintable() or _PLACEHOLDER.match(text):
        return None
    return text[:120]


_FALSE_YEARS_UNTIL = 1990  # epoch, year 00 and BIOS defaults: no network hardware in service is that old


def believable(day: date | None, seen_on: date) -> date | None:
    """A date a device gave, unless it is one of the known false constants or lies in the future."""
    return day if day is not None and day.year > _FALSE_YEARS_UNTIL and day <= seen_on + timedelta(days=1) else None


def sight(visit: Visit) -> tuple[Sighting, ...]:
    """The hardware a visit saw: the device's own chassis from its identity, and every part with a name of its own.

    Only visits that asked for identity and parts say anything: others give nothing. A part that shows the chassis
    again (the same serial number) is the chassis, not a second piece.
    """
    if not visit.reached or visit.cadence is not Cadence.INVENTORY:
        return ()
    seen: dict[tuple[str, str], Sighting] = {}
    serials: set[str] = set()
    identity = visit.identity
    chassis = [part for part in visit.parts if part.part == "chassis"]
    if len(chassis) < 2 and (identity.serial or identity.model or chassis):
        part = chassis[0] if chassis else Part("chassis", visit.device)
        own = Part(
            "chassis",
            part.name or visit.device,
            usable(identity.model) or part.model,
            usable(identity.serial) or part.serial,
            identity.version or part.version,
            identity.manufactured or part.manufactured,
            part.installed,
            part.replace_by,
            "",  # one chassis has one place, whichever way it was found
        )
        _add(_sighting(visit, own), seen, serials)
        chassis_part: Part | None = part if chassis else None
    else:
        chassis_part = None
    for part in visit.parts:
        if part is not chassis_part:
            _add(_sighting(visit, part), seen, serials)
    return tuple(seen.values())


def _add(sighting: Sighting, seen: dict[tuple[str, str], Sighting], serials: set[str]) -> None:
    if sighting.serial is None and sighting.model is None:
        return
    if sighting.serial is not None:
        if sighting.serial in serials:
            return
        serials.add(sighting.serial)
    place, count = sighting.place, 1
    while (sighting.part, place) in seen:  # two parts without a place of their own keep one each
        count += 1
        place = f"{sighting.place}#{count}"
    if place != sighting.place:
        sighting = Sighting(**{name: getattr(sighting, name) for name in sighting.__slots__} | {"place": place})
    seen[sighting.part, place] = sighting


def _sighting(visit: Visit, part: Part) -> Sighting:
    seen_on = visit.started_at.date()
    replace_by = part.replace_by
    return Sighting(
        device=visit.device,
        part=part.part,
        name=part.name,
        place="" if part.part == "chassis" and not part.place else part.place or part.name,
        vendor=visit.identity.vendor,
        model=usable(part.model),
        serial=usable(part.serial),
        version=part.version or None,
        seen_at=visit.started_at,
        manufactured=_iso(believable(part.manufactured, seen_on)),
        installed=_iso(believable(part.installed, seen_on)),
        replace_by=_iso(replace_by if replace_by and replace_by.year > _FALSE_YEARS_UNTIL else None),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def sighting_key(sighting: Sighting | Asset) -> tuple[str, str, str]:
    """Where it is: device, part, place."""
    return sighting.device, sighting.part, sighting.place or sighting.name


_TELLING = ("name", "vendor", "model", "serial", "version", "manufactured", "installed", "replace_by")


def telling(sighting: Sighting | Asset) -> tuple[str | None, ...]:
    """What is worth a new sighting when it differs."""
    return tuple(getattr(sighting, name) for name in _TELLING)


def fresh(
    sightings: Iterable[Sighting], known: Mapping[tuple[str, str, str], tuple[str | None, ...]]
) -> tuple[Sighting, ...]:
    """The sightings that say something that `known` (place > what it said last) does not."""
    return tuple(s for s in sightings if known.get(sighting_key(s)) != telling(s))


# ---------------------------------------------------------------- dates in serial numbers
@dataclass(frozen=True, slots=True)
class SerialRule:
    """A maker's way to write year and week of manufacture into the serial number, as a pattern with groups y and w.

    `since`: what the year counts from; a year of one digit (`decade`) is the latest such year before it was first seen,
    so it may be ten years too young, and is trusted less.
    """

    vendor: str  # beginning of the vendor's name, without case
    pattern: str
    since: int = 0
    decade: bool = False
    except_parts: tuple[str, ...] = ()
    confidence: Confidence = "fair"


OPTICS = ("transceiver", "optic", "sfp")  # their numbers look alike and mean nothing
SERIAL_RULES = (
    # Cisco: LLLYYWWSSSS, site, year since 1996, week
    SerialRule("cisco", r"[A-Z]{3}(?P<y>\d{2})(?P<w>\d{2})[0-9A-Z]{4}", since=1996, except_parts=OPTICS),
    # HPE servers: CCSYWWNNNN, country, site, last digit of the year, week
    SerialRule(
        "hpe", r"[A-Z]{2}[0-9A-Z](?P<y>\d)(?P<w>\d{2})[0-9A-Z]{4}", decade=True, confidence="low",
        except_parts=(*OPTICS, "access_point", "switch", "stack_member"),
    ),
)  # fmt: skip


def made_on(asset: Asset, rules: Iterable[SerialRule] = SERIAL_RULES) -> tuple[date, Confidence] | None:
    """The Monday of the week coded in a serial number, where the maker's rule is established, and how far to trust it.

    Never later than first seen: then the number means something else.
    """
    if asset.serial is None:
        return None
    vendor, first_seen = (asset.vendor or "").casefold(), asset.first_seen_at.date()
    for rule in rules:
        match = re.fullmatch(rule.pattern, asset.serial.upper())
        if match is None or not vendor.startswith(rule.vendor) or asset.part in rule.except_parts:
            continue
        year, week = rule.since + int(match["y"]), int(match["w"])
        years = range(first_seen.year - (first_seen.year - year) % 10, 1990, -10) if rule.decade else (year,)
        days = (_week(one, week) for one in years)
        day = next((day for day in days if day is not None and day <= first_seen), None)
        return (day, rule.confidence) if day else None
    return None


def _week(year: int, week: int) -> date | None:
    """The Monday of a week; makers count a 53rd in years that ISO gives only 52."""
    if not 1 <= week <= 53:
        return None
    return date.fromisocalendar(year, min(week, 52), 1)


# ---------------------------------------------------------------- evidence
@dataclass(frozen=True, slots=True)
class Owning:
    """What the inventory says of a piece of hardware."""

    purchased: date | None = None
    installed: date | None = None
    support_until: date | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """Since when it exists, how that is known, how far to trust it, and what other evidence contradicts it."""

    since: date | None
    kind: EvidenceKind
    confidence: Confidence
    conflicts: tuple[str, ...] = ()


CONFIDENCE: Mapping[EvidenceKind, Confidence] = {
    "purchased": "certain", "installed": "certain", "reported": "good", "serial": "fair", "first_seen": "low",
    "none": "none",
}  # fmt: skip
CONFLICT = timedelta(days=550)  # stock lies in a warehouse for months, not for a year and a half


def dated(asset: Asset, owned: Owning | None = None, rules: Iterable[SerialRule] = SERIAL_RULES) -> Evidence:
    """The best evidence for an asset's age, with what contradicts it."""
    owned = owned or Owning()
    coded, trust = made_on(asset, rules) or (None, CONFIDENCE["serial"])
    ladder: list[tuple[EvidenceKind, date | None]] = [
        ("purchased", owned.purchased),
        ("installed", owned.installed or _day(asset.installed)),
        ("reported", _day(asset.manufactured)),
        ("serial", coded),
        ("first_seen", asset.first_seen_at.date()),
    ]
    known = [(kind, day) for kind, day in ladder if day is not None]
    kind, since = known[0]
    conflicts = tuple(
        f"{other} says {day.isoformat()}"
        for other, day in known[1:]
        # Made or seen before it was bought is a conflict; seen long after is only late.
        if (day < since and since - day > CONFLICT and other != "first_seen")
        or (day < since and other == "first_seen")
        or (day - since > CONFLICT and other in ("reported", "serial"))
    )
    return Evidence(since, kind, trust if kind == "serial" else CONFIDENCE[kind], conflicts)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


# ---------------------------------------------------------------- policy
@dataclass(frozen=True, slots=True)
class Policy:
    """When hardware of a class is reviewed and replaced, in years of age; `soon` days before replacement it is due."""

    review_years: float = 4.0
    replace_years: float = 7.0
    soon_days: int = 365


BATTERY = Policy(review_years=3.0, replace_years=4.0, soon_days=180)


@dataclass(frozen=True, slots=True)
class Life:
    """Where a piece of hardware stands in its life, in words, with the days that decide."""

    stage: Stage
    reason: str
    evidence: Evidence
    review_on: date | None
    replace_on: date | None
    age_days: int | None


def stage(asset: Asset, owned: Owning | None, policy: Policy, today: date) -> Life:
    """The stage on `today`. A device's own date for replacement, and the end of support, beat the policy if earlier.

    With nothing but the day it was first seen the stage is `unknown` for as long as that alone proves nothing due.
    """
    evidence = dated(asset, owned)
    since = evidence.since
    if since is None:
        return Life("unknown", "no date is known", evidence, None, None, None)
    review_on, replace_on = _later(since, policy.review_years), _later(since, policy.replace_years)
    why = f"{policy.replace_years:g} years from {_WORDS[evidence.kind]} {since.isoformat()}"
    for other, words in ((_day(asset.replace_by), "the device asks for it by"), (_support(owned), "support ends on")):
        if other is not None and other < replace_on:
            replace_on, why = other, f"{words} {other.isoformat()}"
    age = (today - since).days
    if today >= replace_on:
        found: Stage = "overdue"
        reason = f"replacement was due on {replace_on.isoformat()}: {why}"
    elif today >= replace_on - timedelta(days=policy.soon_days):
        found, reason = "refresh_due", f"to be replaced by {replace_on.isoformat()}: {why}"
    elif today >= review_on:
        found = "review_due"
        reason = f"{policy.review_years:g} years from {_WORDS[evidence.kind]} {since.isoformat()} have passed"
    elif evidence.kind == "first_seen":
        found, reason = "unknown", f"nothing dates it; it is in use since {since.isoformat()} at least"
    else:
        found, reason = "in_life", f"review from {review_on.isoformat()}, {_WORDS[evidence.kind]} {since.isoformat()}"
    return Life(found, reason, evidence, review_on, replace_on, age)


_WORDS: Mapping[EvidenceKind, str] = {
    "purchased": "purchase on", "installed": "installation on", "reported": "the date it reports,",
    "serial": "the date in its serial number,", "first_seen": "first sight on", "none": "",
}  # fmt: skip


def _support(owned: Owning | None) -> date | None:
    return owned.support_until if owned else None


def _later(day: date, years: float) -> date:
    """So many years later; halves are months; 29 February becomes the 28th."""
    months = day.year * 12 + day.month - 1 + round(years * 12)
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
