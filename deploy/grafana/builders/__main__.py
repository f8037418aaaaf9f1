"""`python -m deploy.grafana.builders [--agent-url URL] [--to FOLDER]`: write the dashboards, and their reference page.

With `--to` only the dashboards are written, there: for an agent that people reach by another address than the one the
committed files have.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.builders import (
    agent,
    device,
    firewall,
    interfaces,
    lifecycle,
    noc,
    outages,
    reference,
    sites,
    wifi,
)
from deploy.grafana.builders.board import Board, dashboard
from deploy.grafana.builders.look import AGENT

MODULES = (noc, sites, device, interfaces, wifi, firewall, lifecycle, outages, agent)
ROOT = Path(__file__).resolve().parents[3]
DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
PAGE = ROOT / "docs" / "reference" / "dashboards.md"


def boards() -> list[Board]:
    return [module.build() for module in MODULES]


def _plain(made: dict[str, Any]) -> dict[str, Any]:
    """Without what the SDK adds and Grafana's types do not know: `auto*` of intervals in every variable, and a footer
    in the options of tables, which moved to the fields in Grafana 12."""
    for variable in made["templating"]["list"]:
        for key in [key for key in variable if key.startswith("auto")]:
            del variable[key]
    for panel in made["panels"]:
        if panel["type"] == "table":
            panel["options"].pop("footer", None)
    return made


def rendered(agent_url: str = AGENT) -> Iterator[tuple[str, str]]:
    """Name and text of each dashboard's file. The same every time: nothing in it is of the moment."""
    for board in boards():
        plain = _plain(json.loads(json.dumps(dashboard(board, agent_url), cls=JSONEncoder)))
        made = json.dumps(plain, indent=2, ensure_ascii=False, sort_keys=True)
        yield f"{board.uid.removeprefix('hartwatch-')}.json", made + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.grafana.builders", description=__doc__)
    parser.add_argument("--agent-url", default=AGENT, help="where people reach the agent's own pages (%(default)s)")
    parser.add_argument("--to", type=Path, help="another folder for the dashboards; the reference page is left alone")
    given = parser.parse_args(arguments)
    if not given.agent_url.startswith(("http://", "https://")):
        parser.error("--agent-url: an address that begins with http:// or https://")
    if given.to is None and given.agent_url != AGENT:
        parser.error("--agent-url: say --to FOLDER as well; the committed files keep their own")
    folder: Path = given.to or DASHBOARDS
    folder.mkdir(parents=True, exist_ok=True)
    files = dict(rendered(given.agent_url.rstrip("/")))
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    if given.to is None:
        PAGE.write_text(reference.page([json.loads(text) for text in files.values()]), encoding="utf-8")
    print(f"{len(files)} dashboards in {folder}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
