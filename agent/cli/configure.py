"""`hartwatch config`: check all that a start needs, show the settings in force, their schema and their reference."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, show
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail

config = typer.Typer(no_args_is_help=True, help="The agent's own settings: check, show, and what can be set.")
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def register(app: typer.Typer) -> None:
    app.add_typer(config, name="config")


def _read(flags: dict[str, Any], file: Path | None) -> Any:
    from agent.config import SettingsInvalid, read_settings

    try:
        return read_settings(flags, file)
    except SettingsInvalid as problem:
        fail(str(problem), 2)


@config.command()
def check(
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    web_config: Annotated[Path | None, typer.Option(help="TLS and users, as `hartwatch run` takes them.")] = None,
    settings: SettingsFile = None,
    as_json: Json = False,
) -> None:
    """Tell every mistake in all that a start needs: settings, families, inventory, secrets, TLS, ledger.

    Changes nothing, and may be run beside the agent and before an upgrade; as the agent's own user, who alone can say
    what that user may read. Status 0: it can begin; 2: it cannot.
    """
    found, sources = _read({"inventory": inventory, "state_directory": state, "web_config": web_config}, settings)
    from agent.config_check import findings_of

    findings = findings_of(found, sources)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        width = max(len(finding.about) for finding in findings)
        for finding in findings:
            typer.echo(f"{finding.level:<7}  {finding.about:<{width}}  {finding.text}")
    if any(finding.level == "error" for finding in findings):
        raise typer.Exit(2)


@config.command("show")
def show_settings(
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
    form: AnyFormat = Format.TABLE,
) -> None:
    """Show every setting in force and where it comes from: a flag, a variable, a line of a file, or the default."""
    found, sources = _read({"inventory": inventory, "state_directory": state}, settings)
    from agent.config import shown

    rows = [(source.name, shown(found, source.name), source.origin) for source in sources]
    show(("setting", "value", "from"), rows, form, "")


@config.command()
def schema() -> None:
    """Print a JSON Schema of the settings file, for editors that complete and check while one types."""
    from agent.config import schema_text

    typer.echo(schema_text(), nl=False)


@config.command()
def reference() -> None:
    """Print the reference page (docs/reference/settings.md), generated from the code."""
    from agent.config import settings_page

    typer.echo(settings_page(), nl=False)
