"""Where a piece of hardware stands in its life, and why. Pure: the day is given.

stage(asset, owned, policy, today) -> Life
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from agent.facts import Asset
from agent.lifecycle.evidence import Evidence, Owning, dated, iso_day
from agent.lifecycle.words import EvidenceKind, Stage


@dataclass(frozen=True, slots=True)
class Policy:
    """When hardware of a class is reviewed and replaced, in years of age; `soon` days before replacement it is due."""

    review_years: float = 4.0
    replace_years: float = 7.0
    soon_days: int = 365
    battery_years: float = 4.0
    software_review_years: float = 3.0


BATTERY = Policy(review_years=3.0, replace_years=4.0, soon_days=180)


ReasonKind = Literal[
    "review_age", "replace_age", "device_date", "end_of_sale", "end_of_software_maintenance",
    "end_of_security_support", "end_of_support", "contract", "software_age", "software_support",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Keep:
    """An exception: it is kept until a day, as an owner decided for a reason; from that day on it no longer counts."""

    name: str
    until: date
    owner: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that decides about a piece of hardware: on a day (or from days before it on) a stage is entered.

    `steps`: from which day on which stage follows from it, in order. `on`: the day that decides.
    """

    kind: ReasonKind
    on: date
    steps: tuple[tuple[date, Stage], ...]
    text: str
    source: str = ""
    postponed_from: date | None = None  # by an exception

    def at(self, today: date) -> Stage | None:
        """The stage that follows from it today; None as long as nothing does."""
        return next((stage for day, stage in reversed(self.steps) if day <= today), None)


SoftwareStage = Literal["current", "review_due", "unsupported", "unknown"]


@dataclass(frozen=True, slots=True)
class Software:
    """How the software of a piece of hardware stands: it is upgraded, not bought, so it has a stage of its own."""

    stage: SoftwareStage = "unknown"
    reason: str = ""
    product: str = ""
    review_on: date | None = None
    support_ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """Where a piece of hardware stands in its life, in words, with the days that decide.

    `reasons`: all there are, by the day they decide; the first of those that give the stage is the one in `reason`.
    `replace_on`: the earliest day by which it is to be replaced. `support_ends_on`: when the vendor's support ends.
    """

    stage: Stage
    reason: str
    evidence: Evidence
    review_on: date | None
    replace_on: date | None
    age_days: int | None
    reasons: tuple[Reason, ...] = ()
    support_ends_on: date | None = None
    keep: Keep | None = None
    software: Software = Software()


def stage(asset: Asset, owned: Owning | None, policy: Policy, today: date) -> Life:
    """The stage on `today`. A device's own date for replacement, and the end of support, beat the policy if earlier.

    With nothing but the day it was first seen the stage is `unknown` for as long as that alone proves nothing due.
    """
    evidence = dated(asset, owned)
    since = evidence.since
    if since is None:
        return Life("unknown", "no date is known", evidence, None, None, None)
    review_on, replace_on = _later(since, policy.review_years), _later(since, policy.replace_years)
    why = f"{policy.replace_years:g} years from {_WORDS[evidence.kind]} {since.isoformat()}"
    for other, words in (
        (iso_day(asset.replace_by), "the device asks for it by"),
        (_support(owned), "support ends on"),
    ):
        if other is not None and other < replace_on:
            replace_on, why = other, f"{words} {other.isoformat()}"
    age = (today - since).days
    if today >= replace_on:
        found: Stage = "overdue"
        reason = f"replacement was due on {replace_on.isoformat()}: {why}"
    elif today >= replace_on - timedelta(days=policy.soon_days):
        found, reason = "refresh_due", f"to be replaced by {replace_on.isoformat()}: {why}"
    elif today >= review_on:
        found = "review_due"
        reason = f"{policy.review_years:g} years from {_WORDS[evidence.kind]} {since.isoformat()} have passed"
    elif evidence.kind == "first_seen":
        found, reason = "unknown", f"nothing dates it; it is in use since {since.isoformat()} at least"
    else:
        found, reason = "in_life", f"review from {review_on.isoformat()}, {_WORDS[evidence.kind]} {since.isoformat()}"
    return Life(found, reason, evidence, review_on, replace_on, age)


_WORDS: Mapping[EvidenceKind, str] = {
    "purchased": "purchase on", "installed": "installation on", "reported": "the date it reports,",
    "serial": "the date in its serial number,", "first_seen": "first sight on", "none": "",
}  # fmt: skip


def _support(owned: Owning | None) -> date | None:
    return owned.support_until if owned else None


def _later(day: date, years: float) -> date:
    """So many years later; halves are months; 29 February becomes the 28th."""
    months = day.year * 12 + day.month - 1 + round(years * 12)
    year, month = divmod(months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))
