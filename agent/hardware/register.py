"""The hardware register: every piece of hardware with its age, its stage and its cost. Pure.

    pieces_of(assets, estate, today, purchases, notices) -> list[Piece]

Pieces come from what visits saw (the ledger's assets), from the inventory's `hardware`, and from its devices that no
visit has told a chassis of: those have one by their place, so that what only answers to ping is in the register too. A
serial number is one piece, whichever of them name it.

Purchase facts: the last purchase record with the serial number, then the inventory's `hardware` with it, then what the
device says it cost, which is for its chassis, or for all members of a stack or pair together where it has none. What a
record leaves open comes from the next one: dates together, and the price with its shares. Policy and exceptions come
from the inventory; access points behind a controller have the policy of access points.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal, Protocol
from uuid import UUID, uuid5

from agent.facts import Asset, Purchase
from agent.hardware.kept import Keeps, OneKeep, fitting_of
from agent.inventory.model import Device, DeviceClass, Estate, Hardware, Owned
from agent.inventory.resolve import POLICY, policy
from agent.lifecycle import Evidence, Keep, Life, Notice, Owning, Policy, dated, stage
from agent.lifecycle.same import same_vendor, serial_key
from agent.lifecycle.serials import Line, shipped, virtual
from agent.lifecycle.words import BATTERIES, MAIN, UNITS
from agent.record import record

Presence = Literal["present", "gone", "withdrawn"]  # withdrawn: its device is no longer in the inventory
# First and last sight of what no visit has seen. Readers say "never" of any time before 1971.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING = Owning()
_NO_POLICY = Policy()
_IDS = UUID("8f0f6b0e-5b44-5f0e-9d0e-6f7c2d7a4b11")  # ids of what is no row of the ledger are made from its key


class Announced(Protocol):
    """What vendors have announced (agent.lifecycle.notices)."""

    def hardware(self, vendor: str | None, model: str | None, family: str | None = None) -> Notice | None: ...

    def software(
        self, vendor: str | None, model: str | None, family: str | None, version: str | None
    ) -> Notice | None: ...


@record
class Piece:
    """One piece of hardware of the register, with what follows from it."""

    asset: Asset
    life: Life
    owned: Owning
    presence: Presence = "present"
    site: str = ""  # name of the site; "" where its device is no longer in the inventory
    role: str = ""  # class of the device it is or is in: switch, firewall, ups
    unit: bool = True  # bought and replaced by itself; not a part that goes with its device
    seen: bool = True  # by a visit; if not, its first and last sight are NEVER
    entry: str = ""  # its name in the inventory's `hardware`
    council: str = ""  # the council that its site belongs to

    @property
    def age(self) -> timedelta | None:
        return timedelta(days=self.life.age_days) if self.life.age_days is not None else None

    @property
    def evidence(self) -> str:
        return self.life.evidence.kind

    @property
    def confidence(self) -> str:
        return self.life.evidence.confidence

    @property
    def conflicts(self) -> tuple[str, ...]:
        return self.life.evidence.conflicts

    @property
    def stage(self) -> str:
        return self.life.stage

    @property
    def reason(self) -> str:
        return self.life.reason

    @property
    def review_on(self) -> date | None:
        return self.life.review_on

    @property
    def replace_by(self) -> date | None:
        return self.life.replace_on

    @property
    def firewall(self) -> bool:
        """Whether it is a firewall, and not a part of one."""
        return self.role == "firewall" and self.asset.part in MAIN

    @property
    def title(self) -> str:
        """What people call it: the device it is, or its name in the inventory where it is in none."""
        return self.asset.device or self.asset.name


def pieces_of(
    assets: Iterable[Asset], estate: Estate, today: date, purchases: Iterable[Purchase] = (),
    notices: Announced | None = None,
) -> list[Piece]:  # fmt: skip
    """The register on a day: what visits saw in the ledger's order, then what only the inventory knows."""
    return _Register(estate, today, purchases, notices).pieces(list(assets))


# ---------------------------------------------------------------- what holds at a place
@dataclass(slots=True)
class _Spot:
    """A device of the inventory, or a place of `hardware` outside of one, as far as its pieces need it."""

    site: str
    role: str
    council: str
    policy: Policy
    battery: Policy
    access_point: Policy
    owning: Owning = _NOTHING
    main: bool = False  # a chassis, or a member of what has none, is there
    chassis: bool = False
    polled: bool = False  # by what visits saw, and not by the inventory's `hardware` alone
    whole: Evidence | None = None

    def years(self, part: str) -> Policy:
        """What holds for pieces of a kind."""
        return self.battery if part in BATTERIES else self.access_point if part == "access_point" else self.policy


@dataclass(slots=True)
class _Corner:
    """A device's pieces of one kind, as far as they need it: what holds for the first of them holds for all."""

    site: str
    role: str
    council: str
    presence: Presence  # of those that are not gone
    years: Policy
    whole: Evidence | None
    keeps: tuple[OneKeep, ...]  # exceptions that may fit
    unit: bool
    group: int  # the same for corners that differ in nothing that a life depends on


class _Register:
    """One pass over all hardware; what holds for a device, a model or a version is found once."""

    def __init__(
        self, estate: Estate, today: date, purchases: Iterable[Purchase], notices: Announced | None
    ) -> None:  # fmt: skip
        self._estate, self._today, self._notices = estate, today, notices
        self._keeps = Keeps(estate.exceptions, today)
        self._purchases: dict[str, list[Purchase]] = defaultdict(list)
        for purchase in purchases:
            self._purchases[serial_key(purchase.serial)].append(purchase)
        self._entries = {
            serial_key(entry.serial): name for name, entry in estate.hardware.items() if entry.serial is not None
        }
        self._spots: dict[str, _Spot | None] = {}
        self._hardware: dict[tuple[str | None, str | None, str | None], Notice | None] = {}
        self._software: dict[tuple[str | None, str | None, str | None, str | None], Notice | None] = {}
        self._corners: dict[tuple[str, str], _Corner] = {}
        self._policies: dict[tuple[str, str], tuple[Policy, Policy]] = {}
        self._models: dict[tuple[str | None, ...], tuple[Notice | None, Line]] = {}
        self._groups: dict[tuple[object, ...], int] = {}
        self._alike: dict[tuple[object, ...], Life] = {}
        self._rules = shipped()
        self._day = datetime(today.year, today.month, today.day, tzinfo=UTC)

    def pieces(self, assets: list[Asset]) -> list[Piece]:
        found_entries: dict[str, Asset] = {}
        for asset in assets:
            if asset.gone_at is None and (asset.part in MAIN or asset.also_at):  # few
                self._settle(asset)
            if asset.serial is not None and self._entries:
                name = self._entries.get(serial_key(asset.serial))
                if name is not None and same_vendor(self._estate.hardware[name].vendor, asset.vendor):
                    here = found_entries.get(name)
                    if here is None or (here.gone_at is not None and asset.gone_at is None):
                        found_entries[name] = asset
        by_key = {asset.key: name for name, asset in found_entries.items()}
        for entry in self._estate.hardware.values():
            if entry.device is not None and entry.part in MAIN and (spot := self._spot(entry.device)) is not None:
                spot.main = True
                spot.chassis = spot.chassis or entry.part == "chassis"
        # The chassis first: what it is known by may be all there is to tell the age of its parts by.
        lives: dict[int, Piece] = {}
        for number, asset in enumerate(assets):
            if asset.part == "chassis":
                lives[number] = piece = self._seen(asset, by_key.get(asset.key, ""))
                spot = self._spots.get(asset.device)
                if spot is not None and spot.whole is None and piece.presence == "present":
                    spot.whole = piece.life.evidence
        made = [
            lives.get(number) or self._plain(asset, by_key) or self._seen(asset, by_key.get(asset.key, ""))
            for number, asset in enumerate(assets)
        ]
        made += [
            self._of_entry(name, entry) for name, entry in self._estate.hardware.items() if name not in found_entries
        ]
        taken = {asset.key for asset in assets}
        for name in self._estate.devices:
            spot = self._spot(name)
            if spot is not None and not spot.main:
                made.append(self._unseen_device(name, spot, taken))
        return made

    def _settle(self, asset: Asset) -> None:
        """Which devices have a chassis, or members."""
        for device, part in ((asset.device, asset.part), *(tuple(text.split("/", 2)[:2]) for text in asset.also_at)):
            if part in MAIN and (spot := self._spot(device)) is not None:
                spot.main = spot.polled = True
                spot.chassis = spot.chassis or part == "chassis"

    # ------------------------------------------------------------ where
    def _spot(self, name: str) -> _Spot | None:
        """What holds for the hardware of a device; None where the inventory no longer has it."""
        if name not in self._spots:
            device = self._estate.devices.get(name)
            self._spots[name] = None if device is None else self._place(device.class_, device.site, (device,))
            spot = self._spots[name]
            if device is not None and spot is not None:
                spot.owning = owning_of(device.owned, f"inventory, device {name}")
        return self._spots[name]

    def _place(self, class_: DeviceClass, site: str, own: tuple[Device | Hardware, ...]) -> _Spot:
        found = self._estate.sites.get(site)
        mine, battery = self._years(class_, site, tuple(one for one in own if _says_years(one)))
        above = self._years("wifi_ap", site)[0] if class_ == "wifi_controller" else mine
        return _Spot(site, class_, found.owner if found else "", mine, battery, above)

    def _years(self, class_: DeviceClass, site: str, own: tuple[Device | Hardware, ...] = ()) -> tuple[Policy, Policy]:
        """What holds for hardware of a class at a site, and for its batteries. `own`: entries that say years."""
        known = None if own else self._policies.get((class_, site))
        if known is None:
            years = policy(self._estate, class_, site, own)
            mine = _policy({key: value for key, (value, _) in years.items()})
            known = mine, mine.of_battery
            if not own:
                self._policies[class_, site] = known
        return known

    def _corner(self, device: str, part: str) -> _Corner:
        spot, unit = self._spot(device), part in UNITS
        years = _NO_POLICY if spot is None else spot.years(part)
        whole = spot.whole if spot is not None and not unit else None
        role, site, council = (spot.role, spot.site, spot.council) if spot is not None else ("", "", "")
        group = self._groups.setdefault((unit, id(whole), id(years)), len(self._groups))
        keeps = self._keeps.near(device, role, site)
        corner = self._corners[device, part] = _Corner(
            site, role, council, "present" if spot is not None else "withdrawn", years, whole, keeps, unit, group
        )
        return corner

    def _model(self, model: tuple[str | None, ...], asset: Asset) -> tuple[Notice | None, Line]:
        """What the vendor says of a model, and the rules for its serial numbers."""
        notice = self._notice(asset.vendor, asset.model, asset.family) if self._notices is not None else None
        found = self._models[model] = notice, self._rules.line_of(asset)
        return found

    # ------------------------------------------------------------ pieces
    def _plain(self, asset: Asset, by_key: Mapping[str, str]) -> Piece | None:
        """A part that says nothing of itself which bears on its life, and of which nobody else says anything.

        Of two such fans that came on one day in one device, all that follows is the same: a large estate has tens of
        thousands, and here each costs a quarter of what `_piece` takes. None: it is no such part.
        """
        if asset.version is not None or asset.manufactured is not None or asset.installed is not None:
            return None
        part, serial = asset.part, asset.serial
        if part in MAIN or asset.replace_by is not None or asset.also_at or asset.key in by_key:
            return None
        if serial is not None and self._purchases and serial_key(serial) in self._purchases:
            return None
        model = asset.vendor, asset.family, asset.model, part
        notice, line = self._models.get(model) or self._model(model, asset)
        first_seen = asset.first_seen_at.date()
        made = self._rules.read(line, serial, first_seen) if line and serial is not None else None
        corner = self._corners.get((asset.device, part)) or self._corner(asset.device, part)
        keep = fitting_of(corner.keeps, asset, corner.role) if corner.keeps else None
        alike = made, first_seen, corner.group, keep, id(notice)
        life = self._alike.get(alike)
        if life is None:
            evidence = dated(asset, whole=corner.whole, today=self._today, made=made)
            life = self._alike[alike] = stage(
                asset, _NOTHING, corner.years, self._today, notice=notice, keep=keep, evidence=evidence
            )
        presence = corner.presence if asset.gone_at is None or corner.presence == "withdrawn" else "gone"
        return Piece(asset, life, _NOTHING, presence, corner.site, corner.role, corner.unit, True, "", corner.council)

    def _seen(self, asset: Asset, name: str) -> Piece:
        spot = self._spot(asset.device)
        presence: Presence = "withdrawn" if spot is None else "gone" if asset.gone_at is not None else "present"
        entry = self._estate.hardware[name] if name else None
        conflicts: tuple[str, ...] = ()
        if entry is not None:
            conflicts = tuple(_differences(asset, entry, name, spot, self._estate))
            asset = _filled(asset, entry)
            if presence != "present":  # it was taken out, and the inventory says where it is now
                spot, presence = self._spot_of(entry), "present"
                asset = replace(asset, device=entry.device or "", place=name, gone_at=None)
        if asset.also_at:
            conflicts = (*conflicts, *self._shown_twice(asset))
        return self._piece(asset, spot, presence, name, entry, conflicts)

    def _of_entry(self, name: str, entry: Hardware) -> Piece:
        vendor = (entry.vendor or "").casefold()
        key = f"serial:{vendor}/{entry.serial}" if entry.serial is not None else f"inventory:{name}"
        asset = Asset(
            uuid5(_IDS, key), key, entry.device or "", entry.part, entry.title or name, name, entry.vendor, entry.model,
            entry.serial, entry.version, entry.manufactured.isoformat() if entry.manufactured else None, None, None,
            NEVER, NEVER,
        )  # fmt: skip
        return self._piece(asset, self._spot_of(entry), "present", name, entry, seen=False)

    def _unseen_device(self, name: str, spot: _Spot, taken: set[str]) -> Piece:
        key = f"place:{name}/chassis/"
        if key in taken:  # one that is gone: this is what stands there instead
            key += "#2"
        asset = Asset(
            uuid5(_IDS, key), key, name, "chassis", name, "", None, None, None, None, None, None, None, NEVER, NEVER
        )
        spot.chassis = True
        return self._piece(asset, spot, "present", "", None, seen=False)

    def _spot_of(self, entry: Hardware) -> _Spot | None:
        if entry.device is None:
            return self._place(entry.class_ or "server", entry.site or "", (entry,))
        device, spot = self._estate.devices.get(entry.device), self._spot(entry.device)
        if device is None or spot is None:
            return None
        own = self._place(device.class_, device.site, (entry, device))
        return replace(spot, policy=own.policy, battery=own.battery)

    def _piece(
        self, asset: Asset, spot: _Spot | None, presence: Presence, name: str, entry: Hardware | None,
        conflicts: tuple[str, ...] = (), seen: bool = True,
    ) -> Piece:  # fmt: skip
        role, site = (spot.role, spot.site) if spot is not None else ("", "")
        own = (
            spot is not None and presence == "present" and asset.part in MAIN
            and (asset.part == "chassis" or not spot.chassis) and (seen or not spot.polled)
        )  # fmt: skip
        owned = self._owned(asset, spot.owning if spot is not None and own else None, name, entry)
        keep: Keep | None = self._keeps.of(asset, role, site, name)
        years = spot.years(asset.part) if spot is not None else _NO_POLICY
        notice = self._notice(asset.vendor, asset.model, asset.family) if self._notices is not None else None
        whole = spot.whole if spot is not None and asset.part not in UNITS else None
        chassis = asset.part == "chassis"
        release = self._release(asset) if self._notices is not None and asset.version is not None else None
        if seen:
            made = self._rules.made_on(asset, owned.purchased or owned.installed)
            evidence = dated(asset, owned, whole=whole, today=self._today, made=made)
        else:
            evidence = self._unseen(asset, owned, whole)
        if conflicts:
            evidence = replace(evidence, conflicts=(*evidence.conflicts, *conflicts))
        life = stage(asset, owned, years, self._today, notice=notice, software=release, keep=keep, evidence=evidence)
        council = spot.council if spot is not None else ""
        unit = asset.part in UNITS and not (chassis and virtual(asset.model, asset.serial))
        return Piece(asset, life, owned, presence, site, role, unit, seen, name, council)

    def _unseen(self, asset: Asset, owned: Owning, whole: Evidence | None) -> Evidence:
        """What dates a piece that no visit has seen: its first sight does not."""
        found = dated(replace(asset, first_seen_at=self._day, last_seen_at=self._day), owned, whole=whole,
                      today=self._today)  # fmt: skip
        ladder = tuple(one for one in found.ladder if one.kind != "first_seen")
        if not ladder:
            return Evidence(None, "none", "none", found.conflicts)
        return replace(found, ladder=ladder)

    # ------------------------------------------------------------ facts
    def _owned(self, asset: Asset, of_device: Owning | None, name: str, entry: Hardware | None) -> Owning:
        found: Owning | None = None
        if asset.serial is not None and self._purchases:
            for purchase in reversed(self._purchases.get(serial_key(asset.serial), ())):
                if same_vendor(purchase.vendor, asset.vendor):
                    found = owning_from(purchase)
                    break
        if entry is not None:
            found = _completed(found, owning_of(entry.owned, f"inventory, hardware {name}"))
        if of_device is not None:
            found = _completed(found, of_device)
        return found if found is not None else _NOTHING

    def _notice(self, *which: *tuple[str | None, str | None, str | None]) -> Notice | None:
        if which not in self._hardware and self._notices is not None:
            self._hardware[which] = self._notices.hardware(*which)
        return self._hardware[which]

    def _release(self, asset: Asset) -> Notice | None:
        which = asset.vendor, asset.model, asset.family, asset.version
        if which not in self._software and self._notices is not None:
            self._software[which] = self._notices.software(*which)
        return self._software[which]

    def _shown_twice(self, asset: Asset) -> Iterable[str]:
        """Two devices that both say it is their own chassis: one of them is wrong, or is known by two names."""
        if asset.part != "chassis":
            return
        for text in asset.also_at:
            device, part, _ = text.split("/", 2)
            if part == "chassis" and device != asset.device and device in self._estate.devices:
                yield f"{device} shows the same serial number as its own"


def _says_years(entry: Device | Hardware) -> bool:
    return any(getattr(entry, key) is not None for key in POLICY)


def _policy(years: Mapping[str, float]) -> Policy:
    return Policy(
        years["review_years"], years["replace_years"], battery_years=years["battery_years"],
        software_review_years=years["software_review_years"],
    )  # fmt: skip


def owning_of(owned: Owned, origin: str) -> Owning:
    """What the inventory says of it."""
    return Owning(
        owned.purchased, owned.installed, owned.support_until,
        int(owned.price * 100) if owned.price is not None else None,
        owned.supplier, tuple((owned.shares or {}).items()), origin,
    )  # fmt: skip


def owning_from(purchase: Purchase) -> Owning:
    """What a purchase record says of it."""
    purchased, installed, until = (
        date.fromisoformat(day) if day else None
        for day in (purchase.purchased, purchase.installed, purchase.support_until)
    )
    shares = tuple((council, Decimal(share)) for council, share in purchase.shares)
    return Owning(purchased, installed, until, purchase.price_pence, purchase.supplier, shares, purchase.origin)


def _completed(first: Owning | None, second: Owning) -> Owning:
    """What the first leaves open, as the second has it. Dates belong together, and so do a price and its shares."""
    if first is None:
        return second
    dates, price = first, first
    if first.purchased is None and first.installed is None:
        dates = second
    if first.price_pence is None:
        price = second
    until = first.support_until
    if until is None and second.support_until is not None:
        # A contract that ended before this was bought was for what stood there before.
        began = dates.purchased or dates.installed
        until = second.support_until if began is None or second.support_until >= began else None
    return Owning(
        dates.purchased, dates.installed, until, price.price_pence, first.supplier or second.supplier, price.shares,
        first.origin, price.price_origin or price.origin,
    )  # fmt: skip


def _filled(asset: Asset, entry: Hardware) -> Asset:
    """What a visit does not tell, as the inventory has it."""
    made = entry.manufactured.isoformat() if entry.manufactured else None
    return replace(
        asset, vendor=asset.vendor or entry.vendor, model=asset.model or entry.model,
        version=asset.version or entry.version, manufactured=asset.manufactured or made,
    )  # fmt: skip


def _differences(asset: Asset, entry: Hardware, name: str, spot: _Spot | None, estate: Estate) -> Iterable[str]:
    """Where the inventory says otherwise than a visit that sees it."""
    says = f"the inventory (hardware {name}) says"
    if entry.model and asset.model and entry.model.casefold() not in asset.model.casefold():
        yield f"{says} model {entry.model}, it shows {asset.model}"
    if entry.manufactured and asset.manufactured and entry.manufactured.isoformat() != asset.manufactured:
        yield f"{says} made on {entry.manufactured}, it shows {asset.manufactured}"
    if spot is None or asset.gone_at is not None:
        return
    if entry.device is not None and entry.device != asset.device:
        yield f"{says} that it is in {entry.device}, it is seen in {asset.device}"
    elif entry.site is not None and entry.site != spot.site:
        site = estate.sites.get(entry.site)
        yield f"{says} that it is at {site.title if site else entry.site}, it is seen in {asset.device}"
