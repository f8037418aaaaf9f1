"""Which answers are one device, and which of them the inventory has already. Pure.

devices = one_each(heard)                     the same device under several addresses is one
for device in devices: known(device, estate_index)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.discovery.heard import Heard
from agent.inventory.model import Estate
from agent.inventory.values import canonical_address
from agent.lifecycle.placeholders import usable
from agent.lifecycle.same import serial_key
from collectors.readings import compatible

BOOTED_WITHIN = 15.0  # seconds: two looks at one clock, some time and retries apart


@dataclass(frozen=True, slots=True)
class Found:
    """One device: the answer that stands for it, and the others that it gave at other addresses."""

    heard: Heard
    others: tuple[Heard, ...] = ()

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.heard.address, *(one.address for one in self.others))


@dataclass(frozen=True, slots=True)
class Known:
    """The device of the inventory that a found one is. `by`: address, serial or name.

    `new_address`: it answered elsewhere than the inventory says. `doubt`: what speaks against it.
    """

    name: str
    by: str
    new_address: bool = False
    doubt: str = ""


# ---------------------------------------------------------------- one device, several addresses
def one_each(heard: Iterable[Heard], first: Iterable[str] = ()) -> list[Found]:
    """Answers put together that are of one device, in the order of their first. `first`: addresses to stand for it."""
    answers = [one for one in heard if one.outcome == "found"]
    group = list(range(len(answers)))

    def root(at: int) -> int:
        while group[at] != at:
            group[at] = group[group[at]]
            at = group[at]
        return at

    by_mark: dict[tuple[str, str], list[int]] = defaultdict(list)
    for at, one in enumerate(answers):
        for mark in _marks(one):
            by_mark[mark].append(at)
    for alike in by_mark.values():
        # Compared with one of each kind among them, not each with each: a thousand switches may be called "Switch".
        kinds: list[int] = []
        for at in alike:
            twin = next((other for other in kinds if same(answers[other], answers[at])), None)
            if twin is None:
                kinds.append(at)
            else:
                low, high = sorted((root(twin), root(at)))
                group[high] = low
    together: dict[int, list[Heard]] = defaultdict(list)
    for at, one in enumerate(answers):
        together[root(at)].append(one)
    preferred = {canonical_address(one) for one in first}
    return [_found(members, preferred) for _, members in sorted(together.items())]


def _found(members: Sequence[Heard], preferred: set[str]) -> Found:
    main = next((one for one in members if canonical_address(one.address) in preferred), members[0])
    return Found(main, tuple(one for one in members if one is not main))


def _marks(one: Heard) -> Iterable[tuple[str, str]]:
    if serial := usable(one.serial):
        yield "serial", serial_key(serial)
    if one.engine_id:
        yield "engine", one.engine_id
    if one.name:
        yield "name", one.name.casefold()


def same(one: Heard, other: Heard) -> bool:
    """Whether two answers are of one device.

    A serial number tells, if the models do not contradict it; two that differ tell as well. Engine identifiers are
    copied with configurations and images, and names are given twice, so either only counts together with the other, or
    with a start at the same moment.
    """
    serials = [serial_key(found) if (found := usable(said.serial)) else None for said in (one, other)]
    if serials[0] and serials[1]:
        return serials[0] == serials[1] and compatible(one.model, other.model)
    if one.engine_id and other.engine_id and one.engine_id != other.engine_id:
        return False
    if (one.object_id, one.descr) != (other.object_id, other.descr):
        return False
    together = one.booted is not None and other.booted is not None and abs(one.booted - other.booted) <= BOOTED_WITHIN
    named = bool(one.name) and _name(one.name) == _name(other.name)
    engines = one.engine_id is not None and one.engine_id == other.engine_id
    return (named and (engines or together)) or (engines and together)


# ---------------------------------------------------------------- what the inventory has
class Index:
    """An estate by address, serial number and name. `serials`: of devices, as visits have seen them.

    `resolved`: the addresses of devices that the inventory has by host name.
    """

    def __init__(
        self, estate: Estate, serials: Mapping[str, str] | None = None, resolved: Mapping[str, str] | None = None
    ) -> None:
        self.estate = estate
        self._address = {canonical_address(device.address): name for name, device in estate.devices.items()}
        self._address |= {canonical_address(address): name for address, name in (resolved or {}).items()}
        self._serial = {serial_key(serial): name for serial, name in (serials or {}).items()}
        for entry in estate.hardware.values():
            if entry.device and entry.serial and entry.part in ("chassis", "stack_member", "ha_member"):
                self._serial[serial_key(entry.serial)] = entry.device
        self._of: dict[str, str] = {name: serial for serial, name in self._serial.items()}
        named = [(_name(name), name) for name in estate.devices]
        short = [(label.partition(".")[0], name) for label, name in named if "." in label]
        self._name = dict(short) | dict(named)

    @property
    def addresses(self) -> Iterable[str]:
        return self._address

    def at(self, address: str) -> str | None:
        """The device that the inventory has at an address."""
        return self._address.get(canonical_address(address))

    def known(self, found: Found) -> Known | None:
        """The device that a found one is; None: it is new."""
        for address in found.addresses:
            if name := self._address.get(canonical_address(address)):
                return Known(name, "address", doubt=self._doubt(name, found))
        if (serial := usable(found.heard.serial)) and (name := self._serial.get(serial_key(serial))):
            return Known(name, "serial", new_address=True)
        if found.heard.name:
            whole = _name(found.heard.name)
            if name := self._name.get(whole) or self._name.get(whole.partition(".")[0]):
                return Known(name, "name", new_address=True, doubt=self._doubt(name, found))
        return None

    def _doubt(self, name: str, found: Found) -> str:
        had, serial = self._of.get(name), usable(found.heard.serial)
        if had and serial and had != serial_key(serial):
            return f"another serial number than {had}: replaced, or another device of this name?"
        kind = found.heard.device_class
        if kind and kind != self.estate.devices[name].class_:
            return f"looks like a {kind.replace('_', ' ')}, and the inventory says {self.estate.devices[name].class_}"
        return ""


def _name(text: str | None) -> str:
    return (text or "").strip().rstrip(".").casefold()
