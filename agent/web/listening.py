"""The socket and the server of the HTTP side, in the agent's own event loop."""

from __future__ import annotations

import contextlib
import errno
import resource
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_OCTETS = 16_384
CONNECTIONS = 4096  # Prometheus keeps a thousand open to one address when it scrapes a page for each device
BACKLOG = 1024  # as many begin at once when it starts
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


def pair_problem(cert_file: Path, key_file: Path) -> str | None:
    """Why this certificate and this key cannot serve TLS together; None if they can."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert_file, key_file)
    except (ssl.SSLError, OSError) as error:
        return getattr(error, "reason", None) or error.strerror or str(error)
    return None


class _Bounded(HttpToolsProtocol):
    """uvicorn's protocol on llhttp, which takes a head of any length: half as dear a request as by h11."""

    _in_head = True
    _head_octets = 0  # of the head that has not ended yet

    def data_received(self, data: bytes) -> None:
        while data:
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
    """uvicorn without its own signal handlers: when to end is the composition root's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: ASGIApp, cert_file: Path | None, key_file: Path | None, grace_seconds: float = 3.0) -> Server:
    """The server of an ASGI application; over TLS if it gets a certificate and its key."""
    tls: dict[str, Any] = {}
    if cert_file is not None and key_file is not None:
        tls = {"ssl_certfile": str(cert_file), "ssl_keyfile": str(key_file)}
    return Server(
        uvicorn.Config(
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
            http=_Bounded,
            **tls,
        )
    )
