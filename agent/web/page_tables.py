"""Which page has which tables, for the addresses that end in .csv and .json: see `agent.web.tables`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.routing import Route

from agent.hardware.dossier import Past, dossier
from agent.health import UNKNOWN
from agent.sheets import Sheet, columns
from agent.view import View
from agent.web import page_sheets as sheets
from agent.web.device import Row, device_of, fits, rows_of
from agent.web.health import health_of, lacking_of
from agent.web.names import shown
from agent.web.outage import find, one_of
from agent.web.programme import Programmes
from agent.web.programme import asked_of as programme_asked
from agent.web.register import asked_of as register_asked
from agent.web.register import piece_of, pieces_asked
from agent.web.tables import Sheets, table_routes

LINKS = columns(
    "link", "site", "supplier", "circuit", "standing", "since time", "reason", "flapping boolean", "redundancy",
    "speed_mbps number",
)  # fmt: skip


def page_tables(
    look: Callable[[], Awaitable[View]], programmes: Programmes, past: Callable[[str], Awaitable[Past]]
) -> list[Route]:
    """The routes of all tables. `past` tells what happened to the piece of hardware with a key."""

    async def whole(view: View, _: Request) -> Sheets:
        return await asyncio.to_thread(sheets.overview_sheets, view)

    async def devices(view: View, request: Request) -> Sheets:
        return {"devices": lambda: sheets.devices_sheet(_rows(view, request))}

    async def device(view: View, request: Request) -> Sheets | None:
        watched = view.watched.get(request.path_params["name"])
        if watched is None:
            return None
        return sheets.device_sheets(watched.name, device_of(view, watched))

    async def site(view: View, request: Request) -> Sheets | None:
        name = request.path_params["name"]
        if name not in view.estate.sites:
            return None
        own = {f"site:{name}", *(f"link:{link}" for link, one in view.estate.links.items() if one.site == name)}
        return {
            "links": lambda: links_sheet(view, name),
            "devices": lambda: sheets.devices_sheet(
                rows_of(view, [watched for watched in view.watched.values() if watched.site == name])
            ),
            "outages": lambda: sheets.outages_sheet(view, [o for o in sheets.outages_in(view) if o.subject in own]),
        }

    async def outages(view: View, request: Request) -> Sheets:
        state, subject = (request.query_params.get(name, "")[:300] for name in ("state", "subject"))
        return {
            "outages": lambda: sheets.outages_sheet(view, sheets.outages_in(view, state, subject)),
            "quarter": lambda: sheets.quarter_sheet(view, view.quarter),
        }

    async def outage(view: View, request: Request) -> Sheets | None:
        found = find(view, request.path_params["id"])
        return None if found is None else {"timeline": lambda: sheets.timeline_sheet(one_of(view, found))}

    async def maintenance(view: View, request: Request) -> Sheets:
        return {"maintenance": partial(sheets.maintenance_sheet, view, request.query_params.get("state", ""))}

    async def neighbours(view: View, request: Request) -> Sheets:
        every = request.query_params.get("all", "") in ("1", "on", "yes")
        return {"neighbours": partial(sheets.neighbours_sheet, view, every)}

    async def register(view: View, request: Request) -> Sheets:
        asked = register_asked(request.query_params)
        return {"register": lambda: sheets.register_sheet(pieces_asked(view, asked))}

    async def piece(view: View, request: Request) -> Sheets | None:
        found = piece_of(view, request.path_params["id"])
        if found is None:
            return None
        return sheets.piece_sheets(dossier(found, await past(found.asset.key), view.every_outage))

    async def programme(view: View, request: Request) -> Sheets:
        made = await programmes.of(view, programme_asked(request.query_params, view))
        return sheets.programme_sheets(made)

    async def health(view: View, _: Request) -> Sheets:
        return sheets.health_sheets(health_of(view), lacking_of(view))

    pages = {
        "/overview": whole, "/devices": devices, "/devices/{name}": device, "/sites/{name}": site, "/outages": outages,
        "/outages/{id}": outage, "/maintenance": maintenance, "/neighbours": neighbours, "/register": register,
        "/register/{id}": piece, "/programme": programme, "/health": health,
    }  # fmt: skip
    return [route for page, sheets_of in pages.items() for route in table_routes(page, look, sheets_of)]


def _rows(view: View, request: Request) -> list[Row]:
    asked = {name: request.query_params.get(name, "")[:200] for name in ("q", "class", "standing", "site")}
    return [row for row in rows_of(view, view.watched.values()) if fits(row, asked)]


def links_sheet(view: View, site: str = "") -> Sheet:
    """The WAN links of a site, or of all."""
    rows = []
    for name, link in view.estate.links.items():
        if not site or link.site == site:
            held = view.board.get(f"link:{name}", UNKNOWN)
            rows.append((name, link.site, link.supplier, link.circuit, shown(held).value, sheets.known(held.since),
                         held.reason, held.flapping_at(view.now), link.redundancy, link.speed_mbps))  # fmt: skip
    return Sheet("links", LINKS, rows)
