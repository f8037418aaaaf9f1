"""GET, walk and scan over any way of carrying one request and its answer: what both engines share."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from collectors.errors import Capped, DeviceFault
from collectors.session import Answers, Cells, Scan, Varbind, Walk
from collectors.snmp import ber
from collectors.snmp.chunks import Chunk
from collectors.snmp.course import Course
from collectors.snmp.fetch import Fetch, Outcome
from collectors.snmp.limits import Limits
from collectors.snmp.message import NO_ERROR, RESPONSE, Pdu, Request

OCTETS_PER_WALK = 32 << 20  # whole devices are below 10 MB; whoever sends more is broken or means harm


class AskingSession(ABC):
    """An `SnmpSession` (collectors/session.py) over `exchange`. One request is outstanding at a time."""

    def __init__(self, *, limits: dict[str, Any], bulk: bool) -> None:
        self.requests = 0
        self.retries = 0
        self.octets = 0  # of answers
        self.answered = False  # anything at all, in this session
        self.limits = Limits(limits)
        self._bulk = bulk
        self._turn = asyncio.Lock()

    @abstractmethod
    async def exchange(
        self, request: Request, oids: Sequence[str], until: float, repetitions: int = 0
    ) -> Pdu | DeviceFault:
        """One request and its answer. It is retried, for GETBULK with half the `repetitions` each time."""

    async def exchange_next(self, fetch: Fetch, until: float) -> tuple[Chunk, Outcome]:
        """One GET of `fetch.todo` and its answer. More than one may be made, if all but the last are taken in here."""
        chunk = fetch.todo.popleft()
        return chunk, await self.exchange(Request.GET, chunk.oids, until)

    async def close(self) -> None:
        """A session holds nothing of its own: sockets and keys are the engine's."""
        return

    # ------------------------------------------------------------ the protocol
    async def get(self, cells: Cells, until: float) -> Answers:
        async with self._turn:
            fetch = Fetch(cells, self.limits)
            while fetch.todo:
                chunk, outcome = await self.exchange_next(fetch, until)
                fetch.take(chunk, outcome, self.answered)
        return Answers(fetch.values, fetch.problem)

    async def walk(self, columns: Sequence[str], until: float, max_rows: int = 20_000, most: int | None = None) -> Walk:
        course = Course(columns, self.limits, bulk=self._bulk, max_rows=max_rows, most=most)
        await self._follow(course, until)
        return Walk({column.root: column.rows for column in course.columns}, course.problem)

    async def scan(self, root: str, until: float, max_rows: int = 200_000) -> Scan:
        course = Course([root], self.limits, bulk=self._bulk, max_rows=max_rows, tags=True)
        await self._follow(course, until)
        (column,) = course.columns
        found = [
            Varbind(column.prefix + suffix, tag, value)
            for (suffix, value), tag in zip(column.rows.items(), column.tags, strict=True)
        ]
        if not found and course.problem is None:
            async with self._turn:
                found = await self._instance(root, until)
        return Scan(found, course.problem)

    # ------------------------------------------------------------ below it
    async def _follow(self, course: Course, until: float) -> None:
        async with self._turn:
            most = self.octets + OCTETS_PER_WALK
            while (ask := course.next()) is not None:
                before = self.retries
                outcome = await self.exchange(ask.request, ask.oids, until, ask.repetitions)
                course.take(ask, outcome, self.answered, retried=self.retries > before)
                if self.octets > most:
                    course.stop(Capped(f"more than {OCTETS_PER_WALK >> 20} MiB of answers"))

    async def _instance(self, oid: str, until: float) -> list[Varbind]:
        """Nothing lies below `oid`: it may be an instance itself, as for snmpwalk."""
        got = await self.exchange(Request.GET, [oid], until)
        if isinstance(got, DeviceFault) or got.tag != RESPONSE or got.status != NO_ERROR:
            return []
        return [Varbind(name, tag, value) for name, tag, value in got.binds if name == oid and tag not in ber.ABSENT]
