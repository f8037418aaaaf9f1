"""The ways to tell people: the log, a webhook. A channel's failure says whether trying again makes sense."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC
from typing import Protocol

import httpx

from agent.facts import Message


class TellError(Exception):
    """A message could not be told. `permanent`: trying again cannot help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class Channel(Protocol):
    """One way to tell people; raises TellError."""

    async def tell(self, message: Message) -> None: ...


@dataclass(frozen=True, slots=True)
class LogChannel:
    """Tells the log, for an agent whose log is watched, and while nothing else is set up."""

    name: str = "agent.told"

    async def tell(self, message: Message) -> None:
        level = {"critical": logging.ERROR, "warning": logging.WARNING, "recovered": logging.INFO}[message.level]
        logging.getLogger(self.name).log(level, "%s. %s", message.title, message.text)


class WebhookChannel:
    """POSTs each message as JSON: subject, level, title, text, at. The address may be a secret: it is never logged."""

    def __init__(self, url: str, *, timeout_seconds: float = 10.0, transport: httpx.AsyncBaseTransport | None = None):
        self._url, self._timeout, self._transport = url, timeout_seconds, transport

    def __repr__(self) -> str:
        return "WebhookChannel(...)"

    async def tell(self, message: Message) -> None:
        body = {
            "subject": message.subject, "level": message.level, "title": message.title, "text": message.text,
            "at": message.at.astimezone(UTC).isoformat(),
        }  # fmt: skip
        try:
            async with httpx.AsyncClient(timeout=self._timeout, transport=self._transport) as client:
                answer = await client.post(
                    self._url, content=json.dumps(body).encode(), headers={"content-type": "application/json"}
                )
        except httpx.InvalidURL as problem:
            raise TellError("the webhook's address is not a URL", permanent=True) from problem
        except httpx.HTTPError as problem:
            raise TellError(f"no answer from the webhook: {type(problem).__name__}") from problem
        if answer.is_success:
            return
        # 408 and 429 ask for patience; the other 4xx will say the same to the same message for ever.
        permanent = 400 <= answer.status_code < 500 and answer.status_code not in (408, 429)
        raise TellError(f"the webhook answered {answer.status_code}", permanent=permanent)
