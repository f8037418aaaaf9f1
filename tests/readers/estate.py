"""Made-up visits for the readers' tests."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.exporter.own import Fact, Own
from agent.exporter.page import Pages
from agent.latest import Latest
from agent.watched import Watched
from collectors.readings import (
    Answered,
    Block,
    Cadence,
    Check,
    Group,
    Identity,
    Layout,
    Level,
    Metric,
    Sensor,
    Usage,
    Visit,
)

NOON = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)
IN = Metric("ifHCInOctets", "Octets received, 64 bit.", "counter")
OUT = Metric("ifHCOutOctets", "Octets sent, 64 bit.", "counter")
OPER = Metric("ifOperStatus", "1 up, 2 down.")


def rows(ports: int, alias: str = "") -> tuple[tuple[tuple[str, str], ...], ...]:
    return tuple(
        (("ifIndex", str(i)), ("ifName", f"Gi1/0/{i}"), ("ifAlias", alias), ("ifDescr", f"GigabitEthernet1/0/{i}"))
        for i in range(1, ports + 1)
    )


def interfaces(ports: int = 2, alias: str = "") -> Layout:
    table = rows(ports, alias)
    return Layout(Cadence.PULSE, (Group(IN, table), Group(OUT, table), Group(OPER, table)))


def visit(
    device: str = "sw-wf-1", cadence: Cadence = Cadence.INVENTORY, at: datetime = NOON, **changes: object
) -> Visit:
    layout = interfaces()
    given: dict[str, object] = {
        "reached": True,
        "answered": Answered(snmp=True, icmp=False),
        "seconds": 0.25,
        "requests": 7,
        "identity": Identity(
            vendor="Aruba", model="6300M", version="10.11", serial="SG00KN0001", uptime_seconds=86400.0
        ),
        "blocks": (Block(layout, (10, 20, 30, 40, 1, 2)),),
        "sensors": (Sensor("temperature", "Inlet", 21.5, "celsius", "1.3.6.1.4.1.9.1", "1"),),
        "processors": (Usage("CPU", 0.25, index="1"),),
        "memory": (Usage("RAM", 0.5, 512.0, 1024.0, "1"),),
        "checks": (Check("power_supply", "PSU 1", "normal", Level.OK),),
        "wireless": {"clients": 12.0},
        **changes,
    }
    return Visit(device=device, cadence=cadence, started_at=at, **given)  # type: ignore[arg-type]


def watched(*names: str) -> dict[str, Watched]:
    return {n: Watched(n, "switch", "wallfields", "general", address="192.0.2.30") for n in names or ("sw-wf-1",)}


def pages(
    *visits: Visit, at: datetime = NOON, facts: tuple[Fact, ...] = (), blind: bool = False, names: tuple[str, ...] = ()
) -> Pages:
    latest = Latest()
    for one in visits:
        latest.put(one)
    inventory = watched(*(names or dict.fromkeys(v.device for v in visits)))
    counted: tuple[Fact, ...] = (("hartwatch_visits_total", (("cadence", "pulse"), ("outcome", "reached")), 7.0),)
    return Pages(
        latest, lambda: inventory, Own(lambda: counted), lambda: at, lambda: [(None, lambda: facts)], lambda: blind
    )
