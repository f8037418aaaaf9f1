"""Pieces of hardware with a life that is made in one line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from agent.facts import Asset
from agent.hardware.register import Piece, Presence
from agent.ledger.ids import uuid7
from agent.lifecycle import STAGES, Evidence, Keep, Life, Owning, Reason, Software, Stage

GRAVEST_FIRST: tuple[Stage, ...] = ("unsupported", "overdue", "refresh_due", "review_due", "in_life")


def noon(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


def review(on: date) -> Reason:
    return Reason("review_age", on, ((on, "review_due"),), f"4 years on {on.isoformat()}")


def replace_by(on: date, soon: int = 365) -> Reason:
    steps: tuple[tuple[date, Stage], ...] = ((on - timedelta(days=soon), "refresh_due"), (on, "overdue"))
    return Reason("replace_age", on, steps, f"7 years on {on.isoformat()}")


def support(on: date, soon: int = 365) -> Reason:
    steps: tuple[tuple[date, Stage], ...] = ((on - timedelta(days=soon), "refresh_due"), (on, "unsupported"))
    return Reason("end_of_support", on, steps, f"support ends on {on.isoformat()}")


def life(
    reasons: Iterable[Reason], today: date, *, ends: date | None = None, keep: Keep | None = None,
    software: Software | None = None,
) -> Life:  # fmt: skip
    """As the register has it on a day: the gravest stage in effect."""
    ordered = tuple(sorted(reasons, key=lambda reason: reason.on))
    in_effect = {reason.at(today) for reason in ordered}
    stage = next((stage for stage in GRAVEST_FIRST if stage in in_effect), "in_life")
    assert stage in STAGES
    evidence = Evidence("purchased", None, "certain")
    return Life(stage, "", evidence, None, None, None, ordered, ends, keep, software or Software())


def piece(
    name: str, lived: Life, *, seen: date = date(2020, 1, 1), part: str = "chassis", role: str = "switch",
    presence: Presence = "present", model: str | None = "C9300-48P", version_seen: date | None = None,
    unit: bool = True, key: str | None = None,
) -> Piece:  # fmt: skip
    asset = Asset(
        id=uuid7(), key=key or f"serial:cisco/{name}", device=name, part=part, name=f"{part} 1", place="1",
        vendor="Cisco", model=model, serial=name.upper(), version=None, manufactured=None, installed=None,
        replace_by=None, first_seen_at=noon(seen), last_seen_at=noon(seen),
        version_seen_at=noon(version_seen) if version_seen else None,
    )  # fmt: skip
    return Piece(asset, lived, Owning(), presence, "wallfields", role, unit, council="east_herts")


def moved(one: Piece, reasons: Iterable[Reason], today: date, *, ends: date | None = None) -> Piece:
    """The same piece with other reasons, as after a purchase record was imported."""
    return replace(one, life=life(reasons, today, ends=ends))
