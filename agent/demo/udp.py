"""One UDP socket that answers for every simulated device, whatever address of 127.0.0.0/8 was asked.

A socket bound to all addresses would be reachable from outside; so it is tied to the loopback device where the kernel
lets us, and datagrams to anything but 127.0.0.0/8 are thrown away in any case.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

Answer = Callable[[str, bytes], tuple[bytes, float] | None]
"""(address asked, datagram) > (answer, seconds to wait before sending it), or None for silence."""

IP_PKTINFO = getattr(socket, "IP_PKTINFO", 8)  # missing from the module before Python 3.14; 8 on Linux
_PKTINFO = struct.Struct("=I4s4s")
DATAGRAMS_A_TURN = 64


class Responder:
    """Reads datagrams and sends what `answer` says, from the address that was asked."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._socket: socket.socket | None = None
        self.port = 0

    def open(self, port: int, receive_buffer: int = 4 << 20) -> None:
        """Bind; `port` 0 takes any free one. OSError where the port is taken."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setblocking(False)
        try:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            with suppress(OSError):  # an old kernel wants a privilege for it; the check of every datagram remains
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
            sock.bind(("0.0.0.0", port))  # noqa: S104 - see the head of this file
        except OSError:
            sock.close()
            raise
        self._socket, self.port = sock, sock.getsockname()[1]
        asyncio.get_running_loop().add_reader(sock, self._readable)

    def close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _readable(self) -> None:
        assert self._socket is not None  # noqa: S101 - the reader goes with the socket
        for _ in range(DATAGRAMS_A_TURN):  # then let timers and SSH have a turn
            try:
                data, ancillary, _, source = self._socket.recvmsg(65_535, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error of an earlier answer
                continue
            info = next((d for level, kind, d in ancillary if (level, kind) == (socket.IPPROTO_IP, IP_PKTINFO)), b"")
            if len(info) < _PKTINFO.size:
                continue
            _, _, asked = _PKTINFO.unpack_from(info)
            if asked[0] != 127:
                continue
            answer = self._answer(socket.inet_ntoa(asked), data)
            if answer is None:
                continue
            octets, wait = answer
            if wait > 0:
                asyncio.get_running_loop().call_later(wait, self._send, octets, asked, source)
            else:
                self._send(octets, asked, source)

    def _send(self, octets: bytes, asked: bytes, source: tuple[str, int]) -> None:
        if self._socket is None:
            return
        info = _PKTINFO.pack(0, asked, b"\0\0\0\0")
        try:
            self._socket.sendmsg([octets], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, source)
        except OSError:  # a full send buffer loses the datagram, as a network would
            return
