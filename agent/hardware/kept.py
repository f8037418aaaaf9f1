"""Which exception of the inventory fits a piece of hardware. Pure.

    keeps = Keeps(estate.exceptions, today)
    keeps.of(asset, role, site, entry) -> Keep | None

All that an exception gives must fit. Of several that fit, one in force goes before one that has expired, and then the
later one: somebody who keeps a building's switches until spring has not given up the one that is kept until summer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fnmatch import translate

from agent.facts import Asset
from agent.inventory.model import KeepUntil
from agent.lifecycle import Keep
from agent.lifecycle.same import serial_key


class OneKeep:
    """An exception, made ready to be asked about tens of thousands of pieces."""

    __slots__ = ("_entries", "_models", "_parts", "_serials", "devices", "keep", "roles", "sites")

    def __init__(self, name: str, entry: KeepUntil) -> None:
        self.keep = Keep(name, entry.until, entry.owner, entry.reason)
        self.devices, self.roles, self.sites = (
            frozenset(entry.devices),
            frozenset(entry.classes),
            frozenset(entry.sites),
        )
        self._entries, self._parts = frozenset(entry.hardware), frozenset(entry.parts)
        self._serials = frozenset(map(serial_key, entry.serials))
        patterns = "|".join(translate(model.casefold()) for model in entry.models)
        self._models = re.compile(patterns) if patterns else None

    def at(self, device: str, role: str, site: str) -> bool:
        """Whether it may fit what is at a place; access points behind a controller are of the class wifi_ap as well."""
        return (
            (not self.devices or device in self.devices)
            and (not self.sites or site in self.sites)
            and (not self.roles or role in self.roles or (role == "wifi_controller" and "wifi_ap" in self.roles))
        )

    def fits(self, asset: Asset, role: str, entry: str) -> bool:
        """Whether it fits a piece at such a place."""
        return (
            (not self.roles or role in self.roles or asset.part == "access_point")
            and (not self._parts or asset.part in self._parts)
            and (not self._entries or entry in self._entries)
            and (not self._serials or serial_key(asset.serial or "") in self._serials)
            and (self._models is None or self._models.match((asset.model or "").casefold()) is not None)
        )


class Keeps:
    """The exceptions of an inventory on a day."""

    def __init__(self, exceptions: Mapping[str, KeepUntil], today: date) -> None:
        ready = [OneKeep(name, entry) for name, entry in exceptions.items()]
        ready.sort(key=lambda one: (one.keep.over(today), -one.keep.until.toordinal(), one.keep.name))
        self._ready = tuple(ready)
        self._at: dict[tuple[str, str, str], tuple[OneKeep, ...]] = {}

    def of(self, asset: Asset, role: str, site: str, entry: str = "") -> Keep | None:
        """`entry`: its name among the inventory's `hardware`."""
        near = self.near(asset.device, role, site)
        return fitting_of(near, asset, role, entry) if near else None

    def near(self, device: str, role: str, site: str) -> tuple[OneKeep, ...]:
        """Those that may fit what is at a place, the one that goes before the others first."""
        if not self._ready:
            return ()
        place = device, role, site
        found = self._at.get(place)
        if found is None:
            found = self._at[place] = tuple(one for one in self._ready if one.at(*place))
        return found


def fitting_of(near: tuple[OneKeep, ...], asset: Asset, role: str, entry: str = "") -> Keep | None:
    for one in near:
        if one.fits(asset, role, entry):
            return one.keep
    return None
