"""The routes of the API: pages of lists by cursor, what may be written (agent.web.api.writing), errors as problems.

Answers are made of the moment (`Cache-Control: no-store`): nearly everything has an age in it, so that a tag would
never match.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from agent.deeds import Write
from agent.hostile import plain
from agent.view import View
from agent.web.api.openapi import BASE, document
from agent.web.api.problems import Refused, answer_of
from agent.web.api.resources import LISTINGS, SINGLES, Listing, Long, objects_of
from agent.web.api.writing import WRITINGS, Keep, writer_of

log = logging.getLogger(__name__)
HEADERS = {"Cache-Control": "no-store", "Vary": "Accept"}
Make = Callable[[View, Request], Any]
Look = Callable[[], Awaitable[View]]


def api_routes(look: Look, write: Write | None = None, keep: Keep = lambda *_: None) -> list[Route]:
    """Every method comes to an endpoint, so that what is refused is refused in the API's own words.

    `write` is the only way by which anything is recorded; without it the API reads. `keep` writes down refusals.
    """
    reads: dict[str, Make] = {one.name: _page_maker(one) for one in LISTINGS}
    reads |= {one.path: _single_maker(one.make) for one in SINGLES}
    reads["openapi.json"] = lambda *_: document()
    writes = {one.path: writer_of(one, write, keep) for one in WRITINGS}
    made = [Route(f"{BASE}/{path}", _Endpoint(look, reads.get(path), writes.get(path))) for path in {**reads, **writes}]
    return [*made, Route(f"{BASE}/{{path:path}}", _Endpoint(look, _nothing, None))]


class _Endpoint:
    """ASGI: one address."""

    def __init__(self, look: Look, make: Make | None, write: Callable[[Request], Awaitable[Any]] | None) -> None:
        self._look, self._make, self._write = look, make, write
        self._methods = (["GET", "HEAD"] if make is not None else []) + (["POST"] if write is not None else [])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except Refused as refused:
            more = {
                "method-not-allowed": {"Allow": ", ".join(self._methods)},
                "unauthorised": {"WWW-Authenticate": 'Bearer realm="Hartwatch"'},
            }
            answer = answer_of(refused, {**HEADERS, **more.get(refused.name, {})})
        except Exception:
            log.exception("a mistake of the program while the API answered %s", plain(request.url.path))
            answer = answer_of(Refused("internal", "the log of the agent has what happened"), HEADERS)
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if request.method not in self._methods:
            raise Refused("method-not-allowed", f"{', '.join(self._methods)} is all that it takes")
        if not takes_json(request.headers.get("accept", "")):
            raise Refused("not-acceptable", "Accept has neither application/json nor */*")
        if request.method == "POST" and self._write is not None:
            return _json(await self._write(request), 201)
        view, make = await self._look(), self._make or _nothing
        return await asyncio.to_thread(lambda: _json(make(view, request)))


def _json(content: Any, status: int = 200) -> Response:
    return Response(
        json.dumps(content, ensure_ascii=False).encode(), status, headers=HEADERS, media_type="application/json"
    )


def takes_json(accept: str) -> bool:
    """Whether an Accept header (RFC 9110, 12.5.1) has room for JSON; the most specific range decides."""
    ranges: dict[str, bool] = {}
    for one in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in one.split(";"))
        refused = any(p.replace(" ", "").startswith("q=") and not p.split("=", 1)[1].strip("0. ") for p in parameters)
        ranges[kind] = not refused
    if not accept.strip():
        return True
    return next((ranges[kind] for kind in ("application/json", "application/*", "*/*") if kind in ranges), False)


# ---------------------------------------------------------------- lists
def _page_maker(listing: Listing) -> Make:
    def make(view: View, request: Request) -> Mapping[str, Any]:
        given = request.query_params.multi_items()
        twice = {name: "given more than once" for name, _ in given if len(request.query_params.getlist(name)) > 1}
        if twice:
            raise Refused("invalid-parameters", "a parameter is given more than once", twice)
        try:
            asked = listing.asks.model_validate({name: value for name, value in given if value != ""})
        except ValidationError as problem:
            wrong = {plain(".".join(map(str, e["loc"])), 100): e["msg"] for e in problem.errors()}
            raise Refused("invalid-parameters", f"{', '.join(wrong)}: cannot be", wrong) from None
        after = read_cursor(asked.cursor, len(listing.key)) if asked.cursor else None
        of, rows = listing.make, list[tuple[tuple[str, ...], Any]]()
        if isinstance(of, Long):
            rows = [(of.key_of(one), one) for one in of.pick(view, asked)]
        else:
            found = objects_of(of(view, asked))
            rows = [(tuple(str(one[name] or "") for name in listing.key), one) for one in found]
        rows.sort(key=lambda row: row[0], reverse=listing.newest)
        rest = rows if after is None else [r for r in rows if (r[0] < after if listing.newest else r[0] > after)]
        shown = rest[: asked.limit]
        following = None
        if len(rest) > len(shown):
            kept = {name: value for name, value in given if name != "cursor" and value != ""}
            following = f"{BASE}/{listing.name}?{urlencode({**kept, 'cursor': cursor_of(shown[-1][0])})}"
        items = [one for _, one in shown]
        if isinstance(of, Long):
            items = objects_of(of.sheet(view, items))
        return {"items": items, "total": len(rows), "next": following}

    return make


def cursor_of(key: tuple[str, ...]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def read_cursor(text: str, parts: int) -> tuple[str, ...]:
    try:
        key = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if not isinstance(key, list) or len(key) != parts or not all(isinstance(one, str) for one in key):
        raise Refused("invalid-parameters", "cursor: cannot be", {"cursor": "not one that a `next` of this list gave"})
    return tuple(key)


# ---------------------------------------------------------------- the rest
def _single_maker(find: Callable[[View, str], Mapping[str, Any]]) -> Make:
    def make(view: View, request: Request) -> Mapping[str, Any]:
        if request.query_params:
            wrong = {plain(name, 100): "not known here" for name in request.query_params}
            raise Refused("invalid-parameters", "no parameter is known here", wrong)
        return find(view, next(iter(request.path_params.values()), ""))

    return make


def _nothing(_: View, __: Request) -> Any:
    raise Refused("not-found", f"{BASE}/openapi.json lists the addresses that there are")
