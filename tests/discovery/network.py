"""A small network on loopback for the command to find: simulated devices, some of them at several addresses."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from agent.demo.kit import Plan
from agent.demo.simulator import Simulator
from tests.demo.estate_for_tests import ACCESS, kit

INVENTORY = """
councils:
  sbc: {title: Stevenage Borough Council, share: "0.5"}
  ehdc: {title: East Herts District Council, share: "0.5"}
sites:
  daneshill: {title: Daneshill House data centre, kind: data_centre, owner: sbc}
  wallfields: {title: Wallfields, kind: office, owner: ehdc}
credentials:
  old: {kind: snmp_v2c, community: env:TEST_OLD}
  power: {kind: snmp_v2c, community: env:TEST_COMMUNITY}
  strong: {kind: snmp_v3, user: sha256-aes256, auth: SHA-256, auth_secret: env:TEST_AUTH, priv: AES-256,
           priv_secret: env:TEST_PRIV}
  other: {kind: snmp_v3, user: no-such-user, auth: SHA-256, auth_secret: env:TEST_AUTH}
defaults: {port: PORT}
devices:
  - {name: core-1, address: 127.41.0.1, class: switch, site: daneshill, snmp: power}
"""
SECRETS = {
    "TEST_OLD": "old-community-nobody-has",
    "TEST_COMMUNITY": "demo-community",
    "TEST_AUTH": "authentication",
    "TEST_PRIV": "private-matter",
}


def plan(**more: Any) -> Plan:
    """Two switches, a firewall, a UPS, a server that says no serial number."""
    return Plan(
        (
            kit("aruba-6300m", 1, name="core-1", address="127.41.0.1"),
            kit("aruba-6300m", 2, name="core-2", address="127.41.0.2"),
            kit("fortigate-600f", 1, name="fw-1", address="127.41.0.3", ha_members=1),
            kit("smart-ups-3000", 1, name="ups", address="127.41.0.4"),
            kit("linux", 1, name="srv-1", address="127.41.0.5"),
        ),
        (),
        ACCESS,
        **more,
    )  # type: ignore[arg-type]


class Network:
    """Devices in an event loop of their own thread. `aliases`: further addresses > the device's own.

    `asked` counts datagrams by address, and `hold` makes devices slow.
    """

    def __init__(self, made: Plan, aliases: Mapping[str, str] | None = None) -> None:
        self._plan, self.aliases = made, dict(aliases or {})
        self.asked: dict[str, int] = {}
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(30)
        return self

    async def _open(self) -> None:
        self._simulator = Simulator(self._plan, ssh=False)
        inner = self._simulator._answer

        def answer(address: str, datagram: bytes) -> tuple[bytes, float] | None:
            self.asked[address] = self.asked.get(address, 0) + 1
            return inner(self.aliases.get(address, address), datagram)

        self._simulator._udp._answer = answer
        await self._simulator.open()
        self.port = self._simulator.snmp_port

    @property
    def sets_refused(self) -> int:
        return self._simulator.world.sets_refused

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._simulator.close(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


def inventory(folder: Path, port: int, more: str = "") -> Path:
    """The inventory above in a folder, and further devices."""
    path = folder / "inventory.yaml"
    path.write_text(INVENTORY.replace("PORT", str(port)) + more)
    return path
