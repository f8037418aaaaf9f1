"""A whole dashboard: rows of panels, variables that narrow each other, links, bands for outages and maintenance.

    Board("NOC wall", "hartwatch-noc", "What is down now.", [Row("Now", [stat(...), ...])])

Panels are laid out from left to right on Grafana's 24 columns, each as high as it fits; tests hold that nothing
overlaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.builders.look import AGENT, BLUE, RED, TAG
from deploy.grafana.builders.panels import SOURCE, Panel

COLUMNS = 24  # of Grafana's grid


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under a heading, from left to right."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard. `choices`: the variables by which it is filtered, a part of council, site, class and device."""

    title: str
    uid: str
    description: str
    rows: Sequence[Row]
    choices: Sequence[str] = ("council", "site", "class", "device")
    one_device: bool = False
    classes: str = ""  # only devices of these classes, a pattern
    since: str = "now-6h"
    refresh: str = "1m"


_CHAIN = {
    "council": ('hartwatch_subject_info{kind="site"}', "council", "Council"),
    "site": ('hartwatch_subject_info{kind="site", council=~"$council"}', "site", "Site"),
    "class": ('hartwatch_device_info{council=~"$council", site=~"$site"%s}', "role", "Class"),
    "device": ('hartwatch_device_info{council=~"$council", site=~"$site", role=~"$class"}', "device", "Device"),
}


def _variables(board: Board, agent: str) -> list[Any]:
    chosen = models.VariableOption(selected=True, text="All", value="$__all")
    made: list[Any] = [
        builders.DatasourceVariable("datasource").label("Prometheus").type("prometheus"),
        builders.ConstantVariable("agent").label("Agent").value(agent),
    ]
    for name in board.choices:
        selector, label, title = _CHAIN[name]
        if name == "class":
            selector = selector % (f', role=~"{board.classes}"' if board.classes else "")
        query = f"label_values({selector}, {label})"
        variable = (
            builders.QueryVariable(name)
            .label(title)
            .datasource(SOURCE)
            .query({"query": query, "refId": f"variable-{name}"})
            .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(models.VariableSort.NATURAL_ASC)
        )
        if name == "device" and board.one_device:
            made.append(variable.multi(False).include_all(False))
        else:
            everything = board.classes if name == "class" and board.classes else ".*"
            made.append(variable.multi(True).include_all(True).all_value(everything).current(chosen))
    return made


def _annotation(name: str, expr: str, colour: str, title: str, text: str) -> builders.AnnotationQuery:
    return (
        builders.AnnotationQuery()
        .name(name)
        .datasource(SOURCE)
        .enable(True)
        .icon_color(colour)
        .expr(expr)
        .step("60s")
        .title_format(title)
        .text_format(text)
    )


def _annotations(board: Board) -> list[Builder[models.AnnotationQuery]]:
    """Outages and planned maintenance, as bands across every panel; those of what the dashboard is filtered by."""
    matchers = []
    if "council" in board.choices:
        matchers.append('council=~"$council|both"')
    if "site" in board.choices:
        matchers.append('site=~"$site"')
    if board.one_device:
        matchers.append('name=~"$device", kind="device"')
    info = f"max by (subject, kind, name, site) (hartwatch_subject_info{{{', '.join(matchers)}}})"
    of = f"* on (subject) group_left (kind, name, site) {info}"
    return [
        _annotation("Outages", f'max by (subject) (hartwatch_outage_open{{cause=""}}) {of}', RED,
                    "Outage: {{kind}} {{name}}", "{{subject}} at {{site}}"),
        _annotation("Maintenance", f"max by (subject) (hartwatch_maintenance) {of}", BLUE,
                    "Planned maintenance: {{kind}} {{name}}", "{{subject}} at {{site}}"),
    ]  # fmt: skip


class _Built(Builder[models.Panel]):
    """A panel that is built already, where the SDK wants something to build."""

    def __init__(self, panel: models.Panel) -> None:
        self._panel = panel

    def build(self) -> models.Panel:
        return self._panel


def _placed(panel: models.Panel, depth: list[int]) -> models.Panel:
    """Put a panel as high as it fits, and there as far to the left. `depth`: how far down each column is taken.

    The SDK's own layout goes line by line, and leaves a hole beside a panel that is taller than its neighbours.
    """
    at = panel.grid_pos
    assert at is not None  # noqa: S101  (every panel was given a width and a height)
    y, x = min((max(depth[x : x + at.w]), x) for x in range(COLUMNS - at.w + 1))
    depth[x : x + at.w] = [y + at.h] * at.w
    panel.grid_pos = models.GridPos(h=at.h, w=at.w, x=x, y=y)
    return panel


def dashboard(board: Board, agent: str = AGENT) -> models.Dashboard:
    """The dashboard as Grafana's model of it."""
    made = (
        builders.Dashboard(f"Hartwatch / {board.title}")
        .uid(board.uid)
        .description(board.description)
        .tags([TAG])
        .readonly()
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .time(board.since, "now")
        .refresh(board.refresh)
        .timezone("browser")
        .fiscal_year_start_month(3)
        .week_start("monday")
        .timepicker(builders.TimePicker().refresh_intervals(["30s", "1m", "5m", "15m", "1h"]))
        .link(
            builders.DashboardLink("Hartwatch")
            .type(models.DashboardLinkType.DASHBOARDS)
            .icon("external link")
            .tooltip("The other dashboards, at the same time and for the same choice")
            .tags([TAG])
            .as_dropdown(True)
            .keep_time(True)
            .include_vars(True)
            .target_blank(False)
        )
    )
    for title, path, words in (
        ("Agent", "", "The agent's own pages"),
        ("Outages", "/outages", "Outages with notes, causes and fix clocks"),
        ("Register", "/register", "The hardware register"),
    ):
        made = made.link(
            builders.DashboardLink(title)
            .type(models.DashboardLinkType.LINK)
            .icon("external link")
            .tooltip(words)
            .url(f"${{agent}}{path or '/'}")
            .target_blank(True)
            .keep_time(False)
            .include_vars(False)
        )
    for variable in _variables(board, agent):
        made = made.with_variable(variable)
    made = made.annotations(_annotations(board))
    y = 0
    for row in board.rows:
        made = made.with_row(builders.Row(row.title).grid_pos(models.GridPos(h=1, w=COLUMNS, x=0, y=y)))
        y += 1
        depth = [y] * COLUMNS
        for panel in row.panels:
            made = made.with_panel(_Built(_placed(panel.build(), depth)))
        y = max(depth)
    return made.build()
