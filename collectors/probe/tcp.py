"""Does a port take a connection? Nothing is sent, and the connection is closed at once."""

from __future__ import annotations

import asyncio
import contextlib
import time

from collectors.probe.faults import fault_of, left
from collectors.probe.options import Tcp, options
from collectors.probe.results import DURATION, ProbeResult, failed, result
from collectors.readings import Level
from collectors.target import Probe


async def look(address: str, probe: Probe, until: float) -> ProbeResult:
    chosen = options(probe, Tcp)
    started = time.monotonic()
    try:
        async with asyncio.timeout(left(until, chosen.timeout)):
            _, writer = await asyncio.open_connection(address, chosen.port)
    except OSError as error:  # also TimeoutError and our own OutOfTime, which is one
        return failed(probe, fault_of(error))
    seconds = time.monotonic() - started
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return result(probe, True, "open", Level.OK, {DURATION: seconds})
