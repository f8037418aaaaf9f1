"""Sessions against real SSH servers: keys, log-ins, deadlines, caps, drops, reuse."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import paramiko
import pytest

from collectors.errors import (
    AccessDenied,
    BadAnswer,
    Capped,
    HostKeyChanged,
    HostKeyUnknown,
    LockedOut,
    NoAnswer,
    OutOfTime,
    Refused,
    Unreachable,
    WrongCredentials,
)
from collectors.session import Output
from collectors.ssh import PLATFORMS, Shells, commands, fetch
from collectors.target import SshAccess
from tests.ssh.played import PASSWORD, STYLES, Played, served

UPTIME = "5123.45 20011.98\n"


class Clock:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def shells() -> AsyncIterator[Shells]:
    opener = Shells(threads=4, keep_seconds=60.0)
    yield opener
    await opener.close()


async def ask(
    shells: Shells, access: SshAccess, *wanted: str, name: str = "srv-1", seconds: float = 10.0
) -> list[Output]:
    session = shells.session(name, "127.0.0.1", access, {})
    try:
        return await session.run(wanted or ("cat /proc/uptime",), time.monotonic() + seconds)
    finally:
        await session.close()


async def linux(
    shells: Shells, played: Played, *wanted: str, seconds: float = 10.0, name: str = "srv-1", **changes: object
) -> list[Output]:
    return await ask(shells, played.access("linux", **changes), *wanted, name=name, seconds=seconds)


# ---------------------------------------------------------------- host keys
async def test_a_device_that_shows_the_pinned_key_is_asked(shells: Shells) -> None:
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        [output] = await linux(shells, played)
    assert output.problem is None
    assert output.text == UPTIME


async def test_a_device_without_a_pinned_key_is_not_even_connected_to(shells: Shells) -> None:
    async with served("linux") as played:
        [output] = await linux(shells, played, host_keys=())
        assert isinstance(output.problem, HostKeyUnknown)
        assert "hartwatch ssh trust srv-1" in str(output.problem)
        assert not played.connections


async def test_another_key_than_the_pinned_one_is_refused_before_any_password_is_sent(shells: Shells) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    async with served("linux") as played:
        [output] = await linux(shells, played, host_keys=(other,))
        assert isinstance(output.problem, HostKeyChanged)
        assert (played.logins, played.refusals) == (0, 0)
        [shown] = await fetch("127.0.0.1", played.port)
        assert shown.fingerprint in str(output.problem)


async def test_a_key_of_another_type_than_the_pinned_one_is_a_changed_key(shells: Shells) -> None:
    other = asyncssh.generate_private_key("ecdsa-sha2-nistp256").export_public_key().decode()
    async with served("linux") as played:
        [output] = await linux(shells, played, host_keys=(other,))
    assert isinstance(output.problem, HostKeyChanged)


async def test_a_server_with_keys_of_many_types_is_asked_for_the_pinned_one(shells: Shells) -> None:
    async with served("linux", {"cat /proc/uptime": UPTIME}, key_type="ssh-rsa") as played:
        [shown] = await fetch("127.0.0.1", played.port)
        assert shown.type == "ssh-rsa"
        [output] = await linux(shells, played)
    assert output.problem is None


# ---------------------------------------------------------------- algorithms
OLD = {"kex_algs": ["diffie-hellman-group14-sha1"], "encryption_algs": ["aes128-cbc"], "mac_algs": ["hmac-sha1"]}


async def test_an_old_device_is_refused_with_the_setting_that_would_let_it_in(shells: Shells) -> None:
    async with served("linux", algorithms=OLD, key_type="ssh-rsa") as played:
        [output] = await linux(shells, played)
    assert type(output.problem) is AccessDenied
    assert "legacy_algorithms" in str(output.problem)


@pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")  # the server's: an old device is what it plays
@pytest.mark.parametrize(
    "exchange",
    ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1", "diffie-hellman-group-exchange-sha1"],
)
async def test_an_old_device_is_asked_where_its_credential_allows_it(shells: Shells, exchange: str) -> None:
    algorithms = OLD | {"kex_algs": [exchange], "signature_algs": ["ssh-rsa"]}
    async with served("linux", {"cat /proc/uptime": UPTIME}, algorithms=algorithms, key_type="ssh-rsa") as played:
        [output] = await linux(shells, played, legacy_algorithms=True)
    assert output.problem is None
    assert output.text == UPTIME


# ---------------------------------------------------------------- logging in
async def test_a_wrong_password_is_tried_once_and_then_held_back(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    shells = Shells(clock=clock)
    caplog.set_level(logging.DEBUG)
    async with served("linux", {"cat /proc/uptime": UPTIME}, password="another") as played:
        [first] = await linux(shells, played)
        assert isinstance(first.problem, WrongCredentials)
        [second] = await linux(shells, played)
        assert isinstance(second.problem, LockedOut)
        assert "next try in 5 min" in str(second.problem)
        assert played.refusals == 1
        clock.now += 301
        await linux(shells, played)
        assert played.refusals == 2
        clock.now += 301  # the second wait is longer
        await linux(shells, played)
        assert played.refusals == 2
        played.password = PASSWORD
        clock.now += 700
        [healed] = await linux(shells, played)
        assert healed.problem is None
        played.password = "another"
        [again] = await linux(shells, played)
        assert isinstance(again.problem, WrongCredentials), "success forgets what was refused before"
    assert PASSWORD not in caplog.text
    assert PASSWORD not in f"{first.problem!r}{second.problem!r}"
    await shells.close()


async def test_no_more_than_three_refused_logins_fall_into_an_hour() -> None:
    clock = Clock()
    shells = Shells(clock=clock)
    async with served("linux", password="another") as played:
        for _ in range(60):
            await linux(shells, played)
            clock.now += 60
        assert played.refusals == 3
    await shells.close()


async def test_a_changed_credential_is_tried_at_once(shells: Shells) -> None:
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        [wrong] = await linux(shells, played, password="old")
        assert isinstance(wrong.problem, WrongCredentials)
        [right] = await linux(shells, played)
    assert right.problem is None


async def test_a_credential_refused_by_three_devices_is_held_back_on_all(shells: Shells) -> None:
    """The account lives on a central server: it is locked by the sum over all devices."""
    async with served("linux", password="another") as played:
        for number in range(8):
            await ask(shells, played.access("linux"), name=f"srv-{number}")
        assert played.refusals == 3


async def test_an_unproven_credential_is_not_tried_by_all_devices_at_once() -> None:
    shells = Shells(threads=12)
    async with served("linux", password="another") as played:
        outputs = await asyncio.gather(*(ask(shells, played.access("linux"), name=f"srv-{n}") for n in range(12)))
        assert all(isinstance(o.problem, AccessDenied) for [o] in outputs)
        assert played.refusals <= 4
    await shells.close()


async def test_keyboard_interactive_with_a_banner_to_accept_is_answered_once(shells: Shells) -> None:
    async with served("paloalto_panos", methods=("keyboard-interactive",)) as played:
        [output] = await ask(shells, played.access("paloalto_panos"), "show system info")
        assert output.problem is None
        assert played.logins == 1
        await ask(shells, played.access("paloalto_panos", password="wrong"), "show system info", name="other")
        assert played.refusals == 1


async def test_a_key_file_logs_in_and_is_read_once(shells: Shells, tmp_path: Path) -> None:
    key = asyncssh.generate_private_key("ssh-ed25519")
    file = tmp_path / "id"
    key.write_private_key(str(file), passphrase="open-sesame", rounds=50)
    public = key.export_public_key().decode()
    async with served("linux", {"cat /proc/uptime": UPTIME}, client_key=public, methods=()) as played:
        access = played.access("linux", password="", key_file=str(file), key_passphrase="open-sesame")
        [output] = await ask(shells, access)
        assert output.problem is None
        wrong = played.access("linux", password="", key_file=str(file), key_passphrase="wrong")
        [refused] = await ask(shells, wrong)
        assert type(refused.problem) is AccessDenied
        assert "passphrase" in str(refused.problem)


async def test_a_terminal_that_asks_again_gets_user_and_password_once(shells: Shells) -> None:
    async with served("cisco_wlc_ssh", {"show sysinfo": "x"}, methods=("none",), terminal_login=True) as played:
        [output] = await ask(shells, played.access("cisco_wlc_ssh"), "show sysinfo")
        assert output.problem is None
        [refused] = await ask(shells, played.access("cisco_wlc_ssh", password="wrong"), "show sysinfo")
        assert isinstance(refused.problem, WrongCredentials)
        assert played.refusals == 1


# ---------------------------------------------------------------- what goes wrong on the way
async def test_a_closed_port_is_refused(shells: Shells, free_port) -> None:  # type: ignore[no-untyped-def]
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    access = SshAccess("linux", "watch", PASSWORD, port=free_port(), host_keys=(key,))
    [output] = await ask(shells, access)
    assert isinstance(output.problem, Refused)


def at(server: asyncio.Server) -> SshAccess:
    key = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    return SshAccess("linux", "watch", PASSWORD, port=server.sockets[0].getsockname()[1], host_keys=(key,))


async def test_a_port_where_no_ssh_server_speaks_ends_at_the_deadline(shells: Shells) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            await reader.read()
        writer.close()
        ended.set()

    ended = asyncio.Event()
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        started = time.monotonic()
        [output] = await ask(shells, at(server), seconds=1.0)
        assert time.monotonic() - started < 3.0
        await asyncio.wait_for(ended.wait(), 10)
    assert isinstance(output.problem, OutOfTime | NoAnswer)


async def test_a_port_that_speaks_something_else_is_a_fault_of_the_device(shells: Shells) -> None:
    async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 200)
        with contextlib.suppress(OSError):  # we hang up on it
            await writer.drain()
            await reader.read()
        writer.close()
        ended.set()

    ended = asyncio.Event()
    async with await asyncio.start_server(web, "127.0.0.1", 0) as server:
        [output] = await ask(shells, at(server), seconds=5.0)
        await asyncio.wait_for(ended.wait(), 10)
    assert isinstance(output.problem, Unreachable | BadAnswer)


async def test_a_hang_in_the_middle_is_cut_at_the_deadline_and_keeps_what_came_before(shells: Shells) -> None:
    async with served("linux", {"hostname": "srv-1", "cat /proc/uptime": UPTIME}, hang_at="cat /proc/uptime") as played:
        started = time.monotonic()
        outputs = await linux(shells, played, "hostname", "cat /proc/uptime", "df -P -k", seconds=2.0)
        assert time.monotonic() - started < 4.0
        assert outputs[0].problem is None
        assert outputs[0].text == "srv-1\n"
        assert [type(o.problem) for o in outputs[1:]] == [OutOfTime, OutOfTime]
        assert [o.command for o in outputs] == ["hostname", "cat /proc/uptime", "df -P -k"]


async def test_more_hanging_devices_than_threads_leave_the_pool_usable() -> None:
    shells = Shells(threads=2)
    async with served("linux", {"cat /proc/uptime": UPTIME}, hang_at="hostname") as played:
        hung = await asyncio.gather(
            *(ask(shells, played.access("linux"), "hostname", name=f"srv-{n}", seconds=1.5) for n in range(6))
        )
        assert all(isinstance(o.problem, OutOfTime) for [o] in hung)
        assert played.most_open <= 2
        [output] = await ask(shells, played.access("linux"), name="healthy")
        assert output.problem is None
    assert shells.abandoned == 0
    await shells.close()


async def test_threads_end_with_their_sessions() -> None:
    shells = Shells(threads=3)
    before = set(threading.enumerate())
    async with served("linux", hang_at="hostname") as played:
        await asyncio.gather(
            *(ask(shells, played.access("linux"), "hostname", name=f"srv-{n}", seconds=1.0) for n in range(3))
        )
    await shells.close()
    until = time.monotonic() + 5.0
    started = {t for t in threading.enumerate() if isinstance(t, paramiko.Transport) or t.name.startswith("ssh-")}
    for thread in started - before:
        await asyncio.to_thread(thread.join, max(until - time.monotonic(), 0.0))
    assert not [t.name for t in started - before if t.is_alive()]


async def test_endless_output_is_capped_and_the_next_command_still_answered() -> None:
    shells = Shells(max_output_bytes=50_000)
    async with served("linux", {"cat /proc/uptime": UPTIME}, endless_at="df -P -k") as played:
        endless, uptime = await linux(shells, played, "df -P -k", "cat /proc/uptime")
        assert isinstance(endless.problem, Capped)
        assert 10_000 < len(endless.text) <= 50_000
        assert uptime.problem is None
        assert played.logins == 2
    await shells.close()


async def test_a_connection_dropped_in_the_middle_of_a_command_is_reported_for_it_and_the_rest(shells: Shells) -> None:
    async with served("linux", {"hostname": "srv-1"}, drop_at="df -P -k") as played:
        name, storage, uptime = await linux(shells, played, "hostname", "df -P -k", "cat /proc/uptime")
        assert name.problem is None
        assert isinstance(storage.problem, Unreachable)
        assert uptime.problem is storage.problem
        assert shells.kept == 0


async def test_banner_spam_with_lines_like_prompts_does_not_mislead(shells: Shells) -> None:
    noise = "".join(f"notice {n}: switch# is to be used by staff only >\r\n$ \r\n" for n in range(300))
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        played.style = type(played.style)(played.style.prompt, banner=noise, unknown=played.style.unknown)
        [output] = await linux(shells, played)
    assert output.problem is None
    assert output.text == UPTIME


async def test_output_that_holds_the_prompt_is_not_cut_there(shells: Shells) -> None:
    text = "watch@srv-1:~$ \nwatch@srv-1:~$ cat\nafter\n"
    async with served("linux", {"hostname": text}) as played:
        [output] = await linux(shells, played, "hostname")
    assert output.text.endswith("after\n")


async def test_text_that_is_not_utf8_is_read_as_people_typed_it(shells: Shells) -> None:
    async with served("linux", {"hostname": "Caf\xe9 \x96 Hertford".encode("latin-1")}) as played:
        [output] = await linux(shells, played, "hostname")
    assert output.text == "Café – Hertford\n"  # noqa: RUF001  0x96 is an en dash in Windows-1252


# ---------------------------------------------------------------- keeping sessions
async def test_a_kept_session_is_reused_and_saves_logins(shells: Shells) -> None:
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        for _ in range(5):
            [output] = await linux(shells, played)
            assert output.problem is None
        assert (played.logins, shells.logins, shells.kept) == (1, 1, 1)


async def test_with_more_devices_than_sessions_are_kept_some_keep_theirs(
    shells: Shells, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To keep the newest would have every device log in at every turn, and hold as many sessions for nothing."""
    monkeypatch.setattr("collectors.ssh.shells.KEPT_AT_MOST", 2)
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        for _ in range(4):
            for name in ("srv-1", "srv-2", "srv-3"):
                [output] = await linux(shells, played, name=name)
                assert output.problem is None
        assert shells.kept == 2
        assert played.logins == 2 + 4


async def test_a_kept_session_rests(shells: Shells) -> None:
    """Its thread does not wake ten times a second, and still notices at once that it is over."""
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        await linux(shells, played)
        link = shells._devices["srv-1"].link
        assert link._sock.gettimeout() >= 5
        thread = link._transport
        shells.forget("srv-1")
        for _ in range(100):
            if not thread.is_alive():
                break
            await asyncio.sleep(0.02)
        assert not thread.is_alive()


async def test_sessions_are_not_kept_unless_asked_for() -> None:
    shells = Shells()
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        for _ in range(2):
            await linux(shells, played)
        assert (played.logins, shells.kept) == (2, 0)
    await shells.close()


async def test_a_kept_session_that_died_is_opened_again_unseen(shells: Shells) -> None:
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        await linux(shells, played)
        played.connections[-1].abort()
        [output] = await linux(shells, played)
        assert output.problem is None
        assert played.logins == 2


async def test_a_kept_session_ends_with_changed_credentials_or_keys(shells: Shells) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        await linux(shells, played)
        [output] = await linux(shells, played, host_keys=(other,))
        assert isinstance(output.problem, HostKeyChanged)
        [wrong] = await linux(shells, played, password="changed")
        assert isinstance(wrong.problem, WrongCredentials)


async def test_one_session_per_device_at_a_time(shells: Shells) -> None:
    async with served("linux", {"cat /proc/uptime": UPTIME}) as played:
        outputs = await asyncio.gather(*(linux(shells, played) for _ in range(4)))
        assert all(o.problem is None for [o] in outputs)
        assert (played.most_open, played.logins) == (1, 1)


async def test_a_cancelled_visit_gives_its_thread_and_its_turn_back() -> None:
    shells = Shells(threads=1)
    async with served("linux", {"cat /proc/uptime": UPTIME}, hang_at="hostname") as played:
        visit = asyncio.create_task(linux(shells, played, "hostname", seconds=60.0))
        await played.hanging.wait()
        visit.cancel()
        with pytest.raises(asyncio.CancelledError):
            await visit
        [output] = await linux(shells, played, seconds=5.0)
        assert output.problem is None
    await shells.close()


# ---------------------------------------------------------------- the allow-list
async def test_a_command_that_is_not_on_the_list_is_never_sent(shells: Shells) -> None:
    async with served("cisco_ios") as played:
        session = shells.session("sw", "127.0.0.1", played.access("cisco_ios"), {})
        for command in ("reload", "show version ", "show version\nreload", "show version | redirect flash:x", ""):
            with pytest.raises(ValueError, match="not on the list"):
                await session.run(["show version", command], time.monotonic() + 5)
        await session.close()
        assert not played.connections


@pytest.mark.parametrize("platform", sorted(PLATFORMS))
async def test_long_answers_come_through_pager_and_prompt_and_nothing_else_is_typed(
    shells: Shells, platform: str
) -> None:
    """What a device is sent over a whole session is its commands and the session's own set-up, to the letter."""
    wanted = [command.text for command in commands(platform)]
    body = "".join(f"line {n}: the quick brown fox jumps over the lazy dog\n" for n in range(60))
    outputs = {command: body.replace("line", command.split()[-1]) for command in wanted}
    async with served(platform, outputs) as played:
        found = await ask(shells, played.access(platform, enable_secret="hush"), *wanted, seconds=30.0)
    for output in found:
        assert output.problem is None, (output.command, output.problem)
        assert [line.rstrip() for line in output.text.split("\n")] == outputs[output.command].split("\n")
    assert played.typed == [*PLATFORMS[platform].setup, *wanted]


def test_every_platform_is_played() -> None:
    assert set(STYLES) == set(PLATFORMS)
