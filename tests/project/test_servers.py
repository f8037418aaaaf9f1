"""`.ci/servers`: installs what it may, names what it may not, and never stops a test run."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def bare_path(tmp_path: Path) -> str:
    """A search path with what the script itself needs and none of the servers."""
    for program in ("bash", "id", "mktemp", "grep", "rm", "chmod", "timeout", "env"):
        found = shutil.which(program)
        assert found
        (tmp_path / program).symlink_to(found)
    return str(tmp_path)


def servers(root: Path, *packages: str, path: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", root / ".ci" / "servers", *packages],
        env={"PATH": path, **more}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_what_cannot_be_installed_is_named_and_the_run_goes_on(root: Path, bare_path: str) -> None:
    result = servers(root, "prometheus", path=bare_path, HARTWATCH_NO_APT="1")
    assert result.returncode == 0
    assert "not installed: prometheus" in result.stdout
    assert "skip by name" in result.stdout


def test_an_apt_that_fails_costs_nothing_but_the_servers(root: Path, bare_path: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: another user is told to install by hand before apt is asked")
    ban = Path("/usr/sbin/policy-rc.d")
    before = ban.read_text() if ban.exists() else None
    apt = Path(bare_path) / "apt-get"
    apt.write_text("#!/bin/bash\necho no network >&2\nexit 100\n")
    apt.chmod(0o755)
    result = servers(root, "prometheus", "snmp", path=bare_path)
    assert result.returncode == 0
    assert "apt-get update failed" in result.stdout
    assert "not installed: prometheus snmp" in result.stdout
    after = ban.read_text() if ban.exists() else None
    assert after == before, "the ban on starting daemons is lifted again"


def test_a_package_it_does_not_know_is_a_mistake(root: Path, bare_path: str) -> None:
    result = servers(root, "promtheus", path=bare_path)
    assert result.returncode == 2
    assert "known: snmpd" in result.stderr


def test_nothing_is_done_and_nothing_said_where_all_is_there(root: Path, bare_path: str) -> None:
    (Path(bare_path) / "promtool").symlink_to("/bin/true")
    result = servers(root, "prometheus", path=bare_path)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
