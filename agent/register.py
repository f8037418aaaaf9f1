"""The hardware register: every piece of hardware with its age, its stage and its cost. Pure.

    pieces_of(assets, estate, today, purchases, notices) -> list[Piece]

Hardware comes from visits (the ledger's assets) and from the inventory (what cannot be polled); purchase facts from
purchase records first and the inventory second; policy and exceptions from the inventory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from agent.facts import Asset, Purchase
from agent.inventory import Estate, effective
from agent.lifecycle import Life, Notice, Owning, Policy, stage
from agent.lifecycle.stages import BATTERY

Presence = Literal["present", "gone", "withdrawn"]  # withdrawn: its device is no longer in the inventory


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of hardware of the register, with what follows from it."""

    asset: Asset
    life: Life
    owned: Owning
    presence: Presence = "present"
    site: str = ""  # name of the site; "" where its device is no longer in the inventory
    role: str = ""  # class of the device it is or is in: switch, firewall, ups
    unit: bool = True  # bought and replaced by itself; not a part that goes with its device

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


UNITS = ("chassis", "stack_member", "access_point", "ha_member", "battery")  # bought and replaced by themselves


def pieces_of(
    assets: Iterable[Asset], estate: Estate, today: date, purchases: Iterable[Purchase] = (),
    notices: Sequence[Notice] = (),
) -> list[Piece]:  # fmt: skip
    """The register with ages and stages. Purchase facts of a device are those of its chassis, not of what is in it."""
    found = []
    policies: dict[str, Policy] = {}  # a device's settings are worked out once for all its parts
    for asset in assets:
        device = estate.devices.get(asset.device)
        owned, policy = Owning(), Policy()
        if device is not None:
            if device.name not in policies:
                settings = effective(estate, device)
                policies[device.name] = Policy(settings.review_years, settings.replace_years)
            policy = policies[device.name]
            if asset.part == "chassis":
                owned = Owning(device.owned.purchased, device.owned.installed, device.owned.support_until)
        life = stage(asset, owned, BATTERY if asset.part == "battery" else policy, today)
        found.append(
            Piece(
                asset, life, owned,
                "withdrawn" if device is None else "gone" if asset.gone_at else "present",
                device.site if device else "", device.class_ if device else "", asset.part in UNITS,
            )
        )  # fmt: skip
    return found
