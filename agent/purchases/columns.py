"""The header of a file of purchase records: which column means what. Pure.

    columns_of(header, councils) -> Columns

Names are compared without case, blanks and signs, and common other names are known. A column that is not known is left
alone, unless it looks like a known one that was mistyped: to leave that out in silence would lose what was meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from agent.inventory.problems import did_you_mean
from agent.purchases.faults import quoted

Column = Literal[
    "serial", "vendor", "model", "purchased", "installed", "support_until", "price", "supplier", "share"
]  # fmt: skip
COLUMNS: tuple[Column, ...] = get_args(Column)
LONGEST_TITLE = 100
FACTS: tuple[Column, ...] = ("purchased", "installed", "support_until", "price", "supplier", "share")
NAMES: Mapping[Column, tuple[str, ...]] = {
    "serial": ("serial", "serial number", "serial no", "serial num", "serialno", "s/n", "sn"),
    "vendor": ("vendor", "manufacturer", "make", "brand"),
    "model": ("model", "model number", "model no", "product", "product name", "part number", "part no", "sku"),
    "purchased": (
        "purchased", "purchase date", "date purchased", "date of purchase", "purchased on", "order date",
        "date ordered", "invoice date", "bought", "bought on",
    ),
    "installed": (
        "installed", "install date", "installation date", "date installed", "installed on", "in service",
        "in service date", "in service since",
    ),
    "support_until": (
        "support until", "support end", "support ends", "support end date", "support expiry", "support expires",
        "warranty end", "warranty end date", "warranty ends", "warranty until", "warranty expiry", "warranty expires",
        "contract end", "contract end date",
    ),
    "price": (
        "price", "cost", "unit price", "unit cost", "net price", "net cost", "price paid", "purchase price",
        "price ex vat", "cost ex vat", "price excl vat", "cost excl vat", "price gbp", "cost gbp",
    ),
    "supplier": ("supplier", "supplier name", "vendor sold by", "sold by", "reseller", "bought from", "purchased from"),
    "share": ("share", "shares", "council share", "council shares", "cost share", "cost split", "split"),
}  # fmt: skip


def bare(text: str) -> str:
    """Letters and digits only, in small letters: "Serial No." and "serial_no" are one name."""
    return "".join(c for c in text.casefold() if c.isalnum())


_KNOWN: Mapping[str, Column] = {bare(name): column for column, names in NAMES.items() for name in names}
_SHARE_OF = (re.compile(r"(?i)share(?:\s+of)?\s*[:\s]\s*(.+)"), re.compile(r"(?i)(.+?)[\s:_-]+share(?:\s*\(?%\)?)?"))


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns mean, by place. `shares`: place > the councils whose shares its cells give, in order."""

    of: Mapping[Column, int]
    shares: Mapping[int, tuple[str, ...]]
    refused: tuple[tuple[str, str, str], ...]  # header, why, suggestion
    ignored: tuple[str, ...]


def columns_of(header: Sequence[str], councils: Mapping[str, str]) -> Columns:
    """The meaning of a header. `councils`: name > title, as the inventory has them."""
    of: dict[Column, int] = {}
    shares: dict[int, tuple[str, ...]] = {}
    refused: list[tuple[str, str, str]] = []
    ignored: list[str] = []
    for place, title in enumerate(header):
        name = bare(title)
        column = _KNOWN.get(name)
        if column is not None:
            if column in of:
                refused.append((title, f"it means the same as {quoted(header[of[column]])}", "keep one of them"))
            else:
                of[column] = place
        elif (named := _share_of(title)) is not None:
            found = [council_of(one, councils) for one in named]
            if unknown := [one for one, council in zip(named, found, strict=True) if council is None]:
                refused.append((title, f"there is no council {quoted(unknown[0])}", hint(unknown[0], councils)))
            else:
                shares[place] = tuple(council for council in found if council is not None)
        elif near := next((known for known in _KNOWN if name and mistyped(name, known)), None):
            refused.append((title, "the column is not known", f"did you mean {_KNOWN[near].replace('_', ' ')!r}?"))
        elif name:
            ignored.append(title)
    if "serial" not in of:
        refused.append(("", "there is no column with serial numbers", "call it 'serial'"))
    elif not shares and not any(column in of for column in FACTS):
        refused.append(
            ("", "no column says anything of a purchase", "purchased, installed, support until, price, supplier ...")
        )
    if shares and "share" in of:
        refused.append((header[of["share"]], "there are columns for the share of each council too", "keep one way"))
    given = [council for several in shares.values() for council in several]
    refused += [
        ("", f"two columns give the share of {council}", "keep one")
        for council in dict.fromkeys(given)
        if given.count(council) > 1
    ]
    return Columns(of, shares, tuple(refused), tuple(ignored))


def _share_of(title: str) -> list[str] | None:
    """The councils in `share: stevenage`, `East Herts share` or `share: stevenage/east-herts`; else None."""
    if len(title) > LONGEST_TITLE:  # the forms take time with the square of the length
        return None
    for form in _SHARE_OF:
        if match := form.fullmatch(title.strip()):
            return [one.strip() for one in match[1].split("/")]
    return None


# ---------------------------------------------------------------- councils
def council_of(text: str, councils: Mapping[str, str]) -> str | None:
    """The name of the council that is meant, by its name or its title, whole or without "Council" and its kind."""
    wanted = bare(text)
    for name, title in councils.items():
        if wanted in {bare(name), bare(title), bare(_short(title))} - {""}:
            return name
    return None


def _short(title: str) -> str:
    return re.sub(r"(?i)\b(borough|district|city|county|town|council)\b", "", title)


def hint(text: str, councils: Mapping[str, str]) -> str:
    """Which council may be meant; where none is near, which there are."""
    said = did_you_mean(text, [*councils, *councils.values()])
    return said or (f"there are {', '.join(councils)}" if councils else "the inventory has no councils")


# ---------------------------------------------------------------- mistyped
def mistyped(word: str, known: str) -> bool:
    """Whether it is a known name with one letter wrong, two in a name of nine letters and more.

    In names of four letters or less a letter that is another makes another word: a host is not a cost.
    """
    most = 2 if len(known) >= 9 else 1
    if abs(len(word) - len(known)) > most or (
        len(known) < 5 and len(word) == len(known) and sorted(word) != sorted(known)
    ):
        return False
    if len(known) < 4:
        return False
    return _distance(word, known) <= most


def _distance(a: str, b: str) -> int:
    """Letters to add, take away, replace, or swap with the next, to make one word of the other."""
    before, last = list(range(len(b) + 1)), [0] * (len(b) + 1)
    for i, one in enumerate(a, 1):
        now = [i] + [0] * len(b)
        for j, other in enumerate(b, 1):
            now[j] = min(before[j] + 1, now[j - 1] + 1, before[j - 1] + (one != other))
            if i > 1 and j > 1 and one == b[j - 2] and a[i - 2] == other:
                now[j] = min(now[j], last[j - 2] + 1)
        last, before = before, now
    return before[-1]
