"""What ICMP says of datagrams that did not arrive (Linux: ip(7), IP_RECVERR).

Without it a closed port and a host that is off look alike: silence, after every retry. Routers and hosts quote the
datagram they could not deliver, so the report is believed only where our own random id is in it.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from collections.abc import Iterator

from collectors.errors import DeviceFault, Refused, Unroutable

_IP_RECVERR = 11
_IPV6_RECVERR = 25
_MSG_ERRQUEUE = 0x2000
_EXTENDED_ERROR = struct.Struct("=IBBBBII")  # errno, origin, type, code, pad, info, data (linux/errqueue.h)
_AT_MOST = 64  # reports per call, so that a storm of them does not hold the loop


def listen(sock: socket.socket) -> None:
    """Have the kernel keep ICMP errors for an unconnected socket. Does nothing where there is no such thing."""
    if sys.platform != "linux":
        return
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVERR, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, _IP_RECVERR, 1)


def reports(sock: socket.socket) -> Iterator[tuple[bytes, tuple[str, int], DeviceFault]]:
    """The errors that wait: the beginning of our datagram, where it was sent to, and what that means."""
    if sys.platform != "linux":
        return
    for _ in range(_AT_MOST):
        try:
            quoted, ancillary, _, place = sock.recvmsg(2048, 512, _MSG_ERRQUEUE)
        except OSError:
            return
        for level, kind, data in ancillary:
            if (level, kind) in ((socket.IPPROTO_IP, _IP_RECVERR), (socket.IPPROTO_IPV6, _IPV6_RECVERR)):
                number = _EXTENDED_ERROR.unpack_from(data)[0]
                fault = _fault(number, place)
                if fault is not None:
                    yield quoted, (str(place[0]), int(place[1])), fault


def _fault(number: int, place: tuple[str, int]) -> DeviceFault | None:
    if number == errno.ECONNREFUSED:
        return Refused(f"port {place[1]} of {place[0]} is closed (ICMP port unreachable)")
    if number in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM):
        return Unroutable(f"no way to {place[0]}: {os.strerror(number)}")
    return None  # such as a path's smaller MTU, which the kernel deals with
