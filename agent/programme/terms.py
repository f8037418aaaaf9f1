"""What a programme reckons with: which years, whose prices, the cap, the councils' shares, how long things last. Pure.

Terms(FinancialYear.parse("2026-27"), 7, uplift=Decimal("0.03"), cap=12_000_000, rules=(...), shares=...)
terms_from(estate, first, count, cap, uplift) -> Terms      as the inventory has it, where nothing else is said
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Literal

from agent.calendar_uk import FinancialYear
from agent.hardware.register import Piece
from agent.inventory.model import Estate
from agent.inventory.resolve import policy
from agent.lifecycle import Policy
from agent.lifecycle.words import BATTERIES, MAIN
from agent.programme.money import Shares

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
            return self.class_ == (class_ if part in MAIN else "wifi_ap" if part == "access_point" else None)
        return self.class_ == class_

    @property
    def what(self) -> str:
        """What it is the price of, in words."""
        kind = " ".join(word.replace("_", " ") for word in (self.class_, self.part) if word is not None)
        models = " or ".join(self.models)
        fits = f"{models} ({kind})" if models and kind else models or kind
        return f"{self.title} ({fits})" if self.title else fits

    @property
    def words(self) -> str:
        return f"price list: {self.title or self.what}"


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


# ---------------------------------------------------------------- from the inventory
def pence_of(price: Decimal) -> int:
    """Pounds with two decimals at most, as the inventory has them, in pence."""
    return int(price * 100)


def terms_from(
    estate: Estate, first: FinancialYear, count: int = 7, cap: int | Literal["inventory"] | None = "inventory",
    uplift: Decimal | None = None,
) -> Terms:  # fmt: skip
    """As the inventory's `programme` section has it; cap (None: no cap) and uplift may be given instead."""
    said = estate.programme
    known: dict[tuple[str, str, str, bool], tuple[float, float]] = {}

    def years_of(piece: Piece) -> float:
        above = piece.asset.part == "access_point" and piece.role == "wifi_controller"
        where = piece.asset.device, piece.entry, piece.site, above
        if where not in known:
            device, entry = estate.devices.get(piece.asset.device), estate.hardware.get(piece.entry)
            class_ = device.class_ if device is not None else entry.class_ if entry is not None else None
            own = tuple(one for one in (entry, device) if one is not None)
            found = (
                policy(estate, "wifi_ap", piece.site or None) if above else
                policy(estate, class_, piece.site or None, own)
            )  # fmt: skip
            known[where] = found["replace_years"][0], found["battery_years"][0]
        return known[where][piece.asset.part in BATTERIES]

    shares = tuple((name, council.share) for name, council in estate.councils.items())
    if cap == "inventory":
        cap = pence_of(said.cap) if said.cap else None
    return Terms(
        first, count, FinancialYear.parse(said.prices_of) if said.prices_of else None,
        said.uplift if uplift is None else uplift, cap,
        tuple(
            CostRule(pence_of(cost.price), tuple(cost.models), cost.part, cost.class_, cost.title or "")
            for cost in said.costs
        ),
        shares or UNSHARED, years_of,
    )  # fmt: skip
