"""A worker process: makes the looks it is asked for, one event loop and sockets of its own. Started by `Crew`.

    python -m agent.looking.worker            speaks `wire` on its standard input and output; logs on standard error

It ends when its input ends, so it cannot outlive the agent. Signals are the agent's business: a Ctrl-C in a terminal
and a service manager's SIGTERM go to the whole group, and a worker that obeyed them would leave the visits that are
going on without an answer while the agent waits for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
import traceback
from collections.abc import Iterable
from itertools import count
from typing import Any, BinaryIO

import uvloop

from agent import logs
from agent.looking.here import Here
from agent.looking.wire import ALIVE_SECONDS, HEAD, Message, Telling, frame, message_of
from agent.rest import REST_SECONDS, Rest
from collectors import Cadence, Sessions, Target, load_profiles

log = logging.getLogger(__name__)


class Worker:
    """The looks of one process, and what it tells the agent of them."""

    def __init__(self, here: Here, out: asyncio.StreamWriter) -> None:
        self._here, self._out = here, out
        self._targets: dict[str, Target] = {}
        self._telling = Telling()
        self._going_on: set[asyncio.Task[None]] = set()

    async def serve(self, incoming: asyncio.StreamReader) -> None:
        """Do what comes, until nothing comes any more."""
        alive = asyncio.create_task(self._say_alive())
        try:
            while True:
                head = await incoming.readexactly(HEAD)
                self._do(message_of(await incoming.readexactly(int.from_bytes(head, "big"))))
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            alive.cancel()
            for task in self._going_on:
                task.cancel()

    def _do(self, message: Message) -> None:
        kind, *rest = message
        if kind == "look":
            ticket, device, cadence, target = rest
            if target is not None:
                if self._targets.get(device) != target:
                    self._here.forget([device])
                self._targets[device] = target
            task = asyncio.create_task(self._look(ticket, device, cadence))
            self._going_on.add(task)
            task.add_done_callback(self._going_on.discard)
        elif kind == "forget":
            (devices,) = rest
            self._here.forget(devices)
            for device in devices:
                self._targets.pop(device, None)
                self._tell(self._telling.forget(device))

    async def _look(self, ticket: int, device: str, cadence: Cadence) -> None:
        try:
            visit = await self._here.look(self._targets[device], cadence)
        except Exception:  # noqa: BLE001 - the one catch is at the other end of the pipe, which counts and logs it
            self._tell([("failed", ticket, traceback.format_exc())])
            return
        self._tell(self._telling.visit(ticket, visit))
        await self._out.drain()

    def _tell(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._out.write(frame(message))

    async def _say_alive(self) -> None:
        rest = Rest(lambda: len(self._targets))
        for beat in count():
            self._tell([("alive", self._here.traffic())])
            if beat % int(REST_SECONDS) == 0:
                rest.settle()
            await asyncio.sleep(ALIVE_SECONDS)


async def _pipes(source: BinaryIO, sink: BinaryIO) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    transport, protocol = await loop.connect_write_pipe(lambda: asyncio.streams.FlowControlMixin(loop=loop), sink)
    return reader, asyncio.StreamWriter(transport, protocol, None, loop)


async def _main(source: BinaryIO, sink: BinaryIO) -> None:
    reader, writer = await _pipes(source, sink)
    with contextlib.suppress(asyncio.IncompleteReadError):  # the agent is gone before it said anything
        head = await reader.readexactly(HEAD)
        _, begin = message_of(await reader.readexactly(int.from_bytes(head, "big")))
        await _serve(begin, reader, writer)


async def _serve(begin: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    logs.set_up(begin["log_format"], begin["log_level"])
    profiles = load_profiles(*begin["families"])
    async with Sessions(ssh_threads=begin["ssh_threads"]) as sessions:
        await Worker(Here(sessions, profiles), writer).serve(reader)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    # What anybody prints must not come between the frames.
    source = os.fdopen(os.dup(0), "rb", buffering=0)
    sink = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    uvloop.run(_main(source, sink))


if __name__ == "__main__":
    main()
