"""The exporter's addresses; docs/reference/http.md has them all, with parameters and status codes."""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent.exporter.discovery import UnknownFilter, chosen, discovery
from agent.exporter.page import GZIP_LEVEL, Pages
from agent.exporter.probe import ProbePage
from agent.exporter.text import Format
from agent.exporter.wanted import heads, wants_gzip
from agent.probing import Probes


def routes(
    pages: Pages,
    not_ready: Callable[[], str | None],
    before_metrics: Callable[[], Awaitable[None]] | None = None,
    address: str | None = None,
    probes: Probes | None = None,
) -> list[Route]:
    """Routes for the composition root.

    `not_ready` gives the reason why the agent cannot serve yet, or None; `before_metrics` is awaited before the whole
    page is rendered (what it shows of the ledger is read in a thread); `address` is the agent's host:port for
    Prometheus, where it is not the one that the agent was asked by; without `probes` there is no /probe.
    """

    async def metrics(request: Request) -> Response:
        return await streamed(request, "all", pages.everything)

    async def agent(request: Request) -> Response:
        return await streamed(request, "agent", pages.agent)

    async def streamed(
        request: Request, page: str, slices: Callable[[Format, frozenset[str]], Iterator[str]]
    ) -> Response:
        only = frozenset(request.query_params.getlist("name[]"))
        form = Format.wanted(request.headers.get("accept", ""))
        headers = {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
        client = request.client.host if request.client is not None else None
        packed = wants_gzip(client, request.headers.get("accept-encoding", ""))
        if packed:
            headers["Content-Encoding"] = "gzip"
        if request.method == "HEAD":  # a page of megabytes is not rendered to be thrown away
            head = Response(headers=headers, media_type=form.value)
            del head.headers["content-length"]
            return head
        if before_metrics is not None:
            await before_metrics()
        return StreamingResponse(
            _stream(pages, page, slices(form, only), packed), headers=headers, media_type=form.value
        )

    async def targets(request: Request) -> Response:
        try:
            devices = chosen(pages.devices().values(), request.query_params.multi_items())
        except UnknownFilter as unknown:
            return PlainTextResponse(f"{unknown}\n", 400)
        return JSONResponse(discovery(devices, address or request.url.netloc))

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("Hartwatch is running.\n")

    async def ready(_: Request) -> Response:
        reason = not_ready()
        return PlainTextResponse(
            f"Not ready: {reason}.\n" if reason else "Hartwatch is ready.\n", 503 if reason else 200
        )

    on_demand = [Route("/probe", ProbePage(pages, probes))] if probes is not None else []
    return [
        *on_demand,
        Route("/metrics", metrics),
        Route("/agent/metrics", agent),
        Route("/devices/{name}/metrics", _Device(pages)),
        Route("/sd/prometheus", targets),
        Route("/-/healthy", healthy),
        Route("/-/ready", ready),
    ]


class _Device:
    """A device's page, as an ASGI application: of thousands of scrapes a minute, requests and responses of objects
    would be a quarter of the cost."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self._heads = heads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        if scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse("only to be read\n", 405, {"Allow": "GET, HEAD"})(scope, receive, send)
            return
        headers = dict(scope["headers"])
        form = Format.wanted(headers.get(b"accept", b"").decode("latin-1"))
        client = scope["client"]
        packed = wants_gzip(client and client[0], headers.get(b"accept-encoding", b"").decode("latin-1"))
        body = (self._pages.device_packed if packed else self._pages.device)(scope["path_params"]["name"], form)
        if body is None:
            await PlainTextResponse("no such device in the inventory\n", 404)(scope, receive, send)
            return
        self._pages.own.rendered("device", time.perf_counter() - begun)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*self._heads[form, packed], length]})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})


async def _stream(pages: Pages, page: str, slices: Iterator[str], packed: bool) -> AsyncIterator[bytes]:
    working = 0.0
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS) if packed else None
    while True:
        begun = time.perf_counter()
        text = next(slices, None)
        if text is None:
            break
        body = text.encode()
        if packer is not None:
            body = packer.compress(body)
        working += time.perf_counter() - begun
        if body:
            yield body
        await asyncio.sleep(0)  # the pollers' turn
    if packer is not None:
        yield packer.flush()
    pages.own.rendered(page, working)
