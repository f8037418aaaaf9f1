"""The socket and the server of the HTTP side, in the agent's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import resource
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from agent.hostile import plain
from agent.web.seldom import Seldom
from agent.web.tls import Tls, context_of, names_in

log = logging.getLogger(__name__)

HEAD_OCTETS = 16_384
CONNECTIONS = 4096  # Prometheus keeps a thousand open to one address when it scrapes a page for each device
BACKLOG = 1024  # as many begin at once when it starts
HANDSHAKE_SECONDS = 10.0  # of TLS: whoever opens connections and says nothing must not hold them for a minute
_OTHER_FILES = 512  # sockets to devices, the ledger, logs


def room_for_connections() -> None:
    """Raise the soft limit on open files as far as it must and may: most systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))


class CannotListen(Exception):
    """The address cannot be had. `str()` is one line that says what to do."""


def listen(address: str, port: int) -> socket.socket:
    """A listening TCP socket; CannotListen where there is none to be had."""
    room_for_connections()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # With the protocol named: asyncio turns Nagle off only then, and an answer of two writes took 40 ms without.
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((address, port))
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        advice = {
            errno.EADDRINUSE: "another program has it: end that one, or choose another port with --listen",
            errno.EACCES: "ports below 1024 need the right to them: choose another port with --listen",
            errno.EADDRNOTAVAIL: "this machine has no such address: choose another one with --listen",
        }.get(error.errno or 0, "choose another address with --listen")
        reason = (error.strerror or str(error)).lower()
        raise CannotListen(f"cannot listen on {address} port {port}: {reason}; {advice}") from None
    opened.setblocking(False)
    return opened


def is_taken(address: str, port: int) -> bool:
    """Whether somebody listens there. By connecting: to bind, even for a moment, could keep an agent from beginning."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.settimeout(1.0)
        return port != 0 and tried.connect_ex((address, port)) == 0


class _Bounded(HttpToolsProtocol):
    """uvicorn's protocol on llhttp, which takes a head of any length: half as dear a request as by h11."""

    def __init__(self, server: Server, tls: Tls | None) -> None:
        """`tls`: the settings of the listener that this connection came by."""
        super().__init__(config=server.config, server_state=server.server_state, app_state=server.lifespan.state)
        self._server, self._tls = server, tls
        self._refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """After the handshake: only now can the names in a client's certificate be looked at."""
        super().connection_made(transport)
        allowed = self._tls.allowed_sans if self._tls is not None else None
        names = names_in(transport.get_extra_info("peercert")) if allowed is not None else frozenset()
        if allowed is not None and not allowed & names:
            self._server.strangers_total += 1
            self._server.stranger.warn(
                "a client at %s with a certificate for %s is not let in: client_allowed_sans has none of its names",
                self.client[0] if self.client else "nowhere",
                plain(", ".join(sorted(names))) or "no name",
            )
            self._refused = True
        elif _who(self._tls) != _who(self._server.tls):  # others are let in since the handshake began
            self._refused = True
        if self._refused:
            transport.abort()

    _in_head = True
    _head_octets = 0  # of the head that has not ended yet

    def data_received(self, data: bytes) -> None:
        while data and not self._refused:
            size = HEAD_OCTETS - self._head_octets if self._in_head else len(data)
            if size <= 0:
                self.send_400_response("The head of the request is too long.")
                return
            piece, data = data[:size], data[size:]
            self._head_octets += len(piece)
            super().data_received(piece)
            if self.transport.is_closing():
                return

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head, self._head_octets = True, 0
        super().on_message_complete()


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers, on a socket that can be served by other TLS settings from now on.

    New settings get a listener of their own on the same socket, and the old one ends: a context that is changed, or
    swapped by the name a client asks for, would keep its clients' old sessions and not verify them again.
    """

    def __init__(self, config: uvicorn.Config, tls: Tls | None) -> None:
        super().__init__(config)
        self.tls = tls
        self.strangers_total = 0  # clients with a verified certificate of none of the names that are let in
        self.stranger = Seldom(log)
        self._context = context_of(tls) if tls is not None else None
        self._sockets: list[socket.socket] = []

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """When to end is the composition root's business."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._sockets = list(sockets or ())
        self.servers = await self._open(self.tls, self._context)
        self.started = True

    async def renew(self, tls: Tls | None, context: ssl.SSLContext | None) -> None:
        """Serve new connections by these settings; those that are open go on, but where other clients are let in now
        than when they began, they end after their answer."""
        if not self.started or self.should_exit:
            return
        before, self.tls = self.tls, tls
        try:
            fresh = await self._open(tls, context)
        except OSError:
            self.tls = before
            raise
        old, self.servers = self.servers, fresh
        for server in old:
            server.close()
        if _who(before) != _who(tls):
            for connection in list(self.server_state.connections):
                connection.shutdown()

    async def _open(self, tls: Tls | None, context: ssl.SSLContext | None) -> list[asyncio.Server]:
        loop = asyncio.get_running_loop()
        bound = HANDSHAKE_SECONDS if context is not None else None
        return [
            await loop.create_server(
                lambda: _Bounded(self, tls), sock=one.dup(), ssl=context, backlog=BACKLOG, ssl_handshake_timeout=bound
            )
            for one in self._sockets
        ]


def _who(tls: Tls | None) -> object:
    """What decides which clients may connect."""
    return tls.who if tls is not None else None


def server(app: ASGIApp, tls: Tls | None = None, grace_seconds: float = 3.0) -> Server:
    """The server of an ASGI application; over TLS if it gets its settings. TlsUnusable where they make no context."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,  # longer than most scrape intervals: Prometheus keeps its connection
        timeout_graceful_shutdown=int(grace_seconds),
        limit_concurrency=CONNECTIONS,
        backlog=BACKLOG,
    )
    return Server(config, tls)
