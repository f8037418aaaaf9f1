"""What the readers know about each device of the inventory: names for people, and how often it is looked at. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from collectors.readings import Cadence

INTERVALS: Mapping[Cadence, timedelta] = {
    Cadence.PULSE: timedelta(seconds=60),
    Cadence.HEALTH: timedelta(minutes=5),
    Cadence.INVENTORY: timedelta(hours=6),
}


@dataclass(frozen=True, slots=True)
class Watched:
    """One device as the inventory in force has it."""

    name: str
    role: str  # its class
    site: str
    zone: str = ""
    council: str = ""  # who owns the site
    title: str = ""
    address: str = ""
    behind: tuple[str, ...] = ()
    intervals: Mapping[Cadence, timedelta] = field(default_factory=lambda: INTERVALS)
