"""What the page of Wi-Fi says: controllers, access points, and clients by building, band and network name. Pure but for
the answer to the browser.

    page = wifi_of(view)

All of it is what controllers and access points said at their last visits; what is too old is not counted. Where an
access point stands is known from the inventory, if it is a device of its own, or from the switch that sees it on a port
(LLDP, CDP), or else from its own name, where a site of the inventory is a word of it (ap-wallfields-07); the page says
which. Names that controllers and switches give are compared without case and domain.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.facts import Standing
from agent.hardware.register import Piece
from agent.health import UNKNOWN
from agent.neighbours import seen_by, short_name
from agent.sheets import Sheet, columns
from agent.view import View
from agent.watched import Watched
from agent.web.names import Named, name_of, piece_url, shown
from agent.web.rendering import Pages
from agent.web.tables import Sheets, table_routes
from collectors.readings import Cadence, Check, Level, Part, Visit

POINT = "access_point"  # the check by which a controller tells of each of its access points
LOST = "not on the controller"  # agent.health.points
MOST = 1_000  # access points of the table
BANDS = ("2.4 GHz", "5 GHz", "6 GHz", "band not told")
NO_BAND = BANDS[-1]
PLACE_UNKNOWN = "Building not known"


@dataclass(frozen=True, slots=True)
class Radio:
    """One radio of an access point, as far as it is told."""

    band: str
    channel: int | None = None
    clients: int | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """An access point. `state` is the controller's word; `seen_at`: when it was last known to be there."""

    name: str
    url: str
    level: Level
    state: str
    controller: Named
    site: Named | None
    placed_by: str  # what the site is known by
    model: str
    radios: tuple[Radio, ...]
    seen_at: datetime | None
    missing: bool = False

    @property
    def clients(self) -> int | None:
        told = [radio.clients for radio in self.radios if radio.clients is not None]
        return sum(told) if told else None

    @property
    def channels(self) -> str:
        return ", ".join(f"{radio.channel} ({radio.band})" for radio in self.radios if radio.channel)


@dataclass(frozen=True, slots=True)
class Controller:
    """A controller, or an access point that stands for itself. Figures are None where it does not tell them."""

    named: Named
    site: Named
    standing: Standing
    known: int | None
    up: int | None
    down: int | None
    most: int | None  # that its licence allows
    clients: int | None
    age: timedelta | None  # of what it told; None: never, or too old


@dataclass(frozen=True, slots=True)
class Place:
    """Clients in a building, by band."""

    title: str
    url: str
    points: int
    up: int
    bands: Mapping[str, int]

    @property
    def clients(self) -> int:
        return sum(self.bands.values())


@dataclass(frozen=True, slots=True)
class Wifi:
    """Everything on the page."""

    controllers: Sequence[Controller]
    points: Sequence[Point]
    more_points: int
    missing: Sequence[Point]
    places: Sequence[Place]
    bands: Sequence[str]  # those that anything is told of
    networks: Sequence[tuple[str, int, Sequence[Named]]]  # SSID, clients, who tells of it
    tally: Counter[Level]
    clients: int | None

    @property
    def level(self) -> Level:
        order = (Level.CRITICAL, Level.WARNING, Level.UNKNOWN)
        return next((level for level in order if self.tally[level]), Level.OK)


@dataclass(slots=True)
class _Told:
    """What one controller says of its access points."""

    radios: dict[str, dict[str, Radio]] = field(default_factory=lambda: defaultdict(dict))  # name > radio
    networks: Counter[str] = field(default_factory=Counter)


def wifi_of(view: View, most: int | None = MOST) -> Wifi:
    """`most`: access points of the table; None: all."""
    controllers: list[Controller] = []
    points: list[Point] = []
    networks: Counter[str] = Counter()
    tellers: dict[str, list[Named]] = defaultdict(list)
    places = _places(view)
    pieces = _pieces(view)
    own = {short_name(name): name for name, watched in view.watched.items() if watched.role == "wifi_ap"}
    for watched in view.watched.values():
        visit = view.latest.condition(watched.name, watched.intervals, view.now)
        checks = [check for check in visit.checks if check.check == POINT] if visit is not None else []
        if not (watched.role in ("wifi_controller", "wifi_ap") or checks):
            continue
        named = name_of(f"device:{watched.name}", view.estate)
        told = _told(visit) if visit is not None else _Told()
        for ssid, clients in told.networks.items():
            networks[ssid] += clients
            tellers[ssid].append(named)
        controllers.append(_controller(view, watched, named, visit))
        if visit is None:
            continue
        parts = _parts(view, watched.name)
        if watched.role == "wifi_ap":
            points.append(_alone(view, watched, named, visit, told))
        points += [
            _point(view, watched, named, visit, check, told, parts, pieces, places)
            for check in checks
            if short_name(check.subject) not in own
        ]
    points.sort(key=lambda point: (point.level is Level.OK, not point.missing, point.name.casefold()))
    bands = {radio.band for point in points for radio in point.radios if radio.clients is not None}
    sums = [c.clients for c in controllers if c.clients is not None]
    return Wifi(
        controllers=sorted(controllers, key=lambda one: (one.named.kind != "Wi-Fi controller", one.named.title)),
        points=points[:most],
        more_points=len(points) - len(points[:most]),
        missing=[point for point in points if point.missing][:most],
        places=_by_place(points),
        bands=[band for band in BANDS if band in bands],
        networks=[(ssid, clients, tellers[ssid]) for ssid, clients in networks.most_common()],
        tally=Counter(point.level for point in points),
        clients=sum(sums) if sums else None,
    )


# ---------------------------------------------------------------- what is told
_CLIENTS, _CHANNEL, _SSID = (
    "hartwatch_wifi_radio_clients",
    "hartwatch_wifi_radio_channel",
    "hartwatch_wifi_ssid_clients",
)
_METRICS = (_CLIENTS, _CHANNEL, _SSID)


def _told(visit: Visit) -> _Told:
    told = _Told()
    for metric, labels, value in visit.told(_METRICS):
        if metric == _SSID:
            told.networks[labels.get("ssid", "")] += int(value)
            continue
        name = short_name(labels.get("ap") or labels.get("ap_mac") or labels.get("ap_id") or visit.device)
        which = labels.get("slot") or labels.get("radio") or labels.get("index") or ""
        radio = told.radios[name].get(which) or Radio(_band(labels.get("band") or labels.get("radio") or ""))
        if metric == _CLIENTS:
            radio = replace(radio, clients=(radio.clients or 0) + int(value))
        else:
            radio = replace(radio, channel=int(value))
            if radio.band == NO_BAND:
                radio = replace(radio, band=_band_of(int(value)))
        told.radios[name][which] = radio
    return told


def _band(said: str) -> str:
    """The band in a label; families say "5 GHz", "2.4GHz", "802.11b", "dot11a" or only a number of the radio."""
    found = re.search(r"(?<![\d.])(2\.4|5|6)\s*-?\s*ghz", said.casefold())
    return f"{found[1]} GHz" if found else NO_BAND


def _band_of(channel: int) -> str:
    """By the channel (IEEE 802.11): 1 to 14 are of 2.4 GHz, 32 to 177 of 5 GHz; those of 6 GHz have the same numbers,
    so that of them the band has to be told."""
    return BANDS[0] if 1 <= channel <= 14 else BANDS[1] if 32 <= channel <= 177 else NO_BAND


def _parts(view: View, device: str) -> dict[str, Part]:
    recent = view.latest.of(device)
    told = recent.visits.get(Cadence.INVENTORY) if recent is not None else None
    return {short_name(part.name): part for part in told.parts if part.part == POINT} if told is not None else {}


def _pieces(view: View) -> dict[tuple[str, str], Piece]:
    """(controller, name) > its piece of the register."""
    found: dict[tuple[str, str], Piece] = {}
    for piece in view.pieces:
        if piece.asset.part == POINT:
            key = piece.asset.device, short_name(piece.asset.name)
            if key not in found or piece.presence == "present":
                found[key] = piece
    return found


def _places(view: View) -> dict[str, str]:
    """What calls itself so > the site of the switch that sees it on a port; "" where switches of several sites do."""
    found: dict[str, str] = {}
    for name, watched in view.watched.items():
        if watched.role in ("switch", "router"):
            visit = view.latest.fresh(name, Cadence.INVENTORY, watched.intervals[Cadence.INVENTORY], view.now)
            for seen in seen_by(name, visit) if visit is not None else ():
                if seen.name:
                    key = short_name(seen.name)
                    found[key] = watched.site if found.get(key, watched.site) == watched.site else ""
    return found


# ---------------------------------------------------------------- pieces of the page
def _controller(view: View, watched: Watched, named: Named, visit: Visit | None) -> Controller:
    figures = visit.wireless if visit is not None else {}

    def figure(name: str) -> int | None:
        value = figures.get(name)
        return int(value) if value is not None else None

    return Controller(
        named=named,
        site=name_of(f"site:{watched.site}", view.estate),
        standing=shown(view.board.get(named.subject, UNKNOWN)),
        known=figure("access_points"),
        up=figure("access_points_up"),
        down=figure("access_points_down"),
        most=figure("access_points_limit"),
        clients=figure("clients"),
        age=view.now - visit.started_at if visit is not None else None,
    )


def _point(
    view: View, watched: Watched, controller: Named, visit: Visit, check: Check, told: _Told, parts: Mapping[str, Part],
    pieces: Mapping[tuple[str, str], Piece], places: Mapping[str, str],
) -> Point:  # fmt: skip
    key = short_name(check.subject)
    part, piece = parts.get(key), pieces.get((watched.name, key))
    missing = check.state == LOST
    model = (part.model if part is not None else piece.asset.model if piece is not None else "") or ""
    site, placed_by = places.get(key), "seen by a switch there"
    if not site:
        words = set(re.split(r"[^a-z0-9]+", check.subject.casefold()))
        named = [name for name in view.estate.sites if name.casefold() in words]
        site, placed_by = (named[0], "by its name") if len(named) == 1 else (None, "")
    seen_at = visit.started_at if not missing else piece.asset.last_seen_at if piece is not None else None
    return Point(
        name=check.subject,
        url=piece_url(piece.asset) if piece is not None else "",
        level=check.level,
        state=check.state,
        controller=controller,
        site=name_of(f"site:{site}", view.estate) if site else None,
        placed_by=placed_by,
        model=model,
        radios=tuple(radio for _, radio in sorted(told.radios.get(key, {}).items())),
        seen_at=seen_at,
        missing=missing,
    )


def _alone(view: View, watched: Watched, named: Named, visit: Visit, told: _Told) -> Point:
    """An access point that is watched by itself."""
    standing = shown(view.board.get(named.subject, UNKNOWN))
    level = {Standing.UP: Level.OK, Standing.DEGRADED: Level.WARNING, Standing.DOWN: Level.CRITICAL}.get(
        standing, Level.UNKNOWN
    )
    radios = tuple(radio for own in told.radios.values() for _, radio in sorted(own.items()))
    clients = visit.wireless.get("clients")
    if clients is not None and not any(radio.clients is not None for radio in radios):
        radios = (*radios, Radio(NO_BAND, clients=int(clients)))
    return Point(
        name=watched.name,
        url=named.url,
        level=level,
        state=standing.value,
        controller=named,
        site=name_of(f"site:{watched.site}", view.estate),
        placed_by="in the inventory",
        model=visit.identity.model or "",
        radios=radios,
        seen_at=visit.started_at,
    )


def _by_place(points: Sequence[Point]) -> list[Place]:
    groups: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for point in points:
        groups[(point.site.title, point.site.url) if point.site else (PLACE_UNKNOWN, "")].append(point)
    found = []
    for (title, url), own in groups.items():
        bands: Counter[str] = Counter()
        for point in own:
            for radio in point.radios:
                bands[radio.band] += radio.clients or 0
        found.append(Place(title, url, len(own), sum(point.level is Level.OK for point in own), bands))
    return sorted(found, key=lambda place: (not place.url, -place.clients, place.title))


def routes(pages: Pages) -> list[Route]:
    async def wifi(_: Request) -> Response:
        view = await pages.look()
        # Readings of a large estate's controllers are gone through beside the loop.
        return pages.page(view, "wifi.html", "/wifi", page=await asyncio.to_thread(wifi_of, view))

    async def tables(view: View, _: Request) -> Sheets:
        page = await asyncio.to_thread(wifi_of, view, most=None)
        return {sheet.name: sheet for sheet in sheets_of(page)}

    return [Route("/wifi", wifi), *table_routes("/wifi", pages.look, tables)]


def sheets_of(page: Wifi) -> list[Sheet]:
    """The tables of the page as files; the one that is meant without a name first."""
    points = [
        (p.name, p.level.value, p.state, p.missing, p.clients, p.channels, p.site.title if p.site else None,
         p.placed_by or None, p.controller.title, p.model, p.seen_at)
        for p in page.points
    ]  # fmt: skip
    controllers = [
        (c.named.title, c.named.kind, c.standing.value, c.site.title, c.known, c.up, c.down, c.most, c.clients, c.age)
        for c in page.controllers
    ]
    clients = [
        (place.title, place.points, place.up, band, place.bands[band]) for place in page.places for band in page.bands
    ]
    networks = [(ssid, number, [t.title for t in tellers]) for ssid, number, tellers in page.networks]
    return [
        Sheet("access-points", columns("access_point", "level", "state", "missing boolean", "clients number",
                                       "channels", "building", "placed_by", "controller", "model",
                                       "last_seen_at time"), points),
        Sheet("controllers", columns("device", "kind", "standing", "site", "access_points number", "up number",
                                     "lost number", "licensed number", "clients number", "age_seconds seconds"),
              controllers),
        Sheet("clients", columns("building", "access_points number", "up number", "band", "clients number"), clients),
        Sheet("networks", columns("ssid", "clients number", "told_by list"), networks),
    ]  # fmt: skip
