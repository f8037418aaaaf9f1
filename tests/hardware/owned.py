"""Pieces of hardware and what falls due, made in one line each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid5

from agent.calendar_uk import FinancialYear
from agent.facts import Asset
from agent.hardware.register import Piece, Presence
from agent.lifecycle import Evidence, Keep, Life, Owning, Reason, Stage
from agent.programme import Due, Price, Terms

FIRST = FinancialYear.parse("2026-27")
HALVES = (("ehdc", Decimal("0.5")), ("sbc", Decimal("0.5")))
TERMS = Terms(FIRST, 7, shares=HALVES)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOTHING = Owning()


def piece(
    key: str = "serial:A1", *, due: date | None = date(2028, 5, 1), part: str = "chassis", role: str = "switch",
    model: str | None = "6300M", owned: Owning = NOTHING, unit: bool = True, presence: Presence = "present",
    stage: Stage = "in_life", since: date | None = None, reasons: tuple[Reason, ...] = (),
    support: date | None = None, device: str = "", keep: Keep | None = None,
) -> Piece:  # fmt: skip
    seen = datetime(2025, 1, 1, tzinfo=UTC)
    asset = Asset(
        uuid5(UUID(int=1), key), key, device or f"dev-{key}", part, key, "", "Maker", model, key.partition(":")[2],
        None, None, None, None, seen, seen,
    )  # fmt: skip
    since = since or (date(due.year - 7, due.month, min(due.day, 28)) if due else None)
    life = Life(
        stage, "because", Evidence(since, "purchased", "certain"), None, due, None, reasons, support, keep
    )  # fmt: skip
    return Piece(asset, life, owned, presence, "hq", role, unit)


def due(
    key: str, on: date, pence: int | None = 100_00, *, firewall: bool = False, support: date | None = None,
    lasts: float = 7, shares: tuple[tuple[str, Decimal], ...] = HALVES,
) -> Due:  # fmt: skip
    price = Price(pence, FIRST, "price list") if pence is not None else None
    return Due(
        key, piece(key, role="firewall" if firewall else "switch"), on, price, shares, lasts, since=date(2019, 1, 1),
        past_age_on=on, support_ends_on=support, firewall=firewall,
    )  # fmt: skip
