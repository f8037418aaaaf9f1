"""Panels drawn as HTML and SVG on Grafana's grid of 24 columns. Pure. Text from Prometheus is escaped everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from deploy.grafana.preview import charts, frames

CELL, LINE, GAP = 62, 30, 8  # a column, a row and what is between panels, in pixels; as in a window of 1500
HEAD = 30  # title of a panel
Answers = Sequence[Sequence[Mapping[str, Any]]]

STYLE = """
body{background:#111217;color:#ccccdc;font:13px/1.35 sans-serif;margin:0}
.note{background:#5c1f1f;color:#fff;padding:4px 12px;font-size:12px}
h1{font-size:17px;font-weight:500;margin:8px 12px 4px}
.vars{margin:0 12px 4px;font-size:12px}.vars span{border:1px solid #444;padding:1px 7px;margin-right:6px}
.grid{position:relative}
.panel{position:absolute;background:#181b1f;border:1px solid #2c2f36;box-sizing:border-box;overflow:hidden}
.panel>b{display:block;font-weight:500;font-size:13px;padding:5px 8px;height:20px;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis}
.row{position:absolute;font-size:14px;font-weight:500;padding:6px 4px}
.stats{display:flex;flex-wrap:wrap;gap:4px;padding:0 4px 4px;box-sizing:border-box}
.stat{flex:1;display:flex;flex-direction:column;justify-content:center;align-items:center;min-width:60px;overflow:hidden}
.stat i{font-style:normal;font-size:12px}
table{border-collapse:collapse;width:100%;table-layout:fixed;font-size:12px}
th{text-align:left;font-weight:500;color:#6e9fff}th,td{padding:3px 6px;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis;border-bottom:1px solid #24272e;height:20px}
.none{padding:20px;text-align:center;color:#8e8e8e}
.bar{display:flex;align-items:center;gap:6px;margin:0 8px;font-size:12px}.bar span{white-space:nowrap;overflow:hidden;
text-overflow:ellipsis}
.legend{font-size:11px;overflow:hidden;line-height:16px}.legend div{white-space:nowrap;overflow:hidden;
text-overflow:ellipsis}.beside div{display:flex}.beside em{flex:1;overflow:hidden;text-overflow:ellipsis}
.legend em{font-style:normal}.below div{display:inline-block;margin-right:12px}
.legend u{display:inline-block;width:12px;height:3px;margin-right:5px;vertical-align:middle}
svg text{fill:#9a9aa5;font:10px sans-serif}
"""


def page(dashboard: Mapping[str, Any], drawn: Mapping[int, str], chosen: Mapping[str, str]) -> tuple[str, int, int]:
    """The page and its size. `drawn`: number of a panel in the dashboard's list > its inside."""
    pieces, bottom = [], 0
    for place, panel in enumerate(dashboard["panels"]):
        at = panel["gridPos"]
        x, y = at["x"] * CELL + 12, at["y"] * (LINE + GAP)
        w, h = at["w"] * CELL - GAP, at["h"] * (LINE + GAP) - GAP
        bottom = max(bottom, y + h)
        spot = f"left:{x}px;top:{y}px;width:{w}px;height:{h}px"
        title = escape(panel["title"])
        if panel["type"] == "row":
            pieces.append(f'<div class=row style="{spot}">⌄ {title}</div>')
        else:
            since = f" <small>last {panel['timeFrom']}</small>" if panel.get("timeFrom") else ""
            pieces.append(f'<div class=panel style="{spot}"><b>{title}{since}</b>{drawn[place]}</div>')
    names = [v["name"] for v in dashboard["templating"]["list"] if v["type"] == "query"]
    boxes = "".join(f"<span>{escape(n)}: {escape(chosen.get(n, 'All'))}</span>" for n in names)
    width = 24 * CELL + 24
    html = (
        f"<!doctype html><html lang=en-GB><meta charset=utf-8><title>{escape(dashboard['title'])}, preview</title>"
        f"<style>{STYLE}</style><div class=note>A preview of the layout with real values, drawn by Hartwatch's own "
        f"renderer. This is not Grafana.</div><h1>{escape(dashboard['title'])}</h1><div class=vars>{boxes}</div>"
        f'<div class=grid style="height:{bottom + 12}px;width:{width}px">{"".join(pieces)}</div></html>'
    )
    return html, width, bottom + 110


def panel(of: Mapping[str, Any], answers: Answers, start: float, end: float) -> str:
    """The inside of a panel."""
    w = of["gridPos"]["w"] * CELL - GAP - 2
    h = of["gridPos"]["h"] * (LINE + GAP) - GAP - HEAD - 2
    size = (w, h)
    if not any(answers):
        return f"<div class=none>{escape(of['fieldConfig']['defaults'].get('noValue') or 'No data')}</div>"
    kind = of["type"]
    if kind == "stat":
        return _stat(of, answers, h)
    if kind == "bargauge":
        return _bars(of, answers, w, h)
    if kind == "table":
        return _table(frames.table_of(of, answers), h)
    if kind == "barchart":
        return charts.upright(frames.matrix_of(of, answers[0]), of, size)
    series = frames.series_of(of["targets"], answers)
    return (
        charts.timeline(series, of, size, start, end)
        if kind == "state-timeline"
        else charts.lines(series, of, size, start, end)
    )


def _stat(of: Mapping[str, Any], answers: Answers, h: int) -> str:
    values = frames.last_values(of, answers)
    names = of["options"]["textMode"] == "value_and_name"
    filled = of["options"]["colorMode"] == "background"
    longest = max(len(shown.text) for _, shown in values)
    width = (of["gridPos"]["w"] * CELL - GAP) / min(len(values), 2)
    size = max(11, min(44, int(h / 2.4 / (2 if len(values) > 2 else 1)), int(width / max(4, longest) * 1.5)))
    boxes = "".join(
        f'<div class=stat style="{"background" if filled else "color"}:{shown.colour};'
        f'{"color:#111217;" if filled else ""}font-size:{size}px">'
        f"{f'<i>{escape(name)}</i>' if names else ''}{escape(shown.text)}</div>"
        for name, shown in values
    )
    return f'<div class=stats style="height:{h}px">{boxes}</div>'


def _bars(of: Mapping[str, Any], answers: Answers, w: int, h: int) -> str:
    values = frames.last_values(of, answers)
    config = of["fieldConfig"]["defaults"]
    least = config.get("min", 0)
    most = config.get("max") or max(*(shown.value for _, shown in values), least + 1e-9)
    tall = max(12, min(34, h // len(values)))
    label = min(w * 2 // 5, max(len(name) for name, _ in values) * 7)
    drawn = []
    for name, shown in values:
        share = min(1.0, max(0.0, (shown.value - least) / (most - least)))
        drawn.append(
            f'<div class=bar style="height:{tall}px">'
            f'<span style="width:{label}px;text-align:right">{escape(name)}</span>'
            f'<div style="flex:1;background:#22252b;height:{tall - 5}px"><div style="width:{share:.1%};height:100%;'
            f'background:{shown.colour}"></div></div><span style="width:74px;color:{shown.colour}">{escape(shown.text)}'
            "</span></div>"
        )
    return "".join(drawn)


def _table(table: frames.Table, h: int) -> str:
    if not table.rows:
        return "<div class=none>No data</div>"
    columns = "".join(
        f"<col{f' style=width:{table.widths[name]}px' if name in table.widths else ''}>" for name in table.columns
    )
    heads = "".join(f"<th>{escape(name)}</th>" for name in table.columns)
    rows = "".join(f"<tr>{''.join(_td(cell) for cell in row)}</tr>" for row in table.rows[: h // 27])
    return f"<table><colgroup>{columns}</colgroup><tr>{heads}</tr>{rows}</table>"


def _td(cell: frames.Shown) -> str:
    if cell.bar:
        share = min(1.0, max(0.0, cell.value))
        return (
            '<td><div style="display:flex;gap:5px;align-items:center">'
            '<div style="flex:1;background:#22252b;height:12px">'
            f'<div style="width:{share:.1%};background:{cell.colour};height:100%"></div></div>'
            f'<span style="color:{cell.colour}">{escape(cell.text)}</span></div></td>'
        )
    return f'<td style="color:{cell.colour}">{escape(cell.text)}</td>'
