"""What the repository itself promises: locks complete and hashed, no address of a package host anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

LOCKS = {
    "run": ("netbox", "postgres", "vault"),
    "demo": ("demo",),
    "dev": ("demo", "dev", "netbox", "postgres", "vault"),
    "fuzz": ("fuzz",),
}

# Written in pieces, so that this file is not the one that names them.
PACKAGE_HOSTS = [
    ".".join(pieces)
    for pieces in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("npmjs", "com"),
        ("crates", "io"),
        ("proxy", "golang", "org"),
        ("rubygems", "org"),
        ("anaconda", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("maven", "org"),
    ]
]


def committed(root: Path) -> list[Path]:
    """Every file git knows, as it lies in the work tree."""
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    return [path for name in listed.split(b"\0") if name and (path := root / os.fsdecode(name)).is_file()]


def project(root: Path) -> dict[str, object]:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


def pins(root: Path, lock: str) -> dict[str, list[tuple[Requirement, int]]]:
    """Package > its pinned requirements (more than one where platforms differ) and how many hashes each has."""
    found: dict[str, list[tuple[Requirement, int]]] = {}
    text = (root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        requirement, *hashes = re.split(r"\s+--hash=", line.strip())
        if requirement:
            parsed = Requirement(requirement)
            found.setdefault(canonicalize_name(parsed.name), []).append((parsed, len(hashes)))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_and_hashes_every_line(lock: str, root: Path) -> None:
    for name, entries in pins(root, lock).items():
        for requirement, hashes in entries:
            assert [s.operator for s in requirement.specifier] == ["=="], f"{name} is not pinned"
            assert hashes > 0, f"{name} has no hash"


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_every_dependency_the_project_asks_for(lock: str, root: Path) -> None:
    asked = project(root)["project"]
    assert isinstance(asked, dict)
    wanted = [*asked["dependencies"], *(r for extra in LOCKS[lock] for r in asked["optional-dependencies"][extra])]
    locked = pins(root, lock)
    for text in wanted:
        requirement = Requirement(text)
        entries = locked.get(canonicalize_name(requirement.name), [])
        assert entries, f"{requirement.name} is in pyproject.toml and not in requirements/{lock}.txt: run `make lock`"
        for pinned, _ in entries:
            version = Version(next(iter(pinned.specifier)).version)
            assert version in requirement.specifier, f"{requirement} is pinned to {version}: run `make lock`"


def test_the_locks_agree_with_each_other(root: Path) -> None:
    everything = pins(root, "dev")
    for lock in ("run", "demo", "fuzz"):
        for name, entries in pins(root, lock).items():
            if (lock, name) == ("fuzz", "atheris"):
                continue  # what this lock is there for, and no other has
            versions = {str(r.specifier) for r, _ in everything.get(name, [])}
            assert {str(r.specifier) for r, _ in entries} <= versions, f"{name} differs between {lock} and dev"


def test_what_an_install_builds_with_is_locked_too(root: Path) -> None:
    build = project(root)["build-system"]
    assert isinstance(build, dict)
    for lock in LOCKS:
        for text in build["requires"]:
            assert canonicalize_name(Requirement(text).name) in pins(root, lock)


def test_no_committed_file_names_a_package_host(root: Path) -> None:
    hosts = re.compile("|".join(re.escape(host) for host in PACKAGE_HOSTS).encode())
    assert hosts.search(f"--index-url https://{PACKAGE_HOSTS[0]}/simple".encode()), "the pattern finds one"
    named = [f"{path.relative_to(root)}: {found[0].decode()}" for path in committed(root)
             if (found := hosts.search(path.read_bytes()))]  # fmt: skip
    assert not named, named


@pytest.mark.parametrize("name", ["LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_the_papers_of_a_project_are_there(name: str, root: Path) -> None:
    assert (root / name).stat().st_size > 200


def test_the_changelog_knows_the_version_and_has_a_place_for_what_comes(root: Path) -> None:
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in text


def test_the_checks_of_ci_are_those_of_make_lint(root: Path) -> None:
    ci = (root / ".ci" / "run").read_text(encoding="utf-8")
    make = (root / "Makefile").read_text(encoding="utf-8")
    for check in ("ruff format --check .", "ruff check .", "mypy", "lint-imports"):
        assert f".venv/bin/{check}" in ci
        assert f"$(BIN)/{check}" in make
    assert "make --no-print-directory test" in ci
