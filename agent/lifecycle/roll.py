"""Which piece of hardware is where: sightings and absences in the order they were recorded, one after the other. Pure.

    roll = Roll()
    roll.sight(sighting); roll.miss(absence)
    roll.assets() -> list[Asset]                         the register
    events_of(key or serial, entries) -> list[Event]     everything that happened to one piece, in order
    events(entries) -> list[Event]                       to all of them

A piece is known by its serial number (`serial:vendor/number`) or, without one, by its place
(`place:device/part/place`). A place holds one piece. A piece that is present has a main place, and is "also seen" at
others for as long as they show it too: the peer of a pair that is polled by itself, an access point that two
controllers list. Of several places that of the highest rank is the main one (RANKS), of equal ones the first, until it
is vacated: by another piece in it, or by an absence. That is how a move is told from a second sight of the same piece.

What is read of a piece where it mainly is holds; another place only adds what is not known. A reading that failed
erases nothing, and models agree when one says less than the other, so that a worse reading makes no new hardware. Where
two pieces could be one and nothing proves it, they stay two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from itertools import count
from operator import attrgetter
from typing import Literal
from uuid import UUID

from agent.facts import Absence, Asset, Sighting
from collectors.readings import compatible

Place = tuple[str, str, str]  # device, part, place in it

# A piece is at home where it is polled by itself, then where it is one of those that make up the device.
RANKS = {"chassis": 0, "stack_member": 1, "ha_member": 2}
OTHERS = 3

EventKind = Literal[
    "first_seen", "identified", "moved", "swapped_out", "swapped_in", "also_seen", "also_ended", "gone", "back",
    "version_changed", "model_changed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a piece. `device`, `part`, `place`: where; of a move, where it went."""

    kind: EventKind
    at: datetime
    key: str  # of the asset
    device: str
    part: str
    place: str
    words: str
    origin: str = ""  # of a move: device/part/place where it was
    other: str = ""  # of a swap: key of the piece that came, or that went


# ---------------------------------------------------------------- keys and places
def place_of(what: Sighting | Absence | Asset | Kept) -> Place:
    """Where it is. A chassis whose table gives it no place has that of its device, whatever it is called."""
    if what.place:
        return what.device, what.part, what.place
    return what.device, what.part, what.device if what.part == "chassis" else what.name


def place_text(place: Place) -> str:
    return "/".join(place)


def place_from(text: str) -> Place:
    """Devices and kinds of parts have no slash in their names; places may."""
    device, part, place = text.split("/", 2)
    return device, part, place


def place_key(place: Place) -> str:
    return f"place:{place[0]}/{place[1]}/{place[2]}"


def asset_key(seen: Sighting) -> str:
    """`serial:...` or, without one, `place:...`. Vendors use the same numbers, so the vendor goes with it."""
    if seen.serial:
        return f"serial:{(seen.vendor or '').casefold()}/{seen.serial}"
    return place_key(place_of(seen))


def _rank(part: str) -> int:
    return RANKS.get(part, OTHERS)


# ---------------------------------------------------------------- the roll
@dataclass(slots=True)
class Kept:
    """A piece while the roll is called: an Asset that may change, field by field the same."""

    id: UUID
    key: str
    device: str
    part: str
    name: str
    place: str
    vendor: str | None
    model: str | None
    serial: str | None
    version: str | None
    manufactured: str | None
    installed: str | None
    replace_by: str | None
    first_seen_at: datetime
    last_seen_at: datetime
    family: str | None = None
    version_seen_at: datetime | None = None
    gone_at: datetime | None = None
    also_at: tuple[str, ...] = ()
    state: State = "new"


# Of a row in the register: "void" was never one, because it was made and joined to another since the rows were read.
State = Literal["as loaded", "changed", "new", "dropped", "void"]
_values = attrgetter(*(f.name for f in fields(Asset)))


class Roll:
    """See the module's docstring. Give it the pieces that the entries to come may concern, or none and all entries.

    That is: every piece at a device that is named, of a serial number that is named, and also seen anywhere. `new_id`
    gives ids; `tell` gets what happens, with the piece it happens to.
    """

    def __init__(
        self, kept: Iterable[Kept] = (), new_id: Callable[[], UUID] | None = None,
        tell: Callable[[Kept, Event], None] | None = None,
    ) -> None:  # fmt: skip
        self.pieces: dict[str, Kept] = {}
        self.touched: list[Kept] = []  # changed, new and dropped ones, each once
        self.joined: list[tuple[Kept, Kept]] = []  # the first turned out to be the second
        self._at: dict[Place, Kept] = {}
        self._serials: dict[str, list[Kept]] = {}
        self._loose: list[Place] = []  # further places of a piece that was joined to the one that is seen
        numbers = count(1)
        self._new_id, self._tell = new_id or (lambda: UUID(int=next(numbers))), tell
        for one in kept:
            one.state = "as loaded"
            self._enter(one)
            if one.gone_at is None:
                self._at[place_of(one)] = one
                for text in one.also_at:
                    self._at[place_from(text)] = one

    def assets(self) -> list[Asset]:
        return [Asset(*_values(one)) for one in self.pieces.values()]

    def call(self, entries: Iterable[Sighting | Absence]) -> None:
        """All of these, one after the other."""
        for entry in entries:
            if isinstance(entry, Sighting):
                self.sight(entry)
            else:
                self.miss(entry)

    def at(self, place: Place) -> Kept | None:
        """The piece that is in a place."""
        return self._at.get(place)

    # ------------------------------------------------------------ what was seen
    def sight(self, seen: Sighting) -> Kept:
        """A piece was seen in a place; answers which it is held to be."""
        place = place_of(seen)
        there = self._at.get(place)
        piece = self._of_serial(seen, place, there) if seen.serial else self._nameless(seen, place, there)
        out: str | None = None
        there = self._at.get(place)
        if there is not None and there is not piece:
            if seen.serial and there.serial is None and compatible(there.model, seen.model):
                # Hardware that showed no serial number before is the same piece: it keeps the day it was first seen.
                if piece is None:
                    piece = there
                    self._identify(piece, seen, place)
                else:
                    self._join(there, piece, place)
                    if self._tell:
                        words = f"what showed no serial number here is it, {seen.serial}"
                        self._say(piece, "identified", seen.seen_at, place, words)
            else:
                out = self._swap_out(there, place, seen)
        if piece is None:
            piece = self._create(seen, place)
        elif self._at.get(place) is not piece:
            self._come(piece, seen, place)
        while self._loose:
            self._also(piece, self._loose.pop(0))
        self._refresh(piece, seen, place)
        if out is not None and self._tell:
            self._say(piece, "swapped_in", seen.seen_at, place, f"it took the place of {out}", other=out)
        return piece

    def miss(self, gone: Absence) -> None:
        """A piece is no longer in a place. If something else is there by now, this says nothing of it."""
        place = place_of(gone)
        there = self._at.get(place)
        if there is None or (gone.serial and there.serial and gone.serial != there.serial):
            return
        there.last_seen_at = max(there.last_seen_at, gone.last_seen_at)
        self._leave(there, place, gone.noticed_at)
        if there.gone_at is not None and self._tell:
            since = f"{gone.last_seen_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            self._say(there, "gone", gone.noticed_at, place, f"it was last seen on {since} and is held to be gone")

    # ------------------------------------------------------------ which piece it is
    def _of_serial(self, seen: Sighting, place: Place, there: Kept | None) -> Kept | None:
        """The piece with this serial number, if it is known. In one place a number is one piece, whoever is said to
        have made it: a profile that was bettered says another vendor of the same hardware."""
        key = asset_key(seen)
        known = self.pieces.get(key)
        if there is not None and there.serial == seen.serial and there is not known:
            other: Kept | None = there
        elif known is None:
            of_number = self._serials.get(seen.serial or "", ())
            was_here = [one for one in of_number if one.gone_at is not None and place_of(one) == place]
            other = min(was_here, key=lambda one: one.key, default=None)
        else:
            return known
        if other is None or not seen.vendor:
            return other
        if known is None:
            self._rekey(other, key)
            return other
        self._join(other, known, place)
        return known

    def _nameless(self, seen: Sighting, place: Place, there: Kept | None) -> Kept | None:
        """The piece in this place, if the model allows it; or the one that was last there and is gone."""
        if there is not None:
            return there if compatible(there.model, seen.model) else None
        last = self.pieces.get(place_key(place))
        return last if last is not None and compatible(last.model, seen.model) else None

    # ------------------------------------------------------------ coming and going
    def _create(self, seen: Sighting, place: Place) -> Kept:
        self._retire(place)
        piece = Kept(
            self._new_id(), asset_key(seen), seen.device, seen.part, seen.name, seen.place, seen.vendor, seen.model,
            seen.serial, seen.version, seen.manufactured, seen.installed, seen.replace_by, seen.seen_at, seen.seen_at,
            seen.family, seen.seen_at if seen.version else None,
        )  # fmt: skip
        self.touched.append(piece)
        self._enter(piece)
        self._at[place] = piece
        if self._tell:
            self._say(piece, "first_seen", seen.seen_at, place, f"first seen: {_described(seen)}")
        return piece

    def _come(self, piece: Kept, seen: Sighting, place: Place) -> None:
        """A known piece shows in a place in which it was not."""
        before, at = place_of(piece), seen.seen_at
        self._touch(piece)
        if piece.serial is not None:
            self._retire(place)
        self._at[place] = piece
        if piece.gone_at is not None:
            gone, piece.gone_at = piece.gone_at, None
            piece.device, piece.part, piece.place = seen.device, seen.part, seen.place
            if self._tell and before == place:
                self._say(piece, "back", at, place, f"it is back; it was gone since {_time(gone)}")
            elif self._tell:
                words = f"it moved here from {place_text(before)}, where it was gone since {_time(gone)}"
                self._say(piece, "moved", at, place, words, origin=place_text(before))
        elif _rank(seen.part) < _rank(piece.part):
            piece.also_at = (place_text(before), *piece.also_at)
            piece.device, piece.part, piece.place = seen.device, seen.part, seen.place
            if self._tell:
                words = f"seen here by itself; {place_text(before)} shows it too"
                self._say(piece, "also_seen", at, place, words)
        else:
            piece.also_at = (*piece.also_at, place_text(place))
            if self._tell:
                self._say(piece, "also_seen", at, place, f"also seen here; it is at {place_text(before)}")

    def _leave(self, piece: Kept, place: Place, at: datetime) -> None:
        """A place no longer holds the piece: it is at the best of the others, or gone if there is none."""
        self._touch(piece)
        self._at.pop(place, None)
        if place_of(piece) != place:
            text = place_text(place)
            piece.also_at = tuple(other for other in piece.also_at if other != text)
            if self._tell:
                words = f"no longer seen here; it is at {place_text(place_of(piece))}"
                self._say(piece, "also_ended", at, place, words)
        elif piece.also_at:
            text = min(piece.also_at, key=lambda other: _rank(place_from(other)[1]))
            piece.also_at = tuple(other for other in piece.also_at if other != text)
            to = place_from(text)
            self._settle(piece, to)
            if self._tell:
                words = f"it moved here from {place_text(place)}, which no longer shows it"
                self._say(piece, "moved", at, to, words, origin=place_text(place))
        else:
            piece.gone_at = at

    def _also(self, piece: Kept, place: Place) -> None:
        """A further place of a piece that is present."""
        self._at[place] = piece
        main = place_of(piece)
        if _rank(place[1]) < _rank(main[1]):
            self._settle(piece, place)
            piece.also_at = (place_text(main), *piece.also_at)
        else:
            piece.also_at = (*piece.also_at, place_text(place))

    def _settle(self, piece: Kept, place: Place) -> None:
        """Make a place that is known only by its text the main one; the name comes with the next sighting there."""
        piece.device, piece.part, where = place
        piece.place, piece.name = "" if piece.part == "chassis" and where == piece.device else where, where

    def _swap_out(self, old: Kept, place: Place, seen: Sighting) -> str:
        """Another piece is in the place; answers the key of the one that was. Without a serial number it can never be
        known again, so the place's key is free for the next."""
        if self._tell:
            words = f"{_described(seen)} took its place"
            self._say(old, "swapped_out", seen.seen_at, place, words, other=asset_key(seen))
        self._leave(old, place, seen.seen_at)
        self._retire(place)
        return old.key

    def _retire(self, place: Place) -> None:
        """A nameless piece that was in this place is not what is in it now, nor what will be."""
        old = self.pieces.get(place_key(place))
        if old is None:
            return
        self._touch(old)
        key = base = f"{old.key}@{old.first_seen_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        number = 1
        while key in self.pieces:
            number += 1
            key = f"{base}#{number}"
        self._rekey(old, key)

    def _identify(self, piece: Kept, seen: Sighting, place: Place) -> None:
        self._rekey(piece, asset_key(seen))
        piece.serial = seen.serial
        self._serials.setdefault(seen.serial or "", []).append(piece)
        if self._tell:
            self._say(piece, "identified", seen.seen_at, place, f"it shows its serial number, {seen.serial}")

    def _join(self, one: Kept, into: Kept, place: Place) -> None:
        """Two turned out to be one: its places are the other's, and the day it was first seen if that was earlier.

        Where it is seen just now (`place`) the other comes to; what further places it had are loose until then.
        """
        self._touch(into)
        for other in (place_of(one), *map(place_from, one.also_at)):
            if self._at.get(other) is one:
                del self._at[other]
                if other != place:
                    self._loose.append(other)
        into.first_seen_at = min(into.first_seen_at, one.first_seen_at)
        into.last_seen_at = max(into.last_seen_at, one.last_seen_at)
        self._touch(one)
        one.state = "void" if one.state == "new" else "dropped"
        del self.pieces[one.key]
        if one.serial:
            self._serials[one.serial].remove(one)
        self.joined.append((one, into))

    # ------------------------------------------------------------ what is read of it
    def _refresh(self, piece: Kept, seen: Sighting, place: Place) -> None:
        self._touch(piece)
        at = seen.seen_at
        piece.last_seen_at = max(piece.last_seen_at, at)
        first: Sighting | Kept = piece
        second: Sighting | Kept = seen
        if place_of(piece) == place:
            piece.name, piece.place = seen.name, seen.place
            if seen.serial == piece.serial:  # a whole reading: it holds, and a date it no longer says is no longer so
                piece.manufactured, piece.installed = seen.manufactured, seen.installed
                piece.replace_by = seen.replace_by
                first, second = seen, piece
        piece.vendor = first.vendor or second.vendor
        piece.family = first.family or second.family
        piece.manufactured = piece.manufactured or seen.manufactured
        piece.installed = piece.installed or seen.installed
        piece.replace_by = piece.replace_by or seen.replace_by
        model, version = first.model or second.model, first.version or second.version
        if model != piece.model:
            if piece.model is not None and self._tell:
                self._say(piece, "model_changed", at, place, f"its model reads {model}, before {piece.model}")
            piece.model = model
        if version != piece.version:
            if piece.version is not None and self._tell:
                self._say(piece, "version_changed", at, place, f"it runs {version}, before {piece.version}")
            piece.version, piece.version_seen_at = version, at

    # ------------------------------------------------------------ the books
    def _enter(self, piece: Kept) -> None:
        self.pieces[piece.key] = piece
        if piece.serial:
            self._serials.setdefault(piece.serial, []).append(piece)

    def _rekey(self, piece: Kept, key: str) -> None:
        self._touch(piece)
        del self.pieces[piece.key]
        piece.key = key
        self.pieces[key] = piece

    def _touch(self, piece: Kept) -> None:
        if piece.state == "as loaded":
            piece.state = "changed"
            self.touched.append(piece)

    def _say(
        self, piece: Kept, kind: EventKind, at: datetime, place: Place, words: str, *, origin: str = "", other: str = ""
    ) -> None:
        if self._tell:
            self._tell(piece, Event(kind, at, piece.key, *place, words, origin, other))


# ---------------------------------------------------------------- events
def events(entries: Iterable[Sighting | Absence]) -> list[Event]:
    """What happened to every piece, in the order it was recorded. Every event has the key that its piece has now."""
    roll, told = _told(entries)
    return _with_keys(told, roll, roll.pieces.values())


def events_of(what: str, entries: Iterable[Sighting | Absence]) -> list[Event]:
    """What happened to one piece, by the key of its asset or its serial number (of whatever vendor), in order.

    `entries`: at least those of its serial number, and those of all places in which it ever was. What happened to it
    when it had another key is among them; every event has the key that it has now.
    """
    roll, told = _told(entries)
    wanted = what.casefold()
    pieces = [one for one in roll.pieces.values() if wanted in (one.key.casefold(), (one.serial or "").casefold())]
    return _with_keys(told, roll, pieces)


def _with_keys(told: Iterable[tuple[Kept, Event]], roll: Roll, pieces: Iterable[Kept]) -> list[Event]:
    keys = {id(one): one.key for one in pieces}
    for one, into in reversed(roll.joined):  # what was joined to something that was joined itself comes first
        if id(into) in keys:
            keys[id(one)] = keys[id(into)]
    return [replace(event, key=keys[id(piece)]) for piece, event in told if id(piece) in keys]


def _told(entries: Iterable[Sighting | Absence]) -> tuple[Roll, list[tuple[Kept, Event]]]:
    told: list[tuple[Kept, Event]] = []
    roll = Roll(tell=lambda piece, event: told.append((piece, event)))
    roll.call(entries)
    return roll, told


def _described(seen: Sighting) -> str:
    words = [word for word in (seen.vendor, seen.model or seen.part.replace("_", " ")) if word]
    return " ".join(words) + (f", serial number {seen.serial}" if seen.serial else ", which shows no serial number")


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
