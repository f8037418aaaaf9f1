"""Make recordings: what a profile asked a device, or everything it has, with private things replaced.

Replacing is by rule and stable within one recording: one name becomes one substitute wherever it stands, so that a
recording still shows which rows belong together.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterator, Sequence

from collectors.errors import DeviceFault
from collectors.plan import plan
from collectors.profiles import Profile
from collectors.readings import Cadence
from collectors.session import Answers, Cells, Ip, Scan, SnmpSession, Varbind, Walk
from collectors.sessions import Opener, Stage
from collectors.target import Memory, Probe, SnmpAccess, Target

EVERYTHING = ("1.3.6.1.2.1", "1.0.8802", "1.3.111", "1.3.6.1.4.1")
# SNMP's own configuration: users, communities and views are nobody's business (SNMP-*-MIB).
NEVER = ("1.3.6.1.6.3.15", "1.3.6.1.6.3.16", "1.3.6.1.6.3.18", "1.3.6.1.6.3.12", "1.3.6.1.6.3.13")


class Recorder:
    """An opener that remembers which objects were asked and answered."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self.asked: set[str] = set()
        self.answered: set[str] = set()

    @staticmethod
    def objects(profile: Profile) -> Iterator[str]:
        """All scalars and columns a profile asks."""
        made = plan(profile)
        yield from made.scalars
        yield from made.every_column

    def snmp(self, target: Target, access: SnmpAccess, memory: Memory) -> SnmpSession:
        return _Listening(self._opener.snmp(target, access, memory), self)

    async def shell(self, target: Target, cadence: Cadence, memory: Memory, until: float) -> Stage:
        return await self._opener.shell(target, cadence, memory, until)

    async def probe(self, target: Target, probe: Probe, until: float) -> Stage:
        return await self._opener.probe(target, probe, until)

    async def record(self, target: Target, everything: bool, until: float) -> tuple[list[Varbind], DeviceFault | None]:
        """The objects that the visit asked (or all), with their types, in numeric order; and what cut it short."""
        assert target.snmp is not None  # noqa: S101  (a recording is made over SNMP)
        session = self._opener.snmp(target, target.snmp, Memory())
        found: dict[tuple[int, ...], Varbind] = {}
        problem: DeviceFault | None = None
        try:
            for root in EVERYTHING if everything else sorted(self.asked):
                # A scalar is the only thing below its own object; its .0 must not be walked past.
                scan: Scan = await session.scan(root.removesuffix(".0"), until)
                found |= {tuple(map(int, v.oid.split("."))): v for v in scan.varbinds}
                problem = problem or scan.problem
        finally:
            await session.close()
        kept = (found[oid] for oid in sorted(found))
        return [v for v in kept if not v.oid.startswith(tuple(f"{n}." for n in NEVER)) and v.tag < 0x80], problem


class _Listening:
    """A session that tells its recorder what went through it."""

    def __init__(self, session: SnmpSession, recorder: Recorder) -> None:
        self._session = session
        self._recorder = recorder
        self.requests = 0
        self.retries = 0

    async def get(self, cells: Cells, until: float) -> Answers:
        answers = await self._session.get(cells, until)
        self._count()
        self._recorder.asked.update(cells.oids)
        self._recorder.answered.update(o for o, v in zip(cells.oids, answers.values, strict=True) if v is not None)
        return answers

    async def walk(self, columns: Sequence[str], until: float, max_rows: int = 20_000, most: int | None = None) -> Walk:
        walk = await self._session.walk(columns, until, max_rows, most)
        self._count()
        self._recorder.asked.update(columns)
        self._recorder.answered.update(c for c, rows in walk.columns.items() if rows)
        return walk

    async def scan(self, root: str, until: float, max_rows: int = 200_000) -> Scan:
        scan = await self._session.scan(root, until, max_rows)
        self._count()
        return scan

    def _count(self) -> None:
        self.requests, self.retries = self._session.requests, self._session.retries

    async def close(self) -> None:
        await self._session.close()


# Objects that hold names of people, places and things, or numbers by which one device can be told from another.
_NAMES = (
    "1.3.6.1.2.1.1.4",  # sysContact
    "1.3.6.1.2.1.1.5",  # sysName
    "1.3.6.1.2.1.1.6",  # sysLocation
    "1.3.6.1.2.1.31.1.1.1.18",  # ifAlias
    "1.3.6.1.2.1.47.1.1.1.1.14",  # entPhysicalAlias
    "1.3.6.1.2.1.47.1.1.1.1.15",  # entPhysicalAssetID
    "1.0.8802.1.1.2.1.3.3",  # lldpLocSysName
    "1.0.8802.1.1.2.1.4.1.1.9",  # lldpRemSysName
)
_SERIALS = ("1.3.6.1.2.1.47.1.1.1.1.11",)  # entPhysicalSerialNum
_MACS = ("1.3.6.1.2.1.2.2.1.6", "1.3.6.1.2.1.17.1.1")  # ifPhysAddress, dot1dBaseBridgeAddress
_IPV4 = re.compile(r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HOST = re.compile(r"\b[\w-]+(?:\.[\w-]+)*\.(?:gov\.uk|local|lan|corp|internal|co\.uk|com|net|org)\b", re.IGNORECASE)
_MAC_TEXT = re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b|\b(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}\b")
_SERIAL_TEXT = re.compile(r"(?<![A-Za-z0-9])(?=(?:[A-Z]*\d){3})(?=\d*[A-Z])[A-Z0-9]{9,20}(?![A-Za-z0-9])")


class Scrubber:
    """Replaces what is private in varbinds: stable within one scrubber, unguessable from outside (salted)."""

    def __init__(self, salt: bytes | None = None) -> None:
        self._salt = salt if salt is not None else secrets.token_bytes(16)

    def scrubbed(self, varbind: Varbind) -> Varbind:
        """The varbind with its value replaced where it is private; types, lengths of numbers and OIDs stay."""
        value = varbind.value
        if isinstance(value, Ip):
            return Varbind(varbind.oid, varbind.tag, Ip(self._address(str(value))))
        if not isinstance(value, bytes) or not value:
            return varbind
        below = f"{varbind.oid}."
        if below.startswith(tuple(f"{m}." for m in _MACS)) and len(value) == 6:
            return Varbind(varbind.oid, varbind.tag, b"\x02" + self._hash(value)[:5])  # locally administered
        try:
            text = value.decode("utf-8")
        except UnicodeDecodeError:
            # Octets that are not text may hold a MAC address or a name in another code: six octets are replaced.
            return Varbind(varbind.oid, varbind.tag, b"\x02" + self._hash(value)[:5]) if len(value) == 6 else varbind
        if below.startswith(tuple(f"{n}." for n in _NAMES)):
            return Varbind(varbind.oid, varbind.tag, f"name-{self._hash(value).hex()[:6]}".encode())
        if below.startswith(tuple(f"{s}." for s in _SERIALS)):
            return Varbind(varbind.oid, varbind.tag, self._serial(text).encode())
        return Varbind(varbind.oid, varbind.tag, self.text(text).encode())

    def text(self, text: str) -> str:
        """Free text with addresses, mail addresses, host names, MAC addresses and serial numbers replaced."""
        text = _MAIL.sub(lambda m: f"name-{self._hash(m[0].encode()).hex()[:6]}@example.org", text)
        text = _MAC_TEXT.sub(lambda m: self._same_form(m[0]), text)
        text = _IPV4.sub(lambda m: self._address(m[0]), text)
        text = _HOST.sub(lambda m: f"host-{self._hash(m[0].encode()).hex()[:6]}.example.org", text)
        return _SERIAL_TEXT.sub(lambda m: self._serial(m[0]), text)

    def _hash(self, value: bytes) -> bytes:
        return hashlib.blake2b(value, key=self._salt).digest()

    def _address(self, address: str) -> str:
        """Documentation addresses (RFC 5737); masks, unspecified and loopback ones stay."""
        if address.startswith(("0.", "127.", "255.", "224.", "192.0.2.", "198.51.100.", "203.0.113.")):
            return address
        digest = self._hash(address.encode())
        return f"{('192.0.2', '198.51.100', '203.0.113')[digest[0] % 3]}.{1 + digest[1] % 254}"

    def _serial(self, text: str) -> str:
        """The same pattern of letters and digits; a coded year and week stay, the running number goes."""
        digest = self._hash(text.encode())
        keep = 7 if re.fullmatch(r"[A-Z]{3}\d{4}[A-Z0-9]{4}", text) else min(3, len(text) // 3)
        out = list(text[:keep])
        for at, character in enumerate(text[keep:]):
            byte = digest[at % len(digest)]
            if character.isdigit():
                out.append(str(byte % 10))
            elif character.isalpha():
                letter = chr(ord("A") + byte % 26)
                out.append(letter if character.isupper() else letter.lower())
            else:
                out.append(character)
        return "".join(out)

    def _same_form(self, text: str) -> str:
        digits = self._hash(re.sub(r"[^0-9a-f]", "", text.lower()).encode()).hex()
        fresh = iter("02" + digits)
        return "".join(next(fresh) if c.isalnum() else c for c in text)
