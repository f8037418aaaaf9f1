"""Pinned keys: the file, and the commands `hartwatch ssh trust | list | forget`."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from agent.cli import application
from collectors.ssh.hostkeys import Entry, HostKey, KnownHosts, host_name, keys_for, parse
from tests.ssh.played import Played, served


def new_key(kind: str = "ssh-ed25519") -> HostKey:
    return HostKey.parse(asyncssh.generate_private_key(kind).export_public_key().decode())


KEYS = [new_key() for _ in range(4)]
HOSTS = ["192.0.2.1", "fw-1.example", "2001:db8::1"]


# ---------------------------------------------------------------- the file
@given(st.lists(st.tuples(st.sampled_from(HOSTS), st.sampled_from([22, 2222]), st.sampled_from(KEYS)), max_size=12))
def test_what_is_recorded_is_found_under_its_address_and_port_only(records: list[tuple[str, int, HostKey]]) -> None:
    text = "\n".join(Entry((host_name(a, p),), key).line for a, p, key in records)
    for address in HOSTS:
        for port in (22, 2222):
            want = dict.fromkeys(key.line for a, p, key in records if (a, p) == (address, port))
            assert keys_for(text, address, port) == tuple(want)


@given(st.text(max_size=300))
def test_any_text_is_read_without_an_error_and_pins_nothing_by_accident(text: str) -> None:
    assert all(entry.key.type for entry in parse(text))
    assert keys_for(text, "192.0.2.1") == ()


def test_patterns_negation_hashing_and_revocation_are_those_of_ssh() -> None:
    salt = b"0123456789abcdefghij"
    digest = hmac.new(salt, b"192.0.2.9", hashlib.sha1).digest()
    hashed = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    text = "\n".join(
        [
            f"*.example,!bad.example {KEYS[0].line}",
            f"{hashed} {KEYS[1].line}",
            f"192.0.2.1,192.0.2.2 {KEYS[2].line} core switch",
            f"@revoked * {KEYS[2].line}",
            f"@cert-authority * {KEYS[3].line}",
            "192.0.2.3 ssh-ed25519 notbase64",
            "# 192.0.2.4 ssh-ed25519 AAAA",
        ]
    )
    assert keys_for(text, "sw.example") == (KEYS[0].line,)
    assert keys_for(text, "bad.example") == ()
    assert keys_for(text, "192.0.2.9") == (KEYS[1].line,)
    assert keys_for(text, "192.0.2.1") == (), "a revoked key is not given, wherever else it stands"
    assert keys_for(text, "192.0.2.3") == ()


def test_a_key_that_is_not_of_the_type_it_says_is_refused() -> None:
    with pytest.raises(ValueError, match="not of the type"):
        HostKey.parse("ssh-rsa " + KEYS[0].line.split()[1])


def test_the_agents_reader_finds_what_is_written_here(tmp_path: Path) -> None:
    from agent.inventory import read_known_hosts

    store = KnownHosts(tmp_path / "ssh_known_hosts")
    store.trust("192.0.2.1", 22, [KEYS[0]], "fw-dh-1")
    store.trust("192.0.2.1", 2222, [KEYS[1], KEYS[2]], "fw-dh-1")
    read = read_known_hosts(store.path)
    assert read.keys("192.0.2.1", 22) == store.keys("192.0.2.1", 22) == (KEYS[0].line,)
    assert set(read.keys("192.0.2.1", 2222)) == set(store.keys("192.0.2.1", 2222)) == {KEYS[1].line, KEYS[2].line}


def test_the_file_is_for_its_owner_only_and_other_lines_stay_as_they_are(tmp_path: Path) -> None:
    store = KnownHosts(tmp_path / "state" / "ssh_known_hosts")
    store.trust("192.0.2.1", 22, [KEYS[0]], "fw-dh-1")
    shared_line = f"192.0.2.1,192.0.2.2 {KEYS[3].line} by hand"
    with store.path.open("a") as file:
        file.write(f"# a note\n{shared_line}\n")
    store.trust("192.0.2.1", 22, [KEYS[1]], "fw-dh-1")
    lines = store.path.read_text().splitlines()
    assert lines == ["# a note", shared_line, f"192.0.2.1 {KEYS[1].line} fw-dh-1"]
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600
    assert [p.name for p in store.path.parent.iterdir()] == ["ssh_known_hosts"], "no temporary file is left"


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
def test_openssh_reads_the_file_and_prints_the_same_fingerprints(tmp_path: Path) -> None:
    store = KnownHosts(tmp_path / "ssh_known_hosts")
    store.trust("192.0.2.1", 2222, [KEYS[0], new_key("ecdsa-sha2-nistp256")], "sw-1")
    printed = subprocess.run(
        ["ssh-keygen", "-l", "-F", "[192.0.2.1]:2222", "-f", str(store.path)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for entry in store.entries():
        assert entry.key.fingerprint in printed


# ---------------------------------------------------------------- the commands
@pytest.fixture
def device() -> Iterator[Played]:
    """A served device in a loop of its own: the command under test runs its own loop."""
    ready, done = threading.Event(), asyncio.Event()
    found: list[Played] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with served("cisco_ios") as played:
            found.append(played)
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert ready.wait(10)
    yield found[0]
    loop.call_soon_threadsafe(done.set)
    thread.join(10)
    loop.close()


@pytest.fixture
def inventory(tmp_path: Path, device: Played) -> Path:
    path = tmp_path / "inventory.yaml"
    path.write_text(
        "councils:\n  SBC: {title: Stevenage, share: 1}\n"
        "sites:\n  daneshill: {title: Daneshill House, kind: data_centre, owner: SBC}\n"
        "devices:\n"
        f"  - {{name: sw-dh-1, address: 127.0.0.1, class: switch, site: daneshill, ssh_port: {device.port}}}\n"
    )
    return path


def run(*words: str) -> Result:
    return CliRunner().invoke(application("shell"), ["ssh", *words])


def flags(inventory: Path) -> list[str]:
    return ["--inventory", str(inventory), "--state", str(inventory.parent / "state")]


def test_trust_with_the_right_fingerprint_pins_and_list_and_forget_follow(device: Played, inventory: Path) -> None:
    fingerprint = HostKey.parse(device.host_keys[0]).fingerprint
    done = run("trust", "sw-dh-1", "--fingerprint", fingerprint, *flags(inventory))
    assert done.exit_code == 0, done.output
    assert fingerprint in done.output
    store = KnownHosts(inventory.parent / "state" / "ssh_known_hosts")
    assert store.keys("127.0.0.1", device.port) == device.host_keys
    again = run("trust", "sw-dh-1", "--yes", *flags(inventory))
    assert "pinned already" in again.output
    listed = json.loads(run("list", "--json", "--state", str(store.path.parent)).stdout)
    assert [(row["device"], row["fingerprint"]) for row in listed] == [("sw-dh-1", fingerprint)]
    assert fingerprint in run("list", "--state", str(store.path.parent)).stdout
    assert run("forget", "sw-dh-1", *flags(inventory)).exit_code == 0
    assert store.keys("127.0.0.1", device.port) == ()
    assert run("forget", "sw-dh-1", *flags(inventory)).exit_code == 1


def test_trust_with_another_fingerprint_pins_nothing(device: Played, inventory: Path) -> None:
    done = run("trust", "sw-dh-1", "--fingerprint", KEYS[0].fingerprint, *flags(inventory))
    assert done.exit_code == 1
    assert "nothing was pinned" in done.output
    assert not (inventory.parent / "state" / "ssh_known_hosts").exists()


def test_trust_without_anybody_to_ask_pins_nothing(device: Played, inventory: Path) -> None:
    done = run("trust", "sw-dh-1", *flags(inventory))
    assert done.exit_code == 2
    assert "--fingerprint" in done.output
    assert not (inventory.parent / "state" / "ssh_known_hosts").exists()


def test_trust_says_loudly_that_another_key_was_pinned(device: Played, inventory: Path) -> None:
    store = KnownHosts(inventory.parent / "state" / "ssh_known_hosts")
    store.trust("127.0.0.1", device.port, [KEYS[0]], "sw-dh-1")
    done = run("trust", "sw-dh-1", "--yes", *flags(inventory))
    assert "ANOTHER KEY IS PINNED" in done.output
    assert KEYS[0].fingerprint in done.output
    assert store.keys("127.0.0.1", device.port) == device.host_keys


def test_a_device_that_does_not_answer_is_one_line_and_status_1(
    inventory: Path, device: Played, free_port: Callable[[], int]
) -> None:
    inventory.write_text(inventory.read_text().replace(str(device.port), str(free_port())))
    done = run("trust", "sw-dh-1", "--yes", *flags(inventory))
    assert done.exit_code == 1
    assert "the SSH port is closed" in done.output
    assert "Traceback" not in done.output


def test_an_unknown_device_is_answered_with_the_nearest_name(inventory: Path) -> None:
    done = run("trust", "sw-dh-2", "--yes", *flags(inventory))
    assert done.exit_code == 2
    assert "sw-dh-1" in done.output


def test_a_state_directory_that_cannot_be_written_is_said_in_one_line(device: Played, inventory: Path) -> None:
    (inventory.parent / "state").write_text("a file where a folder should be")
    done = run("trust", "sw-dh-1", "--yes", *flags(inventory))
    assert done.exit_code == 1
    assert "cannot" in done.output
    assert "Traceback" not in done.output
