"""Where the walk goes: a fresh environment and state directory, or a fresh Debian with the package in it.

Both have: `path` (what the agent sees as PATH is `root / PATH`), `hartwatch(...)` and `start(...)`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.packages.building import build, copy_of, fresh_venv, run

COMMANDS_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """An installed agent. Paths given to it are as it sees them: below `root`."""

    root: Path  # "/" where it sees what we see
    words: tuple[str, ...]  # what comes before its arguments, as the agent's user
    admin: tuple[str, ...]  # and as the administrator
    config: Path
    state: Path
    backups: Path

    def outside(self, path: Path) -> Path:
        """A path of the agent's as we see it."""
        return self.root / path.relative_to("/")

    def hartwatch(self, *arguments: str | Path, status: int = 0, admin: bool = False) -> str:
        """Run a command; what it printed. AssertionError where its status is another one."""
        result = subprocess.run(
            [*(self.admin if admin else self.words), *map(str, arguments)],
            env=clean(), capture_output=True, text=True, check=False, timeout=COMMANDS_SECONDS, cwd="/",
        )  # fmt: skip
        said = result.stdout + result.stderr
        assert result.returncode == status, f"hartwatch {' '.join(map(str, arguments))}: {result.returncode}\n{said}"
        return said

    def start(self, log: Path, notify: Path) -> subprocess.Popen[bytes]:
        """The agent as its unit starts it."""
        command = [*self.words, "run", "--inventory", str(self.config / "inventory.yaml")]
        with log.open("ab") as out:
            return subprocess.Popen(
                command, env={**clean(), "NOTIFY_SOCKET": str(notify)}, stdout=out, stderr=out,
                stdin=subprocess.DEVNULL, cwd="/",
            )  # fmt: skip


def clean() -> dict[str, str]:
    """The environment without what would lead to the project next door."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HARTWATCH_"))}


@contextmanager
def environment(project: Path, folder: Path) -> Iterator[Place]:
    """A wheel in a fresh environment, with a settings file of its own."""
    wheel = build(copy_of(project, folder / "project"), folder / "dist", "wheel")
    bin_folder = fresh_venv(folder / "venv")
    installed = run(bin_folder / "python", "-m", "pip", "install", "--no-index", "--no-deps", wheel)
    assert installed.returncode == 0, installed.stderr
    config, state, backups = folder / "etc", folder / "state", folder / "backups"
    for made in (config, state, backups):
        made.mkdir()
    (config / "hartwatch.yaml").write_text(f"inventory: {config}/inventory.yaml\nstate_directory: {state}\n")
    words = ("env", f"HARTWATCH_SETTINGS={config}/hartwatch.yaml", str(bin_folder / "hartwatch"))
    yield Place(Path("/"), words, words, config, state, backups)
    shutil.rmtree(folder / "venv")
    assert (state / "ledger.sqlite3").is_file(), "what is removed is the program, not what it knows"


@contextmanager
def debian(package: Path, root: Path) -> Iterator[Place]:
    """The package in a Debian at `root`, which is there already; installed by dpkg, removed and purged by it."""
    mounted = root / "proc"
    subprocess.run(["mount", "-t", "proc", "proc", str(mounted)], check=True)
    try:
        shutil.copy(package, root / "root" / package.name)
        said = dpkg(root, "--install", f"/root/{package.name}")
        assert "not started: write /etc/hartwatch/inventory.yaml" in said, said
        assert oct((root / "etc/hartwatch/environment").stat().st_mode & 0o777) == "0o600"
        verified = run("chroot", root, "systemd-analyze", "verify", "--man=no", "hartwatch.service")
        assert (verified.returncode, verified.stderr) == (0, "")
        enabled = run("chroot", root, "systemctl", "is-enabled", "hartwatch.service")
        assert enabled.stdout.strip() == "enabled", enabled.stderr
        user = ("setpriv", "--reuid=hartwatch", "--regid=hartwatch", "--clear-groups", "--no-new-privs")
        backups = Path("/var/backups/hartwatch")
        inside = ("chroot", str(root))
        words, admin = (*inside, *user, "hartwatch"), (*inside, "hartwatch")
        yield Place(root, words, admin, Path("/etc/hartwatch"), Path("/var/lib/hartwatch"), backups)
        again = dpkg(root, "--install", f"/root/{package.name}")
        assert "not started" not in again, "there is an inventory now"
        removed = dpkg(root, "--remove", "hartwatch")
        assert "are kept" in removed, removed
        assert not (root / "opt/hartwatch").exists()
        assert (root / "var/lib/hartwatch/ledger.sqlite3").is_file()
        purged = dpkg(root, "--purge", "hartwatch")
        assert "removing /var/lib/hartwatch" in purged, purged
        assert "backups in /var/backups/hartwatch are kept" in purged, purged
        for gone in ("var/lib/hartwatch", "etc/hartwatch", "usr/bin/hartwatch"):
            assert not (root / gone).exists(), gone
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def owner(root: Path) -> tuple[int, int]:
    """Who the agent is in there."""
    status = (root / "var/lib/hartwatch").stat()
    return status.st_uid, status.st_gid


def dpkg(root: Path, *words: str) -> str:
    # What is depended on is there; recommendations are nobody's business here.
    result = run("chroot", root, "dpkg", *words, seconds=300, env={**clean(), "DEBIAN_FRONTEND": "noninteractive"})
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


def bootstrap(root: Path) -> None:
    """A small Debian 12 with what the package depends on, from wherever this machine takes its packages."""
    wanted = "python3.11,systemd,libgcc-s1,libstdc++6,tzdata,procps"
    words = ["debootstrap", "--variant=minbase", f"--include={wanted}", "bookworm", str(root)]
    made = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)
    assert made.returncode == 0, made.stdout[-2000:] + made.stderr[-2000:]
