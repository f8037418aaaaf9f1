"""The programme as tables: of years, of items, of the comparison; for screens, CSV, JSON and spreadsheets. Pure.

    years_table(programme, council) -> Table      one row a year
    items_table(programme, council) -> Table      one row for each purchase, and for what is beyond or has no date
    slip_table(programme) -> Table                the plan beside the one in which everything slips by a year
    tolls_table(programme) -> Table               outages of old hardware, and of the rest
    lots_table(lots) -> Table                     what has no price, or no date, by kind
    warnings_of(programme) -> list[str]           what must not be overlooked, in sentences

Money is in pounds as a Decimal with two places, None where it is not known; days are dates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from agent.hardware.register import Piece
from agent.programme.items import Price
from agent.programme.money import percentage
from agent.programme.smoothing import Bought, YearPlan
from agent.programme.whole import Lot, Programme
from agent.words import count, pounds, span

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    names: tuple[str, ...]
    rows: Sequence[Row]


def in_pounds(pence: int | None) -> Decimal | None:
    return None if pence is None else Decimal(pence).scaleb(-2)


def columns_of(programme: Programme, council: str | None) -> tuple[str, ...]:
    return (council,) if council is not None else tuple(programme.councils)


# ---------------------------------------------------------------- years
def years_table(programme: Programme, council: str | None = None) -> Table:
    """With a council only what it pays for is counted; `cost` is the whole price of that."""
    columns = columns_of(programme, council)
    names = (
        "financial_year", "items", "backlog", "again", "no_price", "cost", *columns, "over_cap", "waiting",
        "waiting_cost", "past_replacement_age", "past_vendor_support", "unsupported_firewalls", "why_over",
    )  # fmt: skip
    rows = []
    for year in programme.plan.years:
        own = [one for one in year.bought if pays(one, council)]
        rows.append(
            (
                str(year.year), len(own), sum(one.backlog for one in own), sum(one.item.again > 0 for one in own),
                sum(one.pence is None for one in own), in_pounds(sum(one.pence or 0 for one in own)),
                *(in_pounds(year.councils.get(name, 0)) for name in columns),
                in_pounds(year.over) if programme.terms.cap is not None else None, year.waiting,
                in_pounds(year.waiting_pence), year.risk.past_age, year.risk.past_support,
                year.risk.unsupported_firewalls, "; ".join(year.why),
            )
        )  # fmt: skip
    return Table(names, rows)


def pays(one: Bought, council: str | None) -> bool:
    return council is None or any(name == council and share for name, share in one.item.shares)


# ---------------------------------------------------------------- items
BEYOND, UNDATED = "beyond", "no date"
ITEM_NAMES = (
    "financial_year", "due_on", "how", "device", "site", "class", "part", "vendor", "model", "serial",
    "age_known_by", "stage", "vendor_support_ends", "price",
)  # fmt: skip
MONEY_FROM = len(ITEM_NAMES) - 1  # the column of the price; those of the councils follow


def items_table(programme: Programme, council: str | None = None) -> Table:
    columns = columns_of(programme, council)
    return Table((*ITEM_NAMES, *columns, "price_basis", "doubt"), list(_items(programme, columns, council)))


def _items(programme: Programme, columns: Sequence[str], council: str | None) -> Iterator[Row]:
    for year in programme.plan.years:
        label = str(year.year)
        for one in sorted(year.bought, key=_by_place):
            if pays(one, council):
                parts = dict(one.parts)
                money = [in_pounds(parts.get(name, 0)) if one.pence is not None else None for name in columns]
                yield _row(
                    label, one.item.due_on, how(one), one.item.piece, one.item.support_ends_on, in_pounds(one.pence),
                    money, one.item.price, one.item.doubt, renewed=one.item.again > 0,
                )  # fmt: skip
    blank = [None] * len(columns)
    for due in programme.plan.beyond:
        if council is None or any(name == council and share for name, share in due.shares):
            price = in_pounds(due.price.pence) if due.price is not None else None
            yield _row(
                BEYOND, due.due_on, "does not fit into the programme", due.piece, due.support_ends_on, price, blank,
                due.price, due.doubt, renewed=due.again > 0,
            )  # fmt: skip
    for one_ in programme.undated:
        price = in_pounds(one_.price.pence) if one_.price is not None else None
        yield _row(UNDATED, None, "it is not known how old it is", one_.piece, None, price, blank, one_.price, "")


def _by_place(one: Bought) -> tuple[str, str, date, str]:
    return one.item.piece.site, one.item.piece.title, one.item.due_on, one.item.key


def _row(
    year: str, due_on: date | None, how_: str, piece: Piece, support: date | None, price: Decimal | None,
    money: Sequence[Decimal | None], basis: Price | None, doubt: str, *, renewed: bool = False,
) -> Row:  # fmt: skip
    asset = piece.asset
    return (
        year, due_on, how_, piece.title, piece.site, piece.role, asset.part, asset.vendor or "", asset.model or "",
        "" if renewed else asset.serial or "", "" if renewed else piece.evidence, "" if renewed else piece.stage,
        support, price, *money, f"{basis.basis} (prices of {basis.of})" if basis is not None else "no price", doubt,
    )  # fmt: skip


def how(one: Bought) -> str:
    said = ["again"] if one.item.again else ["backlog"] if one.backlog else []
    if one.waited:
        said.append(f"put off {count(one.waited, 'year')}")
    return ", ".join(said) or "in its year"


# ---------------------------------------------------------------- comparison and risk
def slip_table(programme: Programme) -> Table:
    names = (
        "financial_year", "cost", "cost_slipped", "cost_more", "past_age", "past_age_slipped", "past_age_more",
        "past_support", "past_support_slipped", "past_support_more", "unsupported_firewalls",
        "unsupported_firewalls_slipped", "unsupported_firewalls_more",
    )  # fmt: skip
    rows = [
        (
            str(c.year), in_pounds(c.pence), in_pounds(c.slipped_pence), in_pounds(c.more_pence),
            c.risk.past_age, c.slipped_risk.past_age, c.more_risk.past_age,
            c.risk.past_support, c.slipped_risk.past_support, c.more_risk.past_support,
            c.risk.unsupported_firewalls, c.slipped_risk.unsupported_firewalls, c.more_risk.unsupported_firewalls,
        )
        for c in programme.compared
    ]  # fmt: skip
    return Table(names, rows)


def tolls_table(programme: Programme) -> Table:
    names = (
        "hardware", "devices", "pieces", "outages_open_now", "outages_of_12_months", "per_hundred_pieces", "down",
        "down_for_each_piece",
    )  # fmt: skip
    rows = []
    for words, toll in (
        ("past its replacement age", programme.tolls.past), ("all other", programme.tolls.rest)
    ):  # fmt: skip
        each = toll.down_each
        rows.append(
            (
                words, toll.devices, toll.pieces, toll.open_now, toll.outages,
                None if toll.per_hundred is None else round(toll.per_hundred, 1), span(toll.down),
                "" if each is None else span(each),
            )
        )  # fmt: skip
    return Table(names, rows)


def lots_table(lots: Sequence[Lot]) -> Table:
    return Table(
        ("class", "part", "model", "pieces", "no_price", "cost_now"),
        [(lot.class_, lot.part, lot.model, lot.number, lot.unpriced, in_pounds(lot.pence)) for lot in lots],
    )


# ---------------------------------------------------------------- sentences
def warnings_of(programme: Programme) -> list[str]:
    """What is missing from the sums, said before anybody takes them for the whole."""
    found = []
    plan = programme.plan
    if plan.unpriced:
        few = plan.unpriced == 1
        found.append(
            f"{count(plan.unpriced, 'item')} {'has' if few else 'have'} no price and {'is' if few else 'are'} left out "
            "of every cost: the programme costs more than it says"
        )
    if programme.undated:
        priced = sum(one.price.pence for one in programme.undated if one.price is not None)
        few = len(programme.undated) == 1
        found.append(
            f"{count(len(programme.undated), 'piece')} of hardware {'has' if few else 'have'} no date and "
            f"{'is' if few else 'are'} in no year: {pounds(priced)} at the prices of now"
            + (", some without a price" if any(one.price is None for one in programme.undated) else "")
        )
    if plan.beyond:
        pence = sum(due.price.pence for due in plan.beyond if due.price is not None)
        few = len(plan.beyond) == 1
        found.append(
            f"{count(len(plan.beyond), 'item')} {'falls' if few else 'fall'} due and {'does' if few else 'do'} not fit "
            f"into the programme under its cap: {pounds(pence)} before uplift"
        )
    found.extend(f"{year.year}: {pounds(year.over)} over the cap: {'; '.join(year.why)}" for year in over(plan.years))
    found.extend(programme.doubts)
    return found


def over(years: Sequence[YearPlan]) -> list[YearPlan]:
    return [year for year in years if year.over]


def method_of(programme: Programme) -> list[str]:
    """How it is worked out, in sentences that a committee can check."""
    terms = programme.terms
    cap = pounds(terms.cap) if terms.cap is not None else None
    smooth = [
        f"No year is to cost more than {cap}. Nothing is bought before the year it falls due; what does not fit waits.",
        "A firewall whose vendor support ends in or before a year is bought in that year, even over the cap.",
        "In the queue stand first those that waited, in their order, then those that fall due in the year: out of "
        "vendor support first, then what was due first, then the oldest. Each is bought if it still fits.",
        "What alone costs more than the cap is bought in the first year in which nothing else that may wait was.",
    ]
    return [
        "A piece of hardware falls due on the earliest of: the age its class is replaced at, the day it names itself, "
        "and the end of its vendor's support. What was due before the first year falls in the first: the backlog.",
        "It costs what the price list says of its model, else of its kind of part in its class, else of its part, else "
        "of its class; else what was paid for it. What has neither is counted, and is in no cost.",
        f"Prices rise by {percentage(terms.uplift)} a year from the year they are of, compounded, and are rounded "
        "once, half up to the penny.",
        "Each price is divided by the shares of its purchase record, or of the councils, to the penny: whole pence to "
        "each, and the pennies left over by the largest remainder, between equals by name.",
        *(smooth if cap is not None else ["There is no cap: everything is bought in the year it falls due."]),
        "What is bought falls due again when its years are over; within the programme it is counted again.",
        "Slipping moves every purchase one year later, at that year's price; those of the last year fall after the "
        "programme. Risk is what is there and not replaced at the end of each 31 March.",
    ]
