"""Datagrams out, datagrams in: a few shared UDP sockets for thousands of devices, and one coarse clock for time-outs.

Why shared and unconnected: a socket per device costs a file descriptor and a registration each, and measured no faster.
Why the receive buffer is read back: the kernel caps what is asked (net.core.rmem_max), and replies that arrive in one
burst and do not fit are lost and look like dead devices. So each socket carries only as many outstanding requests as
its buffer holds replies. Why a wheel: a timer for each PDU is dearer than the PDU.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from collectors.errors import DeviceFault, Unroutable
from collectors.snmp import undelivered
from collectors.snmp.message import HIGHEST_ID, LOWEST_ID, peek_id

log = logging.getLogger(__name__)

TICK_SECONDS = 0.05
GATHER_SECONDS = 0.003  # a few per cent of a round trip through a WAN
RECEIVE_BUFFER_OCTETS = 4 << 20
OCTETS_PER_REPLY = 4608  # what one reply of a full Ethernet frame takes of a Linux receive buffer (measured)
_LARGEST_DATAGRAM = 65_535
_READS_PER_WAKE_UP = 200  # so that a flood on one socket does not starve the rest of the loop

Place = tuple[str, int]
"""Address and port as the kernel writes them, without flow and scope."""

_Answer = asyncio.Future[Any]
"""What the waiter's `read` made of the answer (or raised), or that it did not arrive, or None for silence."""

GOES_ON: Final = object()
"""What `read` gives when it has asked for more itself: nobody is woken."""


class Waiter:
    """Who waits for the answer to one exchange. Every attempt has an id of its own; an answer to any of them counts.

    `read(waiter, id answered, datagram)` is called as the datagram arrives. What it gives or raises is what the waiting
    task gets; with `GOES_ON` the task sleeps on.
    """

    __slots__ = ("ends_at", "fault", "future", "ids", "place", "port", "read", "stranger")

    def __init__(self, port: Port, place: Place, read: Callable[[Waiter, int, bytes], object]) -> None:
        self.port = port
        self.place = place
        self.read = read
        self.ids: dict[int, float] = {}  # id > when it was sent
        self.ends_at = 0.0  # time.monotonic() at which the wait for the last request is over
        self.fault: DeviceFault | None = None  # what was wrong with the answers so far to the last request
        self.future: _Answer | None = None
        self.stranger: str | None = None  # somebody else who answered with our id


def _over(waiter: Waiter, request_id: int, data: bytes) -> object:
    return GOES_ON


class Port:
    """One UDP socket with a bound on how many answers may be on their way to it."""

    def __init__(self, family: socket.AddressFamily, transport: Transport) -> None:
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_OCTETS)
        granted = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        self.receive_buffer_octets = granted
        self.free = max(16, granted // OCTETS_PER_REPLY)
        self.queue: deque[asyncio.Future[None]] = deque()
        if family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.socket.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))  # noqa: S104 - a client's ephemeral port
        undelivered.listen(self.socket)
        self.inode = Path(f"/proc/self/fd/{self.socket.fileno()}")
        self._transport = transport
        self._buffer = bytearray(_LARGEST_DATAGRAM)
        self._view = memoryview(self._buffer)

    async def take_slot(self) -> None:
        """Wait until the receive buffer has room for one more answer."""
        if self.free > 0:
            self.free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_slot()  # it was handed to us in the very moment we were cancelled
            raise

    def give_slot(self) -> None:
        while self.queue:
            turn = self.queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    def read(self) -> None:
        """Everything that has arrived, up to a bound."""
        receive, buffer, view = self.socket.recvfrom_into, self._buffer, self._view
        arrived = self._transport.arrived
        for number in range(_READS_PER_WAKE_UP):
            try:
                octets, source = receive(buffer)
            except (BlockingIOError, InterruptedError):
                if number == 0:
                    self.read_errors()  # woken for these alone; left in the queue, they would wake us for ever
                return
            except OSError:
                self.read_errors()
                continue
            arrived(bytes(view[:octets]), source)

    def read_errors(self) -> None:
        """Tell those whose datagrams did not arrive."""
        for quoted, place, fault in undelivered.reports(self.socket):
            self._transport.not_delivered(quoted, place, fault)

    def close(self) -> None:
        self.socket.close()
        while self.queue:
            self.queue.popleft().cancel()


class Inbox:
    """Wakes the loop for the sockets of all ports together, and no more often than each `GATHER_SECONDS`.

    A thousand answers a second that each wake the loop by themselves cost more than reading them.
    """

    def __init__(self) -> None:
        self._poll = select.epoll()
        self._ports: dict[int, Port] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._again: asyncio.TimerHandle | None = None

    def watch(self, ports: Iterable[Port]) -> None:
        for port in ports:
            self._ports[port.socket.fileno()] = port
            self._poll.register(port.socket.fileno(), select.EPOLLIN)
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._poll.fileno(), self._first)

    def _first(self) -> None:
        """Something has come after a quiet time."""
        assert self._loop is not None  # noqa: S101
        self._loop.remove_reader(self._poll.fileno())
        self._read()

    def _read(self) -> None:
        assert self._loop is not None  # noqa: S101
        ready = self._poll.poll(0)
        if not ready:
            self._again = None
            self._loop.add_reader(self._poll.fileno(), self._first)
            return
        # Before the reading: whatever goes wrong in there, the sockets are read again.
        self._again = self._loop.call_later(GATHER_SECONDS, self._read)
        for descriptor, _ in ready:
            self._ports[descriptor].read()

    def close(self) -> None:
        if self._again is not None:
            self._again.cancel()
        elif self._loop is not None:
            self._loop.remove_reader(self._poll.fileno())
        self._poll.close()


@dataclass(slots=True)
class Counts:
    """What the transport has seen, for the agent's own metrics."""

    sent: int = 0
    received: int = 0
    strays: int = 0  # datagrams nobody waited for: late, doubled, or forged
    strangers: int = 0  # right id, wrong source
    send_failures: int = 0
    time_outs: int = 0


class Transport:
    """The shared sockets and the clock of one engine. Lives in one event loop."""

    def __init__(self, sockets: int = 8) -> None:
        self._sockets = max(1, sockets)
        self._ports: dict[socket.AddressFamily, list[Port]] = {}
        self._pending: dict[int, Waiter] = {}
        self._inbox = Inbox()
        self._wheel: dict[int, list[tuple[Waiter, _Answer]]] = {}
        self._tick: asyncio.TimerHandle | None = None
        self._last_tick = 0
        self._entropy = b""
        self._drawn = 0
        self._closed = False
        self.counts = Counts()

    # ------------------------------------------------------------ sockets
    def port_for(self, family: socket.AddressFamily, address: str) -> Port:
        """A device keeps to one socket, so that it makes one flow in the firewalls between."""
        if self._closed:
            raise RuntimeError("the SNMP engine is closed")
        ports = self._ports.get(family)
        if ports is None:
            ports = self._ports[family] = [Port(family, self) for _ in range(self._sockets)]
            self._inbox.watch(ports)
            granted = ports[0].receive_buffer_octets
            if granted < RECEIVE_BUFFER_OCTETS:
                log.warning(
                    "the kernel grants SNMP sockets a receive buffer of %d octets only, so no more than %d requests are"
                    " sent at a time: set net.core.rmem_max to %d or more",
                    granted,
                    ports[0].free * len(ports),
                    RECEIVE_BUFFER_OCTETS,
                )
        return ports[hash(address) % len(ports)]

    def kernel_drops(self) -> int | None:
        """Datagrams the kernel threw away because a receive buffer was full (Linux; None where it does not say)."""
        inodes = set()
        for port in self._all_ports():
            try:
                inodes.add(str(port.inode.readlink()).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                return None
        drops = 0
        for name in ("udp", "udp6"):
            try:
                lines = Path(f"/proc/self/net/{name}").read_text().splitlines()[1:]
            except OSError:
                return None
            drops += sum(int(f[12]) for f in map(str.split, lines) if len(f) > 12 and f[9] in inodes)
        return drops

    def _all_ports(self) -> Iterator[Port]:
        for ports in self._ports.values():
            yield from ports

    # ------------------------------------------------------------ sending
    def fresh_id(self) -> int:
        """A random id that nobody waits for: what an off-path forger would have to guess."""
        while True:
            if self._drawn >= len(self._entropy):
                self._entropy, self._drawn = os.urandom(4096), 0
            candidate = int.from_bytes(self._entropy[self._drawn : self._drawn + 4], "big") & HIGHEST_ID
            self._drawn += 4
            if candidate >= LOWEST_ID and candidate not in self._pending:
                return candidate

    async def attempt(self, waiter: Waiter, request_id: int, datagram: bytes, seconds: float) -> Any:
        """Send once and wait: what `waiter.read` makes of the answer, a fault, or None after `seconds` of silence.

        The answer may be to an earlier attempt of the same exchange. `finish(waiter)` ends the exchange. Raises what
        `waiter.read` raises.
        """
        loop = asyncio.get_running_loop()
        port = waiter.port
        await port.take_slot()
        try:
            future: _Answer = loop.create_future()
            waiter.future = future
            waiter.ids[request_id] = time.monotonic()
            self._pending[request_id] = waiter
            fault = await self._send(port, datagram, waiter.place)
            if fault is not None:
                return fault
            waiter.ends_at = time.monotonic() + seconds
            self._wake_at_end(waiter, future)
            return await future
        finally:
            waiter.future = None
            port.give_slot()

    async def wait_on(self, waiter: Waiter) -> Any:
        """Wait for another answer to the same exchange until its time is over: the one that came is not believed."""
        future: _Answer = asyncio.get_running_loop().create_future()
        waiter.future = future
        self._wake_at_end(waiter, future)
        try:
            return await future
        finally:
            waiter.future = None

    def ask_on(self, waiter: Waiter, request_id: int, datagram: bytes, now: float, ends_at: float) -> bool:
        """Send the next request of a conversation from within `waiter.read`; its last one has been answered.

        False where it could not be sent at once: the task then sends it, with all the patience that needs.
        """
        try:
            waiter.port.socket.sendto(datagram, waiter.place)
        except OSError:
            return False
        for answered in waiter.ids:
            self._pending.pop(answered, None)
        waiter.ids = {request_id: now}
        waiter.fault = None
        waiter.ends_at = ends_at
        self._pending[request_id] = waiter
        self.counts.sent += 1
        return True

    async def _send(self, port: Port, datagram: bytes, place: Place) -> DeviceFault | None:
        failure: int | None = None
        for pause in (0.002, 0.002, 0.01, 0.05, 0.0):
            try:
                port.socket.sendto(datagram, place)
            except (BlockingIOError, InterruptedError):
                await asyncio.sleep(pause)  # the send buffer is full: everybody's turn comes
                continue
            except OSError as error:
                if failure != error.errno:
                    # It may be the ICMP error of another device's datagram, which the kernel gives to whoever calls
                    # next: only what fails twice is ours.
                    failure = error.errno
                    port.read_errors()
                    continue
                self.counts.send_failures += 1
                if error.errno == errno.ENOBUFS:
                    await asyncio.sleep(pause)
                    continue
                return Unroutable(f"cannot send to {place[0]}: {error.strerror}")
            self.counts.sent += 1
            return None
        return None  # lost on the way out, as any datagram may be: the time-out deals with it

    def finish(self, waiter: Waiter) -> None:
        """The exchange is over: later answers to it are strays."""
        for request_id in waiter.ids:
            self._pending.pop(request_id, None)
        waiter.read = _over  # the wheel holds the waiter until its time comes, and need not hold all it has read

    # ------------------------------------------------------------ receiving
    def arrived(self, data: bytes, source: tuple[str, int]) -> None:
        """Give a datagram to whoever waits for it, if it comes from the address and port that was asked."""
        self.counts.received += 1
        request_id = peek_id(data)
        waiter = self._pending.get(request_id) if request_id is not None else None
        if waiter is None:
            self.counts.strays += 1
            return
        if source[0] != waiter.place[0] or source[1] != waiter.place[1]:
            self.counts.strangers += 1
            waiter.stranger = f"{source[0]} port {source[1]}"
            return
        future = waiter.future
        if future is None or future.done():
            self.counts.strays += 1
            return
        try:
            got = waiter.read(waiter, request_id or 0, data)
        except Exception as problem:  # noqa: BLE001 - it is raised again, where the one who waits is
            future.set_exception(problem)
            return
        if got is not GOES_ON:
            future.set_result(got)

    def not_delivered(self, quoted: bytes, place: Place, fault: DeviceFault) -> None:
        """ICMP says that a datagram did not arrive: believed where it quotes an id we wait for at that place."""
        request_id = peek_id(quoted)
        waiter = self._pending.get(request_id) if request_id is not None else None
        if waiter is None or waiter.place != place or waiter.future is None or waiter.future.done():
            return
        waiter.future.set_result(fault)

    # ------------------------------------------------------------ time
    def _wake_at_end(self, waiter: Waiter, future: _Answer) -> None:
        # Never in a slot that has been turned already: there it would wait for ever.
        slot = int(max(waiter.ends_at, time.monotonic()) / TICK_SECONDS) + 1
        self._wheel.setdefault(slot, []).append((waiter, future))
        if self._tick is None:
            loop = asyncio.get_running_loop()
            self._last_tick = int(time.monotonic() / TICK_SECONDS)
            self._tick = loop.call_later(TICK_SECONDS, self._turn)

    def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        now = int(time.monotonic() / TICK_SECONDS)
        due: list[tuple[Waiter, _Answer]] = []
        for slot in range(self._last_tick, now + 1):
            due += self._wheel.pop(slot, ())
        self._last_tick = now
        live = [(waiter, future) for waiter, future in due if not future.done()]
        if any(waiter.ends_at < time.monotonic() for waiter, _ in live):
            # The loop may have been busy for longer than the time-out: what came meanwhile lies in the sockets, and
            # calling it silence would report a living device dead.
            for port in self._all_ports():
                port.read()
        for waiter, future in live:
            if future.done():
                continue
            if waiter.ends_at >= time.monotonic():  # it has asked on since
                self._wake_at_end(waiter, future)
                continue
            self.counts.time_outs += 1
            future.set_result(None)
        self._tick = loop.call_later(TICK_SECONDS, self._turn) if self._wheel else None

    def close(self) -> None:
        """Close the sockets; who still waits is cancelled."""
        self._closed = True
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        for waiter in set(self._pending.values()):
            if waiter.future is not None and not waiter.future.done():
                waiter.future.cancel()
        self._pending.clear()
        self._wheel.clear()
        self._inbox.close()
        for port in self._all_ports():
            port.close()
        self._ports.clear()
