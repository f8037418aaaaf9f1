"""Everything about one piece of hardware: which one is meant, where it was, what happened to it. Pure.

    piece = which(pieces, "FCW2140L0AB", purchases)        by serial number, device, key or id; or PieceUnknown
    told = dossier(piece, Past(events, purchases, milestones), outages)
    told.facts, told.rungs, told.reasons, told.stays, told.history

What the command `hartwatch register show` prints and the page of a piece shows is the same, and is made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from agent.facts import Asset, Milestone, Outage, Purchase
from agent.hardware.register import Piece
from agent.inventory.problems import did_you_mean
from agent.lifecycle.evidence import Dated
from agent.lifecycle.roll import Event
from agent.lifecycle.same import serial_key
from agent.lifecycle.stages import Keep, Reason
from agent.purchases import last_of, shown
from agent.purchases.matching import KEPT, TITLES, percent
from agent.words import full, pounds

SHORTEST = 4  # characters of a part of a serial number
MOST_NAMED = 5


class PieceUnknown(ValueError):
    """No piece, or more than one, is what was asked for; `str()` says so in one line."""


@dataclass(frozen=True, slots=True)
class Stay:
    """A time in which it was at a device. `ended_at` None: it is there. `outages` of the device in that time."""

    device: str
    began_at: datetime
    ended_at: datetime | None
    outages: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to it. `kind` is that of an event, or `purchase_record`, or `milestone`."""

    at: datetime
    kind: str
    where: str
    text: str
    author: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What the ledger has of a piece beyond the register, and of purchases and milestones at all."""

    events: Sequence[Event] = ()
    purchases: Sequence[Purchase] = ()
    milestones: Sequence[Milestone] = ()


@dataclass(frozen=True, slots=True)
class Dossier:
    """All there is to say of a piece. `facts`: title and value, in words, by heading."""

    piece: Piece
    facts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    rungs: tuple[Dated, ...]
    reasons: tuple[Reason, ...]  # by the day they decide
    stays: tuple[Stay, ...]
    history: tuple[Entry, ...]


# ---------------------------------------------------------------- which one
def which(pieces: Sequence[Piece], text: str, purchases: Iterable[Purchase] = ()) -> Piece:
    """The piece with this key, id or serial number, the chassis of this device, or the one whose number has this in it.

    Of several the ones that are there come first. `purchases`: to know what is bought and was not seen yet.
    """
    asked = text.strip()
    wanted = serial_key(asked)
    if not wanted:
        raise PieceUnknown("say which piece: a serial number, a device, or a key of the register")
    numbers = [(piece, serial_key(piece.asset.serial)) for piece in pieces if piece.asset.serial]
    of_device = [piece for piece in pieces if asked == (piece.asset.device or piece.asset.name)]
    for found in (
        [piece for piece in pieces if asked in (piece.asset.key, str(piece.asset.id))],
        [piece for piece, number in numbers if number == wanted],
        [piece for piece in of_device if piece.asset.part == "chassis"] or _units(of_device),
        [piece for piece, number in numbers if len(wanted) >= SHORTEST and wanted in number],
    ):
        there = [piece for piece in found if piece.presence == "present"] or found
        if len(there) == 1:
            return there[0]
        if there:
            named = ", ".join(_named(piece.asset) for piece in there[:MOST_NAMED])
            more = " and more" if len(there) > MOST_NAMED else ""
            raise PieceUnknown(f"{asked!r} could be {len(there)} pieces: {named}{more}")
    record = last_of(purchases).get(wanted)
    if record is not None:
        raise PieceUnknown(f"{record.serial} was not seen yet; {record.origin} says: {_said(record)}")
    known = [*(piece.asset.serial for piece in pieces if piece.asset.serial), *{piece.asset.device for piece in pieces}]
    hint = did_you_mean(asked, known)
    raise PieceUnknown(f"the register has no piece {asked!r}; " + (hint or "`hartwatch register` lists them"))


def _units(of_device: Sequence[Piece]) -> list[Piece]:
    """Members of a stack rather than their fans; of a device that has neither, whatever it has."""
    return [piece for piece in of_device if piece.unit] or list(of_device)


def _named(asset: Asset) -> str:
    return f"{asset.serial or asset.key} ({asset.part.replace('_', ' ')} of {asset.device or asset.name})"


# ---------------------------------------------------------------- all of it
def dossier(piece: Piece, past: Past, outages: Iterable[Outage]) -> Dossier:
    """Put together what is known. `past.events` are those of the piece; of the rest only what concerns it is taken."""
    asset = piece.asset
    number = serial_key(asset.serial) if asset.serial else None
    own = [one for one in past.purchases if number is not None and serial_key(one.serial) == number]
    history = [Entry(one.at, one.kind, _place(one.device, one.part, one.place), one.words) for one in past.events]
    before: Purchase | None = None
    for record in own:
        text = f"{record.origin}: {_said(record) if before is None else _differs(before, record)}"
        history.append(Entry(record.at, "purchase_record", "", text, record.author))
        before = record
    history += [
        Entry(one.at, "milestone", "", f"{one.what.replace('_', ' ')}, {one.on}: {one.reason}")
        for one in past.milestones
        if one.asset == asset.key
    ]
    history.sort(key=lambda entry: entry.at)
    stays = _counted(_stays(asset, past.events), list(outages))
    life = piece.life
    reasons = tuple(sorted(life.reasons, key=lambda one: one.on))
    return Dossier(piece, _facts(piece), life.evidence.ladder, reasons, stays, tuple(history))


def _stays(asset: Asset, events: Sequence[Event]) -> list[Stay]:
    """At which device it mainly was, from when until when; nothing of what the inventory says and no visit has seen."""
    if not _seen(asset):
        return []
    stays: list[Stay] = []
    device, began = "", asset.first_seen_at

    def leave(at: datetime) -> None:
        nonlocal device
        if device:
            stays.append(Stay(device, began, at))
        device = ""

    for event in events:
        if event.kind in ("first_seen", "moved", "back"):
            if event.device != device:
                leave(event.at)
                device, began = event.device, event.at
        elif event.kind in ("gone", "swapped_out") and event.device == device:
            leave(event.at)
    if asset.gone_at is None and device != asset.device:
        # A piece that is seen at home after its peer showed it comes there without a move.
        at = next((one.at for one in reversed(events) if one.device == asset.device), asset.first_seen_at)
        leave(at)
        device, began = asset.device, at
    if device:
        stays.append(Stay(device, began, asset.gone_at))
    return stays or [Stay(asset.device, asset.first_seen_at, asset.gone_at)]


def _seen(asset: Asset) -> bool:
    return asset.first_seen_at.year > 1970


def _counted(stays: Iterable[Stay], outages: Sequence[Outage]) -> tuple[Stay, ...]:
    counted = []
    for stay in stays:
        subject = f"device:{stay.device}"
        number = sum(
            one.subject == subject
            and (stay.ended_at is None or one.began_at < stay.ended_at)
            and (one.ended_at is None or one.ended_at > stay.began_at)
            for one in outages
        )
        counted.append(Stay(stay.device, stay.began_at, stay.ended_at, number))
    return tuple(counted)


# ---------------------------------------------------------------- in words
def _place(device: str, part: str, place: str) -> str:
    return " ".join(word for word in (device, part.replace("_", " "), place if place != device else "") if word)


def _said(record: Purchase) -> str:
    facts = [f"{TITLES[name]} {shown(record, name)}" for name in KEPT if getattr(record, name) not in (None, ())]
    return ", ".join(facts) or "nothing is known of it"


def _differs(before: Purchase, after: Purchase) -> str:
    changed = [name for name in KEPT if getattr(before, name) != getattr(after, name)]
    return ", ".join(f"{TITLES[name]} was {shown(before, name)}, now {shown(after, name)}" for name in changed)


def _facts(piece: Piece) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    asset, life, owned = piece.asset, piece.life, piece.owned
    keep, software = life.keep, life.software
    whole = (
        ("Identity", (
            ("Serial number", asset.serial or "it shows none"),
            ("Made by", asset.vendor or ""), ("Model", asset.model or "not known"),
            ("Part", asset.part.replace("_", " ")), ("Name", asset.name),
            ("Read as", asset.family or ""), ("Key", asset.key),
        )),
        ("Where", (
            ("Device", asset.device), ("Place", asset.place), ("Site", piece.site), ("Kind of device", piece.role),
            ("Also seen", ", ".join(asset.also_at)),
            ("First seen", full(asset.first_seen_at) if _seen(asset) else "never: the inventory says that it is there"),
            ("Last seen", full(asset.last_seen_at) if _seen(asset) else ""),
            ("Presence", _PRESENCE[piece.presence] + (f", since {full(asset.gone_at)}" if asset.gone_at else "")),
        )),
        ("Life", (
            ("Stage", life.stage.replace("_", " ")), ("Why", life.reason),
            ("Age", f"{piece.age.days / 365.25:.1f} years" if piece.age is not None else "not known"),
            ("Review", life.review_on.isoformat() if life.review_on else ""),
            ("Replace by", life.replace_on.isoformat() if life.replace_on else ""),
            ("Support by the vendor ends", life.support_ends_on.isoformat() if life.support_ends_on else ""),
            ("Exception", _kept(keep) if keep else ""),
        )),
        ("Software", (
            ("Version", asset.version or ""), ("Stage", software.stage.replace("_", " ") if asset.version else ""),
            ("Why", software.reason), ("Product", software.product),
            ("Review", software.review_on.isoformat() if software.review_on else ""),
            ("Support ends", software.support_ends_on.isoformat() if software.support_ends_on else ""),
        )),
        ("Purchase", (
            ("Purchased", owned.purchased.isoformat() if owned.purchased else ""),
            ("Installed", owned.installed.isoformat() if owned.installed else ""),
            ("Support paid for until", owned.support_until.isoformat() if owned.support_until else ""),
            ("Price", pounds(owned.price_pence, exact=True) if owned.price_pence is not None else ""),
            ("Supplier", owned.supplier or ""), ("Shares", _shares(owned.shares)), ("As said by", owned.origin),
        )),
    )  # fmt: skip
    said = []
    for heading, rows in whole:
        kept = tuple((title, value) for title, value in rows if value)
        if kept and not (heading == "Purchase" and len(kept) == 1):  # who says it, and nothing that is said
            said.append((heading, kept))
    return tuple(said)


_PRESENCE = {
    "present": "it is there", "gone": "it is not there any more",
    "withdrawn": "its device is no longer in the inventory",
}  # fmt: skip


def _kept(keep: Keep) -> str:
    return f"{keep.name}: kept until {keep.until.isoformat()}, {keep.owner}: {keep.reason}"


def _shares(shares: Iterable[tuple[str, Decimal]]) -> str:
    return ", ".join(f"{council} {percent(str(share))}" for council, share in shares)
