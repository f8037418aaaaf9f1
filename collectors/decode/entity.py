"""ENTITY-MIB (RFC 6933) and sensors in the form of ENTITY-SENSOR-MIB (RFC 3433). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from collectors.decode.book import Book
from collectors.decode.values import FILLERS, date_and_time, is_nothing, raw_number, text
from collectors.profiles.model import KINDS, EntitySensors
from collectors.readings import Level, Part, Sensor
from collectors.session import Value

ENTRY = "1.3.6.1.2.1.47.1.1.1.1"
COLUMNS = {
    "descr": 2,
    "contained_in": 4,
    "class": 5,
    "name": 7,
    "hardware": 8,
    "firmware": 9,
    "software": 10,
    "serial": 11,
    "vendor": 12,
    "model": 13,
    "manufactured": 17,
}
CLASSES = {
    1: "other",
    2: "unknown",
    3: "chassis",
    4: "backplane",
    5: "container",
    6: "power_supply",
    7: "fan",
    8: "sensor",
    9: "module",
    10: "port",
    11: "stack",
    12: "cpu",
}
_CHASSIS, _CONTAINER, _MODULE, _STACK = "chassis", "container", "module", "stack"


@dataclass(slots=True)
class Entity:
    """One row of entPhysicalTable."""

    index: str
    contained_in: str
    kind: str
    name: str
    descr: str
    model: str | None
    serial: str | None
    vendor: str | None
    software: str | None
    hardware: str | None
    firmware: str | None
    manufactured: str | None
    placeholder: str | None = None  # what it says where a serial number would be


def oid(column: str) -> str:
    return f"{ENTRY}.{COLUMNS[column]}"


def entities(book: Book) -> dict[str, Entity]:
    """entPhysicalTable by index, placeholders taken out."""
    out: dict[str, Entity] = {}
    columns = {name: book.column(oid(name)) for name in COLUMNS}

    def said(name: str, index: str) -> str | None:
        got = text(columns[name].get(index))
        return None if is_nothing(got) else got

    for index in book.suffixes(oid(name) for name in COLUMNS):
        made = columns["manufactured"].get(index)
        day = date_and_time(made) if isinstance(made, bytes) else None
        out[index] = Entity(
            index=index,
            contained_in=text(columns["contained_in"].get(index)) or "",
            kind=CLASSES.get(int(raw_number(columns["class"].get(index)) or 0), "other"),
            name=text(columns["name"].get(index)) or "",
            descr=text(columns["descr"].get(index)) or "",
            model=said("model", index),
            serial=said("serial", index),
            vendor=said("vendor", index),
            software=said("software", index),
            hardware=said("hardware", index),
            firmware=said("firmware", index),
            manufactured=day.isoformat() if day and day.year >= 1990 else None,
            placeholder=_placeholder(columns["serial"].get(index)),
        )
    return out


def _placeholder(value: Value) -> str | None:
    got = text(value)
    return got if got and is_nothing(got) else None


def main_entity(table: dict[str, Entity]) -> Entity | None:
    """The row that is the device: the first chassis that says something, else the stack, else whatever has a serial."""
    for kinds in ((_CHASSIS,), (_STACK,), (_MODULE,), ()):
        for row in table.values():
            if (not kinds or row.kind in kinds) and (row.serial or (row.model and kinds)):
                return row
    return next(iter(table.values()), None)


def identity(table: dict[str, Entity], what: str) -> str | None:
    """What the main row says of model, serial, version ...; for the version any row that tells will do."""
    row = main_entity(table)
    if row is None:
        return None
    attribute = "software" if what == "version" else what
    got: str | None = getattr(row, attribute)
    if got is None and attribute in ("model", "serial"):
        got = next(
            (getattr(r, attribute) for r in table.values() if r.kind in (_CHASSIS, _STACK) and getattr(r, attribute)),
            None,
        )
    if got is None and what == "version":
        got = next((r.software for r in table.values() if r.software and r.kind in (_CHASSIS, _MODULE, _STACK)), None)
        got = got or row.firmware
    return got


def parts(table: dict[str, Entity]) -> Iterator[Part]:
    """Every row with a serial number, and chassis, modules, supplies and fans with a model of their own."""
    several = _several_chassis(table)
    for row in table.values():
        if not row.serial and not (row.model and row.kind in (_CHASSIS, _MODULE, "power_supply", "fan")):
            continue
        yield Part(
            part=_kind(row, several),
            name=_name(row),
            model=row.model,
            serial=row.serial,
            version=row.software or row.firmware,
            manufactured=_day(row.manufactured),
            place=row.index,
        )


def placeholders(table: dict[str, Entity]) -> Iterator[Part]:
    """Every row that says something in place of a serial number, which is then what its `serial` is."""
    several = _several_chassis(table)
    for row in table.values():
        if row.placeholder is not None:
            yield Part(_kind(row, several), _name(row), row.model, row.placeholder, place=row.index)


_PARTS = {
    _MODULE: "line_card",
    _STACK: "stack",
    _CONTAINER: "container",
    "port": "optic",
    "other": "part",
    "unknown": "part",
}


def _several_chassis(table: dict[str, Entity]) -> bool:
    return sum(row.kind == _CHASSIS for row in table.values()) > 1


def _kind(row: Entity, several: bool) -> str:
    return "stack_member" if row.kind == _CHASSIS and several else _PARTS.get(row.kind, row.kind)


def _name(row: Entity) -> str:
    return row.name or row.descr or f"{row.kind} {row.index}"


def _day(iso: str | None) -> date | None:
    return date.fromisoformat(iso) if iso else None


# EntitySensorDataType (RFC 3433); CISCO-ENTITY-SENSOR-MIB adds dBm (14) and a few more.
_TYPES: dict[int, tuple[str, float]] = {
    3: ("voltage", 1),
    4: ("voltage", 1),
    5: ("current", 1),
    6: ("power", 1),
    7: ("frequency", 1),
    8: ("temperature", 1),
    9: ("humidity", 0.01),
    10: ("fanspeed", 1),
    11: ("airflow", 1.699),  # cubic metres per minute in the MIB's words; vendors send CFM: kept as m3/h
    14: ("dbm", 1),
}
_STATUS = {1: ("ok", Level.OK), 2: ("unavailable", Level.UNKNOWN), 3: ("nonoperational", Level.CRITICAL)}


def sensors(book: Book, rule: EntitySensors) -> Iterator[Sensor]:
    """Rows of a sensor table as values in base units: raw x 10^(scale) / 10^precision (RFC 3433 section 3.2)."""
    types, scales, precisions, values, statuses = (book.column(f"{rule.entry}.{n}") for n in range(1, 6))
    names, descriptions = book.column(oid("name")), book.column(oid("descr"))
    for index, value in values.items():
        raw = raw_number(value)
        kind, factor = _TYPES.get(int(raw_number(types.get(index)) or 0), ("", 1.0))
        status = raw_number(statuses.get(index))
        if raw is None or not kind or raw in FILLERS or status in (2, 3):
            continue
        scale = int(raw_number(scales.get(index)) or 9)
        precision = int(raw_number(precisions.get(index)) or 0)
        exponent = (scale - 9) * 3 if 1 <= scale <= 17 else 0
        measured = float(f"{raw * 10.0 ** (exponent - precision) * factor:.10g}") if abs(precision) <= 9 else None
        unit, low, high = KINDS[kind]
        if measured is None or not low <= measured <= high:
            continue
        word, level = _STATUS.get(int(status or 0), (None, None))
        yield Sensor(
            kind=kind,
            name=text(names.get(index)) or text(descriptions.get(index)) or f"sensor {index}",
            value=measured,
            unit=unit,
            oid=f"{rule.entry}.4.{index}",
            index=index,
            state=word,
            level=level,
            raw=raw,
        )
