"""One TCP port that is the SSH server of every simulated device, whatever address of 127.0.0.0/8 was connected to.

A device that is
down accepts the connection (the kernel does) and never says a word, which is what a client sees of a dead one.
"""

from __future__ import annotations

import asyncio
import hmac
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncssh

from agent.demo.device import Device
from agent.demo.families import MODELS
from agent.demo.hostkeys import private_key
from agent.demo.kit import Access
from agent.demo.shells import SHELLS, Shell
from agent.demo.world import World

KEY_EXCHANGES = ("curve25519-sha256", "ecdh-sha2-nistp256")  # finite fields cost ten times the CPU
OLD_KEY_EXCHANGES = ("diffie-hellman-group-exchange-sha256",)  # the only one that netmiko asks FortiOS for
LOGIN_SECONDS = 30
HELD_SECONDS = 60.0


def shell_of(device: Device) -> Shell | None:
    """The command line a device has, None where it has no SSH."""
    model = MODELS[device.kit.model]
    return SHELLS.get(model.ssh_platform) if model.ssh_platform else None


class _Server(asyncssh.SSHServer):
    """Authentication of one connection: user and password, or none at all where the terminal asks again."""

    def __init__(self, access: Access, shell: Shell) -> None:
        self._access, self._shell = access, shell

    def begin_auth(self, username: str) -> bool:
        return not self._shell.asks_again

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        good_user = hmac.compare_digest(username.encode(), self._access.ssh_user.encode())
        return hmac.compare_digest(password.encode(), self._access.ssh_password.encode()) and good_user


class SshServers:
    """Accepts connections for all devices of a world."""

    def __init__(self, world: World, access: Access, seed: int, now: Callable[[], float]) -> None:
        self._world, self._access, self._seed, self._now = world, access, seed, now
        self._listener: socket.socket | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._options: dict[str, asyncssh.SSHServerConnectionOptions] = {}
        self.port = 0
        self.logins = 0

    async def open(self, port: int) -> None:
        """Listen; `port` 0 takes any free one. OSError where the port is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setblocking(False)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):  # an old kernel wants a privilege for it; other addresses are hung up on anyway
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
            listener.bind(("0.0.0.0", port))  # noqa: S104
            listener.listen(128)
        except OSError:
            listener.close()
            raise
        self._listener, self.port = listener, listener.getsockname()[1]
        self._keep(self._accept(listener))

    async def close(self) -> None:
        """Hang up on everybody."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _keep(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listener)
            except OSError:  # the client was gone before we looked
                await asyncio.sleep(0.01)
                continue
            self._keep(self._serve(connection))

    async def _serve(self, connection: socket.socket) -> None:
        asked = connection.getsockname()[0]
        device = self._world.by_address.get(asked)
        shell = shell_of(device) if device is not None else None
        if device is None or shell is None:
            connection.close()
            return
        if not self._world.reachable(device, self._now()):
            with connection:
                await asyncio.sleep(HELD_SECONDS)
            return
        try:
            options = self._options_of(device, shell)
            async with await asyncssh.run_server(connection, options=options) as served:
                await served.wait_closed()
        except (OSError, asyncssh.Error):
            connection.close()

    def _options_of(self, device: Device, shell: Shell) -> asyncssh.SSHServerConnectionOptions:
        options = self._options.get(device.kit.name)
        if options is None:
            raw = private_key(self._seed, device.kit.name)
            options = asyncssh.SSHServerConnectionOptions(
                server_factory=lambda: _Server(self._access, shell),
                server_host_keys=[asyncssh.import_private_key(raw)],
                process_factory=lambda process: self._session(process, device, shell),
                line_editor=False,
                login_timeout=LOGIN_SECONDS,
                encoding=None,
                server_version="DemoSSH_1.0",
                kex_algs=list(KEY_EXCHANGES + (OLD_KEY_EXCHANGES if shell.name == "fortinet" else ())),
            )
            self._options[device.kit.name] = options
        return options

    async def _session(self, process: asyncssh.SSHServerProcess[bytes], device: Device, shell: Shell) -> None:
        self.logins += 1
        terminal = _Terminal(process, device, shell, self._access, self._now, self._world)
        with suppress(asyncssh.Error, OSError, asyncio.IncompleteReadError):
            await terminal.run()
        process.exit(0)


class _Terminal:
    """One session: echo, prompt, commands, in the manner of network equipment (carriage return and line feed)."""

    def __init__(
        self,
        process: asyncssh.SSHServerProcess[bytes],
        device: Device,
        shell: Shell,
        access: Access,
        now: Callable[[], float],
        world: World,
    ) -> None:
        self._process, self._device, self._shell, self._access = process, device, shell, access
        self._now, self._world = now, world
        self._held = b""

    def _say(self, text: str) -> None:
        self._process.stdout.write(text.replace("\n", "\r\n").encode())

    async def run(self) -> None:
        shell, device = self._shell, self._device
        if self._process.command is not None:  # ssh host command: print and go
            self._say(shell.run(self._process.command, device, self._now()) + "\n")
            return
        if shell.greeting:
            self._say(shell.greeting)
            if shell.wants_key:
                await self._process.stdin.read(1)
            self._say("\n")
        if shell.asks_again and not await self._asked_again():
            return
        self._say(shell.prompt(device))
        while (line := await self._line(echo=True)) is not None:
            if not self._world.reachable(device, self._now()):
                await asyncio.sleep(HELD_SECONDS)  # went down in the middle: silence, not a farewell
                return
            if line.strip() in shell.leave:
                return
            printed = shell.run(line, device, self._now())
            if device.delay_seconds:
                await asyncio.sleep(device.delay_seconds)
            self._say((printed.rstrip("\n") + "\n" if printed else "") + shell.prompt(device))
            await self._process.stdout.drain()

    async def _asked_again(self) -> bool:
        for _ in range(3):
            self._say("\n(Cisco Controller) \nUser: ")
            user = await self._line(echo=True)
            self._say("Password:")
            password = await self._line(echo=False)
            if user is None or password is None:
                return False
            if user.strip() == self._access.ssh_user and password.strip() == self._access.ssh_password:
                return True
        return False

    async def _line(self, *, echo: bool) -> str | None:
        """The next line typed, None at the end. Return and line feed end a line; both together are one."""
        while True:
            for i, octet in enumerate(self._held):
                if octet in b"\r\n":
                    line, rest = self._held[:i], self._held[i + 1 :]
                    self._held = rest[1:] if octet == 13 and rest[:1] == b"\n" else rest
                    self._say("\n")
                    return line.decode("utf-8", "replace")
            data = await self._process.stdin.read(1024)
            if not data:
                return None
            self._held = (self._held + data)[-8192:]
            if echo:
                self._process.stdout.write(bytes(c for c in data if c not in b"\r\n"))
