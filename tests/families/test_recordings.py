"""Every recording below tests/recordings is read as its .expected.yaml says: two files are one test.

`pytest tests/families --update` writes the expected files; the difference is for a person to read.
"""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors import Cadence, Memory, Replay, SnmpAccess, Target, Visit, collect, load_profiles
from collectors.profiles import KINDS
from tests.families.plausible import implausible, twice

RECORDINGS = Path(__file__).parent.parent / "recordings"
CASES = sorted(RECORDINGS.rglob("*.snmprec"))


@pytest.fixture(autouse=True)
def one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Licences with so many days left end on another day at every run otherwise."""
    monkeypatch.setattr("collectors.look.today", lambda: date(2026, 6, 1))


def look(path: Path) -> Visit:
    target = Target(name=path.stem, address=str(path), snmp=SnmpAccess())
    return asyncio.run(collect(target, Cadence.INVENTORY, Replay(), Memory()))


def told(visit: Visit) -> dict[str, Any]:
    """What a visit says, as plain data that reads well in a difference; what is empty is left out."""
    who = visit.identity
    rows: dict[str, Any] = {
        "profile": visit.profile,
        "class": visit.device_class,
        "identity": {
            name: str(value)
            for name in ("vendor", "model", "serial", "version", "name", "manufactured")
            if (value := getattr(who, name)) is not None
        },
        "interfaces": {i.index: f"{i.name or i.descr} {i.admin}/{i.oper} {i.speed_bps}" for i in visit.interfaces},
        "sensors": [f"{s.kind} {s.name} = {s.words}" for s in visit.sensors if s.value is not None],
        "checks": [f"{c.check} {c.subject}: {c.state} ({c.level})" for c in visit.checks],
        "usage": [
            f"{what} {u.name} = {u.usage_ratio:.4g}" + (f" of {u.total_bytes:.0f} bytes" if u.total_bytes else "")
            for what in ("processors", "memory", "storage")
            for u in getattr(visit, what)
            if u.usage_ratio is not None
        ],
        "wireless": {k: float(v) for k, v in visit.wireless.items()},
        "parts": [
            " | ".join(str(x or "-") for x in (p.part, p.name, p.model, p.serial, p.version, p.manufactured))
            for p in visit.parts
        ],
        "readings": [
            f"{s.metric.name}{dict(s.labels)} {v:g}"
            for block in visit.blocks
            for s, v in zip(block.layout.series, block.values, strict=True)
            if v is not None and not s.metric.name.startswith(("if", "sysUpTime"))
        ],
        "failures": [f"{f.stage} {f.kind}: {f.asked}" for f in visit.failures],
    }
    return {k: v for k, v in rows.items() if v}


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_recording_is_read_as_expected(path: Path, request: pytest.FixtureRequest) -> None:
    visit = look(path)
    expected = path.with_suffix(".expected.yaml")
    if request.config.getoption("--update"):
        expected.write_text(yaml.safe_dump(told(visit), sort_keys=False, allow_unicode=True, width=120))
    assert expected.exists(), f"{expected.name} is missing: run pytest tests/families --update, and read what it wrote"
    assert told(visit) == yaml.safe_load(expected.read_text())


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_a_recording_says_nothing_that_cannot_be_true(path: Path) -> None:
    visit = look(path)
    assert implausible(visit) == []
    assert twice(visit) == []


def test_every_recording_lies_in_the_folder_of_its_profile() -> None:
    wrong = {str(p.relative_to(RECORDINGS)): found for p in CASES if (found := look(p).profile) != p.parent.name}
    assert wrong == {}


def test_every_sensor_kind_has_a_unit_and_bounds_that_are_the_right_way_round() -> None:
    assert [kind for kind, (_, low, high) in KINDS.items() if not low < high] == []


def test_the_page_of_the_families_has_every_family() -> None:
    page = (RECORDINGS.parent.parent / "docs" / "families.md").read_text()
    missing = [one.profile for one in load_profiles() if f"| `{one.profile}`: " not in page]
    assert missing == ["generic"]
