"""The users file, taken on again when it changes on disk: whoever is taken out may do nothing from the next look on.

It is looked at once a second and read when it has changed; SIGHUP reads it at once. What is invalid changes nothing:
the users before stay in force, and the log, the pages and `hartwatch_web_config_invalid` say so until it is put right.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from agent.access.users import UsersFile, UsersInvalid, read_users
from agent.web.gate import Gate
from agent.web.guard import Guard, refusal

log = logging.getLogger(__name__)

Seen = tuple[int, int, int, int] | None


class UsersRenewal:
    """See the module's docstring. `address` is listened on: what it must not be without is refused."""

    def __init__(self, path: Path | None, guard: Guard, address: str) -> None:
        self._path, self._guard, self._address = path, guard, address
        self.problem = ""
        self._seen = seen_of(path)
        self._turn = asyncio.Lock()

    @property
    def _gate(self) -> Gate:
        return self._guard.gate

    async def look(self) -> None:
        """Every second: has it changed? A file that is invalid is read again at each change only."""
        if self._path is None or self._turn.locked():
            return
        if await asyncio.to_thread(seen_of, self._path) != self._seen:
            await self.reload()

    async def reload(self) -> None:
        """Read it, and take on what it says unless it is invalid."""
        if self._path is None:
            return
        async with self._turn:
            # Before: a change while it is read is another one.
            self._seen = await asyncio.to_thread(seen_of, self._path)
            try:
                file: UsersFile = await asyncio.to_thread(read_users, self._path)
                refused = refusal(self._address, self._guard.config, file)
                if refused:
                    raise UsersInvalid(f"{self._path}: {refused}")
            except UsersInvalid as problem:
                if str(problem) != self.problem:
                    self.problem = str(problem)
                    log.error("%s", problem)
                    log.error("the users file is not taken on, the one loaded before stays in force")
                return
            if self.problem:
                log.info("the users file is valid again")
                self.problem = ""
            if file != self._gate.file:
                self._gate.take(file, self._guard.config.users)
                log.info("users file taken on: %d users, %d tokens", len(file.users), len(file.tokens))


def seen_of(path: Path | None) -> Seen:
    """What changes when a file does; None where there is none. Blocking."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        return None
    return None if found is None else (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
