"""How old a piece of hardware is, how that is known, how far to trust it, and what contradicts it. Pure.

    dated(asset, owned) -> Evidence

Best first: purchased, installed (records or device), reported by the device, coded in the serial number, first seen.
First seen proves only that it is not younger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from agent.facts import Asset
from agent.lifecycle.serials import SERIAL_RULES, SerialRule, made_on
from agent.lifecycle.words import Confidence, EvidenceKind


@dataclass(frozen=True, slots=True)
class Owning:
    """What purchase records or the inventory say of a piece of hardware; `origin` says which, and where."""

    purchased: date | None = None
    installed: date | None = None
    support_until: date | None = None
    price_pence: int | None = None
    supplier: str | None = None
    shares: tuple[tuple[str, Decimal], ...] = ()  # council, share; empty: as the councils share everything
    origin: str = "inventory"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Since when it exists, how that is known, how far to trust it, and what other evidence contradicts it."""

    since: date | None
    kind: EvidenceKind
    confidence: Confidence
    conflicts: tuple[str, ...] = ()


CONFIDENCE: Mapping[EvidenceKind, Confidence] = {
    "purchased": "certain", "installed": "certain", "reported": "good", "serial": "fair", "device": "low",
    "first_seen": "low", "none": "none",
}  # fmt: skip
CONFLICT = timedelta(days=550)  # stock lies in a warehouse for months, not for a year and a half


def dated(
    asset: Asset, owned: Owning | None = None, rules: Iterable[SerialRule] = SERIAL_RULES, *,
    whole: Evidence | None = None,
) -> Evidence:  # fmt: skip
    """The best evidence for an asset's age, with what contradicts it. `whole`: of the device a part came with."""
    owned = owned or Owning()
    coded, trust = made_on(asset, rules) or (None, CONFIDENCE["serial"])
    ladder: list[tuple[EvidenceKind, date | None]] = [
        ("purchased", owned.purchased),
        ("installed", owned.installed or iso_day(asset.installed)),
        ("reported", iso_day(asset.manufactured)),
        ("serial", coded),
        ("device", whole.since if whole is not None and whole.kind not in ("first_seen", "none") else None),
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


def iso_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
