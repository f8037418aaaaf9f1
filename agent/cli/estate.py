"""`hartwatch inventory`: check, schema, diff, show, reference. Data on standard output, problems on standard error."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from agent.config import Settings, SettingsInvalid, load_settings
from agent.inventory import (
    Device,
    Effective,
    Estate,
    Hardware,
    InventoryInvalid,
    KeepUntil,
    Loaded,
    difference,
    effective,
    read,
)
from agent.inventory.problems import did_you_mean
from agent.inventory.reference import inventory_page, schema_text
from agent.inventory.resolve import POLICY
from agent.inventory.values import duration_text
from collectors import ProfileInvalid, load_profiles

inventory = typer.Typer(no_args_is_help=True, help="Check, compare and look up the inventory.")
USAGE = 2

FileArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[FILE]", help="The inventory; default: that of the settings.", show_default=False),
]
FileOption = Annotated[
    Path | None,
    typer.Option("--inventory", "-i", help="The inventory; default: that of the settings.", show_default=False),
]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def register(app: typer.Typer) -> None:
    """Add `hartwatch inventory`."""
    from agent.cli.inventory_import import importing

    inventory.add_typer(importing, name="import")
    app.add_typer(inventory, name="inventory")


@inventory.command()
def check(file: FileArgument = None) -> None:
    """Tell every mistake in the inventory, with its line. Status 0: it can be used; 2: it cannot."""
    settings = _settings()
    path = file or settings.inventory
    loaded = _loaded(path, settings, datetime.now(UTC).date())
    for warning in loaded.warnings:
        typer.echo(f"{warning} [warning]", err=True)
    estate = loaded.estate
    counts = ", ".join(
        _counted(len(getattr(estate, section)), section) for section in ("devices", "sites", "links", "services")
    )
    warnings = f"; {_counted(len(loaded.warnings), 'warnings')}" if loaded.warnings else ""
    typer.echo(f"{path}: {counts}{warnings}")


@inventory.command()
def schema() -> None:
    """Print a JSON Schema of the inventory, for editors that complete and check while one types."""
    typer.echo(schema_text(), nl=False)


@inventory.command()
def diff(
    old: Annotated[Path, typer.Argument(help="The inventory in force.")],
    new: Annotated[Path, typer.Argument(help="The inventory to be.")],
    as_json: Json = False,
) -> None:
    """Say what a reload would do: devices added, removed and changed, with the settings that change."""
    settings = _settings()
    before, after = _loaded(old, settings).estate, _loaded(new, settings).estate
    found = difference(before, after)
    if as_json:
        data = {
            "added": found.added,
            "removed": found.removed,
            "changed": found.changed,
            "unchanged": len(found.unchanged),
            "elsewhere": [
                {"section": change.section, "name": change.name, "what": change.what, "fields": change.fields}
                for change in found.elsewhere
            ],
        }
        typer.echo(json.dumps(data, indent=2))
        return
    for name in found.added:
        typer.echo(f"+ {name}")
    for name in found.removed:
        typer.echo(f"- {name}")
    for name, fields in found.changed.items():
        typer.echo(f"~ {name}: {', '.join(fields)}")
    for change in found.elsewhere:
        typer.echo(f"~ {change}")
    typer.echo(str(found))


@inventory.command()
def show(
    device: Annotated[str, typer.Argument(help="Name of a device.")], file: FileOption = None, as_json: Json = False
) -> None:
    """Show the settings in force for a device and where each comes from. Secrets are never shown."""
    settings = _settings()
    path = file or settings.inventory
    estate = _loaded(path, settings).estate
    if device not in estate.devices:
        hint = did_you_mean(device, estate.devices)
        _stop(f"{path}: there is no device {device!r}" + (f" ({hint})" if hint else ""))
    found = effective(estate, estate.devices[device], settings.intervals)
    if as_json:
        typer.echo(json.dumps(_facts(estate, found), indent=2))
        return
    rows = _rows(estate, found)
    left, middle = (max(len(row[column]) for row in rows) for column in (0, 1))
    for key, value, origin in rows:
        typer.echo(f"{key:<{left}}  {value:<{middle}}  {origin}".rstrip())


@inventory.command()
def reference() -> None:
    """Print the reference page docs/reference/inventory.md, generated from the code."""
    typer.echo(inventory_page(), nl=False)


# ---------------------------------------------------------------- showing one device
def _facts(estate: Estate, found: Effective) -> dict[str, Any]:
    device = estate.devices[found.device]
    return {
        "device": found.device,
        "address": device.address,
        "class": device.class_,
        "site": device.site,
        "behind": device.behind,
        "settings": {key: {"value": value, "from": origin} for key, value, origin in _settings_rows(found)},
        "owned": device.owned.model_dump(mode="json", exclude_none=True),
        "expect": device.expect.model_dump(mode="json", exclude_defaults=True),
        "hardware": {
            name: entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            for name, entry in _hardware_in(estate, device)
        },
        "exceptions": {
            name: entry.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            for name, entry in _exceptions_for(estate, device)
        },
    }


def _rows(estate: Estate, found: Effective) -> list[tuple[str, str, str]]:
    device = estate.devices[found.device]
    rows = [("device", device.name, ""), ("title", device.title or "", ""), ("address", device.address, "")]
    rows += [("class", device.class_, ""), ("site", f"{device.site} ({estate.sites[device.site].title})", "")]
    rows += [("behind", " or ".join(device.behind), "")]
    rows += _settings_rows(found)
    for group in (device.expect, device.owned):
        name = "expect" if group is device.expect else "owned"
        for key, value in group.model_dump(mode="json", exclude_defaults=True).items():
            rows.append((f"{name}.{key}", ", ".join(map(str, value)) if isinstance(value, list) else str(value), ""))
    for name, entry in _hardware_in(estate, device):
        said = (entry.title, entry.vendor, entry.model, entry.serial)
        rows.append((f"hardware.{name}", f"{entry.part}: {', '.join(text for text in said if text)}", ""))
    for name, exception in _exceptions_for(estate, device):
        only = [
            f"{key} {', '.join(given)}"
            for key in ("serials", "hardware", "models", "parts")
            if (given := getattr(exception, key))
        ]
        words = f"until {exception.until} ({exception.owner}: {exception.reason})"
        rows.append((f"exceptions.{name}", "; ".join((words, *only)), ""))
    return [row for row in rows if row[1]]


def _hardware_in(estate: Estate, device: Device) -> list[tuple[str, Hardware]]:
    return [(name, entry) for name, entry in estate.hardware.items() if entry.device == device.name]


def _exceptions_for(estate: Estate, device: Device) -> list[tuple[str, KeepUntil]]:
    """Exceptions that may concern the hardware of a device: which serials, models and parts it has, visits find."""
    fitted = {name for name, _ in _hardware_in(estate, device)}
    return [
        (name, entry)
        for name, entry in estate.exceptions.items()
        if (not entry.devices or device.name in entry.devices)
        and (not entry.classes or device.class_ in entry.classes)
        and (not entry.sites or device.site in entry.sites)
        and (not entry.hardware or fitted.intersection(entry.hardware))
    ]


def _settings_rows(found: Effective) -> list[tuple[str, str, str]]:
    rows = []
    for key in ("zone", "profile", "engine", "snmp", "port", "ssh", "ssh_platform", "ssh_port"):
        value = getattr(found, key)
        if value is not None and (found.ssh or not key.startswith("ssh")):
            rows.append((key, str(value), found.origins.get(key, "device")))
    for cadence, interval in found.every.items():
        rows.append((f"every.{cadence.value}", duration_text(interval), found.origins[f"every.{cadence.value}"]))
    for key in ("timeout", "retries", "deadline", *POLICY):
        value = getattr(found, key)
        text = duration_text(value) if isinstance(value, timedelta) else f"{value:g}"
        rows.append((key, text, found.origins[key]))
    for probe in found.probes:
        options = ", ".join(f"{key}={value}" for key, value in probe.options)
        rows.append((f"probes.{probe.name}", f"{probe.kind} {options}".strip(), found.origins[f"probes.{probe.name}"]))
    return rows


# ---------------------------------------------------------------- stopping in one line
def _settings() -> Settings:
    try:
        return load_settings()
    except SettingsInvalid as error:
        _stop(str(error))


def _loaded(path: Path, settings: Settings, today: date | None = None) -> Loaded:
    def families() -> list[str]:
        return [profile.profile for profile in load_profiles(*settings.families)]

    try:
        return read(path, families, today)
    except (InventoryInvalid, ProfileInvalid) as error:
        _stop(str(error))


def _stop(words: str) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(USAGE)


def _counted(number: int, things: str) -> str:
    return f"{number} {things.removesuffix('s') if number == 1 else things}"
