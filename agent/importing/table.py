"""A CSV file of devices as records: every bad cell told with its line, and then nothing is imported. Pure.

    records = records_of(table_of(octets, name), mapping, words, find_site, today)     # or FileRefused

Encodings, separators and what spreadsheets do to cells are dealt with as for purchase records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from pydantic_core import PydanticCustomError

from agent.hostile import plain
from agent.importing.records import FIELDS, Field, Record, Value, Words, address_in, bare
from agent.inventory.model import DEVICE_CLASSES
from agent.purchases.cells import BLANK, day_in, pence_in, serial_in, text_in
from agent.purchases.columns import mistyped
from agent.purchases.faults import CellRefused, Fault, FileRefused, quoted
from agent.purchases.table import Table

NAME = "name"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "device", "device name", "hostname", "host name", "host", "sysname", "asset name"),
    "address": ("address", "ip", "ip address", "primary ip", "primary ipv4", "ipv4", "ipv6", "management ip",
                "management address", "mgmt ip", "mgmt address"),
    "class": ("class", "type", "role", "device role", "device type", "category", "kind"),
    "site": ("site", "location", "building", "site name"),
    "vendor": ("vendor", "manufacturer", "make", "brand"),
    "model": ("model", "model number", "model no", "product", "part number"),
    "serial": ("serial", "serial number", "serial no", "s n", "sn"),
    "purchased": ("purchased", "purchase date", "date purchased", "date of purchase", "order date", "invoice date"),
    "installed": ("installed", "install date", "installation date", "date installed", "in service since"),
    "support_until": ("support until", "support end", "support end date", "warranty end", "warranty expiry"),
    "price": ("price", "cost", "unit price", "purchase price", "price ex vat", "price gbp"),
    "supplier": ("supplier", "reseller", "bought from"),
}  # fmt: skip
_KNOWN = {bare(name): column for column, names in COLUMNS.items() for name in names}


def columns_of(header: Sequence[str], mapping: Mapping[str, str]) -> tuple[dict[str, int], list[tuple[str, str, str]]]:
    """Which column is where, and what is wrong with the header. `mapping`: header > field ("" leaves it out)."""
    found: dict[str, int] = {}
    wrong: list[tuple[str, str, str]] = []
    given = {bare(title): to for title, to in mapping.items()}
    titles = {bare(one) for one in header}
    wrong += [
        (plain(title, 60), "--map names a column that is not there", f"there are {plain(', '.join(header), 200)}")
        for title in mapping
        if bare(title) not in titles
    ]
    for place, title in enumerate(header):
        name = bare(title)
        column = given.get(name, _KNOWN.get(name))
        if column:
            if column in found:
                again = f"it means the same as {quoted(header[found[column]])}"
                wrong.append((title, again, f"say which: --map {quoted(title)}="))
            else:
                found[column] = place
        elif column is None and (near := next((one for one in _KNOWN if name and mistyped(name, one)), None)):
            wrong.append((title, "the column is not known", f"did you mean {near!r}? else --map {quoted(title)}="))
    if NAME not in found:
        wrong.append(("", "there is no column with names of devices", "call it 'name', or --map 'YOUR COLUMN=name'"))
    elif len(found) == 1:
        wrong.append(("", "no column says anything of the devices", f"there are {', '.join(FIELDS)}"))
    return found, wrong


def records_of(
    table: Table, mapping: Mapping[str, str], words: Words, find_site: Callable[..., str | None], today: date
) -> list[Record]:
    """Every row as a record; FileRefused with every fault where there is one."""
    columns, wrong = columns_of(table.header, mapping)
    if wrong:
        raise FileRefused([Fault(table.file, table.header_line, plain(title, 60), *why) for title, *why in wrong])
    readers = _readers(words, find_site, today)
    faults: list[Fault] = []
    records = []
    for line, cells in table.rows:
        values: dict[Field, Value] = {}
        before = len(faults)
        if any(cells[len(table.header) :]):
            faults.append(Fault(table.file, line, "", "the row has more cells than the header",
                                "a comma inside of a cell needs quotation marks"))  # fmt: skip
        name = ""
        for column, place in columns.items():
            cell = cells[place] if place < len(cells) else ""
            try:
                if column == NAME:
                    name = text_in(cell)
                    if not name:
                        raise CellRefused("the device has no name")
                elif cell.casefold() not in BLANK:
                    values[column] = readers[column](cell)  # type: ignore[index]
            except CellRefused as problem:
                title = plain(table.header[place], 60)
                faults.append(Fault(table.file, line, title, problem.message, problem.suggestion))
        if len(faults) == before:
            records.append(Record(f"{table.file}:{line}", name, values))
    if faults:
        raise FileRefused(faults)
    return records


def _readers(words: Words, find_site: Callable[..., str | None], today: date) -> Mapping[str, Callable[[str], Value]]:
    def address(cell: str) -> Value:
        try:
            return address_in(text_in(cell))
        except PydanticCustomError as problem:
            raise CellRefused(problem.message().partition(";")[0]) from None

    def kind(cell: str) -> Value:
        found = words.class_of(text_in(cell))
        if found is None:
            raise CellRefused(
                f"{quoted(cell)} is no class", f"{', '.join(DEVICE_CLASSES)}; or --role {quoted(cell)}=CLASS"
            )
        return found

    def site(cell: str) -> Value:
        found = find_site(text_in(cell))
        if found is None:
            raise CellRefused(f"the inventory has no site {quoted(cell)}", f"or --site-map {quoted(cell)}=SITE")
        return found

    return {
        "address": address, "class": kind, "site": site, "vendor": text_in, "model": text_in, "serial": serial_in,
        "purchased": lambda cell: day_in(cell, today), "installed": lambda cell: day_in(cell, today),
        "support_until": lambda cell: day_in(cell, today, ahead=True),
        "price": lambda cell: Decimal(pence_in(cell)).scaleb(-2), "supplier": text_in,
    }  # fmt: skip
