"""SNMPv3 messages under the user-based security model, as the side that asks (RFC 3412, 3414). No I/O.

What is believed, and when:

- An answer must carry the security level of its request. Its authentication code, then its time window, are checked
  before anything in it is decrypted or read.
- Boots and time of a device's engine are learnt from authenticated messages only. What an unauthenticated report says
  of them is tried in the next request and kept nowhere.
- Reports are believed without authentication only where RFC 3414 section 3.2 has the device send them so, and none of
  those changes anything that is kept: an engine id found anew is kept once an answer has proved it.
- A report `notInTimeWindows` that is authentic carries the random msgID of the request it answers, so it is no replay,
  and we follow it even backwards: a device whose boots counter was reset would otherwise be lost until our restart.
"""

from __future__ import annotations

import hmac
import itertools
import logging
import os
import time
from typing import NamedTuple

from collectors.errors import AccessDenied, DeviceFault, ErrorStatus, Malformed, WrongCredentials
from collectors.snmp import ber
from collectors.snmp.keys import KeyRing, Keys
from collectors.snmp.message import REPORT, V3, Request, pdu_head, read_pdu
from collectors.target import SnmpAccess

log = logging.getLogger(__name__)

TIME_WINDOW_SECONDS = 150
ENGINES_KEPT = 1 << 16  # whoever may ask in any context must not fill our memory with them
_LAST_BOOTS = (1 << 31) - 1  # an engine that has come there takes no authenticated message any more
_LARGEST_MESSAGE = 65_507
_USM = 3
_AUTHENTIC, _SECRET, _REPORTABLE = 1, 2, 4
_HEADER_START = ber.integer(V3)
_HEADER_SIZE = ber.integer(_LARGEST_MESSAGE)
_MODEL = ber.integer(_USM)

_STATS = "1.3.6.1.6.3.15.1.1."
_UNSUPPORTED_LEVELS, _NOT_IN_WINDOW, _UNKNOWN_USERS = _STATS + "1.0", _STATS + "2.0", _STATS + "3.0"
_UNKNOWN_ENGINES, _WRONG_DIGESTS, _DECRYPTION_ERRORS = _STATS + "4.0", _STATS + "5.0", _STATS + "6.0"
_REFUSALS = {
    _UNSUPPORTED_LEVELS: "the device does not take this security level from the user (usmStatsUnsupportedSecLevels)",
    _UNKNOWN_USERS: "the device does not know the user (usmStatsUnknownUserNames)",
    _WRONG_DIGESTS: "the authentication secret or protocol is wrong (usmStatsWrongDigests)",
    _DECRYPTION_ERRORS: "the privacy secret or protocol is wrong (usmStatsDecryptionErrors)",
}
_UNKNOWN_CONTEXT = "1.3.6.1.6.3.12.1.5.0"  # snmpUnknownContexts


class AskAgain(Exception):
    """A report has told what was missing: the same request may succeed now."""


class NotProven(Exception):
    """A datagram that fails authentication or its time window: whoever sent it, the true answer may still come."""


class Clock:
    """What authenticated messages have said of an engine's boots and time, and when they said it (RFC 3414 2.3)."""

    __slots__ = ("boots", "heard_at", "latest_time")

    def __init__(self, boots: int, seconds: int) -> None:
        self.boots = boots
        self.latest_time = seconds
        self.heard_at = time.monotonic()

    @property
    def seconds(self) -> int:
        """Its time now, by our own clock's progress."""
        return self.latest_time + int(time.monotonic() - self.heard_at)

    def allows(self, boots: int, seconds: int) -> bool:
        """Whether a message that says so is recent (RFC 3414 section 3.2 step 7b)."""
        if boots == _LAST_BOOTS or boots < self.boots:
            return False
        return boots > self.boots or seconds >= self.seconds - TIME_WINDOW_SECONDS

    def hear(self, boots: int, seconds: int) -> None:
        if boots > self.boots or (boots == self.boots and seconds > self.latest_time):
            self.boots, self.latest_time, self.heard_at = boots, seconds, time.monotonic()


class RemoteEngine:
    """A device's SNMP engine: its id, the user's keys there, and its clock once an authentic message has told it."""

    __slots__ = ("clock", "engine_id", "hint", "keys")

    def __init__(self, engine_id: bytes, keys: Keys, hint: tuple[int, int]) -> None:
        self.engine_id = engine_id
        self.keys = keys
        self.clock: Clock | None = None
        self.hint = hint  # boots and time nobody has vouched for; good enough to ask with

    def boots_and_time(self) -> tuple[int, int]:
        return (self.clock.boots, self.clock.seconds) if self.clock else self.hint


class Acquaintances:
    """The engines we have proved, by address, port and credentials. Outlives sessions: discovery is not repeated."""

    def __init__(self) -> None:
        self.ring = KeyRing()
        self._known: dict[tuple[str, int, SnmpAccess], RemoteEngine] = {}
        self._salts = itertools.count(int.from_bytes(os.urandom(8), "big"))

    def recall(self, address: str, port: int, access: SnmpAccess) -> RemoteEngine | None:
        return self._known.get((address, port, access))

    def keep(self, address: str, port: int, access: SnmpAccess, engine: RemoteEngine) -> None:
        if len(self._known) >= ENGINES_KEPT:
            self._known.clear()  # each is discovered anew when it is next asked
        self._known[address, port, access] = engine

    def fresh_salt(self) -> int:
        """A number that no other message of this process has had (RFC 3826 section 3.1.2.1); used modulo 2^64."""
        return next(self._salts) & 0xFFFF_FFFF_FFFF_FFFF


class _Header(NamedTuple):
    """A version 3 message up to its scoped PDU."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    seconds: int
    user: bytes
    mac_at: int
    mac: bytes
    salt: bytes
    data_at: int  # of the scoped PDU, plain or encrypted
    end: int


class UsmEnvelope:
    """The wrapping of version 3 for one device and one user."""

    __slots__ = ("_access", "_acquaintances", "_candidate", "_flags", "_known", "_pieces", "_pieces_of", "_place")

    def __init__(self, address: str, port: int, access: SnmpAccess, acquaintances: Acquaintances) -> None:
        if access.priv is not None and access.auth is None:
            raise ValueError("SNMPv3 privacy needs authentication")
        if (access.auth and not access.auth_secret) or (access.priv and not access.priv_secret):
            raise ValueError("an SNMPv3 protocol is chosen without its secret")
        self._place = (address, port)
        self._access = access
        self._acquaintances = acquaintances
        self._known = acquaintances.recall(address, port, access)
        self._candidate: RemoteEngine | None = None  # discovered, not proved yet
        self._flags = (_AUTHENTIC if access.auth else 0) | (_SECRET if access.priv else 0)
        self._pieces_of: RemoteEngine | None = None
        self._pieces: tuple[bytes, bytes, bytes] = (b"", b"", b"")

    # ------------------------------------------------------------ writing
    def wrap(self, request: Request, request_id: int, tail: bytes) -> bytes:
        """The datagram; as long as the device's engine is unknown, the one that discovers it (RFC 3414 section 4)."""
        engine = self._candidate or self._known
        if engine is None:
            return self._discovery(request_id)
        if engine is not self._pieces_of:
            self._pieces_of = engine
            engine_id = ber.tlv(ber.OCTET_STRING, engine.engine_id)
            where = bytes.fromhex(self._access.context_engine) or engine.engine_id
            self._pieces = (
                ber.tlv(ber.OCTET_STRING, where) + ber.tlv(ber.OCTET_STRING, self._access.context.encode()),
                engine_id,
                ber.tlv(ber.OCTET_STRING, self._access.user.encode()),
            )
        context, engine_id, user = self._pieces
        boots, seconds = engine.boots_and_time() if self._flags else (0, 0)
        scoped = context + pdu_head(request, len(tail)) + request_id.to_bytes(4, "big") + tail
        scoped = ber.tlv(ber.SEQUENCE, scoped)
        keys = engine.keys
        salt = b""
        if keys.priv:
            number = self._acquaintances.fresh_salt()
            if keys.priv == "DES":
                salt = boots.to_bytes(4, "big") + (number & 0xFFFF_FFFF).to_bytes(4, "big")
            else:
                salt = number.to_bytes(8, "big")
            scoped = ber.tlv(ber.OCTET_STRING, keys.encrypt(scoped, boots, seconds, salt))
        blank = b"\0" * keys.mac_octets
        security = engine_id + ber.integer(boots) + ber.integer(seconds) + user
        before_mac = len(security) + 2  # where the code goes, from the start of these parameters
        security += ber.tlv(ber.OCTET_STRING, blank) + ber.tlv(ber.OCTET_STRING, salt)
        security_tlv = ber.tlv(ber.SEQUENCE, security)
        parameters = ber.tlv(ber.OCTET_STRING, security_tlv)
        body = self._header(request_id, self._flags | _REPORTABLE) + parameters + scoped
        message = ber.tlv(ber.SEQUENCE, body)
        if not keys.auth:
            return message
        mac_at = len(message) - len(scoped) - len(security) + before_mac
        return message[:mac_at] + keys.mac(message) + message[mac_at + keys.mac_octets :]

    def _discovery(self, request_id: int) -> bytes:
        empty = ber.tlv(ber.OCTET_STRING, b"")
        parameters = empty + ber.integer(0) + ber.integer(0) + empty + empty + empty
        tail = b"\x02\x01\x00\x02\x01\x00\x30\x00"
        pdu = pdu_head(Request.GET, len(tail)) + request_id.to_bytes(4, "big") + tail
        return ber.tlv(
            ber.SEQUENCE,
            self._header(request_id, _REPORTABLE)
            + ber.tlv(ber.OCTET_STRING, ber.tlv(ber.SEQUENCE, parameters))
            + ber.tlv(ber.SEQUENCE, empty + empty + pdu),
        )

    @staticmethod
    def _header(message_id: int, flags: int) -> bytes:
        content = b"\x02\x04" + message_id.to_bytes(4, "big") + _HEADER_SIZE + bytes((4, 1, flags)) + _MODEL
        return _HEADER_START + ber.tlv(ber.SEQUENCE, content)

    # ------------------------------------------------------------ reading
    def open(self, data: bytes, request_id: int) -> tuple[bytes, int, int]:
        """The octets the PDU is in, where it starts and what it ends before.

        Raises `Malformed`; `NotProven` when it may be forged; `AskAgain` when a report has put us right; and the
        device's refusal as the `DeviceFault` it is.
        """
        header = _read_header(data)
        if header.message_id != request_id:
            raise NotProven("the answer carries another message id")
        engine = self._candidate or self._known
        if engine is None:
            self._discovered(header, data)
            raise AskAgain
        authentic = self._check(header, data, engine)
        if authentic and header.flags & _SECRET:
            if engine.keys.priv is None:
                raise NotProven("an encrypted answer, and the user has no key to read it with")
            start, stop = ber.expect_tlv(data, header.data_at, header.end, ber.OCTET_STRING)
            plain = engine.keys.decrypt(data[start:stop], header.boots, header.seconds, header.salt)
            at, end = _into_scoped(plain, 0, len(plain))
        elif header.flags & _SECRET:
            raise NotProven("an encrypted answer without authentication")
        else:
            plain = data
            at, end = _into_scoped(data, header.data_at, header.end)
        if plain[at] == REPORT:
            self._reported(header, plain, at, end, engine, authentic=authentic)
        if header.flags & (_AUTHENTIC | _SECRET) != self._flags:
            raise NotProven("the answer's security level is not the request's")
        if header.engine_id != engine.engine_id or header.user != self._access.user.encode():
            raise NotProven("the answer is another engine's or another user's")
        if engine is not self._known:
            self._prove(engine)
        return plain, at, end

    def _check(self, header: _Header, data: bytes, engine: RemoteEngine) -> bool:
        """Whether the message is authentic; `NotProven` if it says so and is not, or is outside of its time window."""
        if not header.flags & _AUTHENTIC:
            return False
        keys = engine.keys
        if keys.auth is None or header.engine_id != engine.engine_id or len(header.mac) != keys.mac_octets:
            raise NotProven("the answer is authenticated in another way")
        blank = data[: header.mac_at] + bytes(keys.mac_octets) + data[header.mac_at + keys.mac_octets : header.end]
        if not hmac.compare_digest(keys.mac(blank), header.mac):
            raise NotProven("the answer fails authentication")
        clock = engine.clock
        if clock is None:
            if header.boots == _LAST_BOOTS:
                raise NotProven("the engine's boots counter has come to its end")
            engine.clock = Clock(header.boots, header.seconds)
        elif clock.allows(header.boots, header.seconds):
            clock.hear(header.boots, header.seconds)
        elif not _is_resync(header, data, engine):
            raise NotProven("the answer is outside of the time window")
        return True

    def _discovered(self, header: _Header, data: bytes) -> None:
        if header.flags & (_AUTHENTIC | _SECRET):
            raise NotProven("an authenticated answer before the engine is known")
        if not _is_engine_id(header.engine_id):
            raise Malformed("discovery was answered without an engine id")
        at, _ = _into_scoped(data, header.data_at, header.end)
        if data[at] != REPORT:
            raise NotProven("discovery is answered by a report only")
        self._meet(header)

    def settle(self) -> None:
        """An exchange is over: an engine that it has not proved is forgotten."""
        self._candidate = None

    def _meet(self, header: _Header) -> None:
        keys = self._acquaintances.ring.keys(self._access, header.engine_id)
        self._candidate = RemoteEngine(header.engine_id, keys, (header.boots, header.seconds))

    def _prove(self, engine: RemoteEngine) -> None:
        self._known, self._candidate = engine, None
        self._acquaintances.keep(*self._place, self._access, engine)

    def _reported(
        self, header: _Header, plain: bytes, at: int, end: int, engine: RemoteEngine, *, authentic: bool
    ) -> None:
        """Act on a report. It always raises: no report is an answer."""
        binds = read_pdu(plain, at, end).binds
        counter = binds[0][0] if binds else ""
        if counter == _NOT_IN_WINDOW:
            if not authentic and self._flags & _AUTHENTIC:
                if engine.clock is not None:
                    raise NotProven("a report about time without authentication")
                engine.hint = (header.boots, header.seconds)  # careless agents do not sign it; to ask with, it will do
            raise AskAgain
        if counter == _UNKNOWN_ENGINES:
            if header.engine_id == engine.engine_id or not _is_engine_id(header.engine_id):
                raise NotProven("a report of an unknown engine that names no other")
            if self._known is not None and header.engine_id == self._known.engine_id:
                self._candidate = None  # it was the candidate that was wrong
            else:
                self._meet(header)
            raise AskAgain
        raise _refusal(counter)


def _is_engine_id(octets: bytes) -> bool:
    """RFC 3411 has 5 to 32 octets; equipment whose makers had not read that far is in service."""
    return 0 < len(octets) <= 64


def _refusal(counter: str) -> DeviceFault:
    if counter in _REFUSALS:
        return WrongCredentials(_REFUSALS[counter])
    if counter == _UNKNOWN_CONTEXT:
        return AccessDenied("the device does not know the context (snmpUnknownContexts)")
    return ErrorStatus(f"the device sent a report of {counter or 'nothing'}")


def _is_resync(header: _Header, data: bytes, engine: RemoteEngine) -> bool:
    """An authentic report that our notion of time is wrong, which is then set by it. See the module's text."""
    if header.flags & _SECRET:
        return False
    at, end = _into_scoped(data, header.data_at, header.end)
    if data[at] != REPORT or header.boots == _LAST_BOOTS:
        return False
    binds = read_pdu(data, at, end).binds
    if not binds or binds[0][0] != _NOT_IN_WINDOW:
        return False
    log.warning("an SNMP engine has set its clock back, to boots %d", header.boots)
    engine.clock = Clock(header.boots, header.seconds)
    return True


def _into_scoped(data: bytes, at: int, end: int) -> tuple[int, int]:
    """Past contextEngineID and contextName: where the PDU starts, and what it ends before."""
    at, end = ber.expect_tlv(data, at, end, ber.SEQUENCE)
    _, at = ber.expect_tlv(data, at, end, ber.OCTET_STRING)
    _, at = ber.expect_tlv(data, at, end, ber.OCTET_STRING)
    if at >= end:
        raise Malformed("a scoped PDU without a PDU")
    return at, end


def _read_header(data: bytes) -> _Header:
    at, end = ber.expect_tlv(data, 0, len(data), ber.SEQUENCE)
    version, at = ber.read_integer(data, at, end)
    if version != V3:
        raise Malformed("the answer carries another version")
    at, stop = ber.expect_tlv(data, at, end, ber.SEQUENCE)
    after_global = stop
    message_id, at = ber.read_integer(data, at, stop)
    _, at = ber.read_integer(data, at, stop)
    start, at = ber.expect_tlv(data, at, stop, ber.OCTET_STRING)
    if at - start != 1:
        raise Malformed("msgFlags are of one octet")
    flags = data[start]
    model, at = ber.read_integer(data, at, stop)
    if model != _USM:
        raise Malformed("another security model than the user-based one")
    at, stop = ber.expect_tlv(data, after_global, end, ber.OCTET_STRING)
    data_at = stop
    at, stop = ber.expect_tlv(data, at, stop, ber.SEQUENCE)
    start, at = ber.expect_tlv(data, at, stop, ber.OCTET_STRING)
    engine_id = data[start:at]
    boots, at = ber.read_integer(data, at, stop)
    seconds, at = ber.read_integer(data, at, stop)
    if not (0 <= boots <= _LAST_BOOTS and 0 <= seconds <= _LAST_BOOTS):
        raise Malformed("an engine's boots and time are 31-bit numbers")
    start, at = ber.expect_tlv(data, at, stop, ber.OCTET_STRING)
    user = data[start:at]
    mac_at, at = ber.expect_tlv(data, at, stop, ber.OCTET_STRING)
    mac = data[mac_at:at]
    start, at = ber.expect_tlv(data, at, stop, ber.OCTET_STRING)
    return _Header(message_id, flags, engine_id, boots, seconds, user, mac_at, mac, data[start:at], data_at, end)
