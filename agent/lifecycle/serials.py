"""Dates of manufacture that makers write into serial numbers. Pure.

made_on(asset) -> tuple[date, Confidence] | None
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from agent.facts import Asset
from agent.lifecycle.words import Confidence


@dataclass(frozen=True, slots=True)
class SerialRule:
    """A maker's way to write year and week of manufacture into the serial number, as a pattern with groups y and w.

    `since`: what the year counts from; a year of one digit (`decade`) is the latest such year before it was first seen,
    so it may be ten years too young, and is trusted less.
    """

    vendor: str  # beginning of the vendor's name, without case
    pattern: str
    since: int = 0
    decade: bool = False
    except_parts: tuple[str, ...] = ()
    confidence: Confidence = "fair"


OPTICS = ("transceiver", "optic", "sfp")  # their numbers look alike and mean nothing
SERIAL_RULES = (
    # Cisco: LLLYYWWSSSS, site, year since 1996, week
    SerialRule("cisco", r"[A-Z]{3}(?P<y>\d{2})(?P<w>\d{2})[0-9A-Z]{4}", since=1996, except_parts=OPTICS),
    # HPE servers: CCSYWWNNNN, country, site, last digit of the year, week
    SerialRule(
        "hpe", r"[A-Z]{2}[0-9A-Z](?P<y>\d)(?P<w>\d{2})[0-9A-Z]{4}", decade=True, confidence="low",
        except_parts=(*OPTICS, "access_point", "switch", "stack_member"),
    ),
)  # fmt: skip


def made_on(asset: Asset, rules: Iterable[SerialRule] = SERIAL_RULES) -> tuple[date, Confidence] | None:
    """The Monday of the week coded in a serial number, where the maker's rule is established, and how far to trust it.

    Never later than first seen: then the number means something else.
    """
    if asset.serial is None:
        return None
    vendor, first_seen = (asset.vendor or "").casefold(), asset.first_seen_at.date()
    for rule in rules:
        match = re.fullmatch(rule.pattern, asset.serial.upper())
        if match is None or not vendor.startswith(rule.vendor) or asset.part in rule.except_parts:
            continue
        year, week = rule.since + int(match["y"]), int(match["w"])
        years = range(first_seen.year - (first_seen.year - year) % 10, 1990, -10) if rule.decade else (year,)
        days = (_week(one, week) for one in years)
        day = next((day for day in days if day is not None and day <= first_seen), None)
        return (day, rule.confidence) if day else None
    return None


def _week(year: int, week: int) -> date | None:
    """The Monday of a week; makers count a 53rd in years that ISO gives only 52."""
    if not 1 <= week <= 53:
        return None
    return date.fromisocalendar(year, min(week, 52), 1)
