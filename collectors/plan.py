"""What a profile wants asked, sorted so that it takes the fewest requests. Pure.

Static columns (names, labels, filters) are walked when rows are learnt; live ones hold what is measured and are asked
as known cells from then on; rows that come and go (`moving`) are walked whenever their cadence comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from collectors.decode import entity
from collectors.decode.book import absolute
from collectors.decode.identity import SYS_DESCR, SYS_LOCATION, SYS_NAME, SYS_OBJECT_ID, SYS_UPTIME
from collectors.decode.interfaces import IF_ENTRY
from collectors.decode.interfaces import columns as interface_columns
from collectors.decode.rows import columns_in
from collectors.profiles.model import Amount, Checks, Components, Profile, Sensors, Source, Table, Usages
from collectors.readings import Cadence

IF_NUMBER = "1.3.6.1.2.1.2.1.0"
IF_TABLE_LAST_CHANGE = "1.3.6.1.2.1.31.1.5.0"
ENT_LAST_CHANGE = "1.3.6.1.2.1.47.1.4.1.0"  # entLastChangeTime (RFC 6933)
WHO = (SYS_DESCR, SYS_OBJECT_ID, SYS_UPTIME, SYS_NAME, SYS_LOCATION)
MARKS = (IF_NUMBER, IF_TABLE_LAST_CHANGE)  # looked at in every pulse: when one changes, rows have come, gone or moved


Rule = Sensors | Usages | Checks | Components | Table


@dataclass(slots=True)
class Plan:
    """Scalars and columns of a profile, each with the cadence it belongs to."""

    scalars: dict[str, Cadence] = field(default_factory=dict)
    static: dict[str, None] = field(default_factory=dict)
    live: dict[str, Cadence] = field(default_factory=dict)
    moving: dict[str, Cadence] = field(default_factory=dict)
    interfaces: bool = False
    # Columns that are only of use beside rows of other tables (names of these rows, or more of what they say), with the
    # columns of those: where they have no rows, nothing is asked. Most devices lack most of what a family may have, and
    # each saved walk is a request.
    following: dict[str, set[str]] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)  # columns asked for their own sake

    def scalar(self, oid: str, cadence: Cadence) -> None:
        known = self.scalars.get(oid)
        if known is None or cadence in known.includes:
            self.scalars[oid] = cadence

    def column(
        self, oid: str, cadence: Cadence | None, moving: bool = False, following: Iterable[str] | None = None
    ) -> None:
        """A column: static where `cadence` is None; of several cadences the quickest counts.

        `following`: the column is of use only where one of these has rows.
        """
        if following is None:
            self.plain.add(oid)
        else:
            self.following.setdefault(oid, set()).update(following)
        if moving:
            at = cadence or Cadence.HEALTH
            known = self.moving.get(oid)
            if known is None or at in known.includes:
                self.moving[oid] = at
        elif cadence is None or cadence is Cadence.INVENTORY:
            self.static[oid] = None
        else:
            known = self.live.get(oid)
            if known is None or cadence in known.includes:
                self.live[oid] = cadence

    def unwanted(self, columns: Iterable[str], walked: Mapping[str, Mapping[str, object]]) -> bool:
        """True for columns that go with rows of which none has come."""
        return not any(
            c not in self.following or any(walked.get(named) for named in self.following[c]) for c in columns
        )

    def tables(self, columns: Iterable[str]) -> Iterator[tuple[str, ...]]:
        """Columns grouped by the row object they belong to: one walk each."""
        by_entry: dict[str, list[str]] = {}
        for column in dict.fromkeys(columns):
            by_entry.setdefault(column.rpartition(".")[0], []).append(column)
        last = sorted(by_entry.values(), key=lambda group: all(c in self.following for c in group))
        for group in last:  # what goes with rows comes after them
            yield tuple(sorted(group, key=lambda c: int(c.rpartition(".")[2])))

    @property
    def every_column(self) -> Iterator[str]:
        yield from dict.fromkeys((*self.static, *self.live, *self.moving))


_plans: dict[int, tuple[Profile, Plan]] = {}


def plan(profile: Profile) -> Plan:
    """The plan of a profile; made once for each profile object."""
    held = _plans.get(id(profile))
    if held is None or held[0] is not profile:
        held = (profile, _make(profile))
        _plans[id(profile)] = held
    return held[1]


def _make(profile: Profile) -> Plan:
    out = Plan()
    for oid in (SYS_UPTIME, SYS_NAME, SYS_LOCATION):
        out.scalar(oid, Cadence.PULSE if oid == SYS_UPTIME else Cadence.INVENTORY)
    for sources in (getattr(profile.identity, name) for name in type(profile.identity).model_fields):
        for source in sources:
            _source(out, source)
    for scalar in profile.scalars:
        for cell in scalar.cells:
            out.scalar(cell.oid, scalar.every)
    for table in profile.tables:
        _rows(out, table)
        for metric in table.metrics:
            out.column(absolute(table.entry, metric.column), table.every, table.moving)
        out.interfaces = out.interfaces or table.entry == IF_ENTRY
    for sensor in profile.sensors:
        _sensor(out, sensor)
    for entity_sensor in profile.entity_sensors:
        # RFC 3433 makes sensors entities with more columns, and agents exist that have the sensors alone.
        for n in (1, 2, 3):
            out.column(f"{entity_sensor.entry}.{n}", None)
        for n in (4, 5):
            out.column(f"{entity_sensor.entry}.{n}", entity_sensor.every)
    if profile.entity_sensors or profile.entity_parts or _uses_entity(profile):
        for name in entity.COLUMNS:
            out.column(entity.oid(name), None)
    for usage in (*profile.processors, *profile.memory, *profile.storage):
        _usage(out, usage)
    for wireless in profile.wireless:
        if wireless.oid:
            out.scalar(wireless.oid, wireless.every)
        for column in (wireless.total, wireless.count):
            if column:
                out.column(column, wireless.every, moving=True)
    for check in profile.checks:
        _check(out, check)
    for component in profile.components:
        _component(out, component)
    if out.interfaces:
        for column in interface_columns():
            if column not in out.live:
                out.column(column, None)
    for column in [c for c in out.following if c in out.plain or c in out.moving]:
        del out.following[column]
    # A column that moves is read by walks alone: asking its cells as well would be asking twice.
    for column in out.moving:
        out.live.pop(column, None)
        out.static.pop(column, None)
    return out


def _uses_entity(profile: Profile) -> bool:
    return any(s.entity for name in type(profile.identity).model_fields for s in getattr(profile.identity, name))


def _source(out: Plan, source: Source) -> None:
    for oid in (source.oid, *source.join):
        if oid:
            out.scalar(oid, Cadence.INVENTORY)
    if source.column:
        out.column(source.column, None)
        for ref in source.where:
            out.column(absolute(source.column.rpartition(".")[0], ref), None)


def _rows(out: Plan, rule: Rule) -> None:
    """Columns for labels and filters."""
    for ref in (*rule.where, *rule.unless):
        out.column(absolute(rule.entry, ref), None if not rule.moving else rule.every, rule.moving)
    for lookup in rule.labels.values():
        column = absolute(rule.entry, lookup.lookup)
        own = column.rpartition(".")[0] == rule.entry
        out.column(column, rule.every if rule.moving else None, rule.moving and own, None if own else _named(rule))
        if lookup.via is not None:
            out.column(absolute(rule.entry, lookup.via), rule.every if rule.moving else None, rule.moving)


def _template(out: Plan, rule: Rule, template: str) -> None:
    for column in columns_in(rule.entry, template):
        own = column.rpartition(".")[0] == rule.entry
        out.column(column, rule.every if rule.moving else None, rule.moving, None if own else _named(rule))


def _named(rule: Rule) -> Iterable[str] | None:
    """The columns whose rows a name of this rule belongs to.

    None where rows may come between two inventories: they want their names then, so the names are asked for anyway.
    """
    if rule.moving and rule.every is not Cadence.INVENTORY:
        return None
    return [absolute(rule.entry, column) for column in main_columns(rule)]


def _sensor(out: Plan, rule: Sensors) -> None:
    if rule.entry is None:
        for oid in (rule.oid, *(c.oid for c in rule.first_of)):
            if oid:
                out.scalar(oid, rule.every)
        return
    _rows(out, rule)
    _template(out, rule, rule.name)
    for ref in (rule.kind_column, rule.scale_column):
        if ref is not None:
            out.column(absolute(rule.entry, ref), rule.every if rule.moving else None, rule.moving)
    if rule.value is not None:
        out.column(absolute(rule.entry, rule.value), rule.every, rule.moving)


def _amounts(rule: Usages) -> Iterator[Amount]:
    yield from (a for a in (rule.ratio, rule.used, rule.free, rule.total) if a is not None)


def _usage(out: Plan, rule: Usages) -> None:
    _rows(out, rule)
    if rule.entry is not None:
        _template(out, rule, rule.name)
    for amount in _amounts(rule):
        if amount.oid:
            out.scalar(amount.oid, rule.every)
        if amount.column is not None:
            out.column(absolute(rule.entry, amount.column), rule.every, rule.moving)
        if amount.unit_column is not None:
            out.column(absolute(rule.entry, amount.unit_column), rule.every if rule.moving else None, rule.moving)


def _check(out: Plan, rule: Checks) -> None:
    if rule.entry is None:
        for oid in (rule.oid, rule.newer_than):
            if oid:
                out.scalar(oid, rule.every)
        return
    _rows(out, rule)
    _template(out, rule, rule.subject)
    if rule.value is not None:
        out.column(absolute(rule.entry, rule.value), rule.every, rule.moving)


def _component(out: Plan, rule: Components) -> None:
    if rule.entry is not None:
        _rows(out, rule)
        _template(out, rule, rule.name)
    for name in ("model", "serial", "version", "manufactured", "installed", "replace_by"):
        for source in getattr(rule, name):
            if source.column is not None:
                out.column(absolute(rule.entry, source.column), rule.every if rule.moving else None, rule.moving)
            if source.oid:
                out.scalar(source.oid, Cadence.INVENTORY)


def main_columns(rule: Rule) -> tuple[int | str, ...]:
    """The columns whose rows are the rule's rows."""
    refs: list[int | str | None]
    if isinstance(rule, (Sensors, Checks)):
        refs = [rule.value]
    elif isinstance(rule, Usages):
        refs = [a.column for a in _amounts(rule)]
    elif isinstance(rule, Table):
        refs = [m.column for m in rule.metrics]
    else:
        refs = [
            s.column for name in ("model", "serial", "version", "installed", "replace_by") for s in getattr(rule, name)
        ]
        refs += [c for c in columns_in(rule.entry, rule.name)]
    return tuple(r for r in refs if r is not None)
