"""Where a piece of hardware stands in its life, and why. Pure: the day is given.

    stage(asset, owned, policy, today, notice=..., software=..., keep=..., whole=...) -> Life

Each thing that decides is a `Reason` with the day that decides and the stages that follow from it. The gravest stage
that is in effect is the stage; of the reasons that give it the one with the earliest day is the reason; all are listed.

    review_age                        review_due from the day
    replace_age, device_date          refresh_due from `soon_days` before, overdue from the day
    end_of_sale, end_of_software_maintenance              review_due from the day
    end_of_security_support, end_of_support               refresh_due from `soon_days` before, unsupported from the day
    contract                          review_due from 90 days before, unsupported from the day after; it is renewed, so
                                      it asks for no replacement
    software_age, software_support    nothing for the hardware: software is upgraded

An exception in force puts review_age, replace_age and device_date off to its day. It never hides a vendor's dates.
A virtual machine is no hardware: its age asks for nothing, and only its software is reviewed.
Unknown is what nothing but its first sight dates, as long as no reason is in effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from agent.facts import Asset
from agent.lifecycle.evidence import Evidence, Owning, dated, iso_day
from agent.lifecycle.notices import Notice
from agent.lifecycle.reasons import (
    BATTERY,
    Keep,
    Policy,
    Reason,
    ReasonKind,
    by_day,
    of_age,
    of_contract,
    of_vendor,
    put_off,
    support_ends,
)
from agent.lifecycle.serials import virtual
from agent.lifecycle.software import NO_SOFTWARE, Software, SoftwareStage, software_of
from agent.lifecycle.words import Stage
from agent.record import record

__all__ = ["BATTERY", "Keep", "Life", "Policy", "Reason", "ReasonKind", "Software", "SoftwareStage", "stage"]


@record
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
    software: Software = NO_SOFTWARE


def stage(
    asset: Asset, owned: Owning | None, policy: Policy, today: date, *, notice: Notice | None = None,
    software: Notice | None = None, keep: Keep | None = None, whole: Evidence | None = None,
    evidence: Evidence | None = None,
) -> Life:  # fmt: skip
    """The life of a piece of hardware as of `today`.

    `notice`, `software`: what the vendor says of the model and of the version on it. `keep`: the exception that fits
    it, in force or not. `whole`: the evidence of the device it is in. `evidence`: its own, where it was found already.
    """
    if evidence is None:
        evidence = dated(asset, owned, whole=whole, today=today)
    off = keep if keep is not None and not keep.over(today) else None  # what puts off
    found: list[Reason] = []
    bought = owned is not None and (owned.purchased or owned.installed)  # then it is hardware, whatever it says
    unreal = asset.part == "chassis" and not bought and virtual(asset.model, asset.serial)
    if evidence.since is not None and not unreal:
        found += of_age(evidence.kind, evidence.since, policy, off)
    asked = iso_day(asset.replace_by)
    if asked is not None:
        found.append(put_off("device_date", asked, policy.soon_days, "the device asks for it", "device", off))
    if notice is not None:
        found += of_vendor(notice, policy.soon_days, evidence.since or today)
    if owned is not None and owned.support_until is not None:
        found.append(of_contract(owned.support_until, owned.origin))
    running, told = software_of(asset, software, policy, today)
    found += told
    found.sort(key=by_day)

    gravest, why = 0, None
    now: Stage = "unknown" if evidence.kind in ("first_seen", "none") and not unreal else "in_life"
    replace_on = review_on = None
    for reason in found:
        kind, entered = reason.kind, reason.at(today)
        if entered is not None and _GRAVITY[entered] > gravest:
            gravest, why, now = _GRAVITY[entered], reason, entered
        if kind == "review_age":
            review_on = reason.on
        elif replace_on is None and kind in _REPLACES:
            replace_on = reason.on
    if why is not None:
        words = why.text
    elif now == "in_life":
        ahead = next((reason for reason in found if reason.steps), None)
        words = VIRTUAL if unreal else f"next: {ahead.text}" if ahead else "nothing asks for anything"
    else:
        words = f"nothing dates it; in use since {evidence.since.isoformat()} at least" if evidence.since else _NOTHING
    return Life(
        now, words, evidence, review_on, replace_on,
        max(0, (today - evidence.since).days) if evidence.since is not None else None,
        tuple(found), support_ends(notice), keep, running,
    )  # fmt: skip


VIRTUAL = "a virtual machine: what it runs on is replaced, not it"
_NOTHING = "nothing dates it"
_GRAVITY: Mapping[Stage, int] = {
    "unknown": 0, "in_life": 0, "review_due": 1, "refresh_due": 2, "overdue": 3, "unsupported": 4,
}  # fmt: skip
_REPLACES = ("replace_age", "device_date", "end_of_security_support", "end_of_support")
