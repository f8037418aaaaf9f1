"""The register as rows for files and programs. Pure.

    COLUMNS                    name and kind of each column
    row_of(piece)              a value for each column: text, date, number, list of text or None
    fitting(pieces, ...)       those that are what was asked for
    summed_up(pieces)          how many there are of each stage, in words

Text that a device wrote has passed `plain`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import Literal

from agent.hardware.register import Piece
from agent.hostile import plain
from agent.lifecycle.wording import SOFTWARE_WORDS, STAGE_WORDS
from agent.words import count

Kind = Literal["text", "date", "number", "money", "list"]
Value = str | float | date | tuple[str, ...] | None
COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("device", "text"), ("name", "text"), ("part", "text"), ("class", "text"), ("site", "text"), ("place", "text"),
    ("vendor", "text"), ("model", "text"), ("serial", "text"), ("version", "text"),
    ("age_years", "number"), ("since", "date"), ("evidence", "text"), ("confidence", "text"), ("conflicts", "list"),
    ("stage", "text"), ("rating", "text"), ("reason", "text"), ("reasons", "list"),
    ("review_on", "date"), ("replace_by", "date"), ("support_ends_on", "date"), ("contract_until", "date"),
    ("kept_until", "date"), ("kept_by", "text"), ("software", "text"), ("software_reason", "text"),
    ("software_review_on", "date"), ("purchased", "date"), ("price_pounds", "money"), ("supplier", "text"),
    ("council", "text"), ("presence", "text"), ("first_seen", "date"), ("last_seen", "date"), ("key", "text"),
)  # fmt: skip
NAMES = tuple(name for name, _ in COLUMNS)


def _text(value: str | None) -> str:
    return plain(value) if value else ""


def row_of(piece: Piece) -> tuple[Value, ...]:
    asset, life, owned = piece.asset, piece.life, piece.owned
    evidence, keep, running = life.evidence, life.keep, life.software
    return (
        _text(asset.device), _text(asset.name), asset.part, piece.role, piece.site, _text(asset.place),
        _text(asset.vendor), _text(asset.model), _text(asset.serial), _text(asset.version),
        years(life.age_days), evidence.since, evidence.kind, evidence.confidence,
        tuple(plain(text, 500) for text in evidence.conflicts),
        life.stage, STAGE_WORDS[life.stage].label, plain(life.reason, 500),
        tuple(plain(reason.text, 500) for reason in life.reasons),
        life.review_on, life.replace_on, life.support_ends_on, owned.support_until,
        keep.until if keep is not None else None, f"{keep.owner}: {keep.reason}" if keep is not None else "",
        SOFTWARE_WORDS[running.stage].label, plain(running.reason, 500), running.review_on, owned.purchased,
        owned.price_pence / 100 if owned.price_pence is not None else None, _text(owned.supplier), piece.council,
        piece.presence, asset.first_seen_at.date() if piece.seen else None,
        asset.last_seen_at.date() if piece.seen else None, plain(asset.key, 500),
    )  # fmt: skip


def years(days: int | None) -> float | None:
    return round(days / 365.25, 1) if days is not None else None


def fitting(
    pieces: Iterable[Piece], *, classes: Collection[str] = (), sites: Collection[str] = (),
    stages: Collection[str] = (), vendor: str = "", device: str = "", gone: bool = False,
) -> list[Piece]:  # fmt: skip
    """The pieces that were asked for: all that is given must fit; what is gone only if asked for."""
    asked: list[Callable[[Piece], bool]] = []
    if not gone:
        asked.append(lambda piece: piece.presence == "present")
    if classes:
        asked.append(lambda piece: class_of(piece) in classes)
    if sites:
        asked.append(lambda piece: piece.site in sites)
    if stages:
        asked.append(lambda piece: piece.stage in stages)
    if vendor:
        asked.append(lambda piece: vendor.casefold() in (piece.asset.vendor or "").casefold())
    if device:
        asked.append(lambda piece: piece.asset.device == device)
    return [piece for piece in pieces if all(ask(piece) for ask in asked)]


def class_of(piece: Piece) -> str:
    """Access points behind a controller are asked for as access points."""
    return "wifi_ap" if piece.asset.part == "access_point" else piece.role


def summed_up(pieces: Collection[Piece]) -> str:
    """How many there are, and how many of each stage, the gravest first."""
    stages: Mapping[str, int] = Counter(piece.stage for piece in pieces)
    told = [f"{stages[stage]:,} {words.name.lower()}" for stage, words in STAGE_WORDS.items() if stages[stage]]
    return f"{count(len(pieces), 'piece')} of hardware: {', '.join(told)}" if pieces else "no hardware"
