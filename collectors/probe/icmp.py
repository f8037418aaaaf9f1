"""Ping by icmplib: without privileges where the kernel lets our group, else raw where we may open such sockets.

Linux: ping(7) sockets are for the groups in net.ipv4.ping_group_range; raw(7) sockets need CAP_NET_RAW.
"""

from __future__ import annotations

import asyncio
import time

import icmplib

from collectors.errors import NoAnswer, OutOfTime, Unroutable
from collectors.probe.faults import fault_of, left
from collectors.probe.options import Icmp, options
from collectors.probe.results import DURATION, LOSS, ProbeResult, failed, result, unasked
from collectors.readings import Level
from collectors.target import Probe

AT_ONCE = 64  # each raw socket sees every echo reply of the machine: many at once cost the square of their number
NOT_ALLOWED = (
    "this process may not ping: let its group (sysctl net.ipv4.ping_group_range) or give it CAP_NET_RAW "
    "(AmbientCapabilities= in its unit)"
)

_gates: dict[int, asyncio.Semaphore] = {}


async def look(address: str, probe: Probe, until: float) -> ProbeResult:
    chosen = options(probe, Icmp)
    try:
        async with _gate(), asyncio.timeout(left(until, chosen.count * (chosen.interval + chosen.timeout) + 1.0)):
            host = await _ping(address, chosen, until)
    except icmplib.NameLookupError:
        return failed(probe, Unroutable("the name does not resolve"))
    except (icmplib.SocketPermissionError, PermissionError):
        return unasked(probe, "not_allowed", NOT_ALLOWED)
    except icmplib.ICMPSocketError:
        return failed(probe, Unroutable("no way to send to the address"))
    except TimeoutError as error:
        return failed(probe, error if isinstance(error, OutOfTime) else OutOfTime("the deadline came before the end"))
    except OSError as error:
        return failed(probe, fault_of(error))
    loss = float(host.packet_loss)
    if not host.is_alive:
        return failed(probe, NoAnswer(f"none of {host.packets_sent} echo requests was answered"), {LOSS: 1.0})
    values: dict[object, float | None] = {DURATION: host.avg_rtt / 1000, LOSS: loss}
    level, state = (Level.WARNING, "loss") if loss >= chosen.warn_loss and loss > 0 else (Level.OK, "answers")
    return result(probe, True, state, level, values)  # type: ignore[arg-type]


async def _ping(address: str, chosen: Icmp, until: float) -> icmplib.Host:
    timeout = min(chosen.timeout, max(until - time.monotonic(), 0.05))
    wanted = {"count": chosen.count, "interval": chosen.interval, "timeout": timeout}
    try:
        return await icmplib.async_ping(address, privileged=False, **wanted)
    except (icmplib.SocketPermissionError, icmplib.ICMPSocketError, PermissionError):
        return await icmplib.async_ping(address, privileged=True, **wanted)


def _gate() -> asyncio.Semaphore:
    """One gate per event loop: a semaphore belongs to the loop it first waited in."""
    key = id(asyncio.get_running_loop())
    if key not in _gates:
        _gates.clear()  # of loops that have ended; an agent has one, tests many
        _gates[key] = asyncio.Semaphore(AT_ONCE)
    return _gates[key]
