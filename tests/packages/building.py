"""Building and installing what is handed to others, without taking anything from outside."""

from __future__ import annotations

import fcntl
import os
import shutil
import site
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest

EPOCH = "1764547200"  # SOURCE_DATE_EPOCH: the same octets whenever it is built


def run(*words: str | Path, seconds: float = 120, **options: object) -> subprocess.CompletedProcess[str]:
    """Run a program outside of the project: what it imports is what is installed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "HARTWATCH_"))}
    given = {"env": environment, "capture_output": True, "text": True, "check": False, **options}
    return subprocess.run([*map(str, words)], timeout=seconds, **given)  # type: ignore[call-overload, no-any-return]


def once_for_all(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """What `make` makes in the folder it is given, made once though several workers run tests that want it.

    Building the Debian package takes a minute and a half of processor time; whoever comes second waits for it.
    """
    shared = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent  # one for each run, above those of its workers
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = folder / "made"
        if not told.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            told.write_text(str(make(folder)))
        return Path(told.read_text())


def copy_of(root: Path, to: Path) -> Path:
    """The project's files as git knows them and as they lie in the work tree: what a clone would have."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=root, capture_output=True, check=True
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        source = root / name
        if source.is_file() and not source.is_symlink():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, to / name)
            shutil.copymode(source, to / name)
    return to


def build(project: Path, to: Path, what: str) -> Path:
    """A wheel or an sdist, with the build backend that is installed here."""
    words = [sys.executable, "-m", "hatchling", "build", "--target", what, "--directory", str(to)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    made = subprocess.run(words, cwd=project, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stderr
    (file,) = to.glob("*.whl" if what == "wheel" else "*.tar.gz")
    return file


def fresh_venv(to: Path, pip: bool = True) -> Path:
    """A new environment that finds our dependencies, but not us, in the one the tests run in; gives its bin folder."""
    venv.create(to, with_pip=pip, symlinks=True)
    (packages,) = (to / "lib").glob("python*/site-packages")
    # A line in a .pth file adds the folder alone: .pth files in it, such as our own editable install, are not read.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    return to / "bin"
