"""The YAML model of a device family: what to ask, and what the answers mean.

A family is data; `docs/reference/profile-format.md` is its annotated example, and a test loads it. Two ideas run
through everything: a *source* is one place where a value may come from (of a list, the first usable one wins), and a
*row rule* speaks of every row of one SNMP table, or of one scalar.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from collectors.readings import ENDS, Cadence, Level, Metric

DeviceClass = Literal[
    "firewall",
    "switch",
    "router",
    "wifi_controller",
    "wifi_ap",
    "ups",
    "pdu",
    "environment",
    "bmc",
    "storage",
    "hypervisor",
    "server",
    "load_balancer",
    "voice",
]

# Kind of a sensor -> unit, and the bounds outside which a value cannot be true (a filler, a missing probe).
KINDS: dict[str, tuple[str, float, float]] = {
    "temperature": ("celsius", -60, 200),
    "voltage": ("volts", -1_000_000, 1_000_000),
    "current": ("amperes", -100_000, 100_000),
    "power": ("watts", -10_000_000, 10_000_000),
    "apparent_power": ("voltamperes", -10_000_000, 10_000_000),
    "energy": ("joules", 0, 1e18),
    "fanspeed": ("rpm", 0, 100_000),
    "fanspeed_ratio": ("ratio", 0, 1.5),
    "frequency": ("hertz", 0, 1e12),
    "humidity": ("ratio", 0, 1),
    "charge": ("ratio", 0, 1.5),
    "load": ("ratio", 0, 20),
    "percent": ("ratio", -10, 100),
    "runtime": ("seconds", 0, 10 * 365 * 86400),
    "age": ("seconds", 0, 100 * 365 * 86400),
    "pressure": ("pascals", -1e9, 1e9),
    "waterflow": ("litres_per_minute", 0, 1e6),
    "airflow": ("cubic_metres_per_hour", 0, 1e7),
    "cooling": ("watts", -10_000_000, 10_000_000),
    "power_factor": ("ratio", -1, 1),
    "dbm": ("dbm", -150, 60),
    "signal": ("dbm", -200, 60),
    "noise": ("dbm", -200, 60),
    "snr": ("decibels", -50, 150),
    "bitrate": ("bits_per_second", 0, 1e15),
    "delay": ("seconds", 0, 1e6),
    "licence": ("timestamp_seconds", 946684800, 4102444800),  # when it ends: "for ever" is written as 1970 or far later
    "certificate": ("timestamp_seconds", 946684800, 4102444800),
    "count": ("", -1e18, 1e18),
    "other": ("", -1e18, 1e18),
}

_OID = re.compile(r"^(0|1|2)\.([0-9]|[1-3][0-9])(\.(0|[1-9][0-9]{0,9}))+$")
_METRIC = re.compile(r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")


def _oid(text: str) -> str:
    if not _OID.match(text):
        raise ValueError(f"{text!r} is no object identifier (digits and dots, as 1.3.6.1.2.1.1.3.0)")
    return text


def _regex(text: str) -> str:
    try:
        re.compile(text)
    except re.error as problem:
        raise ValueError(f"{text!r} is no regular expression: {problem}") from None
    return text


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"YAML reads this word as {value}; put it in quotes")
    return value


def _texts(value: object) -> object:
    """One or many, numbers taken as text: states and fillers are compared as text."""
    many = value if isinstance(value, list) else [value]
    for one in many:
        _no_bool(one)
    return [str(one) for one in many]


def _text_keys(value: object) -> object:
    """Raw values as keys: numbers are taken as text, and a word that YAML reads as true or false is refused."""
    return {str(_no_bool(k)): v for k, v in value.items()} if isinstance(value, dict) else value


def _many(value: object) -> object:
    return value if isinstance(value, list) else [value]


OidText = Annotated[str, AfterValidator(_oid)]
Regex = Annotated[str, AfterValidator(_regex)]
Word = Annotated[str, BeforeValidator(_no_bool)]
ByRaw = BeforeValidator(_text_keys)  # a mapping whose keys are what the device sends
Many = BeforeValidator(_many)  # one or a list
Texts = Annotated[list[str], BeforeValidator(_texts)]
ColumnRef = int | OidText  # a column number of the rule's own entry, or the OID of a column elsewhere
StateWord = Annotated[tuple[Word, Level], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)]
Every = Cadence


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Transform(Strict):
    """What is done to a value before it is used, in this order."""

    decode: Literal["text", "mac", "hex", "date_and_time", "ip"] | None = None  # octets that are not text
    extract: Regex | None = None  # first group, or the whole match
    replace: dict[Regex, str] = {}
    map: Annotated[dict[str, Word], ByRaw] = {}  # raw text -> word; what is not listed stays
    only: bool = False  # with map: what is not listed is not usable
    unavailable: Texts = []  # raw values that mean "not known"
    date: Texts = []  # strptime formats


class Source(Transform):
    """One place a text may come from: exactly one of `oid`, `column`, `entity`, `value`."""

    oid: OidText | None = None  # a scalar, with its .0
    column: OidText | None = None  # the first usable row of a column
    where: dict[ColumnRef, Texts] = {}  # with column: only rows where the other columns have these values
    entity: Literal["model", "serial", "version", "vendor", "manufactured", "hardware", "firmware"] | None = None
    value: Word | None = None
    join: list[OidText] = []  # several scalars, usable only if all are; joined by one blank
    name: str | None = None  # the MIB object, for the reader

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [x for x in (self.oid, self.column, self.entity, self.value) if x is not None] + self.join[:1]
        if len(given) != 1:
            raise ValueError("a source has exactly one of oid, column, entity, value, join")
        return self


class Numeric(Strict):
    """How a raw value becomes a number in base units: value = raw x scale + offset."""

    scale: float = 1
    offset: float = 0
    decibels: bool = False  # then 10 x log10 of it: milliwatts (what `scale` must lead to) become dBm
    extract: Regex | None = None  # for numbers inside text
    map: Annotated[dict[str, float], ByRaw] = {}
    unavailable: Texts = []
    minimum: float | None = None  # raw bounds; outside means "not known"
    maximum: float | None = None


class Cell(Numeric):
    """One scalar holding a number."""

    oid: OidText
    name: str | None = None


class Amount(Numeric):
    """A number in a column of the rule's table, or in a scalar."""

    column: ColumnRef | None = None
    oid: OidText | None = None
    value: float | None = None
    unit_column: ColumnRef | None = None  # multiplied by this column's number (hrStorageAllocationUnits)


def _amount(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"column": value}
    if isinstance(value, str):
        return {"oid": value}
    return value


AmountRef = Annotated[Amount, BeforeValidator(_amount)]


class IndexPart(Strict):
    """One part of a row's suffix: `length` sub-identifiers (0: all that is left; -1: length-prefixed)."""

    label: str
    length: int = 1
    form: Literal["number", "mac", "text", "ip", "oid"] = Field(default="number", alias="as")
    hide: bool = False  # used to look things up, no label of its own
    only: Texts = []  # rows with another value in this part are left out (an interval of three, an address type)


class Lookup(Transform):
    """A label from a column of this or another table, found by some of the row's index parts."""

    lookup: ColumnRef
    by: list[str] = []  # labels of index parts; empty: the whole suffix
    via: ColumnRef | None = None  # a column of this row that holds the other row's suffix (cpmCPUTotalPhysicalIndex)


def _lookup(value: object) -> object:
    return value if isinstance(value, dict) else {"lookup": value}


LookupRef = Annotated[Lookup, BeforeValidator(_lookup)]


class Rows(Strict):
    """A rule over every row of a table (`entry`) or over one scalar (`oid`)."""

    entry: OidText | None = None
    oid: OidText | None = None
    index: list[IndexPart] = []  # default: the whole suffix is `index`
    labels: dict[str, LookupRef] = {}
    where: dict[ColumnRef, Texts] = {}
    unless: dict[ColumnRef, Texts] = {}
    moving: bool = False  # rows come and go (tunnels, access points): walked at every visit, not only when learnt
    every: Every = Cadence.HEALTH
    fallback: bool = False  # used only where no rule before it in the same list gave anything
    beside: bool = False  # used only where the last rule before it that is not `beside` itself gave something


class TableMetric(Numeric):
    metric: str
    help: str
    column: ColumnRef
    type: Literal["gauge", "counter"] = "gauge"
    unless: ColumnRef | None = None  # left out for rows that have a value in this other column


class Table(Rows):
    """Rows that become series under their own metric names."""

    entry: OidText
    metrics: list[TableMetric]

    @model_validator(mode="after")
    def _names(self) -> Self:
        for metric in self.metrics:
            if not _METRIC.match(metric.metric):
                raise ValueError(f"{metric.metric!r} is no metric name")
        return self


class Scalar(Numeric):
    """One number that becomes one series."""

    metric: str
    help: str
    oid: OidText | None = None
    first_of: list[Cell] = []
    type: Literal["gauge", "counter"] = "gauge"
    every: Every = Cadence.HEALTH

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.oid is None) == (not self.first_of):
            raise ValueError("a scalar has either oid or first_of")
        if not _METRIC.match(self.metric):
            raise ValueError(f"{self.metric!r} is no metric name")
        return self

    @cached_property
    def family(self) -> Metric:
        return Metric(self.metric, self.help, self.type)

    @cached_property
    def cells(self) -> list[Cell]:
        """Where the number is: the first cell that says something counts."""
        return _cells(self)


class KindRule(Strict):
    match: Regex
    kind: str
    scale: float | None = None


class Sensors(Rows, Numeric):
    """Measured values. `name` is text with {label} or {column number} in it; what no kind rule matches is `other`."""

    name: str = "{index}"
    value: ColumnRef | None = None
    first_of: list[Cell] = []
    kind: str | None = None
    kinds: list[KindRule] = []
    kind_column: ColumnRef | None = None  # a column that says what is measured ...
    kind_map: Annotated[dict[str, str], ByRaw] = {}  # ... and its values; what is not listed is left out
    scale_column: ColumnRef | None = None  # a column with a factor or a number of decimals
    scale_map: Annotated[dict[str, float], ByRaw] = {}
    date: Texts = []  # kinds licence, certificate: strptime formats, or date_and_time, of the day on which it ends
    left: bool = False  # the same kinds: the number is the time that is left, to be scaled to seconds

    @model_validator(mode="after")
    def _known(self) -> Self:
        if (self.date or self.left) and self.kind not in ENDS:
            raise ValueError("date and left are for sensors of kind licence or certificate")
        if self.entry is None and self.oid is None and not self.first_of:
            raise ValueError("a sensor rule has entry and value, or oid, or first_of")
        if self.entry is not None and self.value is None:
            raise ValueError("a sensor rule over a table names the column of the value")
        named = [self.kind, *(k.kind for k in self.kinds), *self.kind_map.values()]
        if not any(named):
            raise ValueError("a sensor rule has kind, kinds or kind_column with kind_map")
        for kind in named:
            if kind is not None and kind not in KINDS:
                raise ValueError(f"kind {kind!r} is not one of {', '.join(KINDS)}")
        return self

    @cached_property
    def cells(self) -> list[Cell]:
        """Where a rule that is not over a table finds its value: the first cell that says something counts."""
        return _cells(self)


def _cells(rule: Scalar | Sensors) -> list[Cell]:
    if rule.first_of:
        return rule.first_of
    assert rule.oid is not None  # noqa: S101  (the model refuses a rule without a place)
    return [Cell(oid=rule.oid, **rule.model_dump(include=set(Numeric.model_fields)))]


class EntitySensors(Strict):
    """A table with the columns of ENTITY-SENSOR-MIB (RFC 3433): type 1, scale 2, precision 3, value 4, status 5.

    CISCO-ENTITY-SENSOR-MIB has the same columns. Rows are named from ENTITY-MIB.
    """

    entry: OidText
    every: Every = Cadence.HEALTH


class Usages(Rows):
    """How full something is: from `ratio`, or from two of used, free, total."""

    name: str = "{index}"
    ratio: AmountRef | None = None
    idle: bool = False  # `ratio` is the share that is free
    used: AmountRef | None = None
    free: AmountRef | None = None
    total: AmountRef | None = None

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if self.ratio is None and sum(x is not None for x in (self.used, self.free, self.total)) < 2:
            raise ValueError("give ratio, or two of used, free and total")
        return self


class Checks(Rows):
    """A state the device reports: raw value -> [word, level]. An unlisted code is `code_17`, unknown, never ok."""

    check: str
    subject: str = ""
    value: ColumnRef | None = None
    extract: Regex | None = None
    states: Annotated[dict[str, StateWord], ByRaw]
    bits: bool = False  # the value is BITS or a mask: every set bit that is listed is a state of its own
    newer_than: OidText | None = None  # two times on the device's own clock: the state is `newer` or `older`
    settled: float = 0  # with newer_than: times below this are older, whatever the other says
    unavailable: Texts = []

    @model_validator(mode="after")
    def _placed(self) -> Self:
        if (self.entry is None) == (self.oid is None):
            raise ValueError("a check has either entry and value, or oid")
        if self.entry is not None and self.value is None:
            raise ValueError("a check over a table names the column of the value")
        for raw, (word, _) in self.states.items():
            if re.fullmatch(r"-?\d+", word):  # every state would be an unknown code, and none ever critical
                raise ValueError(
                    f"states: what the device sends comes first: {word}: [{raw}, ...], not {raw}: [{word}, ...]"
                )
        if self.newer_than is not None and (self.oid is None or not {"newer", "older"} <= set(self.states)):
            raise ValueError("newer_than goes with oid, and with the states newer and older")
        return self


class PartSource(Transform):
    column: ColumnRef | None = None
    index: str | None = None  # a label of the row: tables that are numbered by the serial number itself
    oid: OidText | None = None
    value: Word | None = None


def _part_source(value: object) -> object:
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"column": value}
    if isinstance(value, str):
        return {"value": value}
    return value


PartRef = Annotated[PartSource, BeforeValidator(_part_source)]


def _part_sources(value: object) -> object:
    return value if isinstance(value, list) else [value]


PartRefs = Annotated[list[PartRef], BeforeValidator(_part_sources)]


class Components(Rows):
    """Rows (or one fixed thing) with a serial number or model of their own, for the hardware register."""

    part: str
    name: str = "{index}"
    model: PartRefs = []
    serial: PartRefs = []
    version: PartRefs = []
    manufactured: PartRefs = []
    installed: PartRefs = []
    replace_by: PartRefs = []
    every: Every = Cadence.INVENTORY


class Match(Strict):
    """All conditions that are given must hold; of a list, any."""

    sys_object_id: Annotated[list[str], Many] = []
    sys_descr: Annotated[list[Regex], Many] = []
    not_sys_descr: Annotated[list[Regex], Many] = []
    has: Annotated[list[OidText], Many] = []  # one answers
    answers: dict[OidText, Regex] = {}  # these answer with text like this

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.sys_object_id or self.sys_descr or self.has or self.answers):
            raise ValueError("an entry of match needs sys_object_id, sys_descr, has or answers")
        for pattern in self.sys_object_id:
            _oid(pattern.removesuffix(".*"))
        return self


class ClassWhen(Strict):
    """The class is this where the conditions hold; the first that does wins over the profile's `class`."""

    device_class: DeviceClass = Field(alias="class")
    sys_object_id: Annotated[list[str], Many] = []
    sys_descr: Regex | None = None
    model: Regex | None = None


class Relocation(Strict):
    """A vendor who puts the same objects below every product's own number (Moxa, Edgecore, D-Link).

    OIDs of the profile below the placeholder `below` are asked below `to`, which is filled from the groups of `match`
    on sysObjectID. Where `match` does not fit, they stay and nothing answers.
    """

    below: OidText
    match: Regex
    to: str

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        _oid(re.sub(r"\\\d", "1.3.6.1", self.to))  # a group may hold one number or a whole OID
        return self


class Identity(Strict):
    vendor: list[Source] = []
    model: list[Source] = []
    serial: list[Source] = []
    version: list[Source] = []
    name: list[Source] = []
    location: list[Source] = []
    manufactured: list[Source] = []


class Wireless(Strict):
    """Counts over a table or from scalars; the first usable one wins."""

    what: Literal["clients", "access_points", "access_points_up", "access_points_limit"]
    oid: OidText | None = None
    total: OidText | None = None  # a column, added up
    count: OidText | None = None  # a column, its rows counted
    where: Texts = []  # with count: only rows with these values
    distinct: bool = False  # with count: different values
    every: Every = Cadence.HEALTH

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(x is not None for x in (self.oid, self.total, self.count)) != 1:
            raise ValueError("give exactly one of oid, total, count")
        return self


class Ssh(Strict):
    """The platform (netmiko's name) whose commands `collectors.ssh` knows."""

    platform: str


LISTS = (
    "scalars",
    "tables",
    "sensors",
    "entity_sensors",
    "processors",
    "memory",
    "storage",
    "wireless",
    "checks",
    "components",
    "class_by",
)


class Profile(Strict):
    """One device family, or (name with a leading underscore) something families are made of."""

    profile: str
    title: str
    device_class: DeviceClass | None = Field(default=None, alias="class")
    class_by: list[ClassWhen] = []
    extends: list[str] = []
    instead: list[str] = []  # lists whose inherited entries are dropped
    match: list[Match] = []
    relocate: list[Relocation] = []
    identity: Identity = Identity()
    scalars: list[Scalar] = []
    tables: list[Table] = []
    sensors: list[Sensors] = []
    entity_sensors: list[EntitySensors] = []
    entity_parts: bool | None = None  # read ENTITY-MIB for parts (default: as inherited)
    processors: list[Usages] = []
    memory: list[Usages] = []
    storage: list[Usages] = []
    wireless: list[Wireless] = []
    checks: list[Checks] = []
    components: list[Components] = []
    ssh: Ssh | None = None
    notes: str | None = None

    @cached_property
    def cadences(self) -> dict[str, frozenset[Cadence]]:
        """Of each list of rules with cadences of their own: which of these occur in it."""
        return {name: frozenset(rule.every for rule in getattr(self, name)) for name in LISTS if name != "class_by"}

    @model_validator(mode="after")
    def _shape(self) -> Self:
        abstract = self.profile.startswith("_")
        if abstract and self.match:
            raise ValueError("an abstract profile (leading underscore) never matches a device; take `match` away")
        unknown = set(self.instead) - set(LISTS)
        if unknown:
            raise ValueError(f"instead: {sorted(unknown)[0]!r} is not one of {', '.join(LISTS)}")
        return self
