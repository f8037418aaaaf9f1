"""Panels as this project wants them: each with a unit, a description, thresholds and words beside every colour.

    stat("Devices down", "count(...)", "How many ...", unit="short", steps=look.BAD_ABOVE_0)

States are never told by colour alone: `words` maps numbers to text with a sign before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from grafana_foundation_sdk.builders import barchart as barchart_builders
from grafana_foundation_sdk.builders import bargauge as bargauge_builders
from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus as prometheus_builders
from grafana_foundation_sdk.builders import stat as stat_builders
from grafana_foundation_sdk.builders import statetimeline as timeline_builders
from grafana_foundation_sdk.builders import table as table_builders
from grafana_foundation_sdk.builders import timeseries as series_builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common, prometheus
from grafana_foundation_sdk.models import dashboard as models

from deploy.grafana.builders.look import DEVICE_SERIES, OK_ONLY, PLAIN, Link, Steps, Words

SOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel; `legend` names its series."""

    expr: str
    legend: str = ""


Queries = str | Query | Sequence[Query]


def _queries(given: Queries) -> list[Query]:
    if isinstance(given, str):
        return [Query(given)]
    return [given] if isinstance(given, Query) else list(given)


def _target(query: Query, number: int, *, instant: bool, table: bool = False) -> prometheus_builders.Dataquery:
    made = prometheus_builders.Dataquery().datasource(SOURCE).expr(query.expr).ref_id(chr(ord("A") + number))
    made = made.editor_mode(prometheus.QueryEditorMode.CODE)
    made = made.instant() if instant else made.range()
    if table:
        made = made.format(prometheus.PromQueryFormat.TABLE)
    return made.legend_format(query.legend or "__auto")


def _steps(steps: Steps) -> builders.ThresholdsConfig:
    made = [models.Threshold(value=value, color=colour) for value, colour in steps]
    return builders.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(made)


def _mappings(words: Words) -> list[models.ValueMapping]:
    results = {
        str(value): models.ValueMappingResult(text=text, color=colour, index=index)
        for index, (value, (text, colour)) in enumerate(words.items())
    }
    return [models.ValueMap(options=results)]


def _colour(mode: models.FieldColorModeId) -> builders.FieldColor:
    return builders.FieldColor().mode(mode)


def _data_links(links: Sequence[Link]) -> list[dict[str, Any]]:
    return [{"title": link.title, "url": link.url, "targetBlank": False} for link in links]


def _last() -> common_builders.ReduceDataOptions:
    return common_builders.ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def _common(
    panel: Any, title: str, description: str, unit: str, steps: Steps, w: int, h: int, *, words: Words | None,
    links: Sequence[Link], decimals: int | None, nothing: str,
) -> Any:  # fmt: skip
    """What every kind of panel has. The SDK's panels share no base class with these methods, hence Any."""
    panel = panel.title(title).description(description).datasource(SOURCE).span(w).height(h)
    panel = panel.unit(unit).thresholds(_steps(steps))
    if words is not None:
        panel = panel.mappings(_mappings(words))
    if links:
        panel = panel.data_links([_Made(link) for link in links])
    if decimals is not None:
        panel = panel.decimals(decimals)
    if nothing:
        panel = panel.no_value(nothing)
    return panel


class _Made:
    """A link in the shape in which the SDK wants it. Its own builder is for the links of a whole dashboard: a data link
    has fewer fields, and Grafana's schema refuses the others."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def build(self) -> dict[str, Any]:
        return _data_links([self._link])[0]


def stat(
    title: str, expr: Queries, description: str, *, unit: str = "short", steps: Steps = PLAIN, w: int = 4, h: int = 4,
    words: Words | None = None, links: Sequence[Link] = (), decimals: int | None = None, nothing: str = "",
    colour: Literal["background", "value"] = "background", names: bool = False,
) -> stat_builders.Panel:  # fmt: skip
    """One big number, or one for each series (`names`: with what each is called)."""
    panel = stat_builders.Panel()
    for number, query in enumerate(_queries(expr)):
        panel = panel.with_target(_target(query, number, instant=True))
    made: stat_builders.Panel = _common(
        panel, title, description, unit, steps, w, h, words=words, links=links, decimals=decimals, nothing=nothing
    )
    return (
        made.color_scheme(_colour(models.FieldColorModeId.THRESHOLDS))
        .color_mode(common.BigValueColorMode(colour))
        .graph_mode(common.BigValueGraphMode.NONE)
        .justify_mode(common.BigValueJustifyMode.AUTO)
        .orientation(common.VizOrientation.AUTO)
        .text_mode(common.BigValueTextMode.VALUE_AND_NAME if names else common.BigValueTextMode.VALUE)
        .reduce_options(_last())
    )


def series(
    title: str, expr: Queries, description: str, *, unit: str, steps: Steps = OK_ONLY, w: int = 12, h: int = 8,
    stacked: bool = False, mirrored: str = "", least: float | None = 0, most: float | None = None,
    links: Sequence[Link] = DEVICE_SERIES, decimals: int | None = None, nothing: str = "", since: str = "",
    show_steps: bool = False, legend: Literal["list", "table"] = "table",
) -> series_builders.Panel:  # fmt: skip
    """Lines over time. `mirrored`: a pattern of names to be drawn downwards, such as what is received against what is
    sent. `since`: a span of its own, such as 90d."""
    panel = series_builders.Panel()
    for number, query in enumerate(_queries(expr)):
        panel = panel.with_target(_target(query, number, instant=False))
    made: series_builders.Panel = _common(
        panel, title, description, unit, steps, w, h, words=None, links=links, decimals=decimals, nothing=nothing
    )
    made = (
        made.color_scheme(_colour(models.FieldColorModeId.PALETTE_CLASSIC))
        .draw_style(common.GraphDrawStyle.LINE)
        .line_width(1)
        .fill_opacity(30 if stacked else 8)
        .show_points(common.VisibilityMode.NEVER)
        .tooltip(
            common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
        )
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.TABLE if legend == "table" else common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.RIGHT if legend == "table" else common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs(["lastNotNull", "max"] if legend == "table" else [])
        )
    )
    if least is not None and not mirrored:
        made = made.min(least)
    if most is not None:
        made = made.max(most)
    if stacked:
        made = made.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if show_steps:
        style = common_builders.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
        made = made.thresholds_style(style)
    if mirrored:
        made = made.override_by_regexp(mirrored, [models.DynamicConfigValue("custom.transform", "negative-Y")])
    return made.time_from(since) if since else made


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: the label it is made of, or `Value` (`Value #A` where there is more than one query)."""

    name: str
    title: str
    unit: str = ""
    words: Words | None = None
    steps: Steps = ()
    links: Sequence[Link] = ()
    width: int | None = None
    decimals: int | None = None
    bar: bool = False  # drawn as a bar from 0 to 1


def table(
    title: str, queries: Queries, description: str, columns: Sequence[Column], *, w: int = 12, h: int = 8,
    sort: str = "", descending: bool = True, nothing: str = "nothing", filterable: bool = False,
) -> table_builders.Panel:  # fmt: skip
    """Rows, one for each set of labels. More than one query is merged by the labels that they share: all of them."""
    asked = _queries(queries)
    panel = table_builders.Panel()
    for number, query in enumerate(asked):
        panel = panel.with_target(_target(query, number, instant=True, table=True))
    made: table_builders.Panel = _common(
        panel, title, description, "none", PLAIN, w, h, words=None, links=(), decimals=None, nothing=nothing
    )
    made = made.cell_height(common.TableCellHeight.SM).show_header(True).filterable(filterable)
    if len(asked) > 1:
        made = made.with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
    names = [column.name for column in columns]
    made = made.with_transformation(
        models.DataTransformerConfig(id_val="filterFieldsByName", options={"include": {"names": names}})
    ).with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {},
                "indexByName": {name: place for place, name in enumerate(names)},
                "renameByName": {column.name: column.title for column in columns},
            },
        )
    )
    for column in columns:
        properties = list(_column(column))
        if properties:
            made = made.override_by_name(column.title, properties)
    if sort:
        made = made.sort_by([common_builders.TableSortByFieldState().display_name(sort).desc(descending)])
    return made


def _column(column: Column) -> Sequence[models.DynamicConfigValue]:
    made: list[tuple[str, object]] = []
    if column.unit:
        made.append(("unit", column.unit))
    if column.decimals is not None:
        made.append(("decimals", column.decimals))
    if column.words is not None:
        made.append(("mappings", _mappings(column.words)))
    if column.steps:
        made.append(("thresholds", _steps(column.steps).build()))
    if column.bar:
        made += [
            ("min", 0),
            ("max", 1),
            ("custom.cellOptions", {"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}),
        ]
    elif column.words is not None or column.steps:
        made.append(("custom.cellOptions", {"type": "color-text"}))
    if column.links:
        made.append(("links", _data_links(column.links)))
    if column.width is not None:
        made.append(("custom.width", column.width))
    return [models.DynamicConfigValue(name, value) for name, value in made]


def timeline(
    title: str, expr: Queries, description: str, words: Words, *, w: int = 24, h: int = 8,
    links: Sequence[Link] = (), nothing: str = "", since: str = "",
) -> timeline_builders.Panel:  # fmt: skip
    """How states went, a band for each series with its word in it."""
    panel = timeline_builders.Panel()
    for number, query in enumerate(_queries(expr)):
        panel = panel.with_target(_target(query, number, instant=False))
    made: timeline_builders.Panel = _common(
        panel, title, description, "none", OK_ONLY, w, h, words=words, links=links, decimals=None, nothing=nothing
    )
    made = (
        made.color_scheme(_colour(models.FieldColorModeId.THRESHOLDS))
        .show_value(common.VisibilityMode.AUTO)
        .merge_values(True)
        .row_height(0.8)
        .fill_opacity(80)
        .line_width(0)
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs([])
        )
    )
    return made.time_from(since) if since else made


def bars(
    title: str, expr: Queries, description: str, *, unit: str, steps: Steps = PLAIN, w: int = 8, h: int = 8,
    least: float = 0, most: float | None = None, links: Sequence[Link] = (), decimals: int | None = None,
    nothing: str = "",
) -> bargauge_builders.Panel:  # fmt: skip
    """A bar for each series, lying, with its value as text."""
    panel = bargauge_builders.Panel()
    for number, query in enumerate(_queries(expr)):
        panel = panel.with_target(_target(query, number, instant=True))
    made: bargauge_builders.Panel = _common(
        panel, title, description, unit, steps, w, h, words=None, links=links, decimals=decimals, nothing=nothing
    )
    made = (
        made.color_scheme(_colour(models.FieldColorModeId.THRESHOLDS))
        .orientation(common.VizOrientation.HORIZONTAL)
        .display_mode(common.BarGaugeDisplayMode.BASIC)
        .value_mode(common.BarGaugeValueMode.TEXT)
        .show_unfilled(True)
        .reduce_options(_last())
        .min(least)
    )
    return made.max(most) if most is not None else made


def matrix(
    title: str, expr: str, description: str, *, unit: str, rows: str, columns: str, w: int = 12, h: int = 9,
    stacked: bool = True, colours: Mapping[str, str] | None = None, nothing: str = "",
) -> barchart_builders.Panel:  # fmt: skip
    """Upright bars: one for each value of the label `rows`, parted by the label `columns`."""
    panel = barchart_builders.Panel().with_target(_target(Query(expr), 0, instant=True, table=True))
    made: barchart_builders.Panel = _common(
        panel, title, description, unit, OK_ONLY, w, h, words=None, links=(), decimals=None, nothing=nothing
    )
    made = (
        made.with_transformation(
            models.DataTransformerConfig(
                id_val="groupingToMatrix",
                options={"columnField": columns, "rowField": rows, "valueField": "Value", "emptyValue": "zero"},
            )
        )
        .x_field(f"{rows}\\{columns}")
        .orientation(common.VizOrientation.AUTO)
        .stacking(common.StackingMode.NORMAL if stacked else common.StackingMode.NONE)
        .show_value(common.VisibilityMode.AUTO)
        .color_scheme(_colour(models.FieldColorModeId.PALETTE_CLASSIC))
        .fill_opacity(80)
        .min(0)
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs([])
        )
    )
    for name, colour in (colours or {}).items():
        fixed = {"mode": "fixed", "fixedColor": colour}
        made = made.override_by_name(name, [models.DynamicConfigValue("color", fixed)])
    return made


Panel = Builder[models.Panel]
"""What every function here gives: the SDK's builder of a panel."""
