"""The programme as one value that commands, pages and papers print. Pure.

programme_of(pieces, terms, outages, now) -> Programme
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from agent.calendar_uk import FinancialYear
from agent.facts import Outage
from agent.hardware.register import Piece
from agent.programme.evidence import Tolls, tolls_of
from agent.programme.items import Undated, items_of
from agent.programme.smoothing import Plan, Risk, plan_of, slipped
from agent.programme.terms import Terms


@dataclass(frozen=True, slots=True)
class Lot:
    """Pieces of one kind, counted together; `pence` is what those with a price cost at the prices they have."""

    class_: str
    part: str
    model: str
    number: int
    pence: int
    unpriced: int


@dataclass(frozen=True, slots=True)
class Compared:
    """One year of the plan beside the same year if everything slips by one."""

    year: FinancialYear
    pence: int
    slipped_pence: int
    risk: Risk
    slipped_risk: Risk

    @property
    def more_pence(self) -> int:
        return self.slipped_pence - self.pence

    @property
    def more_risk(self) -> Risk:
        return self.slipped_risk - self.risk


@dataclass(frozen=True, slots=True)
class Programme:
    """`councils`: names in the order of columns, with their titles. `slip`: the plan with everything a year later, if
    that was asked for.

    `unpriced`: what has no price, by kind, of what is bought or waits in the programme; `undated`: what is in no year.
    `doubts`: what is wrong with the records it was made of.
    """

    terms: Terms
    councils: Mapping[str, str]
    plan: Plan
    slip: Plan | None
    undated: Sequence[Undated]
    unpriced: Sequence[Lot]
    undated_lots: Sequence[Lot]
    tolls: Tolls
    doubts: Sequence[str]
    now: datetime

    @property
    def years(self) -> tuple[FinancialYear, ...]:
        return self.terms.years

    @property
    def compared(self) -> list[Compared]:
        """Year by year, the plan beside the one with everything a year later; nothing if that was not asked for."""
        slip = self.slip.years if self.slip is not None else ()
        return [Compared(a.year, a.pence, b.pence, a.risk, b.risk) for a, b in zip(self.plan.years, slip, strict=False)]

    @property
    def backlog(self) -> tuple[int, int]:
        """What was due before the first year: how many, and their cost where they are bought."""
        late = [one for one in self.plan.bought if one.backlog]
        return len(late), sum(one.pence or 0 for one in late)


def programme_of(
    pieces: Sequence[Piece], terms: Terms, outages: Iterable[Outage], now: datetime,
    councils: Mapping[str, str] | None = None, *, slip: bool = True,
) -> Programme:  # fmt: skip
    """Everything at once. `councils`: name > title, as the inventory has them. `slip`: whether that is wanted too."""
    items = items_of(pieces, terms)
    plan = plan_of(items.dated, terms)
    seen = {name for year in plan.years for name in year.councils} | {name for name, _ in terms.shares}
    titles = {name: title for name, title in (councils or {}).items() if name in seen}
    titles |= {name: name.capitalize() if name == "unshared" else name for name in sorted(seen - set(titles))}
    wanting = [one.item.piece for one in plan.bought if one.pence is None and not one.item.again]
    wanting += [due.piece for due in plan.beyond if due.price is None and not due.again]
    doubts = sorted(
        f"{due.piece.asset.serial or due.key} ({due.piece.owned.origin}): {due.doubt}"
        for due in items.dated
        if due.doubt
    )
    return Programme(
        terms, titles, plan, slipped(plan, terms) if slip else None, items.undated,
        _lots((piece, None) for piece in wanting),
        _lots((one.piece, one.price.pence if one.price else None) for one in items.undated),
        tolls_of(items, outages, now), doubts, now,
    )  # fmt: skip


def _lots(rows: Iterable[tuple[Piece, int | None]]) -> list[Lot]:
    numbers: Counter[tuple[str, str, str]] = Counter()
    unpriced: Counter[tuple[str, str, str]] = Counter()
    money: dict[tuple[str, str, str], int] = defaultdict(int)
    for piece, pence in rows:
        key = piece.role, piece.asset.part, piece.asset.model or ""
        numbers[key] += 1
        unpriced[key] += pence is None
        money[key] += pence or 0
    order = sorted(numbers, key=lambda key: (-numbers[key], key))
    return [Lot(*key, numbers[key], money[key], unpriced[key]) for key in order]
