"""What falls due: one `Due` for each piece of hardware that is bought by itself, with its day, price and shares. Pure.

    items_of(pieces, terms) -> Items(dated, undated)

A piece is bought by itself if the register says so (`Piece.unit`), or if it has a price of its own: one that was paid
for it, or a price list entry for its kind of part. Only what is there counts. What nothing dates is in no
year: it is `undated`, with its price. A price that is not known is None, which is never counted as nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from agent.calendar_uk import FinancialYear
from agent.hardware.register import Piece
from agent.lifecycle import Owning
from agent.lifecycle.words import MAIN
from agent.programme.money import Shares, divide, evenly
from agent.programme.terms import CostRule, Terms
from agent.words import count

VENDOR_ENDS = ("end_of_security_support", "end_of_support")
PROVEN = (*VENDOR_ENDS, "device_date")  # reasons that date a piece even if its age is not known


@dataclass(frozen=True, slots=True)
class Price:
    """What replacing a piece costs, at the prices of a year; `basis` says how that is known."""

    pence: int
    of: FinancialYear
    basis: str


class Due(NamedTuple):
    """One replacement that falls due.

    `again`: 0 for the hardware that is there, 1 for what replaces it, and so on. `lasts`: years until what replaces it
    falls due. `past_age_on`: from when on it is past the age at which it is to be replaced, also where an exception
    puts the replacement off. `doubt`: what was wrong with what the records say of it.
    """

    key: str
    piece: Piece
    due_on: date
    price: Price | None
    shares: Shares
    lasts: float
    again: int = 0
    since: date = date.max  # when it began, as far as that is known
    past_age_on: date | None = None
    support_ends_on: date | None = None
    firewall: bool = False
    doubt: str = ""

    def renewed_on(self, bought_from: date) -> date:
        """When what replaces it falls due: it counts from the day this was due, or from the first day of the year in
        which it was bought, if that was later."""
        return later(self.due_on if self.due_on > bought_from else bought_from, self.lasts)

    def renewed(self, due_on: date) -> Due:
        """What replaces it. No vendor has said yet when its support ends."""
        return self._replace(
            due_on=due_on, again=self.again + 1, since=date.max, past_age_on=due_on, support_ends_on=None
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Undated:
    """A piece of which it is not known when it falls due."""

    piece: Piece
    price: Price | None


@dataclass(frozen=True, slots=True)
class Items:
    dated: Sequence[Due]
    undated: Sequence[Undated]


def items_of(pieces: Iterable[Piece], terms: Terms) -> Items:
    present = [piece for piece in pieces if piece.presence == "present"]
    prices = _Prices(present, terms)
    dated: list[Due] = []
    undated: list[Undated] = []
    for piece in present:
        price, own = prices.of(piece)
        if not (piece.unit or own):
            continue
        due_on = due_day(piece)
        if due_on is None:
            undated.append(Undated(piece, price))
            continue
        shares, doubt = prices.shares(piece.owned)
        lasts = terms.years_of(piece)
        dated.append(
            Due(
                piece.asset.key, piece, due_on, price, shares, lasts,
                since=piece.life.evidence.since or date.max,
                past_age_on=past_age_of(piece, lasts),
                support_ends_on=support_end(piece),
                firewall=piece.firewall,
                doubt=doubt,
            )
        )  # fmt: skip
    return Items(dated, undated)


# ---------------------------------------------------------------- days
def due_day(piece: Piece) -> date | None:
    """When a piece falls due; None where nothing proves a day: first sight alone only says that it is not younger."""
    life = piece.life
    if life.stage != "unknown" or life.replace_on is None:
        return life.replace_on
    return min((reason.on for reason in life.reasons if reason.kind in PROVEN), default=None)


def support_end(piece: Piece) -> date | None:
    """When the vendor no longer mends it. The end of a contract is no such day: that is renewed."""
    found = piece.life.support_ends_on
    for reason in piece.life.reasons:
        if reason.kind in VENDOR_ENDS and (found is None or reason.on < found):
            found = reason.on
    return found


def past_age_of(piece: Piece, years: float) -> date | None:
    for reason in piece.life.reasons:
        if reason.kind == "replace_age":
            return reason.postponed_from or reason.on
    since = piece.life.evidence.since
    return later(since, years) if since is not None else None


def later(day: date, years: float) -> date:
    """So many years later; parts of years are months; what would be 29 February is the 28th."""
    months = day.year * 12 + day.month - 1 + int(years * 12 + 0.5)
    year, month = divmod(months, 12)
    if day.day < 29:
        return date(year, month + 1, day.day)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


# ---------------------------------------------------------------- prices
class _Prices:
    """Prices and shares of the pieces of one register; each rule is asked once for each kind of hardware."""

    def __init__(self, present: Sequence[Piece], terms: Terms) -> None:
        self._terms = terms
        self._rules = sorted(terms.rules, key=lambda rule: -rule.rank)  # stable: of equals the first in the list
        self._found: dict[tuple[str | None, str, str], tuple[Price | None, bool]] = {}
        self._doubts: dict[Shares, str] = {}
        self._together = _together(present)

    def of(self, piece: Piece) -> tuple[Price | None, bool]:
        """The price, and whether it is the piece's own, which makes a part a thing that is bought by itself."""
        asset, owned = piece.asset, piece.owned
        kind = (asset.model, asset.part, piece.role)
        if kind not in self._found:
            self._found[kind] = self._listed(*kind)
        price, own = self._found[kind]
        if owned.price_pence is None:
            return price, own
        if price is not None and (own or piece.unit):
            return price, True
        paid_in = owned.purchased or owned.installed
        of = FinancialYear.of(paid_in) if paid_in is not None else self._terms.priced
        when = f"in {of}" if paid_in is not None else f"on a day that is not known, taken for {of}"
        pence, basis = owned.price_pence, f"price paid {when}"
        if asset.key in self._together:
            pence, number = self._together[asset.key]
            basis = f"its part of the {basis} for {count(number, 'member')} together"
        return Price(pence, of, basis), True

    def _listed(self, model: str | None, part: str, class_: str) -> tuple[Price | None, bool]:
        rule: CostRule | None = next((rule for rule in self._rules if rule.fits(model, part, class_)), None)
        return (Price(rule.pence, self._terms.priced, rule.words), rule.own) if rule is not None else (None, False)

    def shares(self, owned: Owning) -> tuple[Shares, str]:
        """As its records have it, or as the councils share everything; shares that cannot be are told, not used."""
        if not owned.shares:
            return self._terms.shares, ""
        if owned.shares not in self._doubts:
            try:
                divide(0, owned.shares)
                self._doubts[owned.shares] = ""
            except ValueError as problem:
                self._doubts[owned.shares] = f"{problem}; the councils' own shares are taken"
        doubt = self._doubts[owned.shares]
        return (self._terms.shares, doubt) if doubt else (owned.shares, "")


def _together(present: Sequence[Piece]) -> dict[str, tuple[int, int]]:
    """By key, its part of a price that was paid for all members of a device together, and how many they are.

    Purchase records have a line for each serial number; what is said of a device without a chassis is said once for all
    of its members, and comes with one and the same origin, even where a record with other facts of a member goes first.
    """
    groups: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for piece in present:
        owned, asset = piece.owned, piece.asset
        if owned.price_pence is not None and asset.part in MAIN and asset.part != "chassis":
            groups[asset.device, owned.price_origin or owned.origin, owned.price_pence].append(asset.key)
    found = {}
    for (_, _, pence), keys in groups.items():
        if len(keys) > 1:
            for key, part in zip(sorted(keys), evenly(pence, len(keys)), strict=True):
                found[key] = part, len(keys)
    return found
