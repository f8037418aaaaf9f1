"""Pages of metrics: one device, or everything. Rendered when asked for, from what `latest` holds at that moment.

No gauge is kept for a device: what is too old is simply not rendered, so that a dead device's series end by
themselves (docs/design.md section 7). A page is rendered in slices of about 64 KiB; between two slices the event
loop gets its turn, so that a scrape of a million series does not hold up the polling.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from agent.catalogue import metric
from agent.exporter import records
from agent.exporter.own import Fact, Own
from agent.exporter.sheet import Segment, Sheet, Values
from agent.exporter.text import Format, device_text, header, labels_text, number, series_text, with_headers
from agent.latest import STALE_AFTER_INTERVALS, Latest, Recent, completed
from agent.watched import Watched
from collectors.readings import Block, Cadence, Identity, Metric, Visit

SLICE = 65_536  # characters, where they are rendered on the way
READY = 4  # times as many, where they only have to be put together: each slice waits for all other work of the loop
GZIP_LEVEL = 1  # half the CPU of level 6 for a page a third larger; scrapes are on a LAN
GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\x04\xff"  # deflate, no name, no time, quickest, any system

_INFO, _UP, _SILENT = (metric(f"hartwatch_device_{n}") for n in ("info", "up", "silent_visits"))
_SUCCESS = metric("hartwatch_visit_last_success_timestamp_seconds")
_AGE = metric("hartwatch_data_age_seconds")
_SECONDS, _REQUESTS, _FAILURES = (metric(f"hartwatch_visit_{n}") for n in ("seconds", "requests", "failures"))
_UPTIME = metric("hartwatch_device_uptime_seconds")
_ANSWERED = metric("hartwatch_device_answered")
_CLASHES = metric("hartwatch_exposition_clashes")


Lot = tuple[object, Callable[[], Iterable[Fact]]]
"""A revision, and the facts as they are at that revision."""


@dataclass(slots=True)
class _Kept:
    """What is kept of a device between two scrapes: its sheet, and the records of its last visits."""

    sheet: Sheet
    recorded: tuple[Visit | None, Visit | None] = (None, None)
    records: Block | None = None
    packed: tuple[tuple[object, ...], list[Block], Packed] | None = None  # made of what, and that; the readings


class _Families:
    """Lines by metric family: ready text, or a segment with the values to fill it later.

    Two flat lists for each family and no object for each entry: a page over thousands of devices would otherwise make
    so many that the garbage collector stops the event loop for a fifth of a second.
    """

    __slots__ = ("_families",)

    def __init__(self) -> None:
        self._families: dict[str, tuple[Metric, list[str | Segment], list[Values]]] = {}

    def add(self, family: Metric, text: str | Segment, values: Values = ()) -> None:
        found = self._families.get(family.name)
        if found is None:
            found = self._families[family.name] = (family, [], [])
        found[1].append(text)
        found[2].append(values)

    def add_sheet(self, sheet: Sheet, blocks: Sequence[Block]) -> None:
        for segment, block in zip(sheet.segments, sheet.places, strict=True):
            self.add(segment.metric, segment, blocks[block].values)

    def text(
        self, form: Format, without: frozenset[str] = frozenset(), only: frozenset[str] = frozenset()
    ) -> Iterator[str]:
        """Family after family with its header, in pieces of about SLICE characters; of ready text READY times as many.

        Empties itself on the way. `only`: families of these names and no others; none: all.
        """
        for name in list(self._families):
            family, texts, all_values = self._families.pop(name)
            if name in without or (only and name not in only and name.removesuffix("_total") not in only):
                continue
            ready: list[str] = []
            size = 0
            begun = False
            for text, values in zip(texts, all_values, strict=True):
                lines = text if isinstance(text, str) else text.text(values)
                if not lines:
                    continue
                if not begun:
                    ready.append(header(name, family.kind, family.help, form))
                    begun = True
                ready.append(lines)
                size += len(lines) // (READY if text is lines else 1)
                if size > SLICE:
                    yield "".join(ready)
                    ready, size = [], 0
            if ready:
                yield "".join(ready)


@dataclass(slots=True)
class Pages:
    """The exporter's pages. `devices` is the inventory in force, `facts` what ledger and register know by now.

    Facts come in lots, each with a revision: its lines are rendered anew when that has changed (or is None).
    """

    latest: Latest
    devices: Callable[[], Mapping[str, Watched]]
    own: Own
    now: Callable[[], datetime]
    facts: Callable[[], Sequence[Lot]] = tuple
    blind: Callable[[], bool] = bool
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _lots: dict[int, tuple[object, list[tuple[Metric, str]]]] = field(default_factory=dict)

    def device(self, name: str, form: Format, also: Iterable[Fact] = ()) -> bytes | None:
        """The page of one device, or None if the inventory has no such device. `also`: what else is to be on it."""
        watched = self.devices().get(name)
        if watched is None:
            return None
        moment = self.now()
        kept, blocks = self._sheet(watched, moment)
        return kept.sheet.text(blocks, form).encode() + self._status(watched, moment, form, also)

    def device_packed(self, name: str, form: Format, also: Iterable[Fact] = ()) -> bytes | None:
        """The same, by gzip. The readings are packed once for each visit, however many ask for them."""
        watched = self.devices().get(name)
        if watched is None:
            return None
        moment = self.now()
        kept, blocks = self._sheet(watched, moment)
        made_of = (form, *(id(block.values) for block in blocks))
        if kept.packed is None or kept.packed[0] != made_of:
            # The blocks are held as well: another one at the same place in memory must not pass for one of these.
            kept.packed = made_of, blocks, Packed.of(kept.sheet.text(blocks, form).encode())
        return kept.packed[2].followed_by(self._status(watched, moment, form, also))

    def _status(self, watched: Watched, moment: datetime, form: Format, also: Iterable[Fact]) -> bytes:
        lines = _status(watched, self.latest.of(watched.name), moment, blind=self.blind())
        more = (line for lines in _lines(also) for line in lines)
        page = with_headers(chain(lines, more), form)
        return (page + "# EOF\n" if form is Format.OPEN else page).encode()

    def agent(
        self, form: Format, only: frozenset[str] = frozenset(), families: _Families | None = None
    ) -> Iterator[str]:
        """The page of the agent itself, with what ledger and register know, in slices: everything but the readings.

        `only`: families of these names and no others; none: all. `families` holds what else is to be on the page.
        """
        yield self.own.text(form, only)
        taken = self.own.names()
        for gone in self._kept.keys() - self.devices().keys():
            del self._kept[gone]
        families = families or _Families()
        clashes = sum(kept.sheet.clashes for kept in self._kept.values())
        families.add(_CLASHES, f"{_CLASHES.name} {number(float(clashes))}\n")
        for place, (revision, facts) in enumerate(self.facts()):
            known = self._lots.get(place)
            if known is None or revision is None or known[0] != revision:
                known = revision, []
                for lines in _lines(facts()):
                    known[1].extend(lines)
                    yield ""
                self._lots[place] = known  # when it is whole: whoever asks may go away in the midst of it
            for family, text in known[1]:
                families.add(family, text)
        # A profile that takes a name of the client library's would make the whole page invalid.
        yield from families.text(form, taken, only)
        if form is Format.OPEN:
            yield "# EOF\n"

    def everything(self, form: Format, only: frozenset[str] = frozenset()) -> Iterator[str]:
        """The page of the agent and all devices, in slices; an empty slice only gives others a turn."""
        moment = self.now()
        watched = self.devices()
        # One family's lines stand together on a page, so the page is turned: first every device's segments by family.
        families = _Families()
        for place, device in enumerate(watched.values()):
            self._put(device, moment, families)
            if place % 20 == 19:
                yield ""
        yield from self.agent(form, only, families)

    def _put(self, watched: Watched, moment: datetime, families: _Families) -> None:
        """Put one device, as it is at this moment, among the families."""
        kept, blocks = self._sheet(watched, moment)
        for family, text in _status(watched, self.latest.of(watched.name), moment, blind=self.blind()):
            families.add(family, text)
        families.add_sheet(kept.sheet, blocks)

    def _sheet(self, watched: Watched, moment: datetime) -> tuple[_Kept, list[Block]]:
        """What is kept of a device, with the sheet for its readings at this moment, and these."""
        blocks: list[Block] = []
        visits: list[Visit | None] = []
        for cadence in Cadence:
            visit = self.latest.fresh(watched.name, cadence, watched.intervals[cadence], moment)
            visits.append(visit)
            if visit is not None:
                blocks += [block for block in visit.blocks if block.layout.cadence is cadence]
        _, health, inventory = visits
        kept = self._kept.get(watched.name)
        found: Block | None = None
        if health is not None:
            if kept is not None and kept.recorded[0] is health and kept.recorded[1] is inventory:
                found = kept.records
            else:
                known = kept.records.layout if kept and kept.records else None
                found = records.block(completed(health, inventory), known)
            if found is not None:
                blocks.append(found)
        if kept is None or not kept.sheet.fits(blocks):
            old = kept.sheet if kept is not None else None
            kept = self._kept[watched.name] = _Kept(Sheet(watched.name, [block.layout for block in blocks], old))
        kept.recorded, kept.records = (health, inventory), found
        return kept, blocks


@dataclass(frozen=True, slots=True)
class Packed:
    """The beginning of a page, compressed, to which an end can be given: one gzip member (RFC 1952), not two.

    Two would be allowed, and many programs stop reading after the first.
    """

    deflated: bytes  # ends on an octet's border, and not for good
    crc: int
    octets: int

    @classmethod
    def of(cls, page: bytes) -> Packed:
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        return cls(packer.compress(page) + packer.flush(zlib.Z_FULL_FLUSH), zlib.crc32(page), len(page))

    def followed_by(self, page: bytes) -> bytes:
        packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        end = packer.compress(page) + packer.flush()
        sums = struct.pack("<II", zlib.crc32(page, self.crc), (self.octets + len(page)) & 0xFFFF_FFFF)
        return GZIP_HEAD + self.deflated + end + sums


def _lines(facts: Iterable[Fact]) -> Iterator[list[tuple[Metric, str]]]:
    """Facts as text, in slices: the lines of a family together as far as they come together."""
    facts = iter(facts)
    while some := list(islice(facts, 2000)):  # some 8 ms
        texts: dict[str, list[str]] = {}
        for name, labels, value in some:
            texts.setdefault(name, []).append(f"{series_text(name, labels)} {number(value)}\n")
        yield [(metric(name), "".join(lines)) for name, lines in texts.items()]


def _status(watched: Watched, recent: Recent | None, moment: datetime, *, blind: bool) -> Iterator[tuple[Metric, str]]:
    """What is said of a device even when its readings have ended: lines, those of a family one after the other."""
    identity = recent.identity if recent else Identity()
    us = device_text(watched.name)
    info = (
        ("site", watched.site),
        ("role", watched.role),
        ("zone", watched.zone),
        ("council", watched.council),
        ("vendor", identity.vendor or ""),
        ("model", identity.model or ""),
        ("version", identity.version or ""),
    )
    yield _INFO, f"{_INFO.name}{{{us},{labels_text(info)}}} 1\n"

    def line(family: Metric, value: float, label: str = "") -> tuple[Metric, str]:
        return family, f"{family.name}{{{us}{label}}} {number(value)}\n"

    if recent is None:
        return
    if recent.failures_in_a_row == 0:
        yield line(_UP, 1)
    elif not blind:
        yield line(_UP, 0)
    yield line(_SILENT, recent.failures_in_a_row)
    for cadence, visit in sorted(recent.visits.items()):
        yield line(_SUCCESS, visit.started_at.timestamp(), f',cadence="{cadence.value}"')
    newest = recent.newest
    if newest is None:
        return
    age = (moment - newest.started_at).total_seconds()
    yield line(_AGE, max(0.0, round(age, 3)))
    yield line(_SECONDS, round(newest.seconds, 6))
    yield line(_REQUESTS, newest.requests)
    yield line(_FAILURES, len(newest.failures))
    if age <= STALE_AFTER_INTERVALS * watched.intervals[Cadence.PULSE].total_seconds():
        if newest.identity.uptime_seconds is not None:
            yield line(_UPTIME, newest.identity.uptime_seconds)
        for source in ("snmp", "ssh", "icmp", "tcp", "http", "dns"):
            answered = getattr(newest.answered, source)
            if answered is not None:
                yield line(_ANSWERED, int(answered), f',source="{source}"')
