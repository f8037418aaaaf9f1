"""`hartwatch audit`: who did what, from the ledger. Times are London's."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, ledger_of, moment, show
from agent.cli.serve import SettingsFile, StateDirectory, settings_of


def register(app: typer.Typer) -> None:
    app.command()(audit)


def audit(
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only from this day on.")] = None,
    user: Annotated[str | None, typer.Option(help="Only what this user, token or login did.")] = None,
    form: AnyFormat = Format.TABLE,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say who changed what, who signed in, and what was refused, the oldest first."""
    from agent.calendar_uk import london_midnight

    with ledger_of(settings_of({"state_directory": state}, settings)) as ledger:
        found = ledger.audits(london_midnight(since.date()) if since else None, user)
    rows: list[tuple[Any, ...]] = [
        (
            moment(one.at, form), one.who, one.how, one.role, one.address, one.action, one.outcome, one.subject,
            one.reference, one.detail,
        )
        for one in found
    ]  # fmt: skip
    names = ("at", "who", "how", "role", "address", "action", "outcome", "subject", "reference", "detail")
    if form is Format.TABLE:  # the id is for programs
        keep = [place for place, name in enumerate(names) if name != "reference"]
        names, rows = tuple(names[n] for n in keep), [tuple(row[n] for n in keep) for row in rows]  # type: ignore[assignment]
    show(names, rows, form, "Nothing was done.")
