"""A message in, a message out: SNMP v1, v2c and v3 for one simulated device. No sockets and no clock of its own.

It behaves as good equipment does: answers fit 1,472 octets (one Ethernet frame), GETBULK stops where the room ends,
GET that does not fit is tooBig, a wrong community is met with silence, SET is refused and counted.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent.demo import ber, usm
from agent.demo.tree import Tree

ROOM = 1472
WINDOW_SECONDS = 150  # RFC 3414 section 2.2.3
TOO_BIG, NO_SUCH_NAME, NOT_WRITABLE = 1, 2, 17
READ_ONLY_V1 = NO_SUCH_NAME  # RFC 1157 4.1.5: SET of an object that is not available for set is noSuchName
NULL = b"\x05\x00"
END = bytes((ber.END_OF_MIB_VIEW, 0))
# usmStats objects (RFC 3414): what a report says went wrong
UNSUPPORTED_LEVEL, NOT_IN_WINDOW, UNKNOWN_USER, UNKNOWN_ENGINE, WRONG_DIGEST, DECRYPTION = range(1, 7)
USM_STATS = ber.oid("1.3.6.1.6.3.15.1.1")
AUTHENTICATED, PRIVATE, REPORTABLE = 1, 2, 4


@dataclass(slots=True)
class Counters:
    """What the agent counted about its own traffic (SNMPv2-MIB snmp group and usmStats)."""

    packets_in: int = 0
    packets_out: int = 0
    bad_communities: int = 0
    garbled: int = 0
    sets_refused: int = 0
    usm: list[int] = field(default_factory=lambda: [0] * 7)


@dataclass(frozen=True, slots=True)
class Pdu:
    """A request as it came. `first` and `second` are error-status and -index, or non-repeaters and max-repetitions."""

    kind: int
    request_id: int
    first: int
    second: int
    oids: tuple[ber.Oid, ...]
    bindings: bytes  # as they came, for the errors that send them back


def parse_pdu(data: bytes, at: int) -> Pdu:
    kind, start, end = ber.read(data, at)
    if kind not in (ber.GET, ber.GET_NEXT, ber.GET_BULK, ber.SET):
        raise ber.Garbled("not a request")
    body = data[start:end]
    request_id, at = ber.number(body, 0)
    first, at = ber.number(body, at)
    second, at = ber.number(body, at)
    bindings = body[at:]
    listed, _ = ber.content(body, at, ber.SEQUENCE)
    oids, at = [], 0
    while at < len(listed):
        binding, at = ber.content(listed, at, ber.SEQUENCE)
        name, value_at = ber.content(binding, 0, ber.OBJECT_ID)
        ber.read(binding, value_at)
        oids.append(ber.parse_oid(name))
    return Pdu(kind, request_id, first, second, tuple(oids), bindings)


def response(request_id: int, status: int, index: int, bindings: bytes, kind: int = ber.RESPONSE) -> bytes:
    head = ber.integer(request_id) + ber.integer(status) + ber.integer(index)
    return ber.tlv(kind, head + ber.tlv(ber.SEQUENCE, bindings))


def answer_pdu(pdu: Pdu, tree: Tree, t: float, version: int, room: int) -> bytes:
    """The response PDU for a request; at most `room` octets. `version` 0 is v1."""
    echoed = ber.content(pdu.bindings, 0, ber.SEQUENCE)[0]
    if pdu.kind == ber.SET:
        status = READ_ONLY_V1 if version == 0 else NOT_WRITABLE
        return response(pdu.request_id, status, min(1, len(pdu.oids)), echoed)
    if pdu.kind == ber.GET_BULK:
        return _bulk(pdu, tree, t, room)
    out = bytearray()
    for position, oid in enumerate(pdu.oids, 1):
        bound = _get(tree, oid, t, version) if pdu.kind == ber.GET else _next(tree, oid, t, version)[0]
        if bound is None:
            return response(pdu.request_id, NO_SUCH_NAME, position, echoed)
        out += bound
        if len(out) > room - 24:  # headers of the PDU and its list, status and index at their widest
            return response(pdu.request_id, TOO_BIG, 0, echoed if version == 0 else b"")
    return response(pdu.request_id, 0, 0, bytes(out))


def _bind(name: bytes, value: bytes) -> bytes:
    return ber.tlv(ber.SEQUENCE, name + value)


def _get(tree: Tree, oid: ber.Oid, t: float, version: int) -> bytes | None:
    at = tree.find(oid)
    value = tree.value(at, t) if at is not None else None
    if at is not None and value is not None and not (version == 0 and tree.tag(at) == ber.COUNTER64):
        return _bind(tree.name(at), value)
    if version == 0:
        return None
    missing = ber.NO_SUCH_INSTANCE if tree.holds(oid) else ber.NO_SUCH_OBJECT
    return _bind(ber.object_id(oid), bytes((missing, 0)))


def _next(tree: Tree, oid: ber.Oid, t: float, version: int, at: int | None = None) -> tuple[bytes | None, int]:
    """The binding behind `oid` and its position; v1 has no Counter64 (RFC 3584 4.1.2.1) and no end, only None."""
    at = tree.after(oid) if at is None else at
    while at < len(tree):
        if not (version == 0 and tree.tag(at) == ber.COUNTER64):
            value = tree.value(at, t)
            if value is not None:
                return _bind(tree.name(at), value), at
        at += 1
    return (None if version == 0 else _bind(ber.object_id(oid), END)), at


def _bulk(pdu: Pdu, tree: Tree, t: float, room: int) -> bytes:
    once, repetitions = max(0, min(pdu.first, len(pdu.oids))), max(0, pdu.second)
    out, left = bytearray(), room - 24
    lanes: list[tuple[ber.Oid, int | None]] = [(oid, None) for oid in pdu.oids[once:]]
    for oid in pdu.oids[:once]:
        single = _next(tree, oid, t, 1)[0] or b""
        if len(out) + len(single) > left:
            return response(pdu.request_id, 0, 0, bytes(out))
        out += single
    for _ in range(repetitions if lanes else 0):
        ended = 0
        for lane, (oid, at) in enumerate(lanes):
            bound, found = _next(tree, oid, t, 1, at)
            if bound is None or len(out) + len(bound) > left:
                if not out:
                    return response(pdu.request_id, TOO_BIG, 0, b"")
                return response(pdu.request_id, 0, 0, bytes(out))
            out += bound
            if found < len(tree):
                lanes[lane] = (tree.oid(found), found + 1)
            else:
                ended += 1
                lanes[lane] = (oid, found)
        if ended == len(lanes):
            break
    return response(pdu.request_id, 0, 0, bytes(out))


@dataclass(slots=True)
class Agent:
    """The SNMP agent of one simulated device: its objects, who may ask, and what it counted."""

    tree: Tree
    engine_id: bytes
    communities: frozenset[str]
    users: dict[str, usm.User]
    counters: Counters = field(default_factory=Counters)
    _keys: dict[str, usm.Keys] = field(default_factory=dict)

    def answer(self, data: bytes, t: float, boots: int, engine_seconds: int) -> bytes | None:
        """The answer to one datagram, or None for silence. `engine_seconds`: since the agent's start, real seconds."""
        self.counters.packets_in += 1
        try:
            body, _ = ber.content(data, 0, ber.SEQUENCE)
            version, at = ber.number(body, 0)
            if version == 3:
                out = self._v3(data, body, at, t, boots, engine_seconds)
            elif version in (0, 1):
                out = self._community(body, at, version, t)
            else:
                out = None
        except ber.Garbled:
            self.counters.garbled += 1
            return None
        self.counters.packets_out += out is not None
        return out

    def _pdu(self, pdu: Pdu, t: float, version: int, room: int) -> bytes:
        if pdu.kind == ber.SET:
            self.counters.sets_refused += 1
        return answer_pdu(pdu, self.tree, t, version, room)

    def _community(self, body: bytes, at: int, version: int, t: float) -> bytes | None:
        community, at = ber.content(body, at, ber.OCTETS)
        if community.decode("latin-1") not in self.communities:
            self.counters.bad_communities += 1
            return None
        pdu = parse_pdu(body, at)
        if version == 0 and pdu.kind == ber.GET_BULK:
            raise ber.Garbled("GETBULK does not exist in v1")
        head = ber.integer(version) + ber.tlv(ber.OCTETS, community)
        return ber.tlv(ber.SEQUENCE, head + self._pdu(pdu, t, version, ROOM - len(head) - 4))

    # ---------------------------------------------------------------- version 3
    def _v3(self, data: bytes, body: bytes, at: int, t: float, boots: int, seconds: int) -> bytes | None:
        header, at = ber.content(body, at, ber.SEQUENCE)
        message_id, h = ber.number(header, 0)
        max_size, h = ber.number(header, h)
        flags_octets, h = ber.content(header, h, ber.OCTETS)
        model, _ = ber.number(header, h)
        if model != 3 or len(flags_octets) != 1 or max_size < 484:
            raise ber.Garbled("a security model or size that is not USM's")
        flags = flags_octets[0]
        security, at = ber.content(body, at, ber.OCTETS)
        fields, _ = ber.content(security, 0, ber.SEQUENCE)
        engine_id, f = ber.content(fields, 0, ber.OCTETS)
        their_boots, f = ber.number(fields, f)
        their_time, f = ber.number(fields, f)
        user_name, f = ber.content(fields, f, ber.OCTETS)
        code, f = ber.content(fields, f, ber.OCTETS)
        salt, _ = ber.content(fields, f, ber.OCTETS)
        envelope = _Envelope(self.engine_id, message_id, boots, seconds)

        def report(stat: int, keys: usm.Keys | None = None) -> bytes | None:
            self.counters.usm[stat] += 1
            if not flags & REPORTABLE:
                return None
            bound = _bind(ber.object_id((*USM_STATS, stat, 0)), ber.integer(self.counters.usm[stat], ber.COUNTER32))
            return envelope.seal(response(0, 0, 0, bound, ber.REPORT), keys, authenticate=keys is not None)

        if engine_id != self.engine_id:
            return report(UNKNOWN_ENGINE)
        user = self.users.get(user_name.decode("latin-1"))
        if user is None:
            return report(UNKNOWN_USER)
        wants_auth, wants_priv = bool(flags & AUTHENTICATED), bool(flags & PRIVATE)
        if wants_auth != (user.auth is not None) or wants_priv != (user.priv is not None):
            return report(UNSUPPORTED_LEVEL)
        keys = self._keys.get(user.name)
        if keys is None:
            keys = self._keys[user.name] = usm.Keys(user, self.engine_id)
        if wants_auth:
            if len(code) != keys.code_size or keys.code(data.replace(code, bytes(len(code)), 1)) != code:
                return report(WRONG_DIGEST)
            if their_boots != boots or abs(their_time - seconds) > WINDOW_SECONDS:
                return report(NOT_IN_WINDOW, keys)
        if wants_priv:
            secret, _ = ber.content(body, at, ber.OCTETS)
            try:
                scoped_in = ber.content(keys.decrypt(secret, their_boots, their_time, salt), 0, ber.SEQUENCE)[0]
            except ValueError:  # Garbled is one too: what came out was no SEQUENCE
                return report(DECRYPTION)
        else:
            scoped_in, _ = ber.content(body, at, ber.SEQUENCE)
        _, s = ber.content(scoped_in, 0, ber.OCTETS)
        context, s = ber.content(scoped_in, s, ber.OCTETS)
        envelope.user, envelope.context = user_name, context
        pdu = parse_pdu(scoped_in, s)
        room = min(ROOM, max_size) - envelope.overhead(keys)
        return envelope.seal(self._pdu(pdu, t, 3, room), keys, authenticate=wants_auth, encrypt=wants_priv)


@dataclass(slots=True)
class _Envelope:
    """What goes around a v3 response."""

    engine_id: bytes
    message_id: int
    boots: int
    seconds: int
    user: bytes = b""
    context: bytes = b""

    def overhead(self, keys: usm.Keys) -> int:
        """Octets around the PDU, rounded up: headers, engine twice, user, code, salt, padding."""
        return 76 + 2 * len(self.engine_id) + len(self.user) + len(self.context) + getattr(keys, "code_size", 0)

    def seal(self, pdu: bytes, keys: usm.Keys | None, *, authenticate: bool, encrypt: bool = False) -> bytes:
        scoped = ber.tlv(ber.SEQUENCE, ber.tlv(ber.OCTETS, self.engine_id) + ber.tlv(ber.OCTETS, self.context) + pdu)
        salt = b""
        if encrypt and keys is not None:
            secret, salt = keys.encrypt(scoped, self.boots, self.seconds)
            scoped = ber.tlv(ber.OCTETS, secret)
        flags = (AUTHENTICATED if authenticate else 0) | (PRIVATE if encrypt else 0)
        header = ber.tlv(
            ber.SEQUENCE,
            ber.integer(self.message_id) + ber.integer(ROOM) + ber.tlv(ber.OCTETS, bytes((flags,))) + ber.integer(3),
        )
        user = keys.user.name.encode("latin-1") if keys is not None else self.user

        def message(code: bytes) -> tuple[bytes, int]:
            front = (
                ber.tlv(ber.OCTETS, self.engine_id)
                + ber.integer(self.boots)
                + ber.integer(self.seconds)
                + ber.tlv(ber.OCTETS, user)
            )
            back = ber.tlv(ber.OCTETS, code) + ber.tlv(ber.OCTETS, salt)
            security = ber.tlv(ber.OCTETS, ber.tlv(ber.SEQUENCE, front + back))
            whole = ber.tlv(ber.SEQUENCE, ber.integer(3) + header + security + scoped)
            after = len(ber.tlv(ber.OCTETS, salt)) + len(scoped)  # the code ends where these begin
            return whole, len(whole) - after - len(code)

        if not authenticate or keys is None:
            return message(b"")[0]
        blank, at = message(bytes(keys.code_size))
        code = keys.code(blank)
        return blank[:at] + code + blank[at + len(code) :]
