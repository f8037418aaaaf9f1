"""Alertmanager's API, version 2: alerts and silences of one server, over HTTP.

    am = Alertmanager("https://user:password@am-1.example:9093", timeout_seconds=20)
    await am.post_alerts([...])            PostableAlerts, in lots
    await am.silences() -> [dict, ...]     GettableSilences, ended ones too
    await am.put_silence({...}) -> id      makes one, or changes that whose id it has
    await am.end_silence(id)

Everything that goes wrong is a TellError, which never holds the address: `name` is host and port. What a server
answers is bounded in size, and it is not followed elsewhere.

Format: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx

from agent.alerts.channels import TellError
from agent.hostile import plain

LOT = 200  # alerts in one request
LARGEST = 16 * 1024 * 1024  # octets of an answer: ten thousand silences
SAID = 200  # characters of what it says of its refusal


class Alertmanager:
    """See the module's docstring."""

    def __init__(
        self, url: str, *, timeout_seconds: float = 20.0, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            raise ValueError("the address of an Alertmanager is no URL") from None
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise ValueError("the address of an Alertmanager is not like http://alertmanager.example:9093")
        self.name = f"{parsed.host}:{parsed.port or (443 if parsed.scheme == 'https' else 80)}"
        self._url = url.rstrip("/")
        self._timeout, self._transport = timeout_seconds, transport

    def __repr__(self) -> str:
        return f"Alertmanager({self.name})"

    async def post_alerts(self, alerts: Sequence[dict[str, Any]]) -> None:
        for first in range(0, len(alerts), LOT):
            await self._ask("POST", "/api/v2/alerts", list(alerts[first : first + LOT]))

    async def silences(self) -> list[dict[str, Any]]:
        found = _json(await self._ask("GET", "/api/v2/silences"), self.name)
        if not isinstance(found, list):
            raise TellError(f"{self.name} did not answer with silences")
        return [one for one in found if isinstance(one, dict)]

    async def put_silence(self, silence: dict[str, Any]) -> str:
        found = _json(await self._ask("POST", "/api/v2/silences", silence), self.name)
        return str(found.get("silenceID", "")) if isinstance(found, dict) else ""

    async def end_silence(self, id: str) -> None:
        await self._ask("DELETE", f"/api/v2/silence/{id}")

    async def _ask(self, method: str, path: str, body: Any = None) -> bytes:
        content = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json"} if content is not None else {}
        octets = b""
        try:
            async with (
                asyncio.timeout(self._timeout),  # the client's own is for each part of an answer
                httpx.AsyncClient(timeout=self._timeout, transport=self._transport) as client,
                client.stream(method, self._url + path, content=content, headers=headers) as answer,
            ):
                async for part in answer.aiter_bytes():
                    octets += part
                    if len(octets) > LARGEST:
                        raise TellError(f"{self.name} answered with more than {LARGEST // 1024 // 1024} MB")
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as problem:
            raise TellError(f"no answer from {self.name}: {type(problem).__name__}") from None
        if answer.is_success:
            return octets
        said = plain(octets[:1000].decode("utf-8", "replace"), SAID)
        # 400 and 422 are about what was sent; 401, 404 and the like are put right at the server or in the settings.
        permanent = answer.status_code in (400, 422)
        raise TellError(f"{self.name} answered {answer.status_code}: {said}", permanent=permanent)


def _json(octets: bytes, name: str) -> Any:
    try:
        return json.loads(octets)
    except (ValueError, RecursionError):
        raise TellError(f"{name} did not answer with JSON") from None
