"""How the agent itself is doing, as the numbers that its parts keep: what its own page is made of.

    made = Vitals(visits=..., schedule=..., ledger=..., channels=..., octets=..., resident=resident_octets())

Nothing is judged here; agent.web.health says what the numbers mean and which are too high.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.spread import Spread
    from collectors.readings import Cadence


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to tell people."""

    waiting: int
    sent: int
    given_up: int
    failing: bool
    last_sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Workers:
    """Worker processes, where the settings ask for them."""

    wanted: int
    alive: int
    restarts: int


@dataclass(frozen=True, slots=True)
class Vitals:
    """Numbers since the agent began, unless they say otherwise. Octets are of memory and files; times in seconds."""

    lateness: Mapping[Cadence, Spread]
    duration: Mapping[Cadence, Spread]
    visits: Mapping[tuple[Cadence, str], int]  # cadence, reached | silent | blind
    failures: Mapping[tuple[str, str], int]  # stage, kind
    requests: int = 0
    retries: int = 0
    crashes: int = 0
    unrecorded: int = 0
    in_flight: int = 0
    places: int = 0  # visits that may go on side by side
    waiting: int = 0  # visits that are due, without a place
    skipped: Mapping[Cadence, int] = field(default_factory=dict)
    missed: int = 0
    stuck: int = 0
    loop_lag: float = 0.0  # the worst of the last minute
    workers: Workers | None = None
    buffered: int = 0  # facts that wait for the ledger
    buffer_limit: int = 0
    last_write_at: datetime | None = None
    write_errors: int = 0
    octets: int | None = None  # of the ledger
    channels: Mapping[str, Channel] = field(default_factory=dict)
    followed: int = 0  # interfaces whose traffic is kept
    resident: int | None = None  # octets of memory that the process holds


def resident_octets(statm: Path = Path("/proc/self/statm")) -> int | None:
    """Memory that this process holds now (proc_pid_statm(5)); None where the system does not say."""
    try:
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
