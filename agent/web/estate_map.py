"""The estate as a map: data centres in the middle, buildings beside them by council, a line for each WAN link.

    chart = map_of(view, council)        Chart: places, lines, and the same as rows of a table

The inventory has no coordinates, and no place is drawn by chance: councils go left and right in the order in which the
inventory has them, each to the shorter side, and buildings stand in the inventory's order. So the map looks the same
from day to day, and what is different is what happens. A link's far end is not in the inventory: lines lead to the
network in the middle and say whose they are at the building. Pure but for the answer to the browser.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.facts import Standing
from agent.health import UNKNOWN
from agent.sheets import Sheet, columns
from agent.view import View
from agent.web.names import Named, name_of, shown
from agent.web.planned import Under
from agent.web.rendering import Pages
from agent.web.tables import Sheets, table_routes
from agent.words import count

MOST_DRAWN = 60  # places; a map of more is a wall of boxes, and the list is better
MOST_LINES = 4  # of one place
ONE_ROW = 14  # places beside each other's side before a second row of them is begun
CARDS = (272, 224)  # width of a place, in one row of them and in two
GAP, LINE, HEAD = 14, 20, 50  # between places, height of a link in one and of its name
BETWEEN, WIDE_GAP = 38, 22  # the rows of a side, and the gaps that lines pass through
BAND, CLEAR = 276, 72  # width of the network in the middle, and room for lines beside it
TITLE = 34  # height of a council's name
_WORST = (Standing.DOWN, Standing.DEGRADED, Standing.BLIND, Standing.UP)
WORDS = {Standing.UP: "up", Standing.DEGRADED: "degraded", Standing.DOWN: "down", Standing.BLIND: "not known"}
LEGS = {  # by how many links are left of how many
    Standing.DOWN: "cut off", Standing.DEGRADED: "not all links", Standing.BLIND: "links not known",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wire:
    """A WAN link of a place."""

    named: Named
    name: str
    supplier: str
    circuit: str
    standing: Standing
    since: datetime | None
    in_maintenance: bool

    @property
    def words(self) -> str:
        return f"{self.supplier}: {WORDS[self.standing]}{', in maintenance' if self.in_maintenance else ''}"


@dataclass(frozen=True, slots=True)
class Place:
    """A building or data centre. `said`: its devices in words; `pair`: what is left of its links, "" where all are."""

    named: Named
    kind: str
    council: str
    standing: Standing
    said: str
    pair: str
    wires: tuple[Wire, ...]
    in_maintenance: bool

    @property
    def title(self) -> str:
        """For people, with everything that the drawing says by shapes."""
        links = "; ".join(wire.words for wire in self.wires)
        return f"{self.named.title}: {WORDS[self.standing]}, {self.said}{f'. Links: {links}' if links else ''}"


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the drawing."""

    place: Place
    x: float
    y: float
    width: float
    height: float
    rows: tuple[tuple[Wire, float], ...]  # its links, and where their words stand
    more: int = 0  # links that are not drawn


@dataclass(frozen=True, slots=True)
class Line:
    """A link on the drawing: where it goes, and where its sign stands."""

    wire: Wire
    path: str
    x: float
    y: float
    url: str


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What is being drawn."""

    card: float  # width of a place
    boxes: list[Box]
    lines: list[Line]
    titles: list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    left: float  # edges of the network in the middle
    boxes: Sequence[Box]
    lines: Sequence[Line]
    titles: Sequence[tuple[str, float, float]]  # councils


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything on the page. `drawing` is None where there are too many places, or none."""

    places: Sequence[Place]
    drawing: Drawing | None
    councils: Sequence[tuple[str, str]]  # that may be asked for: name, title
    council: str
    verdict: str
    level: Standing
    tally: Counter[Standing] = field(default_factory=Counter)  # of the links


def map_of(view: View, council: str = "") -> Chart:
    """`council`: only the buildings of one; data centres are always there."""
    places = places_of(view)
    if council in view.estate.councils:
        title = view.estate.councils[council].title
        places = [place for place in places if place.kind == "data_centre" or place.council == title]
    else:
        council = ""
    wires = [wire for place in places for wire in place.wires]
    tally = Counter(wire.standing for wire in wires)
    verdict, level = _verdict(places, tally)
    return Chart(
        places=places,
        drawing=draw(places) if 0 < len(places) <= MOST_DRAWN else None,
        councils=[(name, one.title) for name, one in view.estate.councils.items()],
        council=council,
        verdict=verdict,
        level=level,
        tally=tally,
    )


def places_of(view: View) -> list[Place]:
    """Data centres first, then as the inventory has them."""
    under = Under(view)
    wires: dict[str, list[Wire]] = defaultdict(list)
    for name, link in view.estate.links.items():
        held = view.board.get(f"link:{name}", UNKNOWN)
        since = held.since if held.since.year > 1970 else None
        maintained = under.of(f"link:{name}") is not None
        named = name_of(f"link:{name}", view.estate)
        wires[link.site].append(
            Wire(named, name, link.supplier, link.circuit or "", shown(held), since, maintained)
        )  # fmt: skip
    standings: dict[str, Counter[Standing]] = defaultdict(Counter)
    for watched in view.watched.values():
        standings[watched.site][shown(view.board.get(f"device:{watched.name}", UNKNOWN))] += 1
    found = []
    for name, site in view.estate.sites.items():
        council = view.estate.councils.get(site.owner)
        found.append(
            _place(
                view, name, site.kind, council.title if council else site.owner, standings[name], wires[name],
                under.of(f"site:{name}") is not None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda place: place.kind != "data_centre")


def _place(
    view: View, name: str, kind: str, council: str, devices: Counter[Standing], wires: list[Wire], maintained: bool
) -> Place:
    held = view.board.get(f"site:{name}")
    legs = [wire.standing for wire in wires]
    down = legs.count(Standing.DOWN)
    pair = ""
    if legs and down == len(legs):
        pair = LEGS[Standing.DOWN]
    elif down:
        pair = f"{len(legs) - down} of {count(len(legs), 'link')} left"
    elif Standing.BLIND in legs:
        pair = LEGS[Standing.BLIND]
    standing = shown(held) if held is not None else _from_below(devices, legs)
    parts = [f"{devices[one]} {WORDS[one]}" for one in _WORST[:3] if devices[one]]
    total = devices.total()
    said = count(total, "device") + (f", {', '.join(parts)}" if parts else ", all up" if total > 1 else "")
    return Place(
        name_of(f"site:{name}", view.estate), kind, council, standing, said, pair, tuple(wires), maintained
    )  # fmt: skip


def _from_below(devices: Counter[Standing], legs: Sequence[Standing]) -> Standing:
    """A site of which the board says nothing: by what stands in it, never better than that."""
    total = devices.total()
    if (legs and all(leg is Standing.DOWN for leg in legs)) or (total and devices[Standing.DOWN] == total):
        return Standing.DOWN
    if devices[Standing.DOWN] or devices[Standing.DEGRADED] or Standing.DOWN in legs or Standing.DEGRADED in legs:
        return Standing.DEGRADED
    return Standing.BLIND if devices[Standing.BLIND] or Standing.BLIND in legs or not (total or legs) else Standing.UP


def _verdict(places: Sequence[Place], tally: Counter[Standing]) -> tuple[str, Standing]:
    off = [place for place in places if place.wires and all(w.standing is Standing.DOWN for w in place.wires)]
    if off:
        return f"{count(len(off), 'building')} cut off", Standing.DOWN
    if tally[Standing.DOWN]:
        return f"{count(tally[Standing.DOWN], 'link')} down, no building cut off", Standing.DEGRADED
    if tally[Standing.BLIND]:
        return f"{count(tally[Standing.BLIND], 'link')} not known", Standing.BLIND
    return (f"All {count(tally.total(), 'link')} up" if tally else "No links in the inventory"), Standing.UP


# ---------------------------------------------------------------- where everything stands
def draw(places: Sequence[Place]) -> Drawing:
    """The same places, the same drawing."""
    centres = [place for place in places if place.kind == "data_centre"]
    sides = _sides([place for place in places if place.kind != "data_centre"])
    rows = [2 if sum(len(own) for _, own in side) > ONE_ROW else 1 for side in sides]
    card = CARDS[max(rows) - 1]
    wide = [card * n + BETWEEN * (n - 1) for n in rows]
    left = wide[0] + CLEAR
    width = left + BAND + CLEAR + wide[1]
    sheet = _Sheet(card, [], [], [])
    heights = []
    for number, side in enumerate(sides):
        column = 0.0 if number == 0 else width - card
        inner = column + (card + BETWEEN) * (1 if number == 0 else -1)
        edge = left if number == 0 else left + BAND
        heights.append(_side(side, column, inner if rows[number] == 2 else None, edge, sheet))
    stack = sum(_height(place) + 2 * GAP for place in centres)
    height = max(*heights, stack + TITLE + 2 * GAP)
    y = TITLE + (height - TITLE - stack) / 2
    for place in centres:
        box = _box(place, left + 14, y, BAND - 36)
        sheet.boxes.append(box)
        for wire, at in box.rows:  # the links of a data centre: from its side to the edge of the network
            x = box.x + box.width
            sheet.lines.append(_line(wire, f"M{x:g} {at:g}H{left + BAND:g}", (x + left + BAND) / 2, at, place))
        y += box.height + 2 * GAP
    return Drawing(width, height, left, sheet.boxes, sheet.lines, sheet.titles)


def _sides(places: Iterable[Place]) -> tuple[list[tuple[str, list[Place]]], list[tuple[str, list[Place]]]]:
    """Councils with their buildings, left and right; a whole council to the side that is shorter by then."""
    groups: dict[str, list[Place]] = {}
    for place in places:
        groups.setdefault(place.council, []).append(place)
    if len(groups) == 1:  # one council alone stands on both sides
        ((title, own),) = groups.items()
        half = (len(own) + 1) // 2
        return ([(title, own[:half])], [(title, own[half:])] if own[half:] else [])
    left: list[tuple[str, list[Place]]] = []
    right: list[tuple[str, list[Place]]] = []
    for title, own in groups.items():
        shorter = left if sum(len(g) for _, g in left) <= sum(len(g) for _, g in right) else right
        shorter.append((title, own))
    return left, right


def _height(place: Place) -> float:
    drawn = min(len(place.wires), MOST_LINES) + (len(place.wires) > MOST_LINES)
    return HEAD + LINE * drawn + (6 if drawn else 0)


def _side(
    side: Sequence[tuple[str, list[Place]]], column: float, inner: float | None, edge: float, sheet: _Sheet
) -> float:
    """Put one side's places under each other; how high that is. `inner`: where a second row of them stands."""
    y = 0.0
    for title, own in side:
        sheet.titles.append((title, min(column, column if inner is None else inner), y + TITLE - 12))
        y += TITLE
        y = _one_row(own, column, edge, y, sheet) if inner is None else _two_rows(own, column, inner, edge, y, sheet)
        y += GAP
    return y


def _one_row(own: Sequence[Place], column: float, edge: float, y: float, sheet: _Sheet) -> float:
    for place in own:
        box = _box(place, column, y, sheet.card)
        sheet.boxes.append(box)
        start = column if column > edge else column + box.width
        for wire, at in box.rows:
            sheet.lines.append(_line(wire, f"M{start:g} {at:g}H{edge:g}", (start + edge) / 2, at, place))
        y += box.height + GAP
    return y


def _two_rows(own: Sequence[Place], column: float, inner: float, edge: float, y: float, sheet: _Sheet) -> float:
    """Two rows, half a place apart, so that lines of the outer one pass through the gaps of the inner one."""
    tall = max(_height(place) for place in own)
    pitch = tall + WIDE_GAP
    for number, place in enumerate(own):
        outer = number % 2 == 0
        x, top = (column, y) if outer else (inner, y + pitch / 2)
        top += number // 2 * pitch
        box = _box(place, x, top, sheet.card)
        sheet.boxes.append(box)
        ahead = -1 if x > edge else 1  # the way to the middle
        start = x if ahead < 0 else x + box.width
        for lane_of, (wire, at) in enumerate(box.rows):
            shift = lane_of - (len(box.rows) - 1) / 2
            sign = edge - ahead * (CLEAR / 2 + 16 * shift)
            if outer:
                lane, turn = top + tall / 2 + 5 * shift, start + ahead * (8 + 6 * lane_of)
                path = f"M{start:g} {at:g}H{turn:g}V{lane:g}H{edge:g}"
            else:
                lane, path = at, f"M{start:g} {at:g}H{edge:g}"
            sheet.lines.append(_line(wire, path, sign, lane, place))
    return y + (len(own) + 1) // 2 * pitch + (pitch / 2 if len(own) > 1 else 0)


def _box(place: Place, x: float, y: float, width: float) -> Box:
    drawn = place.wires[:MOST_LINES]
    rows = tuple((wire, y + HEAD + LINE * number + 6) for number, wire in enumerate(drawn))
    return Box(place, x, y, width, _height(place), rows, len(place.wires) - len(drawn))


def _line(wire: Wire, path: str, x: float, y: float, place: Place) -> Line:
    return Line(wire, path, x, y, f"{place.named.url}#link-{quote(wire.name, safe='')}")


def routes(pages: Pages) -> list[Route]:
    async def estate_map(request: Request) -> Response:
        view = await pages.look()
        chart = map_of(view, request.query_params.get("council", "")[:100])
        return pages.page(
            view, "map.html", "/map", chart=chart, words=WORDS, band=BAND, most=MOST_DRAWN,
        )  # fmt: skip

    async def tables(view: View, request: Request) -> Sheets:
        chart = map_of(view, request.query_params.get("council", "")[:100])
        return {"sites": lambda: sites_sheet(chart)}

    return [Route("/map", estate_map), *table_routes("/map", pages.look, tables)]


def sites_sheet(chart: Chart) -> Sheet:
    """The table of the page as a file."""
    rows = [
        (p.named.subject.partition(":")[2], p.named.title, p.kind, p.council, p.standing.value, p.said, p.pair or None,
         p.in_maintenance, [f"{w.name} ({w.supplier}): {WORDS[w.standing]}" for w in p.wires])
        for p in chart.places
    ]  # fmt: skip
    said = columns("site", "title", "kind", "council", "standing", "devices", "links_left", "in_maintenance boolean",
                   "links list")  # fmt: skip
    return Sheet("sites", said, rows)
