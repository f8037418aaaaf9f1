"""Serves scrapes in the manner of snmp_exporter: asks a device when it is asked, and writes no facts.

    front = Front(sessions, lambda: estates.targets, read_modules)
    reply = await front.scrape([("target", "sw-wf-1"), ("module", "if_mib")], wait_seconds=9.5)

The agent process asks by its own sockets, also where worker processes make the visits: what is asked for here is little
and wanted now. Nothing that is seen here reaches the ledger, the pages or the alerts; those are from visits alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from agent.exporter.snmp.asking import Asked, Failing, ask
from agent.exporter.snmp.modules import Module, Modules
from agent.exporter.snmp.places import BadPort, Directory, Refused, choose, in_context
from agent.exporter.snmp.reading import ModulesInvalid
from agent.exporter.snmp.samples import Page, TooMuch, write
from agent.exporter.text import escape
from agent.exporter.wanted import LONGEST_SECONDS
from agent.hostile import plain
from collectors import Memory, SnmpAccess, Target
from collectors.session import SnmpSession

log = logging.getLogger(__name__)

AT_ONCE = 64  # devices asked side by side; further scrapes wait for a place
WAITING_AT_MOST = 1000
USUAL_SECONDS = 30.0  # where nobody says how long they wait
MODULES_AT_MOST = 32
_MEMORIES = 4096  # devices whose limits are remembered
_DEFAULT_MODULE = "if_mib"
_ONCE = ("auth", "snmp_context", "snmp_engineid")
_SCRAPE = (
    ("snmp_scrape_walk_duration_seconds", "Time SNMP walk/bulkwalk took."),
    ("snmp_scrape_packets_sent", "Packets sent for get, bulkget, and walk; including retries."),
    ("snmp_scrape_packets_retried", "Packets retried for get, bulkget, and walk."),
    ("snmp_scrape_pdus_returned", "PDUs returned from get, bulkget, and walk."),
    ("snmp_scrape_duration_seconds", "Total SNMP time scrape took (walk and processing)."),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer: HTTP's status, and the page or one line of reason."""

    status: int
    body: str


@dataclass(slots=True)
class FrontStats:
    """Numbers for the metrics."""

    scrapes: Counter[str] = field(default_factory=Counter)  # by result: ok, failed, refused, busy
    invalid: bool = False  # the module files on disk cannot be used; those read before are in force


@dataclass(slots=True)
class _Turn:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    wanted: int = 0  # scrapes that hold it or wait for it


class Opener(Protocol):
    """What sessions come from: `collectors.Sessions`, or recordings."""

    def snmp(self, target: Target, access: SnmpAccess, memory: Memory) -> SnmpSession: ...


class Front:
    """Answers scrapes; one for the agent. `opener` gives sessions, `targets` the devices of the inventory in force."""

    def __init__(
        self, opener: Opener, targets: Callable[[], Mapping[str, Target]], read: Callable[[], Modules], *,
        anybody: Callable[[], bool] = lambda: False, at_once: int = AT_ONCE,
    ) -> None:  # fmt: skip
        """Blocking: reads the modules; ModulesInvalid. `anybody`: targets beyond the inventory may be named."""
        self._opener, self._targets, self._read, self._anybody = opener, targets, read, anybody
        self._modules = read()
        self._directory = Directory({})
        self._places = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._memories: OrderedDict[tuple[str, int], Memory] = OrderedDict()
        self._turns: dict[tuple[str, int], _Turn] = {}
        self.stats = FrontStats()

    async def reload(self) -> None:
        """Read the modules anew; files that cannot be used leave those that are in force, and that is said."""
        try:
            self._modules = await asyncio.to_thread(self._read)
        except ModulesInvalid as problem:
            self.stats.invalid = True
            for one in problem.problems:
                log.error("%s", one)
            log.error("the SNMP module definitions are not taken on, those read before stay in force")
        else:
            self.stats.invalid = False

    async def scrape(self, query: Sequence[tuple[str, str]], wait_seconds: float = USUAL_SECONDS) -> Reply:
        """One scrape, by the parameters of its address, answered within `wait_seconds`."""
        until = time.monotonic() + min(wait_seconds, LONGEST_SECONDS)
        try:
            names, target, access = self._wanted(query)
        except Refused as problem:
            return self._reply("refused", problem.status, f"{problem}\n")
        except BadPort as problem:
            return self._failed(names_of(query)[0], str(problem))
        if self._waiting >= WAITING_AT_MOST:
            return self._reply("busy", 503, "too many scrapes wait already\n")
        self._waiting += 1
        try:
            async with asyncio.timeout(until - time.monotonic()) as patience:
                async with self._turn(target), self._places:
                    self._waiting -= 1
                    patience.reschedule(None)
                    try:
                        return await self._made(names, target, access, until)
                    finally:
                        self._waiting += 1
        except TimeoutError:
            return self._reply("busy", 503, "no place came free in time to ask this device\n")
        finally:
            self._waiting -= 1

    @asynccontextmanager
    async def _turn(self, target: Target) -> AsyncIterator[None]:
        """One device is asked by one scrape at a time: two would make it slower for both, and for our own visits."""
        key = (target.address, target.port)
        turn = self._turns.setdefault(key, _Turn())
        turn.wanted += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.wanted -= 1
            if not turn.wanted:
                self._turns.pop(key, None)

    # ------------------------------------------------------------ what is wanted
    def _wanted(self, query: Sequence[tuple[str, str]]) -> tuple[list[Module], Target, SnmpAccess]:
        given: dict[str, list[str]] = {}
        for name, value in query:
            given.setdefault(name, []).append(value)
        if len(given.get("target", [])) != 1 or not given["target"][0]:
            raise Refused("'target' parameter must be specified once")
        for name in _ONCE:
            if len(given.get(name, [])) > 1:
                raise Refused(f"'{name}' parameter must only be specified once")
        known = self._modules.modules
        names = names_of(query)
        if not names:
            raise Refused("'module' parameter must contain at least one module name")
        if len(names) > MODULES_AT_MOST:
            raise Refused(f"more than {MODULES_AT_MOST} modules")
        for name in names:
            if name not in known:
                raise Refused(f"Unknown module '{plain(name)}'")
        modules = [known[name] for name in names]
        if self._directory.targets is not self._targets():
            self._directory = Directory(self._targets())
        auth, context, engine = (given.get(name, [""])[0] for name in _ONCE)
        target = choose(
            self._directory, self._modules, given["target"][0], auth, modules[0], anybody=self._anybody()
        )  # fmt: skip
        assert target.snmp is not None  # noqa: S101 - choose sees to it
        return modules, target, in_context(target.snmp, context, engine)

    # ------------------------------------------------------------ the scrape itself
    async def _made(self, modules: list[Module], target: Target, access: SnmpAccess, until: float) -> Reply:
        page = Page()
        for module in modules:
            began = time.monotonic()
            try:
                asked = await self._ask(module, target, access, until)
                walked = time.monotonic() - began
                # Reading thousands of answers takes a while, in which the visits want their turns.
                await asyncio.to_thread(write, module, asked.found, page, lambda: time.monotonic() > until)
            except (Failing, TooMuch) as problem:
                log.debug("scrape of %s for module %s failed: %s", target.name, module.name, problem)
                return self._failed(module.name, str(problem))
            label = f'module="{escape(plain(module.name))}"'
            figures = (walked, asked.packets, asked.retries, asked.objects, time.monotonic() - began)
            for (name, words), value in zip(_SCRAPE, figures, strict=True):
                page.add(name, words, "gauge", label, value)
        return self._reply("ok", 200, await asyncio.to_thread(page.text))

    async def _ask(self, module: Module, target: Target, access: SnmpAccess, until: float) -> Asked:
        patience = replace(
            target,
            timeout_seconds=module.timeout_seconds or target.timeout_seconds,
            retries=target.retries if module.retries is None else module.retries,
        )
        session = self._opener.snmp(patience, access, self._memory(target))
        try:
            return await ask(session, module, target.address, until)
        finally:
            with suppress(Exception):
                await session.close()

    def _memory(self, target: Target) -> Memory:
        """What is known of how the device answers; apart from the visits', which may be made elsewhere."""
        key = (target.address, target.port)
        memory = self._memories.get(key)
        if memory is None:
            memory = self._memories[key] = Memory()
            if len(self._memories) > _MEMORIES:
                self._memories.popitem(last=False)
        self._memories.move_to_end(key)
        return memory

    def _reply(self, result: str, status: int, body: str) -> Reply:
        self.stats.scrapes[result] += 1
        return Reply(status, body)

    def _failed(self, module: str, reason: str) -> Reply:
        """Status 500 in snmp_exporter's words, so that `up` becomes 0."""
        return self._reply(
            "failed",
            500,
            "An error has occurred while serving metrics:\n\nerror collecting metric "
            'Desc{fqName: "snmp_error", help: "Error scraping target", '
            f'constLabels: {{module="{escape(plain(module))}"}}, variableLabels: {{}}}}: {plain(reason, 1000)}\n',
        )


def names_of(query: Sequence[tuple[str, str]]) -> list[str]:
    """The modules that a request names, once each: the parameter may come again, or have several between commas."""
    named = [value for name, value in query if name == "module"] or [_DEFAULT_MODULE]
    return list(dict.fromkeys(name for value in named for name in value.split(",") if name))
