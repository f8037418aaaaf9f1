"""Answers and a profile become findings. Pure: a book in, values out, no clock and no network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.decode import blocks, entity, identity, interfaces, parts, sensors, usage
from collectors.decode.book import Book
from collectors.profiles.model import Profile, Table
from collectors.readings import Cadence, Findings, Part

__all__ = ["Book", "decode"]


def decode(profile: Profile, book: Book, cadences: Iterable[Cadence], quick: Iterable[Table] = ()) -> Findings:
    """Everything the profile says about these cadences. `quick`: tables whose blocks are made by the quick way."""
    cadences = tuple(cadences)
    health, inventory = Cadence.HEALTH in cadences, Cadence.INVENTORY in cadences
    table = entity.entities(book) if inventory else {}

    def asked(what: str) -> bool:  # of a pulse hardly any family asks more than scalars and interfaces
        return not profile.cadences[what].isdisjoint(cadences)

    measured = list(sensors.sensors(profile, book, cadences)) if asked("sensors") else []
    if asked("entity_sensors"):
        known = {s.oid for s in measured}
        for rule in profile.entity_sensors:
            if rule.every in cadences:
                measured += [s for s in entity.sensors(book, rule) if s.oid not in known]
    judged = list(sensors.checks(profile, book, cadences)) if asked("checks") else []
    found_parts = list(parts.parts(profile, book)) if inventory else []
    if inventory and profile.entity_parts:
        named = {p.serial for p in found_parts if p.serial}
        found_parts += [p for p in entity.parts(table) if p.serial is None or p.serial not in named]
    return Findings(
        blocks=(*blocks.scalars(profile, book, cadences), *blocks.tables(profile, book, cadences, quick)),
        interfaces=tuple(interfaces.interfaces(book)) if health else (),
        sensors=(*measured, *(sensor for _, sensor in judged)),
        processors=tuple(usage.usages(profile, "processors", book, cadences)) if asked("processors") else (),
        memory=tuple(usage.usages(profile, "memory", book, cadences)) if asked("memory") else (),
        storage=tuple(usage.usages(profile, "storage", book, cadences)) if asked("storage") else (),
        wireless=usage.wireless(profile, book, cadences) if asked("wireless") else {},
        parts=tuple(found_parts),
        placeholders=tuple(_placeholders(profile, book, table)) if inventory else (),
        checks=tuple(check for check, _ in judged),
    )


def _placeholders(profile: Profile, book: Book, table: dict[str, entity.Entity]) -> Iterator[Part]:
    yield from identity.placeholders(profile, book, table)
    yield from parts.placeholders(profile, book)
    if profile.entity_parts:
        yield from entity.placeholders(table)
