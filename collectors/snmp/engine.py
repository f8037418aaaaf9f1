"""The own engine: opens sessions that share its sockets, its clock and what it knows of SNMPv3 engines."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from collectors.session import SnmpSession
from collectors.snmp.fast import Envelope, FastSession
from collectors.snmp.message import V1, V2C, CommunityEnvelope
from collectors.snmp.transport import Counts, Transport
from collectors.snmp.usm import Acquaintances, UsmEnvelope
from collectors.target import SnmpAccess


class Engine:
    """The fast engine. One per event loop; its sessions are cheap, and thousands may be open."""

    def __init__(self, *, sockets: int = 8) -> None:
        self._transport = Transport(sockets)
        self._acquaintances = Acquaintances()
        self._envelopes: dict[tuple[int, str], CommunityEnvelope] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the sockets; sessions that still wait are cancelled."""
        self._transport.close()

    @property
    def counts(self) -> Counts:
        """Datagrams sent, received, late, forged, for the agent's own metrics."""
        return self._transport.counts

    def kernel_drops(self) -> int | None:
        """Datagrams lost because a receive buffer was full; None where the kernel does not say. Reads /proc."""
        return self._transport.kernel_drops()

    def session(
        self,
        address: str,
        port: int,
        access: SnmpAccess,
        *,
        timeout_seconds: float,
        retries: int,
        limits: dict[str, Any],
    ) -> SnmpSession:
        """A session with one device. Sends nothing yet; `limits` is read and changed (Memory.limits)."""
        return FastSession(
            self._transport,
            address,
            port,
            self._envelope(address, port, access),
            bulk=access.version != "1",
            timeout_seconds=timeout_seconds,
            retries=retries,
            limits=limits,
        )

    def _envelope(self, address: str, port: int, access: SnmpAccess) -> Envelope:
        if access.version == "3":
            return UsmEnvelope(address, port, access, self._acquaintances)
        key = (V1 if access.version == "1" else V2C, access.community)
        envelope = self._envelopes.get(key)
        if envelope is None:
            envelope = self._envelopes[key] = CommunityEnvelope(*key)
        return envelope
