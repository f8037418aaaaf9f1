"""Charts: what they draw, what they say to those who do not see them, and in which edition they are."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.reports import Edition, edition_of
from agent.reports.drawing import HATCHES, Scale, svg
from agent.reports.editions import Chart, ChartKind, Column, Field, Paper, Section, Series, Table, said, text_of
from agent.reports.quarter_charts import redundancy_charts, stages_charts
from tests.papers.making import whole_paper
from tests.readers import test_papers as made

SPACE = "{http://www.w3.org/2000/svg}"
KINDS = pytest.mark.parametrize("kind", ChartKind)


def chart(kind: ChartKind, *values: tuple[float | None, ...], target: tuple[float | None, ...] | None = None) -> Chart:
    rows = tuple(f"row {n}" for n in range(len(values[0])))
    series = tuple(
        Series(f"series {n}", Field.COUNT, one, tuple("nothing" if v is None else f"{v:g} of {n}" for v in one))
        for n, one in enumerate(values)
    )
    against = target and Series("Target", Field.COUNT, target, tuple(f"goal {v}" for v in target))
    return Chart(
        "a chart/1", kind, "A <chart> & more", "t", Field.WORDS, rows, series, "pieces", said("Seen."), against
    )


def drawn(one: Chart) -> ElementTree.Element:
    return ElementTree.fromstring(svg(one))  # noqa: S314 - our own


def words(one: Chart) -> str:
    return " ".join(text.text or "" for text in drawn(one).iter(f"{SPACE}text"))


# ---------------------------------------------------------------- the drawing
@KINDS
def test_a_chart_is_one_picture_with_a_title_and_a_description(kind: ChartKind) -> None:
    root = drawn(chart(kind, (1.0, 2.0)))
    assert root.get("role") == "img"
    title, description = root[0], root[1]
    assert (title.text, description.text) == ("A <chart> & more", "Seen.")
    assert root.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert " " not in (title.get("id") or " ")
    assert "font-family" in root.attrib
    assert "<script" not in svg(chart(kind, (1.0,)))


@KINDS
def test_every_value_stands_in_words_beside_what_is_drawn(kind: ChartKind) -> None:
    found = words(chart(kind, (1.0, 2.0, None)))
    for text in ("row 0", "row 1", "row 2", "1 of 0", "2 of 0", "pieces"):
        assert text in found
    assert "nothing" in found


@pytest.mark.parametrize("kind", [ChartKind.GROUPED, ChartKind.STACKED])
def test_series_are_told_apart_by_hatching_and_not_by_colour_alone(kind: ChartKind) -> None:
    one = chart(kind, *((float(n + 1), 1.0) for n in range(4)))
    bars = [bar.get("fill") or "" for bar in drawn(one).iter(f"{SPACE}rect") if bar.get("stroke")]
    fills = set(bars)
    assert len(fills) == 4
    assert sum(fill.startswith("url(#") for fill in fills) == 3
    patterns = [path.get("d") for path in drawn(one).iter(f"{SPACE}pattern") for path in path.iter(f"{SPACE}path")]
    assert patterns == list(HATCHES[1:4])
    for n in range(4):
        assert f"series {n}" in words(one)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8))
def test_bars_begin_at_zero_and_are_as_long_as_their_values(values: list[float]) -> None:
    root = drawn(chart(ChartKind.BARS, tuple(values)))
    bars = [(float(b.get("x", "")), float(b.get("width", ""))) for b in root.iter(f"{SPACE}rect") if b.get("stroke")]
    lengths = [value for value in values if value]
    assert len(bars) == len(lengths)
    assert len({x for x, _ in bars}) <= 1
    longest = max(lengths, default=0.0)
    for value, (_, width) in zip(lengths, bars, strict=True):
        widest = max(w for _, w in bars)
        assert width == pytest.approx(max(value / longest * widest, 1.5), abs=0.2)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=9), st.booleans())
def test_a_scale_holds_all_values_in_a_few_even_steps(values: list[float], from_zero: bool) -> None:
    scale = Scale.of(values, from_zero=from_zero)
    assert scale.low <= min(values) + scale.step * 1e-6
    assert scale.high >= max(values) - scale.step * 1e-6
    assert 2 <= len(scale.ticks) <= 9
    assert not from_zero or scale.low == 0
    said_ = [scale.said(tick) for tick in scale.ticks]
    assert len(set(said_)) == len(said_)


def test_the_scale_of_availability_ends_at_a_hundred_percent() -> None:
    assert Scale.of([99.2, 100.0], from_zero=False, roof=100.0).high == 100.0
    assert Scale.of([100.0], from_zero=False, roof=100.0).high == 100.0


def test_the_scale_of_whole_things_has_no_halves() -> None:
    assert [Scale.of([1], from_zero=True).said(t) for t in Scale.of([1], from_zero=True).ticks] == ["0", "1"]


def test_a_target_that_all_rows_share_is_said_once_and_others_in_each_row() -> None:
    shared = words(chart(ChartKind.BARS, (1.0, 2.0), target=(4.0, 4.0)))
    assert shared.count("goal 4.0") == 1
    own = words(chart(ChartKind.BARS, (1.0, 2.0), target=(4.0, 8.0)))
    assert "goal 8.0" in own
    assert "goal 4.0" in own


@given(st.text(max_size=80))
def test_any_text_is_text_in_a_drawing(text: str) -> None:
    one = replace(chart(ChartKind.GROUPED, (1.0,), (2.0,)), rows=(text,), title=text, unit=text, words=said(text))
    drawn(one)
    assert len(list(drawn(one).iter(f"{SPACE}rect"))) == len(list(drawn(chart(ChartKind.GROUPED, (1.0,), (2.0,))).iter(
        f"{SPACE}rect")))  # fmt: skip


# ---------------------------------------------------------------- editions
def test_a_chart_without_its_table_is_in_no_edition() -> None:
    one = replace(chart(ChartKind.BARS, (1.0,)), table="t")
    there = Table("t", "T", (Column("W", Field.WORDS),), (("x",),), "none")
    hidden = replace(there, columns=(Column("W", Field.SITE),))
    for table, kept in ((there, (True, True)), (hidden, (False, True)), (replace(there, rows=()), (False, False))):
        paper = Paper("t", "s", Edition.EXEMPT, (Section("S", (said("s"),), (table,), (one,)),))
        found = tuple(bool(edition_of(paper, edition).sections[0].charts) for edition in Edition)
        assert found == kept


def test_every_chart_of_the_quarter_names_a_table_whose_rows_it_has() -> None:
    charts = {}
    for section in whole_paper().sections:
        for one in section.charts:
            (table,) = (table for table in section.tables if table.key == one.table)
            charts[one.key] = one
            assert set(one.rows) <= {row[0] for row in table.rows}
            shown = " ".join(cell for row in table.rows for cell in row)
            for series in one.drawn:
                for text in series.shown:
                    number = re.match(r"[£\d,.]+", text)
                    # Minutes of the table are hours and minutes in the chart of redundancy.
                    assert one.key == "redundancy-buildings" or number is None or number[0] in shown
    assert set(charts) == {"availability", "fixes", "causes", "redundancy-buildings", "stages", "programme",
                           "programme-costs"}  # fmt: skip


def test_what_councils_pay_is_drawn_in_the_exempt_edition_only() -> None:
    def keys(edition: Edition) -> set[str]:
        return {one.key for section in edition_of(whole_paper(), edition).sections for one in section.charts}

    assert keys(Edition.EXEMPT) - keys(Edition.PUBLIC) == {"programme-costs"}


# ---------------------------------------------------------------- words
def seen(paper: Paper, key: str) -> str:
    return next((text_of(c.words) for s in paper.sections for c in s.charts if c.key == key), "no chart")


def outages(*lengths: int) -> Paper:
    scribe = made.Scribe()
    scribe.up(*made.SUBJECTS)
    for n, hours in enumerate(lengths):
        at = made.BUSY + timedelta(days=3 * n)
        scribe.outage(f"device:{made.CANARIES['device']}", at, timedelta(hours=hours))
        scribe.outage("service:phones", at, timedelta(hours=hours))
    return made.paper(scribe)


@pytest.mark.parametrize(
    ("lengths", "causes", "fixes"),
    [
        ((), "no chart", "no chart"),
        ((1,), "The one cause is “not yet recorded”: one outage. None took longer than the target.",
         "Telephony: 1 hour to fix on average, of 4 hours."),
        ((1, 9), "The one cause is “not yet recorded”: two outages. One outage took longer than the target.",
         "Telephony: 5 hours to fix on average, of 4 hours."),
        ((9, 9), "The one cause is “not yet recorded”: two outages. Two outages took longer than the target.",
         "Telephony: 9 hours to fix on average, of 4 hours."),
    ],
)  # fmt: skip
def test_alternatives_are_right_for_none_one_and_many(lengths: tuple[int, ...], causes: str, fixes: str) -> None:
    paper = outages(*lengths)
    assert seen(paper, "causes") == causes
    assert seen(paper, "fixes") == fixes


def test_the_alternative_of_availability_names_what_is_below_its_target_and_the_lowest() -> None:
    assert seen(whole_paper(), "availability") == "Below target: Telephony. Telephony is lowest with 99.77 %."
    assert seen(outages(), "availability") == (
        "No service is below its target. All two services have the same availability, 100.00 %."
    )


def test_alternatives_of_hardware_and_redundancy_know_one_and_many() -> None:
    def told(charts: tuple[Chart, ...]) -> list[str]:
        return [text_of(one.words) for one in charts]

    assert told(stages_charts({})) == []
    assert told(stages_charts({"In life": 1})) == ["The one piece of hardware is in the stage “In life”."]
    assert told(stages_charts({"In life": 3})) == [
        "Of 3 pieces of hardware, three are in the stage “In life”, as all are."
    ]
    assert told(stages_charts({"In life": 1, "Old": 2})) == [
        "Of 3 pieces of hardware, two are in the stage “Old”, more than in any other."
    ]
    assert told(redundancy_charts({})) == []
    assert told(redundancy_charts({"offices": timedelta()})) == []
    assert told(redundancy_charts({"offices": made.HOUR})) == [
        "Offices: 1 hour. No other kind of building lost redundancy."
    ]
    assert told(redundancy_charts({"depots": made.HOUR, "offices": 2 * made.HOUR})) == [
        "Offices lost most redundancy: 2 hours."
    ]
