"""The agent's own pages: read-only, server-rendered, working without scripts, nothing from other hosts.

This module is the list of addresses; how a page is made is in agent.web.rendering, what it says in a module of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from agent.deeds import Write
from agent.hardware.dossier import Past, dossier
from agent.health import UNKNOWN
from agent.lifecycle.wording import STAGE_WORDS, why
from agent.programme.tables import method_of, warnings_of
from agent.web import availability, estate_map, health, papers, search, wifi
from agent.web.api import Keep, api_routes
from agent.web.beside import neighbours_page
from agent.web.device import Device, device_of, fits, rows_of
from agent.web.names import name_of, order_of
from agent.web.outage import find, one_of, outages_of_subjects, outages_page, void_of
from agent.web.overview import overview, redundancy_of
from agent.web.page_tables import page_tables
from agent.web.planned import Under, maintenance_page
from agent.web.programme import HEIGHT, LEFT, MOST_ITEMS, WIDTH, Programmes, asked_of, backlog_of, chart_of, query_of
from agent.web.register import asked_of as register_asked
from agent.web.register import piece_of, register_of, url_of
from agent.web.rendering import Look, Pages
from agent.words import full

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".js": "text/javascript; charset=utf-8",
}  # fmt: skip
ASSETS = {path.name: path for path in STATIC.iterdir() if path.suffix in TYPES}


async def _no_past(_: str) -> Past:
    return Past()


def routes(
    look: Look, folder: Path, quarter: Callable[[datetime], str], past: Callable[[str], Awaitable[Past]] = _no_past,
    may_read: papers.MayRead = papers.by_role, told_of: availability.Asked | None = None, write: Write | None = None,
    keep: Keep = lambda *_: None,
) -> list[Route]:  # fmt: skip
    """Routes for the composition root. `folder`: of papers; `quarter` names the financial quarter that ended last;
    `past` tells what happened to the piece of hardware with a key; `may_read`: whether an asker may read a paper;
    `told_of` tells of a quarter; `write` and `keep` are for what the API writes."""
    pages = Pages(look)
    page, missing = pages.page, pages.missing
    programmes = Programmes()

    async def first(_: Request) -> Response:
        view = await look()
        return page(view, "overview.html", "/", page=overview(view))

    async def devices(request: Request) -> Response:
        view = await look()
        asked = {name: request.query_params.get(name, "")[:200] for name in ("q", "class", "standing")}
        rows = [row for row in rows_of(view, view.watched.values()) if fits(row, asked)]
        return page(
            view, "devices.html", "/devices", rows=rows, q=asked["q"], role=asked["class"], standing=asked["standing"],
            files_query=_query(asked),
            classes=sorted({w.role for w in view.watched.values()}),
        )  # fmt: skip

    async def one_device(request: Request) -> Response:
        view = await look()
        watched = view.watched.get(request.path_params["name"])
        if watched is None:
            return missing(view, "device")
        view.latest.traffic.open(watched.name)  # whoever looks wants to see how it goes on
        (row,) = rows_of(view, [watched])
        shown_device: Device = device_of(view, watched)
        return page(view, "device.html", "/devices", row=row, device=shown_device)

    async def site(request: Request) -> Response:
        view = await look()
        name = request.path_params["name"]
        if name not in view.estate.sites:
            return missing(view, "site")
        found = view.estate.sites[name]
        council = view.estate.councils.get(found.owner)
        under = Under(view)
        links = [
            (link_name, link, view.board.get(f"link:{link_name}", UNKNOWN), under.of(f"link:{link_name}"))
            for link_name, link in view.estate.links.items()
            if link.site == name
        ]
        rows = rows_of(view, [w for w in view.watched.values() if w.site == name])
        return page(
            view, "site.html", "/", site=found, site_name=name, files_query=_query({"site": name}),
            owner=council.title if council else "", links=links, rows=rows,
            held=view.board.get(f"site:{name}"), work_now=under.of(f"site:{name}"),
            outages=outages_of_subjects(view, [f"site:{name}", *(f"link:{link_name}" for link_name, *_ in links)]),
        )  # fmt: skip

    async def outages(_: Request) -> Response:
        view = await look()
        quarter_rows = [(name_of(figures.subject, view.estate), figures) for figures in view.quarter]
        return page(
            view, "outages.html", "/outages", page=outages_page(view), redundancy=redundancy_of(view),
            quarter=sorted(quarter_rows, key=lambda row: (order_of(row[0].subject), row[0].title)),
        )  # fmt: skip

    async def one_outage(request: Request) -> Response:
        view = await look()
        asked = request.path_params["id"]
        outage = find(view, asked)
        if outage is None:
            void = void_of(view, asked)
            advice = "Outages have the address that the list of outages and messages give."
            if void is not None:
                advice = f"It was declared to be no outage by {void.author}, {full(void.at)}: {void.text}"
            return page(view, "problem.html", "", 404, problem="No such outage", advice=advice)
        return page(view, "outage.html", "/outages", one=one_of(view, outage))

    async def maintenance(_: Request) -> Response:
        view = await look()
        return page(view, "maintenance.html", "/maintenance", page=maintenance_page(view))

    async def beside(_: Request) -> Response:
        view = await look()
        found = await asyncio.to_thread(neighbours_page, view)
        return page(view, "neighbours.html", "/neighbours", page=found)

    async def register(request: Request) -> Response:
        view, asked = await look(), register_asked(request.query_params)
        # A large estate has tens of thousands of pieces: they are gone through beside the loop.
        found = await asyncio.to_thread(register_of, view, asked)
        files = url_of(replace(asked, page=1)).removeprefix("/register")
        return page(view, "register.html", "/register", register=found, asked=found.asked, files_query=files)

    async def programme(request: Request) -> Response:
        view = await look()
        asked = asked_of(request.query_params, view)
        made = await programmes.of(view, asked)
        return page(
            view, "programme.html", "/programme", programme=made, asked=asked, chart=chart_of(made), name_of=name_of,
            warnings=warnings_of(made), backlog=backlog_of(made), most=MOST_ITEMS, method=method_of(made),
            width=WIDTH, height=HEIGHT, left=LEFT, slip_url=query_of(asked, slip="1"),
            files_of=lambda table: query_of(asked, table=table).removeprefix("/programme"),
        )  # fmt: skip

    async def one_piece(request: Request) -> Response:
        view = await look()
        piece = piece_of(view, request.path_params["id"])
        if piece is None:
            advice = "Pieces of hardware have the address that the register gives."
            return page(view, "problem.html", "", 404, problem="No such piece of hardware", advice=advice)
        told = dossier(piece, await past(piece.asset.key), view.every_outage)
        devices = {stay.device: name_of(f"device:{stay.device}", view.estate) for stay in told.stays}
        here = name_of(f"device:{piece.asset.device}", view.estate)
        return page(
            view, "piece.html", "/register", piece=piece, told=told, devices=devices, here_at=here,
            words=STAGE_WORDS[piece.life.stage], why=lambda reason: why(reason, view.now.date()),
        )  # fmt: skip

    async def asset(request: Request) -> Response:
        path = ASSETS.get(request.path_params["name"])
        if path is None:
            return missing(await look(), "file")
        return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": "public, max-age=3600"})

    return [
        Route("/", first),
        Route("/devices", devices),
        Route("/devices/{name}", one_device),
        Route("/sites/{name}", site),
        Route("/outages", outages),
        Route("/outages/{id}", one_outage),
        Route("/maintenance", maintenance),
        Route("/neighbours", beside),
        Route("/register", register),
        Route("/programme", programme),
        Route("/register/{id}", one_piece),
        Route("/static/{name}", asset),
        *papers.routes(pages, folder, quarter, may_read),
        *search.routes(pages),
        *estate_map.routes(pages),
        *wifi.routes(pages),
        *availability.routes(pages, folder, told_of, may_read),
        *health.routes(pages),
        *page_tables(look, programmes, past),
        *api_routes(look, write, keep),
    ]


def _query(asked: Mapping[str, str]) -> str:
    """What a page is filtered by, for the links to its tables; nothing where it is not."""
    given = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(given)}" if given else ""
