"""Real devices, as recorded, played by the scorer's player: every object of theirs comes out as it went in."""

from __future__ import annotations

import importlib.util
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from collectors.session import Cells
from collectors.snmp import Engine, ReferenceEngine, ber
from collectors.target import SnmpAccess

ACCESS = SnmpAccess("2c", "public")
DEVICES = 20
IF_COLUMNS = [f"1.3.6.1.2.1.2.2.1.{n}" for n in range(1, 23)] + [f"1.3.6.1.2.1.31.1.1.1.{n}" for n in range(1, 20)]


@pytest.fixture(scope="module")
def replay(shared: Path) -> ModuleType:
    """The player, as a module, to read what its devices hold."""
    path = shared / "score" / "replay.py"
    if not path.is_file():
        pytest.skip("the player of recordings is not there")
    spec = importlib.util.spec_from_file_location("replay_of_recordings", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def played(shared: Path, replay: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, int]]:
    """The fleet as the player reads it, and the port its own process answers on."""
    folder = tmp_path_factory.mktemp("recordings")
    recordings = sorted((shared / "captures").rglob("*.snmprec"), key=lambda path: path.name)
    if not recordings:
        pytest.skip("no recordings")
    chosen = random.Random(20).sample([p for p in recordings if 5_000 < p.stat().st_size < 150_000], DEVICES)
    for path in chosen:
        (folder / path.name).symlink_to(path)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, str(shared / "score" / "replay.py"), str(folder), "--port", str(port)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield replay.Fleet(folder), port
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=10)
        assert b'"sets": 0' in rest


def held(fleet: Any, address: str) -> dict[str, tuple[int, Any]]:
    """What a device holds: name > tag and value. The player has encoded it; the codec's own tests vouch for reading."""
    found = {}
    for name, bind in fleet.device(address).rows.items():
        ((oid, tag, value),) = ber.read_binds(bind, 0, len(bind))
        assert oid == ".".join(map(str, name))
        found[oid] = (tag, value)
    return found


async def test_every_object_of_a_recording_is_scanned_walked_and_got(played: tuple[Any, int]) -> None:
    fleet, port = played
    async with Engine() as engine:
        for address in fleet.paths:
            wanted = held(fleet, address)
            limits: dict[str, Any] = {}
            session = engine.session(address, port, ACCESS, timeout_seconds=2, retries=2, limits=limits)
            until = time.monotonic() + 30
            scan = await session.scan("1.3.6.1", until)
            assert scan.problem is None
            below = {oid: held for oid, held in wanted.items() if oid.startswith("1.3.6.1.")}
            assert {bind.oid: (bind.tag, bind.value) for bind in scan.varbinds} == below
            walked = await session.walk(IF_COLUMNS, until)
            assert walked.problem is None
            for root, rows in walked.columns.items():
                assert {f"{root}.{suffix}": value for suffix, value in rows.items()} == {
                    oid: value for oid, (_, value) in below.items() if oid.startswith(root + ".")
                }
            fitting = {oid: v for oid, (_, v) in below.items() if not isinstance(v, bytes) or len(v) < 1300}
            answers = await session.get(Cells([*fitting, "1.3.6.1.2.1.999.0"]), until)
            assert answers.problem is None
            assert answers.values == [*fitting.values(), None]
            assert session.retries == 0


async def test_the_reference_engine_gets_the_same_of_some_of_them(played: tuple[Any, int]) -> None:
    fleet, port = played
    small = sorted(fleet.paths, key=lambda address: fleet.paths[address].stat().st_size)[:4]
    async with Engine() as fast, ReferenceEngine() as reference:
        for address in small:
            until = time.monotonic() + 60
            results = []
            for engine in (fast, reference):
                session = engine.session(address, port, ACCESS, timeout_seconds=2, retries=2, limits={})
                scan = await session.scan("1.3.6.1", until)
                walked = await session.walk(IF_COLUMNS, until)
                results.append((scan.problem, scan.varbinds, walked.problem, walked.columns))
                await session.close()
            assert results[0] == results[1]
            assert len(results[0][1]) > 50
