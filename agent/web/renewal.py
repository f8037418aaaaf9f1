"""The web configuration and its certificates, taken on again when they change on disk: no restart, no dropped scrape.

The exporter-toolkit reads its file again at every request; here the files are looked at once a second, which costs a
few `stat` calls in a thread, and are read when they have changed and then stood still for a second: a certificate and
its key are two files, written one after the other. SIGHUP reads them at once.

What is invalid changes nothing: the old configuration stays in force, the log says why, and
`hartwatch_web_config_invalid` is 1 until it is put right.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from agent.web.guard import Guard, refusal
from agent.web.listening import Server
from agent.web.tls import context_of
from agent.web.users_renewal import Seen, UsersRenewal, seen_of
from agent.web.webconfig import WebConfig, WebConfigInvalid, read_web_config

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
RESTLESS_LOOKS = 5  # a file that never stands still is read all the same
AGAIN_LOOKS = 10  # while it is invalid it is read again now and then: a file that it names may come only now

Signature = tuple[Seen, ...]


class Renewal:
    """See the module's docstring. `config` is the configuration in force."""

    def __init__(self, path: Path | None, config: WebConfig, guard: Guard, server: Server, address: str) -> None:
        """`path` is None where there is no file; `address` is listened on: what it must not be without is refused."""
        self._path, self._guard, self._server, self._address = path, guard, server, address
        self.config = config
        self.users: UsersRenewal | None = None  # told with it: both say who may do what
        self.problem = ""
        self.loaded_at = datetime.now(UTC)
        self._seen = self._signature()
        self._moving: Signature | None = None  # as it was at the last look, when it was not as `_seen`
        self._moves = 0  # looks in a row that found them changed
        self._looks = 0
        self._turn = asyncio.Lock()

    @property
    def problems(self) -> tuple[str, ...]:
        """Why what is on disk is not in force."""
        return (self.problem,) if self.problem else ()

    def _signature(self) -> Signature:
        return tuple(map(seen_of, self.config.files))

    async def look(self) -> None:
        """Every LOOK_SECONDS: has a file changed?"""
        if self._path is None or self._turn.locked():
            return
        self._looks += 1
        now = await asyncio.to_thread(self._signature)
        if now != self._seen:
            self._moves += 1
            if now != self._moving and self._moves < RESTLESS_LOOKS:
                self._moving = now  # let it stand still first
                return
        elif not self.problem or self._looks % AGAIN_LOOKS:
            return
        await self.reload()

    async def reload(self) -> None:
        """Read the file, and take on what it says unless it is invalid."""
        if self._path is None:
            return
        async with self._turn:
            seen = await asyncio.to_thread(self._signature)
            try:
                config = await asyncio.to_thread(read_web_config, self._path)
                refused = refusal(self._address, config, self._guard.gate.file)
                if refused:
                    raise WebConfigInvalid(f"{self._path}: {refused}")
                if config != self.config:
                    await self._take(config)
            except (WebConfigInvalid, OSError) as problem:
                self._seen, self._moving, self._moves = seen, None, 0
                if str(problem) != self.problem:
                    self.problem = str(problem)
                    log.error("%s", problem)
                    log.error("the web configuration is not taken on, the one loaded before stays in force")
                return
            if self.problem:
                log.info("the web configuration is valid again")
            self.problem, self.loaded_at, self._moving, self._moves = "", datetime.now(UTC), None, 0
            self._seen = await asyncio.to_thread(self._signature) if config.files != self.config.files else seen
            self.config = config

    async def _take(self, config: WebConfig) -> None:
        if config.tls != self._server.tls:
            context = await asyncio.to_thread(context_of, config.tls) if config.tls is not None else None
            await self._server.renew(config.tls, context)
        self._guard.take(config)
        until = f", its certificate ends on {config.tls.ends_at():%Y-%m-%d}" if config.tls is not None else ""
        tls = "TLS" if config.tls is not None else "no TLS"
        log.info("web configuration taken on: %s, %d users%s", tls, len(config.users), until)

    def figures(self) -> Iterator[tuple[str, tuple[tuple[str, str], ...], float]]:
        """Samples of the catalogue's metrics."""
        yield "hartwatch_web_config_invalid", (), float(bool(self.problem or (self.users and self.users.problem)))
        if self._path is not None:
            yield "hartwatch_web_config_loaded_timestamp_seconds", (), self.loaded_at.timestamp()
        if self.config.tls is not None:
            ends = self.config.tls.ends_at().timestamp()
            yield "hartwatch_web_certificate_expiry_timestamp_seconds", (), ends
        for reason in ("name", "users", "busy", "slowed", "rate", "role", "foreign"):
            yield "hartwatch_web_refusals_total", (("reason", reason),), self._guard.refused[reason]
        yield "hartwatch_web_refusals_total", (("reason", "certificate"),), self._server.strangers_total
