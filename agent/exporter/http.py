"""The exporter's addresses: /metrics, /devices/NAME/metrics, /sd/prometheus, /-/healthy, /-/ready."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from agent.exporter.page import Pages, discovery
from agent.exporter.text import Format

GZIP_LEVEL = 1  # half the CPU of level 6 for a page a third larger; scrapes are on a LAN


def _takes_gzip(request: Request) -> bool:
    for offer in request.headers.get("accept-encoding", "").split(","):
        coding, _, quality = offer.replace(" ", "").partition(";q=")
        if coding in ("gzip", "*") and quality not in ("0", "0.0", "0.00", "0.000"):
            return True
    return False


def routes(
    pages: Pages,
    not_ready: Callable[[], str | None],
    before_metrics: Callable[[], Awaitable[None]] | None = None,
    address: str | None = None,
) -> list[Route]:
    """Routes for the composition root.

    `not_ready` gives the reason why the agent cannot serve yet, or None; `before_metrics` is awaited before the whole
    page is rendered (what it shows of the ledger is read in a thread); `address` is the agent's host:port for
    Prometheus, where it is not the one that the agent was asked by.
    """

    async def metrics(request: Request) -> Response:
        form = Format.wanted(request.headers.get("accept", ""))
        headers = {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
        packed = _takes_gzip(request)
        if before_metrics is not None:
            await before_metrics()
        if packed:
            headers["Content-Encoding"] = "gzip"
        return StreamingResponse(_stream(pages, form, packed), headers=headers, media_type=form.value)

    async def device(request: Request) -> Response:
        begun = time.perf_counter()
        form = Format.wanted(request.headers.get("accept", ""))
        page = pages.device(request.path_params["name"], form)
        if page is None:
            return PlainTextResponse("no such device in the inventory\n", 404)
        body = page.encode()
        headers = {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
        if _takes_gzip(request):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        pages.own.rendered("device", time.perf_counter() - begun)
        return Response(body, headers=headers, media_type=form.value)

    async def targets(request: Request) -> Response:
        return JSONResponse(discovery(pages.devices().values(), address or request.url.netloc))

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("Hartwatch is running.\n")

    async def ready(_: Request) -> Response:
        reason = not_ready()
        return PlainTextResponse(
            f"Not ready: {reason}.\n" if reason else "Hartwatch is ready.\n", 503 if reason else 200
        )

    return [
        Route("/metrics", metrics),
        Route("/devices/{name}/metrics", device),
        Route("/sd/prometheus", targets),
        Route("/-/healthy", healthy),
        Route("/-/ready", ready),
    ]


async def _stream(pages: Pages, form: Format, packed: bool) -> AsyncIterator[bytes]:
    working = 0.0
    packer = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 16 + zlib.MAX_WBITS) if packed else None
    slices = pages.everything(form)
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
    pages.own.rendered("all", working)
