"""`python -m deploy.grafana.preview http://127.0.0.1:9090`: each dashboard's layout with real values, as a page.

A preview to look at while the builders are changed. It is not Grafana: it draws what the builders use, and nothing else
that Grafana can do. With `--png` chromium makes a picture of each page.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.demo.asking import Choice, NoAnswer, Prometheus, load, seconds
from deploy.grafana.preview import drawing

POINTS = 240
CHROMIUM_SECONDS = 60


def drawn(board: Mapping[str, Any], ask: Prometheus, choice: Choice, now: float, span: int) -> tuple[str, int, int]:
    """A page and its size; a query that is refused is said on standard error, and its panel is empty."""
    insides: dict[int, str] = {}
    for place, panel in enumerate(board["panels"]):
        if panel["type"] == "row":
            continue
        back = seconds(panel["timeFrom"]) if panel.get("timeFrom") else span
        answers = []
        for target in panel["targets"]:
            expr = choice.fill(target["expr"], board, back)
            try:
                if target.get("instant"):
                    answers.append(ask.instant(expr, now))
                else:
                    answers.append(ask.range(expr, now - back, now, max(15.0, back / POINTS)))
            except NoAnswer as problem:
                print(f"{panel['title']}: {problem}", file=sys.stderr)
                answers.append([])
        insides[place] = drawing.panel(panel, answers, now - back, now)
    return drawing.page(board, insides, choice.values)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.grafana.preview", description=__doc__)
    parser.add_argument("prometheus", help="address of a Prometheus that scrapes the agent")
    parser.add_argument("--dashboard", action="append", choices=sorted(load()), help="one of them; else all")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a variable; else All")
    parser.add_argument("--span", help="another span than the dashboard's own, such as 30m")
    parser.add_argument("--to", type=Path, default=Path("preview"), help="folder for the pages (%(default)s)")
    parser.add_argument("--png", action="store_true", help="pictures as well, by chromium")
    given = parser.parse_args(arguments)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if given.png and chromium is None:
        parser.error("--png: chromium is not installed")
    if any("=" not in one for one in given.set):
        parser.error("--set: NAME=VALUE, such as device=sw-wf-1")
    values = dict(one.split("=", 1) for one in given.set)
    try:
        ask = Prometheus(given.prometheus)
        ask.instant("vector(1)", time.time())
        span = seconds(given.span) if given.span else None
    except (NoAnswer, ValueError) as problem:
        print(f"preview: {problem}", file=sys.stderr)
        return 2
    given.to.mkdir(parents=True, exist_ok=True)
    for name, board in load().items():
        if given.dashboard and name not in given.dashboard:
            continue
        html, width, height = drawn(board, ask, Choice(values), time.time(), span or seconds(board["time"]["from"]))
        path: Path = given.to / f"{name}.html"
        path.write_text(html, encoding="utf-8")
        if chromium is not None and given.png:
            picture(chromium, path, width, height)
        print(path)
    return 0


def picture(chromium: str, page: Path, width: int, height: int) -> None:
    """A picture beside the page. It opens a file and needs no network."""
    with tempfile.TemporaryDirectory(prefix="hartwatch-preview-") as profile:
        command = [
            *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"),
            f"--user-data-dir={profile}",
            f"--screenshot={page.with_suffix('.png').resolve()}",
            f"--window-size={width},{height}",
            page.resolve().as_uri(),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=CHROMIUM_SECONDS)  # noqa: S603 - found by name, no shell


if __name__ == "__main__":
    sys.exit(main())
