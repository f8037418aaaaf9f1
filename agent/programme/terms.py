"""What a programme reckons with: which years, whose prices, the cap, the councils' shares, how long things last. Pure.

Terms(FinancialYear.parse("2026-27"), 7, uplift=Decimal("0.03"), cap=12_000_000, rules=(CostRule(...),), shares=...)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase

from agent.calendar_uk import FinancialYear
from agent.lifecycle import Policy
from agent.programme.money import Shares
from agent.register import Piece

WHOLE = ("chassis", "stack_member", "ha_member", "cluster_node")  # parts that are a device, or one of its like
BATTERIES = ("battery", "battery_pack")
_POLICY = Policy()
UNSHARED: Shares = (("unshared", Decimal(1)),)  # where the inventory names no council


@dataclass(frozen=True, slots=True)
class CostRule:
    """What one piece costs. Of several that fit, the most specific holds: model, then part of a class, part, class.

    A rule with a part makes that part a thing that is bought by itself. One for a class alone is the
    price of a whole device: it says nothing of the battery in a UPS, or of the access points of a controller, unless it
    is the class of access points.
    """

    pence: int
    models: tuple[str, ...] = ()  # patterns as of fnmatch, without case
    part: str | None = None
    class_: str | None = None
    title: str = ""

    @property
    def rank(self) -> int:
        return 4 * bool(self.models) + 2 * (self.part is not None) + (self.class_ is not None)

    @property
    def own(self) -> bool:
        """Whether it makes a part a thing that is bought by itself: C9300* fits network modules of the C9300 too."""
        return self.part is not None

    def fits(self, model: str | None, part: str, class_: str) -> bool:
        if self.models:
            wanted = (model or "").casefold()
            if not wanted or not any(fnmatchcase(wanted, pattern.casefold()) for pattern in self.models):
                return False
        if self.part is not None and self.part != part:
            return False
        if self.class_ is None:
            return True
        if not self.models and self.part is None:
            return self.class_ == (class_ if part in WHOLE else "wifi_ap" if part == "access_point" else None)
        return self.class_ == class_

    @property
    def words(self) -> str:
        what = " or ".join(self.models) or " ".join(
            word.replace("_", " ") for word in (self.class_, self.part) if word is not None
        )
        return f"price list: {self.title or what}"


def lasts(piece: Piece) -> float:
    """How many years a piece lasts where the inventory does not say."""
    return _POLICY.battery_years if piece.asset.part in BATTERIES else _POLICY.replace_years


@dataclass(frozen=True, slots=True)
class Terms:
    """`prices_of`: the year whose prices the rules have (None: the first). `cap`: pence a year; None: no cap.

    `years_of`: how many years a piece lasts, and so what replaces it.
    """

    first: FinancialYear
    count: int = 7
    prices_of: FinancialYear | None = None
    uplift: Decimal = Decimal(0)
    cap: int | None = None
    rules: tuple[CostRule, ...] = ()
    shares: Shares = UNSHARED
    years_of: Callable[[Piece], float] = field(default=lasts, compare=False)

    def __post_init__(self) -> None:
        if not 1990 <= self.first.year <= 2200:
            raise ValueError(f"{self.first} is no year that money is planned for")
        if not 1 <= self.count <= 40:
            raise ValueError(f"a programme is of 1 to 40 years, not {self.count}")
        if not Decimal(-1) < self.uplift <= 1:
            raise ValueError(f"an uplift is a share such as 0.03, not {self.uplift}")
        if self.cap is not None and self.cap <= 0:
            raise ValueError("a cap is more than nothing")

    @property
    def priced(self) -> FinancialYear:
        return self.prices_of or self.first

    @property
    def years(self) -> tuple[FinancialYear, ...]:
        return tuple(self.first + n for n in range(self.count))
