"""What `hartwatch discover` prints: rows for people and programs on standard output, a summary on standard error."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agent.discovery.entries import Entry, Sites
    from agent.discovery.heard import Heard
    from agent.discovery.judge import Found, Index, Known

COLUMNS = (
    "address", "status", "name", "class", "vendor", "model", "serial", "site", "credential", "also_at", "note",
)  # fmt: skip


class DiscoverFormat(StrEnum):
    TABLE = "table"
    YAML = "yaml"
    JSON = "json"
    CSV = "csv"


def say(words: str) -> None:
    """A message, on standard error."""
    print(f"hartwatch: {words}", file=sys.stderr)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    address: str
    status: str  # new, known, known_elsewhere, refused, alive
    name: str = ""
    class_: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    site: str = ""
    credential: str = ""
    also_at: tuple[str, ...] = ()
    note: str = ""


def judged(devices: Sequence[Found], index: Index, sites: Sites, port: int | None) -> tuple[list[Row], list[Entry]]:
    from agent.discovery.entries import entries

    told: list[tuple[Found, Known | None]] = [(found, index.known(found)) for found in devices]
    made = entries([found for found, known in told if known is None], index.estate.devices, sites, port)
    by_address = {entry.address: entry for entry in made}
    rows = []
    for found, known in told:
        if known is None:
            entry = by_address[found.heard.address]
            notes = [note for note in entry.notes.values() if note]
            rows.append(_row(found, "new", entry.name, entry.class_, entry.site, "; ".join(notes)))
            continue
        device = index.estate.devices[known.name]
        words = [known.doubt] if known.doubt else []
        if known.new_address:
            words.insert(0, f"known as {known.name} by its {_BY[known.by]}, at a new address (was {device.address})")
        status = "known_elsewhere" if known.new_address else "known"
        rows.append(_row(found, status, known.name, device.class_, device.site, "; ".join(words)))
    return rows, made


_BY = {"serial": "serial number", "name": "name", "address": "address"}


def _row(found: Found, status: str, name: str, class_: str, site: str, note: str) -> Row:
    said = found.heard
    problems = f"not all of it could be read: {', '.join(said.problems)}" if said.problems else ""
    return Row(
        said.address, status, name, class_, said.vendor or "", said.model or "", said.serial or "", site,
        said.credential, found.addresses[1:], "; ".join(word for word in (note, problems) if word),
    )  # fmt: skip


def unknown(one: Heard) -> Row:
    words = ["SNMPv3 answers and knows none of our users"] if one.outcome == "refused" else ["no SNMP answer"]
    if one.open_ports:
        words.append(f"open: {', '.join(map(str, one.open_ports))}")
    if one.ssh:
        words.append(one.ssh)
    return Row(one.address, one.outcome, note="; ".join(words))


def show_rows(form: DiscoverFormat, rows: Sequence[Row], text: str) -> None:
    from agent.cli.common import Format, show, show_json

    if form is DiscoverFormat.YAML:
        print(text, end="")
        return
    if form is DiscoverFormat.JSON:
        show_json([
            {name: list(row.also_at) if name == "also_at" else getattr(row, "class_" if name == "class" else name)
             for name in COLUMNS}
            for row in rows
        ])  # fmt: skip
        return
    between = " " if form is DiscoverFormat.CSV else ", "
    cells = [
        (row.address, row.status.replace("_", " "), row.name, row.class_, row.vendor, row.model, row.serial, row.site,
         row.credential, between.join(row.also_at), row.note)
        for row in rows
    ]  # fmt: skip
    show(COLUMNS, cells, Format(form.value), "Nothing was found.")


def summary(heard: Sequence[Heard], rows: Sequence[Row], made: Sequence[Entry], included: str | None) -> None:
    from agent.words import count

    statuses = [row.status for row in rows]
    known = statuses.count("known") + statuses.count("known_elsewhere")
    words = [f"{count(len(heard), 'address', 'addresses')} asked with {sum(one.asks for one in heard):,} requests",
             f"{count(len(made), 'new device')}", f"{known} known"]  # fmt: skip
    outcomes: list[str] = [one.outcome for one in heard]
    for status, what in (("known_elsewhere", "at a new address"), ("refused", "that know none of our users"),
                         ("alive", "without SNMP")):  # fmt: skip
        if number := (statuses if status == "known_elsewhere" else outcomes).count(status):
            words.append(f"{number} {what}")
    say("; ".join(words))
    half = sum(not entry.complete for entry in made)
    if included is not None and made:
        review = f"; {half} want an answer: look for REVIEW" if half else ""
        say(f"{count(len(made), 'entry', 'entries')} written{review}. Then: include: [{included}]")
