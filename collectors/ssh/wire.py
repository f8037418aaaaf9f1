"""The thread side of an SSH session: connect, check the host key, log in, run commands. Everything here blocks."""

from __future__ import annotations

import logging
import socket
import time

import paramiko

from collectors.errors import DeviceFault, HostKeyChanged, HostKeyUnknown, NoAnswer
from collectors.ssh.algorithms import transport_class
from collectors.ssh.backoff import LoginBackoff, credential_mark
from collectors.ssh.hostkeys import HostKey
from collectors.ssh.line import Hold, WatchedChannel, left, shut, translated
from collectors.ssh.login import KeyFiles, log_in
from collectors.ssh.platforms import Platform
from collectors.ssh.terminal import Terminal
from collectors.target import SshAccess

__all__ = ["Hold", "KeyFiles", "Link", "dial", "show_host_key"]

CONNECT_SECONDS = 10.0
BANNER_SECONDS = 15.0
LOGIN_SECONDS = 30.0
KEEPALIVE_SECONDS = 30
QUIET_SECONDS = 5.0  # paramiko's thread for a session wakes ten times a second else: dearer than to log in each time

# Both libraries log device text and tracebacks of faults that reach us as exceptions anyway.
for _name, _level in (("paramiko", logging.CRITICAL), ("netmiko", logging.WARNING)):
    logging.getLogger(_name).setLevel(_level)


class Link:
    """One logged-in session: transport, terminal, and when it was last used (by its owner's clock)."""

    def __init__(
        self,
        sock: socket.socket,
        transport: paramiko.Transport,
        channel: WatchedChannel,
        terminal: Terminal,
        hold: Hold,
    ) -> None:
        self._sock = sock
        self._transport = transport
        self._channel = channel
        self.terminal = terminal
        self.hold = hold

    def adopt(self, hold: Hold) -> None:
        """Let another visit's hold cut this session from now on."""
        self.hold = hold
        hold.attach(self._sock)

    @property
    def alive(self) -> bool:
        return bool(self._transport.is_active()) and not self.hold.was_cut

    def check(self, until: float) -> None:
        self._channel.begin(until)
        with translated():
            self.terminal.check(until)

    def run(self, command: str, until: float, got: bytearray) -> str:
        self._channel.begin(until)
        with translated():
            return self.terminal.ask(command, until, got)

    def hang_up(self) -> None:
        """Close without a word: nothing is typed, so nothing can be saved, confirmed or configured by it."""
        shut(self._sock)  # and not the hold: the visit may go on with a new connection
        self._transport.close()


def _connected(address: str, port: int, until: float, hold: Hold) -> socket.socket:
    sock = socket.create_connection((address, port), timeout=left(until, CONNECT_SECONDS))
    hold.attach(sock)
    sock.settimeout(None)
    return sock


def _negotiated(
    sock: socket.socket, until: float, key_types: list[str], only: bool, legacy: bool
) -> paramiko.Transport:
    """A transport after key exchange, before any authentication; `key_types` first, or `only` them."""
    transport = transport_class(key_types, only, legacy)(sock)
    transport.daemon = True
    transport.banner_timeout = left(until, BANNER_SECONDS)
    transport.handshake_timeout = left(until)
    try:
        transport.start_client(timeout=left(until))
    except paramiko.ssh_exception.IncompatiblePeer:
        transport.close()
        raise
    except (paramiko.SSHException, EOFError) as fault:
        transport.close()
        left(until)
        if "banner" in str(fault):
            raise NoAnswer("the port is open and no SSH server speaks there") from None
        raise
    if not transport.initial_kex_done:  # paramiko's time is up without a word about it
        transport.close()
        left(until)
        raise NoAnswer("the SSH server did not finish the key exchange")
    return transport


def show_host_key(
    address: str, port: int, key_type: str, seconds: float, legacy: bool
) -> tuple[HostKey | None, DeviceFault | None]:
    """The host key of one type, without logging in."""
    hold = Hold()
    try:
        with translated():
            until = time.monotonic() + seconds
            transport = _negotiated(_connected(address, port, until, hold), until, [key_type], True, legacy)
            key = transport.get_remote_server_key()
            transport.close()
            return HostKey(key.get_name(), key.asbytes()), None
    except DeviceFault as fault:
        return None, fault
    finally:
        hold.cut()


def dial(
    name: str, address: str, access: SshAccess, platform: Platform, until: float, hold: Hold,
    backoff: LoginBackoff, keys: KeyFiles, cap: int,
) -> Link:  # fmt: skip
    """Connect, check the pinned host key, log in, prepare the terminal. Raises a `DeviceFault`."""
    pinned = {HostKey.parse(line) for line in access.host_keys}
    if not pinned:
        raise HostKeyUnknown(f"no SSH host key is pinned; look at it and record it with: hartwatch ssh trust {name}")
    own_key = keys.load(access) if access.key_file else None
    transport: paramiko.Transport | None = None
    try:
        with translated():
            sock = _connected(address, access.port, until, hold)
            transport = _negotiated(sock, until, _key_types(pinned), False, access.legacy_algorithms)
            shown = transport.get_remote_server_key()
            key = HostKey(shown.get_name(), shown.asbytes())
            if key not in pinned:
                raise HostKeyChanged(
                    f"the device shows {key.type} {key.fingerprint}, which is not the pinned key; if it was replaced "
                    f"on purpose: hartwatch ssh trust {name}"
                )
            mark = credential_mark(access)
            with backoff.attempt(name, mark, until - time.monotonic()):
                channel, terminal = log_in(
                    transport, access, platform, own_key, min(until, time.monotonic() + LOGIN_SECONDS), cap
                )
            transport.set_keepalive(KEEPALIVE_SECONDS)
            sock.settimeout(QUIET_SECONDS)
            return Link(sock, transport, channel, terminal, hold)
    except BaseException:
        if transport is not None:
            transport.close()
        hold.cut()
        raise


def _key_types(pinned: set[HostKey]) -> list[str]:
    types: list[str] = []
    for key in sorted(pinned, key=lambda key: key.type != "ssh-ed25519"):
        types += ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] if key.type == "ssh-rsa" else [key.type]
    return list(dict.fromkeys(types))
