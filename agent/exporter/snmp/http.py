"""The address /snmp, for jobs that were written for snmp_exporter."""

from __future__ import annotations

import asyncio
import gzip
import math

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent.exporter.page import GZIP_LEVEL
from agent.exporter.snmp.front import USUAL_SECONDS, Front
from agent.exporter.text import Format
from agent.exporter.wanted import TIMEOUT_HEADER, in_time, wants_gzip

_LONGEST_QUERY = 8192


def route(front: Front) -> Route:
    """The route for the composition root."""

    async def snmp(request: Request) -> Response:
        if len(request.url.query) > _LONGEST_QUERY:
            return PlainTextResponse("the address is too long\n", 414)
        waits = wait_seconds(request.headers.get(TIMEOUT_HEADER))
        reply = await front.scrape(request.query_params.multi_items(), waits)
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
        if reply.status != 200:
            return PlainTextResponse(reply.body, reply.status, headers)
        body = reply.body.encode()
        client = request.client.host if request.client is not None else None
        if wants_gzip(client, request.headers.get("accept-encoding", "")):
            headers["Content-Encoding"] = "gzip"
            body = await asyncio.to_thread(gzip.compress, body, GZIP_LEVEL)
        # Counters keep the MIB's names, without _total, which only the older format has for type counter.
        return Response(body, headers=headers, media_type=Format.TEXT.value)

    return Route("/snmp", snmp)


def wait_seconds(header: str | None) -> float:
    """How long a scrape may take, by Prometheus' own word for how long it waits, less the way back."""
    try:
        waits = float(header or "")
    except ValueError:
        return USUAL_SECONDS
    return in_time(waits) if math.isfinite(waits) and waits > 0 else USUAL_SECONDS
