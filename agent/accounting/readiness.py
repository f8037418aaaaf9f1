"""Whether each data centre could carry every service alone, and the clock once one is lost. Pure.

    for readiness in readiness_of(estate, topology, board, checks):
        readiness.ratio             share of the services that would hold if every other data centre were lost now
        readiness.fails             Verdicts: the service, and what is missing
        readiness.legs              links, power, network and hosts that stand at it: "3 of 4 up"
        readiness.clock             None, or since when another data centre is down, the deadline, what is not up yet

The question is put to what the inventory says that a service needs: the other data centres, their devices and their
links are taken as out, all else as it stands now, and sites and services are worked out anew from that. What cannot be
seen now only because another data centre is down is not known; where that decides, it cannot be said. A service for
which it cannot be said does not count as one that would hold.

`checks`: the last checks of devices, where they are known. A power device that answers and has a critical check (its
battery is gone, its load is not protected) is not counted as up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from agent.accounting.redundancy import wanting
from agent.facts import Standing
from agent.health import UNKNOWN, Held
from agent.inventory import Estate
from agent.inventory.needs import Subject, holds
from agent.topology import Topology
from collectors.readings import Check, Level

FULL_SERVICE = timedelta(hours=4)  # either data centre carries full service within this time of losing the other
CLASSES = {
    "power": ("ups", "pdu"),
    "network": ("switch", "router", "firewall"),
    "hosts": ("hypervisor", "server", "bmc", "storage"),
}
NO_CHECKS: Mapping[str, Iterable[Check]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Verdict:
    """A service, and the devices, links and sites by which it would not hold, or by which it cannot be said."""

    service: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stock:
    """What of one kind stands at a data centre: "links", "power", "network" or "hosts"."""

    kind: str
    up: int
    of: int
    not_up: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.up} of {self.of} up"


@dataclass(frozen=True, slots=True)
class Clock:
    """Another data centre is down: full service is due at the deadline."""

    lost: str
    since: datetime
    deadline: datetime
    not_up: tuple[str, ...]  # services
    met_at: datetime | None = None  # when all of them were up again; the moment of the loss if none of them fell


@dataclass(frozen=True, slots=True)
class Readiness:
    """One data centre, if it were the only one."""

    site: str
    title: str
    holds: tuple[str, ...]
    fails: tuple[Verdict, ...]
    unknown: tuple[Verdict, ...]
    legs: tuple[Stock, ...]
    clock: Clock | None = None

    @property
    def ratio(self) -> float | None:
        """Share of services that would hold for certain; None where there are no services."""
        services = len(self.holds) + len(self.fails) + len(self.unknown)
        return len(self.holds) / services if services else None


def readiness_of(
    estate: Estate, topology: Topology, board: Mapping[str, Held], checks: Mapping[str, Iterable[Check]] = NO_CHECKS
) -> list[Readiness]:
    """For each data centre, in the order of the inventory; for one alone too, which has nothing to lose beside it."""
    centres = [name for name, site in estate.sites.items() if site.kind == "data_centre"]
    return [_readiness(name, frozenset(centres) - {name}, estate, topology, board, checks) for name in centres]


def _readiness(
    site: str, others: frozenset[str], estate: Estate, topology: Topology, board: Mapping[str, Held],
    checks: Mapping[str, Iterable[Check]],
) -> Readiness:  # fmt: skip
    alone = _Alone(topology, board, frozenset(_standing_at(others, estate)))
    holding, fails, unknown = [], [], []
    for name in estate.services:
        service = Subject(name, "service")
        answer = alone.serves(service)
        if answer:
            holding.append(name)
        elif answer is None:
            unknown.append(Verdict(name, tuple(alone.missing(service, None))))
        else:
            fails.append(Verdict(name, tuple(alone.missing(service, False))))
    clocks = [_clock(other, estate, board) for other in sorted(others) if _down(other, board)]
    return Readiness(
        site, estate.sites[site].title, tuple(holding), tuple(fails), tuple(unknown),
        tuple(_stocks(site, estate, board, checks)),
        min(clocks, key=lambda clock: clock.since, default=None),
    )  # fmt: skip


def _standing_at(sites: Iterable[str], estate: Estate) -> Iterator[str]:
    """Every subject that stands at one of the sites, and the sites."""
    yield from (f"site:{name}" for name in sites)
    yield from (f"device:{name}" for name, device in estate.devices.items() if device.site in sites)
    yield from (f"link:{name}" for name, link in estate.links.items() if link.site in sites)


class _Alone:
    """How things would stand without what is lost."""

    def __init__(self, topology: Topology, board: Mapping[str, Held], lost: frozenset[str]) -> None:
        self._topology, self._board, self._lost = topology, board, lost
        self._known: dict[str, bool | None] = {}

    def serves(self, part: Subject) -> bool | None:
        name = str(part)
        if name not in self._known:
            self._known[name] = self._worked_out(name)
        return self._known[name]

    def _worked_out(self, name: str) -> bool | None:
        if name in self._lost:
            return False
        if name in self._topology.needs:
            return holds(self._topology.needs[name], self.serves)
        held = self._board.get(name, UNKNOWN)
        if held.standing is Standing.BLIND and held.cause in self._lost:
            return None  # it is only out of sight: what we reach it through has gone, and that says nothing of it
        return held.serves

    def missing(self, part: Subject, answer: bool | None) -> dict[str, None]:
        """What is wanting at the bottom, in reading order."""
        name = str(part)
        if name in self._lost or name not in self._topology.needs:
            return {name: None}
        found: dict[str, None] = {}
        for deeper in wanting(self._topology.needs[name], self.serves, answer):
            found.update(self.missing(deeper, answer))
        return found


# ---------------------------------------------------------------- what stands there
def _stocks(
    site: str, estate: Estate, board: Mapping[str, Held], checks: Mapping[str, Iterable[Check]]
) -> Iterator[Stock]:
    yield _stock("links", {f"link:{n}": True for n, li in estate.links.items() if li.site == site and li.watch}, board)
    for kind, classes in CLASSES.items():
        devices = [name for name, device in estate.devices.items() if device.site == site and device.class_ in classes]
        well = {
            f"device:{name}": kind != "power" or all(c.level is not Level.CRITICAL for c in checks.get(name, ()))
            for name in devices
        }
        yield _stock(kind, well, board)


def _stock(kind: str, well: Mapping[str, bool], board: Mapping[str, Held]) -> Stock:
    not_up = tuple(name for name, fine in well.items() if not (fine and board.get(name, UNKNOWN).serves))
    return Stock(kind, len(well) - len(not_up), len(well), not_up)


# ---------------------------------------------------------------- the clock
def _down(site: str, board: Mapping[str, Held]) -> bool:
    return board.get(f"site:{site}", UNKNOWN).standing is Standing.DOWN


def _clock(lost: str, estate: Estate, board: Mapping[str, Held]) -> Clock:
    since = board[f"site:{lost}"].since
    services = {name: board.get(f"service:{name}", UNKNOWN) for name in estate.services}
    not_up = tuple(name for name, held in services.items() if held.standing is not Standing.UP)
    met_at = None if not_up else max([since, *(held.since for held in services.values())])
    return Clock(lost, since, since + FULL_SERVICE, not_up, met_at)
