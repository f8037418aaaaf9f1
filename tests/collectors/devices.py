"""Devices made of a few lines, for tests of visits: what they answer can be changed between visits."""

from __future__ import annotations

from collections.abc import Sequence

from collectors import Cadence, Memory, Target
from collectors.errors import DeviceFault, NoAnswer
from collectors.replay import Recording
from collectors.session import Answers, Cells, Oid, Scan, SnmpSession, Value, Varbind, Walk
from collectors.sessions import Stage
from collectors.target import Probe, SnmpAccess


class Device:
    """An SNMP device, as an opener. `asked` notes each request as ("get", n) or ("walk", columns)."""

    def __init__(self, objects: dict[str, Value]) -> None:
        self.objects = dict(objects)
        self.asked: list[tuple[str, int]] = []
        self.silent = False
        self.broken_columns: dict[str, DeviceFault] = {}
        self.stages: dict[str, Stage] = {}

    def snmp(self, target: Target, access: SnmpAccess, memory: Memory) -> SnmpSession:
        return _Session(self)

    async def shell(self, target: Target, cadence: Cadence, memory: Memory, until: float) -> Stage:
        return self.stages["ssh"]

    async def probe(self, target: Target, probe: Probe, until: float) -> Stage:
        return self.stages[probe.name]


class _Session:
    def __init__(self, device: Device) -> None:
        self._device = device
        self._recording = Recording(Varbind(o, 4, v) for o, v in device.objects.items())
        self.requests = 0
        self.retries = 0

    async def get(self, cells: Cells, until: float) -> Answers:
        self.requests += 1
        self._device.asked.append(("get", len(cells)))
        if self._device.silent:
            return Answers([None] * len(cells), NoAnswer("no answer"))
        return await self._recording.get(cells, until)

    async def walk(self, columns: Sequence[str], until: float, max_rows: int = 20_000, most: int | None = None) -> Walk:
        self.requests += 1
        self._device.asked.append(("walk", len(columns)))
        problem = next((self._device.broken_columns[c] for c in columns if c in self._device.broken_columns), None)
        walk = await self._recording.walk(columns, until)
        walk.problem = problem
        return walk

    async def scan(self, root: str, until: float, max_rows: int = 200_000) -> Scan:
        self.requests += 1
        return await self._recording.scan(root, until)

    async def close(self) -> None:
        return None


def switch(ports: int = 3, uptime: int = 100_000) -> dict[str, Value]:
    """A small switch of nobody's make with `ports` interfaces, 64-bit counters and one temperature."""
    objects: dict[str, Value] = {
        "1.3.6.1.2.1.1.1.0": b"Widget Switch, Version 1.2.3",
        "1.3.6.1.2.1.1.2.0": Oid("1.3.6.1.4.1.99999.2.1"),
        "1.3.6.1.2.1.1.3.0": uptime,
        "1.3.6.1.2.1.1.5.0": b"sw-example-1",
        "1.3.6.1.2.1.2.1.0": ports,
        "1.3.6.1.2.1.31.1.5.0": 7,
        "1.3.6.1.2.1.99.1.1.1.1.5": 8,
        "1.3.6.1.2.1.99.1.1.1.2.5": 9,
        "1.3.6.1.2.1.99.1.1.1.3.5": 0,
        "1.3.6.1.2.1.99.1.1.1.4.5": 31,
        "1.3.6.1.2.1.99.1.1.1.5.5": 1,
        "1.3.6.1.2.1.47.1.1.1.1.7.5": b"Inlet",
        "1.3.6.1.2.1.47.1.1.1.1.5.5": 8,
    }
    for port in range(1, ports + 1):
        objects |= interface(port)
    return objects


def interface(port: int) -> dict[str, Value]:
    entry, extended = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
    return {
        f"{entry}.1.{port}": port,
        f"{entry}.2.{port}": f"Port {port}".encode(),
        f"{entry}.5.{port}": 1_000_000_000,
        f"{entry}.7.{port}": 1,
        f"{entry}.8.{port}": 1,
        f"{entry}.14.{port}": 0,
        f"{entry}.20.{port}": 0,
        f"{extended}.1.{port}": f"1/{port}".encode(),
        f"{extended}.6.{port}": 1000 * port,
        f"{extended}.10.{port}": 2000 * port,
        f"{extended}.15.{port}": 1000,
        f"{extended}.18.{port}": b"",
    }
