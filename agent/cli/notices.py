"""`hartwatch notices`: what vendors have announced; list it, import more of it, see which of it fits a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agent.cli.common import AnyFormat, Format, show
from agent.cli.serve import SettingsFile, StateDirectory, fail, settings_of

if TYPE_CHECKING:
    from agent.lifecycle.notices import Notice, Notices

Vendor = Annotated[str | None, typer.Option(help="Of one vendor.", show_default="all")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        help="What vendors have announced: end of sale, of software and of support, for models and for releases.",
        no_args_is_help=True,
    )
    group.command("list")(list_)
    group.command("import")(import_)
    group.command()(check)
    group.command()(reference)
    app.add_typer(group, name="notices")


def _notices(settings: Any) -> Notices:
    """All in force; a file that cannot be read is told, and the others count."""
    from agent.hardware.notices import load_notices

    found = load_notices(settings.notices, loudly=False)
    for problem in found.problems:
        print(f"hartwatch: left out: {problem}", file=sys.stderr)
    return found


def _day(value: Any) -> str:
    return value.isoformat() if value is not None else ""


def _ends(notice: Notice) -> dict[str, str]:
    """Each end as text: a day, or that it is over though nobody says since when."""
    from agent.lifecycle.notices import ENDS

    return {end: "ended" if end in notice.ended else _day(getattr(notice, end)) for end in ENDS}


NAMES = (
    "vendor", "product", "release", "models", "released_on", "end_of_sale", "end_of_software_maintenance",
    "end_of_security_support", "end_of_support", "source",
)  # fmt: skip


def list_(
    vendor: Vendor = None,
    product: Annotated[str | None, typer.Option(help="Releases of one product.", show_default="all")] = None,
    model: Annotated[str | None, typer.Option(help="What fits one model of hardware.", show_default="all")] = None,
    form: AnyFormat = Format.TABLE,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """List the notices in force, shipped and imported."""
    from agent.lifecycle.notices import vendor_key

    index = _notices(settings_of({"state_directory": state}, settings))
    found = [
        notice
        for notice in index.all
        if (vendor is None or vendor_key(notice.vendor) == vendor_key(vendor))
        and (product is None or notice.product.casefold() == product.casefold())
    ]
    if model is not None:
        fitting = {id(n) for one in {n.vendor for n in found} for n in index.fitting(one, model, None, any_family=True)}
        found = [notice for notice in found if id(notice) in fitting]
    rows = []
    for notice in found:
        row: tuple[Any, ...] = (
            notice.vendor, notice.product, notice.version or "", ", ".join(notice.models), _day(notice.released_on),
            *_ends(notice).values(), notice.source,
        )  # fmt: skip
        if form is not Format.TABLE:
            families = ", ".join(notice.families)
            row += (_day(notice.fetched_on), notice.label, families, notice.imported, notice.where)
        rows.append(row)
    names: tuple[str, ...] = NAMES
    if form is not Format.TABLE:
        names += ("fetched_on", "label", "families", "imported", "where")
    show(names, rows, form, "There is no such notice.")


def import_(
    file: Annotated[Path, typer.Argument(help="CSV, or JSON of one product of endoflife.date.")],
    vendor: Annotated[str | None, typer.Option(help="Vendor, where the file does not say it.")] = None,
    product: Annotated[
        str | None, typer.Option(help="Product, where the file does not say it.", show_default="name of the file")
    ] = None,
    family: Annotated[
        list[str] | None, typer.Option(help="Device family that runs a product which is not known; may be given again.")
    ] = None,
    partial: Annotated[bool, typer.Option("--partial", help="Take what is right, though something is wrong.")] = False,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Take in notices from a file: all of them or, with --partial, those that are right. Status 1: none was taken.

    A file that was imported before under the same name is replaced; the same again changes nothing.
    """
    from agent.hardware.notices_import import CannotImport, read_csv, read_endoflife, store

    folder = settings_of({"state_directory": state}, settings).notices
    try:
        if file.suffix.casefold() == ".json":
            made = read_endoflife(file, product, vendor, family or ())
        elif family:
            fail("--family is for JSON; a CSV has a column `families`", 2)
        else:
            made = read_csv(file, vendor, product)
        for refused in made.refused:
            print(f"hartwatch: not taken: {refused}", file=sys.stderr)
        for passed in made.passed_over:
            print(f"hartwatch: passed over: {passed}", file=sys.stderr)
        if made.refused and not partial:
            fail("nothing was imported: put it right, or take the rest with --partial", 1)
        if not made.text:
            fail(f"{file}: there is nothing in it to import", 1)
        stored = store(folder, made)
    except CannotImport as problem:
        fail(str(problem), 1)
    counts = f"{_counted(made.models, 'model')}, {_counted(made.releases, 'release')}"
    left = f"; {len(made.refused)} not taken" if made.refused else ""
    print(f"{stored.path}: {counts}{left}" + ("" if stored.changed else "; nothing has changed"))


def _counted(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")


def check(
    model: Annotated[str, typer.Argument(help="A model as the device or the purchase record writes it.")],
    vendor: Annotated[str, typer.Option(help="Its vendor.")],
    version: Annotated[str | None, typer.Option(help="The version of its software too.")] = None,
    family: Annotated[
        str | None, typer.Option(help="Device family it is read by; without it, software of any family is looked at.")
    ] = None,
    state: StateDirectory = None,
    settings: SettingsFile = None,
) -> None:
    """Say which notice fits a model, and a version, and why. Status 1 where none does."""
    index = _notices(settings_of({"state_directory": state}, settings))
    found = _told(f"{vendor} {model}", index.fitting(vendor, model, family, any_family=family is None))
    if version is not None:
        said = index.fitting(vendor, model, family, version, any_family=family is None)
        found = _told(f"{vendor} {version}", said) or found
    if not found:
        raise typer.Exit(1)


def reference() -> None:
    """Print the reference page of what is shipped (docs/reference/vendor-notices.md)."""
    from agent.hardware.notices import shipped
    from agent.hardware.notices_page import notices_page

    print(notices_page(shipped()), end="")


def _told(subject: str, notices: list[Notice]) -> bool:
    """Print the notice in force and those it comes before."""
    if not notices:
        print(f"{subject}: no notice fits")
        return False
    first, *others = notices
    print(f"{subject}: {_what(first)}")
    if first.released_on is not None:
        print(f"  released on {first.released_on.isoformat()}")
    for name, text in _ends(first).items():
        if text:
            print(f"  {name.replace('_', ' ')}: {'over, the day is not known' if text == 'ended' else text}")
    print(f"  source: {first.source}, fetched on {_day(first.fetched_on) or 'a day that is not known'}")
    if first.label:
        print(f"  in the source's words: {first.label}")
    print(f"  from {first.where} ({'imported' if first.imported else 'shipped'})")
    for other in others:
        print(f"  comes before {_what(other)} from {other.where}")
    return True


def _what(notice: Notice) -> str:
    """What a notice is for, as it was written."""
    if notice.version is not None:
        return f"{notice.product} {notice.version}".strip()
    return f"models {', '.join(notice.models)}"
