"""The refresh programme: what falls due in each financial year, what it costs, who pays, what risk is carried. Pure.

    terms = Terms(FinancialYear.parse("2026-27"), 7, uplift=Decimal("0.03"), cap=12_000_000, rules=..., shares=...)
    programme_of(pieces, terms, outages, now) -> Programme
    programme.plan.years[0].pence, .councils, .risk, .over, .why        programme.slip: everything a year later

    money        whole pence: uplift, and division by shares without a penny lost
    terms        what it reckons with: years, prices, cap, shares, how long things last
    items        what falls due, with its day, its price and whose money it is
    smoothing    in which year each thing is bought; the risk at the end of each year
    evidence     outages of old hardware beside those of all other
    whole        all of it as one value
    tables       the same as rows, and what must not be overlooked in sentences
    workbook     the same as an Excel workbook; the only one that is not pure

The method, in words a committee can check, is docs/programme.md.
"""

from __future__ import annotations

from agent.programme.evidence import Toll, Tolls, tolls_of
from agent.programme.items import Due, Items, Price, Undated, items_of
from agent.programme.money import divide, uplifted
from agent.programme.smoothing import Bought, Plan, Risk, YearPlan, plan_of, slipped
from agent.programme.terms import CostRule, Terms, terms_from
from agent.programme.whole import Compared, Lot, Programme, programme_of

__all__ = [
    "Bought", "Compared", "CostRule", "Due", "Items", "Lot", "Plan", "Price", "Programme", "Risk", "Terms", "Toll",
    "Tolls", "Undated", "YearPlan", "divide", "items_of", "plan_of", "programme_of", "slipped", "terms_from",
    "tolls_of", "uplifted",
]  # fmt: skip
