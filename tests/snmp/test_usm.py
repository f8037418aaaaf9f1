"""The version 3 wrapping by itself: not one octet of an authentic message can be changed unseen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collectors.errors import DeviceFault
from collectors.snmp import ber, usm
from collectors.snmp.keys import Keys
from collectors.snmp.message import Request, read_pdu, request_tail
from collectors.snmp.usm import Acquaintances, AskAgain, Clock, NotProven, RemoteEngine, UsmEnvelope
from collectors.target import SnmpAccess
from tests.snmp.hostile import Mib, Usm, V3Asked, num
from tests.snmp.test_hostile_usm import ACCESS, AUTH_ONLY, OPEN

OID = "1.3.6.1.4.1.99999.2.1.1.1"
TAIL = request_tail([OID])
REQUEST_ID = 0x2345_6789


def acquainted(access: Any, level: int) -> tuple[UsmEnvelope, Usm]:
    """An envelope that knows its device, and the device."""
    device = Usm(Mib({OID: num(5)}), level=level)
    envelope = UsmEnvelope("127.0.0.1", 161, access, Acquaintances())
    for _ in range(4):
        said = device(envelope.wrap(Request.GET, REQUEST_ID, TAIL), 0)
        assert isinstance(said, bytes)
        try:
            plain, at, end = envelope.open(said, REQUEST_ID)
        except AskAgain:
            continue
        assert read_pdu(plain, at, end).binds == [(OID, 2, 5)]
        return envelope, device
    raise AssertionError("discovery does not end")


def answer_of(device: Usm, envelope: UsmEnvelope) -> bytes:
    said = device(envelope.wrap(Request.GET, REQUEST_ID, TAIL), 0)
    assert isinstance(said, bytes)
    return said


def sound_answers() -> list[tuple[UsmEnvelope, bytes]]:
    """A private and a signed answer with envelopes that take them: for 150 seconds, so every test makes its own."""
    known = [acquainted(ACCESS, 3), acquainted(AUTH_ONLY, 1)]
    return [(envelope, answer_of(device, envelope)) for envelope, device in known]


def test_an_answer_changed_in_one_octet_is_refused() -> None:
    answers = sound_answers()

    @given(st.integers(0, 1023), st.integers(1, 255))
    @settings(max_examples=400)
    def refused(at: int, difference: int) -> None:
        for envelope, sound in answers:
            place = at % len(sound)
            data = sound[:place] + bytes([sound[place] ^ difference]) + sound[place + 1 :]
            with pytest.raises((DeviceFault, NotProven)):
                envelope.open(data, REQUEST_ID)
        plain, start, end = answers[0][0].open(answers[0][1], REQUEST_ID)
        assert read_pdu(plain, start, end).binds == [(OID, 2, 5)]

    refused()


def test_noise_is_refused() -> None:
    (private, sound), (signed, _) = sound_answers()

    @given(st.binary(max_size=200), st.integers(0, len(sound)))
    @example(b"", 10)
    def refused(noise: bytes, kept: int) -> None:
        for envelope in (private, signed, UsmEnvelope("127.0.0.1", 161, ACCESS, Acquaintances())):
            for data in (noise, sound[:kept] + noise):
                if data.startswith(sound):
                    continue
                with pytest.raises((DeviceFault, NotProven)):
                    envelope.open(data, REQUEST_ID)

    refused()


@pytest.mark.parametrize(("access", "level"), [(ACCESS, 3), (AUTH_ONLY, 1), (OPEN, 0)])
def test_a_request_is_authentic_fresh_and_legible_to_the_device_only(access: Any, level: int) -> None:
    envelope, device = acquainted(access, level)
    first = envelope.wrap(Request.GET, REQUEST_ID, TAIL)
    asked: V3Asked = device.read(first, 0)
    assert (asked.level, asked.authentic) == (level, bool(level))
    assert (asked.boots, asked.user) == (device.boots if level else 0, b"hart")
    assert asked.inner.names == [tuple(map(int, OID.split(".")))]
    assert (TAIL in first) == (level < 3)
    assert level < 3 or envelope.wrap(Request.GET, REQUEST_ID, TAIL) != first, "the same salt twice"


@pytest.mark.parametrize("access", [ACCESS, AUTH_ONLY, OPEN])
def test_a_discovery_tells_nothing(access: Any) -> None:
    envelope = UsmEnvelope("127.0.0.1", 161, access, Acquaintances())
    data = envelope.wrap(Request.GET, REQUEST_ID, TAIL)
    assert b"hart" not in data
    assert TAIL not in data
    asked = Usm(Mib({})).read(data, 0)
    assert (asked.engine_id, asked.level, asked.inner.names) == (b"", 0, [])


# ---------------------------------------------------------------- clocks
def test_a_clock_goes_on_by_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(usm.time, "monotonic", lambda: now)
    clock = Clock(7, 500)
    now = 1060.0
    assert clock.seconds == 560
    assert clock.allows(7, 410)
    assert not clock.allows(7, 409)
    assert clock.allows(7, 99_999)
    assert clock.allows(8, 0)
    assert not clock.allows(6, 99_999)
    assert not clock.allows(2**31 - 1, 0)


def test_a_clock_is_never_set_back_by_an_older_message() -> None:
    clock = Clock(7, 500)
    clock.hear(7, 480)
    assert (clock.boots, clock.latest_time) == (7, 500)
    clock.hear(6, 900)
    assert (clock.boots, clock.latest_time) == (7, 500)
    clock.hear(8, 1)
    assert (clock.boots, clock.latest_time) == (8, 1)


def test_salts_never_repeat() -> None:
    one = Acquaintances()
    salts = [one.fresh_salt() for _ in range(1000)]
    assert len(set(salts)) == 1000
    assert Acquaintances().fresh_salt() not in salts


def test_a_context_engine_that_is_named_stands_in_the_request_and_the_devices_own_where_none_is() -> None:
    own, other = b"\x80\x00\x1f\x88\x04own", b"\x80\x00\x1f\x88\x04other"
    for named, expected in (("", own), (other.hex(), other)):
        access = SnmpAccess("3", "", user="hart", context="vlan-7", context_engine=named)
        met = Acquaintances()
        met.keep("127.0.0.1", 161, access, RemoteEngine(own, Keys(None, None), (1, 1)))
        envelope = UsmEnvelope("127.0.0.1", 161, access, met)
        datagram = envelope.wrap(Request.GET, 1 << 24, request_tail(["1.3.6.1.2.1.1.5.0"]))
        assert ber.tlv(ber.OCTET_STRING, expected) + ber.tlv(ber.OCTET_STRING, b"vlan-7") in datagram


def test_engines_that_were_met_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.snmp.usm.ENGINES_KEPT", 3)
    met, engine = Acquaintances(), RemoteEngine(b"\x80\x00\x1f\x88\x04own", Keys(None, None), (1, 1))
    every = [SnmpAccess("3", "", user="hart", context=f"c{number}") for number in range(20)]
    for access in every:  # in as many contexts as somebody likes to name
        met.keep("127.0.0.1", 161, access, engine)
        assert met.recall("127.0.0.1", 161, access) is engine
    assert sum(met.recall("127.0.0.1", 161, access) is not None for access in every) <= 3
