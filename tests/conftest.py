"""What every test has: a network that ends at loopback, free ports, the servers that are installed, shared material.

No test may talk to anything but this machine. An audit hook sees every connect, send and name look-up of this process,
also those made inside libraries; what is not loopback is refused on the spot and the test fails, even when the code
under test swallows the refusal. Processes that a test starts are its own responsibility.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# A shared runner stalls now and then: examples are bounded by their number, not by the clock. In CI they are the same
# every time, so that a red run means a change and not a draw of lots.
settings.register_profile("default", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` writes the expected files of recordings anew; the difference is for a person to read."""
    parser.addoption("--update", action="store_true", help="write tests/recordings/**/*.expected.yaml anew")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Lines that tests gave by `record_property("summary", ...)`, shown also when the run is green and quiet.

    They are taken from the reports, because with xdist the tests run in other processes.
    """
    for reports in list(terminalreporter.stats.values()):
        for report in reports:
            if getattr(report, "when", None) != "call":
                continue
            for name, lines in report.user_properties:
                if name == "summary":
                    terminalreporter.section(report.nodeid.rpartition("::")[2].replace("_", " "), sep="-")
                    for line in lines:
                        terminalreporter.line(line)


# ---------------------------------------------------------------- loopback only
class OutsideLoopback(RuntimeError):
    """A test tried to talk to something that is not this machine."""


_attempts: list[str] = []
_attempts_lock = threading.Lock()


def _is_loopback(host: object) -> bool:
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)
    # RFC 6761: these never leave the resolver. `.invalid` is how a test says "a name that does not exist".
    if text.rstrip(".").endswith((".localhost", ".invalid")):
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified  # connecting to 0.0.0.0 is connecting to oneself


def _numeric(host: object) -> bool:
    try:
        ipaddress.ip_address(str(host))
    except ValueError:
        return False
    return True


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        sock, address = arguments
        if address is None or getattr(sock, "family", None) not in (socket.AF_INET, socket.AF_INET6):
            return
        host = address[0] if isinstance(address, tuple) else address
        allowed = _is_loopback(host)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
        allowed = _numeric(host) or _is_loopback(host)  # a numeric address is not looked up anywhere
    else:
        return
    if not allowed:
        attempt = f"{event} {host!r}"
        with _attempts_lock:
            _attempts.append(attempt)
        raise OutsideLoopback(f"{attempt}: tests talk to 127.0.0.0/8 only")


sys.addaudithook(_guard)


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[list[str]]:
    """Fail the test when anything in it reached for the network, whoever swallowed the refusal.

    Gives the list of attempts, so that the guard's own test can look at it and empty it.
    """
    with _attempts_lock:
        _attempts.clear()
    yield _attempts
    with _attempts_lock:
        seen = list(_attempts)
        _attempts.clear()
    if seen:
        pytest.fail("reached outside loopback: " + "; ".join(seen), pytrace=False)


# ---------------------------------------------------------------- ports, servers, material
@pytest.fixture
def free_port() -> Callable[[], int]:
    """A function that gives a port free for both TCP and UDP on 127.0.0.1, another one at each call."""
    given: set[int] = set()

    def pick() -> int:
        for _ in range(200):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                tcp.bind(("127.0.0.1", 0))
                port: int = tcp.getsockname()[1]
                if port in given:
                    continue
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
                    try:
                        udp.bind(("127.0.0.1", port))
                    except OSError:
                        continue
                given.add(port)
                return port
        raise RuntimeError("no port is free for both TCP and UDP on 127.0.0.1")

    return pick


@pytest.fixture(scope="session")
def server() -> Callable[[str], Path]:
    """A function that gives the path of an installed program (snmpd, sshd, prometheus ...), or skips by its name."""

    def find(program: str) -> Path:
        # Debian keeps servers out of an ordinary user's path, and PostgreSQL's programs out of everybody's.
        postgresql = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
        path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", *postgresql])
        found = shutil.which(program, path=path)
        if found is None:
            pytest.skip(f"{program} is not installed (`make servers` as root on Debian or Ubuntu)")
        return Path(found)

    return find


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder `shared` beside the repository: captures and the scorer. Skips where there is none."""
    if not SHARED.is_dir():
        pytest.skip(f"no material at {SHARED.name}/ beside the repository")
    return SHARED


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT
