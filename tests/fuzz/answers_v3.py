"""Messages of version 3 to a session that knows its device or looks for it: what is not authentic gives nothing.

An input is a conversation: a security level, whether the device is known, and a few messages. A message is octets as
they are, or one that the device itself seals: its scoped PDU, clock, user and level are the fuzzer's, its keys the
device's, since no fuzzer guesses an authentication code. Both are judged by the octets alone, by a second reader with
the device's keys.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from collectors.errors import DeviceFault, Malformed
from collectors.snmp.chunks import Chunk, read_cells
from collectors.snmp.keys import KeyRing
from collectors.snmp.message import Request, peek_id
from collectors.snmp.usm import Acquaintances, AskAgain, Clock, NotProven, RemoteEngine, UsmEnvelope
from collectors.target import SnmpAccess
from tests.fuzz import second_reader
from tests.fuzz.answers_v2c import agree, carefully
from tests.fuzz.campaign import lead
from tests.fuzz.script import Script, piece
from tests.fuzz.second_reader import Reader, Refused, Secured
from tests.snmp import hostile

ADDRESS, PORT = "192.0.2.1", 161
REQUEST_ID = 0x2345_6789
CHUNK = Chunk(range(2), ["1.3.6.1.2.1.1.3.0", "1.3.6.1.2.1.1.5.0"])
HELD = [hostile.num(4242, 0x43), hostile.text(b"sw1")]
TRUTH = [4242, b"sw1"]
ACCESS = {
    0: SnmpAccess("3", user="hart"),
    1: SnmpAccess("3", user="hart", auth="SHA-256", auth_secret="maplesyrup auth"),
    3: SnmpAccess(
        "3", user="hart", auth="SHA-256", auth_secret="maplesyrup auth", priv="AES-128", priv_secret="maplesyrup priv"
    ),
}
DEVICE = hostile.Usm(hostile.Mib({}), salts=itertools.repeat(1))  # one input is one conversation, octet for octet
ANOTHER = b"\x80\x00\x1f\x88\x04another"
LAST_BOOTS = (1 << 31) - 1
# Seconds keep ten from both ends of the time window, so that a machine that stalls in a check changes no verdict.
BOOTS = (DEVICE.boots, DEVICE.boots + 1, DEVICE.boots - 1, LAST_BOOTS, LAST_BOOTS - 1, 0)
SECONDS = (DEVICE.seconds, DEVICE.seconds + 40, DEVICE.seconds - 140, DEVICE.seconds - 160, 0, LAST_BOOTS)
USERS = (b"hart", b"", b"other")
IDS = (REQUEST_ID, REQUEST_ID - 1, 0)
LEVELS = (3, 1, 0, 2)  # a session has one of the first three; a message may claim the fourth, which there is not
NOT_IN_WINDOW, UNKNOWN_ENGINES = 2, 4
RING = KeyRing()  # stretching a secret takes longer than a thousand checks


# ---------------------------------------------------------------- the second opinion
def is_authentic(message: Secured, engine_id: bytes) -> bool:
    if not message.flags & 1 or message.engine_id != engine_id:
        return False
    key = replace(DEVICE, engine_id=engine_id).key(DEVICE.auth_secret)
    return hmac.new(key, message.signed, hashlib.sha256).digest()[:24] == message.code


def in_time(message: Secured, clock: tuple[int, int] | None) -> bool:
    if message.boots == LAST_BOOTS:
        return False
    return clock is None or message.boots > clock[0] or (message.boots == clock[0] and message.seconds > clock[1] - 150)


def opened(message: Secured, engine_id: bytes) -> bytes:
    """The PDU in a message; `Refused` where there is none to be had with the device's keys."""
    scoped = message.scoped
    if message.flags & 2:
        if len(message.salt) != 8:
            raise Refused("a salt of another length")
        secret = Reader(scoped.data, scoped.start, scoped.end).only(second_reader.TEXT).octets
        key = replace(DEVICE, engine_id=engine_id).key(DEVICE.priv_secret)[:16]
        vector = message.boots.to_bytes(4, "big") + message.seconds.to_bytes(4, "big") + message.salt
        cipher = Cipher(AES(key), CFB(vector)).decryptor()
        scoped = Reader(cipher.update(secret) + cipher.finalize())
    return second_reader.pdu_in(Reader(scoped.data, scoped.start, scoped.end)).octets


def is_resync(message: Secured, engine_id: bytes) -> bool:
    """A signed report, not encrypted, that our notion of the device's time is wrong."""
    if message.flags & 2 or message.boots == LAST_BOOTS:
        return False
    try:
        report = second_reader.answer(Reader(opened(message, engine_id)))
    except Refused:
        return False
    counter = f"1.3.6.1.6.3.15.1.1.{NOT_IN_WINDOW}.0"
    return report.tag == second_reader.REPORT and bool(report.binds) and report.binds[0][0] == counter


# ---------------------------------------------------------------- the conversation
@dataclass
class Expected:
    """What one message may do: the PDU that it gives, if any, and the clock that it leaves."""

    pdu: bytes | None
    clock: tuple[int, int] | None


class Meeting:
    """One session, and what it must believe."""

    def __init__(self, level: int, *, known: bool) -> None:
        self.level = level
        self.acquaintances = Acquaintances()
        self.acquaintances.ring = RING
        access = ACCESS[level]
        if known:
            engine = RemoteEngine(DEVICE.engine_id, RING.keys(access, DEVICE.engine_id), (0, 0))
            if level:
                engine.clock = Clock(DEVICE.boots, DEVICE.seconds)
            self.acquaintances.keep(ADDRESS, PORT, access, engine)
        self.envelope = UsmEnvelope(ADDRESS, PORT, access, self.acquaintances)

    @property
    def engine(self) -> RemoteEngine | None:
        """What outlives the session."""
        return self.acquaintances.recall(ADDRESS, PORT, ACCESS[self.level])

    @property
    def clock(self) -> tuple[int, int] | None:
        engine = self.engine
        return (engine.clock.boots, engine.clock.latest_time) if engine and engine.clock else None

    def asks(self) -> bytes:
        """The engine that the next request is for: what a listener sees of what is believed just now."""
        return second_reader.secured(self.envelope.wrap(Request.GET, REQUEST_ID, CHUNK.tail)).engine_id

    def expected(self, datagram: bytes, asked: bytes, *, certain: bool) -> Expected:
        """`certain`: the request is for the engine that is kept, whose clock we see."""
        try:
            message = second_reader.secured(datagram)
        except Refused:
            return Expected(None, self.clock)
        clock, fits = self.clock, False
        if message.message_id == REQUEST_ID and asked:
            if self.level and is_authentic(message, asked):
                fits = in_time(message, clock if certain else None)
                if certain and clock is not None:
                    if fits:
                        clock = max(clock, (message.boots, message.seconds))
                    elif is_resync(message, asked):
                        clock = message.boots, message.seconds
            elif not message.flags & 1:
                fits = True
        pdu = None
        if fits and (message.level, message.engine_id, message.user) == (self.level, asked, DEVICE.user):
            try:
                pdu = opened(message, asked)
            except Refused:
                pdu = None
        return Expected(None if pdu and pdu[0] == second_reader.REPORT else pdu, clock)

    def hear(self, datagram: bytes) -> None:
        """Give the session a message, and see that it believes what it must and no more."""
        asked, kept = self.asks(), self.engine
        certain = kept is not None and asked == kept.engine_id
        expected = self.expected(datagram, asked, certain=certain)
        refusal: Exception | None = None
        try:
            plain, at, end = self.envelope.open(datagram, REQUEST_ID)
        except (DeviceFault, NotProven, AskAgain) as refused:
            refusal = refused
        if refusal is not None:
            # Of an engine that was met a moment ago we do not see the clock, so it may be stricter than we expect.
            assert expected.pdu is None or not certain, f"a true answer is refused: {refusal!r}"
            assert self.engine is kept, "an engine is kept that has proved nothing"
            assert self.clock == expected.clock or not certain, "a message that proves nothing sets the clock"
            return
        assert plain[at:end] == expected.pdu, "an answer that is not the device's is taken"
        assert self.engine is not None, "an engine that has answered is forgotten"
        assert self.engine.engine_id == asked, "another engine is kept than the one that has answered"
        assert self.clock == expected.clock or not certain, "the clock is not the device's"
        assert peek_id(datagram) in (None, REQUEST_ID), "the answer finds another waiter"
        self._read(plain, at, end)

    def _read(self, plain: bytes, at: int, end: int) -> None:
        try:
            second = second_reader.answer(Reader(plain, at, end))
        except Refused:
            second = None
        try:
            got = read_cells(CHUNK, plain, at, end, REQUEST_ID)
        except Malformed:
            sound = second is not None and second.request_id == REQUEST_ID
            if sound:
                raise AssertionError("a sound answer is refused") from None
            return
        agree(CHUNK, REQUEST_ID, got, second, carefully(plain, at, end))

    def end(self) -> None:
        """Whatever was said, in the next exchange the device's own answer is taken, with the true values."""
        self.envelope.settle()
        engine = self.engine
        if engine is None:
            assert self.asks() == b"", "an engine is believed that has proved nothing"
            return
        boots, seconds = self.clock or (DEVICE.boots, DEVICE.seconds)
        device = replace(DEVICE, engine_id=engine.engine_id)
        sound = sealed(self.level, TRUE_PDU, device=device, boots=boots, seconds=seconds)
        plain, at, end = self.envelope.open(sound, REQUEST_ID)
        assert read_cells(CHUNK, plain, at, end, REQUEST_ID) == TRUTH


def sealed(level: int, pdu: bytes, *, message_id: int = REQUEST_ID, device: hostile.Usm = DEVICE, **lies: int) -> bytes:
    """The device's own message."""
    return device.message(message_id, device.scoped(pdu), level, **lies)


TRUE_PDU = hostile.response(REQUEST_ID, [(hostile.dotted(n), v) for n, v in zip(CHUNK.oids, HELD, strict=True)])


def check(data: bytes) -> None:
    script = Script(data)
    meeting = Meeting(LEVELS[script.below(3)], known=script.below(4) < 3)
    for _ in range(4):
        meeting.hear(_message(script, meeting))
        if not script:
            break
    meeting.end()


RAW, SEALED = range(2)
ANSWER, OWN_PDU, OWN_SCOPED, REPORT = range(4)


def _message(script: Script, meeting: Meeting) -> bytes:
    if script.below(2) == RAW:
        return script.piece()
    level = LEVELS[(LEVELS.index(meeting.level) + script.below(4)) % 4]
    engine_id = (DEVICE.engine_id, ANOTHER, meeting.asks())[script.below(3)]
    device = replace(DEVICE, engine_id=engine_id)
    lies = {
        "boots": BOOTS[script.below(len(BOOTS))],
        "seconds": SECONDS[script.below(len(SECONDS))],
        "user": USERS[script.below(len(USERS))],
    }
    message_id = IDS[script.below(len(IDS))]
    content = script.below(4)
    if content == ANSWER:
        scoped = device.scoped(TRUE_PDU)
    elif content == REPORT:
        name = (1, 3, 6, 1, 6, 3, 15, 1, 1, script.below(8), 0)
        scoped = device.scoped(hostile.response(REQUEST_ID, [(name, hostile.num(1, 0x41))], tag=hostile.REPORT))
    else:
        octets = script.piece()
        scoped = octets if content == OWN_SCOPED else device.scoped(octets)
    return device.message(message_id, scoped, level, **lies)


# ---------------------------------------------------------------- seeds
def _told(
    content: int,
    rest: bytes = b"",
    *,
    level: int = 0,
    engine: int = 0,
    boots: int = 0,
    seconds: int = 0,
    user: int = 0,
    wrong_id: int = 0,
) -> bytes:
    """A sealed message, as `_message` reads it; `level` counts from the session's own."""
    return bytes([SEALED, level, engine, boots, seconds, user, wrong_id, content]) + rest


def _raw(datagram: bytes) -> bytes:
    return bytes([RAW]) + piece(datagram)


def corpus() -> Iterator[bytes]:
    for which, level in enumerate(LEVELS[:3]):
        known, unknown = bytes([which, 0]), bytes([which, 3])
        signed, bare = (LEVELS.index(1) - which) % 4, (LEVELS.index(0) - which) % 4
        genuine = sealed(level, TRUE_PDU)
        yield known + _raw(genuine)
        yield known + _raw(sealed(level, TRUE_PDU, message_id=REQUEST_ID - 1)) + _raw(genuine)
        yield known + _raw(sealed(level, TRUE_PDU, seconds=DEVICE.seconds - 160)) + _raw(genuine)
        yield known + _raw(genuine + b"\x00\x00")
        yield known + _told(OWN_PDU, piece(TRUE_PDU))
        yield known + _told(OWN_PDU, piece(TRUE_PDU.replace(b"sw1", b"sw2")), level=1) + _told(ANSWER)
        yield known + _told(OWN_SCOPED, piece(DEVICE.scoped(TRUE_PDU)))
        for counter in range(1, 7):
            for level_from_own in range(4):
                yield known + _told(REPORT, bytes([counter]), level=level_from_own) + _told(ANSWER)
        for seconds in range(len(SECONDS)):
            for boots in range(len(BOOTS)):
                yield known + _told(ANSWER, boots=boots, seconds=seconds) + _told(ANSWER)
        # Signed and in the clear, the device says that its clock was set back.
        back = _told(REPORT, bytes([NOT_IN_WINDOW]), level=signed, boots=2, seconds=4)
        yield known + back + _told(ANSWER, boots=2, seconds=4)
        yield known + _told(ANSWER, user=2) + _told(ANSWER, wrong_id=1) + _told(ANSWER, engine=1)
        # Discovery and the device's answer; another engine named, and the device's answer all the same.
        found = _told(REPORT, bytes([UNKNOWN_ENGINES]), level=bare)
        forged = _told(REPORT, bytes([UNKNOWN_ENGINES]), level=bare, engine=1)
        yield unknown + found + _told(ANSWER, engine=2) + _told(ANSWER)
        yield unknown + forged + _told(ANSWER) + _told(ANSWER, engine=2)
        yield unknown + _told(ANSWER) + found + _told(ANSWER)
        yield known + forged + _told(ANSWER) + _told(ANSWER, engine=2)
        yield known + forged + _told(REPORT, bytes([UNKNOWN_ENGINES]), level=bare) + _told(ANSWER)
        yield unknown + found + _told(ANSWER, boots=BOOTS.index(LAST_BOOTS)) + _told(ANSWER, user=1)
        yield unknown + found + _told(REPORT, bytes([NOT_IN_WINDOW]), level=bare, boots=1) + _told(ANSWER, boots=1)
        context = hostile.response(REQUEST_ID, [((1, 3, 6, 1, 6, 3, 12, 1, 5, 0), hostile.num(1))], tag=hostile.REPORT)
        yield known + _told(OWN_PDU, piece(context)) + _told(ANSWER)


def main() -> int:
    return lead("answers_v3", sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
