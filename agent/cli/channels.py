"""`hartwatch channels`: where people are told, and a test message over one of them."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from agent.cli.common import AnyFormat, Format, show
from agent.cli.serve import SettingsFile, fail, settings_of

channels = typer.Typer(help="Where people are told: list the channels, and test one.")


def register(app: typer.Typer) -> None:
    app.add_typer(channels, name="channels")


@channels.callback(invoke_without_command=True)
def listed(context: typer.Context, settings: SettingsFile = None, form: AnyFormat = Format.TABLE) -> None:
    """List the channels of the settings, and what each takes."""
    if context.invoked_subcommand is not None:
        return
    found = settings_of({}, settings)
    rows: list[tuple[str, ...]] = [("log", "log", "", "warning", "all", "all")]
    rows += [
        (
            name,
            one.kind,
            ", ".join(one.urls),
            one.least,
            ", ".join(one.topics) or "all",
            ", ".join(one.councils) or "all",
        )
        for name, one in found.channels.items()
    ]
    show(("channel", "kind", "addresses", "least", "topics", "councils"), rows, form, "")


@channels.command("test")
def send_test(
    name: Annotated[str, typer.Argument(help="Name of a channel in the settings.")], settings: SettingsFile = None
) -> None:
    """Send a test message over a channel and say what became of it. Run it as the agent's own user.

    Status 0: it was taken; 1: it was not, or not by all; 2: there is no such channel, or it cannot be made.
    """
    found = settings_of({}, settings)
    if name not in found.channels:
        from agent.inventory.problems import did_you_mean

        hint = did_you_mean(name, found.channels)
        known = f"there are {', '.join(found.channels)}" if found.channels else "the settings have none"
        fail(f"there is no channel {name!r}, {hint or known}", 2)
    from agent.channels import ChannelsInvalid, test_channel
    from agent.credentials import Secrets

    try:
        outcome = asyncio.run(test_channel(name, found.channels[name], Secrets()))
    except ChannelsInvalid as problem:
        fail(str(problem), 2)
    for where, trouble in outcome:
        typer.echo(f"{name}: {where}: {'taken' if trouble is None else f'not told: {trouble}'}")
    if any(trouble is not None for _, trouble in outcome):
        raise typer.Exit(1)
