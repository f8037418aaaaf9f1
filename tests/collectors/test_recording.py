"""Recordings keep what a device is and lose who owns it."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors import (
    Cadence,
    Memory,
    Recorder,
    RecordingInvalid,
    Scrubber,
    SnmpAccess,
    Target,
    collect,
    line,
    read_recording,
)
from collectors.session import Ip, Oid, Varbind
from tests.collectors.devices import Device, switch


def scrubbed(oid: str, value: bytes, tag: int = 4) -> object:
    return Scrubber(b"salt").scrubbed(Varbind(oid, tag, value)).value


@pytest.mark.parametrize(
    "secret",
    [
        b"sw-wallfields-1.eastherts.gov.uk",
        b"jane.doe@eastherts.gov.uk",
        b"10.20.30.40",
        b"00:1b:54:aa:bb:cc",
        b"001b.54aa.bbcc",
        b"FCW2140L0GH",
    ],
)
def test_names_addresses_and_serials_go_from_free_text(secret: bytes) -> None:
    found = scrubbed("1.3.6.1.2.1.1.1.0", b"Switch " + secret + b" here")
    assert isinstance(found, bytes)
    assert secret not in found
    assert found.startswith(b"Switch ")


def test_what_a_device_is_stays() -> None:
    descr = b"Cisco IOS Software, C2960X Software (C2960X-UNIVERSALK9-M), Version 15.2(7)E3, RELEASE SOFTWARE (fc3)"
    assert scrubbed("1.3.6.1.2.1.1.1.0", descr) == descr


def test_one_name_has_one_substitute_in_a_recording_and_another_in_the_next() -> None:
    first, second = Scrubber(), Scrubber()
    name = Varbind("1.3.6.1.2.1.1.5.0", 4, b"core-1")
    assert first.scrubbed(name) == first.scrubbed(name)
    assert first.scrubbed(name) != second.scrubbed(name)


def test_the_year_and_week_of_a_cisco_serial_stay() -> None:
    found = scrubbed("1.3.6.1.2.1.47.1.1.1.1.11.1", b"FCW2140L0GH")
    assert isinstance(found, bytes)
    assert found[:7] == b"FCW2140"
    assert found != b"FCW2140L0GH"


def test_addresses_become_documentation_addresses_and_masks_stay() -> None:
    scrubber = Scrubber(b"salt")
    address = scrubber.scrubbed(Varbind("1.3.6.1.2.1.4.20.1.1.1", 0x40, Ip("10.1.2.3"))).value
    assert str(address).startswith(("192.0.2.", "198.51.100.", "203.0.113."))
    assert scrubber.scrubbed(Varbind("1.3.6.1.2.1.4.20.1.3.1", 0x40, Ip("255.255.255.0"))).value == "255.255.255.0"


@pytest.mark.parametrize(
    "varbind",
    [
        Varbind("1.3.6.1.2", 2, -5),
        Varbind("1.3.6.1.2", 4, b"plain | text"),
        Varbind("1.3.6.1.2", 4, b"\x00\xff"),
        Varbind("1.3.6.1.2", 4, b""),
        Varbind("1.3.6.1.2", 6, Oid("1.3.6.1.4.1.9")),
        Varbind("1.3.6.1.2", 0x40, Ip("192.0.2.1")),
        Varbind("1.3.6.1.2", 0x41, 4294967295),
        Varbind("1.3.6.1.2", 0x44, 1.5),
        Varbind("1.3.6.1.2", 0x46, 2**64 - 1),
    ],
)
def test_a_line_of_a_recording_reads_back_as_it_was(tmp_path: Path, varbind: Varbind) -> None:
    path = tmp_path / "x.snmprec"
    path.write_text(line(varbind) + "\n", "latin-1")
    assert read_recording(path) == [varbind]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.snmprec"
    path.write_text("1.3.6.1|2|5\nrubbish\n")
    with pytest.raises(RecordingInvalid, match=r"x\.snmprec:2: not OID\|TAG\|VALUE"):
        read_recording(path)


async def test_a_recorder_takes_what_the_profile_asked_and_nothing_of_snmps_own_configuration() -> None:
    objects = switch() | {"1.3.6.1.4.1.99999.9.1.0": b"not asked", "1.3.6.1.6.3.16.1.2.1.3.2.1": b"secret"}
    device = Device(objects)
    recorder = Recorder(device)
    target = Target(name="x", address="x", snmp=SnmpAccess())
    await collect(target, Cadence.INVENTORY, recorder, Memory())
    taken, problem = await recorder.record(target, everything=False, until=1e12)
    oids = {v.oid for v in taken}
    assert problem is None
    assert "1.3.6.1.2.1.31.1.1.1.6.2" in oids
    assert "1.3.6.1.4.1.99999.9.1.0" not in oids
    every, _ = await recorder.record(target, everything=True, until=1e12)
    assert "1.3.6.1.4.1.99999.9.1.0" in {v.oid for v in every}
    assert "1.3.6.1.6.3.16.1.2.1.3.2.1" not in {v.oid for v in every}
