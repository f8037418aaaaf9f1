"""`hartwatch inventory import netbox` and `... csv`: other systems compared with the inventory, and brought in."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, show, show_json
from agent.cli.serve import InventoryFile, SettingsFile, fail, settings_of

if TYPE_CHECKING:
    from agent.importing.applied import Files
    from agent.importing.records import Record, Words

importing = typer.Typer(no_args_is_help=True, help="Bring in devices from NetBox or a CSV file.")
Several = list[str] | None
USUAL = ("address", "class", "site", "vendor", "model", "serial")  # purchase facts only where they are named
NETBOX = ("active",)

Write = Annotated[bool, typer.Option("--write", help="Change the inventory; without it, only say what would change.")]
Only = Annotated[Several, typer.Option("--only", help="Only this field, for example address; again for more.")]
Keep = Annotated[Several, typer.Option("--keep", help="Never this field; again for more.")]
Role = Annotated[Several, typer.Option("--role", help="THEIRS=CLASS: what a role means; again for more.")]
SiteMap = Annotated[
    Several, typer.Option("--site-map", help="THEIRS=SITE: what a site is called here; again for more.")
]
Mapped = Annotated[Path | None, typer.Option("--mapping", help="A YAML file of roles: and sites:, theirs to ours.")]
Into = Annotated[Path | None, typer.Option(help="The file of the inventory that new devices go into.",
                                           show_default="the one with most devices")]  # fmt: skip


@importing.command()
def netbox(
    url: Annotated[str, typer.Option(help="Where NetBox is: https://netbox.example.org.", envvar="NETBOX_URL")],
    token: Annotated[str, typer.Option(help="Where the token lives: env:NAME, file:/PATH, cred:NAME.")],
    site: Annotated[Several, typer.Option(help="Only this site of NetBox, by slug; again for more.")] = None,
    role: Annotated[Several, typer.Option("--only-role", help="Only this role, by slug; again for more.")] = None,
    tenant: Annotated[Several, typer.Option(help="Only this tenant, by slug; again for more.")] = None,
    tag: Annotated[Several, typer.Option(help="Only what has this tag, by slug; again for more.")] = None,
    status: Annotated[Several, typer.Option(help="Only this status.", show_default="active")] = None,
    custom: Annotated[
        Several, typer.Option("--custom", help="FIELD=CUSTOM_FIELD: purchased=bought_on; again for more.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Certificates to trust instead of the system's (PEM).")] = None,
    roles: Role = None,
    site_map: SiteMap = None,
    mapping: Mapped = None,
    only: Only = None,
    keep: Keep = None,
    into: Into = None,
    write: Write = False,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    settings: SettingsFile = None,
) -> None:
    """Compare the inventory with NetBox's devices, and with --write bring the differences in.

    Status 0: done; 1: something is in conflict, or nothing was written because of a problem; 2: wrong usage.
    """
    from agent.credentials import SecretMissing, Secrets
    from agent.importing.boxes import record_of
    from agent.importing.netbox import Ask, NetBoxRefused, check_url, devices
    from agent.importing.records import FIELDS, site_finder
    from agent.inventory.values import SECRET_SOURCES

    extra = _pairs(custom, "--custom")
    for field in extra:
        if field not in FIELDS or field in USUAL:
            fail(f"--custom {field}: there are {', '.join(one for one in FIELDS if one not in USUAL)}", 2)
    files = _files(inventory, settings, into)
    fields = _fields(only, keep, [*USUAL, *extra])
    words = _words(roles, site_map, mapping, files)
    try:
        check_url(url)
        if token.partition(":")[0] not in SECRET_SOURCES or ":" not in token:
            fail("--token wants the place where the token lives, not the token: env:NAME, file:/PATH or cred:NAME", 2)
        secret = Secrets().resolve(token).get_secret_value()
    except (NetBoxRefused, SecretMissing) as problem:
        fail(str(problem), 2)
    filters = {"site": site or (), "role": role or (), "tenant": tenant or (), "tag": tag or (),
               "status": status or NETBOX}  # fmt: skip
    try:
        found = devices(Ask(url, filters, str(ca or "")), secret)
    except NetBoxRefused as problem:
        fail(str(problem), 1)
    find = site_finder({name: one.title for name, one in files.estate.sites.items()}, words)
    today = datetime.now(UTC).date()
    read = [record_of(one, words, find, extra, today) for one in found]  # type: ignore[arg-type]
    records = [one for one in read if not isinstance(one, str)]
    for left in (one for one in read if isinstance(one, str)):
        print(f"hartwatch: {left}, and is left out", file=sys.stderr)
    # What the source does not have can only be told where the filters leave nothing out but sites.
    here = None if role or tenant or tag else _sites(files, site, find)
    _bring(files, records, fields, here, write, form)


@importing.command("csv")
def csv_(
    file: Annotated[
        Path, typer.Argument(metavar="DEVICES.CSV", help="Devices: name, address, class, site, serial ...")
    ],
    columns: Annotated[
        Several, typer.Option("--map", help="COLUMN=FIELD: what a column means; COLUMN= leaves it out; again for more.")
    ] = None,
    roles: Role = None,
    site_map: SiteMap = None,
    mapping: Mapped = None,
    only: Only = None,
    keep: Keep = None,
    missing: Annotated[bool, typer.Option("--missing", help="Also tell which devices the file does not have.")] = False,
    into: Into = None,
    write: Write = False,
    form: AnyFormat = Format.TABLE,
    inventory: InventoryFile = None,
    settings: SettingsFile = None,
) -> None:
    """Compare the inventory with a CSV file, and with --write bring the differences in: all rows, or none.

    Status 0: done; 1: a row is wrong or in conflict, or nothing was written because of a problem; 2: wrong usage.
    """
    from agent.importing.records import FIELDS, site_finder
    from agent.importing.table import NAME, records_of
    from agent.purchases import MOST_OCTETS, FileRefused, table_of

    given = _pairs(columns, "--map", empty=True)
    for to in given.values():
        if to and to not in (NAME, *FIELDS):
            fail(f"--map ...={to}: there are {', '.join((NAME, *FIELDS))}", 2)
    files = _files(inventory, settings, into)
    fields = _fields(only, keep, FIELDS)
    words = _words(roles, site_map, mapping, files)
    try:
        with file.open("rb") as opened:
            octets = opened.read(MOST_OCTETS + 1)
    except OSError as problem:
        fail(f"cannot read {file}: {(problem.strerror or str(problem)).lower()}", 2)
    find = site_finder({name: one.title for name, one in files.estate.sites.items()}, words)
    try:
        records = records_of(table_of(octets, file.name), given, words, find, datetime.now(UTC).date())
    except FileRefused as problem:
        fail(f"{problem}\nnothing was imported", 1)
    _bring(files, records, fields, set(files.estate.sites) if missing else None, write, form)


# ---------------------------------------------------------------- options
def _pairs(given: Several, option: str, empty: bool = False) -> dict[str, str]:
    found = {}
    for one in given or ():
        left, equals, right = one.rpartition("=")
        if not equals or not left.strip() or not (right.strip() or empty):
            fail(f"{option} {one}: THEIRS=OURS is wanted", 2)
        found[left.strip()] = right.strip()
    return found


def _fields(only: Several, keep: Several, usual: Collection[str]) -> list[str]:
    from agent.importing.records import FIELDS
    from agent.inventory.problems import did_you_mean

    for option, given in (("--only", only), ("--keep", keep)):
        for one in given or ():
            if one not in FIELDS:
                hint = did_you_mean(one, FIELDS)
                fail(f"{option} {one}: an import owns {', '.join(FIELDS)}" + (f" ({hint})" if hint else ""), 2)
    return [one for one in (only or usual) if one not in (keep or ())]


def _words(roles: Several, sites: Several, mapping: Path | None, files: Files) -> Words:
    """What their words mean: the mapping file, and over it the options."""
    from agent.importing.records import Words, bare
    from agent.inventory.document import read_document
    from agent.inventory.model import DEVICE_CLASSES

    told: dict[str, dict[str, str]] = {"roles": {}, "sites": {}}
    if mapping is not None:
        try:
            document = read_document(mapping, str(mapping))
        except OSError as problem:
            fail(f"cannot read {mapping}: {problem.strerror or problem}", 2)
        data = document.data
        wrong = [str(one) for one in document.problems]
        if not wrong and not (isinstance(data, dict) and all(isinstance(data[key], dict) for key in data)):
            wrong = [f"{mapping}: roles: and sites: are wanted, each with THEIRS: ours"]
        for key in data if not wrong else ():
            if key not in told:
                wrong.append(str(document.problem((key,), "unknown section", "there are roles: and sites:")))
                continue
            for theirs, ours in data[key].items():
                if not isinstance(ours, str):
                    wrong.append(str(document.problem((key, theirs), "a name is wanted")))
                else:
                    told[key][theirs] = ours
        if wrong:
            fail("\n".join(wrong), 2)
    told["roles"] |= _pairs(roles, "--role")
    told["sites"] |= _pairs(sites, "--site-map")
    for theirs, ours in told["roles"].items():
        if ours not in DEVICE_CLASSES:
            fail(f"role {theirs}: there is no class {ours!r}; there are {', '.join(DEVICE_CLASSES)}", 2)
    for theirs, ours in told["sites"].items():
        if ours not in files.estate.sites:
            fail(f"site {theirs}: the inventory has no site {ours!r}", 2)
    return Words(**{key: {bare(theirs): ours for theirs, ours in pairs.items()} for key, pairs in told.items()})


def _files(inventory: Path | None, settings: Path | None, into: Path | None) -> Files:
    from agent.importing.applied import Files, NotWritten
    from agent.inventory import InventoryInvalid

    found = settings_of({"inventory": inventory}, settings)
    try:
        files = Files.open(found.inventory)
        if into is not None:
            files.into(into)
    except (InventoryInvalid, NotWritten) as problem:
        fail(str(problem), 2)
    except OSError as problem:
        fail(f"cannot read {problem.filename}: {problem.strerror or problem}", 2)
    return files


def _sites(files: Files, slugs: Several, find: Any) -> set[str]:
    """The sites whose devices NetBox should know: those of the filter, else all."""
    return set(files.estate.sites) if not slugs else {one for slug in slugs if (one := find(slug)) is not None}


# ---------------------------------------------------------------- comparing, telling, writing
def _bring(
    files: Files, records: Sequence[Record], fields: Sequence[str], here: set[str] | None, write: bool, form: Format
) -> None:
    from agent.importing.applied import NotWritten
    from agent.importing.compare import compare

    wanted: Any = fields
    report = files.apply(compare(files.estate, records, wanted, files.keeps, here), wanted)
    written: list[Path] = []
    problem = ""
    try:
        files.check(report)
        written = files.save() if write else []
    except NotWritten as refused:
        problem = str(refused)
    except OSError as fault:
        problem = f"cannot write {fault.filename}: {fault.strerror or fault}; nothing was written"
    counts = report.counts
    if form is Format.JSON:
        show_json({"written": [str(path) for path in written], "dry_run": not write, "counts": counts,
                   "lines": [asdict(line) for line in report.lines]})  # fmt: skip
    else:
        names = ("what", "device", "field", "was", "now", "why", "origin")
        show(names, [[getattr(line, name) for name in names] for line in report.lines], form, "Nothing differs.")
    print("hartwatch: " + ", ".join(f"{number} {what}" for what, number in counts.items()), file=sys.stderr)
    if problem:
        fail(problem, 1)
    if written:
        for path in written:
            print(f"hartwatch: {path} was changed; to undo it: mv {path}.bak {path}", file=sys.stderr)
    elif write:
        print("hartwatch: there was nothing to change", file=sys.stderr)
    elif files.changed:
        print("hartwatch: nothing was written; --write does it", file=sys.stderr)
    if counts["conflict"]:
        raise typer.Exit(1)
