"""Charts as SVG. Pure: the same chart is the same text.

    svg(chart) -> str           one <svg> element to be put into a page, with <title> and <desc>
    svg(chart, shown=f)         every text passes through f first: for fonts that do not have every character

Bars lie: names stand left of them and can be read without turning one's head. What one series is to another is said by
fill, hatching, shape and words, never by colour alone, so that a copy in black and white says the same. Every bar has
its value in words behind it. Fonts are named by family and not embedded; widths of text are guessed generously, because
each reader's font is another. Units of the drawing: one is a CSS pixel at 640 pixels of width.
"""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape

from agent.hostile import plain
from agent.reports.editions import Chart, ChartKind, text_of

WIDTH, SIZE = 640, 14
LETTER = 0.58 * SIZE  # of Arial, on the average, with some to spare
BAR, GAP, LINE, KEY = 18, 14, 17, 24
LONGEST_NAME, LONGEST_LABEL, LINES = 26, 24, 4  # letters, letters, lines of either
INK, PAPER, GRID, TARGET = "#16232e", "#ffffff", "#d3dbe1", "#801650"
FILLS = ("#12436d", "#28a197", "#a285d1", "#f46a25", "#3d3d3d", "#bfc9d1")
HATCHES = ("", "M0 8L8 0", "M4 0V8", "M0 0L8 8M0 8L8 0", "M0 4H8", "M2 2H4V4H2Z")  # by series; the first is solid
_NO_ID = re.compile(r"[^a-z0-9]+")


def svg(chart: Chart, shown: Callable[[str], str] = plain) -> str:
    return "".join(_Drawing(chart, shown).parts())


@dataclass(frozen=True, slots=True)
class Scale:
    """From numbers to places: `low` and `high` are ticks, `step` lies between two."""

    low: float
    high: float
    step: float

    @classmethod
    def of(cls, values: Iterable[float], *, from_zero: bool, roof: float | None = None) -> Scale:
        """At most six steps of 1, 2 or 5 times a power of ten; of whole numbers no step is a part of one. `roof`: no
        scale goes higher."""
        found = [value for value in values if math.isfinite(value)]
        whole = from_zero and all(value == int(value) for value in found)
        high, low = max(found, default=1.0), 0.0 if from_zero else min(found, default=0.0)
        if roof is not None:
            high = roof
        if high - low < 1e-6 * max(1.0, abs(high)):  # one value, or none that one could tell from another
            low, high = (0.0, 1.0) if from_zero else (high - max(0.05, 1e-4 * abs(high)), high)
        rough = (high - low) / 5
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(n * power for n in (1, 2, 5, 10) if n * power >= rough * 0.999)
        step = max(step, 1.0) if whole else step
        top = math.ceil(high / step - 1e-9) * step
        return cls(math.floor(low / step + 1e-9) * step, top if roof is None else min(top, roof), step)

    @property
    def ticks(self) -> list[float]:
        count = round((self.high - self.low) / self.step)
        return [self.low + n * self.step for n in range(count + 1)]

    def said(self, tick: float) -> str:
        places = max(0, -math.floor(math.log10(self.step) + 1e-9))
        return f"{tick:,.{places}f}"


class _Drawing:
    def __init__(self, chart: Chart, shown: Callable[[str], str]) -> None:
        self.chart, self.shown = chart, shown
        self.id = "chart-" + _NO_ID.sub("-", chart.key.lower())
        values = [value for one in chart.drawn for value in one.values if value is not None]
        if chart.kind is ChartKind.STACKED:
            values = [sum(one.values[n] or 0 for one in chart.series) for n in range(len(chart.rows))]
        marks = chart.kind is ChartKind.MARKS
        self.scale = Scale.of(values, from_zero=not marks, roof=100.0 if marks and chart.unit == "%" else None)
        self.names = [_lines(shown(row), LONGEST_NAME) for row in chart.rows]
        self.labels = [[_lines(label, LONGEST_LABEL) for label in self._labels(n)] for n in range(len(chart.rows))]
        widest = max((len(line) for lines in self.names for line in lines), default=0)
        behind = max((len(line) for labels in self.labels for label in labels for line in label), default=0)
        self.left = 12 + widest * LETTER
        self.right = WIDTH - 16 - behind * LETTER
        self.top = 8 + KEY * len(self._keys())

    # ------------------------------------------------------------ words
    def _labels(self, row: int) -> list[str]:
        """What stands behind the bars of a row: one for each bar."""
        chart = self.chart
        own = [self.shown(one.shown[row]) for one in chart.series]
        if chart.kind is ChartKind.GROUPED:
            return own
        told = own[0]
        if chart.kind is ChartKind.STACKED:
            told = ", ".join(own[n] for n, one in enumerate(chart.series) if one.values[row]) or own[0]
        if chart.against is not None and chart.against.values[row] is not None and not self._one_target():
            told += f" (target {self.shown(chart.against.shown[row])})"
        return [told]

    def _one_target(self) -> str:
        """The target that all rows have; it is said once, in the key."""
        against = self.chart.against
        return against.shown[0] if against is not None and len(set(against.shown)) == 1 else ""

    def _keys(self) -> list[tuple[str, str]]:
        """What needs a key: a bar chart of one series says in its title what it shows."""
        chart = self.chart
        if chart.kind is ChartKind.MARKS:
            keys = [("dot", chart.series[0].title), *(("bounds", one.title) for one in chart.series[1:2])]
        elif len(chart.series) > 1 or chart.against is not None:
            keys = [(str(n), one.title) for n, one in enumerate(chart.series)]
        else:
            keys = []
        if chart.against is not None:
            keys.append(("target", ": ".join(filter(None, (chart.against.title, self._one_target())))))
        return keys

    # ------------------------------------------------------------ the picture
    def parts(self) -> Iterator[str]:
        chart, rows = self.chart, []
        y = self.top + 8.0
        for n, name in enumerate(self.names):
            bars = len(chart.series) if chart.kind is ChartKind.GROUPED else 1
            height = max(bars * BAR, len(name) * LINE, *(len(label) * LINE for label in self.labels[n]))
            rows.append((n, y, height))
            y += height + GAP
        bottom = y - GAP / 2
        title, seen = self.shown(chart.title), plain(self.shown(text_of(chart.words)), 2000)
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{self.id}-title {self.id}-desc" '
            f'viewBox="0 0 {WIDTH} {bottom + 44:.0f}" width="{WIDTH}" height="{bottom + 44:.0f}" '
            f'font-family="Arial, Helvetica, sans-serif" font-size="{SIZE}" fill="{INK}">'
            f'<title id="{self.id}-title">{escape(title)}</title><desc id="{self.id}-desc">{escape(seen)}</desc>'
        )
        yield from self._patterns()
        for n, (form, words) in enumerate(self._keys()):
            yield from self._key(form, words, 4 + KEY * n)
        yield from self._axis(bottom)
        for row, y, height in rows:
            yield from self._row(row, y, height)
        if chart.kind is not ChartKind.MARKS:
            yield _line(self.left, self.top, self.left, bottom, INK)
        yield _text((self.left + self.right) / 2, bottom + 36, self.shown(chart.unit), "middle")
        yield "</svg>"

    def _axis(self, bottom: float) -> Iterator[str]:
        ticks = self.scale.ticks
        words = [self.scale.said(tick) for tick in ticks]
        room = (self.right - self.left) / max(len(ticks) - 1, 1)
        every = math.ceil((max(map(len, words)) + 1) * LETTER / room)  # one has to stay legible beside the next
        for n, tick in enumerate(ticks):
            x = self._x(tick)
            yield _line(x, self.top, x, bottom, GRID)
            if n % every == 0:
                yield _text(x, bottom + 16, words[n], "middle")

    def _x(self, value: float) -> float:
        scale = self.scale
        share = (min(max(value, scale.low), scale.high) - scale.low) / (scale.high - scale.low)
        return self.left + share * (self.right - self.left)

    def _patterns(self) -> Iterator[str]:
        yield "<defs>"
        for n in range(1, min(len(self.chart.series), len(HATCHES))):
            yield (
                f'<pattern id="{self.id}-{n}" width="8" height="8" patternUnits="userSpaceOnUse">'
                f'<rect width="8" height="8" fill="{PAPER}"/>'
                f'<path d="{HATCHES[n]}" stroke="{_dark(n)}" stroke-width="2" fill="none"/></pattern>'
            )
        yield "</defs>"

    def _fill(self, series: int) -> str:
        n = series % len(HATCHES)
        return FILLS[0] if n == 0 else f"url(#{self.id}-{n})"

    def _bar(self, series: int, x: float, y: float, width: float) -> str:
        return (
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BAR - 4}" fill="{self._fill(series)}" '
            f'stroke="{INK}"/>'
        )

    def _key(self, form: str, words: str, y: float) -> Iterator[str]:
        middle = y + 7
        if form == "dot":
            yield f'<circle cx="21" cy="{middle:.1f}" r="6" fill="{FILLS[0]}"/>'
        elif form == "bounds":
            yield from _whisker(6, 36, middle)
        elif form == "target":
            yield _target(21, middle)
        else:
            yield self._bar(int(form), 6, y, 30)
        yield _text(46, y + 12, plain(self.shown(words), 70))

    def _row(self, row: int, y: float, height: float) -> Iterator[str]:
        chart, name, labels = self.chart, self.names[row], self.labels[row]
        yield from _block(self.left - 8, y + height / 2, name, "end")
        if chart.kind is ChartKind.GROUPED:
            for n, one in enumerate(chart.series):
                place = y + n * BAR
                yield from self._bars([(n, one.values[row])], place)
                yield from _block(self._after(one.values[row]), place + BAR / 2 - 2, labels[n][:1])
            return
        place = y + (height - BAR) / 2
        middle = place + (BAR - 4) / 2
        values = [one.values[row] for one in chart.series]
        if chart.kind is ChartKind.MARKS:
            furthest = self.scale.high
            if len(values) == 3 and values[1] is not None and values[2] is not None:
                yield from _whisker(self._x(values[1]), self._x(values[2]), middle)
        else:
            furthest = sum(value or 0 for value in values)
            yield from self._bars(list(enumerate(values)), place)
        target = None if chart.against is None else chart.against.values[row]
        if target is not None:
            yield _target(self._x(target), middle)
            furthest = max(furthest, target)
        if chart.kind is ChartKind.MARKS and values[0] is not None:
            yield f'<circle cx="{self._x(values[0]):.1f}" cy="{middle:.1f}" r="6" fill="{FILLS[0]}"/>'
        yield from _block(self._after(furthest), middle, labels[0])

    def _bars(self, values: list[tuple[int, float | None]], y: float) -> Iterator[str]:
        at = 0.0
        for series, value in values:
            if value:
                x = self._x(at)
                yield self._bar(series, x, y, max(self._x(at + value) - x, 1.5))
                at += value

    def _after(self, value: float | None) -> float:
        return self._x(value or 0) + 9


def _dark(series: int) -> str:
    """For lines on white paper: three to one at least."""
    return ("#12436d", "#17665f", "#5b3d8f", "#a33e0a", "#3d3d3d", "#4a5b68")[series % 6]


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    # The white edge keeps lines that pass behind it away from the letters.
    edge = f'stroke="{PAPER}" stroke-width="3" paint-order="stroke"'
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {edge}>{escape(words)}</text>'


def _block(x: float, middle: float, lines: list[str], anchor: str = "start") -> Iterator[str]:
    first = middle - (len(lines) - 1) * LINE / 2 + 5
    for n, line in enumerate(lines):
        yield _text(x, first + n * LINE, line, anchor)


def _line(x: float, y: float, x2: float, y2: float, colour: str) -> str:
    return f'<path d="M{x:.1f} {y:.1f}L{x2:.1f} {y2:.1f}" stroke="{colour}"/>'


def _target(x: float, middle: float) -> str:
    """A diamond on a stalk: told from a dot and from the end of a bar by its shape."""
    diamond = f"M{x:.1f} {middle - 7:.1f}L{x + 5:.1f} {middle:.1f}L{x:.1f} {middle + 7:.1f}L{x - 5:.1f} {middle:.1f}Z"
    stalk = f"M{x:.1f} {middle - 12:.1f}V{middle + 12:.1f}"
    pen = f'stroke="{TARGET}" stroke-width="2"'
    return f'<path d="{stalk}" {pen}/><path d="{diamond}" fill="{PAPER}" {pen}/>'


def _whisker(x: float, x2: float, middle: float) -> Iterator[str]:
    """From one bound to the other, with an end at each."""
    yield _line(x, middle, x2, middle, INK)
    for end in (x, x2):
        yield _line(end, middle - 5, end, middle + 5, INK)


def _lines(text: str, longest: int) -> list[str]:
    found = textwrap.wrap(plain(text), longest, max_lines=LINES, placeholder="…")
    return found or [""]
