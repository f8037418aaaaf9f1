"""What the service manager is told: that we are ready, are reloading, are alive, and in one line how it goes.

systemd's sd_notify(3): one datagram of `NAME=value` lines to the AF_UNIX socket that NOTIFY_SOCKET names ("@" begins an
abstract address). With `WatchdogSec=` in the unit there is WATCHDOG_USEC as well, and systemd restarts an agent that
has not said WATCHDOG=1 for so long. The pings come from the agent's own event loop: a loop that hangs says nothing.

    service = service_manager()                    Nobody() where no service manager listens
    service.ready("watching 92 devices")
    task = asyncio.create_task(keep_telling(service, words))
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable, MutableMapping
from typing import Protocol

log = logging.getLogger(__name__)

STATUS_SECONDS = 30.0
STATUS_CHARACTERS = 200
PINGS = 3  # for each time systemd waits: one may be late and one lost


class ServiceManager(Protocol):
    """Whoever started us and wants to know how it goes. Nothing here waits, and nothing here fails."""

    @property
    def watchdog_seconds(self) -> float | None:
        """How long it waits for a sign of life; None where it does not."""
        ...

    def status(self, text: str) -> None:
        """One line for people (`systemctl status`)."""
        ...

    def ready(self, text: str) -> None:
        """The start, or a reload, is over."""
        ...

    def reloading(self) -> None:
        """A reload has begun; `ready` ends it."""
        ...

    def stopping(self, text: str) -> None:
        """The end has begun."""
        ...

    def alive(self, text: str) -> None:
        """A sign of life, and how it goes."""
        ...


class Nobody:
    """No service manager: a shell, a container, a test."""

    watchdog_seconds: float | None = None

    def status(self, text: str) -> None:
        pass

    def ready(self, text: str) -> None:
        pass

    def reloading(self) -> None:
        pass

    def stopping(self, text: str) -> None:
        pass

    def alive(self, text: str) -> None:
        pass


class Systemd:
    """systemd, or what speaks like it, at an AF_UNIX datagram socket."""

    def __init__(self, address: str, watchdog_seconds: float | None = None) -> None:
        self.watchdog_seconds = watchdog_seconds
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._failed = False

    def status(self, text: str) -> None:
        self._tell(_status(text))

    def ready(self, text: str) -> None:
        self._tell("READY=1", _status(text))

    def reloading(self) -> None:
        # The time is what Type=notify-reload (systemd 253) wants in the same datagram; older ones pass it over.
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", _status("reloading"))

    def stopping(self, text: str) -> None:
        self._tell("STOPPING=1", _status(text))

    def alive(self, text: str) -> None:
        self._tell("WATCHDOG=1", _status(text))

    def _tell(self, *lines: str) -> None:
        """Send one datagram; a socket that is gone or full is said once and costs the agent nothing else."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as to:
                to.setblocking(False)
                to.connect(self._address)
                to.send("\n".join(lines).encode())
        except OSError as problem:
            if not self._failed:
                log.warning("the service manager cannot be told how it goes: %s", problem.strerror or problem)
            self._failed = True
        else:
            self._failed = False


def _status(text: str) -> str:
    """A line break in it would begin another assignment, so there is none."""
    return "STATUS=" + " ".join(text.split())[:STATUS_CHARACTERS]


def service_manager(environment: MutableMapping[str, str] = os.environ) -> ServiceManager:
    """Who is to be told, by NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID.

    They are taken out of the environment: processes that we start are not the ones that were asked.
    """
    address = environment.pop("NOTIFY_SOCKET", "")
    micros, pid = environment.pop("WATCHDOG_USEC", ""), environment.pop("WATCHDOG_PID", "")
    if not address.startswith(("/", "@")):
        return Nobody()
    ours = not pid or pid == str(os.getpid())
    seconds = int(micros) / 1e6 if ours and micros.isascii() and micros.isdigit() else 0
    return Systemd(address, seconds or None)


async def keep_telling(service: ServiceManager, words: Callable[[], str]) -> None:
    """Give a sign of life, well within the time that is allowed, until cancelled."""
    seconds = STATUS_SECONDS
    if service.watchdog_seconds is not None:
        seconds = min(seconds, service.watchdog_seconds / PINGS)
    while True:
        service.alive(words())
        await asyncio.sleep(seconds)
