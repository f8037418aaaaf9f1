"""`hartwatch run` and `hartwatch check`: the agent itself, and one live look at one device of the inventory."""

from __future__ import annotations

import asyncio
import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class CheckFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="Settings file.", envvar="HARTWATCH_SETTINGS", show_default="hartwatch.yaml"),
]
InventoryFile = Annotated[Path | None, typer.Option("--inventory", "-i", help="The inventory: the estate to watch.")]
StateDirectory = Annotated[Path | None, typer.Option("--state", help="Where the ledger and pinned host keys are kept.")]


def register(app: typer.Typer) -> None:
    app.command()(run)
    app.command()(check)


def settings_of(flags: dict[str, Any], file: Path | None) -> Any:
    """The settings in force, or one line for each problem and exit status 2."""
    from agent.config import SettingsInvalid, load_settings

    try:
        return load_settings(flags, file)
    except SettingsInvalid as problem:
        fail(str(problem), 2)


def fail(message: str, status: int) -> Any:
    """Say why, one line for each problem, on standard error, and end."""
    for line in message.splitlines():
        print(f"hartwatch: {line}", file=sys.stderr)
    raise typer.Exit(status)


def _listen(text: str | None) -> dict[str, Any]:
    """`127.0.0.1:9640`, `[::1]:9640`, `:9640` or `9640` as settings."""
    if text is None:
        return {}
    host, _, port = text.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        fail(f"--listen: {text!r} is not ADDRESS:PORT; write for example 127.0.0.1:9640", 2)
    return {"listen_address": host.strip("[]") or None, "listen_port": int(port)}


def run(
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    listen: Annotated[
        str | None, typer.Option(help="ADDRESS:PORT of pages and metrics.", show_default="127.0.0.1:9640")
    ] = None,
    ledger: Annotated[str | None, typer.Option(help="Ledger's database URL.", show_default="SQLite in --state")] = None,
    web_config: Annotated[
        Path | None, typer.Option(help="TLS and users, to listen beyond loopback (exporters' web configuration file).")
    ] = None,
    settings: SettingsFile = None,
    log_format: Annotated[LogFormat | None, typer.Option(help="Lines for people, or JSON.")] = None,
    log_level: Annotated[LogLevel | None, typer.Option(help="The least that is logged.")] = None,
) -> None:  # fmt: skip
    """Watch the estate: poll, record, serve pages and metrics until told to end.

    SIGHUP takes on changed settings and a changed inventory; SIGTERM and SIGINT end it cleanly.
    """
    flags = {
        "inventory": inventory, "state_directory": state, "ledger": ledger, "web_config": web_config, **_listen(listen),
        "log_format": log_format.value if log_format else None, "log_level": log_level.value if log_level else None,
    }  # fmt: skip
    found = settings_of(flags, settings)
    # Wrong usage is told before anything large is imported.
    import uvloop

    from agent import logs
    from agent.config import load_settings
    from agent.notify import service_manager
    from agent.serving import CannotStart, serve

    logs.set_up(found.log_format, found.log_level)
    try:
        status = uvloop.run(serve(found, reread=lambda: load_settings(flags, settings), service=service_manager()))
    except CannotStart as problem:
        fail(str(problem), problem.status)
    raise typer.Exit(status)


LEVELS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def check(
    device: Annotated[str, typer.Argument(help="Name of a device of the inventory.")],
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
    form: Annotated[
        CheckFormat, typer.Option("--format", help="One line for a monitor, or all of it.")
    ] = CheckFormat.TEXT,
) -> None:
    """Look at one device now. Exit status as Nagios has it: 0 ok, 1 warning, 2 critical, 3 unknown."""
    from agent.config import SettingsInvalid, load_settings
    from agent.credentials import SecretMissing, Secrets
    from agent.inventory import InventoryInvalid, load, read_known_hosts, target
    from agent.inventory.problems import did_you_mean
    from collectors import Cadence, Memory, ProfileInvalid, Sessions, collect, load_profiles

    # To a monitor a wrong configuration is "unknown", not a warning and not the device's fault: always status 3.
    try:
        found = load_settings({"inventory": inventory, "state_directory": state}, settings)
        estate = load(found.inventory)
        if device not in estate.devices:
            hint = did_you_mean(device, estate.devices)
            fail(f"{found.inventory} has no device {device!r}" + (f", {hint}" if hint else ""), 3)
        made = target(estate, estate.devices[device], Secrets(), read_known_hosts(found.known_hosts), found.intervals)
        profiles = load_profiles(*found.families)
    except (SettingsInvalid, InventoryInvalid, SecretMissing, ProfileInvalid) as problem:
        fail(str(problem), 3)
    except OSError as problem:
        fail(f"cannot read {problem.filename}: {problem.strerror}", 3)

    async def look() -> Any:
        async with Sessions(ssh_threads=1) as sessions:
            return await collect(made, Cadence.INVENTORY, sessions, Memory(), profiles)

    visit = asyncio.run(look())
    status, line = verdict(visit)
    if form is CheckFormat.JSON:
        from agent.cli.look import as_row  # the same object as `hartwatch try` prints

        print(json.dumps({"device": device, "status": LEVELS[status].lower(), **as_row(visit)}, default=str))
    else:
        print(line)
    raise typer.Exit(status)


def verdict(visit: Any) -> tuple[int, str]:
    """Nagios' status and line: what is worst, how many of it, and the figures after a bar."""
    from agent.hostile import plain
    from collectors.readings import Level

    name = plain(visit.device)
    if not visit.reached:
        why = "; ".join(dict.fromkeys(plain(f.detail) for f in visit.failures)) or "no answer"
        return 2, f"CRITICAL - {name}: {why} | seconds={visit.seconds:.3f}s"
    bad = {level: [c for c in visit.checks if c.level is level] for level in Level}
    critical, warning = bad[Level.CRITICAL], bad[Level.WARNING]
    status = 2 if critical else 1 if warning or visit.failures else 0
    said = [f"{c.check} {c.subject} {c.state}".replace("_", " ") for c in (*critical, *warning)]
    said += [f"{f.stage}: {f.detail}" for f in visit.failures]
    words = plain("; ".join(said[:6]) + (f"; and {len(said) - 6} more" if len(said) > 6 else ""), 1000)
    model = " ".join(plain(w) for w in (visit.identity.vendor, visit.identity.model, visit.identity.version) if w)
    text = words or f"answers{', ' + model if model else ''}"
    figures = f"seconds={visit.seconds:.3f}s checks={len(visit.checks)} interfaces={len(visit.interfaces)}"
    return status, f"{LEVELS[status]} - {name}: {text.replace('|', '/')} | {figures}"
