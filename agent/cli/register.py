"""`hartwatch register`: the hardware register. The list is here; every other command has a module of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from agent.cli import register_import, register_show
from agent.cli.common import AnyFormat, Format, estate_of, ledger_of, show
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, settings_of


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The hardware register: list it, show one piece, bring in purchase records.")
    group.callback(invoke_without_command=True)(hardware)
    register_import.register(group)
    register_show.register(group)
    app.add_typer(group, name="register")


def hardware(
    context: typer.Context,
    stage: Annotated[str | None, typer.Option(help="Only this stage, for example overdue.")] = None,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """List the hardware register: what there is, how old it is and how that is known."""
    if context.invoked_subcommand is not None:
        return
    from agent.register import pieces_of

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    with ledger_of(found) as ledger:
        pieces = pieces_of(ledger.assets(), estate, datetime.now(UTC).date())
    names: tuple[str, ...] = (
        "device", "part", "place", "vendor", "model", "serial", "version", "age_years", "evidence", "confidence",
             "stage", "replace_by", "reason", "last_seen_at",
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (
            p.asset.device,
            p.asset.part,
            p.asset.place,
            p.asset.vendor or "",
            p.asset.model or "",
            p.asset.serial or "",
            p.asset.version or "",
            round(p.age.days / 365.25, 1) if p.age is not None else "",
            p.evidence,
            p.confidence,
            p.stage,
            p.replace_by.isoformat() if p.replace_by else "",
            p.reason,
            p.asset.last_seen_at.isoformat(),
        )
        for p in pieces
        if stage is None or p.stage == stage
    ]
    if form is Format.TABLE:
        kept = [
            names.index(n) for n in ("device", "part", "model", "serial", "age_years", "evidence", "stage", "reason")
        ]
        rows = [tuple(row[place] for place in kept) for row in rows]
        names = tuple(names[place] for place in kept)
    show(names, rows, form, "The register is empty.")
