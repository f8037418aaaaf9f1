"""What each device last said, in memory: the one place the readers (exporter, pages) look for readings.

Eleven thousand devices have to fit into it, so of each visit only what its own cadence is asked for is kept: a health
visit's interface counters are a minute later those of the next pulse, and its own would only take room. Numbers are
packed (eight octets each, where a tuple of counters takes forty), the rows of interfaces, which only the page of a
device shows, are pressed.
"""

from __future__ import annotations

import marshal
import zlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from operator import attrgetter, is_
from typing import cast

from agent.traffic import Traffic
from agent.watched import Watched
from collectors.readings import ENDS, WORTH_PACKING, Block, Cadence, Identity, Interface, Visit

STALE_AFTER_INTERVALS = 2.5
_cells_of = attrgetter(*(f.name for f in fields(Interface)))


@dataclass(slots=True)
class Recent:
    """The last visits to one device, by cadence, each with what it alone tells."""

    visits: dict[Cadence, Visit] = field(default_factory=dict)
    last_success_at: datetime | None = None
    failures_in_a_row: int = 0
    _pressed: bytes = b""

    @property
    def identity(self) -> Identity:
        """Who the device said it is, at its last inventory visit."""
        told = self.visits.get(Cadence.INVENTORY)
        return told.identity if told is not None else Identity()

    def take(self, visit: Visit) -> None:
        """Keep a visit that reached its device. A health visit tells the pulse as well, an inventory visit all."""
        for cadence in visit.cadence.includes:
            self.visits[cadence] = own_part(visit, cadence)
        if visit.cadence is not Cadence.PULSE:
            self._pressed = zlib.compress(marshal.dumps(list(map(_cells_of, visit.interfaces))), 1)

    @property
    def interfaces(self) -> tuple[Interface, ...]:
        """The device's interfaces by its last health visit."""
        if not self._pressed:
            return ()
        return tuple(Interface(*cells) for cells in marshal.loads(zlib.decompress(self._pressed)))  # noqa: S302 - our own

    @property
    def newest(self) -> Visit | None:
        return max(self.visits.values(), key=lambda v: v.started_at, default=None)


def own_part(visit: Visit, cadence: Cadence) -> Visit:
    """The part of a visit that belongs to one of the cadences it includes.

    Who it is, when it was and what failed goes with every part; checks and wireless figures are in both the health and
    the inventory part, because what only inventory visits ask completes later health visits (see `completed`).
    """
    blocks = tuple(packed(block) for block in visit.blocks if block.layout.cadence is cadence)
    if visit.cadence is Cadence.PULSE:
        as_it_is = len(blocks) == len(visit.blocks) and all(map(is_, blocks, visit.blocks))
        return visit if as_it_is else replace(visit, blocks=blocks)
    if cadence is Cadence.PULSE:
        return replace(
            visit, blocks=blocks, interfaces=(), sensors=(), processors=(), memory=(), storage=(), wireless={},
            parts=(), placeholders=(), checks=(),
        )  # fmt: skip
    if cadence is Cadence.HEALTH:
        return replace(visit, blocks=blocks, interfaces=(), parts=(), placeholders=())
    ends = tuple(sensor for sensor in visit.sensors if sensor.kind in ENDS)
    return replace(
        visit, blocks=blocks, interfaces=(), sensors=ends, processors=(), memory=(), storage=(), placeholders=()
    )


def packed(block: Block) -> Block:
    """The block with its numbers in an array, where they are all of one kind that one can hold."""
    values: Sequence[int | float | None] = block.values
    if len(values) < WORTH_PACKING or isinstance(values, array):
        return block
    kinds = set(map(type, values))
    code = "Q" if kinds == {int} else "d" if kinds == {float} else ""
    if not code:
        return block
    try:
        return Block(block.layout, array(code, cast("Sequence[float]", values)))
    except OverflowError:  # a negative number among them
        return block


def completed(health: Visit, inventory: Visit | None) -> Visit:
    """A health visit with what only inventory visits ask (a UPS's self-test, the most access points a licence allows).

    Kept are checks of a name, wireless figures, and ends of licences and certificates, that the health visit has none
    of. One that it has is not touched: a row that is gone from there is gone.
    """
    if inventory is None or inventory is health:
        return health
    names = {check.check for check in health.checks}
    rare = tuple(check for check in inventory.checks if check.check not in names)
    figures = {figure: value for figure, value in inventory.wireless.items() if figure not in health.wireless}
    told = {sensor.kind for sensor in health.sensors}
    ends = tuple(sensor for sensor in inventory.sensors if sensor.kind in ENDS and sensor.kind not in told)
    if not rare and not figures and not ends:
        return health
    health = replace(health, sensors=(*health.sensors, *ends)) if ends else health
    return replace(health, checks=(*health.checks, *rare), wireless={**health.wireless, **figures})


class Latest:
    """The last visits to every device.

    A device's readings end when its last good visit is older than two and a half intervals: readers ask `fresh` at the
    time they read, so nothing has to be deleted and a dead device's series end by themselves. `traffic` is what went
    through some of the interfaces in the last hours.
    """

    def __init__(self, traffic: Traffic | None = None) -> None:
        self._recent: dict[str, Recent] = {}
        self.traffic = traffic if traffic is not None else Traffic()

    def put(self, visit: Visit) -> None:
        """Keep a visit; one that reached nothing leaves the last good readings to age."""
        recent = self._recent.setdefault(visit.device, Recent())
        if not visit.reached:
            recent.failures_in_a_row += 1
            return
        recent.failures_in_a_row = 0
        recent.last_success_at = visit.started_at
        recent.take(visit)
        self.traffic.take(visit)

    def forget(self, device: str) -> None:
        self._recent.pop(device, None)
        self.traffic.forget(device)

    def of(self, device: str) -> Recent | None:
        return self._recent.get(device)

    def fresh(self, device: str, cadence: Cadence, interval: timedelta, now: datetime) -> Visit | None:
        """The last visit that included `cadence`, unless it is too old to be true now."""
        recent = self._recent.get(device)
        visit = recent.visits.get(cadence) if recent else None
        if visit is None or now - visit.started_at > STALE_AFTER_INTERVALS * interval:
            return None
        return visit

    def told(self, cadence: Cadence, devices: Mapping[str, Watched], now: datetime) -> dict[str, Visit]:
        """The fresh visits of a cadence by device; devices that have none are left out."""
        found = {name: self.fresh(name, cadence, one.intervals[cadence], now) for name, one in devices.items()}
        return {name: visit for name, visit in found.items() if visit is not None}

    def condition(self, device: str, intervals: Mapping[Cadence, timedelta], now: datetime) -> Visit | None:
        """The last fresh health visit, completed by the last fresh inventory visit; `intervals` are the device's."""
        health = self.fresh(device, Cadence.HEALTH, intervals[Cadence.HEALTH], now)
        if health is None:
            return None
        return completed(health, self.fresh(device, Cadence.INVENTORY, intervals[Cadence.INVENTORY], now))

    def __iter__(self) -> Iterator[tuple[str, Recent]]:
        return iter(list(self._recent.items()))

    def __len__(self) -> int:
        return len(self._recent)
