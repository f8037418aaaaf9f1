"""What hardware a visit saw. Pure.

sight(visit) -> tuple[Sighting, ...]    one for the chassis, one for each part
telling(sighting) -> tuple              what of it is worth another sighting when it differs (agent.lifecycle.known)
"""

from __future__ import annotations

from datetime import date
from operator import attrgetter

from agent.facts import Sighting
from agent.lifecycle.placeholders import FALSE_YEARS_UNTIL, believable, usable
from collectors.readings import Cadence, Part, Visit


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
    if (
        sighting.serial is None
        and sighting.model is None
        and sighting.installed is None
        and sighting.replace_by is None
    ):
        return  # nothing tells it from nothing; a battery often has no more than the day it was put in
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
        family=visit.profile,
        replace_by=_iso(replace_by if replace_by and replace_by.year > FALSE_YEARS_UNTIL else None),
    )


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


telling = attrgetter(
    "name", "vendor", "model", "serial", "version", "manufactured", "installed", "replace_by", "family"
)
