"""`hartwatch discover`: what is on the network that the inventory does not have. Data on standard output."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.discover_table import DiscoverFormat, judged, say, show_rows, summary, unknown
from agent.cli.serve import InventoryFile, SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.discovery.entries import Sites
    from agent.discovery.heard import Heard
    from agent.discovery.sweep import Ask
    from agent.inventory import Estate
    from collectors import SnmpAccess

MOST_OCTETS = 16_000_000  # of a file of addresses
Several = list[str] | None


def register(app: typer.Typer) -> None:
    """Add `hartwatch discover`."""
    app.command()(discover)


def discover(
    seeds: Annotated[
        list[str],
        typer.Argument(metavar="WHERE...", help="Networks, addresses, spans (10.0.0.5-9), host names, files of these."),
    ],
    exclude: Annotated[Several, typer.Option("--exclude", "-x", help="Leave these out; again for more.")] = None,
    credential: Annotated[
        Several,
        typer.Option(
            "--credential",
            "-c",
            help="SNMP credential of the inventory, by name; again for more.",
            show_default="all, SNMPv3 first",
        ),
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="SNMP port.", min=1, max=65535, show_default="the inventory's, 161")
    ] = None,
    site: Annotated[str | None, typer.Option(help="The site of everything that is found.")] = None,
    sites: Annotated[Path | None, typer.Option(help="A file of lines NETWORK SITE; the longest network wins.")] = None,
    write: Annotated[Path | None, typer.Option(help="Write the entries for review to this file.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Though the file is there already.")] = False,
    form: Annotated[DiscoverFormat, typer.Option("--format", help="What to print.")] = DiscoverFormat.TABLE,
    rate: Annotated[float, typer.Option(help="Asks a second: pings, and credentials tried.", min=0.1, max=2000)] = 50.0,
    at_once: Annotated[int, typer.Option(help="Addresses asked side by side.", min=1, max=1000)] = 64,
    timeout: Annotated[float, typer.Option(help="Seconds to wait for one answer.", min=0.05, max=60)] = 1.0,
    retries: Annotated[int, typer.Option(help="How often to ask again after silence.", min=0, max=10)] = 1,
    ping: Annotated[
        bool, typer.Option("--ping/--no-ping", help="Ask by SNMP only what answers a ping, or everything.")
    ] = True,
    hints: Annotated[
        bool,
        typer.Option("--hints", help="Where SNMP fails: are 22 and 443 open, what does SSH call itself? No login."),
    ] = False,
    large: Annotated[bool, typer.Option("--large", help="More than 16,384 addresses are meant.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the same command was broken off.")] = False,
    progress: Annotated[
        Path | None, typer.Option(help="Where to keep what was asked.", show_default="in the state directory")
    ] = None,
    inventory: InventoryFile = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Find devices, say what they are, and propose inventory entries for review. Nothing is changed on any device.

    Status 0: done; 1: nothing answered, or a result could not be written; 2: wrong usage; 130: interrupted.
    """
    from agent.cli.common import estate_of
    from agent.discovery import judge
    from agent.discovery.entries import review_file
    from agent.discovery.progress import Progress, ProgressUnusable, key_of, read
    from agent.discovery.ranges import SeedRefused, read_seeds
    from agent.discovery.sweep import Ask

    found = settings_of({"inventory": inventory, "state_directory": state}, settings)
    estate: Estate = estate_of(found)
    if write is not None and write.exists() and not overwrite:
        fail(f"{write} is there already, and may have been edited: name another, or add --overwrite", 2)
    placed = _sites(estate, site, sites)
    try:
        where = read_seeds(seeds, exclude or (), large=large, lines_of=_lines)
    except SeedRefused as problem:
        fail(str(problem), 2)
    if not where.count:
        fail("no address is left to be asked: is everything excluded?", 2)
    usual = estate.defaults.port or 161
    ask = Ask(
        credentials=_credentials(estate, credential or ()),
        port=port or usual,
        rate=rate,
        at_once=at_once,
        timeout=timeout,
        retries=retries,
        ping=ping,
        hints=hints,
    )
    purpose = {
        "addresses": sorted(seeds),
        "exclude": sorted(exclude or ()),
        "spans": [[one.version, str(one.first), str(one.last)] for one in where.spans],
        "credentials": [name for name, _ in ask.credentials],
        "port": ask.port,
        "ping": ping,
        "hints": hints,
    }
    file = progress or found.state_directory / f"discover-{key_of(purpose)}.jsonl"
    try:
        before = read(file, purpose) if resume else []
        if not resume and file.exists() and progress is None:
            say(f"an earlier run of this was broken off; it begins anew. (--resume goes on with {file})")
        with Progress(file, purpose, resume) as kept:
            heard = _swept(ask, found, where, where.count, before, kept.heard)
            devices = judge.one_each(heard, first=_known_addresses(estate))
            index = judge.Index(estate, _serials(found, estate), asyncio.run(_resolved(estate)))
            rows, made = judged(devices, index, placed, ask.port if ask.port != usual else None)
            shown = ("refused", "alive") if hints else ("refused",)  # every desktop answers a ping
            rows += [unknown(one) for one in heard if one.outcome in shown]
            included = os.path.relpath((write or Path("discovered.yaml")).resolve(), found.inventory.resolve().parent)
            text = review_file(made, included)
            if write is not None:
                from agent.inventory.saving import replace_file

                replace_file(write, text)
            show_rows(form, rows, text)
            summary(heard, rows, made, included if write else None)
            kept.done()
    except ProgressUnusable as problem:
        fail(str(problem), 2)
    except OSError as problem:
        fail(f"{problem.filename or write or file}: {problem.strerror or problem}", 1)
    if not any(one.outcome != "silent" for one in heard):
        raise typer.Exit(1)


# ---------------------------------------------------------------- what was asked for
def _lines(name: str) -> Sequence[str] | None:
    """The lines of a file of addresses; None where there is no such file."""
    path = Path(name)
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > MOST_OCTETS:
            fail(f"{name}: larger than {MOST_OCTETS // 1_000_000} MB", 2)
        return path.read_text("utf-8-sig").splitlines()
    except (OSError, ValueError) as problem:
        return fail(f"{name}: cannot be read as text: {problem}", 2)  # type: ignore[no-any-return]


def _credentials(estate: Estate, wanted: Sequence[str]) -> tuple[tuple[str, SnmpAccess], ...]:
    """The credentials that are tried, with their secrets. One that is named and cannot be had is an error."""
    from agent.credentials import SecretMissing, Secrets
    from agent.discovery.sweep import in_order
    from agent.inventory.problems import did_you_mean
    from agent.inventory.resolve import access_by

    for name in wanted:
        if name not in estate.credentials:
            hint = did_you_mean(name, estate.credentials)
            fail(f"--credential {name}: the inventory has no such credential" + (f" ({hint})" if hint else ""), 2)
        if estate.credentials[name].kind == "ssh":
            fail(f"--credential {name}: it is for SSH, and discovery logs in nowhere", 2)
    usable, secrets = [], Secrets()
    for name in wanted or estate.credentials:
        try:
            access = access_by(estate.credentials[name], secrets)
        except SecretMissing as problem:
            if wanted:
                fail(f"credential {name}: {problem}", 2)
            say(f"credential {name} is left out: {problem}")
            continue
        if access is not None:
            usable.append((name, access))
    if not usable:
        fail("there is no SNMP credential to try: name some in the inventory under credentials:", 2)
    return in_order(usable)


def _sites(estate: Estate, site: str | None, table: Path | None) -> Sites:
    from agent.discovery.entries import Sites, SiteTableRefused, site_table
    from agent.inventory.problems import did_you_mean

    if site is not None and site not in estate.sites:
        hint = did_you_mean(site, estate.sites)
        fail(f"--site {site}: the inventory has no such site" + (f" ({hint})" if hint else ""), 2)
    if table is None:
        return Sites(estate, site)
    lines = _lines(str(table))
    if lines is None:
        fail(f"--sites {table}: there is no such file", 2)
    try:
        return Sites(estate, site, site_table("\n".join(lines or ()), str(table), estate.sites))
    except SiteTableRefused as problem:
        return fail(str(problem), 2)  # type: ignore[no-any-return]


def _known_addresses(estate: Estate) -> list[str]:
    return [device.address for device in estate.devices.values()]


def _serials(settings: Any, estate: Estate) -> dict[str, str]:
    """Serial numbers of the inventory's devices as visits have seen them, if there is a ledger."""
    from agent.lifecycle.words import MAIN

    if settings.ledger is None and not (settings.state_directory / "ledger.sqlite3").is_file():
        return {}
    from agent.ledger import Ledger, LedgerUnusable

    try:
        ledger = Ledger.open(settings.ledger_url, f"{settings.agent_name}-command", watch=False)
    except LedgerUnusable as problem:
        say(f"devices are not compared by the serial numbers that visits saw: {problem}")
        return {}
    with contextlib.closing(ledger):
        return {
            asset.serial: asset.device
            for asset in ledger.assets()
            if asset.serial and asset.part in MAIN and asset.device in estate.devices
        }


async def _resolved(estate: Estate) -> dict[str, str]:
    """Addresses of the devices that the inventory has by host name. A name that does not resolve is nobody's."""
    import ipaddress

    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(16)
    found: dict[str, str] = {}

    async def one(device: str, host: str) -> None:
        with contextlib.suppress(OSError, TimeoutError, UnicodeError):
            async with gate, asyncio.timeout(5):
                for *_, address in await loop.getaddrinfo(host, None):
                    found[str(address[0])] = device

    names = []
    for name, device in estate.devices.items():
        try:
            ipaddress.ip_address(device.address)
        except ValueError:
            names.append((name, device.address))
    await asyncio.gather(*(one(name, host) for name, host in names))
    return found


# ---------------------------------------------------------------- asking
def _swept(
    ask: Ask, settings: Any, addresses: Any, count: int, before: Sequence[Heard], keep: Callable[[Heard], None]
) -> list[Heard]:
    """What every address said, in the order in which they were given; status 130 where somebody interrupts."""
    from agent.discovery.sweep import Sweep
    from collectors import ProfileInvalid, Sessions, load_profiles

    try:
        profiles = load_profiles(*settings.families)
    except ProfileInvalid as problem:
        fail(str(problem), 2)
    heard = {one.address: one for one in before}
    if before:
        say(f"{len(before):,} of {count:,} addresses were asked before")

    async def run() -> None:
        async with Sessions() as sessions:
            sweep = Sweep(ask, profiles, sessions)
            with _bar(count, len(heard)) as moved:

                def done(one: Heard) -> None:
                    heard[one.address] = one
                    keep(one)
                    moved(one)

                await sweep.run((address for address in addresses if address not in heard), done)
            if ask.ping and sweep.may_ping is False:
                say("this process may not ping, so every address was asked by SNMP")

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        say(f"interrupted: {len(heard):,} of {count:,} addresses were asked; the same command with --resume goes on")
        raise typer.Exit(130) from None
    except ExceptionGroup as problems:  # a disk that is full, say: the first of those that writing raised
        raise next((one for one in problems.exceptions if isinstance(one, OSError)), problems) from None
    return [heard[address] for address in addresses if address in heard]


@contextlib.contextmanager
def _bar(count: int, already: int) -> Iterator[Callable[[Heard], None]]:
    """A progress bar on a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
               TextColumn("{task.fields[found]} found"))  # fmt: skip
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task, found = bar.add_task("", total=count, completed=already, found=0), 0

        def moved(one: Heard) -> None:
            nonlocal found
            found += one.outcome == "found"
            bar.update(task, advance=1, found=found)

        yield moved
