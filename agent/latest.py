"""What each device last said, in memory: the one place the readers (exporter, pages) look for readings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from collectors.readings import Cadence, Visit

STALE_AFTER_INTERVALS = 2.5


@dataclass(slots=True)
class Recent:
    """The last visits to one device, by cadence. A health visit includes pulse, so it replaces both."""

    visits: dict[Cadence, Visit] = field(default_factory=dict)
    last_success_at: datetime | None = None
    failures_in_a_row: int = 0

    @property
    def newest(self) -> Visit | None:
        return max(self.visits.values(), key=lambda v: v.started_at, default=None)


def completed(health: Visit, inventory: Visit | None) -> Visit:
    """A health visit with what only inventory visits ask (a UPS's self-test, the most access points a licence allows).

    Kept are checks of a name, and wireless figures, that the health visit has none of. One that it has is not touched:
    a row that is gone from there is gone.
    """
    if inventory is None or inventory is health:
        return health
    names = {check.check for check in health.checks}
    rare = tuple(check for check in inventory.checks if check.check not in names)
    figures = {figure: value for figure, value in inventory.wireless.items() if figure not in health.wireless}
    if not rare and not figures:
        return health
    return replace(health, checks=(*health.checks, *rare), wireless={**health.wireless, **figures})


class Latest:
    """The last visits to every device.

    A device's readings end when its last good visit is older than two and a half intervals: readers ask `fresh` at the
    time they read, so nothing has to be deleted and a dead device's series end by themselves.
    """

    def __init__(self) -> None:
        self._recent: dict[str, Recent] = {}

    def put(self, visit: Visit) -> None:
        """Keep a visit; one that reached nothing leaves the last good readings to age."""
        recent = self._recent.setdefault(visit.device, Recent())
        if not visit.reached:
            recent.failures_in_a_row += 1
            return
        recent.failures_in_a_row = 0
        recent.last_success_at = visit.started_at
        for cadence in visit.cadence.includes:
            recent.visits[cadence] = visit

    def forget(self, device: str) -> None:
        self._recent.pop(device, None)

    def of(self, device: str) -> Recent | None:
        return self._recent.get(device)

    def fresh(self, device: str, cadence: Cadence, interval: timedelta, now: datetime) -> Visit | None:
        """The last visit that included `cadence`, unless it is too old to be true now."""
        recent = self._recent.get(device)
        visit = recent.visits.get(cadence) if recent else None
        if visit is None or now - visit.started_at > STALE_AFTER_INTERVALS * interval:
            return None
        return visit

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
