"""The options of each kind of probe: their types, their defaults, what is wrong with those given. Pure."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any, TypeVar

from collectors.target import Probe

Options = TypeVar("Options", bound="Icmp | Tcp | Http | Dns")


class Invalid(ValueError):
    """An option that cannot be; the text says which and what to do."""


@dataclass(frozen=True, slots=True)
class Icmp:
    count: int = 3
    interval: float = 0.2
    timeout: float = 1.0
    warn_loss: float = 0.34


@dataclass(frozen=True, slots=True)
class Tcp:
    port: int
    timeout: float = 5.0


@dataclass(frozen=True, slots=True)
class Http:
    tls: bool = True
    port: int = 0
    path: str = "/"
    host: str = ""
    method: str = "GET"
    status: str = "200-399"
    contains: str = ""
    verify: bool = True
    ca_file: str = ""
    redirects: int = 3
    max_body_kb: int = 256
    warn_days: float = 30.0
    critical_days: float = 7.0
    timeout: float = 10.0

    @property
    def statuses(self) -> tuple[tuple[int, int], ...]:
        """The right answers as ranges; `Invalid` where the text is none."""
        found = []
        for part in self.status.split(","):
            row = re.fullmatch(r"\s*(\d{3})\s*(?:-\s*(\d{3})\s*)?", part)
            if not row:
                raise Invalid(f"status {self.status!r}: give codes or ranges, for example 200,301-302")
            found.append((int(row[1]), int(row[2] or row[1])))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Dns:
    name: str
    type: str = "A"
    expect: str = ""
    port: int = 53
    tcp: bool = False
    timeout: float = 3.0


_KINDS: dict[str, type[Icmp] | type[Tcp] | type[Http] | type[Dns]] = {
    "icmp": Icmp,
    "tcp": Tcp,
    "http": Http,
    "dns": Dns,
}
_LIMITS = {
    "count": (1, 20), "interval": (0.05, 10), "timeout": (0.05, 120), "warn_loss": (0, 1), "port": (1, 65535),
    "redirects": (0, 10), "max_body_kb": (1, 16_384), "warn_days": (0, 3650), "critical_days": (0, 3650),
}  # fmt: skip


def options(probe: Probe, kind: type[Options]) -> Options:
    """The options of a probe, complete. `Invalid` for one that is unknown, missing or out of range."""
    known: dict[str, Field[Any]] = {field.name: field for field in fields(kind)}
    given: dict[str, Any] = {}
    for name, value in probe.options:
        if name not in known:
            raise Invalid(f"unknown option {name!r} of a probe of kind {probe.kind}; known: {', '.join(known)}")
        given[name] = _value(name, str(known[name].type), value)
    for name, field in known.items():
        if name not in given and field.default is MISSING:
            raise Invalid(f"option {name!r} is missing")
    found = kind(**given)
    if isinstance(found, Http):
        _ = found.statuses
        if found.method not in ("GET", "HEAD"):
            raise Invalid(f"method {found.method!r}: GET or HEAD, because a look changes nothing")
    return found


def _value(name: str, wanted: str, value: str | int | float | bool) -> Any:
    right = {
        "bool": isinstance(value, bool),
        "int": isinstance(value, int) and not isinstance(value, bool),
        "float": isinstance(value, int | float) and not isinstance(value, bool),
        "str": isinstance(value, str | int) and not isinstance(value, bool),  # a status of 200 is a number in YAML
    }[wanted]
    if not right:
        words = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "a text"}
        raise Invalid(f"option {name!r} is {words[wanted]}, not {value!r}")
    low, high = _LIMITS.get(name, (float("-inf"), float("inf")))
    if wanted in ("int", "float") and not low <= float(value) <= high:
        raise Invalid(f"option {name!r} is between {low} and {high}, not {value}")
    if wanted == "str" and (len(str(value)) > 2000 or any(ord(c) < 32 for c in str(value))):
        raise Invalid(f"option {name!r} is too long or holds control characters")
    return str(value) if wanted == "str" else float(value) if wanted == "float" else value


def problems(probe: Probe) -> list[str]:
    """What is wrong with a probe's options, for whoever checks an inventory; empty when it can be made."""
    kind = _KINDS.get(probe.kind)
    if kind is None:
        return [f"unknown kind of probe {probe.kind!r}"]
    try:
        options(probe, kind)
    except Invalid as invalid:
        return [str(invalid)]
    return []
