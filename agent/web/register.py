"""The page of the hardware register: what is asked for, and a page full of it. Pure.

listing = listing_of(view, request.query_params)      100 rows of what fits, and how many there are of each stage
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlencode

from agent.hardware.register import Piece
from agent.hardware.table import fitting
from agent.inventory.model import DeviceClass
from agent.lifecycle.wording import STAGE_WORDS, Wording, sentence
from agent.view import View
from agent.web.names import Named, name_of, piece_url

ROWS = 100  # on one page: a browser draws them at once, and a person reads no more
LONGEST = 100  # characters of what is looked for
CLASSES: tuple[str, ...] = get_args(DeviceClass)


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of hardware, with the words for how it stands and where its page is."""

    piece: Piece
    where: Named
    site: str  # title
    words: Wording
    url: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, how many of what fits have it, and the address of the list of those."""

    name: str
    words: Wording
    number: int
    sentence: str
    url: str


@dataclass(frozen=True, slots=True)
class Listing:
    """`asked`: what the form says; `total`: how many fit; `elsewhere`: how many of them are gone or withdrawn."""

    asked: Mapping[str, str]
    rows: Sequence[Row]
    stages: Sequence[Stage]
    total: int
    number: int  # of this page, from 1
    pages: int
    before: str  # address of the page before; "" if there is none
    after: str


def listing_of(view: View, query: Mapping[str, str]) -> Listing:
    """What fits, one page of it. What is asked for and is nowhere fits nothing, as anywhere else."""
    asked = {key: query.get(key, "").strip()[:LONGEST] for key in ("q", "class", "site", "stage", "gone")}
    found = fitting(
        view.pieces,
        classes=(asked["class"],) if asked["class"] else (),
        sites=(asked["site"],) if asked["site"] else (),
        gone=bool(asked["gone"]),
    )
    if words := asked["q"].casefold().split():
        found = [piece for piece in found if _has(piece, words)]
    counted = Counter(piece.stage for piece in found)
    if asked["stage"]:
        found = [piece for piece in found if piece.stage == asked["stage"]]
    pages = max(1, -(-len(found) // ROWS))
    wanted = query.get("page", "1")
    number = min(pages, max(1, int(wanted))) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    some = found[(number - 1) * ROWS : number * ROWS]
    return Listing(
        asked, [_row(piece, view) for piece in some],
        [
            Stage(stage, words, counted[stage], sentence(stage, counted[stage]), _address(asked | {"stage": stage}))
            for stage, words in STAGE_WORDS.items() if counted[stage]
        ],
        len(found), number, pages,
        _address(asked, number - 1) if number > 1 else "", _address(asked, number + 1) if number < pages else "",
    )  # fmt: skip


def _has(piece: Piece, words: Sequence[str]) -> bool:
    asset = piece.asset
    said = f"{piece.title} {asset.name} {asset.vendor} {asset.model} {asset.serial} {asset.part.replace('_', ' ')}"
    said = said.casefold()
    return all(word in said for word in words)


def _row(piece: Piece, view: View) -> Row:
    site = view.estate.sites.get(piece.site)
    where = name_of(f"device:{piece.asset.device}", view.estate) if piece.asset.device else name_of("", view.estate)
    return Row(piece, where, site.title if site else "", STAGE_WORDS[piece.life.stage], piece_url(piece.asset))


def _address(asked: Mapping[str, str], page: int = 1) -> str:
    given = {key: value for key, value in asked.items() if value} | ({"page": str(page)} if page > 1 else {})
    return "/register" + (f"?{urlencode(given)}" if given else "")
