"""Lines over time, bands of states and upright bars as SVG. Pure. Names from Prometheus are escaped."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Any

from deploy.grafana.preview import frames
from deploy.grafana.preview.frames import PALETTE, Bars, Series, formatted

Panel = Mapping[str, Any]
Size = tuple[int, int]
Points = Sequence[tuple[float, float]]
MARGIN = 64  # for the numbers beside the axis
MARKS = 5


# ---------------------------------------------------------------- pieces
def _text(x: float, y: float, words: str, anchor: str = "end", style: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" style="{style}">{escape(words)}</text>'


def _box(x: float, y: float, w: float, h: float, tint: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" fill="{tint}" opacity="0.85"/>'


def _rule(left: float, right: float, y: float) -> str:
    return f'<line x1="{left:.0f}" x2="{right:.0f}" y1="{y:.0f}" y2="{y:.0f}" stroke="#24272e"/>'


def _number(value: float, of: Panel) -> str:
    config = of["fieldConfig"]["defaults"]
    return formatted(value, config["unit"], config.get("decimals"))


def _times(left: float, right: float, y: float, start: float, end: float) -> str:
    form = "%d %b" if end - start > 2 * 86400 else "%H:%M"
    marks = max(1, min(MARKS, int((right - left) / 70)))
    made = ""
    for n in range(marks + 1):
        words = time.strftime(form, time.gmtime(start + (end - start) * n / marks))
        anchor = "start" if n == 0 else "end" if n == marks else "middle"
        made += _text(left + (right - left) * n / marks, y, words, anchor)
    return made


def _key(tint: str, name: str, value: str = "") -> str:
    return f'<div><em><u style="background:{tint}"></u>{escape(name)}</em>{escape(value)}</div>'


def _svg(w: float, h: float, inside: str) -> str:
    return f'<svg width="{w:.0f}" height="{h:.0f}">{inside}</svg>'


# ---------------------------------------------------------------- lines over time
def lines(series: Sequence[Series], of: Panel, size: Size, start: float, end: float) -> str:
    w, h = size
    config = of["fieldConfig"]["defaults"]
    mirrored = _mirrored(of)
    beside = of["options"]["legend"]["placement"] == "right"
    wide = int(w * 0.6) if beside else w
    left, right, top, bottom = MARGIN, wide - 10, 6, h - (20 if beside else 38)
    drawn = _heights(series, mirrored, stacked=_stacked(config))
    values = [v for points in drawn for _, v in points if v == v]
    low = float(config["min"]) if "min" in config else min([0.0, *values] if mirrored else values, default=0.0)
    high = float(config["max"]) if "max" in config else max(values, default=1.0)
    if high <= low:
        high = low + 1.0
    elif "max" not in config:
        high += (high - low) * 0.05

    def height(value: float) -> float:
        return bottom - (value - low) / (high - low) * (bottom - top)

    made = ""
    for n in range(5):
        value = low + (high - low) * n / 4
        words = _number(abs(value) if mirrored else value, of)
        made += _rule(left, right, height(value)) + _text(left - 5, height(value) + 3, words)
    for n, points in enumerate(drawn):
        path = " ".join(
            f"{left + (t - start) / (end - start) * (right - left):.1f},{height(v):.1f}" for t, v in points if v == v
        )
        made += f'<polyline fill="none" stroke="{_tint(n)}" stroke-width="1.3" points="{path}"/>'
    made += _times(left, right, bottom + 13, start, end)
    keys = "".join(
        _key(_tint(n), one.name, _number(one.points[-1][1], of) if beside else "") for n, one in enumerate(series)
    )
    if beside:
        legend = f'<div class="legend beside" style="flex:1;height:{h}px;padding-right:8px">{keys}</div>'
        return f'<div style="display:flex">{_svg(wide, bottom + 18, made)}{legend}</div>'
    return f'{_svg(wide, bottom + 18, made)}<div class="legend below" style="height:18px;padding-left:8px">{keys}</div>'


def _tint(number: int) -> str:
    return PALETTE[number % len(PALETTE)]


def _mirrored(of: Panel) -> list[str]:
    return [
        override["matcher"]["options"].strip("/")
        for override in of["fieldConfig"]["overrides"]
        if any(one["id"] == "custom.transform" for one in override["properties"])
    ]


def _stacked(config: Mapping[str, Any]) -> bool:
    return bool((config.get("custom") or {}).get("stacking", {}).get("mode") == "normal")


def _heights(series: Sequence[Series], mirrored: Sequence[str], *, stacked: bool) -> list[Points]:
    """Where each line is drawn: downwards what is mirrored, on top of each other what is stacked."""
    base: dict[float, float] = {}
    made: list[Points] = []
    for one in series:
        points = one.points
        if any(re.fullmatch(pattern, one.name) for pattern in mirrored):
            points = [(t, -v) for t, v in points]
        if stacked:
            points = [(t, v + base.get(t, 0.0)) for t, v in points]
            base |= dict(points)
        made.append(points)
    return made


# ---------------------------------------------------------------- bands of states
def timeline(series: Sequence[Series], of: Panel, size: Size, start: float, end: float) -> str:
    w, h = size
    label = min(w // 3, max(len(one.name) for one in series) * 6 + 14)
    left, right, bottom = label, w - 10, h - 18
    tall = max(11.0, min(34.0, bottom / len(series)))
    made = ""
    for n, one in enumerate(series[: int((bottom + 1) // tall)]):
        y = n * tall
        made += _text(label - 6, y + tall / 2 + 3, one.name)
        for begun, over, value in _bands(one.points):
            x1, x2 = (left + (min(t, end) - start) / (end - start) * (right - left) for t in (begun, over))
            state = frames.shown(value, of["fieldConfig"]["defaults"])
            made += _box(x1, y + 1, max(1.0, x2 - x1), tall - 2, state.colour)
            if x2 - x1 > 8 * len(state.text):
                made += _text((x1 + x2) / 2, y + tall / 2 + 4, state.text, "middle", "fill:#111217")
    return _svg(w, h, made + _times(left, right, bottom + 14, start, end))


def _bands(points: Points) -> list[tuple[float, float, float]]:
    """From, until, value; a band ends where the next value is, and at a gap."""
    step = min((b[0] - a[0] for a, b in pairwise(points)), default=15.0)
    made: list[tuple[float, float, float]] = []
    for at, value in points:
        if made and made[-1][2] == value and at - made[-1][1] < step / 2:
            made[-1] = made[-1][0], at + step, value
        else:
            made.append((at, at + step, value))
    return made


# ---------------------------------------------------------------- upright bars
def upright(bars: Bars, of: Panel, size: Size) -> str:
    w, h = size
    left, right, top, bottom = MARGIN, w - 10, 8, h - 44
    high = max(max(sum(one) for one in bars.heights), 1e-9) * 1.05
    slot = (right - left) / len(bars.groups)
    made = ""
    for n in range(5):
        y = bottom - (bottom - top) * n / 4
        made += _rule(left, right, y) + _text(left - 5, y + 3, _number(high * n / 4, of))
    for n, group in enumerate(bars.groups):
        y = float(bottom)
        for (_, tint), value in zip(bars.parts, bars.heights[n], strict=True):
            tall = value / high * (bottom - top)
            y -= tall
            made += _box(left + slot * (n + 0.15), y, slot * 0.7, tall, tint)
        made += _text(left + slot * (n + 0.5), bottom + 14, group[: max(4, int(slot / 5.5))], "middle")
    keys = "".join(_key(tint, name) for name, tint in bars.parts)
    return f'{_svg(w, h - 22, made)}<div class="legend below" style="padding-left:8px">{keys}</div>'
