"""`hartwatch ssh`: trust, list, forget. The host keys that devices must show, pinned by a person who compared them."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from collectors.errors import DeviceFault
from collectors.ssh.hostkeys import Entry, HostKey, KnownHosts, fetch, host_name

ssh = typer.Typer(no_args_is_help=True, help="Pin the SSH host keys of devices, list them, forget them.")
PROBLEM, USAGE = 1, 2

DeviceArgument = Annotated[str, typer.Argument(help="Name of a device in the inventory.")]
FileOption = Annotated[
    Path | None,
    typer.Option("--inventory", "-i", help="The inventory; default: that of the settings.", show_default=False),
]
StateOption = Annotated[
    Path | None,
    typer.Option("--state", help="The state directory; default: that of the settings.", show_default=False),
]


def register(app: typer.Typer) -> None:
    """Add `hartwatch ssh`."""
    app.add_typer(ssh, name="ssh")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a device's SSH server is."""

    device: str
    address: str
    port: int


@ssh.command()
def trust(
    device: DeviceArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Pin what the device shows, without asking.")] = False,
    fingerprint: Annotated[
        str | None,
        typer.Option("--fingerprint", help="Pin only the key with this fingerprint (SHA256:...).", show_default=False),
    ] = None,
    file: FileOption = None,
    state: StateOption = None,
) -> None:
    """Show the host keys of a device and pin them after a look. Compare them with what its console says.

    Status 0: pinned; 1: not pinned, because the device showed no key, another one, or you said no; 2: wrong usage.
    """
    store = _store(state)
    place = _place(device, file)
    keys = _shown(place)
    pinned = _pinned(store, place)
    typer.echo(f"{device} at {host_name(place.address, place.port)} shows:")
    for key in keys:
        typer.echo(f"  {key.type:<20} {key.fingerprint}" + ("  (pinned)" if key in pinned else ""))
    if fingerprint is not None:
        keys = [key for key in keys if key.fingerprint == _full(fingerprint)]
        if not keys:
            _stop(f"{device} shows no key with the fingerprint {fingerprint}; nothing was pinned", PROBLEM)
    if set(keys) == pinned:
        typer.echo("That is what is pinned already.")
        return
    if other := sorted(pinned - set(keys), key=lambda key: key.type):
        typer.echo("ANOTHER KEY IS PINNED FOR THIS DEVICE: was it replaced, or is somebody in between?", err=True)
        for key in other:
            typer.echo(f"  {key.type:<20} {key.fingerprint}  (pinned until now)", err=True)
    if fingerprint is None and not yes:
        if not sys.stdin.isatty():
            _stop("nobody to ask: give --fingerprint SHA256:... (or --yes, which trusts whatever answered)", USAGE)
        if not typer.confirm("Pin this?", default=False):
            _stop("Nothing was pinned.", PROBLEM)
    try:
        store.trust(place.address, place.port, keys, comment=device)
    except OSError as error:
        _stop(f"cannot write {store.path}: {error.strerror or error}", PROBLEM)
    typer.echo(f"Pinned in {store.path}.")


@ssh.command("list")
def list_(
    state: StateOption = None, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False
) -> None:
    """List pinned keys: host, type, fingerprint, device."""
    entries = _entries(_store(state))
    if as_json:
        data = [
            {
                "hosts": entry.hosts,
                "type": entry.key.type,
                "fingerprint": entry.key.fingerprint,
                "device": entry.comment or None,
                "marker": entry.marker or None,
            }
            for entry in entries
        ]
        typer.echo(json.dumps(data, indent=2))
        return
    rows = [
        (
            ",".join(entry.hosts),
            entry.key.type,
            entry.key.fingerprint,
            f"@{entry.marker}" if entry.marker else entry.comment,
        )
        for entry in entries
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        typer.echo("  ".join([*(f"{row[n]:<{widths[n]}}" for n in range(3)), row[3]]).rstrip())


@ssh.command()
def forget(device: DeviceArgument, file: FileOption = None, state: StateOption = None) -> None:
    """Unpin the keys of a device. It is refused from then on, until it is trusted again.

    A device that has left the inventory is found by the name its keys were pinned under.
    """
    store = _store(state)
    hosts = {host for entry in _entries(store) if entry.comment == device for host in entry.hosts}
    places = {_split(host) for host in hosts}
    if not places:
        place = _place(device, file)
        places = {(place.address, place.port)}
    try:
        gone = sum(store.forget(address, port) for address, port in places)
    except OSError as error:
        _stop(f"cannot write {store.path}: {error.strerror or error}", PROBLEM)
    if not gone:
        _stop(f"no key is pinned for {device}", PROBLEM)
    typer.echo(f"Forgot {gone} key{'s' if gone != 1 else ''} of {device}.")


# ---------------------------------------------------------------- where things are
def _store(state: Path | None) -> KnownHosts:
    if state is not None:
        return KnownHosts(state / "ssh_known_hosts")
    from agent.config import SettingsInvalid, load_settings

    try:
        return KnownHosts(load_settings().known_hosts)
    except SettingsInvalid as error:
        _stop(str(error), USAGE)


def _place(name: str, file: Path | None) -> _Place:
    """The address of a device by its name; ends the program with what to do where it cannot be told."""
    from agent.config import SettingsInvalid, load_settings
    from agent.inventory import InventoryInvalid, effective, load
    from agent.inventory.problems import did_you_mean

    try:
        path = file or load_settings().inventory
        estate = load(path)
    except (SettingsInvalid, InventoryInvalid) as error:
        _stop(str(error), USAGE)
    if name not in estate.devices:
        hint = did_you_mean(name, estate.devices)
        _stop(f"{path}: there is no device {name!r}" + (f" ({hint})" if hint else ""), USAGE)
    device = estate.devices[name]
    return _Place(name, device.address, effective(estate, device).ssh_port)


def _shown(place: _Place) -> list[HostKey]:
    try:
        # Old algorithms too: a public key is asked for here, and no secret is sent.
        return list(asyncio.run(fetch(place.address, place.port, legacy=True)))
    except DeviceFault as fault:
        _stop(f"{place.device} at {host_name(place.address, place.port)}: {fault}", PROBLEM)


def _pinned(store: KnownHosts, place: _Place) -> set[HostKey]:
    try:
        return {HostKey.parse(line) for line in store.keys(place.address, place.port)}
    except (OSError, ValueError) as error:
        _stop(f"cannot read {store.path}: {getattr(error, 'strerror', None) or error}", PROBLEM)


def _entries(store: KnownHosts) -> list[Entry]:
    try:
        return store.entries()
    except (OSError, ValueError) as error:
        _stop(f"cannot read {store.path}: {getattr(error, 'strerror', None) or error}", PROBLEM)


def _full(fingerprint: str) -> str:
    return fingerprint if fingerprint.startswith("SHA256:") else f"SHA256:{fingerprint}"


def _split(host: str) -> tuple[str, int]:
    if host.startswith("[") and "]:" in host:
        address, _, port = host[1:].rpartition("]:")
        return address, int(port) if port.isdigit() else 22
    return host, 22


def _stop(words: str, status: int) -> NoReturn:
    typer.echo(words, err=True)
    raise typer.Exit(status)
