"""The unit and its companions, as systemd's own programs read them, in a root of their own."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Server = Callable[[str], Path]


@pytest.fixture
def units(root: Path) -> Path:
    return root / "deploy" / "systemd"


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=60, check=False)


def lines(unit: Path, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", unit.read_text(encoding="utf-8"), re.MULTILINE)


def test_systemd_finds_nothing_wrong_with_the_unit(units: Path, tmp_path: Path, server: Server) -> None:
    analyze = server("systemd-analyze")
    program = tmp_path / "opt" / "hartwatch" / "bin" / "hartwatch"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    # systemd-analyze looks for programs on this machine, where the agent may be installed elsewhere or not at all.
    text = (units / "hartwatch.service").read_text().replace("ExecStart=/opt", f"ExecStart={tmp_path}/opt")
    copy = tmp_path / "hartwatch.service"
    copy.write_text(text)
    result = run(analyze, "verify", "--man=no", copy)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")
    copy.write_text(text.replace("WatchdogSec=2min", "WatchdogSeconds=2min"))
    assert "'WatchdogSeconds'" in run(analyze, "verify", "--man=no", copy).stderr


def test_the_unit_waits_to_be_told_and_watches_for_a_sign_of_life(units: Path) -> None:
    unit = units / "hartwatch.service"
    assert lines(unit, "Type") == ["notify"]
    assert lines(unit, "WatchdogSec") == ["2min"]
    assert lines(unit, "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert lines(unit, "ConditionPathExists") == ["/etc/hartwatch/inventory.yaml"]


def test_the_user_of_the_unit_is_the_one_that_sysusers_makes(units: Path, tmp_path: Path, server: Server) -> None:
    sysusers, file = server("systemd-sysusers"), units / "hartwatch.sysusers"
    (tmp_path / "etc").mkdir()
    dry = run(sysusers, "--dry-run", f"--root={tmp_path}", "--replace=/usr/lib/sysusers.d/hartwatch.conf", file)
    assert dry.returncode == 0, dry.stderr
    assert "hartwatch" in dry.stderr
    assert not (tmp_path / "etc" / "passwd").exists()
    made = run(sysusers, f"--root={tmp_path}", "--replace=/usr/lib/sysusers.d/hartwatch.conf", file)
    assert made.returncode == 0, made.stderr
    (user,) = (tmp_path / "etc" / "passwd").read_text().splitlines()
    name, _, number, _, _, home, shell = user.split(":")
    assert lines(units / "hartwatch.service", "User") == [name]
    assert 0 < int(number) < 1000
    assert (home, shell) == ("/var/lib/hartwatch", "/usr/sbin/nologin")


def test_tmpfiles_makes_what_the_unit_reads_and_shuts_the_secrets(units: Path, tmp_path: Path, server: Server) -> None:
    tmpfiles = server("systemd-tmpfiles")
    root = tmp_path / "root"
    secret = root / "etc" / "hartwatch" / "environment"
    secret.parent.mkdir(parents=True)
    secret.write_text("HARTWATCH_SNMP=made-up\n")
    secret.chmod(0o644)
    (root / "usr" / "lib" / "tmpfiles.d").mkdir(parents=True)
    shutil.copy(units / "hartwatch.tmpfiles", root / "usr" / "lib" / "tmpfiles.d" / "hartwatch.conf")
    result = run(tmpfiles, f"--root={root}", "--create")
    assert result.returncode == 0, result.stderr
    modes = {str(p.relative_to(root)): oct(p.stat().st_mode & 0o777) for p in root.rglob("*")}
    assert modes["etc/hartwatch"] == "0o755"
    assert modes["etc/hartwatch/credentials"] == "0o700"
    assert modes["etc/hartwatch/environment"] == "0o600"
    assert modes["var/backups/hartwatch"] == "0o700"
