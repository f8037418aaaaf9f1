"""What goes wrong on the way, as a `DeviceFault`; and how long there is to wait."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import time

from collectors.errors import (
    BadAnswer,
    DeviceFault,
    Malformed,
    NoAnswer,
    OutOfTime,
    Refused,
    Unreachable,
    Unroutable,
)


def left(until: float, at_most: float) -> float:
    """Seconds to wait: the option's, or what is left of the visit."""
    seconds = until - time.monotonic()
    if seconds <= 0:
        raise OutOfTime("the visit's deadline came before this look")
    return min(seconds, at_most)


def fault_of(error: BaseException) -> DeviceFault:
    """A foreign exception, or whatever it was raised from, as a `DeviceFault`; texts are our own."""
    seen: BaseException | None = error
    for _ in range(8):
        found = _fault(seen)
        if found is not None or seen is None:
            break
        seen = seen.__cause__ or seen.__context__
    return found or BadAnswer(f"the answer cannot be used ({type(error).__name__})")


def _fault(error: BaseException | None) -> DeviceFault | None:
    match error:
        case DeviceFault():
            return error
        case socket.gaierror():
            return Unroutable("the name does not resolve")
        case ConnectionRefusedError():
            return Refused("the port is closed")
        case TimeoutError() | asyncio.CancelledError():
            return NoAnswer("no answer in time")
        case ConnectionResetError() | BrokenPipeError() | asyncio.IncompleteReadError():
            return Unreachable("the connection was closed before the answer was complete")
        case ssl.SSLError():
            return Malformed(f"TLS cannot be agreed on ({error.reason or 'no reason given'})")
        case OSError() if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EINVAL):
            return Unroutable("no route to the address")
        case _:
            return None
