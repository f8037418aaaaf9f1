"""Recorded devices: a visit without a network, from files.

A recording is a list of `OID|TAG|VALUE` lines (the format of snmpsim), one object a line; TAG is the BER tag as a
number (2, 4, 6, 64 to 70), with `x` behind it where VALUE is hexadecimal. Lines that begin with `#` tell where it comes
from.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from pathlib import Path

from collectors.errors import Malformed
from collectors.readings import Cadence
from collectors.session import Answers, Cells, Ip, Oid, Scan, SnmpSession, Value, Varbind, Walk
from collectors.sessions import Stage
from collectors.target import Memory, Probe, SnmpAccess, Target

_COUNTER32, _COUNTER64 = 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_OPAQUE_FLOAT, _OPAQUE_DOUBLE = b"\x9f\x78\x04", b"\x9f\x79\x08"
# Number in a recording -> BER tag on the wire (RFC 2578 application types from 0x40 on).
TAGS = {2: 0x02, 4: 0x04, 5: 0x05, 6: 0x06, 64: 0x40, 65: 0x41, 66: 0x42, 67: 0x43, 68: 0x44, 70: 0x46}


class RecordingInvalid(Exception):
    """A recording that cannot be read: file:line: what is wrong."""


def read(path: Path) -> list[Varbind]:
    """All objects of a recording in numeric order. Raises RecordingInvalid or OSError."""
    rows: dict[tuple[int, ...], Varbind] = {}
    for number, line in enumerate(path.read_text("latin-1").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = line.split("|", 2)
        try:
            oid = tuple(int(p) for p in parts[0].strip(".").split("."))
            rows[oid] = Varbind(".".join(map(str, oid)), TAGS[int(parts[1].rstrip("xe"))], _value(parts[1], parts[2]))
        except (ValueError, KeyError, IndexError, struct.error) as problem:
            raise RecordingInvalid(f"{path}:{number}: not OID|TAG|VALUE: {problem}") from None
    return [rows[oid] for oid in sorted(rows)]


def _value(tag: str, text: str) -> Value:
    number = int(tag.rstrip("xe"))
    octets = bytes.fromhex(text) if tag.endswith("x") else text.encode("latin-1", "replace")
    if number == 2:
        return int(text)
    if number == 4:
        return octets
    if number == 5:
        return None
    if number == 6:
        return Oid(text.strip("."))
    if number == 64:
        return Ip(".".join(map(str, octets)) if tag.endswith("x") else text)
    if number == 70:
        return int(text) & _COUNTER64
    if number == 68:
        if octets[:3] == _OPAQUE_FLOAT:
            return float(struct.unpack(">f", octets[3:7])[0])
        if octets[:3] == _OPAQUE_DOUBLE:
            return float(struct.unpack(">d", octets[3:11])[0])
        return octets
    return int(text) & _COUNTER32


def line(varbind: Varbind) -> str:
    """One object as a line of a recording."""
    number = next(n for n, tag in TAGS.items() if tag == varbind.tag)
    value = varbind.value
    if isinstance(value, bytes):
        if all(32 <= b < 127 for b in value):
            return f"{varbind.oid}|{number}|{value.decode('ascii')}"
        return f"{varbind.oid}|{number}x|{value.hex()}"
    if isinstance(value, float):
        return f"{varbind.oid}|{number}x|{(_OPAQUE_FLOAT + struct.pack('>f', value)).hex()}"
    return f"{varbind.oid}|{number}|{'' if value is None else value}"


class Recording:
    """One recorded device, as an SNMP session."""

    def __init__(self, varbinds: Iterable[Varbind]) -> None:
        self.requests = 0
        self.retries = 0
        self._rows = {tuple(map(int, v.oid.split("."))): v for v in varbinds}
        self._oids = sorted(self._rows)

    async def get(self, cells: Cells, until: float) -> Answers:
        self.requests += 1
        found = (self._rows.get(tuple(map(int, oid.split(".")))) for oid in cells.oids)
        return Answers([v.value if v else None for v in found])

    async def walk(self, columns: Sequence[str], until: float, max_rows: int = 20_000, most: int | None = None) -> Walk:
        self.requests += 1
        out: dict[str, dict[str, Value]] = {}
        for column in columns:
            skip = len(column) + 1
            out[column] = {v.oid[skip:]: v.value for v in self._below(column)[:max_rows]}
        return Walk(out)

    async def scan(self, root: str, until: float, max_rows: int = 200_000) -> Scan:
        self.requests += 1
        return Scan(self._below(root)[:max_rows])

    async def close(self) -> None:
        return None

    def _below(self, root: str) -> list[Varbind]:
        at = tuple(map(int, root.split(".")))
        start = bisect_right(self._oids, at)
        end = start
        while end < len(self._oids) and self._oids[end][: len(at)] == at:
            end += 1
        return [self._rows[oid] for oid in self._oids[start:end]]


class Replay:
    """An opener whose devices are recordings: the target's address is the path of the file."""

    def snmp(self, target: Target, access: SnmpAccess, memory: Memory) -> SnmpSession:
        return Recording(read(Path(target.address)))

    async def shell(self, target: Target, cadence: Cadence, memory: Memory, until: float) -> Stage:
        raise Malformed("a recording holds SNMP only")

    async def probe(self, target: Target, probe: Probe, until: float) -> Stage:
        raise Malformed("a recording holds SNMP only")
