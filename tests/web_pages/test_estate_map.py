"""The map: the same places in the same spots, every link with its standing in shape and word, and a table of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from agent.facts import Standing
from agent.health import Held
from agent.web.estate_map import MOST_DRAWN, MOST_LINES, Box, draw, map_of, places_of
from tests.readers.test_web_pages import HOSTILE, HOUR, NOON, Structure, down, read, scripts, view, words_of
from tests.web_pages.conftest import Client
from tests.web_pages.making import large, view_of

DEGRADED = Held(Standing.DEGRADED, NOON - HOUR, reason="errors")
BLIND = Held(Standing.BLIND, NOON - HOUR, reason="not seen")


def apart(one: Box, other: Box) -> bool:
    beside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def segments(path: str) -> Sequence[tuple[float, float, float, float]]:
    """The straight pieces of a path of M, H and V."""
    found, x, y = [], 0.0, 0.0
    for step, a, b in re.findall(r"([MHV])([-\d.]+)(?: ([-\d.]+))?", path):
        before = x, y
        x, y = (float(a), float(b)) if step == "M" else (float(a), y) if step == "H" else (x, float(a))
        if step != "M":
            found.append((*before, x, y))
    return found


def crosses(piece: tuple[float, float, float, float], box: Box) -> bool:
    x1, y1, x2, y2 = piece
    left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
    inside = right > box.x + 0.1 and left < box.x + box.width - 0.1
    return inside and bottom > box.y + 0.1 and top < box.y + box.height - 0.1


@pytest.mark.parametrize("links", [0, 1, 2, 3, 4, 7])
@pytest.mark.parametrize("sites", [1, 2, 4, 15, 31, 60])
def test_nothing_lies_upon_anything_else_and_all_is_inside(sites: int, links: int) -> None:
    drawing = draw(places_of(view_of(large(sites, links))))
    boxes = drawing.boxes
    assert len(boxes) == sites
    assert len(drawing.lines) == sites * min(links, MOST_LINES)
    for number, box in enumerate(boxes):
        assert 0 <= box.x <= box.x + box.width <= drawing.width
        assert 0 <= box.y <= box.y + box.height <= drawing.height
        assert all(apart(box, other) for other in boxes[number + 1 :])
    for line in drawing.lines:
        own = next(box for box in boxes if line.wire in box.place.wires)
        for piece in segments(line.path):
            assert not [box for box in boxes if box is not own and crosses(piece, box)]


@pytest.mark.parametrize("councils", [1, 2, 3, 5])
def test_buildings_stand_beside_the_data_centres_by_council(councils: int) -> None:
    drawing = draw(places_of(view_of(large(20, councils=councils))))
    edge = drawing.left
    for box in drawing.boxes:
        inside = edge <= box.x <= edge + 300
        assert inside == (box.place.kind == "data_centre")
    if councils > 1:
        sides: dict[str, set[bool]] = {}
        for box in drawing.boxes:
            if box.place.kind != "data_centre":
                sides.setdefault(box.place.council, set()).add(box.x < edge)
        assert all(len(side) == 1 for side in sides.values())
        assert {side for own in sides.values() for side in own} == {True, False}


def test_the_same_estate_is_drawn_the_same_whatever_happens_in_it() -> None:
    estate = large(20)
    board = {"link:site3-0": down(HOUR), "device:sw-5-0": down(HOUR), "site:site7": DEGRADED}
    quiet, loud = (draw(places_of(view_of(estate, board=b))) for b in ({}, board))
    assert [(box.x, box.y) for box in quiet.boxes] == [(box.x, box.y) for box in loud.boxes]
    assert [line.path for line in quiet.lines] == [line.path for line in loud.lines]


def test_how_a_site_stands_is_what_the_board_says_and_else_no_better_than_what_stands_in_it() -> None:
    board = {
        "link:site2-0": down(HOUR), "link:site3-0": down(HOUR), "link:site3-1": down(HOUR), "device:sw-4-0": BLIND,
        "device:sw-5-0": DEGRADED, "site:site6": down(HOUR),
    }  # fmt: skip
    found = {place.named.title: place for place in places_of(view_of(large(8), board=board))}
    standings = [found[f"Building {n}"].standing.value for n in range(8)]
    assert standings == ["up", "up", "degraded", "down", "blind", "degraded", "down", "up"]
    assert [found[f"Building {n}"].pair for n in (2, 3, 7)] == ["1 of 2 links left", "cut off", ""]


@pytest.mark.parametrize(
    ("board", "verdict"),
    [
        ({}, "All 8 links up"),
        ({"link:site2-0": down(HOUR)}, "1 link down, no building cut off"),
        ({"link:site2-0": down(HOUR), "link:site2-1": down(HOUR)}, "1 building cut off"),
        ({"link:site2-0": BLIND}, "1 link not known"),
    ],
)
def test_the_map_says_in_a_sentence_how_the_links_stand(board: dict[str, Held], verdict: str) -> None:
    assert map_of(view_of(large(4), board=board)).verdict == verdict


async def test_the_page_says_all_in_words_and_every_place_leads_to_its_page(client: Client) -> None:
    board = {"link:site2-0": down(HOUR, "interface is down"), "link:site3-1": DEGRADED}
    pages = client(view_of(large(4), board=board))
    text = (await pages.get("/map")).text
    picture = text[text.index('<svg class="map"') : text.index("</svg>", text.index('<svg class="map"'))]
    for number in range(4):
        assert f'<a href="/sites/site{number}" aria-label="Building {number}: ' in picture
        assert f'href="/sites/site{number}#link-site{number}-0"' in picture
    for kind in ("down", "degraded"):  # a sign and dashes beside the colour
        assert f'<path class="wire {kind}"' in picture
        assert f'<g class="sign {kind}">' in picture
    table = words_of(text[text.index("The same as the map") :])
    assert "Building 2 office Degraded Council 0 1 device 1 of 2 links left Down Virgin Media C2-0 since 12:00" in table
    assert 'id="link-site2-0"' in (await pages.get("/sites/site2")).text


async def test_one_council_alone_has_its_buildings_and_the_data_centres(client: Client) -> None:
    said = await read(client(view_of(large(10))), "/map?council=council1")
    assert "7 sites" not in said
    assert "6 sites" in said
    assert "Building 2 " not in said.partition("The same as the map")[2]


@pytest.mark.parametrize("sites", [MOST_DRAWN, MOST_DRAWN + 1, 400])
async def test_sixty_sites_are_drawn_and_more_are_a_list(client: Client, sites: int) -> None:
    answer = await client(view_of(large(sites))).get("/map")
    assert answer.status_code == 200
    assert ('<svg class="map"' in answer.text) == (sites <= MOST_DRAWN)
    assert ("too many to draw" in words_of(answer.text)) == (sites > MOST_DRAWN)
    assert answer.text.count('<th scope="row">') == sites
    assert len(answer.text) < 2_000 * sites + 100_000


async def test_an_estate_of_nothing_has_a_page(client: Client) -> None:
    said = await read(client(view(estate=large(0), board={}, watched={})), "/map")
    assert "The inventory has no sites" in said


async def test_names_of_sites_and_suppliers_stay_text(client: Client) -> None:
    estate = large(4)
    for name, site in list(estate.sites.items()):
        estate.sites[name] = site.model_copy(update={"title": HOSTILE})
    for name, link in list(estate.links.items()):
        estate.links[name] = link.model_copy(update={"supplier": HOSTILE, "circuit": HOSTILE})
    answer = await client(view_of(estate, board={"link:site2-0": down(HOUR, HOSTILE)})).get("/map")
    assert scripts(answer.text) == []
    assert not {"\x1b", "\u202e"} & set(answer.text)
    page = Structure(answer.text)
    assert not page.open
    assert len(page.ids) == len(set(page.ids))
