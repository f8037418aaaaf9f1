"""The seams to the world: what a visit may ask, whoever carries it there.

Everything that opens a socket to a device implements one of these protocols; `replay` implements them from files, so a
whole visit is tested without a network. Sessions never raise a `DeviceFault` from an ask: what they got comes back
together with the problem that stopped them, because nine tables of ten are worth having.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from collectors.errors import DeviceFault


class Oid(str):
    """An OBJECT IDENTIFIER value, dotted without a leading dot."""

    __slots__ = ()


class Ip(str):
    """An IpAddress value, dotted quad."""

    __slots__ = ()


Value = int | float | bytes | Oid | Ip | None
"""INTEGER, Counter, Gauge and TimeTicks as int (counters unsigned), Opaque float as float, OCTET STRING as bytes.
None is noSuchObject, noSuchInstance, endOfMibView, NULL, or not answered: "not known", never 0."""


class Cells:
    """A fixed set of scalar instances to GET, in order.

    Made once and shared by every device with the same plan and the same rows: an engine keeps its encoded requests in
    `prepared` (a slot of its own, keyed by whatever it likes), so that a visit encodes nothing.
    """

    __slots__ = ("oids", "prepared")

    def __init__(self, oids: Sequence[str]) -> None:
        self.oids: tuple[str, ...] = tuple(oids)
        self.prepared: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self.oids)


@dataclass(slots=True)
class Answers:
    """What a GET of cells gave: one value per cell, None where there was none, and what went wrong, if anything."""

    values: list[Value]
    problem: DeviceFault | None = None


@dataclass(slots=True)
class Walk:
    """What a walk of columns gave: column OID > row suffix ("7", "1.4.10") > value, in the device's order.

    `complete` is False where `problem` cut the walk short; the rows that came are kept.
    """

    columns: dict[str, dict[str, Value]]
    problem: DeviceFault | None = None

    @property
    def complete(self) -> bool:
        return self.problem is None


@dataclass(frozen=True, slots=True)
class Varbind:
    """One object as it came over the wire, for recordings: OID, BER tag (0x02, 0x04, 0x41 ...), value."""

    oid: str
    tag: int
    value: Value


@dataclass(slots=True)
class Scan:
    """Everything below one OID, in the device's order."""

    varbinds: list[Varbind] = field(default_factory=list)
    problem: DeviceFault | None = None


class SnmpSession(Protocol):
    """One device over SNMP. `until` is a `time.monotonic()` instant after which nothing more is asked.

    Nothing here can write: there is no SET in any implementation.
    """

    requests: int  # request PDUs sent so far, retries included
    retries: int

    async def get(self, cells: Cells, until: float) -> Answers:
        """GET the cells; split, halve on tooBig, and isolate cells that make the agent fail."""
        ...

    async def walk(self, columns: Sequence[str], until: float, max_rows: int = 20_000, most: int | None = None) -> Walk:
        """Walk columns of one table side by side (GETBULK; GETNEXT for v1). Columns may be absent or ragged.

        `most`: variable bindings asked for in one request at most, where the device is known to bear no more.
        """
        ...

    async def scan(self, root: str, until: float, max_rows: int = 200_000) -> Scan:
        """Everything below `root`, with types."""
        ...

    async def close(self) -> None:
        """Give back what the session holds. Never fails."""
        ...


@dataclass(slots=True)
class Output:
    """What one command printed, decoded, with the prompt and the echo taken off."""

    command: str
    text: str
    problem: DeviceFault | None = None


class ShellSession(Protocol):
    """One device over SSH: read-only commands from the platform's allow-list, nothing else."""

    async def run(self, commands: Sequence[str], until: float) -> list[Output]:
        """Run the commands in order; one Output per command, whatever happens."""
        ...

    async def close(self) -> None:
        """Log out, or give the connection back to be kept. Never fails."""
        ...
