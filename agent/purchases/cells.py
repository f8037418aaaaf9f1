"""Single cells of a purchase record: text, serial numbers, days, money, shares. Pure; each refuses in words.

    text_in(cell)  serial_in(cell)  day_in(cell, today)  pence_in(cell)  shares_in(cell, councils)

Days are ISO or British (day before month), never American. What a spreadsheet does to cells is refused where it lost
something: a serial number as 1.23E+11, a day as 43556, #N/A.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from pydantic import TypeAdapter, ValidationError

from agent.hostile import plain
from agent.inventory.values import Day
from agent.lifecycle.placeholders import usable
from agent.purchases.columns import council_of, hint
from agent.purchases.faults import CellRefused, quoted

LONGEST = 200
LONGEST_SERIAL = 120
FIRST_YEAR = 1990  # epoch and BIOS defaults come before: no network hardware in service is that old
FURTHEST = timedelta(days=30 * 366)  # ahead, for the end of a support contract
MOST_POUNDS = 1_000_000_000
BLANK = ("", "-", "--", "n/a", "na", "tbc", "tbd", "unknown", "not known", "?")  # keeps what was known before
CLEARED = "none"  # takes away what was known before

_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!", "#SPILL!", "#CALC!")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E[+-]?[0-9]+", re.IGNORECASE)
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_UK = re.compile(r"([0-9]{1,2})\s*[/.\- ]\s*([0-9]{1,2}|[A-Za-z]{3,9})\s*[/.\- ]\s*([0-9]{4}|[0-9]{2})")
_MIDNIGHT = re.compile(r"[T ]+0{1,2}:00(?::00(?:\.0+)?)?$")
_AMOUNT = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,12})(?:\.([0-9]{1,2})0*)?")
_SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,8})?|\.[0-9]{1,8})\s*(%?)")
_SHARE_BEHIND = re.compile(rf"(.*?)[\s:=]*(?<![0-9.])({_SHARE.pattern})")
_SHARE_BEFORE = re.compile(rf"({_SHARE.pattern})[\s:=]*(.*)")
_DAY: TypeAdapter[date] = TypeAdapter(Day)


# ---------------------------------------------------------------- text
def text_in(cell: str) -> str:
    """A cell as it may be kept: one line, without control, invisible and direction-changing characters."""
    if len(cell) > LONGEST:
        raise CellRefused(f"it is longer than {LONGEST} characters")
    if plain(cell, LONGEST) != cell:
        raise CellRefused("it has characters that do not show: line ends, control or invisible ones", "type it anew")
    if cell.upper() in _ERRORS:
        raise CellRefused(f"the spreadsheet could not work this cell out: {cell}")
    return cell


def serial_in(cell: str) -> str:
    """A serial number that means something."""
    text = text_in(cell)
    if _SHORTENED.fullmatch(text):
        raise CellRefused(
            f"the spreadsheet has shortened the serial number to {quoted(text)}", "format the column as text"
        )
    if len(text) > LONGEST_SERIAL:
        raise CellRefused(f"a serial number has {LONGEST_SERIAL} characters at most")
    found = usable(text)
    if found is None:
        raise CellRefused(
            f"{quoted(text)} is no serial number but stands where one is missing" if text else "it is empty"
        )
    return found


# ---------------------------------------------------------------- days
def day_in(cell: str, today: date, *, ahead: bool = False) -> date:
    """2019-04-01, 01/04/2019, 1.4.2019 or 1 Apr 2019. `ahead`: it may lie in the future."""
    text = _MIDNIGHT.sub("", text_in(cell))
    uk = _UK.fullmatch(text)
    if uk is not None:
        if len(uk[3]) == 2:
            raise CellRefused(f"{quoted(text)} leaves open which century it is", "write the year with four digits")
        month = _month(uk[2])
        if month > 12 >= int(uk[1]):
            raise CellRefused(f"there is no month {month} in {quoted(text)}", "the day comes first: day/month/year")
        text = f"{uk[3]}-{month:02}-{int(uk[1]):02}"
    elif re.fullmatch(r"[1-6][0-9]{4}", text):
        raise CellRefused(f"{text} is how a spreadsheet keeps days", "format the column as a date")
    try:
        day = _DAY.validate_python(text)
    except ValidationError as problem:
        said = problem.errors()[0]
        raise CellRefused(said["msg"], "or the British way: 01/04/2019" if uk is None else "") from None
    if day.year < FIRST_YEAR:
        raise CellRefused(f"{day.isoformat()} lies before {FIRST_YEAR}")
    if not ahead and day > today:
        raise CellRefused(f"{day.isoformat()} lies in the future")
    if day > today + FURTHEST:
        raise CellRefused(f"{day.isoformat()} lies more than 30 years ahead")
    return day


def _month(text: str) -> int:
    if text.isdigit():
        return int(text)
    found = [number for number, name in enumerate(_MONTHS, 1) if name.startswith(text.casefold())]
    if len(found) != 1:
        raise CellRefused(f"there is no month {quoted(text)}")
    return found[0]


# ---------------------------------------------------------------- money
def pence_in(cell: str) -> int:
    """£1,234.50, 1234.5 or 1,234 as whole pence."""
    text = text_in(cell)
    amount = re.sub(r"(?i)^(?:£|gbp)\s*|\s*(?:£|gbp)$", "", text)
    if re.match(r"[-\u2212(]", text) or amount.startswith(("-", "\u2212")):
        raise CellRefused(f"{quoted(text)} is negative, and a price is not", "leave credit notes out")
    if re.search(r"[$€]|(?i:usd|eur)", text):
        raise CellRefused(f"{quoted(text)} is not in pounds")
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise CellRefused(f"{quoted(text)} is no amount of money", "write for example 1234.50")
    pounds = int(match[1].replace(",", ""))
    if pounds > MOST_POUNDS:
        raise CellRefused("more than a thousand million pounds for one piece of hardware")
    return pounds * 100 + int((match[2] or "0").ljust(2, "0"))


# ---------------------------------------------------------------- shares
Shares = tuple[tuple[str, Decimal], ...]


def share_in(cell: str) -> Decimal:
    """55% or 0.55."""
    match = _SHARE.fullmatch(text_in(cell))
    if match is None:
        raise CellRefused(f"{quoted(cell)} is no share", "write 55% or 0.55")
    share = Decimal(match[1]) / (100 if match[2] else 1)
    if share > 1:
        raise CellRefused(f"{quoted(cell)} is more than the whole", f"write {match[1]}%" if not match[2] else "")
    return share


def shares_in(cell: str, councils: Mapping[str, str]) -> Shares:
    """`stevenage 55%, east-herts 45%`, or a council that bears all of it."""
    text = text_in(cell)
    named: list[tuple[str, Decimal]] = []
    parts = [part.strip() for part in re.split(r"[,;/]", text) if part.strip()]
    if len(parts) == 1 and (alone := council_of(parts[0], councils)):
        return ((alone, Decimal(1)),)
    for part in parts:
        if behind := _SHARE_BEHIND.fullmatch(part):
            who, share = behind[1], behind[2]
        elif before := _SHARE_BEFORE.fullmatch(part):
            who, share = before[4], before[1]
        else:
            raise CellRefused(f"{quoted(part)} is no council with its share", "write for example stevenage 55%")
        council = council_of(who, councils)
        if council is None:
            if not who.strip():
                raise CellRefused(
                    f"{quoted(part)} does not say of which council", f"write {next(iter(councils), 'NAME')} 55%"
                )
            raise CellRefused(f"there is no council {quoted(who)}", hint(who, councils))
        named.append((council, share_in(share)))
    return whole(named, councils)


def shares_across(given: Sequence[tuple[Sequence[str], str]], councils: Mapping[str, str]) -> Shares:
    """Shares that stand in columns of their own: the councils of a column, and its cell; a blank one is nothing."""
    named: list[tuple[str, Decimal]] = []
    for who, cell in given:
        parts = [part.strip() for part in cell.split("/")] if len(who) > 1 else [cell]
        if len(parts) != len(who):
            raise CellRefused(f"{quoted(cell)} does not give {len(who)} shares", "write for example 0.55/0.45")
        named += [(council, share_in(part)) for council, part in zip(who, parts, strict=True)]
    return whole(named, councils)


def whole(named: Sequence[tuple[str, Decimal]], councils: Mapping[str, str]) -> Shares:
    """The shares in the order in which the inventory has the councils, if they are all of it."""
    several = [council for council, _ in named]
    if twice := next((council for council in several if several.count(council) > 1), None):
        raise CellRefused(f"{twice} is named twice")
    total = sum((share for _, share in named), Decimal(0))
    if total != 1:
        raise CellRefused(f"the shares sum to {total:.10g}, not to 1")
    order = list(councils)
    return tuple(sorted(((c, s) for c, s in named if s), key=lambda pair: order.index(pair[0])))


def share_text(share: Decimal) -> str:
    """0.55 and 1, however it was written."""
    return f"{share.normalize():f}"
