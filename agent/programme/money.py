"""Money in whole pence: prices of later years, and a price divided by shares without a penny lost. Pure.

    uplifted(10_000, Decimal("0.03"), 2) -> 10_609           compounded, rounded half up to the penny, once
    divide(100, {"a": Decimal("0.333"), "b": Decimal("0.667")}) -> {"a": 33, "b": 67}    sums to the whole, always
    pounds(1_234_567) -> "£12,345.67"; whole pounds are written without pence

Everything is done with whole numbers, so that no rounding of the machine's decides about a penny.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

Shares = tuple[tuple[str, Decimal], ...]  # council and its share; the shares sum to exactly 1


def uplifted(pence: int, uplift: Decimal, years: int) -> int:
    """A price so many years later, compounded. A price is never taken back to a year before its own."""
    if years <= 0 or not uplift:
        return pence
    above, below = _grown(uplift, years)
    return (2 * pence * above + below) // (2 * below)


@lru_cache(maxsize=1000)
def _grown(uplift: Decimal, years: int) -> tuple[int, int]:
    above, below = (1 + uplift).as_integer_ratio()
    return above**years, below**years


def divide(pence: int, shares: Mapping[str, Decimal] | Shares) -> dict[str, int]:
    """By the largest remainder: everyone gets the whole pence of its share, and the pennies that are left go one by one
    to whoever has the largest fraction of a penny due; between equals, by name."""
    names, parts, whole = _whole(tuple(shares.items()) if isinstance(shares, Mapping) else tuple(shares))
    if not parts:
        raise ValueError("money is divided between at least one council")
    given = [pence * part // whole for part in parts]
    left = pence - sum(given)
    if left:
        order = sorted(range(len(parts)), key=lambda n: (-(pence * parts[n] % whole), names[n]))
        for n in order[:left]:
            given[n] += 1
    return dict(zip(names, given, strict=True))


@lru_cache(maxsize=1000)
def _whole(shares: Shares) -> tuple[tuple[str, ...], tuple[int, ...], int]:
    """Shares as whole numbers of one whole: 0.335 and 0.665 are 335 and 665 of 1000."""
    if len({name for name, _ in shares}) != len(shares):
        raise ValueError("a council has one share")
    if any(share < 0 for _, share in shares) or (shares and sum(share for _, share in shares) != 1):
        raise ValueError(f"shares are not negative and sum to 1: {', '.join(f'{n} {s}' for n, s in shares)}")
    ratios = [share.as_integer_ratio() for _, share in shares]
    whole = 1
    for _, below in ratios:
        whole = whole * below // _common(whole, below)
    return tuple(name for name, _ in shares), tuple(above * (whole // below) for above, below in ratios), whole


def _common(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def evenly(pence: int, pieces: int) -> list[int]:
    """A price that was paid for several things together, one part each; the first have the odd pennies."""
    each, left = divmod(pence, pieces)
    return [each + (n < left) for n in range(pieces)]


def percentage(share: Decimal) -> str:
    """0.03 is 3 %, 0.335 is 33.5 %."""
    return f"{(share * 100).normalize():f} %"


def summed(rows: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """The sums of several divisions, by council."""
    found: dict[str, int] = {}
    for row in rows:
        for name, pence in row.items():
            found[name] = found.get(name, 0) + pence
    return found
