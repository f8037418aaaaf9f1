"""Shell sessions for visits: bounded, one per device at a time, kept open where that saves logins.

A visit awaits in the event loop; the blocking session runs in a thread of its own. The number of threads is bounded,
and a session that hangs is cut at its deadline from outside, so that it cannot hold its thread for ever: if a thread
does not even notice that its socket is gone, its place is given back all the same and it is counted in `abandoned`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectors.errors import Capped, DeviceFault, LockedOut, OutOfTime, Unreachable
from collectors.session import Output
from collectors.ssh.backoff import LoginBackoff, credential_mark
from collectors.ssh.commands import refuse_unless_allowed
from collectors.ssh.platforms import PLATFORMS, Platform
from collectors.ssh.terminal import decoded, plain
from collectors.target import SshAccess

log = logging.getLogger(__name__)

GRACE_SECONDS = 1.5  # for a thread to notice that its socket is gone
RECHECK_AFTER_SECONDS = 10.0  # a kept session idle for longer is asked for its prompt first
KEPT_AT_MOST = 256  # each kept session costs a thread and a line on the device


@dataclass(slots=True)
class _Device:
    """What is kept for one device. `link` is only touched by whoever holds `turn`."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    link: Any = None  # collectors.ssh.wire.Link; imported late, netmiko takes half a second
    mark: tuple[str, int, str, tuple[str, ...]] | None = None
    used_at: float = 0.0
    closer: asyncio.TimerHandle | None = None


class Shells:
    """Opens shell sessions. One for the whole agent; used from one event loop."""

    def __init__(
        self,
        threads: int = 16,
        keep_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        max_output_bytes: int = 1_000_000,
    ) -> None:
        """`clock` times back-off and keeping; deadlines are `time.monotonic()` instants as everywhere."""
        from collectors.ssh import wire  # netmiko and paramiko: only where sessions are really wanted

        self._wire = wire
        self._slots = asyncio.Semaphore(threads)
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._cap = max_output_bytes
        self._devices: dict[str, _Device] = {}
        self._keys = wire.KeyFiles()
        self._closed = False
        self.backoff = LoginBackoff(clock)
        self.logins = 0  # sessions opened so far
        self.abandoned = 0  # threads given up so far

    def session(self, name: str, address: str, access: SshAccess, limits: dict[str, Any]) -> KeptShell:
        """A session with one device; nothing is connected before `run`. ValueError for an unknown platform."""
        platform = PLATFORMS.get(access.platform)
        if platform is None:
            raise ValueError(f"unknown SSH platform {access.platform!r}; known: {', '.join(sorted(PLATFORMS))}")
        return KeptShell(self, name, address, access, platform, limits)

    def forget(self, name: str) -> None:
        """A device left the inventory: close what is kept for it."""
        device = self._devices.pop(name, None)
        if device is not None:
            self._drop(device)
        self.backoff.forget(name)

    async def close(self) -> None:
        """Close every kept session. Never fails."""
        self._closed = True
        for device in list(self._devices.values()):
            self._drop(device)
        self._devices.clear()
        await asyncio.sleep(0)

    @property
    def kept(self) -> int:
        """How many sessions are open now."""
        return sum(device.link is not None for device in self._devices.values())

    # ------------------------------------------------------------------ for KeptShell
    def _drop(self, device: _Device) -> None:
        link, device.link = device.link, None
        if device.closer is not None:
            device.closer.cancel()
            device.closer = None
        if link is not None:
            # Closing waits for paramiko's own thread for a moment: not in the event loop.
            threading.Thread(target=link.hang_up, name="ssh-hang-up", daemon=True).start()

    def _give_back(self, device: _Device) -> None:
        if device.link is None:
            return
        # Devices have their turns one after the other, so whoever was used longest ago is needed first: with more of
        # them than are kept, to drop the oldest for the newest would have each dropped just before its turn.
        others = sum(d.link is not None and d is not device for d in self._devices.values())
        if self._keep_seconds <= 0 or self._closed or others >= KEPT_AT_MOST or not device.link.alive:
            self._drop(device)
            return
        device.used_at = self._clock()
        if device.closer is not None:
            device.closer.cancel()
        device.closer = asyncio.get_running_loop().call_later(self._keep_seconds, self._close_idle, device)

    def _close_idle(self, device: _Device) -> None:
        device.closer = None
        if not device.turn.locked():  # else it is in use, and giving it back starts a new wait
            self._drop(device)

    async def _in_thread(self, work: Callable[[Any], None], until: float, name: str) -> bool:
        """Run blocking work in a thread; False when it was cut at the deadline. The place is always given back."""
        try:
            await asyncio.wait_for(self._slots.acquire(), max(until - time.monotonic(), 0.0))
        except TimeoutError:
            raise OutOfTime("no SSH session was free before the deadline") from None
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        hold = self._wire.Hold()

        def body() -> None:
            problem: BaseException | None = None
            try:
                work(hold)
            except BaseException as fault:  # noqa: BLE001  carried to the awaiting task, a programmer's fault too
                problem = fault
            try:
                loop.call_soon_threadsafe(finish, problem)
            except RuntimeError:
                log.debug("the event loop ended before an SSH thread did")

        def finish(problem: BaseException | None) -> None:
            if done.done():
                return
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(problem)

        threading.Thread(target=body, name=f"ssh-{name}", daemon=True).start()
        try:
            await asyncio.wait({done}, timeout=max(until - time.monotonic(), 0.0) + 0.05)
            if not done.done():
                hold.cut()
                await asyncio.wait({done}, timeout=GRACE_SECONDS)
                if not done.done():
                    self.abandoned += 1
                    log.warning("an SSH thread for %s does not end; its place is given to others", name)
                    return False
                _ = done.exception()  # looked at, so that asyncio does not report it as lost
                return False
            done.result()
            return True
        finally:
            if not done.done():
                hold.cut()  # the visit was cancelled
            self._slots.release()


class KeptShell:
    """One device's shell: `ShellSession`."""

    def __init__(
        self, shells: Shells, name: str, address: str, access: SshAccess, platform: Platform, limits: dict[str, Any]
    ) -> None:
        self._shells = shells
        self._name = name
        self._address = address
        self._access = access
        self._platform = platform
        self._limits = limits
        self._device: _Device | None = None  # set while this session has its turn

    async def run(self, commands: Sequence[str], until: float) -> list[Output]:
        """Run allow-listed commands in order. ValueError for any other command, before anything is sent."""
        for command in commands:
            refuse_unless_allowed(self._platform.name, command)
        if not commands:
            return []
        work = _Work(self, tuple(commands), until)
        try:
            device = await self._my_turn(until)
            mark = (self._address, self._access.port, credential_mark(self._access), self._access.host_keys)
            if device.link is not None and device.mark != mark:
                self._shells._drop(device)
            if device.link is None and (held := self._held()) is not None:
                raise held
            if device.closer is not None:
                device.closer.cancel()
                device.closer = None
            work.link, device.link = device.link, None
            work.stale = work.link is not None and self._shells._clock() - device.used_at > RECHECK_AFTER_SECONDS
            finished = await self._shells._in_thread(work.body, until, self._name)
            if finished:
                device.link, device.mark, device.used_at = work.link, mark, self._shells._clock()
            else:
                work.give_up()
        except DeviceFault as fault:
            return work.results(fault)
        return work.results(OutOfTime("the deadline came before the device was done"))

    def _held(self) -> LockedOut | None:
        return self._shells.backoff.held(self._name, credential_mark(self._access))

    async def _my_turn(self, until: float) -> _Device:
        if self._device is None:
            device = self._shells._devices.setdefault(self._name, _Device())
            try:
                await asyncio.wait_for(device.turn.acquire(), max(until - time.monotonic(), 0.0))
            except TimeoutError:
                raise OutOfTime("another session with this device took until the deadline") from None
            self._device = device
        return self._device

    async def close(self) -> None:
        """Give the connection back to be kept, or close it. Never fails."""
        device, self._device = self._device, None
        if device is not None:
            self._shells._give_back(device)
            device.turn.release()


class _Work:
    """What one `run` does in its thread. Outputs appear one by one, so that a cut leaves those that were complete."""

    def __init__(self, shell: KeptShell, commands: tuple[str, ...], until: float) -> None:
        self._shell = shell
        self._commands = commands
        self._until = until
        self._lock = threading.Lock()
        self._outputs: list[Output] = []
        self._given_up = False
        self.link: Any = None
        self.stale = False

    def body(self, hold: Any) -> None:
        if self.link is not None:
            self._use_kept(hold)
        for command in self._commands:
            output = self._one(command, hold)
            with self._lock:
                if self._given_up:
                    return
                self._outputs.append(output)
            if output.problem is not None and not isinstance(output.problem, Capped):
                return

    def _use_kept(self, hold: Any) -> None:
        """Take over a kept session, or quietly drop it when it died while it was idle."""
        link = self.link
        link.adopt(hold)
        try:
            if not link.alive:
                raise Unreachable("the kept session ended")
            if self.stale:
                link.check(min(self._until, time.monotonic() + 3.0))
        except DeviceFault:
            link.hang_up()
            self.link = None

    def _one(self, command: str, hold: Any) -> Output:
        shell, shells = self._shell, self._shell._shells
        kept = self.link is not None
        got = bytearray()
        try:
            if self.link is None:
                self.link = shells._wire.dial(
                    shell._name, shell._address, shell._access, shell._platform, self._until, hold,
                    shells.backoff, shells._keys, shells._cap,
                )  # fmt: skip
                shells.logins += 1
            return Output(command, self.link.run(command, self._until, got))
        except DeviceFault as fault:
            link, self.link = self.link, None
            if link is not None:
                link.hang_up()
            if kept and isinstance(fault, Unreachable) and not got and not hold.was_cut:
                return self._one(command, hold)  # it had died unseen
            text = link.terminal.answer(command, got) if link is not None and got else plain(decoded(bytes(got)))
            return Output(command, text, fault)

    def give_up(self) -> None:
        """The deadline came: what the thread still does is of no use to anybody."""
        with self._lock:
            self._given_up = True
        link, self.link = self.link, None
        if link is not None:
            link.hold.cut()

    def results(self, problem: DeviceFault) -> list[Output]:
        """One output per command; those that were not reached carry the last problem, or `problem`."""
        with self._lock:
            outputs = list(self._outputs)
        last = outputs[-1].problem if outputs and not isinstance(outputs[-1].problem, Capped) else None
        last = last or problem
        return outputs + [Output(command, "", last) for command in self._commands[len(outputs) :]]
