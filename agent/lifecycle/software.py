"""How the software of a piece of hardware stands: reviewed by age, unsupported when its vendor is done with it. Pure.

    software_of(asset, notice, policy, today) -> tuple[Software, tuple[Reason, ...]]

Software is upgraded, not bought, so it has a stage of its own, and its reasons have no steps: they never change the
stage of the hardware. What a vendor says of a release is in agent.lifecycle.notices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from agent.facts import Asset
from agent.lifecycle.notices import Notice
from agent.lifecycle.reasons import Policy, Reason, by_day, later, support_ends

SoftwareStage = Literal["current", "review_due", "unsupported", "unknown"]


@dataclass(frozen=True, slots=True)
class Software:
    """How the software of a piece of hardware stands: it is upgraded, not bought, so it has a stage of its own."""

    stage: SoftwareStage = "unknown"
    reason: str = ""
    product: str = ""
    review_on: date | None = None
    support_ends_on: date | None = None


NO_SOFTWARE = Software()


def software_of(
    asset: Asset, notice: Notice | None, policy: Policy, today: date
) -> tuple[Software, tuple[Reason, ...]]:  # fmt: skip
    if asset.version is None:
        return NO_SOFTWARE, ()
    released = notice.released_on if notice else None
    seen = asset.version_seen_at.date() if asset.version_seen_at else None
    since = released or seen
    if since is None and notice is None:
        return NO_SOFTWARE, ()
    return _of_software(asset.version, notice, since, policy.software_review_years, today)


@lru_cache(maxsize=4096)
def _of_software(
    version: str, notice: Notice | None, since: date | None, years: float, today: date
) -> tuple[Software, tuple[Reason, ...]]:  # fmt: skip
    """A release is reviewed when it is `years` old or no longer mended, and unsupported when no holes are closed."""
    product = notice.product if notice else ""
    source, released = (notice.source, notice.released_on) if notice else ("", None)
    name = f"{product} {version}".strip()
    told = f" ({source})" if source else ""
    reasons: list[Reason] = []
    review_on = None
    if since is not None:
        review_on = later(since, years)
        how = "its release on" if released else "it was first seen on"
        text = f"software review due {review_on.isoformat()}: {name}, {years:g} years after {how} {since.isoformat()}"
        reasons.append(Reason("software_age", review_on, (), text, source if released else "first sight"))
    ends = support_ends(notice)
    over = next((f for f in ("end_of_security_support", "end_of_support") if notice and f in notice.ended), None)
    ended = over is not None or (ends is not None and ends <= today)
    if ends is not None and over is None:
        text = f"{name} is supported until {ends.isoformat()}{told}"
        reasons.append(Reason("software_support", ends, (), text, source))
    elif over is not None:
        on = (notice.fetched_on if notice else None) or since or today
        text = f"{name} is no longer supported, since a day that is not known{told}"
        reasons.append(Reason("software_support", on, (), text, source, day_known=False))
    mended = notice.end_of_software_maintenance if notice else None
    unmended = (mended is not None and mended <= today) or (
        notice is not None and "end_of_software_maintenance" in notice.ended
    )
    if ended:
        return Software("unsupported", reasons[-1].text, product, review_on, ends), tuple(reasons)
    if unmended:
        text = f"{name} is no longer mended{f' since {mended.isoformat()}' if mended else ''}{told}"
        return Software("review_due", text, product, review_on, ends), tuple(reasons)
    if review_on is not None and review_on <= today:
        return Software("review_due", reasons[0].text, product, review_on, ends), tuple(reasons)
    if released is None and ends is None and mended is None:
        return Software("unknown", f"nothing says how old {name} is", product, review_on, ends), tuple(reasons)
    ahead = f"next: {min(reasons, key=by_day).text}" if reasons else ""
    return Software("current", ahead, product, review_on, ends), tuple(reasons)
