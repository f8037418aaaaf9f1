"""`hartwatch register show`: everything about one piece of hardware. Times are London's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, estate_of, ledger_of, london, show, show_json
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.hardware.dossier import Dossier


def register(group: typer.Typer) -> None:
    group.command("show")(show_piece)


def show_piece(
    what: Annotated[
        str,
        typer.Argument(
            metavar="SERIAL", help="A serial number or a part of it, the name of a device, or a key of the register."
        ),
    ],
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Everything about one piece: what it is, how old and how that is known, its stage and why, and all that happened.

    Status 1: no piece is that, or several are.
    """
    from agent.accounting.books import open_book
    from agent.calendar_uk import LONDON
    from agent.hardware.dossier import Past, PieceUnknown, dossier, which
    from agent.hardware.notices import load_notices
    from agent.hardware.opened import open_register
    from agent.lifecycle.roll import events_of

    if form is Format.CSV:
        fail("--format csv: all that is known of one piece is no table; choose json", 2)
    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate, now = estate_of(found), datetime.now(UTC)
    today = now.astimezone(LONDON).date()
    with ledger_of(found) as ledger:
        purchases = ledger.purchases()
        pieces = open_register(ledger, estate, load_notices(found.notices), today)
        try:
            piece = which(pieces, what, purchases)
        except PieceUnknown as problem:
            fail(str(problem), 1)
        events = events_of(piece.asset.key, ledger.hardware(piece.asset.key))
        milestones, outages = ledger.milestones(), open_book(ledger).outages(now=now)
    told = dossier(piece, Past(events, purchases, milestones), outages)
    if form is Format.JSON:
        show_json(_as_json(told))
    else:
        _print(told)


def _print(told: Dossier) -> None:
    form = Format.TABLE
    for heading, rows in told.facts:
        print(f"{heading.upper()}")
        show(("what", "value"), rows, form, "")
        print()
    rungs = [(one.day.isoformat(), one.kind.replace("_", " "), one.confidence, one.source) for one in told.rungs]
    _table("Evidence of its age, the best first", ("day", "evidence", "confidence", "said by"), rungs)
    conflicts = told.piece.life.evidence.conflicts
    _table("What contradicts what", ("conflict",), [(conflict,) for conflict in conflicts])
    reasons = [
        (one.on.isoformat(), one.text, one.postponed_from.isoformat() if one.postponed_from else "", one.source)
        for one in told.reasons
    ]
    _table("What decides about it", ("day", "reason", "postponed from", "source"), reasons)
    stays = [
        (one.device, london(one.began_at), london(one.ended_at) if one.ended_at else "", one.outages)
        for one in told.stays
    ]
    _table("Where it was", ("device", "from", "until", "outages of the device"), stays)
    history = [(london(one.at), one.kind.replace("_", " "), one.where, one.text, one.author) for one in told.history]
    _table("What happened", ("at", "what", "where", "text", "by"), history)


def _table(title: str, names: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    if rows:
        kept = [n for n in range(len(names)) if any(row[n] != "" for row in rows)]  # a column of nothing is left out
        print(title.upper())
        show([names[n] for n in kept], [[row[n] for n in kept] for row in rows], Format.TABLE, "")
        print()


def _as_json(told: Dossier) -> dict[str, Any]:
    piece = told.piece
    asset, life, owned, software, keep = piece.asset, piece.life, piece.owned, piece.life.software, piece.life.keep
    return {
        "id": str(asset.id), "key": asset.key, "serial": asset.serial, "vendor": asset.vendor, "model": asset.model,
        "part": asset.part, "name": asset.name, "family": asset.family, "version": asset.version,
        "device": asset.device, "place": asset.place, "also_at": list(asset.also_at), "site": piece.site,
        "class": piece.role, "presence": piece.presence,
        "first_seen_at": _iso(asset.first_seen_at), "last_seen_at": _iso(asset.last_seen_at),
        "gone_at": _iso(asset.gone_at),
        "age_days": life.age_days, "since": _iso(life.evidence.since), "evidence": life.evidence.kind,
        "confidence": life.evidence.confidence, "conflicts": list(life.evidence.conflicts),
        "ladder": [
            {"day": _iso(one.day), "evidence": one.kind, "confidence": one.confidence, "source": one.source}
            for one in told.rungs
        ],
        "stage": life.stage, "reason": life.reason, "review_on": _iso(life.review_on),
        "replace_on": _iso(life.replace_on), "support_ends_on": _iso(life.support_ends_on),
        "reasons": [
            {"on": _iso(one.on), "kind": one.kind, "text": one.text, "source": one.source,
             "postponed_from": _iso(one.postponed_from),
             "steps": [{"from": _iso(day), "stage": stage} for day, stage in one.steps]}
            for one in told.reasons
        ],
        "exception": None if keep is None else {
            "name": keep.name, "until": _iso(keep.until), "owner": keep.owner, "reason": keep.reason,
        },
        "software": {
            "stage": software.stage, "reason": software.reason, "product": software.product,
            "review_on": _iso(software.review_on), "support_ends_on": _iso(software.support_ends_on),
        },
        "purchase": {
            "purchased": _iso(owned.purchased), "installed": _iso(owned.installed),
            "support_until": _iso(owned.support_until), "price_pence": owned.price_pence, "supplier": owned.supplier,
            "shares": {council: str(share) for council, share in owned.shares}, "origin": owned.origin,
        },
        "stays": [
            {"device": one.device, "from": _iso(one.began_at), "until": _iso(one.ended_at), "outages": one.outages}
            for one in told.stays
        ],
        "history": [
            {"at": _iso(one.at), "what": one.kind, "where": one.where, "text": one.text, "by": one.author}
            for one in told.history
        ],
    }  # fmt: skip


def _iso(day: Any) -> str | None:
    return None if day is None else str(day.isoformat())
