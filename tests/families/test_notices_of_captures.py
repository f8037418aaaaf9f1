"""Which notices fit the hardware and software of real devices, where their recordings lie beside the project."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from agent.facts import Sighting
from agent.hardware.notices import shipped
from agent.lifecycle import sight
from agent.lifecycle.notices import Notices, vendor_key
from collectors import Cadence, Memory, Replay, SnmpAccess, Target, collect

CAPTURES = Path(__file__).resolve().parents[3] / "shared" / "captures"

pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="../shared/captures is not here")

# Makers without notices, whose versions look like those of makers with some.
OTHERS = {
    "Linux",
    "Proxmox",
    "Nutanix",
    "Juniper",
    "HPE",
    "HPE Aruba",
    "Dell",
    "Extreme Networks",
    "Ubiquiti",
    "Check Point",
}
INDEX = Notices(shipped())
UNITS = ("chassis", "stack_member", "ha_member")


@pytest.fixture(scope="module")
def pieces() -> list[Sighting]:
    makers = {vendor_key(notice.vendor) for notice in shipped()} | {vendor_key(other) for other in OTHERS}
    rows = json.loads((CAPTURES / "index.json").read_text())
    names = [row["capture"] for row in rows if vendor_key(row["vendor"]) in makers]

    async def all_of_them() -> list[Sighting]:
        found: list[Sighting] = []
        for name in names:
            path = CAPTURES / "snmprec" / f"{name}.snmprec"
            target = Target(name=name, address=str(path), snmp=SnmpAccess())
            found += sight(await collect(target, Cadence.INVENTORY, Replay(), Memory()))
        return found

    return asyncio.run(all_of_them())


def test_hardware_notices_fit_the_units_they_are_for_and_nothing_that_is_plugged_into_them(
    pieces: list[Sighting],
) -> None:
    fitting = {}
    for piece in pieces:
        notice = INDEX.hardware(piece.vendor, piece.model, piece.family)
        if notice is not None:
            print(f"{piece.device} {piece.part} {piece.model}: support until {notice.end_of_support}, {notice.where}")
            fitting[piece.device, piece.part, piece.model] = notice
            assert vendor_key(notice.vendor) == vendor_key(piece.vendor)
            assert piece.part not in ("optic", "power_supply", "fan", "disk", "battery")
    units = {str(model) for _, part, model in fitting if part in UNITS}
    assert units == {"WS-C3850-48T-S", "ISR4321/K9", "TZ 205 wireless-N"}


def test_software_notices_fit_versions_of_their_own_product(pieces: list[Sighting]) -> None:
    found: dict[str, set[str]] = {}
    for piece in pieces:
        notice = INDEX.software(piece.vendor, piece.model, piece.family, piece.version)
        if notice is not None:
            print(f"{piece.device} {piece.model} {piece.version}: {notice.product} {notice.version}, {notice.where}")
            assert vendor_key(notice.vendor) == vendor_key(piece.vendor)
            if piece.part in UNITS:
                found.setdefault(notice.product, set()).add(f"{notice.version} {piece.version}")
    assert sorted(found) == ["DSM", "EOS", "ESXi", "FortiOS", "IOS XE", "NX-OS", "PAN-OS", "Windows Server"]
    assert "6.4 6.4.9,build1966,220421" in found["FortiOS"]
    assert "10.1 10.1.14-h6" in found["PAN-OS"]
    assert {one.split()[0] for one in found["NX-OS"]} == {"9.3", "10.2", "10.5"}
    assert not [one for one in found["IOS XE"] if not one.split()[1].startswith(one.split()[0])]
