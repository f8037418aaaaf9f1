"""The page docs/reference/dashboards.md, made from the dashboards themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

HEAD = """\
# Dashboards

Made by `python -m deploy.grafana.builders`; a test holds this page and the dashboards together. How to install and to
change them: [use the dashboards](../how-to/use-the-dashboards.md). The metrics: [metrics](metrics.md).
"""


def page(dashboards: Sequence[Mapping[str, Any]]) -> str:
    """Every dashboard with its variables and panels: what each shows, in which unit, by which queries."""
    lines = [HEAD]
    for board in dashboards:
        lines += _board(board)
    return "\n".join(lines).rstrip() + "\n"


def _board(board: Mapping[str, Any]) -> Iterator[str]:
    variables = [v["name"] for v in board["templating"]["list"]]
    yield f"## {board['title'].removeprefix('Hartwatch / ')}"
    yield ""
    yield f"{board['description']} Address in Grafana: `/d/{board['uid']}`."
    yield f"Variables: {', '.join(f'`{name}`' for name in variables)}."
    yield ""
    for panel in board["panels"]:
        if panel["type"] == "row":
            yield f"### {board['title'].removeprefix('Hartwatch / ')}: {panel['title'][0].lower()}{panel['title'][1:]}"
            yield ""
            continue
        unit = panel["fieldConfig"]["defaults"].get("unit", "none")
        span = f", over {panel['timeFrom']}" if panel.get("timeFrom") else ""
        how = panel["type"] + (f", unit {unit}" if unit != "none" else "") + span
        yield f"**{panel['title']}** ({how}). {panel['description']}"
        yield ""
        yield "```promql"
        for target in panel["targets"]:
            name = f"  # {target['legendFormat']}" if target.get("legendFormat") not in (None, "__auto") else ""
            yield " ".join(target["expr"].split()) + name
        yield "```"
        yield ""
