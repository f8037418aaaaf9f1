"""An SNMP agent on loopback that does whatever a test tells it, well or badly.

It has its own BER, written apart from the code under test, so that both cannot share a mistake.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Self

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

COMMUNITY = b"hart-read"
GET, GET_NEXT, RESPONSE, GET_BULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA5, 0xA8
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW = b"\x80\x00", b"\x81\x00", b"\x82\x00"

Name = tuple[int, ...]
Binding = tuple[Name, bytes]
"""A name, and its value as encoded."""


# ---------------------------------------------------------------- BER
def tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    digits = b""
    while size:
        digits = bytes([size & 255]) + digits
        size >>= 8
    return bytes([tag, 128 | len(digits)]) + digits + body


def num(value: int, tag: int = 2) -> bytes:
    """A number as two's complement; unsigned types get their leading zero octet."""
    octets = 1
    while not -(1 << (8 * octets - 1)) <= value < 1 << (8 * octets - 1):
        octets += 1
    return tlv(tag, value.to_bytes(octets, "big", signed=True))


def text(value: bytes) -> bytes:
    return tlv(4, value)


def oid(name: Name) -> bytes:
    body = b""
    for arc in (name[0] * 40 + name[1], *name[2:]):
        piece = bytes([arc & 127])
        while arc > 127:
            arc >>= 7
            piece = bytes([128 | arc & 127]) + piece
        body += piece
    return tlv(6, body)


def take(data: bytes, at: int = 0) -> tuple[int, bytes, int]:
    """Tag, content, and where the next element starts."""
    tag, size = data[at], data[at + 1]
    at += 2
    if size > 127:
        count = size & 127
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    return tag, data[at : at + size], at + size


def elements(body: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(body):
        tag, content, at = take(body, at)
        found.append((tag, content))
    return found


def name_of(body: bytes) -> Name:
    arcs, arc = [], 0
    for octet in body:
        arc = arc * 128 + (octet & 127)
        if octet < 128:
            arcs.append(arc)
            arc = 0
    head = min(arcs[0] // 40, 2)
    return (head, arcs[0] - 40 * head, *arcs[1:])


def dotted(name: str) -> Name:
    return tuple(map(int, name.split(".")))


# ---------------------------------------------------------------- messages
@dataclass(frozen=True)
class Asked:
    """A request as it came. `first` and `second` are error status and index, or non-repeaters and repetitions."""

    version: int
    community: bytes
    pdu: int
    request_id: int
    first: int
    second: int
    names: list[Name]
    count: int  # how many requests came before this one
    raw: bytes

    def reply(self, bindings: Iterable[Binding], status: int = 0, index: int = 0, **changes: Any) -> bytes:
        """A Response to it; `changes` replace what is taken from the request."""
        to = replace(self, **changes)
        return community_message(to, response(to.request_id, bindings, status, index))

    def error(self, status: int, index: int = 0) -> bytes:
        return self.reply([(name, b"\x05\x00") for name in self.names], status, index)


def response(
    request_id: int, bindings: Iterable[Binding], status: int = 0, index: int = 0, tag: int = RESPONSE
) -> bytes:
    listed = b"".join(tlv(0x30, oid(name) + value) for name, value in bindings)
    return tlv(tag, num(request_id) + num(status) + num(index) + tlv(0x30, listed))


def community_message(asked: Asked, pdu: bytes) -> bytes:
    return tlv(0x30, num(asked.version) + text(asked.community) + pdu)


def read_pdu(data: bytes) -> tuple[int, int, int, int, list[Name]]:
    tag, body, _ = take(data)
    (_, request_id), (_, first), (_, second), (_, listed) = elements(body)
    names = [name_of(elements(bind)[0][1]) for _, bind in elements(listed)]
    return tag, *(int.from_bytes(n, "big", signed=True) for n in (request_id, first, second)), names  # type: ignore[return-value]


def read_request(data: bytes, count: int) -> Asked:
    _, body, _ = take(data)
    _, version, at = take(body)
    _, community, at = take(body, at)
    return Asked(version[0], community, *read_pdu(body[at:]), count, data)


# ---------------------------------------------------------------- what an honest agent would say
class Mib:
    """Objects in order, answered as RFC 3416 wants it."""

    def __init__(self, objects: dict[str, bytes] | dict[Name, bytes]) -> None:
        self.objects: dict[Name, bytes] = {dotted(k) if isinstance(k, str) else k: v for k, v in objects.items()}
        self.order: list[Name] = sorted(self.objects)

    def get(self, name: Name) -> Binding:
        return name, self.objects.get(name, NO_SUCH_INSTANCE)

    def after(self, name: Name) -> Binding:
        at = bisect_right(self.order, name)
        return (self.order[at], self.objects[self.order[at]]) if at < len(self.order) else (name, END_OF_MIB_VIEW)

    def bindings(self, asked: Asked) -> list[Binding]:
        if asked.pdu == GET:
            return [self.get(name) for name in asked.names]
        rounds = asked.second if asked.pdu == GET_BULK else 1
        found: list[Binding] = []
        cursors = list(asked.names)
        for _ in range(rounds):
            row = [self.after(name) for name in cursors]
            found += row
            cursors = [name for name, _ in row]
        return found

    def __call__(self, asked: Asked) -> bytes:
        if asked.version == 0:
            for position, (_, value) in enumerate(self.bindings(asked), 1):
                if value in (NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW):
                    return asked.error(2, position)
        return asked.reply(self.bindings(asked))


# ---------------------------------------------------------------- the socket
@dataclass(frozen=True)
class Later:
    """Send this so many seconds from now."""

    seconds: float
    data: bytes


@dataclass(frozen=True)
class Elsewhere:
    """Send this from another port, or from another address too."""

    data: bytes
    address: str = "127.0.0.1"


Said = bytes | Later | Elsewhere | None
Behaviour = Callable[[Asked], Said | Sequence[Said]]


@dataclass
class Agent(asyncio.DatagramProtocol):
    """A running hostile agent."""

    behaviour: Callable[[bytes, int], Said | Sequence[Said]]
    requests: list[bytes] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)
    transport: asyncio.DatagramTransport | None = None
    others: dict[str, asyncio.DatagramTransport] = field(default_factory=dict)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    @property
    def port(self) -> int:
        assert self.transport is not None
        return int(self.transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, peer: Any) -> None:
        self.requests.append(data)
        try:
            said = self.behaviour(data, len(self.requests) - 1)
        except Exception as error:  # noqa: BLE001 - a mistake in a test's behaviour must fail the test, not time out
            self.failures.append(error)
            return
        for item in said if isinstance(said, list | tuple) else [said]:
            self.send(item, peer)

    def send(self, item: Said, peer: Any) -> None:
        if isinstance(item, Later):
            asyncio.get_running_loop().call_later(item.seconds, self.send, item.data, peer)
        elif isinstance(item, Elsewhere):
            self.others[item.address].sendto(item.data, peer)
        elif item is not None and self.transport is not None and not self.transport.is_closing():
            self.transport.sendto(item, peer)


@asynccontextmanager
async def agent(behaviour: Callable[[bytes, int], Said | Sequence[Said]]) -> Any:
    """A hostile agent on a free port of 127.0.0.1, with a second port and a second address to speak from."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(lambda: Agent(behaviour), local_addr=("127.0.0.1", 0))
    other, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0))
    protocol.others["127.0.0.1"] = other
    elsewhere, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.2", protocol.port)
    )
    protocol.others["127.0.0.2"] = elsewhere
    try:
        yield protocol
    finally:
        for transport in (protocol.transport, *protocol.others.values()):
            transport.close()
        if protocol.failures:
            raise protocol.failures[0]


def saying(behaviour: Behaviour) -> Any:
    """A hostile agent for version 1 and 2c."""
    return agent(lambda data, count: behaviour(read_request(data, count)))


# ---------------------------------------------------------------- version 3
@cache
def stretch(secret: bytes) -> bytes:
    return hashlib.sha256((secret * (1048576 // len(secret) + 1))[:1048576]).digest()


@dataclass
class Usm:
    """The device's side of the user-based security model: SHA-256 and AES-128, and every lie a test wants."""

    mib: Mib
    user: bytes = b"hart"
    auth_secret: bytes = b"maplesyrup auth"
    priv_secret: bytes = b"maplesyrup priv"
    engine_id: bytes = b"\x80\x00\x1f\x88\x04hostile"
    boots: int = 7
    seconds: int = 5000
    level: int = 3  # 0 noAuthNoPriv, 1 authNoPriv, 3 authPriv
    salts: Any = field(default_factory=lambda: itertools.count(1))
    tell: Callable[[V3Asked], Said | Sequence[Said]] | None = None
    seen: list[V3Asked] = field(default_factory=list)

    def key(self, secret: bytes) -> bytes:
        stretched = stretch(secret)
        return hashlib.sha256(stretched + self.engine_id + stretched).digest()

    def message(self, message_id: int, scoped: bytes, level: int, **lies: Any) -> bytes:
        """A message of the device. Lies: engine_id, boots, seconds, user, mac, key."""
        boots, seconds = lies.get("boots", self.boots), lies.get("seconds", self.seconds)
        salt = b""
        if level & 2:
            salt = next(self.salts).to_bytes(8, "big")
            cipher = Cipher(
                AES(self.key(self.priv_secret)[:16]), CFB(boots.to_bytes(4, "big") + seconds.to_bytes(4, "big") + salt)
            ).encryptor()
            scoped = text(cipher.update(scoped) + cipher.finalize())

        def built(mac: bytes) -> bytes:
            parameters = (
                text(lies.get("engine_id", self.engine_id))
                + num(boots)
                + num(seconds)
                + text(lies.get("user", self.user))
                + text(mac)
                + text(salt)
            )
            header = num(message_id) + num(65507) + text(bytes([level])) + num(3)
            return tlv(0x30, num(3) + tlv(0x30, header) + text(tlv(0x30, parameters)) + scoped)

        if not level & 1:
            return built(b"")
        key = lies.get("key") or self.key(self.auth_secret)
        mac = hmac.new(key, built(bytes(24)), hashlib.sha256).digest()[:24]
        return built(lies.get("mac", mac))

    def scoped(self, pdu: bytes) -> bytes:
        return tlv(0x30, text(self.engine_id) + text(b"") + pdu)

    def report(self, asked: V3Asked, counter: int, level: int = 0, **lies: Any) -> bytes:
        """A Report of usmStats `counter` (RFC 3414 section 5)."""
        name = (1, 3, 6, 1, 6, 3, 15, 1, 1, counter, 0)
        pdu = response(asked.request_id, [(name, num(1, 0x41))], tag=REPORT)
        return self.message(asked.message_id, self.scoped(pdu), level, **{"user": asked.user, **lies})

    def answer(self, asked: V3Asked, level: int | None = None, bindings: Any = None, **lies: Any) -> bytes:
        found = self.mib.bindings(asked.inner) if bindings is None else bindings
        pdu = response(lies.get("request_id", asked.request_id), found)
        message_id = lies.pop("message_id", asked.message_id)
        return self.message(message_id, self.scoped(pdu), self.level if level is None else level, **lies)

    def honest(self, asked: V3Asked) -> Said:
        if asked.engine_id != self.engine_id:
            return self.report(asked, 4)
        if asked.user != self.user:
            return self.report(asked, 3)
        if not asked.authentic and self.level & 1:
            return self.report(asked, 5)
        if self.level & 1 and (asked.boots != self.boots or abs(asked.seconds - self.seconds) > 150):
            return self.report(asked, 2, level=1)
        return self.answer(asked)

    def __call__(self, data: bytes, count: int) -> Said | Sequence[Said]:
        asked = self.read(data, count)
        self.seen.append(asked)
        said = self.tell(asked) if self.tell else None
        return self.honest(asked) if said is None else said

    def read(self, data: bytes, count: int) -> V3Asked:
        _, body, _ = take(data)
        (_, _version), (_, header), (_, security), (scoped_tag, scoped) = elements(body)
        (_, message_id), _, (_, flags), _ = elements(header)
        (_, engine_id), (_, boots), (_, seconds), (_, user), (_, mac), (_, salt) = elements(take(security)[1])
        level = flags[0] & 3
        at = data.find(mac) if mac else 0
        blank = data[:at] + bytes(len(mac)) + data[at + len(mac) :]
        authentic = bool(mac) and hmac.new(self.key(self.auth_secret), blank, hashlib.sha256).digest()[:24] == mac
        numbers = int.from_bytes(boots, "big"), int.from_bytes(seconds, "big")
        inner = None
        if scoped_tag == 4 and authentic:
            iv = b"".join(n.to_bytes(4, "big") for n in numbers) + salt
            cipher = Cipher(AES(self.key(self.priv_secret)[:16]), CFB(iv)).decryptor()
            scoped = take(cipher.update(scoped) + cipher.finalize())[1]
            scoped_tag = 0x30
        if scoped_tag == 0x30:
            pdu = elements(scoped)[2]
            inner = Asked(3, b"", *read_pdu(tlv(*pdu)), count, data)
        return V3Asked(
            int.from_bytes(message_id, "big"), level, engine_id, *numbers, user, authentic, inner, count, data
        )


@dataclass(frozen=True)
class V3Asked:
    """A version 3 request as it came; `inner` is None where it could not be read."""

    message_id: int
    level: int
    engine_id: bytes
    boots: int
    seconds: int
    user: bytes
    authentic: bool
    inner: Any
    count: int
    raw: bytes

    @property
    def request_id(self) -> int:
        return self.inner.request_id if self.inner else 0

    def changed(self, **changes: Any) -> Self:
        return replace(self, **changes)
