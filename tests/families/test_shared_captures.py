"""Recordings of real devices, where they lie beside the project: read whole, never copied."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.cli.recording import tried
from agent.lifecycle import sight, usable
from collectors import (
    Cadence,
    Memory,
    Recorder,
    Replay,
    SnmpAccess,
    Target,
    Visit,
    collect,
    families_page,
    load_profiles,
)
from tests.families.plausible import implausible, twice
from tests.families.proof import HEAD, by_vendor, compared

SHARED = Path(__file__).resolve().parents[3] / "shared"
CAPTURES = SHARED / "captures"
ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.skipif(not CAPTURES.is_dir(), reason="../shared/captures is not here"),
    pytest.mark.timeout(300),  # every worker reads all of the recordings
]


@pytest.fixture(scope="module")
def visits() -> dict[str, Visit]:
    async def all_of_them() -> dict[str, Visit]:
        out = {}
        for path in sorted((CAPTURES / "snmprec").glob("*.snmprec")):
            target = Target(name=path.stem, address=str(path), snmp=SnmpAccess())
            out[path.stem] = await collect(target, Cadence.INVENTORY, Replay(), Memory())
        return out

    return asyncio.run(all_of_them())


def test_nothing_that_cannot_be_true_is_said_of_any_real_device(visits: dict[str, Visit]) -> None:
    assert {name: wrong for name, visit in visits.items() if (wrong := implausible(visit))} == {}


def test_no_series_stands_twice_on_the_page_of_any_real_device(visits: dict[str, Visit]) -> None:
    assert {name: wrong for name, visit in visits.items() if (wrong := twice(visit))} == {}


def test_no_reading_of_a_real_device_fails(visits: dict[str, Visit]) -> None:
    assert {name: visit.failures for name, visit in visits.items() if visit.failures} == {}


def test_the_families_are_told_apart(visits: dict[str, Visit]) -> None:
    """A family that swallows the devices of others shows here as a vendor that is not its own."""
    wrong: Counter[str] = Counter()
    for name, visit in visits.items():
        truth = json.loads((CAPTURES / "truth" / f"{name}.json").read_text())
        right = {truth["vendor"], *(truth.get("vendor_accept") or ())}
        if visit.profile != "generic" and truth["scoreable"]["vendor"] and visit.identity.vendor not in right:
            wrong[f"{visit.profile} reads {name} of {truth['vendor']} as {visit.identity.vendor}"] += 1
    assert sum(wrong.values()) <= len(visits) // 50, dict(wrong)


def test_the_page_of_the_families_says_what_they_have_been_tried_on() -> None:
    found = asyncio.run(tried(list((CAPTURES / "snmprec").glob("*.snmprec"))))
    page = families_page(load_profiles(), Recorder.objects, found)
    assert (ROOT / "docs" / "families.md").read_text() == page, (
        "hartwatch coverage ../shared/captures/snmprec --format markdown > docs/families.md"
    )


# ---------------------------------------------------------------- hardware and its age
def test_every_serial_number_of_a_real_device_is_that_of_a_piece_of_hardware(visits: dict[str, Visit]) -> None:
    lost = {}
    for name, visit in visits.items():
        # A chassis may have two numbers: its identity's is the one it goes by.
        parts = [part for part in visit.parts if part.part != "chassis"]
        serials = {serial for one in (visit.identity, *parts) if (serial := usable(one.serial))}
        if missing := serials - {seen.serial for seen in sight(visit)}:
            lost[name] = missing
    assert lost == {}


# What the recordings' serial numbers would make of two devices one, or a date of. Each is refused for a reason that
# agent.lifecycle.placeholders gives; a new one here is a real number that is lost, or a placeholder to look at.
REFUSED = {
    "apc_metered-rack", "arubaos-cx_10.16", "dell-ome-m_dell-ome-m", "drac_m1000e", "drac_r640", "edgeswitch_us-8",
    "fortigate_60f3g4g", "hpe-ilo", "hpe-ilo_5_with_bat_checks", "ibmc", "ibmtl_7420", "linux_ucd-diskio",
    "moxa-etherdevice_edsg516e", "moxa-etherdevice_iks-6728a", "moxa-etherdevice_iks-6728a-8poe-4g", "panos_440",
    "planetos_igs-10020mt", "windows", "windows_2195d",
}  # fmt: skip


def test_only_known_placeholders_are_refused_as_serial_numbers(visits: dict[str, Visit]) -> None:
    refused = {name for name, visit in visits.items() if visit.identity.serial and not usable(visit.identity.serial)}
    assert refused == REFUSED


def test_serial_numbers_against_dates_of_manufacture(
    visits: dict[str, Visit], record_property: Callable[[str, object], None]
) -> None:
    """Where a device says when it was made and its serial number does too, they agree or the conflict is told."""
    rows = list(compared(visits))
    numbered, told = by_vendor(visits)
    dated = ", ".join(f"{vendor} {count} of {numbered[vendor]}" for vendor, count in told.most_common() if count)
    record_property(
        "summary", [HEAD, *map(str, rows), f"dated by serial number: {told.total()} of {numbered.total()}: {dated}"]
    )
    assert len(rows) >= 7
    assert [str(row) for row in rows if row.verdict == "conflict" and not row.conflicts] == []
    assert [str(row) for row in rows if row.verdict == "conflict"] == []  # a rule that disagrees is wrong or too wide


# What has been reached; the scorer fails below it, so that nothing slips back.
REACHED = {
    "reached": 100,
    "interface rows": 99.9,
    "interface fields": 99.9,
    "sysName": 100,
    "class": 99.5,
    "vendor": 99.5,
    "model": 98.5,
    "serial": 99,
    "version": 97,
    "processors": 98.5,
    "memory": 97,
    "storage": 98.5,
    "sensors": 97.5,
    "other sensors": 98,
    "state sensors": 95,
    "wireless clients": 95,
    "wireless access_points": 100,
    "part serials": 97.5,
}


@pytest.mark.timeout(300)
def test_the_scorer_over_real_snmp_finds_what_has_been_reached(free_port: Callable[[], int]) -> None:
    scorer = SHARED / "score" / "score.py"
    if not scorer.exists():
        pytest.skip("../shared/score is not here")
    bounds = [f"--min={field}={least}" for field, least in REACHED.items()]
    command = f"{sys.executable} -m agent.cli try"
    done = subprocess.run(
        [sys.executable, str(scorer), "--command", command, "--port", str(free_port()), *bounds],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=280,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
