"""Scripted afternoons: faults over time that repeat, so that a demo left alone has something to show. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """At `at` seconds into the script begin a fault that lasts `seconds`. All times before `--speed` shortens them."""

    at: float
    fault: str
    seconds: float
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """Steps in order; after `length` seconds it begins again."""

    steps: tuple[Step, ...] = ()
    length: float = 3600.0


MINUTE = 60.0
GENTLE = Script(
    (
        Step(2 * MINUTE, "psu", 8 * MINUTE),
        Step(5 * MINUTE, "ap-loss", 4 * MINUTE),
        Step(12 * MINUTE, "wan-bt", 6 * MINUTE),
        Step(22 * MINUTE, "reboot", 90),
        Step(30 * MINUTE, "ups-battery", 3 * MINUTE),
        Step(40 * MINUTE, "slow-device", 5 * MINUTE),
        Step(50 * MINUTE, "ha-failover", 6 * MINUTE),
    ),
    60 * MINUTE,
)
AFTERNOON = Script(
    (
        Step(1 * MINUTE, "wan-bt", 9 * MINUTE),
        Step(4 * MINUTE, "ap-loss", 6 * MINUTE),
        Step(12 * MINUTE, "ups-battery", 8 * MINUTE),
        Step(14 * MINUTE, "hot-room", 9 * MINUTE),
        Step(25 * MINUTE, "core-switch", 7 * MINUTE),
        Step(36 * MINUTE, "ha-failover", 8 * MINUTE),
        Step(38 * MINUTE, "psu", 12 * MINUTE),
        Step(47 * MINUTE, "agent-cut-off", 3 * MINUTE),
        Step(54 * MINUTE, "wan-both", 5 * MINUTE),
        Step(62 * MINUTE, "slow-device", 5 * MINUTE),
        Step(69 * MINUTE, "reboot", 90),
    ),
    75 * MINUTE,
)
SCRIPTS = {"gentle": GENTLE, "afternoon": AFTERNOON, "none": Script()}


def due(script: Script, before: float, now: float, speed: float = 1.0) -> list[Step]:
    """The steps whose moment lies in (before, now], both in real seconds since the start; every round of the script."""
    start, end = before * speed, now * speed
    found: list[Step] = []
    for step in script.steps:
        rounds = int((end - step.at) // script.length)
        if rounds >= 0 and step.at + rounds * script.length > start:
            found.append(step)
    return found
