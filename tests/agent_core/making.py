"""Visits, flips and small estates, made in one line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from agent.accounting.availability import Book, Figures
from agent.accounting.periods import Period
from agent.facts import Change, Flip, Standing, Watch
from agent.inventory.needs import Needs, subjects
from agent.topology import Group, Topology
from collectors.readings import Answered, Cadence, Interface, Visit

T0 = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a Monday
UP, DEGRADED, DOWN, BLIND = Standing.UP, Standing.DEGRADED, Standing.DOWN, Standing.BLIND


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def visit(
    device: str, seconds: float = 0, *, up: bool = True, cadence: Cadence = Cadence.PULSE,
    interfaces: Mapping[str, str] | None = None, **answered: bool | None,
) -> Visit:  # fmt: skip
    """A look at a device: `up` False is silence all round; `snmp=False, icmp=True` is in between."""
    return Visit(
        device=device,
        cadence=cadence,
        started_at=at(seconds),
        seconds=0.1,
        reached=up,
        answered=Answered(**answered) if answered else Answered(snmp=up, icmp=up),
        interfaces=tuple(
            Interface(index, name=name, admin="up", oper=oper)
            for index, (name, oper) in enumerate((interfaces or {}).items(), 1)
        ),
    )


def topology(
    devices: Iterable[str], behind: Mapping[str, tuple[str, ...]] | None = None,
    links: Mapping[str, tuple[tuple[str, str], ...]] | None = None, needs: Mapping[str, Needs] | None = None,
    groups: Mapping[str, Group] | None = None, expected: Mapping[str, tuple[str, ...]] | None = None,
) -> Topology:  # fmt: skip
    """`behind`: subject > subjects; `links`: link subject > ((device, interface), ...); `expected`: device > what."""
    behind, links, needs = behind or {}, links or {}, needs or {}
    front: dict[str, tuple[str, ...]] = {}
    for subject, others in behind.items():
        for other in others:
            front[other] = (*front.get(other, ()), subject)
    watched: dict[str, tuple[tuple[str, str], ...]] = {}
    for link, ends in links.items():
        for device, interface in ends:
            watched[device] = (*watched.get(device, ()), (link, interface))
    dependents: dict[str, tuple[str, ...]] = {}
    for whole, expression in needs.items():
        for part in subjects(expression):
            dependents[str(part)] = (*dependents.get(str(part), ()), whole)
    told = {
        device: tuple((f"{what}_expected", f"redundancy:device/{device}/{what}") for what in own)
        for device, own in (expected or {}).items()
    }
    grouped: dict[str, tuple[str, ...]] = {}
    for name, group in (groups or {}).items():
        for one in group.parts:
            grouped[one] = (*grouped.get(one, ()), name)
    for device, own in told.items():
        grouped[f"device:{device}"] = (*grouped.get(f"device:{device}", ()), *(name for _, name in own))
    return Topology(
        devices=frozenset(devices),
        behind=behind,
        front=front,
        watched=watched,
        watchers={link: tuple(f"device:{device}" for device, _ in ends) for link, ends in links.items()},
        needs=needs,
        dependents=dependents,
        groups=groups or {},
        grouped=grouped,
        expected=told,
    )


def flips_of(changes: Iterable[Change], source: str = "test", first: int = 1) -> list[Flip]:
    """Changes as a ledger would record them, one second apart from T0 on."""
    return [
        Flip(UUID(int=sequence), source, sequence, c.subject, c.before, c.after, c.at, at(sequence), c.reason, c.cause)
        for sequence, c in enumerate(changes, first)
    ]


def availability(flips: Iterable[Flip], watches: Iterable[Watch], window: Period, now: datetime) -> Figures:
    """The figures of the one subject that the flips are of."""
    flips = list(flips)
    return Book.of(flips, watches).figures(flips[0].subject if flips else "device:sw", window, now=now)
