"""What panels show, as plain values: names, cells and numbers with units, words and colours. Pure.

Only what the builders use is here: legends, the transformations merge, filterFieldsByName, organize and
groupingToMatrix, overrides by name, value mappings and absolute thresholds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

COLOURS = {"green": "#73bf69", "yellow": "#fade2a", "orange": "#ff9830", "red": "#f2495c", "blue": "#5794f2",
           "purple": "#b877d9"}  # fmt: skip
PALETTE = ("#73bf69", "#f2cc0c", "#8ab8ff", "#ff780a", "#f2495c", "#5794f2", "#b877d9", "#705da0", "#37872d", "#fade2a",
           "#447ebc", "#c15c17", "#890f02", "#0a437c", "#6d1f62")  # fmt: skip
TEXT = "#ccccdc"
PLAIN_SUFFIX = {
    "celsius": " °C",
    "watt": " W",
    "volt": " V",
    "rotrpm": " rpm",
    "cps": " c/s",
    "pps": " p/s",
    "reqps": " req/s",
}
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A value as text with its colour."""

    text: str
    colour: str
    value: float = math.nan
    bar: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Table:
    columns: Sequence[str]
    rows: Sequence[Sequence[Shown]] = field(default=())
    widths: Mapping[str, int] = field(default_factory=dict)


# ---------------------------------------------------------------- values
def _scaled(value: float, steps: Sequence[tuple[float, str]], decimals: int | None) -> str:
    for size, suffix in steps:
        if abs(value) >= size:
            return f"{_digits(value / size, decimals)}{suffix}"
    return f"{_digits(value / steps[-1][0], decimals)}{steps[-1][1]}"


def _digits(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def formatted(value: float, unit: str, decimals: int | None = None) -> str:
    """A number in a unit of Grafana's, near enough to judge whether it fits."""
    if math.isnan(value):
        return "NaN"
    if unit == "percentunit":
        return f"{value * 100:.{1 if decimals is None else decimals}f} %"
    steps: tuple[tuple[float, str], ...]
    if unit == "s":
        steps = (
            *((31_536_000, " years"), (604_800, " weeks"), (86_400, " days"), (3600, " hours")),
            *((60, " mins"), (1, " s"), (1e-3, " ms")),
        )
        return "0 s" if value == 0 else _scaled(value, steps, decimals)
    if unit == "bps":
        return (
            "0 b/s"
            if value == 0
            else _scaled(value, ((1e9, " Gb/s"), (1e6, " Mb/s"), (1e3, " kb/s"), (1, " b/s")), decimals)
        )
    if unit == "bytes":
        steps = ((2**40, " TiB"), (2**30, " GiB"), (2**20, " MiB"), (2**10, " KiB"), (1, " B"))
        return _scaled(value, steps, decimals)
    if unit == "currencyGBP":
        return "£" + _scaled(value, ((1e6, "M"), (1e3, "K"), (1, "")), decimals)
    if unit == "short":
        return "0" if value == 0 else _scaled(value, ((1e9, " Bil"), (1e6, " Mil"), (1e3, " K"), (1, "")), decimals)
    if unit in ("pps", "cps", "reqps") and abs(value) >= 1000:
        return _scaled(value, ((1e6, "M"), (1e3, "K")), decimals) + PLAIN_SUFFIX[unit]
    return _digits(value, decimals) + PLAIN_SUFFIX.get(unit, "")


def colour(name: str) -> str:
    return COLOURS.get(name, name)


def stepped(value: float, thresholds: Mapping[str, Any]) -> str:
    found = "green"
    for step in thresholds["steps"]:
        if step["value"] is None or value >= step["value"]:
            found = step["color"]
    return colour(found)


def shown(value: float, config: Mapping[str, Any]) -> Shown:
    """A number by its field's configuration: words where a mapping has some, else digits."""
    for mapping in config.get("mappings", ()):
        result = mapping["options"].get(f"{value:g}")
        if result:
            return Shown(result["text"], colour(result["color"]), value)
    tint = stepped(value, config["thresholds"]) if config.get("thresholds") else TEXT
    return Shown(formatted(value, config.get("unit", "none"), config.get("decimals")), tint, value)


# ---------------------------------------------------------------- names and columns
def named(labels: Mapping[str, str], legend: str) -> str:
    if legend and legend != "__auto":
        return _LABEL.sub(lambda found: labels.get(found[1], ""), legend).strip()
    return ", ".join(f"{k}={v}" for k, v in sorted(labels.items()) if k != "__name__")


def series_of(targets: Sequence[Mapping[str, Any]], answers: Sequence[Sequence[Mapping[str, Any]]]) -> list[Series]:
    return [
        Series(named(one["metric"], target.get("legendFormat", "")), [(float(t), float(v)) for t, v in one["values"]])
        for target, answer in zip(targets, answers, strict=True)
        for one in answer
    ]


def last_values(panel: Mapping[str, Any], answers: Sequence[Sequence[Mapping[str, Any]]]) -> list[tuple[str, Shown]]:
    """Of a stat or of bars: each series' name and value."""
    config = panel["fieldConfig"]["defaults"]
    return [
        (named(one["metric"], target.get("legendFormat", "")), shown(float(one["value"][1]), config))
        for target, answer in zip(panel["targets"], answers, strict=True)
        for one in answer
    ]


def overrides(panel: Mapping[str, Any], title: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for override in panel["fieldConfig"]["overrides"]:
        if override["matcher"]["options"] == title:
            found |= {one["id"]: one["value"] for one in override["properties"]}
    return found


def table_of(panel: Mapping[str, Any], answers: Sequence[Sequence[Mapping[str, Any]]]) -> Table:
    """Rows of all queries, merged where their labels are the same, with the columns that the panel names."""
    several = len(answers) > 1
    rows: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for target, answer in zip(panel["targets"], answers, strict=True):
        column = f"Value #{target['refId']}" if several else "Value"
        for one in answer:
            labels = {k: v for k, v in one["metric"].items() if k != "__name__"}
            rows.setdefault(tuple(sorted(labels.items())), dict(labels))[column] = float(one["value"][1])
    steps = {one["id"]: one["options"] for one in panel["transformations"]}
    titles: dict[str, str] = steps["organize"]["renameByName"]
    order = sorted(titles, key=steps["organize"]["indexByName"].__getitem__)
    configs = {name: overrides(panel, titles[name]) for name in order}
    listed = list(rows.values())
    for by in panel["options"].get("sortBy", ()):
        key = next(name for name, title in titles.items() if title == by["displayName"])
        have = [row for row in listed if key in row]
        have.sort(key=lambda row: row[key], reverse=bool(by.get("desc")))
        listed = have + [row for row in listed if key not in row]
    cells = [[_cell(row.get(name), configs[name]) for name in order] for row in listed]
    widths = {titles[n]: c["custom.width"] for n, c in configs.items() if "custom.width" in c}
    return Table([titles[name] for name in order], cells, widths)


def _cell(value: object, config: Mapping[str, Any]) -> Shown:
    if value is None:
        return Shown("", TEXT)
    if isinstance(value, str):
        return Shown(value, "#6e9fff" if "links" in config else TEXT)
    assert isinstance(value, float)  # noqa: S101  (labels are texts, values are numbers)
    made = shown(value, config)
    bar = config.get("custom.cellOptions", {}).get("type") == "gauge"
    return Shown(made.text, made.colour, made.value, bar)


@dataclass(frozen=True, slots=True)
class Bars:
    """Upright bars: for each group one height for each part."""

    groups: Sequence[str]
    parts: Sequence[tuple[str, str]]  # name and colour
    heights: Sequence[Sequence[float]]


def matrix_of(panel: Mapping[str, Any], answer: Sequence[Mapping[str, Any]]) -> Bars:
    options = next(one["options"] for one in panel["transformations"] if one["id"] == "groupingToMatrix")
    row, column = options["rowField"], options["columnField"]
    groups = sorted({one["metric"].get(row, "") for one in answer})
    parts = sorted({one["metric"].get(column, "") for one in answer})
    values = {(one["metric"].get(row, ""), one["metric"].get(column, "")): float(one["value"][1]) for one in answer}
    tints = [
        colour(overrides(panel, part).get("color", {}).get("fixedColor", PALETTE[place % len(PALETTE)]))
        for place, part in enumerate(parts)
    ]
    return Bars(
        groups, list(zip(parts, tints, strict=True)), [[values.get((g, p), 0.0) for p in parts] for g in groups]
    )
