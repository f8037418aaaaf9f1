"""What no visit may ever say, whatever the device."""

from __future__ import annotations

from collections import Counter

from collectors.profiles import KINDS
from collectors.readings import Visit

# Unit at the end of a metric's name -> physical bounds.
_BOUNDS = {
    "_ratio": (-0.001, 20.0),
    "_celsius": (-60.0, 200.0),
    "_volts": (-1e6, 1e6),
    "_amperes": (-1e5, 1e5),
    "_watts": (-1e7, 1e7),
    "_hertz": (0.0, 1e12),
    "_rpm": (0.0, 1e5),
    "_bytes": (0.0, 1e18),
    "_seconds": (0.0, 1e11),
}


def implausible(visit: Visit) -> list[str]:
    """Values outside what physics allows, and numbers that are no numbers."""
    wrong = []
    for sensor in visit.sensors:
        if sensor.kind != "state":
            unit, low, high = KINDS[sensor.kind]
            if sensor.value is None or sensor.unit != unit or not low <= sensor.value <= high:
                wrong.append(f"{sensor.kind} {sensor.name} = {sensor.value} {sensor.unit}")
        elif sensor.state is None or sensor.level is None:
            wrong.append(f"state without a word: {sensor.name}")
    for what in (visit.processors, visit.memory, visit.storage):
        wrong += [f"{u.name} {u.usage_ratio}" for u in what if u.usage_ratio is None or not 0 <= u.usage_ratio <= 1]
    for block in visit.blocks:
        assert len(block.values) == len(block.layout)
        for series, value in zip(block.layout.series, block.values, strict=True):
            for ending, (low, high) in _BOUNDS.items():
                if value is not None and series.metric.name.endswith(ending) and not low <= value <= high:
                    wrong.append(f"{series.metric.name} = {value}")
    return wrong


def twice(visit: Visit) -> list[str]:
    """Series, sensors, usages or checks that stand there twice: Prometheus would drop the whole page."""
    series = Counter((s.metric.name, tuple(sorted(s.labels))) for block in visit.blocks for s in block.layout.series)
    sensors = Counter((s.kind, s.oid, s.state if s.kind == "state" else None) for s in visit.sensors)
    return [str(k) for counted in (series, sensors) for k, n in counted.items() if n > 1]
