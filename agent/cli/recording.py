"""Take a recording from a device with private things replaced, and say what recordings cover."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from collectors import (
    Cadence,
    Memory,
    Recorder,
    Replay,
    Scrubber,
    Sessions,
    SnmpAccess,
    Target,
    Tried,
    collect,
    line,
    load_profiles,
)

__all__ = ["covered", "take", "tried"]


async def take(target: Target, everything: bool, keep: bool, seconds: float) -> int:
    """Print the recording on standard output; status 0, or 1 where the device gave nothing."""
    scrubber = None if keep else Scrubber()
    async with Sessions() as sessions:
        recorder = Recorder(sessions)
        visit = await collect(target, Cadence.INVENTORY, recorder, Memory())
        if not visit.reached:
            why = visit.failures[0].detail if visit.failures else "no answer"
            print(f"hartwatch: {target.address} was not reached: {why}", file=sys.stderr)
            return 1
        found, problem = await recorder.record(target, everything, time.monotonic() + seconds)
    who = visit.identity
    print(f"# {who.vendor or 'unknown maker'}, {who.model or 'unknown model'}, version {who.version or 'unknown'}")
    print(f"# profile {visit.profile}, {'as the device said it' if keep else 'names, addresses and serials replaced'}")
    for varbind in found:
        print(line(scrubber.scrubbed(varbind) if scrubber else varbind))
    if problem:
        print(f"hartwatch: the recording is not complete: {problem}", file=sys.stderr)
    return 0


async def tried(paths: list[Path]) -> dict[str, Tried]:
    """For each family that a recording was read by: how many there are, and the objects they answered."""
    found: dict[str, Tried] = {}
    for path in sorted(paths):
        recorder = Recorder(Replay())
        target = Target(name=path.stem, address=str(path), snmp=SnmpAccess())
        visit = await collect(target, Cadence.INVENTORY, recorder, Memory())
        if visit.profile is not None:
            one = found.setdefault(visit.profile, Tried())
            one.devices += 1
            one.answered |= recorder.answered
    return found


def covered(found: dict[str, Tried]) -> list[dict[str, Any]]:
    """For each family: recordings, objects asked by its profile, and how many of them some recording answered."""
    rows = []
    for profile in sorted(load_profiles(), key=lambda one: one.profile):
        objects, one = set(Recorder.objects(profile)), found.get(profile.profile, Tried())
        rows.append(
            {
                "family": profile.profile,
                "recordings": one.devices,
                "asked": len(objects),
                "answered": len(objects & one.answered),
                "never": sorted(objects - one.answered) if one.devices else [],
            }
        )
    return rows
