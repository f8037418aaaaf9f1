"""The agent from its start to its end: what it needs is opened, or CannotStart says why not, and closed again.

    status = await serve(settings, started=callback)      0 after a clean end

SIGHUP takes on changed settings and inventory as a difference; an invalid file leaves the old ones in force. SIGTERM
and SIGINT end it: nothing new starts, running visits may finish, what is known is written, then the process ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent import web
from agent.access.users import UsersInvalid, read_users
from agent.app import Agent
from agent.channels import ChannelsInvalid
from agent.config import Settings
from agent.credentials import SecretMissing
from agent.estates import Estates
from agent.exporter import snmp
from agent.inventory import InventoryInvalid
from agent.ledger import Ledger, LedgerUnusable
from agent.looking import WorkersGone
from agent.notify import Nobody, ServiceManager, keep_telling
from collectors import ProfileInvalid, Sessions

if TYPE_CHECKING:
    from socket import socket

log = logging.getLogger(__name__)


class CannotStart(Exception):
    """The agent cannot begin. `str()` says what to do; `status` is the exit status: 2 configuration, else 1."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


async def serve(
    settings: Settings,
    *,
    web_config: web.WebConfig | None = None,
    started: Callable[[str], object] | None = None,
    ending: asyncio.Event | None = None,
    signals: bool = True,
    reread: Callable[[], Settings] | None = None,
    service: ServiceManager | None = None,
) -> int:
    """Run the agent until it is told to end; 0 after a clean end. CannotStart where it cannot begin.

    `started` is called with the address of the pages once it listens; `ending` may be set to end it from outside
    (`hartwatch demo`), and with `signals` False no handlers are installed. `reread` reads the settings for a reload,
    `service` is told how it goes.
    """
    service = service or Nobody()
    try:
        config = web_config or (web.read_web_config(settings.web_config) if settings.web_config else web.WebConfig())
    except web.WebConfigInvalid as problem:
        raise CannotStart(str(problem), 2) from None
    try:
        users = read_users(settings.users_file) if settings.users_file else None
    except UsersInvalid as problem:
        raise CannotStart(str(problem), 2) from None
    refused = web.refusal(settings.listen_address, config, users)
    if refused:
        raise CannotStart(refused, 2)
    estates = await _estates_of(settings)
    try:
        listening = web.listen(settings.listen_address, settings.listen_port)
    except web.CannotListen as problem:
        raise CannotStart(str(problem)) from None
    with contextlib.closing(listening):
        service.status("opening the ledger; bringing an older one forward takes a while")
        try:
            ledger = await asyncio.to_thread(Ledger.open, settings.ledger_url, settings.agent_name)
        except LedgerUnusable as problem:
            raise CannotStart(str(problem)) from None
        try:
            async with Sessions(ssh_threads=settings.ssh_threads) as sessions:
                address = _address(settings, listening.getsockname()[1], tls=config.tls is not None)
                try:
                    page = _page(settings, address)
                    agent = Agent(settings, estates, ledger, sessions, datetime.now(UTC), reread, page)
                except (ProfileInvalid, ChannelsInvalid, snmp.ModulesInvalid, OSError) as problem:
                    raise CannotStart(str(problem), 2) from None
                if agent.crew is not None:
                    try:
                        await agent.crew.start()
                    except WorkersGone as problem:
                        raise CannotStart(str(problem)) from None
                agent.gate.take(users, config.users)
                await _run(agent, config, listening, address, started, ending or asyncio.Event(), signals, service)
        finally:
            lost = await asyncio.to_thread(ledger.close)
        if lost:
            log.error("%d hand-overs could not be written to the ledger and are lost", lost)
        log.info("ended")
        return 1 if lost else 0


async def _estates_of(settings: Settings) -> Estates:
    """The inventory as it is on disk; CannotStart."""
    estates = Estates()
    try:
        estates.take(settings, *await asyncio.to_thread(estates.read, settings))
    except (InventoryInvalid, ProfileInvalid) as problem:
        raise CannotStart(str(problem), 2) from None
    except SecretMissing as problem:
        raise CannotStart(f"a credential of the inventory cannot be had: {problem}", 2) from None
    except OSError as problem:
        raise CannotStart(
            f"cannot read {problem.filename}: {(problem.strerror or str(problem)).lower()}; "
            "make it readable and the state directory writable for the user hartwatch runs as, or choose another one"
        ) from None
    return estates


async def _run(
    agent: Agent, config: web.WebConfig, listening: socket, address: str, started: Callable[[str], object] | None,
    ended: asyncio.Event, signals: bool, service: ServiceManager,
) -> None:  # fmt: skip
    """From the moment when nothing can keep it from beginning, until it has ended."""
    settings = agent.settings
    server = web.server(guard := agent.http(config), config.tls)
    agent.renewal = web.Renewal(settings.web_config, config, guard, server, settings.listen_address)
    agent.users = agent.renewal.users = web.UsersRenewal(settings.users_file, guard, settings.listen_address)
    serving = asyncio.create_task(server.serve([listening]))
    with _signals(agent, ended, service) if signals else contextlib.nullcontext():
        agent.begin()
        log.info("watching %d devices; pages and metrics at %s", len(agent.estates.watched), address)
        agent.estates.warn()
        if not settings.self_check_addresses:
            log.warning("no self_check_addresses are set: an outage of our own network will look like everybody's")
        agent.rest.settle()
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has a flag only
            await asyncio.sleep(0.01)
        if started is not None:
            started(address)
        service.ready(agent.in_a_line())
        telling = asyncio.create_task(keep_telling(service, agent.in_a_line))
        await asyncio.wait({serving, waiting := asyncio.create_task(ended.wait())}, return_when="FIRST_COMPLETED")
        waiting.cancel()
        log.info("ending")
        telling.cancel()
        service.stopping("ending: running visits may finish")
        server.should_exit = True
        await agent.end()
        await serving


@contextlib.contextmanager
def _signals(agent: Agent, ended: asyncio.Event, service: ServiceManager) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    tasks: set[asyncio.Task[None]] = set()

    async def reloaded() -> None:
        service.reloading()
        try:
            await agent.reload()
        finally:
            service.ready(agent.in_a_line())

    def reload() -> None:
        tasks.add(task := loop.create_task(reloaded()))
        task.add_done_callback(tasks.discard)

    handlers: dict[signal.Signals, Callable[[], object]] = {
        signal.SIGTERM: ended.set,
        signal.SIGINT: ended.set,
        signal.SIGHUP: reload,
    }
    for number, handler in handlers.items():
        loop.add_signal_handler(number, handler)
    try:
        yield
    finally:
        for number in handlers:
            loop.remove_signal_handler(number)


def _address(settings: Settings, port: int, *, tls: bool) -> str:
    host = f"[{settings.listen_address}]" if ":" in settings.listen_address else settings.listen_address
    return f"{'https' if tls else 'http'}://{host}:{port}"


def _page(settings: Settings, address: str) -> str:
    """The address of the pages as others reach them."""
    scheme = address.partition("://")[0]
    return f"{scheme}://{settings.advertised_address}" if settings.advertised_address else address
