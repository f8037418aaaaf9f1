"""Is it we who are cut off? Asked before anybody is accused.

    check = SelfCheck(references, ask)          references: what should answer whenever we can see anything at all
    await check.cut_off() -> bool               True only when every one of them stays silent

`ask` reaches one reference (agent.app passes a probe of collectors.probe); without one, TCP references are tried by a
connection and ICMP ones are left out. The answer holds for a few seconds, and whoever asks meanwhile waits for the same
answer: five hundred devices that fail at once cause one check.
"""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HOLDS_SECONDS = 5.0
TIMEOUT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Reference:
    """Something outside that answers whenever we are not cut off."""

    host: str
    kind: Literal["icmp", "tcp"] = "icmp"
    port: int = 0

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.kind == "tcp" else self.host


Ask = Callable[[Reference], Awaitable[bool]]


async def connect(reference: Reference) -> bool:
    """Try a TCP reference; a refused connection is an answer too: somebody was there to refuse."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            _, writer = await asyncio.open_connection(reference.host, reference.port)
    except ConnectionRefusedError:
        return True
    except OSError:  # TimeoutError among them
        return False
    writer.close()
    return True


def default_gateway(routes: Path = Path("/proc/net/route")) -> str | None:
    """The IPv4 gateway of the default route, as Linux shows it; None elsewhere and where there is none."""
    try:
        lines = routes.read_text("ascii", "replace").splitlines()[1:]
    except OSError:
        return None
    for line in lines:
        fields = line.split()
        # Iface Destination Gateway Flags ...: default route, up (1) and through a gateway (2)
        if len(fields) > 3 and fields[1] == "00000000" and int(fields[3], 16) & 3 == 3:
            return str(ipaddress.IPv4Address(int.from_bytes(bytes.fromhex(fields[2]), "little")))
    return None


class SelfCheck:
    """See the module's docstring. `last_cut_off` and `checked_at` (monotonic) are for the metrics."""

    def __init__(
        self, references: Iterable[Reference], ask: Ask | None = None, *, holds_seconds: float = HOLDS_SECONDS,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._ask = ask or connect
        self.references = tuple(r for r in references if ask is not None or r.kind == "tcp")
        self._holds, self._monotonic = holds_seconds, monotonic
        self._running: asyncio.Task[bool] | None = None
        self.last_cut_off = False
        self.checked_at: float | None = None
        self.checks_total = 0

    async def cut_off(self) -> bool:
        """True when nothing we trust to be there answers. With nothing to ask we cannot know, and say False."""
        if not self.references:
            return False
        if self.checked_at is not None and self._monotonic() - self.checked_at < self._holds:
            return self.last_cut_off
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._check())
        return await asyncio.shield(self._running)

    async def _check(self) -> bool:
        answers = [asyncio.ensure_future(self._ask(reference)) for reference in self.references]
        try:
            cut_off = True
            for answer in asyncio.as_completed(answers):
                if await answer:
                    cut_off = False  # one is enough; the silent ones need not be waited for
                    break
        finally:
            for waiting in answers:
                waiting.cancel()
            await asyncio.gather(*answers, return_exceptions=True)
        self.last_cut_off, self.checked_at = cut_off, self._monotonic()
        self.checks_total += 1
        return cut_off
