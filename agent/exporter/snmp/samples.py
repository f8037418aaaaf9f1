"""From a device's answers to a page in Prometheus' text format, by a module's definitions. Pure.

Names, labels, types and help texts are snmp_exporter's to the letter. Two rows that would have the same name and labels
make one series, the first: a page with both could not be read at all.
Source: https://github.com/prometheus/snmp_exporter, collector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from agent.exporter.snmp.expressions import expanded, go_number
from agent.exporter.snmp.modules import Lookup, Metric, Module, Shape
from agent.exporter.snmp.numbers import bit, date_and_time, ntp_time, number_of, parsed_date
from agent.exporter.snmp.texts import COMBINED, fit, text_of, text_of_parts
from agent.exporter.text import escape, number
from collectors.session import Value

SERIES_AT_MOST = 500_000
OCTETS_AT_MOST = 128 << 20  # characters, near enough
_OCTETS_OF_A_VALUE = 24
_LOOK_UP_EVERY = 512  # objects between two looks at the clock

_NUMBERS = frozenset(("gauge", "counter", "Float", "Double"))

Found = Mapping[str, Value]
"""What a device answered: object identifier > value, in its order."""


class TooMuch(Exception):
    """The page would be longer than any that is of use, or take longer."""


@dataclass(slots=True)
class _Family:
    help: str
    kind: str
    values: dict[str, int | float] = field(default_factory=dict)  # labels as they stand between the braces > value


class Page:
    """A page in the making."""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}
        self._octets = 0

    def add(self, name: str, help_text: str, kind: str, labels: str, value: int | float) -> None:
        """One sample; `labels` as they stand between the braces. A series that is there already is left out."""
        family = self._families.get(name)
        if family is None:
            family = self._families[name] = _Family(help_text, kind)
        if labels not in family.values:
            family.values[labels] = value
            self._octets += len(labels) + len(name) + _OCTETS_OF_A_VALUE

    def check(self) -> None:
        """TooMuch where the page has become longer than any that is of use."""
        series = sum(len(family.values) for family in self._families.values())
        if series > SERIES_AT_MOST or self._octets > OCTETS_AT_MOST:
            raise TooMuch(f"more than {SERIES_AT_MOST:,} series or {OCTETS_AT_MOST >> 20} MiB")

    def text(self) -> str:
        """The page, families by name."""
        out: list[str] = []
        for name in sorted(self._families):
            family = self._families[name]
            words = family.help.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", " ")
            out.append(f"# HELP {name} {words}\n# TYPE {name} {family.kind}\n")
            if "" in family.values:
                out.append(f"{name} {number(family.values.pop(''))}\n")
            out += [f"{name}{{{labels}}} {number(value)}\n" for labels, value in family.values.items()]
        return "".join(out)


def write(module: Module, found: Found, page: Page, out_of_time: Callable[[], bool] = lambda: False) -> None:
    """Put on the page what the module makes of the answers. TooMuch where that is too long, or takes too long."""
    writer = _Writer(found, page)
    metric: Metric | None = None
    prefix = ""
    for count, (oid, value) in enumerate(found.items()):
        if count % _LOOK_UP_EVERY == 0:
            page.check()
            if out_of_time():
                raise TooMuch("the time was up before all answers were read")
        if metric is None or not oid.startswith(prefix):  # rows of a column come one after the other
            metric = module.metric_of(oid)
            if metric is None:
                continue
            prefix = metric.oid + "."
        writer.sample(metric, oid[len(prefix) :], value)
    page.check()


class _Writer:
    """Samples of one device, with the labels of each row kept for the other columns of its table."""

    def __init__(self, found: Found, page: Page) -> None:
        self._found, self._page = found, page
        self._rows: dict[tuple[int, str], tuple[dict[str, str], str]] = {}

    def sample(self, metric: Metric, row: str, value: Value) -> None:
        key = (metric.shape.number, row)
        known = self._rows.get(key)
        if known is None:
            labels = _labels(metric.shape, row, self._found)
            known = self._rows[key] = labels, _written(labels.items())
        labels, written = known
        kind = metric.kind
        if kind in _NUMBERS:
            read = number_of(value)
            if read is not None:
                if metric.scale or metric.offset:
                    read = _scaled(metric, read)
                self._page.add(metric.name, metric.help, "counter" if kind == "counter" else "gauge", written, read)
        elif kind == "DateAndTime":
            self._put(metric, "gauge", written, date_and_time(value))
        elif kind == "NTPTimeStamp":
            self._put(metric, "gauge", written, ntp_time(value))
        elif kind == "ParseDateAndTime":
            self._put(metric, "gauge", written, parsed_date(text_of(value, "DisplayString"), metric.date_pattern))
        elif kind in ("EnumAsInfo", "EnumAsStateSet"):
            self._names(metric, labels, value)
        elif kind == "Bits":
            self._bits(metric, labels, value)
        else:
            self._text(metric, row, labels, written, value)

    def _put(self, metric: Metric, kind: str, written: str, value: int | float | None) -> None:
        if value is not None:
            self._page.add(metric.name, metric.help, kind, written, _scaled(metric, value))

    def _names(self, metric: Metric, labels: dict[str, str], value: Value) -> None:
        state = number_of(value)
        if state is None or not isfinite(state):
            return
        state = int(state)
        name = metric.names.get(state, str(state))
        if metric.kind == "EnumAsInfo":
            if metric.name not in labels:  # an index of the same name says it already
                written = _written([*labels.items(), (metric.name, name)])
                self._page.add(f"{metric.name}_info", f"{metric.help} (EnumAsInfo)", "gauge", written, 1)
            return
        others = (other for key, other in metric.names.items() if key != state)
        for at, one in enumerate((name, *others)):
            written = _written({**labels, metric.name: one}.items())
            self._page.add(metric.name, f"{metric.help} (EnumAsStateSet)", "gauge", written, int(at == 0))

    def _bits(self, metric: Metric, labels: dict[str, str], value: Value) -> None:
        if isinstance(value, bytes):
            for place, name in metric.names.items():
                written = _written({**labels, metric.name: name}.items())
                self._page.add(metric.name, f"{metric.help} (Bits)", "gauge", written, bit(value, place))

    def _text(self, metric: Metric, row: str, labels: dict[str, str], written: str, value: Value) -> None:
        if value is None:
            return
        kind = metric.kind
        if kind in COMBINED:
            kind = COMBINED[kind].get(self._type_before(metric.oid, [row]), "OctetString")
        text = text_of(value, kind, metric.hint)
        if metric.extracts:
            self._extracts(metric, written, text)
            return
        if metric.name not in labels:
            written = _written([*labels.items(), (metric.name, text)])
        self._page.add(metric.name, metric.help, "gauge", written, _scaled(metric, 1))

    def _extracts(self, metric: Metric, written: str, text: str) -> None:
        for ending, expressions in metric.extracts:
            for expression, template in expressions:
                groups = expression.whole(text)
                value = go_number(expanded(groups, template)) if groups is not None else None
                if value is not None:
                    words = f"{metric.help} (regex extracted)"
                    self._page.add(metric.name + ending, words, "gauge", written, _scaled(metric, value))
                    break

    def _type_before(self, oid: str, rows: Iterable[str]) -> int:
        return _type_before(oid, rows, self._found)


def _scaled(metric: Metric, value: int | float) -> int | float:
    if metric.scale:
        value *= metric.scale
    return value + metric.offset if metric.offset else value


def _written(labels: Iterable[tuple[str, str]]) -> str:
    """Labels as they stand between the braces, by name."""
    return ",".join([f'{name}="{escape(fit(text))}"' for name, text in sorted(labels)])


def _labels(shape: Shape, row: str, found: Found) -> dict[str, str]:
    """The labels of one row: its indexes, and what is looked up by them."""
    labels: dict[str, str] = {}
    parts_of: dict[str, str] = {}  # label > the part of the index it was read from, dotted
    if len(shape.indexes) == 1 and shape.indexes[0].kind == "gauge" and row.isdigit():  # nearly all tables
        label = shape.indexes[0].label
        labels[label] = parts_of[label] = row
    elif shape.indexes:
        parts = [int(part) for part in row.split(".")] if row else []
        for index in shape.indexes:
            text, used, parts = text_of_parts(parts, index.kind, index.fixed_size, index.implied, index.names)
            labels[index.label] = text
            parts_of[index.label] = ".".join(map(str, used))
    for lookup in shape.lookups:
        if not lookup.labels:
            labels.pop(lookup.label, None)
            continue
        rows = [parts_of.get(label, "") for label in lookup.labels]
        value = found.get(".".join([lookup.oid, *rows]))
        labels[lookup.label] = "" if value is None else _looked_up(lookup, rows, value, found)
        if value is not None:  # a lookup may go on from what another has found
            parts_of[lookup.label] = str(value) if isinstance(value, int) else "0"
    return labels


def _looked_up(lookup: Lookup, rows: list[str], value: Value, found: Found) -> str:
    kind = lookup.kind
    if kind in COMBINED:
        kind = COMBINED[kind].get(_type_before(lookup.oid, rows, found), kind)
    if kind == "EnumAsInfo" and lookup.names and isinstance(value, int):
        return lookup.names.get(value, str(value))
    return text_of(value, kind, lookup.hint)


def _type_before(oid: str, rows: Iterable[str], found: Found) -> int:
    """What the object before this one in the MIB says: the type of an InetAddress stands before the address."""
    parent, _, last = oid.rpartition(".")
    value = found.get(".".join([f"{parent}.{int(last) - 1}", *rows]))
    kind = number_of(value)
    return -1 if kind is None or not isfinite(kind) else int(kind)
