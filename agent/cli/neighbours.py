"""`hartwatch neighbours`: whom the inventory's devices see beside them, by a look of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, estate_of, many, show
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.inventory import Estate
    from agent.neighbours import Neighbour
    from collectors import Target, Visit

AT_ONCE = 32  # devices looked at side by side
# What is asked where no device is named: others have no neighbours to tell of, or are the neighbours.
CLASSES = ("switch", "router", "firewall", "wifi_controller", "load_balancer")
COLUMNS = ("neighbour", "kind", "known_as", "seen_by", "port", "their_port", "by", "address", "chassis", "platform")


def register(app: typer.Typer) -> None:
    """Add `hartwatch neighbours`."""
    app.command()(neighbours)


def neighbours(
    devices: Annotated[
        list[str] | None, typer.Argument(help="Devices of the inventory to ask.", show_default="all network devices")
    ] = None,
    unknown: Annotated[
        bool, typer.Option("--unknown", help="Only who is not in the inventory; phones and hosts are left out.")
    ] = False,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Ask devices whom they see by LLDP and CDP, and say who of those the inventory does not have.

    One row for each place where a neighbour is seen. The running agent has the same on its page /neighbours.
    Status 0: done; 1: no device answered; 2: wrong usage.
    """
    from agent.neighbours import neighbours as beside

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate = estate_of(found)
    targets = _targets(estate, found, devices or ())
    visits = asyncio.run(_visits(targets, found))
    reached = {name: visit for name, visit in visits.items() if visit.answered.snmp}
    silent = [name for name in visits if name not in reached]
    every = beside(estate, reached)
    rows = [row for one in every if one.unknown or not unknown for row in _rows(one)]
    cells = [[row[name] for name in COLUMNS] for row in rows]
    show(COLUMNS, cells, form, "Nobody unknown was seen." if unknown else "Nobody was seen.")
    strangers = sum(one.unknown for one in every)
    words = [f"{len(reached)} of {len(visits)} devices answered", f"{len(every)} neighbours, {strangers} unknown"]
    if silent:
        words.append(f"silent: {many(silent[:10], Format.TABLE)}" + (" and more" if len(silent) > 10 else ""))
    print(f"hartwatch: {'; '.join(words)}", file=sys.stderr)
    if not reached:
        raise typer.Exit(1)


def _rows(one: Neighbour) -> list[dict[str, str]]:
    return [
        {
            "neighbour": one.name,
            "kind": one.kind.replace("_", " "),
            "known_as": one.known,
            "seen_by": seen.device,
            "port": seen.port,
            "their_port": seen.their_port,
            "by": seen.by,
            "address": seen.address,
            "chassis": seen.chassis,
            "platform": seen.platform,
        }
        for seen in one.seen
    ]


def _targets(estate: Estate, settings: Any, names: Sequence[str]) -> list[Target]:
    """The devices that are asked, by SNMP alone: neighbours come by nothing else, and nobody logs in for this."""
    from dataclasses import replace

    from agent.credentials import SecretMissing, Secrets
    from agent.inventory import InForce, read_known_hosts, target
    from agent.inventory.problems import did_you_mean

    for name in names:
        if name not in estate.devices:
            hint = did_you_mean(name, estate.devices)
            fail(f"there is no device {name!r} in the inventory" + (f" ({hint})" if hint else ""), 2)
    secrets, known_hosts = Secrets(), read_known_hosts(settings.known_hosts)
    in_force, made = InForce(estate, settings.intervals), []
    for name, device in estate.devices.items():
        if name not in names if names else device.class_ not in CLASSES:
            continue
        try:
            whole = target(estate, device.model_copy(update={"ssh": "none"}), secrets, known_hosts,
                           settings.intervals, in_force)  # fmt: skip
        except SecretMissing as problem:
            fail(f"{name}: {problem}", 2)
        if whole.snmp is not None:
            made.append(replace(whole, ssh=None, probes=()))
    if not made:
        fail("no device is left to ask by SNMP", 2)
    return made


async def _visits(targets: Sequence[Target], settings: Any) -> Mapping[str, Visit]:
    from collectors import Cadence, Memory, ProfileInvalid, Sessions, collect, load_profiles

    try:
        profiles = load_profiles(*settings.families)
    except ProfileInvalid as problem:
        fail(str(problem), 2)
    gate = asyncio.Semaphore(AT_ONCE)

    async with Sessions() as sessions:

        async def one(asked: Target) -> Visit:
            async with gate:
                return await collect(asked, Cadence.INVENTORY, sessions, Memory(), profiles)

        visits = await asyncio.gather(*(one(asked) for asked in targets))
    return {visit.device: visit for visit in visits}
