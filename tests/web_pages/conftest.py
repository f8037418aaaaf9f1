"""Pages of a view that is made in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from agent import web
from agent.view import View

Client = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    """client(view, told_of=..., may_read=...): the pages; papers are in `tmp_path`."""
    opened: list[httpx.AsyncClient] = []

    def of(shown: View, **given: Any) -> httpx.AsyncClient:
        async def look() -> View:
            return shown

        routes = web.routes(look, tmp_path, lambda _: "2026-Q1", **given)
        app = web.Guard(Starlette(routes=routes), web.WebConfig(), None)
        opened.append(httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1"))
        return opened[-1]

    yield of
    for one in opened:
        await one.aclose()
