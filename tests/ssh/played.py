"""A real SSH server that plays a device: its prompt, its echo, its pager, its bad manners. On 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import asyncssh

from collectors.ssh.hostkeys import HostKey
from collectors.target import SshAccess

PASSWORD = "quiet-heron"  # opens nothing but these servers
SCREEN = 24


def stem(command: str) -> str:
    """The name of a file for a command's output."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", command)


@dataclass(frozen=True)
class Style:
    """How a platform's command line behaves. `pager` stays until `pager_off` was typed."""

    prompt: str
    pager: str = ""
    pager_off: str = ""
    after_pager: str = "\r" + " " * 40 + "\r"  # what wipes the pager's line
    unknown: str = "% Invalid input detected at '^' marker."
    banner: str = ""
    end: str = "\r\n"


STYLES: dict[str, Style] = {
    "cisco_ios": Style("sw-wf-1#", " --More-- ", "terminal length 0", "\b" * 10 + " " * 10 + "\b" * 10),
    "cisco_xe": Style("wlc-cr-1#", " --More-- ", "terminal length 0", "\b" * 10 + " " * 10 + "\b" * 10),
    "cisco_nxos": Style("nx-dh-1# ", "--More--", "terminal length 0"),
    "cisco_asa": Style(
        "fw-dh-1# ",
        "<--- More --->",
        "terminal pager 0",
        "\r              \r",
        unknown="ERROR: % Invalid input detected at '^' marker.",
    ),
    "cisco_wlc_ssh": Style(
        "(Cisco Controller) >", "--More-- or (q)uit", "", unknown="Incorrect usage.  Use the '?' or <TAB> key to list."
    ),
    "aruba_os": Style("(ctl-cr-1) [mynode] #", "--More-- (q) quit (u) pageup (/) search (n) repeat", "no paging"),
    "aruba_aoscx": Style("sw-cr-1# ", "-- MORE --, next page: Space, next line: Enter, quit: q", "no page"),
    "hp_procurve": Style(
        "\x1b[24;1H\x1b[24;1HHP-2920-24G# \x1b[24;1H\x1b[24;14H\x1b[24;1H\x1b[?25h\x1b[24;14H",
        "-- MORE --, next page: Space, next line: Enter, quit: Control-C",
        "no page",
        "\x1b[24;1H\x1b[2K\x1b[24;1H\x1b[1;24r\x1b[24;1H",
        unknown="Invalid input: no",
        banner="HP J9726A 2920-24G Switch\r\n\x1b[1;1HPress any key to continue",
    ),
    "fortinet": Style("fw-ch-1 # ", "--More-- ", "", unknown="Unknown action 0"),
    "paloalto_panos": Style(
        "admin@fw-pa-1(active)> ",
        "\x1b[7mlines 1-24 \x1b[m",
        "set cli pager off",
        "\r\x1b[K",
        unknown="Unknown command: it",
    ),
    "juniper_junos": Style(
        "\r\n{master:0}\r\nwatch@ex-hth-1> ", "---(more)---", "set cli screen-length 0", unknown="unknown command."
    ),
    "linux": Style("\x1b[?2004hwatch@srv-1:~$ ", unknown="-bash: it: command not found"),
    "checkpoint_gaia": Style("gw-1> ", "-- More --", "set clienv rows 0", unknown="CLINFR0329  Invalid command"),
    "hp_comware": Style(
        "<core-1>",
        "  ---- More ----",
        "screen-length disable",
        "\x1b[16D                \x1b[16D",
        unknown=" % Unrecognized command found at '^' position.",
    ),
    "extreme_exos": Style("sum-1.1 # ", "Press <SPACE> to continue or <Q> to quit:", "", unknown="%% Invalid input"),
    "arista_eos": Style("ar-1#", " --More-- ", "terminal length 0"),
    "mikrotik_routeros": Style("[watch@ros-1] > ", unknown="bad command name it (line 1 column 1)"),
    "huawei_vrp": Style(
        "<core-hw-1>",
        "  ---- More ----",
        "screen-length 0 temporary",
        "\x1b[16D                \x1b[16D",
        unknown="               ^\r\nError: Unrecognized command found at '^' position.",
    ),
    "cisco_s300": Style(
        "sw-lib-1#",
        "More: <space>,  Quit: q or CTRL+Z, One line: <return> ",
        "terminal datadump",
        unknown="% Unrecognized command",
    ),
    "allied_telesis_awplus": Style("awplus#", "--More--", "terminal length 0"),
    "ruckus_fastiron": Style(
        "SSH@ICX7150-48 Switch#",
        "--More--, next page: Space, next line: Return key, quit: Control-c",
        "skip-page-display",
        unknown="Invalid input -> it\r\nType ? for a list",
    ),
    "brocade_fastiron": Style(
        "SSH@ICX6450-48#",
        "--More--, next page: Space, next line: Return key, quit: Control-c",
        "skip-page-display",
        unknown="Invalid input -> it\r\nType ? for a list",
    ),
    "cisco_xr": Style("RP/0/RSP0/CPU0:rt-dh-1#", " --More-- ", "terminal length 0"),
    "alcatel_aos": Style("-> ", unknown='ERROR: Invalid entry: "it"'),
    "avaya_ers": Style("ers-1#", "----More (q=Quit, space/return=Continue)----", "terminal length 0"),
    "avaya_vsp": Style("VSP-1:1#", "\n\r--More-- (q = quit) ", "terminal more disable"),
    "dell_force10": Style(
        "s4820-1#", " --More-- ", "terminal length 0", unknown='% Error: Invalid input at "^" marker.'
    ),
    "dell_os10": Style("os10-1# ", "--More--", "terminal length 0", unknown="% Error: Unrecognized command."),
    "vyatta_vyos": Style("watch@vyos-1:~$ ", unknown="\r\n  Invalid command: show [it]\r\n"),
    "ubiquiti_edgerouter": Style("watch@er-1:~$ ", unknown="\r\n  Invalid command: show [it]\r\n"),
    "ubiquiti_edgeswitch": Style("(UBNT EdgeSwitch) #", "--More-- or (q)uit", "terminal length 0"),
    "broadcom_icos": Style("(ICOS) #", "--More-- or (q)uit", "terminal length 0"),
    "edgecore": Style("es-1#", "---More---", "terminal length 0"),
    "zyxel_os": Style("ZySH> ", unknown="sys: not found"),
    "oneaccess_oneos": Style("localhost>", " --More-- ", "term len 0", unknown="Syntax error"),
    "cisco_viptela": Style("vedge-1# ", "--More--", "paginate false", unknown="syntax error: unknown command"),
}


@dataclass
class Played:
    """One served device. Change it while it runs to make it misbehave."""

    style: Style
    outputs: Mapping[str, bytes | str] = field(default_factory=dict)
    password: str = PASSWORD
    client_key: str = ""  # OpenSSH public key that may log in
    methods: tuple[str, ...] = ("password",)
    hang_at: str = ""  # this command never ends
    drop_at: str = ""  # at this command the connection ends half-way
    endless_at: str = ""  # this command prints for ever
    terminal_login: bool = False  # AireOS: asks in the terminal
    logins: int = 0
    refusals: int = 0
    open: int = 0
    most_open: int = 0
    typed: list[str] = field(default_factory=list)
    port: int = 0
    host_keys: tuple[str, ...] = ()
    connections: list[asyncssh.SSHServerConnection] = field(default_factory=list)
    hanging: asyncio.Event = field(default_factory=asyncio.Event)  # set when `hang_at` was typed

    def access(self, platform: str, **changes: object) -> SshAccess:
        values: dict[str, object] = {
            "platform": platform, "user": "watch", "password": PASSWORD, "port": self.port, "host_keys": self.host_keys,
        }  # fmt: skip
        return SshAccess(**(values | changes))  # type: ignore[arg-type]


class _Server(asyncssh.SSHServer):
    def __init__(self, played: Played) -> None:
        self._played = played
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._played.connections.append(conn)
        self._played.open += 1
        self._played.most_open = max(self._played.most_open, self._played.open)

    def connection_lost(self, exc: Exception | None) -> None:
        self._played.open -= 1

    def begin_auth(self, username: str) -> bool:
        return "none" not in self._played.methods

    def password_auth_supported(self) -> bool:
        return "password" in self._played.methods

    def kbdint_auth_supported(self) -> bool:
        return "keyboard-interactive" in self._played.methods

    def public_key_auth_supported(self) -> bool:
        return bool(self._played.client_key)

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return key.export_public_key().decode().split()[:2] == self._played.client_key.split()[:2]

    def validate_password(self, username: str, password: str) -> bool:
        good = password == self._played.password
        self._played.refusals += not good
        return good

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> object:
        accept = "Do you accept and acknowledge the statement above ? (yes/no) : "
        return "", "Authorised use only", "", [(accept, True), ("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: list[str]) -> bool:
        good = list(responses) == ["yes", self._played.password]
        self._played.refusals += not good
        return good

    def auth_completed(self) -> None:
        self._played.logins += 1


class _Shell:
    def __init__(self, played: Played, process: asyncssh.SSHServerProcess[bytes]) -> None:
        self._played = played
        self._process = process
        self._count = 1
        self._returned = False
        self._paging = bool(played.style.pager)
        self._pending = bytearray()

    def say(self, text: bytes | str) -> None:
        self._process.stdout.write(text.encode() if isinstance(text, str) else text)

    async def key(self) -> bytes:
        while not self._pending:
            data = await self._process.stdin.read(1024)
            if not data:
                raise EOFError
            self._pending += data
        key = bytes(self._pending[:1])
        del self._pending[:1]
        return key

    async def line(self, echo: bool = True) -> str:
        typed = bytearray()
        while True:
            key = await self.key()
            if key == b"\n" and self._returned:
                self._returned = False  # "\r\n" is one return
                continue
            self._returned = key == b"\r"
            if key in (b"\r", b"\n"):
                self.say("\r\n")
                return typed.decode()
            typed += key
            if echo:
                self.say(key)

    def prompt(self) -> str:
        # EXOS counts its commands in the prompt.
        return self._played.style.prompt.replace(".1 #", f".{self._count} #")

    async def run(self) -> None:
        played, style = self._played, self._played.style
        if played.terminal_login:
            self.say("\r\n(Cisco Controller) \r\nUser: ")
            user = await self.line()
            self.say("Password:")
            if (user, await self.line(echo=False)) != ("watch", played.password):
                played.refusals += 1
                self.say("\r\nUser: ")
                await self.line()
        if style.banner:
            self.say(style.banner)
            if "any key" in style.banner:
                await self.key()
        self.say(self.prompt())
        while True:
            command = await self.line()
            if command:
                played.typed.append(command)
                await self.answer(command)
                self._count += 1
            self.say(self.prompt())

    async def answer(self, command: str) -> None:
        played, style = self._played, self._played.style
        if command == style.pager_off:
            self._paging = False
            return
        if command == played.hang_at:
            self.say("part of the answer\r\n")
            played.hanging.set()
            await asyncio.sleep(3600)
        if command == played.drop_at:
            self.say("part of the answer\r\n")
            await self._process.stdout.drain()
            played.connections[-1].abort()
            raise EOFError
        while command == played.endless_at:
            self.say("x" * 99 + "\r\n")
            await self._process.stdout.drain()
        output = played.outputs.get(command, style.unknown)
        raw = output.encode() if isinstance(output, str) else output
        lines = raw.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
        for number, line in enumerate(lines, 1):
            self.say(line + style.end.encode())
            if self._paging and number % SCREEN == 0 and number < len(lines):
                self.say(style.pager)
                key = await self.key()
                self.say(style.after_pager)
                if key == b"q":
                    return


@contextlib.asynccontextmanager
async def served(
    platform: str, outputs: Mapping[str, bytes | str] | None = None, **changes: object
) -> AsyncIterator[Played]:
    """Serve a device on a free port with a fresh ed25519 key. `algorithms` goes to asyncssh as it is."""
    algorithms: dict[str, object] = changes.pop("algorithms", {})  # type: ignore[assignment]
    key_type: str = changes.pop("key_type", "ssh-ed25519")  # type: ignore[assignment]
    played = Played(STYLES[platform], outputs or {}, **changes)  # type: ignore[arg-type]
    key = asyncssh.generate_private_key(key_type)

    async def shell(process: asyncssh.SSHServerProcess[bytes]) -> None:
        with contextlib.suppress(EOFError, OSError, asyncssh.Error, asyncio.CancelledError):
            await _Shell(played, process).run()
        with contextlib.suppress(OSError, asyncssh.Error):
            process.close()

    server = await asyncssh.create_server(
        lambda: _Server(played), "127.0.0.1", 0, server_host_keys=[key], process_factory=shell, encoding=None,
        line_editor=False, allow_scp=False, **algorithms,
    )  # fmt: skip
    played.port = server.sockets[0].getsockname()[1]
    played.host_keys = (HostKey.parse(key.export_public_key().decode()).line,)
    try:
        yield played
    finally:
        server.close()
        for connection in played.connections:
            connection.abort()
        await asyncio.gather(*(c.wait_closed() for c in played.connections), return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)  # transports close in the next turn of the loop, which may be its last
