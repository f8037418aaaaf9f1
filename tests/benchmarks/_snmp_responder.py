"""A process that plays many SNMP devices on one UDP socket, fast enough not to be what is measured.

    python _snmp_responder.py [--ports 48] [--largest 1472]
    python _snmp_responder.py --estate [--delay 0.02] [--dead 0.05] [--slow 0.05]

Every 127.x.y.z address is a device of its own: a switch with the same objects everywhere, or with `--estate` what
`_estate.py` says stands at that address. Version 2c (any community) and version 3 (user `hart`, SHA and AES-128, an
engine of its own for each address) are answered. Prints its port when ready. Requests for the same objects are the same
octets but for their ids, so an answer is built once and then only re-stamped (and, in version 3, encrypted and signed).
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import select
import socket
import struct
import sys
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

IP_PKTINFO = 8
COLUMNS = [(2, 2, 1, c) for c in (7, 8, 13, 14, 19, 20)] + [(31, 1, 1, 1, c) for c in (6, 7, 8, 9, 10, 11, 12, 13)]
PREFIX = (1, 3, 6, 1, 2, 1)
ENGINE_ID = b"\x80\x00\x1f\x88\x04bench"
BOOTS = 3
LARGEST = 1472
SLOW_SECONDS = 1.5  # what a slow device takes for each answer: within the time-out, at the edge of it
NUMBER_HERE = b"@@@@@@"  # in a value: six digits of the device's own stand here

Name = tuple[int, ...]


def tlv(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    return bytes((tag, 0x82)) + size.to_bytes(2, "big") + body


def oid(name: tuple[int, ...]) -> bytes:
    out = bytearray((name[0] * 40 + name[1],))
    for arc in name[2:]:
        piece = [arc & 127]
        while arc > 127:
            arc >>= 7
            piece.insert(0, 128 | arc & 127)
        out += bytes(piece)
    return tlv(6, bytes(out))


def objects(ports: int) -> dict[tuple[int, ...], bytes]:
    """The numeric interface columns that a monitor polls each minute; counters as large as in service."""
    found: dict[tuple[int, ...], bytes] = {}
    for row in range(1, ports + 1):
        for position, column in enumerate(COLUMNS):
            if column[0] == 31:
                value = tlv(0x46, (10**12 + row * 10**9 + position).to_bytes(6, "big"))
            elif column[-1] in (7, 8):
                value = b"\x02\x01\x01"
            else:
                value = tlv(0x41, (row * 1000 + position).to_bytes(4, "big"))
            found[*PREFIX, *column, row] = value
    return found


def named(ports: int) -> dict[tuple[int, ...], bytes]:
    """The system group, and the names that label each interface."""
    found = {
        (*PREFIX, 1, 1, 0): tlv(4, b"Example Switch, Version 1.0"),
        (*PREFIX, 1, 2, 0): oid((1, 3, 6, 1, 4, 1, 99999, 1)),
        (*PREFIX, 1, 3, 0): b"\x43\x03\x01\x00\x00",
        (*PREFIX, 1, 5, 0): tlv(4, b"switch"),
        (*PREFIX, 2, 1, 0): tlv(2, bytes((ports,))),
    }
    for row in range(1, ports + 1):
        found[*PREFIX, 2, 2, 1, 2, row] = tlv(4, f"GigabitEthernet1/0/{row}".encode())
        found[*PREFIX, 31, 1, 1, 1, 1, row] = tlv(4, f"Gi1/0/{row}".encode())
        found[*PREFIX, 31, 1, 1, 1, 18, row] = tlv(4, f"desk {row}".encode())
    return found


def read(data: bytes, at: int) -> tuple[int, int, int]:
    tag, size = data[at], data[at + 1]
    at += 2
    if size & 128:
        count = size & 127
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    return tag, at, at + size


class Engine:
    """The SNMPv3 side of one address: its engine id and the keys that belong to it."""

    __slots__ = ("auth_key", "id", "priv_key")

    stretched = tuple(hashlib.sha1((s * 2**17)[: 2**20]).digest() for s in (b"maplesyrup auth", b"maplesyrup priv"))  # noqa: S324

    def __init__(self, address: bytes) -> None:
        self.id = ENGINE_ID + address
        auth, priv = (hashlib.sha1(k + self.id + k).digest() for k in self.stretched)  # noqa: S324
        self.auth_key, self.priv_key = auth, AES(priv[:16])


class Devices:
    """What all the devices of one kind answer."""

    def __init__(self, found: Mapping[Name, bytes]) -> None:
        self.order = sorted(found)
        self.binds = {name: tlv(0x30, oid(name) + value) for name, value in found.items()}
        self.answers: dict[bytes, tuple[bytes, bool]] = {}
        self.engines: dict[bytes, Engine] = {}
        self.salt = 0
        self.started = time.monotonic()

    def pdu(self, data: bytes, at: int, room: int, address: bytes) -> bytes:
        """The answer to the PDU at `at`: the same request but for its id has the same answer but for its id."""
        tag, start, end = read(data, at)
        _, id_at, rest = read(data, start)
        key = bytes((tag,)) + data[rest:end]
        held = self.answers.get(key)
        if held is None:
            body = self.body(tag, data, rest, end, room)
            held = self.answers[key] = body, NUMBER_HERE in body
        body, personal = held
        if personal:
            body = body.replace(NUMBER_HERE, b"%06d" % (int.from_bytes(address[1:], "big") % 1_000_000))
        return tlv(0xA2, tlv(2, data[id_at:rest]) + body)

    def body(self, tag: int, data: bytes, at: int, end: int, room: int) -> bytes:
        _, _, at = read(data, at)
        _, start, at = read(data, at)
        repetitions = int.from_bytes(data[start:at], "big")
        _, at, end = read(data, at)
        names = []
        while at < end:
            _, inside, at = read(data, at)
            _, first, last = read(data, inside)
            arcs, arc = [1, 3], 0
            for octet in data[first + 1 : last]:
                arc = arc << 7 | octet & 127
                if octet < 128:
                    arcs.append(arc)
                    arc = 0
            names.append(tuple(arcs))
        out = []
        if tag == 0xA0:
            out = [self.binds.get(name) or tlv(0x30, oid(name) + b"\x81\x00") for name in names]
        else:
            for _ in range(repetitions if tag == 0xA5 else 1):
                for position, name in enumerate(names):
                    place = bisect_right(self.order, name)
                    if place < len(self.order):
                        names[position] = self.order[place]
                        out.append(self.binds[names[position]])
                    else:
                        out.append(tlv(0x30, oid(name) + b"\x82\x00"))
        size, kept = 0, 0
        for bind in out:
            size += len(bind)
            if size > room:
                break
            kept += 1
        if kept < len(out) and tag != 0xA5:
            return b"\x02\x01\x01\x02\x01\x00\x30\x00"
        return b"\x02\x01\x00\x02\x01\x00" + tlv(0x30, b"".join(out[:kept]))

    def answer(self, data: bytes, address: bytes) -> bytes | None:
        _, at, _ = read(data, 0)
        _, version_at, at = read(data, at)
        if data[version_at] == 3:
            return self.answer_v3(data, at, address)
        _, _, pdu_at = read(data, at)
        return tlv(0x30, data[at - 3 : pdu_at] + self.pdu(data, pdu_at, LARGEST - 60, address))

    def answer_v3(self, data: bytes, at: int, address: bytes) -> bytes | None:
        engine = self.engines.get(address)
        if engine is None:
            engine = self.engines[address] = Engine(address)
        _, header, after = read(data, at)
        _, id_at, id_end = read(data, header)
        _, security, after = read(data, after)
        _, security, _ = read(data, security)
        _, engine_at, engine_end = read(data, security)
        _, boots_at, boots_end = read(data, engine_end)
        _, time_at, time_end = read(data, boots_end)
        _, user_at, user_end = read(data, time_end)
        _, mac_at, mac_end = read(data, user_end)
        _, salt_at, salt_end = read(data, mac_end)
        message_id = data[id_at:id_end]
        if data[engine_at:engine_end] != engine.id:
            return self.report(engine, message_id, 4, b"", level=0)
        blank = data[:mac_at] + bytes(12) + data[mac_end:]
        if hmac.digest(engine.auth_key, blank, "sha1")[:12] != data[mac_at:mac_end]:
            return self.report(engine, message_id, 5, data[user_at:user_end], level=0)
        boots = int.from_bytes(data[boots_at:boots_end], "big")
        seconds = int.from_bytes(data[time_at:time_end], "big")
        if boots != BOOTS:
            return self.report(engine, message_id, 2, data[user_at:user_end], level=1)
        _, secret, end = read(data, after)
        iv = boots.to_bytes(4, "big") + seconds.to_bytes(4, "big") + data[salt_at:salt_end]
        plain = Cipher(engine.priv_key, CFB(iv)).decryptor().update(data[secret:end])
        _, scoped, _ = read(plain, 0)
        _, _, at = read(plain, scoped)
        _, _, at = read(plain, at)
        scoped_pdu = tlv(0x30, plain[scoped:at] + self.pdu(plain, at, LARGEST - 160, address))
        return self.message(engine, message_id, scoped_pdu, data[user_at:user_end], level=3)

    def report(self, engine: Engine, message_id: bytes, counter: int, user: bytes, level: int) -> bytes:
        bind = tlv(0x30, oid((1, 3, 6, 1, 6, 3, 15, 1, 1, counter, 0)) + b"\x41\x01\x01")
        pdu = tlv(0xA8, b"\x02\x01\x00" * 3 + tlv(0x30, bind))
        return self.message(engine, message_id, tlv(0x30, tlv(4, engine.id) + b"\x04\x00" + pdu), user, level)

    def message(self, engine: Engine, message_id: bytes, scoped: bytes, user: bytes, level: int) -> bytes:
        seconds = 1000 + int(time.monotonic() - self.started)
        salt = b""
        if level == 3:
            self.salt += 1
            salt = struct.pack(">Q", self.salt)
            iv = BOOTS.to_bytes(4, "big") + seconds.to_bytes(4, "big") + salt
            scoped = tlv(4, Cipher(engine.priv_key, CFB(iv)).encryptor().update(scoped))
        blank = bytes(12) if level else b""
        before = tlv(4, engine.id) + tlv(2, bytes((BOOTS,))) + tlv(2, seconds.to_bytes(4, "big")) + tlv(4, user)
        security = tlv(0x30, before + tlv(4, blank) + tlv(4, salt))
        header = tlv(0x30, tlv(2, message_id) + b"\x02\x03\x00\xff\xe3" + bytes((4, 1, level)) + b"\x02\x01\x03")
        whole = tlv(0x30, b"\x02\x01\x03" + header + tlv(4, security) + scoped)
        if not level:
            return whole
        at = len(whole) - len(scoped) - len(tlv(4, salt)) - 12
        return whole[:at] + hmac.digest(engine.auth_key, whole, "sha1")[:12] + whole[at + 12 :]


def estate() -> Callable[[bytes], Devices]:
    """Which kind of device an address is, as `_estate.py` has it."""
    sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).parent)]
    from _estate import KINDS, kind_at, objects_of

    kinds = {kind: Devices(objects_of(kind)) for kind in KINDS}
    return lambda address: kinds[kind_at(address)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ports", type=int, default=48)
    parser.add_argument("--largest", type=int, default=LARGEST, help="octets an answer may have")
    parser.add_argument("--estate", action="store_true", help="devices of all kinds, by address")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds until an answer is sent")
    parser.add_argument("--dead", type=float, default=0.0, help="share of devices that never answer")
    parser.add_argument("--slow", type=float, default=0.0, help=f"share that takes {SLOW_SECONDS} s for each answer")
    options = parser.parse_args()
    globals()["LARGEST"] = options.largest
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
    sock.bind(("0.0.0.0", 0))  # noqa: S104 - every address of 127.0.0.0/8 is a device
    sock.setblocking(False)
    if options.estate:
        of = estate()
    else:
        devices = Devices(objects(options.ports) | named(options.ports))

        def of(_: bytes) -> Devices:
            return devices

    print(sock.getsockname()[1], flush=True)
    if options.estate:
        later(sock, of, options.delay, options.dead, options.slow)
    else:
        at_once(sock, of)


Of = Callable[[bytes], Devices]


def send(sock: socket.socket, answer: bytes, address: bytes, peer: tuple[str, int]) -> None:
    try:
        sock.sendmsg([answer], [(socket.IPPROTO_IP, IP_PKTINFO, struct.pack("I4s4s", 0, address, bytes(4)))], 0, peer)
    except OSError:  # an ICMP error of an earlier answer, or a full buffer: lost, as on a network
        return


def at_once(sock: socket.socket, of: Of) -> None:
    """Answer without delay, and stay awake for it: a whole core, which is fair where one poller is measured."""
    awake_until = 0.0
    while True:
        try:
            data, ancillary, _, peer = sock.recvmsg(65535, 128)
        except BlockingIOError:
            # Waking a sleeping process costs whoever sends to it some 100 us on a virtual machine, which no network
            # card does: while requests come, we stay awake.
            if time.monotonic() > awake_until:
                select.select([sock], [], [])
                awake_until = time.monotonic() + 0.02
            continue
        awake_until = time.monotonic() + 0.02
        if not peer[0].startswith("127."):
            continue
        address = ancillary[0][2][8:12]
        answer = of(address).answer(data, address)
        if answer is not None:
            send(sock, answer, address, peer)


def later(sock: socket.socket, of: Of, delay: float, dead: float, slow: float) -> None:
    """Answer after a round trip's time. The estate shares the machine with what is measured, so it sleeps in between.

    It looks at its socket every millisecond and does not wait on it: whoever sends to a process that waits has to wake
    it, which on a virtual machine costs the sender 100 us, and no network card does.
    """
    ways: dict[bool, deque[tuple[float, bytes, bytes, tuple[str, int]]]] = {False: deque(), True: deque()}
    while True:
        time.sleep(0.001)
        now = time.monotonic()
        for queue in ways.values():
            while queue and queue[0][0] <= now:
                _, answer, address, peer = queue.popleft()
                send(sock, answer, address, peer)
        for _ in range(256):
            try:
                data, ancillary, _, peer = sock.recvmsg(65535, 128)
            except BlockingIOError:
                break
            address = ancillary[0][2][8:12]
            if not peer[0].startswith("127."):
                continue
            chance = lot(address)
            if chance < dead:
                continue
            answer = of(address).answer(data, address)
            if answer is not None:
                is_slow = chance >= 1.0 - slow
                ways[is_slow].append((now + (SLOW_SECONDS if is_slow else delay), answer, address, peer))


def lot(address: bytes) -> float:
    """0 <= x < 1, the same for an address every time."""
    return int.from_bytes(hashlib.blake2b(address, digest_size=4).digest(), "big") / 2**32


if __name__ == "__main__":
    main()
