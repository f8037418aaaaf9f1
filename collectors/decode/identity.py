"""Who a device is, by the profile's lists of sources. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

import yaml

from collectors.decode import entity
from collectors.decode.book import Book, absolute
from collectors.decode.entity import Entity
from collectors.decode.values import is_nothing, parsed_date, placeholder, raw_number, text, transformed
from collectors.profiles.model import Profile, Source
from collectors.readings import Identity, Part
from collectors.session import Value

SYS_DESCR = "1.3.6.1.2.1.1.1.0"
SYS_OBJECT_ID = "1.3.6.1.2.1.1.2.0"
SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
SYS_NAME = "1.3.6.1.2.1.1.5.0"
SYS_LOCATION = "1.3.6.1.2.1.1.6.0"
ENGINE_TIME = "1.3.6.1.6.3.10.2.1.3.0"  # snmpEngineTime (RFC 3411)
STP_TOP_CHANGES = "1.3.6.1.2.1.17.2.4.0"  # dot1dStpTopChanges (RFC 4188)
IF_DESCR = "1.3.6.1.2.1.2.2.1.2"
MANY_PORTS = 8  # access points bridge too, between fewer
VENDORS = Path(__file__).resolve().parent.parent / "families" / "__vendors.yaml"
CLASSES = VENDORS.with_name("__classes.yaml")


@lru_cache(maxsize=1)
def vendors() -> dict[int, str]:
    """Enterprise number (IANA private enterprise numbers) -> maker."""
    return {int(k): str(v) for k, v in yaml.safe_load(VENDORS.read_text("utf-8")).items()}


def object_id(value: Value) -> str | None:
    """sysObjectID as text, also where an agent sends it as a string; None for nonsense."""
    got = (text(value) or "").strip().lstrip(".")
    return got if got and all(p.isdigit() for p in got.split(".")) else None


def identity(profile: Profile, book: Book, table: dict[str, Entity]) -> Identity:
    """Every field from its first usable source.

    Where no source tells the vendor, the enterprise number does; where that says nothing (it is that of net-snmp, say),
    ENTITY-MIB or a maker's name in sysDescr.
    """
    oid = object_id(book.cell(SYS_OBJECT_ID))
    sources = profile.identity
    made = _first_date(sources.manufactured, book, table)
    return Identity(
        vendor=(
            _first(sources.vendor, book, table)
            or vendor_of(oid)
            or entity.identity(table, "vendor")
            or named_vendor(text(book.cell(SYS_DESCR)))
        ),
        model=_first(sources.model, book, table),
        serial=_first(sources.serial, book, table),
        version=_first(sources.version, book, table),
        name=_first(sources.name, book, table, placeholders=True) or text(book.cell(SYS_NAME)),
        sys_object_id=oid,
        sys_descr=text(book.cell(SYS_DESCR)),
        sys_location=_first(sources.location, book, table, placeholders=True) or text(book.cell(SYS_LOCATION)),
        uptime_seconds=uptime(book),
        manufactured=made,
    )


def uptime(book: Book) -> float | None:
    """Seconds since the agent started: snmpEngineTime where it is asked, else sysUpTime, which wraps after 497 days."""
    ticks = raw_number(book.cell(SYS_UPTIME))
    if ticks is not None:
        return ticks / 100
    seconds = raw_number(book.cell(ENGINE_TIME))
    return float(seconds) if seconds is not None else None


def vendor_of(oid: str | None) -> str | None:
    """The maker by the enterprise number of a sysObjectID. net-snmp's own (8072, 2021) say nothing about the maker."""
    if oid and oid.startswith("1.3.6.1.4.1."):
        return vendors().get(int(oid.split(".")[6] or 0))
    return None


# Names that stand in descriptions of others' devices: makers of processors and of software, and plain words.
_OTHERS = frozenset({
    "Alpha", "Apple", "Broadcom", "Brother", "Delta", "Digi", "East", "Enterprise", "Intel", "Microchip", "Microsoft",
    "Motorola", "Novell", "Oracle", "Samsung", "Sharp", "Sigma", "Toshiba", "Volius",
})  # fmt: skip


def named_vendor(descr: str | None) -> str | None:
    """The first maker whose name is in a sysDescr."""
    hit = _names()[0].search(descr[:200]) if descr else None
    return _names()[1][hit[1].casefold()] if hit else None


@lru_cache(maxsize=1)
def _names() -> tuple[re.Pattern[str], dict[str, str]]:
    names = {name.casefold(): name for name in vendors().values() if len(name) > 3 and name not in _OTHERS}
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    return re.compile(rf"(?i)(?<![\w.-])({'|'.join(longest_first)})(?![\w.-])"), names


def likely_class(oid: str | None, book: Book) -> str | None:
    """What it may be where neither a family nor its description says: what its maker mostly makes, else a switch where
    it has many ports and a spanning tree. None: makers of many things, and no telling."""
    usual = _usual().get(int(oid.split(".")[6] or 0)) if oid and oid.startswith("1.3.6.1.4.1.") else None
    if usual is None and book.cell(STP_TOP_CHANGES) is not None and len(book.column(IF_DESCR)) >= MANY_PORTS:
        return "switch"
    return usual


@lru_cache(maxsize=1)
def _usual() -> dict[int, str]:
    kinds = yaml.safe_load(CLASSES.read_text("utf-8")).values()
    return {number: str(kind["class"]) for kind in kinds for number in kind["of"]}


def _raw(source: Source, book: Book, table: dict[str, Entity]) -> list[Value]:
    """Candidates of one source, best first."""
    if source.value is not None:
        return [source.value.encode()]
    if source.oid:
        return [book.cell(source.oid)]
    if source.join:
        words = [text(book.cell(oid)) for oid in source.join]
        return [None if any(is_nothing(w) for w in words) else " ".join(w or "" for w in words).encode()]
    if source.entity:
        got = entity.identity(table, source.entity)
        return [got.encode() if got else None]
    assert source.column is not None  # noqa: S101  (the model wants exactly one place)
    parent = source.column.rpartition(".")[0]
    return [
        value
        for row, value in book.column(source.column).items()
        if all((text(book.column(absolute(parent, ref)).get(row)) or "") in want for ref, want in source.where.items())
    ]


def _first(sources: list[Source], book: Book, table: dict[str, Entity], placeholders: bool = False) -> str | None:
    for source in sources:
        for value in _raw(source, book, table):
            got = transformed(source, value)
            if got and (placeholders or not is_nothing(got)):
                return got
    return None


def placeholders(profile: Profile, book: Book, table: dict[str, Entity]) -> Iterator[Part]:
    """What the device says in place of its own serial number, where it says no better one."""
    sources = profile.identity.serial
    if _first(sources, book, table) is None:
        for source in sources:
            for value in _raw(source, book, table):
                if (said := placeholder(source, value)) is not None:
                    yield Part("identity", "", serial=said)
                    return


def _first_date(sources: list[Source], book: Book, table: dict[str, Entity]) -> date | None:
    for source in sources:
        for value in _raw(source, book, table):
            got = parsed_date(source, value)
            if got is not None:
                return got
    return None
