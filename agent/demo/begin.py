"""How a demo begins: its directory, its plan, its simulated devices in a process of their own.

Light to import, and done first: while the devices come up, the caller imports the agent.

    with begin(options) as begun:
        begun.simulator.wait()          # ports are known now
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from agent.demo.control import CONTROL, PREFIX, SOCKET_PATH_LIMIT, DemoUnreachable, ask
from agent.demo.estate import Demo, simulate
from agent.demo.kit import Plan
from agent.inventory import InventoryInvalid, load

PLAN, READY, LOG = "plan.json", "ready.json", "simulator.log"
START_SECONDS = 30.0
STOP_SECONDS = 5.0
_PLAN = TypeAdapter(Plan)


class CannotBegin(Exception):
    """The demo cannot begin. `str()` says what to do; `status` is the exit status: 2 usage, else 1."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says. `port` None: 9640, or a free one if that is taken."""

    inventory: Path = Path("inventory.yaml")
    port: int | None = None
    runs_for: timedelta | None = None
    state: Path | None = None
    speed: float = 1.0
    prometheus: bool = True
    script: str = "gentle"
    seed: int = 1
    history: bool = True


def write_plan(plan: Plan, directory: Path) -> None:
    """Leave the plan where the process will read it; it holds demo credentials, so only we may read it."""
    path = directory / PLAN
    path.touch(mode=0o600)
    path.write_bytes(_PLAN.dump_json(plan))


def read_plan(directory: Path) -> Plan:
    return _PLAN.validate_json((directory / PLAN).read_bytes())


class SimulatorProcess:
    """The simulated estate in a process of its own; it ends with our end of its standard input."""

    def __init__(self, directory: Path, script: str = "none") -> None:
        """Start it; it reads the plan in `directory`."""
        self._directory = directory
        for left_over in (READY, CONTROL):
            (directory / left_over).unlink(missing_ok=True)
        with (directory / LOG).open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [sys.executable, "-m", "agent.demo.process", str(directory), script],
                stdin=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we end the agent first, then its devices
            )
        self.snmp_port = 0
        self.ssh_port = 0
        self.gateway = ""

    def wait(self) -> None:
        """Until every device answers; CannotBegin says why they do not."""
        ready, until = self._directory / READY, time.monotonic() + START_SECONDS
        while not ready.exists():
            if self._process.poll() is not None:
                words = (self._directory / LOG).read_text(errors="replace").strip().splitlines()
                raise CannotBegin(words[-1] if words else "the simulated estate ended at once")
            if time.monotonic() > until:
                raise CannotBegin(f"the simulated estate did not come up within {START_SECONDS:.0f} seconds")
            time.sleep(0.02)
        said: dict[str, Any] = json.loads(ready.read_text())
        self.snmp_port, self.ssh_port, self.gateway = said["snmp_port"], said["ssh_port"], said["gateway"]

    @property
    def ended(self) -> bool:
        """Did it end by itself, which it should not?"""
        return self._process.poll() is not None

    def stop(self) -> None:
        """End it, by force where it must be."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True, slots=True)
class Begun:
    """A demo whose devices are coming up."""

    options: Options
    demo: Demo
    directory: Path
    simulator: SimulatorProcess


@contextlib.contextmanager
def begin(options: Options) -> Iterator[Begun]:
    """Read the inventory, make the directory, start the devices; everything is gone again at the end."""
    try:
        demo = simulate(load(options.inventory), seed=options.seed, speed=options.speed)
    except InventoryInvalid as problem:
        raise CannotBegin(str(problem), 2) from None
    except ValueError as problem:
        raise CannotBegin(f"{options.inventory}: {problem}", 2) from None
    with _directory(options.state) as directory:
        write_plan(demo.plan, directory)
        simulator = SimulatorProcess(directory, options.script)
        try:
            yield Begun(options, demo, directory, simulator)
        finally:
            simulator.stop()


@contextlib.contextmanager
def _directory(given: Path | None) -> Iterator[Path]:
    """The demo's own directory: what was given stays, what we made goes."""
    if given is not None:
        _check(given.absolute() / CONTROL)
        try:
            given.mkdir(parents=True, exist_ok=True)
        except OSError as problem:
            raise CannotBegin(f"--state {given}: {problem.strerror}", 2) from None
        if not os.access(given, os.W_OK):
            raise CannotBegin(f"--state {given}: not writable; take another directory", 2)
        yield given.absolute()
        return
    sweep()
    made = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        _check(made / CONTROL)
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def sweep(older_than_seconds: float = 3600.0) -> list[Path]:
    """Remove what demos that were killed have left in the temporary directory: theirs hold secrets and take room."""
    swept = []
    for place in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            status = place.lstat()
            if status.st_uid != os.getuid() or place.is_symlink() or time.time() - status.st_mtime < older_than_seconds:
                continue
            try:
                ask(place / CONTROL, {"do": "status"})
            except DemoUnreachable:
                shutil.rmtree(place, ignore_errors=True)
                swept.append(place)
    return swept


def _check(control: Path) -> None:
    """Can a demo listen there? The path must be short enough, and nobody else's."""
    if len(str(control)) > SOCKET_PATH_LIMIT:
        words = "the path is too long for a control socket; take a shorter one with --state"
        raise CannotBegin(f"{control.parent}: {words}", 2)
    with contextlib.suppress(DemoUnreachable):
        ask(control, {"do": "status"})
        raise CannotBegin(f"--state {control.parent}: a demo is running there already")
