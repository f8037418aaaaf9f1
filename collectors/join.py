"""Hardware that two ways to a device tell of, as one piece each. Pure.

    parts = joined(by_snmp, by_ssh)

A table and a command line number their rows differently, and one of them often leaves out the serial number. Two parts
are the same piece if they have the same serial number, or the same kind and name, each only once on its side, and
nothing that both of them say differs. The first one keeps its place, by which the register knows it. Licences have no
serial number and a name of each side's own: where the first side tells of any, those of the second are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, time

from collectors.readings import Part, Sensor, compatible

_ONE_SIDED = frozenset({"licence"})
_FILLED = tuple(field.name for field in fields(Part) if field.name not in ("part", "name", "place"))
_Named = tuple[str, str]


def joined(first: Sequence[Part], second: Sequence[Part]) -> tuple[Part, ...]:
    """The parts of both sides, those of the first in front, with what only the second says of them."""
    if not first or not second:
        return (*first, *second)
    found = list(first)
    serials = {part.serial: at for at, part in enumerate(found) if part.serial}
    once = _once(first) & _once(second)
    named = {_named(part): at for at, part in enumerate(found) if _named(part) in once}
    told = {part.part for part in first} & _ONE_SIDED
    for part in second:
        if part.part in told:
            continue
        at = serials.get(part.serial) if part.serial else None
        if at is None and (alike := named.get(_named(part))) is not None and _agree(found[alike], part):
            at = alike
        if at is None:
            found.append(part)
        else:
            missing = {name: getattr(part, name) for name in _FILLED if not getattr(found[at], name)}
            found[at] = replace(found[at], **missing)
    return tuple(found)


def licences(parts: Iterable[Part], sensors: Iterable[Sensor]) -> tuple[Sensor, ...]:
    """When licences end, as their parts say it, where no sensor tells of any.

    Command lines list licences as pieces, tables as readings: either way their ends are one metric family.
    """
    if any(sensor.kind == "licence" for sensor in sensors):
        return ()
    return tuple(
        Sensor(
            kind="licence",
            name=part.name,
            value=datetime.combine(part.replace_by, time(), UTC).timestamp(),
            unit="timestamp_seconds",
            oid="",
            index=part.place if part.place != part.name else "",
        )
        for part in parts
        if part.part == "licence" and part.replace_by is not None and 2000 <= part.replace_by.year < 2100
    )


def _named(part: Part) -> _Named:
    return part.part, " ".join(part.name.split()).casefold()


def _once(parts: Iterable[Part]) -> set[_Named]:
    """Names that tell one part from all others of their side."""
    return {named for named, times in Counter(map(_named, parts)).items() if times == 1}


def _agree(one: Part, other: Part) -> bool:
    """Nothing that both say differs; a model may be told in short."""
    if one.serial and other.serial and one.serial != other.serial:
        return False
    return compatible(one.model, other.model)
