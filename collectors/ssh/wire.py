"""The thread side of an SSH session: connect, check the host key, log in, run commands. Everything here blocks.

netmiko gives the connection class of each platform (its return key, its log-in quirks); connecting, authenticating and
preparing the session are ours, because netmiko's do things a monitor must not: they accept any host key unless told
otherwise, type passwords up to ten times (ASA, AireOS), and turn pagers off in the *configuration* (FortiOS, AireOS).

Two exception roots (paramiko's and netmiko's) and the socket's are turned into `DeviceFault`s in this module and
nowhere else; texts are our own, so that no secret and no device text gets into a message.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
from netmiko.channel import Channel as NetmikoChannel
from netmiko.exceptions import NetmikoBaseException, NetmikoTimeoutException
from netmiko.ssh_dispatcher import CLASS_MAPPER

from collectors.errors import (
    AccessDenied,
    BadAnswer,
    Capped,
    DeviceFault,
    HostKeyChanged,
    HostKeyUnknown,
    NoAnswer,
    OutOfTime,
    Refused,
    Unreachable,
    Unroutable,
    WrongCredentials,
)
from collectors.ssh.algorithms import transport_class
from collectors.ssh.backoff import HungUp, LoginBackoff, credential_mark
from collectors.ssh.hostkeys import HostKey
from collectors.ssh.platforms import Platform
from collectors.ssh.terminal import Terminal
from collectors.target import SshAccess

CONNECT_SECONDS = 10.0
BANNER_SECONDS = 15.0
LOGIN_SECONDS = 30.0
KEEPALIVE_SECONDS = 30

# Both libraries log device text and tracebacks of faults that reach us as exceptions anyway.
for _name, _level in (("paramiko", logging.CRITICAL), ("netmiko", logging.WARNING)):
    logging.getLogger(_name).setLevel(_level)


class Hold:
    """A handle on a session from outside its thread: `cut` breaks whatever it is waiting for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sock: socket.socket | None = None
        self.was_cut = False

    def attach(self, sock: socket.socket) -> None:
        with self._lock:
            self._sock = sock
            if self.was_cut:
                _shut(sock)

    def cut(self) -> None:
        with self._lock:
            self.was_cut = True
            if self._sock is not None:
                _shut(self._sock)


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        sock.close()


def left(until: float, at_most: float = 3600.0) -> float:
    """Seconds until a monotonic instant, at least a little; raises `OutOfTime` when it has passed."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise OutOfTime("the deadline came before the device was done")
    return min(seconds, at_most)


class WatchedChannel(NetmikoChannel):
    """The channel under a netmiko connection: keeps the deadline and the size cap, and notices when it is closed.

    netmiko's own waits for its read timeout on a channel that the device closed long ago, and throws away bytes that
    are not UTF-8. This one gives bytes to `Terminal`; to netmiko's own methods it gives them one to one as Latin-1.
    """

    def __init__(self, channel: paramiko.Channel, cap: int) -> None:
        self._channel = channel
        self._cap = cap
        self.taken = 0
        self.until = 0.0

    def begin(self, until: float) -> None:
        self.until, self.taken = until, 0

    def take(self, seconds: float) -> bytes:
        left(self.until)
        if seconds <= 0 and not self._channel.recv_ready():
            return b""
        self._channel.settimeout(max(seconds, 0.001))
        try:
            data = self._channel.recv(65_536)
        except TimeoutError:
            if self._channel.closed or not self._channel.get_transport().is_active():
                raise Unreachable("the device closed the session") from None
            return b""
        if not data:
            left(self.until)  # closed by our own watchdog at the deadline: say so
            raise Unreachable("the device closed the session")
        self.taken += len(data)
        if self.taken > self._cap:
            raise Capped(f"more than {self._cap} bytes for one command")
        return data

    def put(self, text: str) -> None:
        self._channel.settimeout(left(self.until, 10.0))
        try:
            self._channel.sendall(text.encode("utf-8"))
        except TimeoutError:
            raise OutOfTime("the device takes no more input") from None
        except OSError:
            left(self.until)
            raise Unreachable("the device closed the session") from None

    def read_buffer(self) -> str:
        return self.take(0.01).decode("latin-1")

    def read_channel(self) -> str:
        return self.read_buffer()

    def write_channel(self, out_data: str) -> None:
        self.put(out_data)


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
        _shut(self._sock)  # and not the hold: the visit may go on with a new connection
        self._transport.close()


@contextmanager
def translated() -> Iterator[None]:
    """The seam: foreign exceptions become `DeviceFault`s with texts of our own."""
    try:
        yield
    except DeviceFault:
        raise
    except paramiko.ssh_exception.IncompatiblePeer:
        raise AccessDenied(
            "no SSH algorithm in common; an old device may need `legacy_algorithms: true` with its credential"
        ) from None
    except paramiko.AuthenticationException:
        raise WrongCredentials("user, password or key refused") from None
    except (paramiko.SSHException, NetmikoBaseException, NetmikoTimeoutException, EOFError) as fault:
        raise Unreachable(f"the SSH session failed ({type(fault).__name__})") from None
    except socket.gaierror:
        raise Unroutable("the name does not resolve") from None
    except ConnectionRefusedError:
        raise Refused("the SSH port is closed") from None
    except TimeoutError:
        raise NoAnswer("no answer to the TCP connection") from None
    except OSError as fault:
        if fault.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EINVAL):
            raise Unroutable("no route to the address") from None
        raise Unreachable(f"the connection broke ({errno.errorcode.get(fault.errno or 0, 'closed')})") from None
    except (ValueError, IndexError, KeyError, UnicodeError, OverflowError) as fault:
        # A hostile or broken server drives paramiko's packet code into these.
        raise BadAnswer(f"the device does not speak SSH properly ({type(fault).__name__})") from None


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
                channel, terminal = _log_in(transport, access, platform, own_key, min(until, _login_end()), cap)
            transport.set_keepalive(KEEPALIVE_SECONDS)
            return Link(sock, transport, channel, terminal, hold)
    except BaseException:
        if transport is not None:
            transport.close()
        hold.cut()
        raise


def _login_end() -> float:
    return time.monotonic() + LOGIN_SECONDS


def _key_types(pinned: set[HostKey]) -> list[str]:
    types: list[str] = []
    for key in sorted(pinned, key=lambda key: key.type != "ssh-ed25519"):
        types += ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] if key.type == "ssh-rsa" else [key.type]
    return list(dict.fromkeys(types))


def _log_in(
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
    connection = CLASS_MAPPER[platform.name](
        host="device",
        username=access.user,
        device_type=platform.name,
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
    asked = r"(?:[Uu]ser(?:name)? ?:|login as:|[Pp]assword ?:|[>#]) ?$"
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
