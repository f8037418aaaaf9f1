"""Numbers about the schedule, for the metrics. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.spread import Spread
from collectors.readings import Cadence

LATENESS = (0.005, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0)
DURATIONS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class ScheduleStats:
    """Numbers for the metrics; counters only grow."""

    devices: int = 0
    jobs: int = 0  # APScheduler jobs for devices
    in_flight: int = 0  # visits going on, both lanes
    in_flight_slow: int = 0  # of which to devices that did not answer last time
    waiting: int = 0  # due, and without a place in their lane
    waiting_slow: int = 0
    started: Counter[Cadence] = field(default_factory=Counter)
    finished: Counter[Cadence] = field(default_factory=Counter)
    skipped: Counter[Cadence] = field(default_factory=Counter)  # the visit before was still going on, or waiting
    missed_total: int = 0  # turns that passed while the loop was stalled
    stuck_total: int = 0  # visits ended by force
    crashed_total: int = 0  # visits that raised: the pipeline is not supposed to let them
    clock_steps_total: int = 0
    lateness: Mapping[Cadence, Spread] = field(default_factory=lambda: {c: Spread(*LATENESS) for c in Cadence})
    duration: Mapping[Cadence, Spread] = field(default_factory=lambda: {c: Spread(*DURATIONS) for c in Cadence})
    loop_lag_seconds: float = 0.0  # how late the event loop woke, the worst of the last minute
