"""What a new inventory changes, so that a reload touches only that. Pure.

Compared is what is in force for a device, not only what its entry says: a new default for a class changes each device
of the class, and a credential that is now another changes each device that uses it. Secrets themselves are not
compared: they are not in the inventory.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from agent.inventory.credentials import Model
from agent.inventory.model import Estate
from agent.inventory.resolve import Effective, InForce

SECTIONS = ("councils", "zones", "sites", "links", "services", "maintenance", "hardware", "exceptions")


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of another section than `devices`; of `programme`, one key."""

    section: str
    name: str
    what: Literal["added", "removed", "changed"]
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.section}.{self.name} {self.what}" + (f": {', '.join(self.fields)}" if self.fields else "")


@dataclass(frozen=True, slots=True)
class Difference:
    """Device names by what becomes of them, each in the order of the inventory; `changed` says which settings."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unchanged: tuple[str, ...] = ()
    elsewhere: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything changed at all."""
        return bool(self.added or self.removed or self.changed or self.elsewhere)

    def __str__(self) -> str:
        """One line for the log."""
        counts = f"{len(self.added)} added, {len(self.removed)} removed, {len(self.changed)} changed"
        elsewhere = f", {len(self.elsewhere)} other entries changed" if self.elsewhere else ""
        return f"{counts}, {len(self.unchanged)} unchanged devices{elsewhere}"


def difference(before: Estate, after: Estate) -> Difference:
    """What becomes of every device, and which entries of other sections are added, removed or changed."""
    changed: dict[str, tuple[str, ...]] = {}
    unchanged: list[str] = []
    was, now = InForce(before), InForce(after)
    for name, device in after.devices.items():
        if name in before.devices:
            what = dict.fromkeys(_fields(before.devices[name], device))
            what |= dict.fromkeys(_in_force(was.of(before.devices[name]), now.of(device), before, after))
            if what:
                changed[name] = tuple(what)
            else:
                unchanged.append(name)
    return Difference(
        added=tuple(name for name in after.devices if name not in before.devices),
        removed=tuple(name for name in before.devices if name not in after.devices),
        changed=changed,
        unchanged=tuple(unchanged),
        elsewhere=tuple(_elsewhere(before, after)),
    )


def _in_force(was: Effective, now: Effective, before: Estate, after: Estate) -> Iterator[str]:
    for f in fields(Effective):
        if f.compare and getattr(was, f.name) != getattr(now, f.name):
            yield f.name
    for kind, old_name, new_name in (("snmp", was.snmp, now.snmp), ("ssh", was.ssh, now.ssh)):
        if old_name and new_name and before.credentials.get(old_name) != after.credentials.get(new_name):
            yield kind


def _fields(old: Model, new: Model) -> Iterator[str]:
    for name, info in type(new).model_fields.items():
        if type(old) is not type(new) or getattr(old, name) != getattr(new, name):
            yield info.alias or name


def _elsewhere(before: Estate, after: Estate) -> Iterator[Change]:
    for section in SECTIONS:
        old: Mapping[str, Any] = getattr(before, section)
        new: Mapping[str, Any] = getattr(after, section)
        for name in dict.fromkeys((*old, *new)):
            if name not in old:
                yield Change(section, name, "added")
            elif name not in new:
                yield Change(section, name, "removed")
            elif old[name] != new[name]:
                yield Change(section, name, "changed", tuple(_fields(old[name], new[name])))
    for name in _fields(before.programme, after.programme):
        yield Change("programme", name, "changed")
