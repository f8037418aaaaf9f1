"""What every device is known to show, what of a visit is new, and what is missed for so long that it is gone. Pure.

    known = Known(assets, sightings)                as the ledger has them: register, last sightings in each place
    found = known.look(visit, sight(visit))         new sightings, and absences; both nearly always empty
    found = known.adopt(devices, now)               what follows from an inventory that lacks some of them
    known.hold(found)                               when they are handed over, and not before
    known.seen() -> tuple[(asset key, time), ...]   when pieces were last seen, of all that were since the last time

A piece is held to be gone when MISSES whole visits in a row did not show it, and it was last seen long enough ago
(GONE_AFTER). A visit is whole if it was an inventory visit that answered and read everything it asked by SNMP and SSH:
what could not be read proves nothing. One that shows fewer than half of what its device has is more likely a reading
that went wrong than a theft, and counts only when it has been so for DOUBTED_AFTER.

A device that left the inventory is looked at no more, so nothing can be missed there; but what shows at another device
while it is away has left it. Otherwise a device that was given another name would keep its hardware under the old one.

What goes is no longer known, so it is sighted when it comes back. And when a piece leaves a place while another shows
it too, that other place is sighted afresh, because it may be the main one now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.facts import Absence, Asset, Sighting
from agent.lifecycle.roll import Place, asset_key, place_from, place_of
from agent.lifecycle.sighting import telling
from collectors.readings import Visit, compatible

MISSES = 3  # one may be an answer cut short, two a restart of the device; inventory visits are six hours apart
GONE_AFTER = timedelta(hours=24)  # a power supply is out for a working day while it is mended
# These have power of their own, or none: switched off they are an outage, which others tell of, and still hardware
# that is owned. Buildings are closed over Christmas; a member of a stack or a pair is out until its spare comes.
GONE_AFTER_OF = {
    "access_point": timedelta(days=14), "stack_member": timedelta(days=7), "ha_member": timedelta(days=7),
    "pdu_unit": timedelta(days=7), "sensor_unit": timedelta(days=7),
}  # fmt: skip
DOUBTED_AFTER = timedelta(days=14)
NEEDED = frozenset({"snmp", "ssh", "decode", "parse"})  # stages of a visit that parts come from


@dataclass(slots=True)
class Spot:
    """A place, and what was last seen in it. `told` None: it is to be sighted afresh, whatever it shows."""

    key: str
    told: tuple[str | None, ...] | None
    name: str
    place: str  # as devices say it
    serial: str | None
    model: str | None
    seen_at: datetime
    missed: int = 0  # whole visits in a row that did not show it
    doubted: int = 0  # and those that showed fewer than half of what there is


@dataclass(frozen=True, slots=True)
class Found:
    """What of a visit is worth writing down."""

    new: tuple[Sighting, ...] = ()
    absences: tuple[Absence, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.new or self.absences)


NOTHING = Found()
_Spots = dict[tuple[str, str], Spot]  # part, place in the device


class Known:
    """See the module's docstring."""

    def __init__(
        self, assets: Iterable[Asset] = (), sightings: Iterable[Sighting] = (), own: Iterable[str] = ()
    ) -> None:  # fmt: skip
        """`own`: the devices that this agent sighted. Where several keep one ledger, it may not say of the others'
        devices that they have left: they are in no inventory of its own."""
        self._devices: dict[str, _Spots] = {}
        self._homes: dict[str, tuple[Place, ...]] = {}  # key > places, of pieces with a serial number
        self._visited: set[str] = set()  # devices of which known pieces were seen since `seen` was asked
        self._own = set(own)
        self._left: set[str] = set()  # devices of our own that are no longer in the inventory
        self._ousted: list[tuple[str, datetime]] = []  # pieces whose place another has: when they were last seen there
        self._missing: set[str] = set()  # devices that were visited without some of what they have
        last = {place_of(seen): seen for seen in sightings}
        for asset in assets:
            if asset.gone_at is not None:
                continue
            main = place_of(asset)
            for place in (main, *map(place_from, asset.also_at)):
                if (seen := last.get(place)) is None:
                    continue
                # It may have become the main place when another was vacated, and not have been sighted since.
                told = None if place == main and seen.name != asset.name else telling(seen)
                spot = Spot(asset.key, told, seen.name, seen.place, asset.serial, asset.model, asset.last_seen_at)
                self._devices.setdefault(place[0], {})[place[1:]] = spot
                self._settle(spot, place)

    # ------------------------------------------------------------ a visit
    def look(self, visit: Visit, sightings: tuple[Sighting, ...]) -> Found:
        """What of a visit is new, and what of its device is gone. `sightings`: what it saw."""
        if not sightings:
            return NOTHING
        spots = self._devices.get(visit.device)
        if spots is None:
            return Found(sightings, self._abandoned(sightings, visit.started_at))
        new = []
        for seen in sightings:
            spot = spots.get(place_of(seen)[1:])
            if spot is None or spot.told != telling(seen):
                new.append(seen)
            else:
                spot.seen_at = seen.seen_at
        self._visited.add(visit.device)
        if not new and len(sightings) == len(spots) and visit.device not in self._missing:
            return NOTHING  # nearly every visit ends here: all that is known was there, and nothing else
        missed = self._missed(visit, spots, sightings)
        return Found(tuple(new), (*missed, *self._abandoned(new, visit.started_at)))

    def _missed(self, visit: Visit, spots: _Spots, sightings: tuple[Sighting, ...]) -> tuple[Absence, ...]:
        """Count what was not there; answers what is gone by now."""
        shown = {place_of(seen)[1:]: seen for seen in sightings}
        for place in shown:
            if (spot := spots.get(place)) is not None:
                spot.missed = spot.doubted = 0
        missing = {place: spot for place, spot in spots.items() if place not in shown}
        (self._missing.add if missing else self._missing.discard)(visit.device)
        if not missing or any(failure.stage in NEEDED for failure in visit.failures):
            return ()
        pieces = {spot.key for spot in spots.values()}
        there = {self._key(seen, spots.get(place)) for place, seen in shown.items()} & pieces
        doubted = 2 * len(there) < len(pieces)
        gone = []
        for (part, _), spot in missing.items():
            if part == "chassis" and not any(shown_part == part for shown_part, _ in shown):
                continue  # the device answered, so it has one: it only did not say which
            if doubted:
                spot.doubted += 1
            else:
                spot.missed += 1
            patience = GONE_AFTER if self._seen_elsewhere(spot) else GONE_AFTER_OF.get(part, GONE_AFTER)
            times = spot.doubted if doubted else spot.missed
            if times >= MISSES and visit.started_at - spot.seen_at >= max(patience, DOUBTED_AFTER * doubted):
                gone.append(self._gone(visit.device, part, spot, visit.started_at))
        return tuple(gone)

    def adopt(self, devices: Collection[str], now: datetime) -> Found:
        """The inventory has these devices; answers what of the others is at one of them too, and so has left."""
        self._left = {device for device in self._devices if device in self._own and device not in devices}
        gone = [
            self._gone(device, part, spot, now)
            for device in sorted(self._left)
            for (part, _), spot in self._devices[device].items()
            if any(place[0] not in self._left for place in self._homes.get(spot.key, ()))
        ]
        return Found((), tuple(gone))

    def _abandoned(self, new: Iterable[Sighting], now: datetime) -> tuple[Absence, ...]:
        """Places at devices that left the inventory of what is newly seen elsewhere."""
        if not self._left:
            return ()
        places = {place for seen in new if seen.serial for place in self._homes.get(asset_key(seen), ())}
        spots = [(place, self._spot(place)) for place in sorted(places) if place[0] in self._left]
        return tuple(self._gone(place[0], place[1], spot, now) for place, spot in spots if spot is not None)

    @staticmethod
    def _gone(device: str, part: str, spot: Spot, now: datetime) -> Absence:
        return Absence(spot.key, device, part, spot.name, spot.place, spot.serial, spot.seen_at, now)

    def _seen_elsewhere(self, spot: Spot) -> bool:
        """Whether another place showed it since this one last did: then it is not switched off."""
        others = (self._spot(place) for place in self._homes.get(spot.key, ()))
        return any(other is not None and other.seen_at > spot.seen_at for other in others)

    def access_points(self, device: str) -> frozenset[str]:
        """The names of the access points behind a controller, those of them that are not gone."""
        spots = self._devices.get(device, {})
        return frozenset(spot.name for (part, _), spot in spots.items() if part == "access_point")

    # ------------------------------------------------------------ when it is handed over
    def hold(self, found: Found) -> None:
        """Hold as known what was handed over, and forget what is gone."""
        for seen in found.new:
            place = place_of(seen)
            self._own.add(place[0])
            spots = self._devices.setdefault(place[0], {})
            before = spots.get(place[1:])
            key, serial, model = self._key(seen, before), seen.serial, seen.model
            if before is not None:
                if key == before.key or (serial is not None and serial == before.serial):
                    serial, model = serial or before.serial, model or before.model
                    self._rename(before.key, key)
                else:
                    self._ousted.append((before.key, before.seen_at))
                    self._leave(before.key, place)
            spot = spots[place[1:]] = Spot(key, telling(seen), seen.name, seen.place, serial, model, seen.seen_at)
            self._settle(spot, place)
        for gone in found.absences:
            place = place_of(gone)
            if (spot_gone := self._devices.get(place[0], {}).pop(place[1:], None)) is not None:
                self._leave(spot_gone.key, place)

    @staticmethod
    def _key(seen: Sighting, before: Spot | None) -> str:
        """The asset's key, as the roll will have it."""
        if before is not None and before.serial is not None:
            if seen.serial is None and compatible(before.model, seen.model):
                return before.key
            if seen.serial == before.serial and not seen.vendor:
                return before.key
        return asset_key(seen)

    def _settle(self, spot: Spot, place: Place) -> None:
        if spot.serial is not None:
            homes = self._homes.get(spot.key, ())
            if place not in homes:
                self._homes[spot.key] = (*homes, place)

    def _leave(self, key: str, place: Place) -> None:
        """A piece is no longer in a place. Where else it is it is sighted afresh: that may be the main place now."""
        others = tuple(other for other in self._homes.pop(key, ()) if other != place)
        if others:
            self._homes[key] = others
        for other in others:
            if (spot := self._spot(other)) is not None:
                spot.told = None

    def _rename(self, before: str, key: str) -> None:
        """The same piece under another key, wherever it is."""
        if before == key:
            return
        for place in self._homes.pop(before, ()):
            if (spot := self._spot(place)) is not None:
                spot.key = key
                self._settle(spot, place)

    def _spot(self, place: Place) -> Spot | None:
        return self._devices.get(place[0], {}).get(place[1:])

    # ------------------------------------------------------------ now and then
    def seen(self) -> tuple[tuple[str, datetime], ...]:
        """When the pieces of devices that were visited since the last time were last seen: asset key, time."""
        visited, self._visited = self._visited, set()
        ousted, self._ousted = self._ousted, []
        spots = (spot for device in sorted(visited) for spot in self._devices[device].values())
        return (*ousted, *((spot.key, spot.seen_at) for spot in spots))
