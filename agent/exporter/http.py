"""The exporter's addresses: /metrics, /agent/metrics, /devices/NAME/metrics, /sd/prometheus, /-/healthy, /-/ready."""

from __future__ import annotations

import asyncio
import ipaddress
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import lru_cache

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent.exporter.page import GZIP_LEVEL, Pages, discovery
from agent.exporter.text import Format


@lru_cache(maxsize=256)
def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _wants_gzip(client: str | None, accept_encoding: str) -> bool:
    """Whether to compress: asked for, and the page leaves this machine. On loopback it would only cost both ends."""
    if client is not None and _on_this_machine(client):
        return False
    for offer in accept_encoding.split(","):
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
        return await streamed(request, "all", pages.everything)

    async def agent(request: Request) -> Response:
        return await streamed(request, "agent", pages.agent)

    async def streamed(request: Request, page: str, slices: Callable[[Format], Iterator[str]]) -> Response:
        form = Format.wanted(request.headers.get("accept", ""))
        headers = {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store"}
        client = request.client.host if request.client is not None else None
        packed = _wants_gzip(client, request.headers.get("accept-encoding", ""))
        if before_metrics is not None:
            await before_metrics()
        if packed:
            headers["Content-Encoding"] = "gzip"
        return StreamingResponse(_stream(pages, page, slices(form), packed), headers=headers, media_type=form.value)

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
        self._heads = {
            (form, packed): [
                (b"content-type", form.value.encode()),
                (b"vary", b"Accept, Accept-Encoding"),
                (b"cache-control", b"no-store"),
                *([(b"content-encoding", b"gzip")] if packed else []),
            ]
            for form in Format
            for packed in (False, True)
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = time.perf_counter()
        if scope["method"] not in ("GET", "HEAD"):
            await PlainTextResponse("only to be read\n", 405, {"Allow": "GET, HEAD"})(scope, receive, send)
            return
        headers = dict(scope["headers"])
        form = Format.wanted(headers.get(b"accept", b"").decode("latin-1"))
        client = scope["client"]
        packed = _wants_gzip(client and client[0], headers.get(b"accept-encoding", b"").decode("latin-1"))
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
