"""A real net-snmp snmpd on loopback, with a user for every protocol it has, and the engines under test."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from collectors.session import SnmpSession
from collectors.snmp import Engine, ReferenceEngine
from collectors.target import SnmpAccess
from tests.snmp.snmpd_users import AUTH_SECRET, COMMUNITY, NET_SNMP, PAIRS, PRIV_SECRET, user_of


@dataclass(frozen=True)
class Agent:
    """A running snmpd: where it answers, and the file its restarts count boots in."""

    address: str
    port: int
    address6: str | None


@pytest.fixture(scope="session")
def snmpd(server: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """snmpd on 127.0.0.1 (and ::1 where there is one) with a fixed system group and one table of our own."""
    program = server("snmpd")
    folder = tmp_path_factory.mktemp("snmpd")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address6 = _loopback6(port)
    lines = [
        f"rocommunity {COMMUNITY}",
        f"rocommunity6 {COMMUNITY}",
        "sysLocation Rack 4, Wallfields",
        "sysContact \u00a3 service desk",
        "sysName hart-agent",
        "sysObjectID 1.3.6.1.4.1.8072.3.2.10",
        "engineID hartwatch-tests",
        'override 1.3.6.1.4.1.99999.1.1.0 octet_str "first"',
        "override 1.3.6.1.4.1.99999.1.2.0 integer -2147483648",
        "override 1.3.6.1.4.1.99999.1.3.0 uinteger 4294967295",
    ]
    for auth, priv in PAIRS:
        access = user_of(auth, priv)
        secrets = f' {auth} "{AUTH_SECRET}"' if auth else ""
        secrets += f' {NET_SNMP[priv]} "{PRIV_SECRET}"' if priv else ""
        lines.append(f"createUser {access.user}{secrets}")
        lines.append(f"rouser {access.user} {'priv' if priv else 'auth' if auth else 'noauth'}")
    config = folder / "snmpd.conf"
    config.write_text("\n".join(lines) + "\n", "latin-1")
    listen = f"udp:127.0.0.1:{port}" + (f",udp6:[::1]:{port}" if address6 else "")
    log = (folder / "log").open("wb")
    process = subprocess.Popen(
        [str(program), "-f", "-Lo", "-C", "-c", str(config), "-p", str(folder / "pid"), listen],
        env={"SNMP_PERSISTENT_DIR": str(folder), "MIBS": "", "PATH": "/usr/bin:/bin"},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _until_it_answers("127.0.0.1", port, process, folder / "log")
        yield Agent("127.0.0.1", port, address6)
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _loopback6(port: int) -> str | None:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
            probe.bind(("::1", port))
    except OSError:
        return None
    return "::1"


def _until_it_answers(address: str, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    community = COMMUNITY.encode()
    pdu = b"\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x000\x0e0\x0c\x06\x08+\x06\x01\x02\x01\x01\x03\x00\x05\x00"
    body = b"\x02\x01\x01\x04" + bytes((len(community),)) + community + pdu
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.settimeout(0.2)
        ends_at = time.monotonic() + 15
        while time.monotonic() < ends_at and process.poll() is None:
            probe.sendto(b"0" + bytes((len(body),)) + body, (address, port))
            try:
                probe.recv(2048)
            except OSError:
                continue
            return
    raise RuntimeError("snmpd does not answer: " + log.read_text(errors="replace")[-2000:])


# ---------------------------------------------------------------- the engines under test
Open = Callable[..., SnmpSession]


@pytest.fixture(params=[Engine, ReferenceEngine], ids=["fast", "reference"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Any]:
    """Each engine in turn: the contract is one."""
    async with request.param() as opened:
        yield opened


@pytest.fixture
async def fast() -> AsyncIterator[Engine]:
    """The own engine, for what pysnmp does otherwise."""
    async with Engine() as opened:
        yield opened


@pytest.fixture
async def open_session(engine: Any) -> AsyncIterator[Open]:
    """A function that opens a session of the engine under test, closed at the end."""
    opened: list[SnmpSession] = []

    def open_one(port: int, access: SnmpAccess | None = None, **options: Any) -> SnmpSession:
        settings = {"address": "127.0.0.1", "timeout_seconds": 0.3, "retries": 1, "limits": {}, **options}
        session: SnmpSession = engine.session(
            settings.pop("address"), port, access or SnmpAccess("2c", COMMUNITY), **settings
        )
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        await session.close()
