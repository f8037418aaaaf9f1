"""The line under a session: what keeps its deadline and its size, and turns foreign exceptions into our own.

Two exception roots (paramiko's and netmiko's) and the socket's are turned into `DeviceFault`s here and nowhere else;
texts are our own, so that no secret and no device text gets into a message.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko
from netmiko.channel import Channel as NetmikoChannel
from netmiko.exceptions import NetmikoBaseException, NetmikoTimeoutException

from collectors.errors import (
    AccessDenied,
    BadAnswer,
    Capped,
    DeviceFault,
    NoAnswer,
    OutOfTime,
    Refused,
    Unreachable,
    Unroutable,
    WrongCredentials,
)


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
                shut(sock)

    def cut(self) -> None:
        with self._lock:
            self.was_cut = True
            if self._sock is not None:
                shut(self._sock)


def shut(sock: socket.socket) -> None:
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
