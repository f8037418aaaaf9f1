"""Everything that the agent needs to begin, looked at without beginning: what `hartwatch config check` says.

    findings_of(settings, sources) -> list[Finding]

Each step says what it found, or what is wrong and what to do; one that fails keeps none of the others from being
looked at. Nothing is made, migrated or locked, so it may run beside the agent and before an upgrade.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from agent import web
from agent.access.users import UsersInvalid, read_users
from agent.config import Settings, Source
from agent.credentials import SecretMissing, Secrets
from agent.exporter.snmp import ModulesInvalid, read_modules
from agent.hardware.notices import load_notices
from agent.inventory import Estate, InForce, InventoryInvalid, read, read_known_hosts
from agent.inventory.credentials import Ssh
from agent.inventory.document import SECRET_KEYS
from agent.ledger import LedgerUnusable
from agent.ledger.state import ledger_state
from agent.words import count
from collectors import ProfileInvalid, load_profiles

Level = Literal["ok", "warning", "error"]
NAMED = 10  # devices in one line


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, and what was found there."""

    about: str  # settings, families, inventory, secrets, snmp modules, users, web, state, ledger ...
    level: Level
    text: str


def findings_of(settings: Settings, sources: Sequence[Source]) -> list[Finding]:
    """All of it, in the order in which a start would come to it. Blocking."""
    return list(_findings(settings, sources))


def _findings(settings: Settings, sources: Sequence[Source]) -> Iterator[Finding]:
    yield Finding("settings", "ok", _where_from(sources))
    yield from _families(settings)
    estate = None
    try:
        loaded = read(settings.inventory, lambda: load_profiles(*settings.families).by_name, datetime.now(UTC).date())
    except InventoryInvalid as problem:
        yield from (Finding("inventory", "error", line) for line in str(problem).splitlines())
    except ProfileInvalid:
        yield Finding("inventory", "error", f"{settings.inventory} is not looked at while the families are invalid")
    else:
        estate = loaded.estate
        yield Finding("inventory", "ok", f"{settings.inventory}: {count(len(estate.devices), 'device')}")
        yield from (Finding("inventory", "warning", str(warning)) for warning in loaded.warnings)
    if estate is not None:
        yield from _secrets(estate, settings)
    yield from _channels(settings, estate)
    yield from _notices(settings)
    yield from _snmp_modules(settings)
    yield from _web(settings)
    yield from _state(settings.state_directory)
    yield from _ledger(settings)
    if not settings.self_check_addresses:
        yield Finding(
            "self-check", "warning",
            "no self_check_addresses are set: an outage of our own network will look like everybody's",
        )  # fmt: skip


def _where_from(sources: Sequence[Source]) -> str:
    file = {source.origin.rpartition(":")[0] for source in sources if ":" in source.origin}
    from_file = sum(":" in source.origin for source in sources)
    others = [source for source in sources if source.origin != "default" and ":" not in source.origin]
    said = [f"{from_file} from {name}" for name in sorted(file)]
    said += [f"{source.name} from {source.origin}" for source in others]
    return ", ".join(said) + ", the others as they come" if said else "none is set, all are as they come"


def _families(settings: Settings) -> Iterator[Finding]:
    try:
        profiles = load_profiles(*settings.families)
    except (ProfileInvalid, OSError) as problem:
        yield from (Finding("families", "error", line) for line in str(problem).splitlines())
        return
    own = f", with those in {', '.join(map(str, settings.families))}" if settings.families else ""
    yield Finding("families", "ok", f"{count(len(profiles.by_name), 'profile')}{own}")


def _snmp_modules(settings: Settings) -> Iterator[Finding]:
    try:
        modules = read_modules(settings.snmp_modules)
    except ModulesInvalid as problem:
        yield from (Finding("snmp modules", "error", line) for line in str(problem).splitlines())
        return
    yield Finding("snmp modules", "ok", f"{count(len(modules.modules), 'module')} for /snmp")
    if settings.snmp_targets == "any":
        yield Finding(
            "snmp modules", "warning",
            "snmp_targets is any: whoever may read the agent's pages can have the files' credentials sent anywhere",
        )  # fmt: skip


def _secrets(estate: Estate, settings: Settings) -> Iterator[Finding]:
    secrets, well = Secrets(), 0
    for name, credential in estate.credentials.items():
        for key in SECRET_KEYS:
            reference = getattr(credential, key, None)
            if reference is None:
                continue
            try:
                secrets.resolve(reference)
                well += 1
            except SecretMissing as problem:
                yield Finding("secrets", "error", f"credentials.{name}.{key}: {problem}")
        if isinstance(credential, Ssh) and credential.key_file is not None:
            why = _unreadable(Path(credential.key_file))
            if why:
                yield Finding("secrets", "error", f"credentials.{name}.key_file: {credential.key_file}: {why}")
    yield Finding("secrets", "ok", f"{count(well, 'reference')} followed")
    yield from _unpinned(estate, settings)


def _unpinned(estate: Estate, settings: Settings) -> Iterator[Finding]:
    """Devices that would be refused by SSH because nobody has pinned their key."""
    try:
        known = read_known_hosts(settings.known_hosts)
    except OSError as problem:
        yield Finding("ssh", "error", f"{settings.known_hosts}: {(problem.strerror or str(problem)).lower()}")
        return
    in_force = InForce(estate, settings.intervals)
    names = []
    for name, device in estate.devices.items():
        found = in_force.of(device)
        if found.ssh and not known.keys(device.address, found.ssh_port):
            names.append(name)
    if names:
        more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
        yield Finding(
            "ssh", "warning", f"no host key is pinned for {', '.join(names[:NAMED])}{more}: see `hartwatch ssh trust`"
        )


def _channels(settings: Settings, estate: Estate | None) -> Iterator[Finding]:
    """Channels are made as a start would, and nothing is sent: `hartwatch channels test` does."""
    if not settings.channels:
        yield Finding("channels", "warning", "no channels are set: outages are told to the log and to nobody else")
        return
    from agent.channels import (
        ChannelsInvalid,
        check_channel,
    )  # needs the alerts' libraries, which nothing else here does

    secrets = Secrets()
    for name, channel in settings.channels.items():
        try:
            check_channel(name, channel, secrets)
        except ChannelsInvalid as problem:
            yield Finding("channels", "error", str(problem))
            continue
        unknown = [c for c in channel.councils if estate is not None and c not in estate.councils]
        if unknown:
            yield Finding("channels", "error", f"channels.{name}.councils: the inventory has no council {unknown[0]!r}")
        else:
            yield Finding(
                "channels", "ok", f"{name}: {channel.kind}, {count(len(channel.urls), 'address', 'addresses')}"
            )


def _notices(settings: Settings) -> Iterator[Finding]:
    found = load_notices(settings.notices, loudly=False)
    yield from (Finding("notices", "warning", f"left out: {problem}") for problem in found.problems)


def _web(settings: Settings) -> Iterator[Finding]:
    try:
        config = web.read_web_config(settings.web_config) if settings.web_config else web.WebConfig()
    except web.WebConfigInvalid as problem:
        yield from (Finding("web", "error", line) for line in str(problem).splitlines())
        return
    users = None
    if settings.users_file:
        try:
            users = read_users(settings.users_file)
        except UsersInvalid as problem:
            yield from (Finding("users", "error", line) for line in str(problem).splitlines())
            return  # whether it may listen there hangs on it
        people, tokens = count(len(users.users), "user"), count(len(users.tokens), "token")
        yield Finding("users", "ok", f"{settings.users_file}: {people}, {tokens}")
    refused = web.refusal(settings.listen_address, config, users)
    place = f"{settings.listen_address} port {settings.listen_port}"
    if refused:
        yield Finding("web", "error", refused)
    elif web.is_taken(settings.listen_address, settings.listen_port):
        yield Finding("web", "warning", f"{place} is taken, by the agent itself if it is running")
    else:
        yield Finding("web", "ok", f"{place}{', over TLS' if config.tls else ''}")


def _state(folder: Path) -> Iterator[Finding]:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Finding("state", "error", f"{folder} cannot be written by this user: run this as the agent's, or mend it")
    else:
        yield Finding("state", "ok", f"{folder}{'' if there == folder else ' will be made'}")


def _ledger(settings: Settings) -> Iterator[Finding]:
    try:
        state = ledger_state(settings.ledger_url)
    except LedgerUnusable as problem:
        yield Finding("ledger", "error", str(problem))
        return
    if state.schema is None:
        yield Finding("ledger", "ok", f"{state.name} will be made")
    elif state.from_the_future:
        yield Finding(
            "ledger", "error",
            f"{state.name} was written by a newer hartwatch (schema {state.schema}, this one knows {state.newest}): "
            "run that version, or restore the backup made before the upgrade",
        )  # fmt: skip
    elif state.schema != state.newest:
        yield Finding(
            "ledger", "warning",
            f"{state.name} has schema {state.schema}; a start brings it forward to {state.newest}, after a copy",
        )  # fmt: skip
    else:
        size = f", {state.octets / 1_000_000:.1f} MB" if state.octets is not None else ""
        yield Finding("ledger", "ok", f"{state.name}: schema {state.schema}{size}")


def _unreadable(path: Path) -> str | None:
    try:
        path.open("rb").close()
    except OSError as problem:
        return (problem.strerror or str(problem)).lower()
    return None
