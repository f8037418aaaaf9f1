"""The front for jobs of snmp_exporter, beside the real snmp_exporter: one device, one file of modules, two pages."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from agent.demo.responder import Agent
from agent.demo.tree import Tree
from agent.exporter import snmp
from collectors import Sessions, SnmpAccess, Target
from tests.snmp import snmpd_users

COMMUNITY = "front-read"
DATA = Path(__file__).parent / "modules.yml"  # in the form up to 0.22, which Debian's snmp_exporter reads
_SAMPLE = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)\Z")
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
Labels = frozenset[tuple[str, str]]


@dataclass
class Page:
    """A page taken apart: help and type by family, values by name and labels."""

    help: dict[str, str] = field(default_factory=dict)
    kind: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[Labels, float]] = field(default_factory=dict)

    def labels_of(self, name: str) -> list[dict[str, str]]:
        return [dict(labels) for labels in self.values.get(name, {})]

    def one(self, name: str, **labels: str) -> float:
        """The value of the only series with these labels."""
        (value,) = [v for have, v in self.values[name].items() if set(labels.items()) <= have]
        return value


def page_of(text: str) -> Page:
    """Every line understood, no series twice; a text parser of its own, so that a shared mistake cannot hide."""
    page = Page()
    for line in text.split("\n")[:-1]:  # a carriage return in a label begins no line
        if line.startswith("# HELP "):
            _, _, name, words = [*line.split(" ", 3), ""][:4]
            assert name not in page.help, f"second HELP of {name}"
            page.help[name] = words
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in page.kind, f"second TYPE of {name}"
            page.kind[name] = kind
        else:
            found = _SAMPLE.match(line)
            assert found is not None, f"no sample: {line!r}"
            labels = frozenset(_LABEL.findall(found[2] or ""))
            series = page.values.setdefault(found[1], {})
            assert labels not in series, f"a series stands twice: {line!r}"
            series[labels] = float(found[3])
    return page


# ---------------------------------------------------------------- the oracle
@dataclass(frozen=True)
class Oracle:
    """Debian's snmp_exporter, running."""

    address: str

    async def ask(self, query: str) -> httpx.Response:
        async with httpx.AsyncClient(timeout=20) as client:
            return await client.get(f"{self.address}/snmp?{query}")


def old_form(name: str, community: str) -> dict[str, Any]:
    """A built-in module as snmp_exporter before 0.23 reads it."""
    for path in sorted((Path(snmp.__file__).parent / "modules").glob("*.yml")):
        modules = yaml.safe_load(path.read_text())["modules"]
        if name in modules:
            return {**modules[name], "version": 2, "auth": {"community": community}, "retries": 0, "timeout": "2s"}
    raise KeyError(name)


@pytest.fixture(scope="session")
def oracle(server: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """snmp_exporter with the modules of `modules.yml` and our built-in ones, so that it judges both."""
    program = server("prometheus-snmp-exporter")
    folder = tmp_path_factory.mktemp("oracle")
    modules = yaml.safe_load(DATA.read_text())
    for name in snmp.built_in():
        modules[f"built_in_{name}"] = old_form(name, COMMUNITY)
        modules[f"snmpd_{name}"] = old_form(name, snmpd_users.COMMUNITY)
    dumper = yaml.SafeDumper
    dumper.ignore_aliases = lambda *_: True  # type: ignore[method-assign,assignment]
    (folder / "snmp.yml").write_text(yaml.dump(modules, Dumper=dumper))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [str(program), f"--config.file={folder}/snmp.yml", f"--web.listen-address=127.0.0.1:{port}"],
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        ends_at = time.monotonic() + 15
        while process.poll() is None and time.monotonic() < ends_at:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise RuntimeError("snmp_exporter does not begin: " + (folder / "log").read_text()[-2000:])
        yield Oracle(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(10)
        log.close()


# ---------------------------------------------------------------- devices
class _Server(asyncio.DatagramProtocol):
    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, peer: Any) -> None:
        answer = self.agent.answer(data, 1_780_000_000.0, 1, 100)
        if answer is not None and self.transport is not None:
            self.transport.sendto(answer, peer)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Tree], Any]]:
    """A function that has a tree of objects answer on a free port of 127.0.0.1, and gives the port."""
    opened: list[asyncio.DatagramTransport] = []

    async def one(tree: Tree) -> int:
        agent = Agent(tree, b"\x80\x00\x1f\x88\x04front", frozenset({COMMUNITY}), {})
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: _Server(agent), local_addr=("127.0.0.1", 0)
        )
        opened.append(transport)
        return int(transport.get_extra_info("sockname")[1])

    yield one
    for transport in opened:
        transport.close()


# ---------------------------------------------------------------- ours
def target(port: int, name: str = "sw-1", **changes: Any) -> Target:
    given = {"snmp": SnmpAccess("2c", COMMUNITY), "timeout_seconds": 1.0, "retries": 0, **changes}
    return Target(name=name, address="127.0.0.1", port=port, **given)


Fronts = Callable[..., snmp.Front]


@pytest.fixture
async def front() -> AsyncIterator[Fronts]:
    """A function that makes a front over real sockets, for some targets, with the modules of the given files."""
    async with Sessions() as sessions:

        def make(*targets: Target, files: tuple[Path, ...] = (), anybody: bool = False, **options: Any) -> snmp.Front:
            known = {one.name: one for one in targets}
            return snmp.Front(
                sessions, lambda: known, lambda: snmp.read_modules(files), anybody=lambda: anybody, **options
            )

        yield make


async def scrape(front: snmp.Front, seconds: float = 10.0, **query: str | list[str]) -> snmp.Reply:
    """One scrape; a list gives a parameter more than once."""
    pairs = [(k, v) for k, values in query.items() for v in (values if isinstance(values, list) else [values])]
    return await front.scrape(pairs, seconds)
