"""A session of the own engine: one device, the shared sockets, the own codec."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from collectors.errors import DeviceFault, Malformed, NoAnswer, OutOfTime, Unroutable
from collectors.snmp.asking import AskingSession
from collectors.snmp.chunks import Chunk, read_cells
from collectors.snmp.fetch import Fetch, Outcome
from collectors.snmp.message import Pdu, Request, read_pdu, request_tail
from collectors.snmp.transport import GOES_ON, Place, Port, Transport, Waiter
from collectors.snmp.usm import AskAgain, NotProven

T = TypeVar("T")
_REPEATS_AT_MOST = 4  # reports that put us right in one exchange: engine, then time, and each once more
Read = Callable[[Waiter, int, bytes], T]
"""Reads a datagram that answers the given id, of those the waiter waits for; see `Waiter`."""


class Envelope(Protocol):
    """The wrapping of a PDU that a version of SNMP and its security ask for."""

    def wrap(self, request: Request, request_id: int, tail: bytes) -> bytes:
        """The datagram of a request."""
        ...

    def open(self, data: bytes, request_id: int) -> tuple[bytes, int, int]:
        """The octets the answer's PDU is in, where it starts and what it ends before."""
        ...

    def settle(self) -> None:
        """An exchange is over."""
        ...


class FastSession(AskingSession):
    """One device, in whatever version its envelope wraps. `bulk` is False for version 1, which has no GETBULK."""

    def __init__(
        self,
        transport: Transport,
        address: str,
        port: int,
        envelope: Envelope,
        *,
        bulk: bool,
        timeout_seconds: float,
        retries: int,
        limits: dict[str, Any],
    ) -> None:
        super().__init__(limits=limits, bulk=bulk)
        self._transport = transport
        self._address = address
        self._device_port = port
        self.envelope = envelope
        self._timeout_seconds = timeout_seconds
        self._attempts = self.limits.attempts(1 + max(0, retries))
        self._way: tuple[Port, Place] | None = None

    # ------------------------------------------------------------ what AskingSession asks for
    async def exchange(
        self, request: Request, oids: Sequence[str], until: float, repetitions: int = 0
    ) -> Pdu | DeviceFault:
        def tail(attempt: int) -> bytes:
            return request_tail(oids, max(1, repetitions >> attempt) if repetitions else 0)

        def read(waiter: Waiter, answered_id: int, data: bytes) -> Pdu:
            pdu = _read_pdu(*self.open(data, answered_id), answered_id)
            self.heard(waiter, answered_id)
            return pdu

        return await self._converse(request, tail, read, until)

    async def exchange_next(self, fetch: Fetch, until: float) -> tuple[Chunk, Outcome]:
        run = _Run(self, fetch, until)
        outcome = await self._converse(Request.GET, run.tail, run.read, until)
        return run.chunk, outcome

    # ------------------------------------------------------------ what a conversation needs, also from within `read`
    def open(self, data: bytes, answered_id: int) -> tuple[bytes, int, int]:
        """Where the answer's PDU is; raises what the envelope raises."""
        self.octets += len(data)
        return self.envelope.open(data, answered_id)

    def heard(self, waiter: Waiter, answered_id: int) -> None:
        """A right answer has come."""
        self.answered = True
        self.limits.answered_after(time.monotonic() - waiter.ids[answered_id])

    def ask_on(self, waiter: Waiter, tail: bytes, until: float) -> bool:
        """Send a further GET at once; False where it wants the task's patience."""
        now = time.monotonic()
        ends_at = min(now + self.limits.timeout(self._timeout_seconds, 0), until)
        if ends_at <= now:
            return False
        request_id = self._transport.fresh_id()
        datagram = self.envelope.wrap(Request.GET, request_id, tail)
        if not self._transport.ask_on(waiter, request_id, datagram, now, ends_at):
            return False
        self.requests += 1
        return True

    # ------------------------------------------------------------ one request and its answer
    async def _converse(
        self, request: Request, tail: Callable[[int], bytes], read: Read[T], until: float
    ) -> T | DeviceFault:
        way = self._way or await self._find_way()
        if isinstance(way, DeviceFault):
            return way
        waiter = Waiter(*way, read)
        transport = self._transport
        attempt = repeats = 0
        try:
            while attempt < self._attempts:
                ends_at = min(time.monotonic() + self.limits.timeout(self._timeout_seconds, attempt), until)
                if ends_at <= time.monotonic():
                    return waiter.fault or self._out_of_time(waiter)
                request_id = transport.fresh_id()
                self.requests += 1
                if attempt:
                    self.retries += 1
                datagram = self.envelope.wrap(request, request_id, tail(attempt))
                waiting = transport.attempt(waiter, request_id, datagram, ends_at - time.monotonic())
                while True:
                    try:
                        got: T | DeviceFault | None = await waiting
                    except Malformed as malformed:
                        waiter.fault = malformed
                    except NotProven as doubt:
                        # Whoever forged it, the device's own answer may be on its way.
                        waiter.fault = Malformed(str(doubt))
                        waiting = transport.wait_on(waiter)
                        continue
                    except AskAgain:
                        self.answered = True
                        repeats += 1
                        attempt -= repeats <= _REPEATS_AT_MOST
                    else:
                        if isinstance(got, DeviceFault):
                            # ICMP may speak of a moment only (a daemon that restarts, a route that turns): the
                            # retries stand.
                            waiter.fault = got
                        elif got is not None:
                            return got
                    break
                attempt += 1
            if not self.answered:
                self.limits.stayed_silent()
            return waiter.fault or self._silence(waiter)
        except DeviceFault as refusal:
            self.answered = True
            return refusal
        finally:
            transport.finish(waiter)
            self.envelope.settle()

    def _silence(self, waiter: Waiter) -> NoAnswer:
        return NoAnswer(f"no answer from {self._address} port {self._device_port}{_of_stranger(waiter)}")

    def _out_of_time(self, waiter: Waiter) -> DeviceFault:
        """The deadline has come. Before any answer at all that is silence, and not our own haste."""
        return OutOfTime("the visit's deadline came first") if self.answered else self._silence(waiter)

    async def _find_way(self) -> tuple[Port, Place] | DeviceFault:
        """The socket and the place to send to; host names are looked up once per session."""
        try:
            address = ipaddress.ip_address(self._address)
        except ValueError:
            return await self._look_up()
        family = socket.AF_INET if address.version == 4 else socket.AF_INET6
        return self._keep_way(family, str(address))

    async def _look_up(self) -> tuple[Port, Place] | DeviceFault:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self._address, self._device_port, type=socket.SOCK_DGRAM
            )
        except OSError as error:
            return Unroutable(f"the name {self._address} does not resolve: {error.strerror}")
        family, _, _, _, place = found[0]
        return self._keep_way(family, str(place[0]))

    def _keep_way(self, family: socket.AddressFamily, address: str) -> tuple[Port, Place] | DeviceFault:
        try:
            port = self._transport.port_for(family, address)
        except OSError as error:
            return Unroutable(f"no socket towards {address}: {error.strerror}")
        self._way = (port, (address, self._device_port))
        return self._way


class _Run:
    """GETs of one set, one after the other without a task's turn between them, as long as each goes as expected.

    A pulse of a 48-port switch is thirteen of them: as much again as reading them costs the waking of a task for each.
    """

    __slots__ = ("_fetch", "_session", "_until", "chunk")

    def __init__(self, session: FastSession, fetch: Fetch, until: float) -> None:
        self.chunk = fetch.todo.popleft()
        self._session, self._fetch, self._until = session, fetch, until

    def tail(self, attempt: int) -> bytes:
        return self.chunk.tail

    def read(self, waiter: Waiter, answered_id: int, data: bytes) -> Any:
        """The outcome of the present chunk, or `GOES_ON` after the next has been asked for."""
        session, fetch, chunk = self._session, self._fetch, self.chunk
        outcome = read_cells(chunk, *session.open(data, answered_id), answered_id)
        # After a retry the task goes on, so that the next chunk has all its attempts again.
        if fetch.todo and isinstance(outcome, list) and len(waiter.ids) == 1:
            following = fetch.todo[0]
            session.answered = True
            if session.ask_on(waiter, following.tail, self._until):
                fetch.todo.popleft()
                fetch.take(chunk, outcome, answers_at_all=True)
                self.chunk = following
                return GOES_ON
        session.heard(waiter, answered_id)  # of a run the last answer's time is learnt from
        return outcome


def _of_stranger(waiter: Waiter) -> str:
    return f"; {waiter.stranger} answered in its place, which we do not take" if waiter.stranger else ""


def _read_pdu(data: bytes, at: int, end: int, request_id: int) -> Pdu:
    pdu = read_pdu(data, at, end)
    if pdu.request_id != request_id:
        raise Malformed("the answer carries another request id")
    return pdu
