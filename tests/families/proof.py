"""Serial numbers against what the devices themselves say: what the recordings prove of the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from agent.facts import Asset, Sighting
from agent.lifecycle import Made, dated, made_on, sight
from agent.lifecycle.placeholders import believable
from agent.lifecycle.serials import shipped
from collectors import Visit

DAYS = 31


@dataclass(frozen=True, slots=True)
class Compared:
    """One piece of hardware that says when it was made, twice."""

    capture: str
    part: str
    vendor: str
    model: str
    serial: str  # but for what bears the date
    stated: date
    coded: date
    conflicts: tuple[str, ...]

    @property
    def days(self) -> int:
        return (self.coded - self.stated).days

    @property
    def verdict(self) -> str:
        return "agrees" if abs(self.days) <= DAYS else "conflict"

    def __str__(self) -> str:
        return (
            f"{self.capture:<28} {self.part:<15} {self.vendor:<17.17} {self.model:<12.12} {self.serial:<13} "
            f"{self.stated} {self.coded} {self.days:>4} {self.verdict}"
        )


HEAD = (
    f"{'capture':<28} {'part':<15} {'vendor':<17} {'model':<12} {'serial':<13} {'stated':<10} {'serial no.':<10} "
    f"{'days':>4} verdict"
)


def asset_of(seen: Sighting) -> Asset:
    """The asset that a register would have of a piece of hardware that was seen once."""
    return Asset(
        UUID(int=0), f"serial:{seen.serial}", seen.device, seen.part, seen.name, seen.place, seen.vendor, seen.model,
        seen.serial, seen.version, seen.manufactured, seen.installed, seen.replace_by, seen.seen_at, seen.seen_at,
        seen.family,
    )  # fmt: skip


def compared(visits: Mapping[str, Visit]) -> Iterator[Compared]:
    """Every piece of hardware with a believable date of manufacture of its own and one in its serial number."""
    for capture, visit in visits.items():
        for asset in map(asset_of, sight(visit)):
            made = made_on(asset)
            stated = date.fromisoformat(asset.manufactured) if asset.manufactured else None
            stated = believable(stated, asset.last_seen_at.date(), asset.family)
            if made is not None and stated is not None:
                yield Compared(
                    capture, asset.part, asset.vendor or "", asset.model or "", masked(asset.serial or "", made),
                    stated, made.day, dated(asset).conflicts,
                )  # fmt: skip


def masked(serial: str, made: Made) -> str:
    """A serial number of which only what bears the date can be read."""
    rule = next(rule for rule in shipped().rules if rule.name == made.rule)
    found = rule.pattern.fullmatch(serial.upper())
    assert found is not None
    spans = [found.span(group) for group in rule.pattern.groupindex if found[group] is not None]
    return "".join(c if any(a <= at < b for a, b in spans) else "." for at, c in enumerate(serial))


def by_vendor(visits: Mapping[str, Visit]) -> tuple[Counter[str], Counter[str]]:
    """How many pieces have a serial number, and of how many it gives a date, by vendor."""
    numbered: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for visit in visits.values():
        for asset in map(asset_of, sight(visit)):
            if asset.serial is not None:
                numbered[asset.vendor or "unknown"] += 1
                told[asset.vendor or "unknown"] += made_on(asset) is not None
    return numbered, told
