"""The guard that keeps tests on this machine, tested by trying to leave it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

OUTSIDE = "192.0.2.1"  # RFC 5737: belongs to nobody


def test_connecting_outside_loopback_is_refused_before_a_packet_leaves(loopback_only: list[str]) -> None:
    with socket.socket() as sock, pytest.raises(RuntimeError, match=r"127\.0\.0\.0/8 only"):
        sock.connect((OUTSIDE, 80))
    assert loopback_only == [f"socket.connect '{OUTSIDE}'"]
    loopback_only.clear()


def test_a_datagram_outside_loopback_is_refused(loopback_only: list[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(RuntimeError, match=r"127\.0\.0\.0/8"):
        sock.sendto(b"", (OUTSIDE, 161))
    loopback_only.clear()


def test_a_name_look_up_is_refused_unless_it_cannot_leave_the_machine(loopback_only: list[str]) -> None:
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 80)
    loopback_only.clear()
    assert socket.getaddrinfo("localhost", 80)
    assert socket.getaddrinfo(OUTSIDE, 80), "a numeric address is turned into itself, nobody is asked"
    assert not loopback_only


async def test_an_event_loop_is_guarded_as_well(loopback_only: list[str]) -> None:
    with pytest.raises(RuntimeError, match=r"127\.0\.0\.0/8 only"):
        await asyncio.open_connection(OUTSIDE, 80)
    assert loopback_only
    loopback_only.clear()


def test_loopback_is_open_and_free_ports_are_free_for_both_protocols(free_port: Callable[[], int]) -> None:
    first, second = free_port(), free_port()
    assert first != second
    with socket.socket() as listener, socket.socket() as client, socket.socket(type=socket.SOCK_DGRAM) as udp:
        listener.bind(("127.0.0.1", first))
        udp.bind(("127.0.0.1", first))
        listener.listen()
        client.connect(("127.0.0.1", first))


def test_a_refusal_that_the_code_swallowed_still_fails_the_test(pytester: pytest.Pytester, root: Path) -> None:
    pytester.makeconftest((root / "tests" / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(
        """
        import socket

        def test_swallows():
            try:
                socket.create_connection(("192.0.2.1", 80))
            except Exception:
                pass
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*reached outside loopback: socket.connect '192.0.2.1'*"])
