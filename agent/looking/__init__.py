"""Who makes the looks: this process, or worker processes that share the devices out among them.

    looks = Here(sessions, profiles)                    one process: what small and middling estates want
    looks = Crew(workers=4, ...); await looks.start()   `workers: N`: N processes ask, this one judges and records

Only asking and decoding is shared out, because that is what costs: a worker knows devices and nothing of standings, the
ledger or the pages. So a crash of one loses no fact, and what depends on many devices is judged in one place.
"""

from __future__ import annotations

from agent.looking.crew import Crew, CrewStats, WorkersGone
from agent.looking.here import Here, Looks, Traffic

__all__ = ["Crew", "CrewStats", "Here", "Looks", "Traffic", "WorkersGone"]
