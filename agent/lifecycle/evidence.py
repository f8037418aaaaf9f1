"""How old a piece of hardware is, how that is known, how far to trust it, and what contradicts it. Pure.

    dated(asset, owned) -> Evidence
    dated(part, None, whole=dated(chassis, owned))      a part may be as old as the device it is in

Best first: purchased, installed (records or device), reported by the device, coded in the serial number, as old as the
device it is in, first seen. First seen proves only that it is not younger. Every rung there is stands in `ladder`, best
first; what contradicts what is told in words, and changes nothing about which of them holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from agent.facts import Asset
from agent.lifecycle.placeholders import believable
from agent.lifecycle.serials import UNREAD, Made, SerialRules, made_on
from agent.lifecycle.words import UNITS, Confidence, EvidenceKind
from agent.record import record


@dataclass(frozen=True, slots=True)
class Owning:
    """What purchase records or the inventory say of a piece of hardware; `origin` says which, and where."""

    purchased: date | None = None
    installed: date | None = None
    support_until: date | None = None
    price_pence: int | None = None
    supplier: str | None = None
    shares: tuple[tuple[str, Decimal], ...] = ()  # council, share; empty: as the councils share everything
    origin: str = "inventory"
    price_origin: str = ""  # where the price is from, if from elsewhere: several pieces may have one price together


@record
class Dated:
    """One rung: a day that something says, how far that is trusted, and what says it, in words."""

    kind: EvidenceKind
    day: date
    confidence: Confidence
    source: str


@record
class Evidence:
    """Since when it exists, how that is known, how far to trust it, and what other evidence contradicts it.

    `ladder`: everything that dates it, best first; the first of it is what holds.
    """

    since: date | None
    kind: EvidenceKind
    confidence: Confidence
    conflicts: tuple[str, ...] = ()
    ladder: tuple[Dated, ...] = field(default=())


CONFIDENCE: Mapping[EvidenceKind, Confidence] = {
    "purchased": "certain", "installed": "certain", "reported": "good", "serial": "fair", "device": "low",
    "first_seen": "low", "none": "none",
}  # fmt: skip
STOCK = timedelta(days=550)  # stock lies in a warehouse for months, not for a year and a half
SAME_TIME = timedelta(days=31)  # two dates of the same thing
ABROAD = timedelta(days=1)  # somewhere it is tomorrow already


def dated(
    asset: Asset,
    owned: Owning | None = None,
    rules: SerialRules | None = None,
    whole: Evidence | None = None,
    today: date | None = None,
    made: Made | None = UNREAD,
) -> Evidence:
    """The best evidence for an asset's age, everything else there is, and what contradicts what.

    `whole`: the evidence of the chassis it is in. `today`: dates of records after it are refused, and said to be.
    `made`: what `made_on` says, for who has asked it already.
    """
    owned = owned or NOTHING
    if made is UNREAD:
        made = made_on(asset, rules, owned.purchased or owned.installed)
    ladder, refused = _rungs(asset, owned, made, whole, today)
    best = ladder[0]
    conflicts = (*refused, *_conflicts(ladder, made)) if len(ladder) > 1 else tuple(refused)
    return Evidence(best.day, best.kind, best.confidence, conflicts, tuple(ladder))


NOTHING = Owning()


def _rungs(
    asset: Asset, owned: Owning, made: Made | None, whole: Evidence | None, today: date | None
) -> tuple[list[Dated], list[str]]:
    """Everything that dates it, best first, and what was refused. Most pieces of a register have the last rung only."""
    first, last = asset.first_seen_at.date(), asset.last_seen_at.date()
    now = max(today, last) if today else None
    ladder: list[Dated] = []
    refused: list[str] = []

    def rung(kind: EvidenceKind, day: date, source: str, latest: date | None) -> None:
        if latest is not None and day > latest:
            if day > latest + ABROAD:
                refused.append(f"{source} is {day.isoformat()}, which had not come by {latest.isoformat()}: refused")
                return
            day = latest  # tomorrow in another time zone is today here: no age is less than nothing
        ladder.append(Dated(kind, day, CONFIDENCE[kind], source))

    if owned.purchased:
        rung("purchased", owned.purchased, f"purchase ({owned.origin})", now)
    if owned.installed:
        rung("installed", owned.installed, f"installation ({owned.origin})", now)
    if day := _said(asset.installed, last):
        rung("installed", day, "date of installation that the device reports", last)
    if day := _said(asset.manufactured, last, asset.family):
        rung("reported", day, "date of manufacture that the device reports", last)
    if made is not None:
        source = f"serial number ({made.rule}: the {made.precision} it was made in)"
        ladder.append(Dated("serial", made.day, made.confidence, source))
    if whole is not None and (told := _of_device(asset, whole, first)) is not None:
        ladder.append(told)
    ladder.append(Dated("first_seen", first, CONFIDENCE["first_seen"], "first seen"))
    return ladder, refused


def _said(text: str | None, seen_on: date, family: str | None = None) -> date | None:
    """A date that a device said, without known false constants; what lies in the future is for the caller to refuse."""
    day = iso_day(text)
    return believable(day, max(day, seen_on), family) if day is not None else None


def _of_device(asset: Asset, whole: Evidence, first: date) -> Dated | None:
    """The age of the device it is in, for a part that was there when the device was first seen."""
    seen = whole.ladder[-1].day if whole.ladder and whole.ladder[-1].kind == "first_seen" else None
    if asset.part in UNITS or whole.since is None or whole.kind in ("device", "first_seen", "none"):
        return None
    if seen is None or abs(first - seen) > SAME_TIME or whole.since > first:
        return None
    return Dated("device", whole.since, CONFIDENCE["device"], f"the device it is in: {whole.ladder[0].source}")


# ---------------------------------------------------------------- contradictions
def _conflicts(ladder: list[Dated], made: Made | None) -> Iterator[str]:
    by: dict[EvidenceKind, Dated] = {}
    for one in ladder:
        by.setdefault(one.kind, one)
    bought, used, said, seen = by.get("purchased"), by.get("installed"), by.get("reported"), by["first_seen"]
    coded = by.get("serial")
    if bought is None and used is None and said is None:
        return  # a date in a serial number is never later than first seen
    if said and made and (apart := _apart(said.day, made)) > SAME_TIME:
        yield (
            f"the device says that it was made on {said.day.isoformat()}, its serial number says "
            f"{_in_words(made)}: {apart.days} days apart"
        )
    for got, verb in ((bought, "bought"), (used, "installed")):
        if got is None:
            continue
        for known, words in ((said, "the device says"), (coded, "its serial number says")):
            if known is None:
                continue
            when = known.day.isoformat()
            if known.day > got.day:
                days = (known.day - got.day).days
                yield f"{verb} on {got.day.isoformat()}, {days} days before it was made, as {words}: {when}"
            elif got is bought and got.day - known.day > STOCK:
                days = (got.day - known.day).days
                yield (
                    f"made on {when}, as {words}, {days} days before it was bought on {got.day.isoformat()}: "
                    "it stood in stock or was bought used"
                )
        if seen.day < got.day:
            days = (got.day - seen.day).days
            yield f"first seen on {seen.day.isoformat()}, {days} days before it was {verb} on {got.day.isoformat()}"
    if bought and used and used.day < bought.day:
        days = (bought.day - used.day).days
        yield f"installed on {used.day.isoformat()}, {days} days before it was bought on {bought.day.isoformat()}"
    if said and said.day > seen.day:
        days = (said.day - seen.day).days
        yield f"first seen on {seen.day.isoformat()}, {days} days before it was made, as the device says"


def _apart(day: date, made: Made) -> timedelta:
    """How far a day lies from the time that a serial number codes."""
    return max(made.day - day, day - made.until, timedelta())


def _in_words(made: Made) -> str:
    match made.precision:
        case "day":
            return made.day.isoformat()
        case "week":
            return f"the week of {made.day.isoformat()}"
        case "month":
            return made.day.isoformat()[:7]
        case "year":
            return str(made.day.year)


def iso_day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
