"""The wheel and the sdist: everything that is needed, nothing else, the same octets twice, and it runs anywhere."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.packages.building import build, copy_of, fresh_venv, run

Made = tuple[Path, Path, Path]  # the project's copy, the wheel, the sdist


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    project = copy_of(root, tmp_path_factory.mktemp("project"))
    out = tmp_path_factory.mktemp("dist")
    return project, build(project, out, "wheel"), build(project, out, "sdist")


@pytest.fixture(scope="module")
def installed(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command `hartwatch` of a fresh environment that pip installed the wheel into."""
    bin_folder = fresh_venv(tmp_path_factory.mktemp("venv") / "v")
    result = run(bin_folder / "python", "-m", "pip", "install", "--no-index", "--no-deps", made[1])
    assert result.returncode == 0, result.stderr
    return bin_folder / "hartwatch"


def test_the_wheel_holds_the_two_packages_and_nothing_else(made: Made) -> None:
    project, wheel, _ = made
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        licence = [name for name in archive.namelist() if name.endswith("licenses/LICENSE")]
    ours = {
        str(path.relative_to(project))
        for package in ("agent", "collectors")
        for path in (project / package).rglob("*")
        if path.is_file()
    }
    assert names == ours
    assert licence
    for wanted in (
        "agent/ledger/migrations/env.py", "agent/ledger/migrations/versions/0001_ledger.py",
        "agent/web/static/hartwatch.css", "agent/web/templates/overview.html", "agent/reports/templates/paper.html",
        "agent/lifecycle/data/serial-rules.yaml", "collectors/families/__vendors.yaml", "agent/py.typed",
    ):  # fmt: skip
        assert wanted in names
    assert not [
        name for name in names if Path(name).name.startswith("test") or name.endswith((".snmprec", ".pyc", ".pcap"))
    ]


def test_the_sdist_builds_the_same_wheel_to_the_octet(made: Made, tmp_path: Path) -> None:
    _, wheel, sdist = made
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (project,) = (tmp_path / "unpacked").iterdir()
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "requirements/run.txt",
        "tests/conftest.py",
        "docs/index.md",
    ):
        assert (project / name).is_file(), name
    assert build(project, tmp_path / "again", "wheel").read_bytes() == wheel.read_bytes()


def test_what_is_built_twice_is_the_same_to_the_octet(made: Made, tmp_path: Path) -> None:
    project, wheel, sdist = made
    again = tmp_path / "project"
    shutil.copytree(project, again)
    for path in again.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert build(again, tmp_path / "out", "wheel").read_bytes() == wheel.read_bytes()
    assert build(again, tmp_path / "out", "sdist").read_bytes() == sdist.read_bytes()


def test_it_runs_from_any_folder_and_is_not_the_project_next_door(installed: Path, tmp_path: Path) -> None:
    result = run(installed, "version", cwd=tmp_path)
    assert (result.returncode, result.stdout.strip()) == (0, "0.1.0"), result.stderr
    where = run(installed.parent / "python", "-c", "import agent, collectors; print(agent.__file__)", cwd=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(installed.parent.parent), where.stdout + where.stderr
    helped = run(installed, "--help", cwd=tmp_path)
    assert helped.returncode == 0, helped.stderr


def test_a_device_is_known_by_the_families_that_came_with_it(installed: Path, root: Path, tmp_path: Path) -> None:
    recording = sorted((root / "tests" / "recordings" / "apc_ups").glob("*.snmprec"))[0]
    shutil.copy(recording, tmp_path / "device.snmprec")
    result = run(installed, "try", "device.snmprec", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "apc_ups" in result.stdout


def test_the_agent_runs_with_pages_and_what_they_are_made_of(
    installed: Path, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    port, device = free_port(), free_port()
    estate = {
        "councils": {"c": {"title": "Council", "share": 1}},
        "sites": {"s": {"title": "Site", "kind": "office", "owner": "c"}},
        "credentials": {"v2c": {"kind": "snmp_v2c", "community": "env:COMMUNITY"}},
        "devices": [{"name": "sw-1", "address": "127.0.0.1", "port": device, "class": "switch", "site": "s",
                     "snmp": "v2c", "timeout": "1s", "retries": 0}],
    }  # fmt: skip
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(estate))
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HARTWATCH_"))}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            [installed, "run", "--state", "state", "--listen", f"127.0.0.1:{port}"],
            cwd=tmp_path, env={**environment, "COMMUNITY": "made-up"}, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        pages = {path: fetched(f"http://127.0.0.1:{port}{path}", process) for path in (
            "/-/healthy", "/", "/devices", "/outages", "/papers", "/register", "/static/hartwatch.css",
            "/static/mark.svg", "/metrics",
        )}  # fmt: skip
    finally:
        process.send_signal(signal.SIGTERM)
        status = process.wait(60)
    assert status == 0, (tmp_path / "log").read_text()
    assert "sw-1" in pages["/devices"]
    assert "{" in pages["/static/hartwatch.css"]
    assert "hartwatch_inventory_devices 1" in pages["/metrics"]
    assert (tmp_path / "state" / "ledger.sqlite3").is_file(), "the migrations came with it"


def fetched(address: str, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as problem:
            raise AssertionError(f"{address}: {problem}") from problem
        except OSError:
            assert process.poll() is None, "the agent has ended"
            assert time.monotonic() < until, address
            time.sleep(0.1)


def test_uv_installs_it_too(made: Made, tmp_path: Path) -> None:
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        pytest.skip("uv is not installed (`make .venv/.dev`)")
    bin_folder = fresh_venv(tmp_path / "v", pip=False)
    result = run(uv, "pip", "install", "--offline", "--no-deps", "--python", bin_folder / "python", made[1])
    assert result.returncode == 0, result.stderr
    assert run(bin_folder / "hartwatch", "version", cwd=tmp_path).stdout.strip() == "0.1.0"
