"""The dashboards against Grafana's own types as JSON Schema: the classic dashboard, and what each panel may say.

npm installs the types into a cache of the user's, once for each lock file; without npm, or where it cannot install,
these tests skip by name. Nothing of it is part of the product.
"""

from __future__ import annotations

import copy
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator
from jsonschema.validators import validator_for

from agent.demo.asking import load, panels

BOARDS = load()
EVERY = pytest.mark.parametrize("name", BOARDS)
FILES = ("package.json", "package-lock.json", ".npmrc", "make.mjs")
INSTALL_SECONDS, MAKE_SECONDS = 240, 240
pytestmark = pytest.mark.timeout(INSTALL_SECONDS + MAKE_SECONDS + 60)


# What the Prometheus data source itself reads from a mark; the types are of what all data sources have in common.
OF_THE_SOURCE = ("expr", "step", "textFormat", "titleFormat")


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hartwatch" / "grafana-schema"


@pytest.fixture(scope="session")
def schemas(root: Path, server: Any) -> Mapping[str, dict[str, Any]]:
    npm, node = server("npm"), server("node")
    source = root / "tests" / "dashboards" / "schema"
    digest = hashlib.sha256(b"".join((source / name).read_bytes() for name in FILES)).hexdigest()[:16]
    folder = cache() / digest
    made = folder / "schemas.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        pytest.skip(f"no cache for Grafana's types: {problem}")
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes of one test run
        if not made.is_file():
            for name in FILES:
                shutil.copy(source / name, folder / name)
            _install(npm, folder)
            part = folder / "schemas.part"
            done = subprocess.run(
                [node, "make.mjs", part.name], cwd=folder, capture_output=True, text=True, timeout=MAKE_SECONDS
            )
            assert done.returncode == 0, done.stderr
            part.rename(made)
    found: dict[str, dict[str, Any]] = json.loads(made.read_text(encoding="utf-8"))
    return found


def _install(npm: Path, folder: Path) -> None:
    command = [npm, "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not install Grafana's types in time")
    if done.returncode != 0:
        pytest.skip(f"npm cannot install Grafana's types: {(done.stderr.strip().splitlines() or ['no reason'])[0]}")


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    kind = validator_for(schema, default=Draft7Validator)
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:160]}" for e in kind(schema).iter_errors(value)]


def custom(panel: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What a panel says of its fields beyond what all panels may: the defaults, and each override as if it were one."""
    fields = panel["fieldConfig"]
    if fields["defaults"].get("custom"):
        yield fields["defaults"]["custom"]
    for override in fields["overrides"]:
        said = {p["id"].removeprefix("custom."): p["value"] for p in override["properties"] if p["id"][:7] == "custom."}
        if said:
            yield (fields["defaults"].get("custom") or {}) | said


@EVERY
def test_a_dashboard_is_one_by_grafanas_own_types(name: str, schemas: Mapping[str, dict[str, Any]]) -> None:
    board = copy.deepcopy(BOARDS[name])
    for mark in board["annotations"]["list"]:
        for key in OF_THE_SOURCE:
            assert mark.pop(key)
    assert problems(schemas["dashboard"], board) == []


@EVERY
def test_options_and_fields_of_its_panels_are_too(name: str, schemas: Mapping[str, dict[str, Any]]) -> None:
    for panel in panels(BOARDS[name]):
        kind = panel["type"].replace("-", "")
        assert problems(schemas[f"{kind}.options"], panel["options"]) == [], panel["title"]
        for said in custom(panel):
            found = [one for one in problems(schemas[f"{kind}.custom"], said) if not one.endswith("required property")]
            assert found == [], panel["title"]  # an override says a part, and the rest is as Grafana has it


def test_what_grafana_does_not_know_is_found(schemas: Mapping[str, dict[str, Any]]) -> None:
    broken = copy.deepcopy(BOARDS["noc"])
    broken["annotations"]["list"] = []
    assert problems(schemas["dashboard"], broken) == []
    broken["panels"][1]["gridPos"]["height"] = 3
    assert problems(schemas["dashboard"], broken)
    options = next(p for p in panels(BOARDS["noc"]) if p["type"] == "stat")["options"]
    assert problems(schemas["stat.options"], options | {"graphMode": "pie"})
    assert problems(schemas["table.custom"], {"cellOptions": {"type": "gauge", "mode": "steep"}})
