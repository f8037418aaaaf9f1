"""In which year each thing that falls due is bought, so that no year costs more than its cap where that may be. Pure.

    plan_of(dues, terms) -> Plan        without a cap: everything in the year it falls due
    slipped(plan, terms) -> Plan        the same plan with every purchase one year later

The method (docs/programme.md):

- Nothing is bought before the year it falls due. What was due before the first year falls in the first: the backlog.
- A firewall whose vendor support ends in or before the year is bought in that year, whatever the cap. It is never put
  off; the year says by how much it is over its cap, and why.
- Then the queue is gone through from its head, and each thing is bought if it still fits under the cap; what does not
  fit waits. In the queue stand first those that waited the year before, in their order, and behind them those that fall
  due in the year: first what is out of vendor support, then what was due first, then what is oldest.
- What alone costs more than the cap would wait for ever. It is bought in the first year in which, when its turn comes,
  nothing else that may wait was bought; the year says so.
- What has no price takes no part in the cap: it is counted in the year it falls due.
- What is bought falls due again when its years are over. What still waits after the last year is `beyond`: it is
  listed, and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import NamedTuple

from agent.calendar_uk import FinancialYear
from agent.programme.items import Due
from agent.programme.money import Shares, divide, summed, uplifted
from agent.programme.terms import Terms
from agent.words import pounds


class Bought(NamedTuple):
    """A purchase: what, in which year of the programme, at that year's price, and each council's part of it.

    `due`: the year of the programme it fell due in; negative for the backlog, which falls in the first.
    """

    item: Due
    year: int
    due: int
    pence: int | None
    parts: tuple[tuple[str, int], ...] = ()

    @property
    def backlog(self) -> bool:
        return self.due < 0

    @property
    def waited(self) -> int:
        """Years it was put off, from the first year on."""
        return self.year - max(self.due, 0)


@dataclass(frozen=True, slots=True)
class Risk:
    """What is carried at the end of a year: hardware that is there and not replaced."""

    past_age: int = 0
    past_support: int = 0
    unsupported_firewalls: int = 0

    def __sub__(self, other: Risk) -> Risk:
        return Risk(
            self.past_age - other.past_age, self.past_support - other.past_support,
            self.unsupported_firewalls - other.unsupported_firewalls,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class YearPlan:
    """One year. `falls_due`: how much would be bought without a cap; `over`: pence over the cap, and `why`.

    `unpriced`: how many of the `bought` have no price, so that the year costs more than `pence`.
    """

    year: FinancialYear
    bought: tuple[Bought, ...]
    pence: int
    councils: dict[str, int]
    unpriced: int
    again: int
    backlog: int
    waiting: int  # at its end
    waiting_pence: int  # at the prices of the year
    over: int
    why: tuple[str, ...]
    risk: Risk

    @property
    def number(self) -> int:
        return len(self.bought)


@dataclass(frozen=True, slots=True)
class Plan:
    """`beyond`: what falls due and is not bought within the programme. `later`: what falls due after it."""

    years: tuple[YearPlan, ...]
    beyond: tuple[Due, ...]
    later: tuple[Due, ...]
    uplift: Decimal

    @property
    def bought(self) -> Iterable[Bought]:
        return (one for year in self.years for one in year.bought)

    @property
    def pence(self) -> int:
        return sum(year.pence for year in self.years)

    @property
    def councils(self) -> dict[str, int]:
        return summed([year.councils for year in self.years])

    @property
    def number(self) -> int:
        return sum(year.number for year in self.years)

    @property
    def unpriced(self) -> int:
        return sum(year.unpriced for year in self.years)


class _Prices:
    """Prices of later years and their division: much hardware has the same, so each is worked out once."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._prices: dict[tuple[int, int], int] = {}
        self._parts: dict[tuple[int, Shares], tuple[tuple[str, int], ...]] = {}

    def of(self, item: Due, year: int) -> int | None:
        price = item.price
        if price is None:
            return None
        key = price.pence, self._terms.first.year + year - price.of.year
        if key not in self._prices:
            self._prices[key] = uplifted(price.pence, self._terms.uplift, key[1])
        return self._prices[key]

    def parts(self, pence: int | None, shares: Shares) -> tuple[tuple[str, int], ...]:
        if pence is None:
            return ()
        key = pence, shares
        if key not in self._parts:
            self._parts[key] = tuple(divide(pence, shares).items())
        return self._parts[key]

    def bought(self, item: Due, year: int, pence: int | None) -> Bought:
        return Bought(item, year, _year(item.due_on) - self._terms.first.year, pence, self.parts(pence, item.shares))


def plan_of(dues: Iterable[Due], terms: Terms) -> Plan:
    years, prices, cap = terms.years, _Prices(terms), terms.cap
    arriving: list[list[Due]] = [[] for _ in years]
    after: list[Due] = []
    first = terms.first.year
    for due in dues:
        falls = max(0, _year(due.due_on) - first)
        (arriving[falls] if falls < terms.count else after).append(due)
    waiting: list[Due] = []
    rows: list[tuple[list[Bought], list[str]]] = []
    left: list[tuple[int, int]] = []
    for index, year in enumerate(years):
        begins, ends = year.begins_on, year.last_day
        new = sorted(arriving[index], key=_BY_DAY)
        bought: list[Bought] = []
        why: list[str] = []
        if cap is None:
            bought = [prices.bought(due, index, prices.of(due, index)) for due in new]
        else:
            new.sort(key=lambda due: not _ended(due, ends))  # stable: those out of support first, the rest as it was
            queue = [*waiting, *new]
            bought, waiting, why = _within(cap, queue, index, ends, prices)
        for one in bought:
            if index + int(one.item.lasts) >= terms.count:  # not before the end: most of them, and dates take time
                continue
            due_on = one.item.renewed_on(begins)
            falls = max(index + 1, _year(due_on) - first)
            if falls < terms.count:
                arriving[falls].append(one.item.renewed(due_on))
        rows.append((bought, why))
        left.append((len(waiting), sum(prices.of(due, index) or 0 for due in waiting)))
    return _summed(rows, waiting, after, left, terms)


def _year(day: date) -> int:
    """As FinancialYear.of, for fifty thousand at once."""
    return day.year if day.month > 3 else day.year - 1


def _ended(due: Due, day: date) -> bool:
    return due.support_ends_on is not None and due.support_ends_on <= day


def must(due: Due, ends: date) -> bool:
    """Whether it is bought in the year that ends then, whatever the cap: a firewall that its vendor no longer mends."""
    return due.firewall and _ended(due, ends)


_BY_DAY = itemgetter(*(Due._fields.index(name) for name in ("due_on", "since", "key", "again")))


def _within(
    cap: int, queue: Sequence[Due], index: int, ends: date, prices: _Prices
) -> tuple[list[Bought], list[Due], list[str]]:
    """What is bought of a queue under a cap, what waits, and why the cap is broken, if it is."""
    taken: dict[int, int | None] = {}
    spent = 0
    firewalls: list[int] = []
    for place, due in enumerate(queue):
        pence = prices.of(due, index)
        if pence is None:
            taken[place] = None
        elif must(due, ends):
            taken[place] = pence
            spent += pence
            firewalls.append(pence)
    waits: list[Due] = []
    dear: tuple[Due, int] | None = None
    optional = False  # whether something that may wait was bought
    for place, due in enumerate(queue):
        if place in taken:
            continue
        pence = prices.of(due, index) or 0
        if spent + pence <= cap or not pence:
            taken[place] = pence
        elif pence > cap and not optional:
            taken[place], dear = pence, (due, pence)
        else:
            waits.append(due)
            continue
        spent += pence
        optional = optional or pence > 0
    why = []
    if spent > cap:
        if firewalls:
            whose = (
                "a firewall whose vendor support ends"
                if len(firewalls) == 1
                else (f"{len(firewalls):,} firewalls whose vendor support ends")
            )
            why.append(f"{whose} in or before the year {_is(len(firewalls))} not put off: {pounds(sum(firewalls))}")
        if dear is not None:
            what, where = dear[0].piece.asset, dear[0].piece.title
            why.append(
                f"{what.model or what.part.replace('_', ' ')} of {where} alone costs {pounds(dear[1])}, which is "
                "more than the cap; nothing else that may wait was bought before it"
            )
    return [prices.bought(queue[place], index, taken[place]) for place in sorted(taken)], waits, why


def _is(number: int) -> str:
    return "is" if number == 1 else "are"


# ---------------------------------------------------------------- slipping
def slipped(plan: Plan, terms: Terms) -> Plan:
    """Every purchase one year later, at that year's price; those of the last year are beyond the programme then.

    Nothing is chosen anew, so that the two can be laid side by side: it is what a year without a budget comes to.
    """
    prices = _Prices(terms)
    rows: list[tuple[list[Bought], list[str]]] = [([], [])]
    over: list[Due] = []
    for year in plan.years:
        if year is plan.years[-1]:
            over = [one.item for one in year.bought]
            break
        index = len(rows)
        moved = [
            Bought(one.item, index, one.due, pence, prices.parts(pence, one.item.shares))
            for one in year.bought
            for pence in (prices.of(one.item, index),)
        ]
        pence = sum(one.pence or 0 for one in moved)
        why = ["the purchases of the year before, at this year's prices"] if terms.cap and pence > terms.cap else []
        rows.append((moved, why))
    left = []
    for index, year in enumerate(plan.years):  # what was to be bought in this year waits for the next
        late = [prices.of(one.item, index) for one in year.bought]
        left.append((year.waiting + len(late), year.waiting_pence + sum(pence or 0 for pence in late)))
    return _summed(rows, (*over, *plan.beyond), plan.later, left, terms)


# ---------------------------------------------------------------- sums
def _summed(
    rows: Sequence[tuple[Sequence[Bought], Sequence[str]]], beyond: Iterable[Due], after: Iterable[Due],
    left: Sequence[tuple[int, int]], terms: Terms,
) -> Plan:  # fmt: skip
    beyond, after = tuple(beyond), tuple(after)
    held = [(one.item, one.year) for bought, _ in rows for one in bought]
    held.extend((due, terms.count) for due in (*beyond, *after))
    risks = risks_of(held, terms)
    found = []
    for (bought, why), (waiting, waiting_pence), year, risk in zip(rows, left, terms.years, risks, strict=True):
        councils: dict[str, int] = {}
        pence = unpriced = again = backlog = 0
        for one in bought:
            if one.pence is None:
                unpriced += 1
            else:
                pence += one.pence
            again += one.item.again > 0
            backlog += one.due < 0
            for name, part in one.parts:
                councils[name] = councils.get(name, 0) + part
        over = max(0, pence - terms.cap) if terms.cap is not None else 0
        found.append(
            YearPlan(
                year, tuple(bought), pence, councils, unpriced, again, backlog, waiting, waiting_pence, over,
                tuple(why), risk,
            )
        )  # fmt: skip
    return Plan(tuple(found), beyond, after, terms.uplift)


def risks_of(held: Iterable[tuple[Due, int]], terms: Terms) -> tuple[Risk, ...]:
    """At the end of each year, of what is replaced in the year given with it (`terms.count` or more: not at all).

    A day counts from the end of its own year on: at the end of 31 March 2027 what ended on that day has ended.
    """
    size, first = terms.count, terms.first.year
    past_age, past_support, firewalls = ([0] * (size + 1) for _ in range(3))
    for due, replaced in held:
        until = replaced if replaced < size else size
        if due.past_age_on is not None and (began := max(0, _year(due.past_age_on) - first)) < until:
            past_age[began] += 1
            past_age[until] -= 1
        if due.support_ends_on is not None and (began := max(0, _year(due.support_ends_on) - first)) < until:
            past_support[began] += 1
            past_support[until] -= 1
            if due.firewall:
                firewalls[began] += 1
                firewalls[until] -= 1
    found, running = [], [0, 0, 0]
    for n in range(size):
        running = [a + b for a, b in zip(running, (past_age[n], past_support[n], firewalls[n]), strict=True)]
        found.append(Risk(*running))
    return tuple(found)
