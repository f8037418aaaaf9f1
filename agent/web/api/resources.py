"""What the API has: its lists and its single things, each a sheet of the pages with a model made of its columns.

A list is in the order of a key that never changes, so that a cursor stays where it was while things come and go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, create_model

from agent.facts import Outage
from agent.hardware.register import Piece
from agent.health import UNKNOWN
from agent.hostile import plain
from agent.inventory.model import DeviceClass
from agent.sheets import Column, Sheet, columns, value_of
from agent.view import View
from agent.web import page_sheets as sheets
from agent.web.api.problems import Refused
from agent.web.device import device_of, fits, rows_of
from agent.web.names import shown
from agent.web.outage import find, one_of
from agent.web.page_tables import LINKS, links_sheet
from agent.web.register import Asked as RegisterAsked
from agent.web.register import pieces_asked

Stage = Literal["in_life", "review_due", "refresh_due", "overdue", "unsupported", "unknown"]
Word = Annotated[str, Field(max_length=200)]
TYPES: Mapping[str, Any] = {
    "text": str | None, "number": int | float | None, "seconds": int | float | None, "bytes": int | float | None,
    "time": datetime | None, "date": date | None, "boolean": bool | None, "money": float | None,
    "list": list[str] | None, "url": str | None,
}  # fmt: skip


# ---------------------------------------------------------------- what may be asked
class Paged(BaseModel):
    """Parameters that every list has."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=100, ge=1, le=500, description="How many items at most.")
    cursor: Annotated[str, Field(max_length=600)] = Field(default="", description="From `next` of the page before.")


class Devices(Paged):
    q: Word = Field(default="", description="Words that name, title, address, site, model or serial number have.")
    class_: DeviceClass | None = Field(default=None, alias="class", description="The class.")
    standing: Literal["up", "degraded", "down", "blind"] | None = Field(default=None, description="How it stands.")
    site: Word = Field(default="", description="Name of its site.")


class OfSite(Paged):
    site: Word = Field(default="", description="Name of a site.")


class Outages(Paged):
    state: Literal["open", "ended"] | None = Field(default=None, description="Only those.")
    subject: Word = Field(default="", description="Only of this subject, such as `device:sw-wf-1`.")
    since: AwareDatetime | None = Field(default=None, description="Only those that were not over by then.")
    until: AwareDatetime | None = Field(default=None, description="Only those that had begun by then.")


class Times(Paged):
    state: Literal["running", "coming", "rule", "over"] | None = Field(default=None, description="Only those.")


class Register(Paged):
    q: Word = Field(default="", description="Words of device, model, serial number, place.")
    class_: DeviceClass | None = Field(default=None, alias="class", description="The class.")
    site: Word = Field(default="", description="Name of a site.")
    stage: Stage | None = Field(default=None, description="Stage of life.")
    part: Word = Field(default="", description="Kind of part; `units` is what is bought by itself.")
    gone: bool = Field(default=False, description="What is gone or withdrawn, instead of what is there.")


# ---------------------------------------------------------------- lists
@dataclass(frozen=True, slots=True)
class Long:
    """A list of which a page is a small part: what it has, what the key columns of one are, and the sheet of those that
    are shown. A year of outages took half a second to put into words for a page of a hundred."""

    pick: Callable[[View, Any], Sequence[Any]]
    key_of: Callable[[Any], tuple[str, ...]]
    sheet: Callable[[View, Sequence[Any]], Sheet]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list. `key`: columns that tell one item from all others and never change; `newest`: in falling order."""

    name: str
    summary: str
    asks: type[Paged]
    columns: Sequence[Column]
    make: Callable[[View, Any], Sheet] | Long
    key: tuple[str, ...]
    newest: bool = False

    @property
    def item(self) -> type[BaseModel]:
        return model_of(self.name.title().replace("-", "") + "Item", self.columns)


@dataclass(frozen=True, slots=True)
class Single:
    """One thing by its name or id. `tables`: name and columns of the lists that it has."""

    path: str
    summary: str
    columns: Sequence[Column]
    tables: Mapping[str, Sequence[Column]]
    make: Callable[[View, str], Mapping[str, Any]]
    model_name: str

    @property
    def model(self) -> type[BaseModel]:
        more = {
            name: (list[model_of(f"{self.model_name}{name.title()}", said)], Field(description=name))  # type: ignore[misc]
            for name, said in self.tables.items()
        }
        return model_of(self.model_name, self.columns, more)


def model_of(name: str, said: Sequence[Column], more: Mapping[str, Any] | None = None) -> type[BaseModel]:
    """A model with a field for each column; all are always there, null where nothing is known."""
    fields: dict[str, Any] = {column.key: (TYPES[column.kind], Field(description=column.title)) for column in said}
    made: type[BaseModel] = create_model(
        name, __config__=ConfigDict(extra="forbid"), **fields, **(more or {})
    )  # fmt: skip
    return made


def objects_of(sheet: Sheet) -> list[dict[str, Any]]:
    """The rows as JSON has them; an empty text is nothing known."""
    keys = sheet.keys
    return [{key: _known(value_of(value)) for key, value in zip(keys, row, strict=True)} for row in sheet.rows]


def _known(value: Any) -> Any:
    return None if value == "" else value


def _devices(view: View, asked: Devices) -> Sheet:
    wanted = {"q": asked.q, "class": asked.class_ or "", "standing": asked.standing or "", "site": asked.site}
    _has_site(view, asked.site)
    return sheets.devices_sheet(row for row in rows_of(view, view.watched.values()) if fits(row, wanted))


def _outages(view: View, asked: Outages) -> list[Outage]:
    return [
        o
        for o in view.every_outage
        if (asked.state is None or (o.ended_at is None) is (asked.state == "open"))
        and (not asked.subject or o.subject == asked.subject)
        and (asked.since is None or o.ended_at is None or o.ended_at > asked.since)
        and (asked.until is None or o.began_at < asked.until)
    ]


def _register(view: View, asked: Register) -> Sequence[Piece]:
    _has_site(view, asked.site)
    wanted = RegisterAsked(asked.q, asked.class_ or "", asked.site, asked.stage or "", asked.part, asked.gone)
    return pieces_asked(view, wanted)


def _links(view: View, asked: OfSite) -> Sheet:
    _has_site(view, asked.site)
    return links_sheet(view, asked.site)


def _has_site(view: View, name: str) -> None:
    if name and name not in view.estate.sites:
        raise Refused("invalid-parameters", "site is not in the inventory", {"site": f"no site {plain(name, 100)!r}"})


COUNCILS = columns("council", "title", "share number")
SITES = columns("site", "title", "kind", "council", "standing", "since time", "reason")
SERVICES = columns(
    "service", "title", "owner", "standing", "since time", "reason", "fix_target_seconds seconds", "fix_clock",
    "service_hours", "availability_target number",
)  # fmt: skip


def _sites(view: View, _: Paged) -> Sheet:
    rows = []
    for name, site in view.estate.sites.items():
        held = view.board.get(f"site:{name}", UNKNOWN)
        rows.append((name, site.title, site.kind, site.owner, shown(held).value, sheets.known(held.since), held.reason))
    return Sheet("sites", SITES, rows)


def _services(view: View, _: Paged) -> Sheet:
    rows = []
    for name, one in view.estate.services.items():
        held = view.board.get(f"service:{name}", UNKNOWN)
        rows.append((name, one.title, one.owner, shown(held).value, sheets.known(held.since), held.reason,
                     one.fix_target, one.fix_clock, str(one.service_hours), one.availability_target))  # fmt: skip
    return Sheet("services", SERVICES, rows)


def _councils(view: View, _: Paged) -> Sheet:
    return Sheet("councils", COUNCILS, [(name, one.title, one.share) for name, one in view.estate.councils.items()])


LISTINGS = (
    Listing("councils", "The partners", Paged, COUNCILS, _councils, ("council",)),
    Listing("sites", "Buildings and data centres, and how they stand", Paged, SITES, _sites, ("site",)),
    Listing("links", "WAN links", OfSite, LINKS, _links, ("link",)),
    Listing("services", "What people use, and how it stands", Paged, SERVICES, _services, ("service",)),
    Listing("devices", "Devices, and how they stand", Devices, sheets.DEVICES, _devices, ("device",)),
    Listing("outages", "Outages in the ledger, the newest first", Outages, sheets.OUTAGES,
        Long(_outages, lambda one: (str(one.id),), sheets.outages_sheet), ("id",), True),
    Listing(
        "maintenance", "Times of planned work: running, coming or over within two weeks, and next ones of rules", Times,
        sheets.TIMES, lambda view, asked: sheets.maintenance_sheet(view, asked.state or ""),
        ("window", "state", "from"),
    ),
    Listing(
        "availability", "The quarter so far, of services, sites and links", Paged, sheets.QUARTER,
        lambda view, _: sheets.quarter_sheet(view, view.quarter), ("subject",),
    ),
    Listing("register", "The hardware register", Register, sheets.REGISTER,
        Long(_register, lambda one: (one.asset.key,), lambda _, pieces: sheets.register_sheet(pieces)), ("key",)),
)  # fmt: skip


# ---------------------------------------------------------------- one thing
def _one_device(view: View, name: str) -> Mapping[str, Any]:
    watched = view.watched.get(name)
    if watched is None:
        raise Refused("not-found", f"the inventory has no device {plain(name, 100)!r}")
    (own,) = objects_of(sheets.devices_sheet(rows_of(view, [watched])))
    tables = sheets.device_sheets(name, device_of(view, watched))
    return {**own, **{table: objects_of(sheet) for table, sheet in tables.items()}}


def _one_outage(view: View, id: str) -> Mapping[str, Any]:
    outage = find(view, id)
    if outage is None:
        raise Refused("not-found", "the ledger has no such outage; ids are those that the list of outages gives")
    (own,) = objects_of(sheets.outages_sheet(view, [outage]))
    return {**own, "timeline": objects_of(sheets.timeline_sheet(one_of(view, outage)))}


AGENT = columns(
    "version", "started_at time", "now time", "cut_off boolean", "devices number", "inventory_loaded_at time",
    "inventory_problems list", "waiting_for_restart list", "ledger_problem",
)  # fmt: skip


def _agent(view: View, _: str) -> Mapping[str, Any]:
    agent = view.agent
    row = (agent.version, agent.started_at, view.now, agent.blind, len(view.watched), agent.inventory_loaded_at,
           agent.inventory_problems, agent.waiting, agent.ledger_problem)  # fmt: skip
    (own,) = objects_of(Sheet("agent", AGENT, [row]))
    return own


SINGLES = (
    Single("devices/{name}", "One device, with what its last visits told", sheets.DEVICES, sheets.DEVICE_TABLES,
           _one_device, "Device"),
    Single("outages/{id}", "One outage, with its timeline", sheets.OUTAGES, {"timeline": sheets.TIMELINE}, _one_outage,
           "Outage"),
    Single("agent", "The agent itself", AGENT, {}, _agent, "Agent"),
)  # fmt: skip
