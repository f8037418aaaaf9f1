"""The records of a visit (sensors, usage, checks, wireless) as series and values. Pure.

Profiles give metrics of their own as blocks; these are the readings that mean the same on every family, under names
that are the same for every vendor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import isnan

from agent.catalogue import metric
from collectors.readings import ENDS, Block, Cadence, Group, Labels, Layout, Level, Metric, Sensor, Usage, Visit

Sample = tuple[Metric, Labels, int | float]

LEVELS = {Level.OK: 0, Level.WARNING: 1, Level.CRITICAL: 2, Level.UNKNOWN: 3}

_UNITS = {
    unit: metric(f"hartwatch_sensor_{unit}")
    for unit in (
        "celsius", "volts", "amperes", "watts", "voltamperes", "joules", "hertz", "rpm", "ratio", "seconds", "dbm",
        "pascals", "decibels", "bits_per_second", "litres_per_minute", "cubic_metres_per_hour",
    )
}  # fmt: skip
_COUNT = metric("hartwatch_sensor_number")
_OTHER_UNIT = metric("hartwatch_sensor_value")
_LICENCE = metric("hartwatch_licence_expiry_timestamp_seconds")
_CERTIFICATE = metric("hartwatch_certificate_expiry_timestamp_seconds")
_SENSOR_LEVEL = metric("hartwatch_sensor_level")
_SENSOR_STATE = metric("hartwatch_sensor_state_info")
_CHECK_LEVEL = metric("hartwatch_check_level")
_CHECK_STATE = metric("hartwatch_check_state_info")
_USAGE = {
    "cpu": (metric("hartwatch_cpu_usage_ratio"), None, None),
    "memory": tuple(metric(f"hartwatch_memory_{f}") for f in ("usage_ratio", "used_bytes", "total_bytes")),
    "storage": tuple(metric(f"hartwatch_storage_{f}") for f in ("usage_ratio", "used_bytes", "total_bytes")),
}
_WIFI = {
    name: metric(f"hartwatch_wifi_{name}")
    for name in ("clients", "access_points", "access_points_up", "access_points_down")
}
_WIFI_OTHER = metric("hartwatch_wifi_figure")
_NOT_IN_A_WORD = re.compile(r"[^a-z0-9_]+")


def _sensors(sensors: Iterable[Sensor]) -> Iterator[Sample]:
    seen: set[tuple[str, str]] = set()
    for sensor in sensors:
        if sensor.kind == "state":
            continue  # told as a check
        index = sensor.index
        if (sensor.name, index) in seen:
            index = sensor.oid  # two tables may number a sensor of the same name alike; the object tells them apart
        seen.add((sensor.name, index))
        if sensor.kind in ENDS:
            if sensor.value is not None:
                yield _end(sensor, index, ("", sensor.name) not in seen)
                seen.add(("", sensor.name))
            continue
        labels = (("sensor", sensor.name), ("index", index), ("kind", sensor.kind))
        if sensor.value is not None and not isnan(sensor.value):
            family = _COUNT if sensor.kind == "count" else _UNITS.get(sensor.unit, _OTHER_UNIT)
            yield family, labels, sensor.value
        if sensor.level is not None:
            yield _SENSOR_LEVEL, labels, LEVELS[sensor.level]
        if sensor.state is not None:
            yield _SENSOR_STATE, (*labels, ("state", sensor.state)), 1


def _end(sensor: Sensor, index: str, first: bool) -> Sample:
    """When a licence ends, or a certificate that the device keeps: in one family with those that probes see."""
    assert sensor.value is not None  # noqa: S101  (the caller has looked)
    if sensor.kind == "licence":
        return _LICENCE, (("licence", sensor.name), ("index", index)), sensor.value
    name = sensor.name if first else f"{sensor.name} ({index})"
    return _CERTIFICATE, (("kind", "stored"), ("probe", name)), sensor.value


def _usage(label: str, usages: Iterable[Usage]) -> Iterator[Sample]:
    ratio, used, total = _USAGE[label]
    for usage in usages:
        labels = ((label, usage.name), ("index", usage.index))
        for family, value in ((ratio, usage.usage_ratio), (used, usage.used_bytes), (total, usage.total_bytes)):
            if family is not None and value is not None:
                yield family, labels, value


def _checks(visit: Visit) -> Iterator[Sample]:
    times: dict[tuple[str, str], int] = {}
    for check in visit.checks:
        # Two rows of one name are both kept: the second may be the one that is critical.
        count = times[check.check, check.subject] = times.get((check.check, check.subject), 0) + 1
        subject = check.subject if count == 1 else f"{check.subject} ({count})"
        labels = (("check", check.check), ("subject", subject))
        yield _CHECK_LEVEL, labels, LEVELS[check.level]
        yield _CHECK_STATE, (*labels, ("state", check.state)), 1


def _wireless(visit: Visit) -> Iterator[Sample]:
    for figure, value in visit.wireless.items():
        name = _NOT_IN_A_WORD.sub("_", figure.lower())
        if name in _WIFI:
            yield _WIFI[name], (), value
        else:
            yield _WIFI_OTHER, (("figure", name),), value


def block(visit: Visit, known: Layout | None) -> Block:
    """The records as one block. `known` is used again if the series are the same, so that its template is, too."""
    families: dict[str, tuple[Metric, list[Labels], list[int | float | None]]] = {}
    for found in (
        _sensors(visit.sensors),
        _usage("cpu", visit.processors),
        _usage("memory", visit.memory),
        _usage("storage", visit.storage),
        _checks(visit),
        _wireless(visit),
    ):
        for family, labels, value in found:
            _, rows, values = families.setdefault(family.name, (family, [], []))
            rows.append(labels)
            values.append(value)
    groups = tuple(Group(family, tuple(rows)) for family, rows, _ in families.values())
    layout = known if known is not None and known.groups == groups else Layout(Cadence.HEALTH, groups)
    return Block(layout, tuple(value for *_, values in families.values() for value in values))
