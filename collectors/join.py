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

from collectors.readings import Part, compatible

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
