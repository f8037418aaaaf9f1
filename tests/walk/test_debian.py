"""The Debian package: what is in it, and the walk in a fresh Debian. Builds it once, from what is installed here."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.packages.building import EPOCH, once_for_all, run
from tests.walk.places import bootstrap, debian
from tests.walk.steps import PROGRAMS, Walk

pytestmark = pytest.mark.timeout(1500)
Server = Callable[[str], Path]


@pytest.fixture(scope="module")
def package(root: Path, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    server("dpkg-deb")
    return once_for_all(tmp_path_factory, "debian-package", lambda out: built(root, out))


def built(root: Path, out: Path) -> Path:
    words = [
        root / "deploy" / "debian" / "build",
        "--out",
        out,
        "--installed",
        site.getsitepackages()[0],
        "--compress",
        "gzip",
    ]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "PYTHON": sys.executable}
    made = subprocess.run([*map(str, words)], env=environment, capture_output=True, text=True, timeout=600, check=False)
    if "and the lock says" in made.stderr:
        pytest.skip(f"what is installed here is not what the lock pins: {made.stderr.strip().splitlines()[-1]}")
    assert made.returncode == 0, made.stderr
    return Path(made.stdout.strip())


@pytest.fixture(scope="module")
def files(package: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tarfile.TarInfo]:
    tar = subprocess.run(["dpkg-deb", "--fsys-tarfile", str(package)], capture_output=True, check=True).stdout
    found = tmp_path_factory.mktemp("files") / "files.tar"  # not beside the package: another worker may write there too
    found.write_bytes(tar)
    with tarfile.open(found) as archive:
        return {member.name.removeprefix("./"): member for member in archive.getmembers()}


def field(package: Path, name: str) -> str:
    return run("dpkg-deb", "--field", package, name).stdout.strip()


def test_its_papers_say_what_it_is_and_what_it_needs(package: Path) -> None:
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert field(package, "Package") == "hartwatch"
    assert re.fullmatch(r"\d+\.\d+\.\d+(~\w+)?-1", field(package, "Version"))
    depends = field(package, "Depends").split(", ")
    for name in (f"python{minor}", "tzdata", "procps", "libstdc++6"):
        assert name in depends
    scripts = run("dpkg-deb", "--info", package).stdout
    for name in ("conffiles", "md5sums", "postinst", "postrm", "prerm"):
        assert name in scripts
    for name in ("postinst", "prerm", "postrm"):
        checked = run("sh", "-n", Path(__file__).parents[2] / "deploy" / "debian" / name)
        assert (checked.returncode, checked.stderr) == (0, "")


def test_everything_has_its_place_its_owner_and_its_rights(files: dict[str, tarfile.TarInfo]) -> None:
    for name in (
        "opt/hartwatch/bin/hartwatch", "opt/hartwatch/pyvenv.cfg", "lib/systemd/system/hartwatch.service",
        "usr/lib/sysusers.d/hartwatch.conf", "usr/lib/tmpfiles.d/hartwatch.conf", "etc/hartwatch/hartwatch.yaml",
        "usr/share/bash-completion/completions/hartwatch", "usr/share/man/man1/hartwatch.1.gz",
        "usr/share/doc/hartwatch/copyright", "usr/share/doc/hartwatch/examples/inventory.yaml",
        "usr/share/doc/hartwatch/examples/prometheus/prometheus.yml", "usr/share/doc/hartwatch/index.md",
    ):  # fmt: skip
        assert name in files, name
    assert files["usr/bin/hartwatch"].linkname == "/opt/hartwatch/bin/hartwatch"
    assert files["etc/hartwatch/environment"].mode == 0o600
    assert "etc/hartwatch/inventory.yaml" not in files, "nobody watches a sample by mistake"
    assert {(member.uid, member.gid) for member in files.values()} == {(0, 0)}
    assert not [name for name, member in files.items() if member.mode & 0o6022 and not member.issym()]


def test_it_holds_what_is_needed_to_run_and_not_what_builds_and_tests(files: dict[str, tarfile.TarInfo]) -> None:
    there = {Path(name).name.partition("-")[0] for name in files if name.endswith(".dist-info")}
    for wanted in ("hartwatch", "sqlalchemy", "psycopg", "hvac", "pynetbox", "uvloop"):
        assert wanted in there, wanted
    for unwanted in ("pytest", "hatchling", "mypy", "pip", "hypothesis", "asyncssh"):
        assert unwanted not in there, unwanted
    sources = [name for name in files if name.endswith("/agent/app.py")]
    assert len(sources) == 1
    assert any(re.search(r"/agent/__pycache__/app\.cpython-\d+\.pyc$", name) for name in files)


def test_completion_and_the_manual_are_of_this_command(package: Path, tmp_path: Path) -> None:
    run("dpkg-deb", "--extract", package, tmp_path, seconds=300)
    completion = tmp_path / "usr/share/bash-completion/completions/hartwatch"
    assert run("bash", "-n", completion).returncode == 0
    assert "_HARTWATCH_COMPLETE" in completion.read_text()
    page = tmp_path / "usr/share/man/man1/hartwatch.1.gz"
    text = subprocess.run(["gzip", "-dc", str(page)], capture_output=True, text=True, check=True).stdout
    for words in ("hartwatch backup", "hartwatch ledger verify", "hartwatch maintenance add"):
        assert f".SS {words}" in text, words
    if shutil.which("man"):
        shown = run("man", "--warnings", "-l", page, env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8"})
        assert (shown.returncode, shown.stderr) == (0, "")


def test_the_walk_in_a_fresh_debian(
    package: Path, server: Server, root: Path, tmp_path: Path, record_property: Callable[[str, Any], None]
) -> None:
    programs = {name: server(name) for name in PROGRAMS}
    server("debootstrap")
    if os.geteuid() != 0:
        pytest.skip("a root of its own wants root")
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    if sys.version_info[:2] != (3, 11) or "ID=debian" not in release:
        pytest.skip("the package of this machine's Python is for another Debian than 12")
    place = tmp_path / "debian"
    try:
        bootstrap(place)
    except (AssertionError, subprocess.TimeoutExpired) as problem:
        pytest.skip(f"no fresh Debian to be had: {str(problem).strip().splitlines()[-1]}")
    said: list[str] = []
    with debian(package, place) as there:
        Walk(there, programs, tmp_path, root, said.append).go()
    record_property("summary", said)
    shutil.rmtree(place)
