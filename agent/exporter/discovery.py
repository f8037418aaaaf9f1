"""Targets for Prometheus' `http_sd_configs`: one page per device. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from agent.inventory.problems import did_you_mean
from agent.watched import Watched

FILTERS: Mapping[str, Callable[[Watched], str]] = {
    "class": lambda device: device.role,
    "council": lambda device: device.council,
    "device": lambda device: device.name,
    "site": lambda device: device.site,
    "zone": lambda device: device.zone,
}


class UnknownFilter(Exception):
    """A parameter that is no filter. `str()` is one line."""


def chosen(devices: Iterable[Watched], asked: Sequence[tuple[str, str]]) -> list[Watched]:
    """Devices that fit, by name: of one key any of the values given, and every key. UnknownFilter.

    A key that is misspelt is refused, because it would silently scrape everything. A value that no device has gives no
    target: when the last device of a site goes, its target must go, and not stay for want of a valid answer.
    """
    wanted: dict[str, set[str]] = {}
    for key, value in asked:
        if key not in FILTERS:
            hint = did_you_mean(key, FILTERS) or f"known here: {', '.join(FILTERS)}"
            raise UnknownFilter(f"there is no filter of that name ({hint})")
        wanted.setdefault(key, set()).add(value)
    fit = [device for device in devices if all(FILTERS[key](device) in values for key, values in wanted.items())]
    return sorted(fit, key=lambda device: device.name)


def discovery(devices: Iterable[Watched], address: str) -> list[dict[str, list[str] | dict[str, str]]]:
    """What `/sd/prometheus` answers.

    What the inventory knows is given as `__meta_hartwatch_*`, for relabelling: as plain labels they would turn the
    `site` and `zone` of `hartwatch_device_info` into `exported_site`. `instance` is the device's name, because the
    address is the agent's and the same for all: `up` would be one series with many writers.
    """
    return [
        {
            "targets": [address],
            "labels": {
                "__metrics_path__": f"/devices/{device.name}/metrics",
                "instance": device.name,
                "__meta_hartwatch_device": device.name,
                "__meta_hartwatch_address": device.address,
                "__meta_hartwatch_title": device.title,
                "__meta_hartwatch_site": device.site,
                "__meta_hartwatch_class": device.role,
                "__meta_hartwatch_council": device.council,
                "__meta_hartwatch_zone": device.zone,
            },
        }
        for device in devices
    ]
