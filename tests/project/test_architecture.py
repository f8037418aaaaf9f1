"""The layers: which module may import what. The rules are .importlinter's; what a linter cannot say is said here."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LINT = Path(sys.executable).with_name("lint-imports")


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )


def contracts(root: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(root / ".importlinter", encoding="utf-8")
    return parser


def test_every_contract_is_kept(root: Path) -> None:
    result = lint(root)
    assert result.returncode == 0, result.stdout


# One planted line per contract: a rule that cannot be broken protects nothing.
BREACHES = {
    "arrow": ("collectors/planted.py", "import agent.facts\n"),
    "face": ("agent/planted.py", "import collectors.planted\n"),
    "network": ("collectors/planted.py", "import socket\n"),
}


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_is_found(contract: str, root: Path, tmp_path: Path) -> None:
    for package in ("agent", "collectors"):
        shutil.copytree(root / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(root / ".importlinter", tmp_path)
    (tmp_path / "collectors" / "planted.py").touch()
    where, line = BREACHES[contract]
    target = tmp_path / where
    target.write_text(target.read_text() + "\n" + line if target.exists() else line)
    result = lint(tmp_path)
    assert result.returncode != 0
    name = contracts(root)[f"importlinter:contract:{contract}"]["name"]
    assert f"{name} BROKEN" in result.stdout
