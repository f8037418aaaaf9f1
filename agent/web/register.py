"""The page of the hardware register: what is asked for, which pieces fit it, what a row says of one. Pure.

    asked = asked_of(request.query_params)
    register_of(view, asked) -> Register         counts by stage, and the rows of one page

Only what is there is shown and counted; what is gone, or whose device left the inventory, is a list of its own, so that
no figure mixes them. One pass sorts out and counts; only the rows of the page are put into words.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from agent.calendar_uk import LONDON
from agent.hardware.register import Piece
from agent.hardware.table import class_of
from agent.lifecycle.wording import KNOWN_BY, SOFTWARE_WORDS, STAGE_WORDS, Wording
from agent.view import View
from agent.web.names import Named, name_of, piece_url
from agent.words import class_name

PAGE = 100  # rows
UNITS = "units"  # asked for as a part: what is bought and replaced by itself
TEXT = 200  # characters of what is asked for


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of the page asks for; nothing of it need exist."""

    text: str = ""
    role: str = ""
    site: str = ""
    stage: str = ""
    part: str = ""
    gone: bool = False
    page: int = 1

    @property
    def narrowed(self) -> bool:
        return bool(self.text.strip() or self.role or self.site or self.stage or self.part)


@dataclass(frozen=True, slots=True)
class Row:
    """A piece in words. `seen`: by a visit; `software`: how it stands where it is not up to date, else None."""

    piece: Piece
    url: str
    where: Named
    site: Named | None
    hardware: str
    known_by: str
    confidence: str
    stage: Wording
    software: Wording | None
    kept_over: bool  # the exception has expired

    @property
    def seen(self) -> bool:
        return self.piece.seen


@dataclass(frozen=True, slots=True)
class Card:
    """A stage of life with how many pieces of it there are among what is filtered, and the page that has them."""

    stage: str
    words: Wording
    number: int
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    title: str


@dataclass(frozen=True, slots=True)
class Register:
    """`cards`: counted over all filters but that of the stage, so that one sees what the others hold.

    `others`: how many are not shown because they are gone, or because they are there where the gone are asked for.
    """

    asked: Asked
    cards: Sequence[Card]
    rows: Sequence[Row]
    number: int
    pages: int
    others: int
    roles: Sequence[Choice]
    sites: Sequence[Choice]
    stages: Sequence[Choice]
    parts: Sequence[Choice]

    @property
    def first(self) -> int:
        """Number of the first row, from 1."""
        return (self.asked.page - 1) * PAGE + 1

    @property
    def previous(self) -> str:
        return url_of(replace(self.asked, page=self.asked.page - 1)) if self.asked.page > 1 else ""

    @property
    def next(self) -> str:
        return url_of(replace(self.asked, page=self.asked.page + 1)) if self.asked.page < self.pages else ""

    @property
    def switched(self) -> str:
        """The page of those that are gone, or back from it."""
        return url_of(replace(self.asked, gone=not self.asked.gone, page=1))


def asked_of(query: Mapping[str, str]) -> Asked:
    text, role, site, stage, part = (query.get(name, "")[:TEXT] for name in ("q", "class", "site", "stage", "part"))
    number = query.get("page", "")
    page = int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 1
    return Asked(text, role, site, stage, part, query.get("gone", "") in ("1", "on", "yes"), max(1, page))


def url_of(asked: Asked) -> str:
    """The address that asks for it."""
    said = {
        "q": asked.text, "class": asked.role, "site": asked.site, "stage": asked.stage, "part": asked.part,
        "gone": "1" if asked.gone else "", "page": str(asked.page) if asked.page > 1 else "",
    }  # fmt: skip
    given = {name: value for name, value in said.items() if value}
    return f"/register?{urlencode(given)}" if given else "/register"


def register_of(view: View, asked: Asked) -> Register:
    """A page beyond the last is the last."""
    estate = view.estate
    titles = {name: site.title for name, site in estate.sites.items()}
    found, counted, roles, parts = _sorted_out(view.pieces, asked, titles)
    others = sum(piece.presence == "present" for piece in view.pieces)
    others = others if asked.gone else len(view.pieces) - others
    # A stage that is not one of ours finds nothing; it must not find everything.
    stages = [stage for stage in STAGE_WORDS if not asked.stage or stage == asked.stage]
    number = sum(counted[stage] for stage in stages)
    pages = max(1, -(-number // PAGE))
    asked = replace(asked, page=min(asked.page, pages))
    shown = _slice([found[stage] for stage in stages], (asked.page - 1) * PAGE)
    cards = [
        Card(
            stage, words, counted[stage],
            url_of(replace(asked, stage="" if stage == asked.stage else stage, page=1)), stage == asked.stage,
        )
        for stage, words in STAGE_WORDS.items()
        if counted[stage] or stage == asked.stage
    ]  # fmt: skip
    return Register(
        asked, cards, [_row(piece, view) for piece in shown], number, pages, others,
        _choices({role: class_name(role) for role in roles if role}, asked.role),
        _choices(titles, asked.site),
        _choices({stage: words.name for stage, words in STAGE_WORDS.items()}, asked.stage, ordered=False),
        [
            Choice(UNITS, "bought by themselves"),
            *_choices({part: part.replace("_", " ") for part in parts}, "" if asked.part == UNITS else asked.part),
        ],
    )  # fmt: skip


def piece_of(view: View, id: str) -> Piece | None:
    """The piece of hardware with this id, as addresses have it."""
    return next((one for one in view.pieces if str(one.asset.id) == id), None)


def pieces_asked(view: View, asked: Asked) -> list[Piece]:
    """All that fits, in the order of the page."""
    titles = {name: site.title for name, site in view.estate.sites.items()}
    found = _sorted_out(view.pieces, asked, titles)[0]
    stages = [stage for stage in STAGE_WORDS if not asked.stage or stage == asked.stage]
    return [piece for stage in stages for piece in sorted(found.get(stage, ()), key=_place)]


def _sorted_out(
    pieces: Sequence[Piece], asked: Asked, titles: Mapping[str, str]
) -> tuple[Mapping[str, list[Piece]], Counter[str], set[str], set[str]]:  # fmt: skip
    """What fits all but the stage, by stage, with its numbers; and which classes and parts there are to choose from."""
    found: dict[str, list[Piece]] = defaultdict(list)
    roles: set[str] = set()
    parts: set[str] = set()
    words = asked.text.casefold().split()
    for piece in pieces:
        if (piece.presence == "present") is asked.gone:
            continue
        role, part = class_of(piece), piece.asset.part
        roles.add(role)
        parts.add(part)
        if asked.role and role != asked.role:
            continue
        if asked.site and piece.site != asked.site:
            continue
        if asked.part and (not piece.unit if asked.part == UNITS else part != asked.part):
            continue
        if words and not _says(piece, words, titles):
            continue
        found[piece.stage].append(piece)
    return found, Counter({stage: len(held) for stage, held in found.items()}), roles, parts


def _says(piece: Piece, words: Sequence[str], titles: Mapping[str, str]) -> bool:
    asset = piece.asset
    told = (
        asset.device, asset.name, asset.place, asset.vendor, asset.model, asset.serial, asset.version, piece.entry,
        titles.get(piece.site, piece.site),
    )  # fmt: skip
    said = " ".join(text for text in told if text).casefold()
    return all(word in said for word in words)


def _slice(groups: Sequence[list[Piece]], skip: int) -> list[Piece]:
    """A page of the groups, one after the other, each by place; only groups that the page touches are sorted."""
    shown: list[Piece] = []
    for group in groups:
        if skip >= len(group):
            skip -= len(group)
            continue
        shown += sorted(group, key=_place)[skip : skip + PAGE - len(shown)]
        skip = 0
        if len(shown) == PAGE:
            break
    return shown


def _place(piece: Piece) -> tuple[str, bool, str, str]:
    asset = piece.asset
    return asset.device or asset.name, not piece.unit, asset.part, asset.name


def _row(piece: Piece, view: View) -> Row:
    asset, keep, software = piece.asset, piece.life.keep, piece.life.software.stage
    where = name_of(f"device:{asset.device}", view.estate) if asset.device else Named("", "", piece.title)
    words = SOFTWARE_WORDS[software] if software not in ("current", "unknown") else None
    return Row(
        piece,
        piece_url(asset),
        where,
        name_of(f"site:{piece.site}", view.estate) if piece.site else None,
        " ".join(text for text in (asset.vendor, asset.model) if text) or "model not known",
        KNOWN_BY[piece.life.evidence.kind],
        piece.life.evidence.confidence,
        STAGE_WORDS[piece.life.stage],
        words,
        keep is not None and keep.over(view.now.astimezone(LONDON).date()),
    )


def _choices(titles: Mapping[str, str], asked: str, *, ordered: bool = True) -> list[Choice]:
    """What is asked for is always among them, so that the form tells what the list is of."""
    if asked and asked not in titles:
        titles = {**titles, asked: asked}
    found = [Choice(value, title) for value, title in titles.items()]
    return sorted(found, key=lambda choice: (choice.title.casefold(), choice.value)) if ordered else found
