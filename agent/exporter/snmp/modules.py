"""Module definitions ready for use: frozen, with expressions compiled and metrics found by object identifier. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from agent.exporter.snmp.expressions import Expression, compiled
from agent.exporter.snmp.model import (
    AuthForm,
    FilterForm,
    IndexForm,
    LookupForm,
    MetricForm,
    ModuleForm,
    NamedAuthForm,
    OldModuleForm,
)
from collectors import SnmpAccess
from collectors.session import Cells
from collectors.target import AuthProtocol, PrivProtocol, SnmpVersion

USUAL_REPETITIONS = 25  # what snmp_exporter asks for where a module says nothing
_VERSIONS: Mapping[int, SnmpVersion] = {1: "1", 2: "2c", 3: "3"}
_AUTH: Mapping[str, AuthProtocol] = {
    "MD5": "MD5", "SHA": "SHA", "SHA224": "SHA-224", "SHA256": "SHA-256", "SHA384": "SHA-384", "SHA512": "SHA-512",
}  # fmt: skip
_PRIV: Mapping[str, PrivProtocol] = {
    "DES": "DES", "AES": "AES-128", "AES192": "AES-192", "AES256": "AES-256", "AES192C": "AES-192-CISCO",
    "AES256C": "AES-256-CISCO",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Index:
    """One part of a row's index, which becomes a label."""

    label: str
    kind: str
    fixed_size: int = 0
    implied: bool = False
    names: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A label read from another object by indexes of this row; without `labels` the label is taken away."""

    label: str
    labels: tuple[str, ...]
    oid: str = ""
    kind: str = ""
    names: Mapping[int, str] = field(default_factory=dict)
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """How the labels of a row are made. The columns of a table share one, so that a row's are made once."""

    number: int
    indexes: tuple[Index, ...]
    lookups: tuple[Lookup, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """What becomes of one object."""

    name: str
    oid: str
    kind: str
    help: str
    shape: Shape
    extracts: tuple[tuple[str, tuple[tuple[Expression, str], ...]], ...] = ()  # ending > expression, template
    names: Mapping[int, str] = field(default_factory=dict)
    offset: float = 0.0
    scale: float = 0.0  # 0 is none
    date_pattern: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Filter:
    """Of `targets` only the rows are asked whose object below `oid` matches one of the expressions."""

    oid: str
    targets: tuple[str, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """One module: what is asked, and what is made of the answers."""

    name: str
    walk: tuple[str, ...]
    get: Cells
    metrics: Mapping[str, Metric]  # by object identifier
    filters: tuple[Filter, ...] = ()
    max_repetitions: int | None = None
    retries: int | None = None
    timeout_seconds: float | None = None
    access: SnmpAccess | None = None  # of the old form, where each module has its own
    shortest: int = 0  # length of the shortest identifier of `metrics`

    @property
    def most(self) -> int | None:
        """Variable bindings that one request may ask for; None is as many as the device bears.

        Below snmp_exporter's own default `max_repetitions` is there because the device bears no more, and it walks one
        column at a time; we walk several, so it counts for all of them together.
        """
        lowered = self.max_repetitions is not None and self.max_repetitions < USUAL_REPETITIONS
        return self.max_repetitions if lowered else None

    def metric_of(self, oid: str) -> Metric | None:
        """The metric that an answered object belongs to: of several on the way to it, the nearest to the root."""
        at = oid.find(".", self.shortest)
        while at != -1:
            found = self.metrics.get(oid[:at])
            if found is not None:
                return found
            at = oid.find(".", at + 1)
        return self.metrics.get(oid)


@dataclass(frozen=True, slots=True)
class Modules:
    """All modules and credentials that may be named in a request. `auths` is empty where no file has any."""

    modules: Mapping[str, Module] = field(default_factory=dict)
    auths: Mapping[str, SnmpAccess] = field(default_factory=dict)


def module_of(name: str, form: ModuleForm) -> Module:
    """A module made ready."""
    shapes: dict[str, Shape] = {}
    return Module(
        name=name,
        walk=tuple(dict.fromkeys(form.walk)),
        get=Cells(tuple(dict.fromkeys(form.get))),
        metrics={metric.oid: _metric(metric, shapes) for metric in form.metrics},
        filters=tuple(_filter(one) for one in form.filters),
        max_repetitions=form.max_repetitions or None,
        retries=form.retries,
        timeout_seconds=form.timeout,
        access=access_of(form.auth, form.version) if isinstance(form, OldModuleForm) else None,
        shortest=min((len(metric.oid) for metric in form.metrics), default=0),
    )


def access_of(form: AuthForm, version: int | None = None) -> SnmpAccess:
    """A credential made ready."""
    number = version if version is not None else cast("NamedAuthForm", form).version
    if number != 3:
        return SnmpAccess(version=_VERSIONS[number], community=form.community.get_secret_value())
    authentic, private = form.security_level != "noAuthNoPriv", form.security_level == "authPriv"
    return SnmpAccess(
        version="3",
        community="",
        user=form.username,
        auth=_AUTH[form.auth_protocol] if authentic else None,
        auth_secret=form.password.get_secret_value() if authentic else "",
        priv=_PRIV[form.priv_protocol] if private else None,
        priv_secret=form.priv_password.get_secret_value() if private else "",
        context=form.context_name,
    )


def _metric(form: MetricForm, shapes: dict[str, Shape]) -> Metric:
    return Metric(
        name=form.name,
        oid=form.oid,
        kind=form.type,
        help=form.help,
        shape=_shape(form, shapes),
        extracts=tuple(
            (ending, tuple((compiled(one.regex), one.value) for one in ones))
            for ending, ones in form.regex_extracts.items()
        ),
        names=form.enum_values,
        offset=form.offset,
        scale=form.scale,
        date_pattern=form.datetime_pattern,
        hint=form.display_hint,
    )


def _shape(form: MetricForm, shapes: dict[str, Shape]) -> Shape:
    key = repr((form.indexes, form.lookups))
    if key not in shapes:
        shapes[key] = Shape(len(shapes), tuple(map(_index, form.indexes)), tuple(map(_lookup, form.lookups)))
    return shapes[key]


def _index(form: IndexForm) -> Index:
    return Index(form.labelname, form.type, form.fixed_size, form.implied, form.enum_values)


def _lookup(form: LookupForm) -> Lookup:
    return Lookup(form.labelname, tuple(form.labels), form.oid or "", form.type, form.enum_values, form.display_hint)


def _filter(form: FilterForm) -> Filter:
    return Filter(form.oid, tuple(form.targets), tuple(map(compiled, form.values)))
