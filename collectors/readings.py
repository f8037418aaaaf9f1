"""What a visit gives: frozen values, nothing else.

Units are base units everywhere (seconds, bytes, celsius, volts, amperes, watts, hertz, rpm) and ratios are 0 to 1.
None is "not known", never 0. Times are aware UTC.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Literal
from weakref import WeakValueDictionary

from collectors.errors import DeviceFault


class Cadence(StrEnum):
    """How often something is worth asking. Each includes the ones before it: an inventory visit asks everything."""

    PULSE = "pulse"  # 60 s: reachability, uptime, interface counters and states
    HEALTH = "health"  # 5 min: sensors, checks, usage
    INVENTORY = "inventory"  # 6 h: identity, parts, labels, which rows there are

    @property
    def includes(self) -> tuple[Cadence, ...]:
        return _INCLUDED[self]


_INCLUDED = {cadence: tuple(Cadence)[: at + 1] for at, cadence in enumerate(Cadence)}


class Level(StrEnum):
    """How bad a state is."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"


# ---------------------------------------------------------------- columnar readings, on the way to the exporter
MetricKind = Literal["gauge", "counter", "info"]
Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric family: Prometheus name, help text, and whether it only grows."""

    name: str
    help: str
    kind: MetricKind = "gauge"


@dataclass(frozen=True, slots=True)
class Series:
    """One time series of a device; `labels` without `device`, which the exporter adds."""

    metric: Metric
    labels: Labels


@dataclass(frozen=True, slots=True)
class Group:
    """All series of one metric: one label set per row. Rows are shared between the groups of one table."""

    metric: Metric
    rows: tuple[Labels, ...]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Layout:
    """Which series a block of values feeds: the groups' rows, one after the other.

    Compared by identity: it is made once when the rows of a table are learnt and then shared by every visit, so the
    exporter can keep its rendered template with it.
    """

    cadence: Cadence
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, cadence: Cadence, groups: tuple[Group, ...]) -> Layout:
        """The one layout with these groups: equal visits, of one device or many, share it and what is kept with it."""
        layout = _layouts.get((cadence, groups))
        if layout is None:
            layout = _layouts[cadence, groups] = cls(cadence, groups)
        return layout

    def __len__(self) -> int:
        return sum(len(group.rows) for group in self.groups)

    @property
    def series(self) -> Iterator[Series]:
        """The series in the order of a block's values; made on the way, not kept (there may be millions)."""
        for group in self.groups:
            for labels in group.rows:
                yield Series(group.metric, labels)


_layouts: WeakValueDictionary[tuple[Cadence, tuple[Group, ...]], Layout] = WeakValueDictionary()


WORTH_PACKING = 16  # values; below that the array's own head eats what is won


@dataclass(frozen=True, slots=True)
class Block:
    """Values for a layout, `len(layout)` of them in its order; None where the device gave none this time.

    From `WORTH_PACKING` values on they may be in an array, of eight octets each: a tuple of counters takes forty.
    """

    layout: Layout
    values: Sequence[int | float | None]


# ---------------------------------------------------------------- what people and judgement read
@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device says it is."""

    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    version: str | None = None
    name: str | None = None  # sysName
    sys_object_id: str | None = None
    sys_descr: str | None = None
    sys_location: str | None = None
    uptime_seconds: float | None = None
    manufactured: date | None = None


@dataclass(frozen=True, slots=True)
class Interface:
    """One row of IF-MIB, with 64-bit counters where the device has them (RFC 2863)."""

    index: int
    name: str | None = None
    descr: str | None = None
    alias: str | None = None
    admin: str | None = None
    oper: str | None = None
    speed_bps: int | None = None
    in_octets: int | None = None
    out_octets: int | None = None
    in_errors: int | None = None
    out_errors: int | None = None
    in_discards: int | None = None
    out_discards: int | None = None


ENDS = frozenset({"licence", "certificate"})  # kinds of sensors that tell when something ends


@dataclass(frozen=True, slots=True)
class Sensor:
    """One measured value, or one state (`kind` "state": `raw` is the device's number, `state` its word)."""

    kind: str
    name: str
    value: float | None
    unit: str
    oid: str
    index: str = ""
    state: str | None = None
    level: Level | None = None
    raw: int | float | str | None = None

    @property
    def words(self) -> str:
        """The value and its unit as a person reads them; of a moment its day."""
        if self.value is None:
            return ""
        if self.unit == "timestamp_seconds":
            return datetime.fromtimestamp(self.value, UTC).date().isoformat()
        return f"{self.value:g} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class Usage:
    """How full a processor, a memory or a storage area is."""

    name: str
    usage_ratio: float | None
    used_bytes: float | None = None
    total_bytes: float | None = None
    index: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A state the device reports, judged: `check` says what is looked at, `subject` which one of them."""

    check: str
    subject: str
    state: str
    level: Level


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of hardware with a serial number or model of its own, for the register."""

    part: str  # chassis, stack_member, line_card, power_supply, fan, access_point, ha_member, battery, disk ...
    name: str
    model: str | None = None
    serial: str | None = None
    version: str | None = None
    manufactured: date | None = None
    installed: date | None = None
    replace_by: date | None = None
    place: str = ""  # where in the device: an index or slot that stays when the part is swapped


def compatible(one: str | None, other: str | None) -> bool:
    """Whether two readings of a model may be of one piece: equal, one unknown, or one text within the other."""
    if one is None or other is None or one == other:
        return True
    one, other = one.casefold(), other.casefold()
    return one in other or other in one


@dataclass(frozen=True, slots=True)
class Failure:
    """What could not be had, and why. `stage` is snmp, ssh, icmp, tcp, http, dns, decode or parse."""

    stage: str
    kind: str  # DeviceFault.kind
    asked: str
    detail: str

    @classmethod
    def of(cls, stage: str, asked: str, fault: DeviceFault) -> Failure:
        return cls(stage=stage, kind=fault.kind, asked=asked, detail=str(fault))


@dataclass(frozen=True, slots=True)
class Findings:
    """A part of a visit, as one stage (SNMP decode, an SSH parser, a probe) gives it; a visit is their sum."""

    identity: Mapping[str, str | float | date] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    processors: tuple[Usage, ...] = ()
    memory: tuple[Usage, ...] = ()
    storage: tuple[Usage, ...] = ()
    wireless: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    placeholders: tuple[Part, ...] = ()
    checks: tuple[Check, ...] = ()
    failures: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Answered:
    """Which source answered (True), was asked and stayed silent (False), or was not asked (None)."""

    snmp: bool | None = None
    ssh: bool | None = None
    icmp: bool | None = None
    tcp: bool | None = None
    http: bool | None = None
    dns: bool | None = None

    @property
    def any(self) -> bool:
        return any((self.snmp, self.ssh, self.icmp, self.tcp, self.http, self.dns))


@dataclass(frozen=True, slots=True)
class Visit:
    """Everything one look at one device gave. `reached` is True when anything at all answered.

    `placeholders`: what is said in place of a serial number that is not known (N/A, FFFFFFFFFFFF), with the part that
    says it; for whoever asks why a part has none, and for nobody else. The device's own has the part `identity`.
    Lists that belong to a cadence the visit did not include are empty and mean nothing: see `cadence`.
    """

    device: str
    cadence: Cadence
    started_at: datetime
    seconds: float
    reached: bool
    answered: Answered = Answered()
    profile: str | None = None
    device_class: str | None = None
    requests: int = 0
    retries: int = 0
    identity: Identity = Identity()
    blocks: tuple[Block, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    processors: tuple[Usage, ...] = ()
    memory: tuple[Usage, ...] = ()
    storage: tuple[Usage, ...] = ()
    wireless: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    placeholders: tuple[Part, ...] = ()
    checks: tuple[Check, ...] = ()
    failures: tuple[Failure, ...] = ()

    def told(self, metrics: Container[str]) -> Iterator[tuple[str, dict[str, str], float]]:
        """What it has of these metrics, in order: name, labels, value. For a few; a page has its own way for all."""
        for block in self.blocks:
            at = 0
            for group in block.layout.groups:
                if group.metric.name in metrics:
                    for place, labels in enumerate(group.rows):
                        value = block.values[at + place]
                        if value is not None:
                            yield group.metric.name, dict(labels), float(value)
                at += len(group.rows)
