"""Every table of the pages as a file: the page's address with .csv or .json behind it, and the same filters.

    table_routes("/devices", look, sheets_of)         /devices.csv, /devices.json, and ?table= where there are several
    table_routes("/devices/{name}", look, sheets_of)  /devices/{name}/interfaces.csv

`sheets_of(view, request)` gives the tables of that page by name, the one that is meant without a name first, or None
where there is no such page. They are made only when they are asked for, beside the loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from agent.sheets import Sheet, csv_of, json_of
from agent.view import View

Sheets = Mapping[str, Sheet | Callable[[], Sheet]]
SheetsOf = Callable[[View, Request], Awaitable[Sheets | None]]
FORMS = {"csv": (csv_of, "text/csv; charset=utf-8"), "json": (json_of, "application/json")}


def table_routes(page: str, look: Callable[[], Awaitable[View]], sheets_of: SheetsOf) -> list[Route]:
    async def tables(request: Request) -> Response:
        form = request.path_params["form"]
        view = await look()
        found = await sheets_of(view, request) if form in FORMS else None
        name = request.path_params.get("table") or request.query_params.get("table") or next(iter(found or ()), "")
        if found is None or name not in found:
            known = f"; the tables there are {', '.join(found)}" if found else ""
            return PlainTextResponse(f"no such table{known}\n", 404)
        return await asyncio.to_thread(answer, found[name], form)

    deep = "/{table}.{form}" if "{" in page else ".{form}"
    return [Route(page + deep, tables)]


def answer(made: Sheet | Callable[[], Sheet], form: str) -> Response:
    """A sheet in one of FORMS. CSV comes as a file, JSON is shown."""
    sheet = made if isinstance(made, Sheet) else made()
    write, media = FORMS[form]
    headers = {"Cache-Control": "no-store"}
    if form == "csv":
        headers["Content-Disposition"] = f'attachment; filename="{sheet.name}.csv"'
    return Response(write(sheet).encode(), media_type=media, headers=headers)
