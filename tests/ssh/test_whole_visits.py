"""The whole way: a real server plays recorded and made-up outputs, a session asks, the parsers read."""

from __future__ import annotations

import getpass
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from collectors.readings import Cadence
from collectors.session import Output
from collectors.ssh import PLATFORMS, Shells, commands, fetch, plan, read
from collectors.ssh.commands import MODULES
from collectors.ssh.terminal import decoded
from collectors.target import SshAccess
from tests.ssh.played import STYLES, served, stem

SHARED = Path(__file__).resolve().parents[3] / "shared" / "cli"
OUTPUTS = Path(__file__).parent / "outputs"


def texts(platform: str) -> dict[str, bytes]:
    """One output for each command that has any: recorded where there is one, else made up."""
    found: dict[str, bytes] = {}
    folder = "cisco_ios" if platform == "cisco_xe" else platform
    for command in commands(platform):
        name = stem(command.text)
        recorded = (
            sorted((SHARED / folder / name).glob("*.raw")) if (folder, name) != ("aruba_os", "show_version") else []
        )
        made_up = sorted((OUTPUTS / MODULES.get(platform, platform)).glob(f"{name}*.txt"))
        for file in [*recorded, *made_up][:1]:
            found[command.text] = file.read_bytes()
    return found


@pytest.fixture
async def shells() -> AsyncIterator[Shells]:
    opener = Shells(threads=4)
    yield opener
    await opener.close()


async def asked(shells: Shells, access: SshAccess, cadence: Cadence = Cadence.INVENTORY) -> list[Output]:
    session = shells.session("device", "127.0.0.1", access, {})
    outputs = await session.run(plan(access.platform, cadence), time.monotonic() + 30)
    await session.close()
    return outputs


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_what_a_device_prints_is_read_as_if_it_had_come_from_a_file(shells: Shells, platform: str) -> None:
    played_texts = texts(platform)
    async with served(platform, played_texts) as played:
        outputs = await asked(shells, played.access(platform))
    assert not [o for o in outputs if o.problem]
    unknown = STYLES[platform].unknown.encode()
    direct = [
        Output(command, decoded(played_texts.get(command, unknown)).replace("\r\n", "\n"))
        for command in plan(platform, Cadence.INVENTORY)
    ]
    got, want = read(platform, outputs), read(platform, direct)
    assert got == want
    if SHARED.is_dir():  # without the recorded outputs some platforms answer "unknown command" only
        assert got.identity.get("version"), "every platform says its version"
        assert not got.failures


# ---------------------------------------------------------------- OpenSSH's own server
@dataclass(frozen=True)
class Sshd:
    port: int
    client_key: Path
    folder: Path


@pytest.fixture
def sshd(server: Callable[[str], Path], free_port: Callable[[], int], tmp_path: Path) -> Iterator[Sshd]:
    """sshd with keys of its own on a free port, for this user, by public key only."""
    program = server("sshd")
    if os.geteuid() != 0:
        pytest.skip("sshd logs in users only as root")
    tmp_path.chmod(0o700)
    port = free_port()
    for name in ("ed25519", "rsa"):
        key = asyncssh.generate_private_key("ssh-ed25519" if name == "ed25519" else "ssh-rsa")
        key.write_private_key(str(tmp_path / f"host_{name}"))
        (tmp_path / f"host_{name}").chmod(0o600)
    client = asyncssh.generate_private_key("ssh-ed25519")
    client.write_private_key(str(tmp_path / "client"))
    client.write_public_key(str(tmp_path / "authorized_keys"))
    (tmp_path / "authorized_keys").chmod(0o600)
    (tmp_path / "banner").write_text("Authorised use only $\nWarning # >\n" * 40)
    config = tmp_path / "sshd_config"
    config.write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host_ed25519\nHostKey {tmp_path}/host_rsa\n"
        f"AuthorizedKeysFile {tmp_path}/authorized_keys\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
        f"PubkeyAuthentication yes\nPermitRootLogin prohibit-password\nUsePAM no\nStrictModes no\nPidFile none\n"
        f"Banner {tmp_path}/banner\nPrintMotd no\nPrintLastLog no\nLogLevel VERBOSE\n"
    )
    Path("/run/sshd").mkdir(exist_ok=True)  # sshd's own empty directory for privilege separation
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen([str(program), "-D", "-e", "-f", str(config)], stderr=log, stdin=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while "Server listening" not in (tmp_path / "log").read_text():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until, "sshd did not start within 10 s"
            time.sleep(0.02)  # it writes a log and has no other way to say that it is ready
        yield Sshd(port, tmp_path / "client", tmp_path)
    finally:
        process.terminate()
        process.wait(10)


def text_of(path: str | Path) -> str:
    return Path(path).read_text()


async def test_a_linux_host_is_read_through_its_own_sshd_by_key(sshd: Sshd) -> None:
    keys = await fetch("127.0.0.1", sshd.port)
    assert {key.type for key in keys} == {"ssh-ed25519", "ssh-rsa"}
    shells = Shells(keep_seconds=30)
    access = SshAccess(
        "linux", getpass.getuser(), key_file=str(sshd.client_key), port=sshd.port,
        host_keys=tuple(key.line for key in keys),
    )  # fmt: skip
    found = read("linux", await asked(shells, access))
    again = read("linux", await asked(shells, access, Cadence.HEALTH))
    await shells.close()
    assert f'PRETTY_NAME="{found.identity["version"]}"' in text_of("/etc/os-release")
    assert found.identity["name"] == os.uname().nodename
    own = float(text_of("/proc/uptime").split()[0])
    assert abs(float(found.identity["uptime_seconds"]) - own) < 120  # type: ignore[arg-type]
    [memory] = [u for u in found.memory if u.name == "memory"]
    assert memory.total_bytes == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert any(u.name == "/" for u in found.storage)
    assert float(again.identity["uptime_seconds"]) >= float(found.identity["uptime_seconds"])  # type: ignore[arg-type]
    assert text_of(sshd.folder / "log").count("Accepted publickey") == 1, "the second visit used the kept session"


async def test_another_key_is_refused_by_sshd_as_wrong_credentials(sshd: Sshd, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    other.write_private_key(str(tmp_path / "other"))
    keys = await fetch("127.0.0.1", sshd.port)
    shells = Shells()
    access = SshAccess(
        "linux", getpass.getuser(), key_file=str(tmp_path / "other"), port=sshd.port, host_keys=(keys[0].line,)
    )
    outputs = await asked(shells, access)
    await shells.close()
    assert {o.problem.kind for o in outputs if o.problem} == {"wrong_credentials"}
