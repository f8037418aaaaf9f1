"""The two text formats of Prometheus, as far as a line of them: names, labels, numbers, headers. Pure.

text      text/plain; version=0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/)
open      application/openmetrics-text; version=1.0.0

SNMP counters keep the name of the MIB (`ifHCInOctets`), which neither format allows for type counter; they are exposed
as untyped (text) or unknown (OpenMetrics). `rate()` works on them all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from agent.hostile import plain
from collectors.readings import Metric

METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\Z")
LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*\Z")
MANTISSA = 1 << 53  # a float holds no larger counter exactly: counters wrap here, as snmp_exporter has them wrap


class Format(Enum):
    """An exposition format; the value is its Content-Type."""

    TEXT = "text/plain; version=0.0.4; charset=utf-8"
    OPEN = "application/openmetrics-text; version=1.0.0; charset=utf-8"

    @classmethod
    @lru_cache(maxsize=256)
    def wanted(cls, accept: str) -> Format:
        """The format an Accept header asks for: OpenMetrics where it is named with the higher (or an equal) quality."""
        qualities = {cls.TEXT: 0.0, cls.OPEN: 0.0}
        for offer in accept.split(","):
            kind, *parameters = (part.strip() for part in offer.split(";"))
            quality = 1.0
            for parameter in parameters:
                if parameter.startswith("q="):
                    try:
                        quality = float(parameter[2:])
                    except ValueError:
                        quality = 0.0
            if kind == "application/openmetrics-text":
                qualities[cls.OPEN] = max(qualities[cls.OPEN], quality)
            elif kind in ("text/plain", "text/*", "*/*"):
                qualities[cls.TEXT] = max(qualities[cls.TEXT], quality)
        return cls.OPEN if qualities[cls.OPEN] > 0 and qualities[cls.OPEN] >= qualities[cls.TEXT] else cls.TEXT


def escape(value: str) -> str:
    """A label value between quotes: backslash, quote and line feed escaped."""
    if '"' in value or "\\" in value or "\n" in value:
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return value


def labels_text(labels: Iterable[tuple[str, str]]) -> str:
    """`device="sw-1",ifName="Gi1"`: cleaned, bounded, escaped."""
    return ",".join(f'{name}="{escape(plain(value))}"' for name, value in labels)


def series_text(name: str, labels: Iterable[tuple[str, str]]) -> str:
    inside = labels_text(labels)
    return f"{name}{{{inside}}}" if inside else name


@lru_cache(maxsize=1 << 14)  # asked at every scrape
def device_text(device: str) -> str:
    """The label that every series of a device begins with."""
    return labels_text((("device", device),))


def number(value: int | float) -> str:
    """A value as both formats read it. Booleans are not expected."""
    text = repr(value)
    if "n" in text:  # nan, inf, -inf
        return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[text]
    return text


def exposed(name: str, kind: str, form: Format) -> tuple[str, str]:
    """(family name, type) of a metric of our own kinds gauge, counter, info, histogram.

    OpenMetrics names a counter's family without `_total`. The name alone decides what is a counter, so that two
    profiles that disagree on a kind do not make a page that cannot be read.
    """
    if name.endswith("_total"):
        return (name if form is Format.TEXT else name.removesuffix("_total")), "counter"
    if kind == "counter":
        return name, "untyped" if form is Format.TEXT else "unknown"
    if kind == "info":
        return name, "gauge"
    return name, kind


@lru_cache(maxsize=16_384)  # the same few hundred on every page
def header(name: str, kind: str, help_text: str, form: Format) -> str:
    """The HELP and TYPE lines of a family."""
    family, type_ = exposed(name, kind, form)
    text = plain(help_text, 1000).replace("\\", "\\\\")
    if form is Format.OPEN:
        text = text.replace('"', '\\"')
    return f"# HELP {family} {text}\n# TYPE {family} {type_}\n"


def with_headers(lines: Iterable[tuple[Metric, str]], form: Format) -> str:
    """Lines of one family after the other, each family below its header; one that has no lines has none."""
    ready: list[str] = []
    begun = ""
    for family, text in lines:
        if text:
            if family.name != begun:
                begun = family.name
                ready.append(header(begun, family.kind, family.help, form))
            ready.append(text)
    return "".join(ready)
