"""E-mail and chat where there is no Alertmanager, through Apprise (https://github.com/caronc/apprise).

    channel = AppriseChannel(["mailtos://...", "workflows://..."], timeout_seconds=20)   ValueError: an address is none
    await channel.tell(message)

Apprise works in a thread with a deadline. Its log prints whole addresses, with passwords at its finest level, so
nothing of it is heard; what failed is said by the number of the address. Of several addresses only those that failed
are told again when a message is tried again.
"""

from __future__ import annotations

import asyncio
import logging
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from agent.alerts.channels import TellError
from agent.facts import Message
from agent.hostile import plain

if TYPE_CHECKING:
    from apprise import Apprise

LONGEST_TITLE = 120  # a subject line, or the first line on a phone
LONGEST_TEXT = 3000
GRACE = 5.0  # seconds beyond its own deadline, until Apprise is waited for no longer
REMEMBERED = 100  # messages that were told to some of the addresses
TYPES = {"critical": "failure", "warning": "warning", "recovered": "success"}


class AppriseChannel:
    """See the module's docstring."""

    def __init__(self, urls: Sequence[str], *, timeout_seconds: float = 20.0) -> None:
        self._services = [_service(url, number) for number, url in enumerate(urls, 1)]
        self._timeout = timeout_seconds
        self._done: dict[Message, set[int]] = {}

    def __repr__(self) -> str:
        return f"AppriseChannel({len(self._services)})"

    async def tell(self, message: Message) -> None:
        done = self._done.pop(message, set())
        wanted = [number for number in range(1, len(self._services) + 1) if number not in done]
        for number, told in zip(wanted, await asyncio.gather(*(self._tell(n, message) for n in wanted)), strict=True):
            if told:
                done.add(number)
        failed = [str(number) for number in wanted if number not in done]
        if failed:
            while len(self._done) >= REMEMBERED:
                self._done.pop(next(iter(self._done)))
            self._done[message] = done
            which = f"address {failed[0]}" if len(failed) == 1 else f"addresses {', '.join(failed)}"
            raise TellError(f"{which} of {len(self._services)} could not be told")

    async def _tell(self, number: int, message: Message) -> bool:
        try:
            async with asyncio.timeout(self._timeout + GRACE):
                return await asyncio.to_thread(self._notify, self._services[number - 1], message)
        except TimeoutError:
            return False

    def _notify(self, service: Apprise, message: Message) -> bool:
        try:
            return bool(
                service.notify(
                    title=plain(message.title, LONGEST_TITLE),
                    body=plain(message.text, LONGEST_TEXT),
                    notify_type=TYPES[message.level],
                    body_format="text",
                    timeout=self._timeout,
                )
            )
        except Exception:  # noqa: BLE001 - its plugins are many and not ours; what they raise may hold the address
            return False


def _service(url: str, number: int) -> Apprise:
    _quiet()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its two hundred plugins load libraries that Python will drop one day
        from apprise import Apprise, AppriseAsset  # half a second that only who uses it pays

        asset: Any = AppriseAsset(app_id="Hartwatch", app_desc="Hartwatch", app_url="", async_mode=False)
        service = Apprise(asset=asset)
        added = service.add(url)
    if not added:
        raise ValueError(f"address {number} is none that Apprise knows, or lacks something: see `apprise --details`")
    return service


def _quiet() -> None:
    """Nothing of Apprise and what it sends with is logged, at whatever level the agent logs."""
    for name in ("apprise", "urllib3", "requests", "smtplib"):
        library = logging.getLogger(name)
        library.setLevel(logging.CRITICAL + 1)
        library.propagate = False
        if not library.handlers:
            library.addHandler(logging.NullHandler())
