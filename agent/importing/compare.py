"""Records of another system against the inventory: what an import would do, field by field. Pure.

    report = compare(estate, records, fields, kept)

A device is the one of the same name (case and domain are one), else of the same address, else of the same serial
number. Where these contradict each other nothing is changed and the conflict is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pydantic_core import PydanticCustomError

from agent.importing.records import OF_DEVICE, OF_HARDWARE, Field, Record, Value
from agent.inventory.model import Device, Estate
from agent.inventory.values import canonical_address, check_name
from agent.lifecycle.same import serial_key
from agent.lifecycle.words import MAIN

What = Literal["added", "changed", "kept", "conflict", "missing"]
Kept = Callable[[str, str, Field], bool]  # device, its hardware entry or "", field


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report. `was` and `now` are as people read them."""

    what: What
    device: str
    field: str = ""
    was: str = ""
    now: str = ""
    why: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A field of a device that is to have another value. `entry`: its entry of `hardware`, "" where it has none yet."""

    device: str
    field: Field
    value: Value
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    lines: tuple[Line, ...]
    added: tuple[Record, ...]
    changes: tuple[Change, ...]
    unchanged: int

    @property
    def counts(self) -> Mapping[str, int]:
        """Devices by what becomes of them, most in their own words; one may be both changed and in conflict."""
        found = Counter(what for what, _ in {(line.what, line.device) for line in self.lines})
        return {what: found[what] for what in ("added", "changed", "kept", "conflict", "missing")} | {
            "unchanged": self.unchanged
        }


def compare(
    estate: Estate, records: Sequence[Record], fields: Collection[Field], kept: Kept, missing: Collection[str] | None
) -> Report:
    """What an import of `fields` does. `kept`: whether somebody marked a value as theirs.

    `missing`: the sites whose devices the source should know, all others being none of its matter; None: not asked.
    """
    return _Comparison(estate, fields, kept).of(records, missing)


class _Comparison:
    def __init__(self, estate: Estate, fields: Collection[Field], kept: Kept) -> None:
        self._estate, self._fields, self._kept = estate, fields, kept
        self._lines: list[Line] = []
        self._changes: list[Change] = []
        self._entries: dict[str, list[str]] = {}
        self._serials: dict[str, str] = {}  # serial > device, or the name of the entry where that is in none
        for name, entry in estate.hardware.items():
            if entry.device and entry.part in MAIN:
                self._entries.setdefault(entry.device, []).append(name)
            if entry.serial:
                self._serials[serial_key(entry.serial)] = entry.device or f"hardware.{name}"
        self._names = {_short(name): name for name in estate.devices} | {n.casefold(): n for n in estate.devices}
        self._addresses = {canonical_address(device.address): name for name, device in estate.devices.items()}
        self._at, self._numbered = dict(self._addresses), dict(self._serials)  # before any change
        self._claimed: set[str] = set()

    def of(self, records: Sequence[Record], missing: Collection[str] | None) -> Report:
        twice = _twice(records)
        # What the source has under its own name is nothing else that happens to have its old address.
        self._claimed = {name for record in records if (name := self._by_name(record)) is not None}
        added, matched, unchanged = [], set(), 0
        for record in records:
            if record.origin in twice:
                self._conflict(record, record.name, "", twice[record.origin])
                continue
            device = self._device_of(record)
            if device is None:
                continue
            if device == "":
                if self._fits_new(record):
                    added.append(record)
                    self._lines.append(Line("added", record.name, now=self._summary(record), origin=record.origin))
                continue
            if device in matched:
                self._conflict(record, device, "", f"another record is {device} too")
                continue
            matched.add(device)
            before = len(self._lines)
            self._fields_of(self._estate.devices[device], record)
            unchanged += len(self._lines) == before
        if missing is not None:
            self._lines += [
                Line("missing", name, why="the source does not have it")
                for name, one in self._estate.devices.items()
                if name not in matched and one.site in missing
            ]
        return Report(tuple(self._lines), tuple(added), tuple(self._changes), unchanged)

    # ------------------------------------------------------------ which device
    def _device_of(self, record: Record) -> str | None:
        """The device's name; "" for one that the inventory does not have, None where that cannot be said."""
        by_name = self._by_name(record)
        address, serial = record.values.get("address"), record.values.get("serial")
        by_address = self._at.get(canonical_address(str(address))) if address else None
        by_serial = self._numbered.get(serial_key(str(serial))) if serial else None
        if by_serial not in self._estate.devices:
            by_serial = None  # a spare on a shelf, or in a device of no name
        if by_name is None and {by_address, by_serial} & self._claimed:
            return ""
        found = [one for one in (by_name, by_address, by_serial) if one]
        if len(set(found)) <= 1:
            return found[0] if found else ""
        ways = {"name": by_name, "address": by_address, "serial number": by_serial}
        told = ", ".join(f"by its {way} it is {one}" for way, one in ways.items() if one)
        self._conflict(record, by_name or found[0], "", told)
        return None

    def _by_name(self, record: Record) -> str | None:
        return self._names.get(record.name.casefold()) or self._names.get(_short(record.name))

    def _fits_new(self, record: Record) -> bool:
        wrong = [f"{key}: {why}" for key, why in record.odd.items()]
        try:
            check_name(record.name)
        except PydanticCustomError as problem:
            wrong.append(problem.message())
        wrong += [f"it says no {key}" for key in OF_DEVICE if key not in record.values and key not in record.odd]
        wrong += [
            f"{holder} has its {key.replace('serial', 'serial number')}"
            for key in ("address", "serial")
            if (holder := self._holder(key, record.values.get(key)))
        ]
        if wrong:
            self._conflict(record, record.name, "", "; ".join(wrong))
            return False
        for key in ("address", "serial"):
            self._take(key, record.values.get(key), record.name)
        return True

    def _holder(self, key: str, value: Value | None) -> str | None:
        """The device that has an address or a serial number, or is to have it by this import."""
        if value is None or key not in ("address", "serial"):
            return None
        return (
            self._addresses.get(canonical_address(str(value)))
            if key == "address"
            else self._serials.get(serial_key(str(value)))
        )

    def _take(self, key: str, value: Value | None, device: str) -> None:
        if value is not None and key == "address":
            self._addresses[canonical_address(str(value))] = device
        elif value is not None and key == "serial":
            self._serials[serial_key(str(value))] = device

    # ------------------------------------------------------------ its fields
    def _fields_of(self, device: Device, record: Record) -> None:
        entries = self._entries.get(device.name, [])
        entry = entries[0] if len(entries) == 1 else ""
        for key, why in record.odd.items():
            if key in self._fields:
                self._conflict(record, device.name, key, why)
        if record.name.casefold() != device.name.casefold() and _short(record.name) != _short(device.name):
            why = "an import never changes a name: series and outages hang on it"
            self._lines.append(Line("kept", device.name, "name", device.name, record.name, why, record.origin))
        for key, value in record.values.items():
            if key not in self._fields:
                continue
            was = self._was(device, entry, key)
            if _equal(key, was, value):
                continue
            now = _text(value)
            if key in OF_HARDWARE and len(entries) > 1:
                self._conflict(
                    record, device.name, key, f"it has several entries of hardware: {', '.join(entries)}", now
                )
            elif holder := self._holder(key, value):
                self._conflict(record, device.name, key, f"{holder} has it", now)
            elif self._kept(device.name, entry, key):
                line = Line("kept", device.name, key, _text(was), now, "its line says keep", record.origin)
                self._lines.append(line)
            else:
                self._lines.append(Line("changed", device.name, key, _text(was), now, "", record.origin))
                self._take(key, value, device.name)
                self._changes.append(Change(device.name, key, value, entry if key in OF_HARDWARE else ""))

    def _was(self, device: Device, entry: str, key: Field) -> Value | None:
        if key in OF_DEVICE:
            return str(getattr(device, "class_" if key == "class" else key))
        if key in OF_HARDWARE:
            return getattr(self._estate.hardware[entry], key) if entry else None
        value: Value | None = getattr(device.owned, key)
        return value

    def _summary(self, record: Record) -> str:
        shown = [key for key in record.values if key in self._fields or key in OF_DEVICE]
        return ", ".join(f"{key} {_text(record.values[key])}" for key in shown)

    def _conflict(self, record: Record, device: str, key: str, why: str, now: str = "") -> None:
        self._lines.append(Line("conflict", device, key, now=now, why=why, origin=record.origin))


def _twice(records: Iterable[Record]) -> dict[str, str]:
    """Records of one name: none of them can be believed. Origin > why."""
    by_name: dict[str, list[Record]] = {}
    for record in records:
        by_name.setdefault(record.name.casefold(), []).append(record)
    return {
        record.origin: f"the source has this name {len(same)} times: {', '.join(one.origin for one in same[:3])}"
        for same in by_name.values()
        if len(same) > 1
        for record in same
    }


def _equal(key: Field, was: Value | None, now: Value) -> bool:
    if was is None:
        return False
    if key == "serial":
        return serial_key(str(was)) == serial_key(str(now))
    if key == "address":
        return canonical_address(str(was)) == canonical_address(str(now))
    if isinstance(now, Decimal):
        return Decimal(str(was)) == now
    return was == now


def _text(value: Value | None) -> str:
    return "" if value is None else str(value)


def _short(name: str) -> str:
    return name.casefold().partition(".")[0]
