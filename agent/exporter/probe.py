"""/probe?target=NAME[&cadence=pulse|health|inventory]: look at a device now, and answer with its page."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

from starlette.datastructures import Headers, QueryParams
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from agent.exporter.page import Pages
from agent.exporter.text import Format
from agent.exporter.wanted import LONGEST_SECONDS, TIMEOUT_HEADER, heads, in_time, wants_gzip
from agent.probing import AmbiguousTarget, Probed, Probes, TooMany, UnknownTarget
from collectors.readings import Cadence

_CADENCES: Mapping[str, Cadence] = {cadence.value: cadence for cadence in Cadence}


class Refused(Exception):
    """A request that cannot be answered: status and one line."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


class ProbePage:
    """The ASGI application."""

    def __init__(self, pages: Pages, probes: Probes) -> None:
        self._pages, self._probes = pages, probes
        self._heads = heads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "GET":  # HEAD, too: it would look at the device and throw the answer away
            await PlainTextResponse("only to be read by GET\n", 405, {"Allow": "GET"})(scope, receive, send)
            return
        headers = Headers(scope=scope)
        try:
            found = await self._probed(QueryParams(scope["query_string"]), headers)
        except Refused as refused:
            again = {"Retry-After": "1"} if refused.status == 503 else None
            await PlainTextResponse(f"{refused}\n", refused.status, again)(scope, receive, send)
            return
        form = Format.wanted(headers.get("accept", ""))
        client = scope["client"]
        packed = wants_gzip(client and client[0], headers.get("accept-encoding", ""))
        also = (
            ("probe_success", (), float(found.success)),
            ("probe_duration_seconds", (), round(found.seconds, 6)),
        )
        begun = time.perf_counter()
        body = (self._pages.device_packed if packed else self._pages.device)(found.device, form, also)
        if body is None:
            await PlainTextResponse("the device has just left the inventory\n", 404)(scope, receive, send)
            return
        self._pages.own.rendered("device", time.perf_counter() - begun)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*self._heads[form, packed], length]})
        await send({"type": "http.response.body", "body": body})

    async def _probed(self, asked: QueryParams, headers: Headers) -> Probed:
        targets = [target for target in asked.getlist("target") if target]
        if len(targets) != 1:
            raise Refused(400, "one target is wanted: /probe?target=NAME, a device of the inventory or its address")
        cadences = asked.getlist("cadence") or [Cadence.HEALTH.value]
        cadence = _CADENCES.get(cadences[0])
        if cadence is None or len(cadences) > 1:
            raise Refused(400, f"one cadence of {', '.join(_CADENCES)} is wanted")
        patience = patience_of(headers.get(TIMEOUT_HEADER))
        try:
            return await self._probes.probe(self._probes.device(targets[0]), cadence, patience)
        except UnknownTarget:
            raise Refused(404, "no such device in the inventory: nothing else is looked at") from None
        except AmbiguousTarget as several:
            raise Refused(400, f"several devices have this address, ask for one by its name: {several}") from None
        except TooMany:
            raise Refused(503, "too many looks on demand are going on") from None


def patience_of(header: str | None) -> float:
    """Seconds that may pass before an answer. Refused where the header is no number."""
    if header is None:
        return LONGEST_SECONDS
    try:
        seconds = float(header)
    except ValueError:
        seconds = math.nan
    if not seconds > 0:  # nor is NaN
        raise Refused(400, f"{TIMEOUT_HEADER} is a number of seconds above 0")
    return in_time(seconds)
