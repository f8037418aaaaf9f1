"""Logging in: one method, one try, then a terminal that waits for commands. Everything here blocks.

netmiko's own log-in and preparation do things a monitor must not: type passwords up to ten times (ASA, AireOS), and
turn pagers off in the *configuration* (FortiOS, AireOS). What is used of it are the platforms' classes: their return
key, their form of the user name.
"""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

import paramiko
from netmiko.ssh_dispatcher import CLASS_MAPPER

from collectors.errors import AccessDenied, NoAnswer, WrongCredentials
from collectors.ssh.backoff import HungUp, credential_mark
from collectors.ssh.line import WatchedChannel, left, translated
from collectors.ssh.platforms import Platform
from collectors.ssh.terminal import Terminal
from collectors.target import SshAccess


def log_in(
    transport: paramiko.Transport, access: SshAccess, platform: Platform, own_key: paramiko.PKey | None,
    until: float, cap: int,
) -> tuple[WatchedChannel, Terminal]:  # fmt: skip
    transport.auth_timeout = left(until)
    connection = _netmiko(platform, access)
    with translated():
        try:
            _authenticate(transport, connection.username, access.password, own_key)
        except paramiko.AuthenticationException as fault:
            # paramiko says "authentication failed" as well when the connection ended while it was being tried.
            if isinstance(fault, paramiko.BadAuthenticationType | paramiko.ssh_exception.PartialAuthentication):
                raise
            left(until)
            if "EOF" in str(fault) or "shut down" in str(fault):
                raise HungUp("the device hung up while we were logging in") from None
            if "timeout" in str(fault):
                raise NoAnswer("no answer to the log-in") from None
            raise
    shell = transport.open_session(timeout=left(until))
    shell.settimeout(left(until, 10.0))
    shell.get_pty(term="vt100", width=511, height=1000)
    shell.invoke_shell()
    channel = WatchedChannel(shell, cap)
    channel.begin(until)
    connection.channel = channel
    connection.remote_conn = shell
    terminal = Terminal(channel, platform, connection.RETURN)
    if platform.asks_again:
        _answer_terminal_login(terminal, access, until)
    terminal.settle(until)
    if platform.enable and access.enable_secret and terminal.prompt.endswith(">"):
        _enable(terminal, access.enable_secret, until)
    for command in platform.setup:
        channel.begin(until)
        terminal.ask(command, until, bytearray())
    return channel, terminal


def _netmiko(platform: Platform, access: SshAccess) -> Any:
    """netmiko's connection object of this platform, not connected: its return key and its form of the user name."""
    connection = CLASS_MAPPER[platform.netmiko or platform.name](
        host="device",
        username=access.user,
        device_type=platform.netmiko or platform.name,
        auto_connect=False,
        ssh_strict=True,
        allow_agent=False,
        use_keys=False,
        allow_auto_change=False,
    )
    connection._modify_connection_params()
    logging.getLogger("netmiko").removeFilter(connection._secrets_filter)  # one a connection would pile up for ever
    return connection


def _authenticate(transport: paramiko.Transport, user: str, password: str, own_key: paramiko.PKey | None) -> None:
    """One method, one try. `none` comes first, as with every OpenSSH client: it tells what the server takes."""
    try:
        transport.auth_none(user)
        return
    except paramiko.BadAuthenticationType as answer:
        allowed = list(answer.allowed_types)
    if own_key is not None and "publickey" in allowed:
        allowed = transport.auth_publickey(user, own_key)
        if transport.is_authenticated():
            return
    if password and "password" in allowed:
        transport.auth_password(user, password, fallback=False)
    elif password and "keyboard-interactive" in allowed:
        answered = 0

        def answer_prompts(title: str, instructions: str, prompts: list[tuple[str, bool]]) -> list[str]:
            nonlocal answered
            replies = []
            for prompt, _echo in prompts:
                if "ssword" in prompt:
                    answered += 1
                    replies.append(password if answered == 1 else "")  # never a second time: it locks accounts
                else:
                    replies.append("yes" if "accept" in prompt.lower() else "")
            return replies

        transport.auth_interactive(user, answer_prompts)
    if not transport.is_authenticated():
        raise WrongCredentials(f"the device takes {', '.join(allowed)[:80] or 'nothing'}; we have nothing that fits")


def _answer_terminal_login(terminal: Terminal, access: SshAccess, until: float) -> None:
    """AireOS asks in the terminal: once each, because every further try counts against the account."""
    asked = r"(?:[Uu]ser(?: ?[Nn]ame)? ?:|login as:|[Pp]assword ?:|[>#]) ?$"
    for answer in (access.user, access.password):
        seen = terminal.expect(asked, until)
        if seen.rstrip().endswith((">", "#")):
            return
        terminal.type(answer)
    if not terminal.expect(asked, until).rstrip().endswith((">", "#")):
        raise WrongCredentials("user or password refused")


def _enable(terminal: Terminal, secret: str, until: float) -> None:
    terminal.type("enable")
    seen = terminal.expect(r"(?:[Pp]assword ?:|[>#]) ?$", until)
    if seen.rstrip().endswith(":"):
        terminal.type(secret)
        seen = terminal.expect(r"(?:[Pp]assword ?:|[>#]) ?$", until)
    if not seen.rstrip().endswith("#"):
        raise WrongCredentials("the enable secret was refused")
    terminal.relearn(until)


class KeyFiles:
    """Private keys, read once per file and version of it, because decrypting one takes a second of CPU."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[tuple[str, int, int, str], paramiko.PKey] = {}

    def load(self, access: SshAccess) -> paramiko.PKey:
        """The key of this access; `AccessDenied` when it cannot be read (no try is counted for it)."""
        path = Path(access.key_file)
        try:
            stat = path.stat()
            mark = (str(path), stat.st_mtime_ns, stat.st_size, credential_mark(access))
            with self._lock:
                if mark not in self._loaded:
                    # Bytes, whatever the stubs say: cryptography takes no text here.
                    passphrase: Any = access.key_passphrase.encode() or None
                    self._loaded[mark] = paramiko.PKey.from_path(path, passphrase)
                return self._loaded[mark]
        except OSError as fault:
            raise AccessDenied(f"key file {path}: {fault.strerror}") from None
        except (paramiko.SSHException, ValueError, TypeError, paramiko.pkey.UnknownKeyType):
            raise AccessDenied(f"key file {path}: not a private key we can read (wrong passphrase?)") from None
