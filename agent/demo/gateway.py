"""What the agent's self-check connects to: a TCP listener that can fall silent.

A closed port would answer with a reset, which is an answer: somebody was there to refuse. To be silent as a lost
network is, the listener stops accepting and fills its own short queue; the kernel then drops further connections.
"""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

BACKLOG = 1
FILLERS = BACKLOG + 3


class Gateway:
    """Accepts and closes connections on one loopback address until it is made silent."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._listener: socket.socket | None = None
        self._fillers: list[socket.socket] = []
        self.port = 0

    def open(self, port: int = 0) -> None:
        """Listen; OSError where the port is taken."""
        listener = socket.create_server((self._address, port), backlog=BACKLOG)
        listener.setblocking(False)
        self._listener, self.port = listener, listener.getsockname()[1]
        asyncio.get_running_loop().add_reader(listener, self._accept)

    def close(self) -> None:
        if self._listener is not None:
            asyncio.get_running_loop().remove_reader(self._listener)
            self._listener.close()
            self._listener = None
        self._drop_fillers()

    def silence(self, silent: bool) -> None:
        """Stop answering, or answer again."""
        if self._listener is None or silent == bool(self._fillers):
            return
        loop = asyncio.get_running_loop()
        if silent:
            loop.remove_reader(self._listener)
            for _ in range(FILLERS):
                filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                filler.setblocking(False)
                with suppress(BlockingIOError):
                    filler.connect((self._address, self.port))
                self._fillers.append(filler)
        else:
            self._drop_fillers()
            loop.add_reader(self._listener, self._accept)

    def _drop_fillers(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers.clear()

    def _accept(self) -> None:
        assert self._listener is not None  # noqa: S101 - the reader goes with the listener
        while True:
            try:
                connection, _ = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            connection.close()
