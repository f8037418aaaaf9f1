"""Purchase records beside what the register knows: what each of them does, and what is to be written. Pure.

    report = matched(reading, assets, purchases, author, now)
    report.purchases        to be written, in one transaction
    report.lines            what became of each row, in words

A serial number that the register does not know yet is no fault: records often come before the hardware does, and wait.
What a record leaves blank stays as the one before it said; one that says nothing new is not written again.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Literal, get_args

from agent.facts import Asset, Purchase
from agent.lifecycle.same import same_vendor, serial_key
from agent.purchases.columns import bare
from agent.purchases.faults import Fault
from agent.purchases.records import Reading, Record
from agent.words import pounds

Outcome = Literal["matched", "not_seen_yet", "changed", "unchanged", "refused"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
KEPT = ("vendor", "model", "purchased", "installed", "support_until", "price_pence", "supplier", "shares")
MOST_NAMED = 5  # lines and devices in one message
# Hardware that several devices show as theirs because they share it, and not because somebody copied a number.
SHARED = ("ha_member", "access_point")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one row: `matched` and `not_seen_yet` are new records; `text` says what is to be known of it."""

    line: int
    serial: str
    outcome: Outcome
    device: str = ""
    place: str = ""
    model: str = ""  # as the agent sees it
    text: str = ""
    seen: bool = False  # the register knows the serial number


@dataclass(frozen=True, slots=True)
class Report:
    """What a file does. `faults`: why rows are refused; `purchases`: the records of those that are not, if new."""

    file: str
    lines: tuple[Line, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    purchases: tuple[Purchase, ...]

    @property
    def counts(self) -> dict[Outcome, int]:
        counted = Counter(line.outcome for line in self.lines)
        return {outcome: counted[outcome] for outcome in OUTCOMES}


def last_of(purchases: Iterable[Purchase]) -> dict[str, Purchase]:
    """The record that holds for each serial number (`serial_key`): the last one."""
    return {serial_key(one.serial): one for one in purchases}


def matched(
    reading: Reading, assets: Iterable[Asset], purchases: Iterable[Purchase], author: str, now: datetime
) -> Report:  # fmt: skip
    """What every row of a file does to the register. Serial numbers are written as the register has them, or as the
    file has them without blanks, so that a number that is not seen yet will be found when it is."""
    known: dict[str, list[Asset]] = defaultdict(list)
    for asset in assets:
        if asset.serial:
            known[serial_key(asset.serial)].append(asset)
    near: dict[str, str] = {_alike(key): key for key in known}
    last = last_of(purchases)
    again, faults = _repeated(reading)
    warnings = list(reading.warnings)
    lines: list[Line] = []
    written: list[Purchase] = []
    for record in reading.records:
        key = serial_key(record.serial)
        if record.line in again:
            if (first := again[record.line]) is not None:
                lines.append(Line(record.line, record.serial, "unchanged", text=f"the same as line {first}"))
            continue
        found = known.get(key, [])
        before = last.get(key)
        maker = record.facts.get("vendor", before.vendor if before else None)
        of_maker = [one for one in found if same_vendor(str(maker or ""), one.vendor)]
        piece, why = _which(of_maker, record.serial)
        if why:
            faults.append(Fault(reading.file, record.line, "serial", why))
            continue
        serial = piece.serial if piece is not None and piece.serial else "".join(record.serial.split())
        after = _after(record, before, Purchase(serial, now, author, f"{reading.file}:{record.line}"))
        differs = [name for name in KEPT if before is not None and getattr(before, name) != getattr(after, name)]
        odd = [*record.warnings, *_contradicted(after, piece)]
        if found and not of_maker:  # makers number alike, and the register takes no record for what another has made
            odd.append(f"the record is of {maker}, and {_told(found)} has this number: it is taken for another piece")
        warnings += [Fault(reading.file, record.line, "", text) for text in odd]
        if before is None:
            outcome: Outcome = "matched" if piece else "not_seen_yet"
        else:
            outcome = "changed" if differs else "unchanged"
        said = [f"{TITLES[name]} was {shown(before, name)}, now {shown(after, name)}" for name in differs] + odd
        if not found and (alike := near.get(_alike(key))):
            said.append(f"the register knows {known[alike][0].serial}, which looks like it")
        if outcome != "unchanged":
            written.append(after)
        lines.append(
            Line(
                record.line, record.serial, outcome, piece.device if piece else "", _place(piece),
                (piece.model or "") if piece else "", "; ".join(said), piece is not None,
            )
        )  # fmt: skip
    faults = sorted({*reading.faults, *faults}, key=lambda fault: fault.line)
    lines += _refused(reading, faults)
    return Report(
        reading.file, tuple(sorted(lines, key=lambda line: line.line)), tuple(faults),
        tuple(sorted(warnings, key=lambda one: one.line)), tuple(written),
    )  # fmt: skip


def _repeated(reading: Reading) -> tuple[dict[int, int | None], list[Fault]]:
    """Lines that repeat a serial number > the line that says the same; None where the lines contradict each other."""
    rows: dict[str, list[Record]] = defaultdict(list)
    for record in reading.records:
        rows[serial_key(record.serial)].append(record)
    again: dict[int, int | None] = {}
    faults = []
    for several in rows.values():
        if len(several) < 2:
            continue
        first, *others = several
        if all(other.facts == first.facts for other in others):
            again |= {other.line: first.line for other in others}
            continue
        for number, one in enumerate(several):
            near = [
                str(other.line)
                for other in (*several[: min(number, MOST_NAMED)], *several[number + 1 : number + 1 + MOST_NAMED])
            ]
            elsewhere = ", ".join(near[:MOST_NAMED]) + (" and more" if len(several) - 1 > MOST_NAMED else "")
            word = "line" if len(several) == 2 else "lines"
            faults.append(
                Fault(
                    reading.file, one.line, "serial", f"{one.serial} has other facts on {word} {elsewhere}",
                    "keep the one that is right",
                )
            )  # fmt: skip
            again[one.line] = None
    return again, faults


def _which(found: Sequence[Asset], serial: str) -> tuple[Asset | None, str]:
    """The piece that is meant, or why it cannot be told."""
    there = [asset for asset in found if asset.gone_at is None] or list(found)
    if len(there) > 1:
        places = ", ".join(f"{asset.vendor or 'maker not known'} at {asset.device}" for asset in there[:MOST_NAMED])
        return None, f"the register knows {serial} at {len(there)} devices: {places}"
    if not there:
        return None, ""
    asset = there[0]
    others = [place for place in asset.also_at if _copied(asset, place)]
    if others:
        return None, f"the register sees {serial} at {asset.device} and at {', '.join(others)}"
    return asset, ""


def _copied(asset: Asset, place: str) -> bool:
    """Whether another device shows it as its own: one of the two numbers is wrong, and a record could be of either."""
    device, _, rest = place.partition("/")
    return device != asset.device and asset.part not in SHARED and rest.partition("/")[0] not in SHARED


def _after(record: Record, before: Purchase | None, empty: Purchase) -> Purchase:
    """The record to be kept: `empty`, with the facts of the row, and what the row leaves blank from the one before."""
    given = {name: getattr(before, name) for name in KEPT} if before is not None else {}
    given |= {name: value for name, value in record.facts.items() if name in KEPT}
    if given.get("shares", ()) is None:
        given["shares"] = ()
    return replace(empty, **given)


# ---------------------------------------------------------------- what it says and what is seen
def _contradicted(record: Purchase, asset: Asset | None) -> list[str]:
    if asset is None:
        return []
    said = []
    if record.model and asset.model and not _same_model(record.model, asset.model):
        said.append(f"the record says it is a {record.model}, the agent sees {asset.model}")
    if asset.gone_at is not None:
        said.append(f"it is not there any more, last seen at {asset.device} on {asset.last_seen_at.date()}")
    return said


def _told(found: Sequence[Asset]) -> str:
    return ", ".join(
        f"{one.vendor} {one.model or ''}".strip() + f" at {one.device or one.name}" for one in found[:MOST_NAMED]
    )


def _same_model(one: str, other: str) -> bool:
    """A C9300-48P is a "Catalyst 9300-48P-E", and not a C9200-48P."""
    a, b = bare(one), bare(other)
    if a in b or b in a:
        return True
    return bool({*_numbers(one)} & {*_numbers(other)})


def _numbers(model: str) -> list[str]:
    return re.findall(r"\d{3,}", model)


def _alike(key: str) -> str:
    """Serial numbers that people take for each other: O for 0, I for 1, the S of a Cisco barcode, lost noughts."""
    return bare(key).upper().replace("O", "0").replace("I", "1").removeprefix("S").lstrip("0")


def _place(asset: Asset | None) -> str:
    if asset is None:
        return ""
    return " ".join(word for word in (asset.part.replace("_", " "), asset.place) if word)


# ---------------------------------------------------------------- in words
TITLES: Mapping[str, str] = {
    "vendor": "vendor", "model": "model", "purchased": "purchased", "installed": "installed",
    "support_until": "support until", "price_pence": "price", "supplier": "supplier", "shares": "shares",
}  # fmt: skip


def shown(purchase: Purchase | None, name: str) -> str:
    """One of its facts as people write it."""
    value = getattr(purchase, name, None)
    if value in (None, ()):
        return "not known"
    if name == "price_pence":
        return pounds(value, exact=True)
    if name == "shares":
        return ", ".join(f"{council} {percent(share)}" for council, share in value)
    return str(value)


def percent(share: str) -> str:
    return f"{(Decimal(share) * 100).normalize():f}%"


def _refused(reading: Reading, faults: Iterable[Fault]) -> list[Line]:
    by_line: dict[int, list[str]] = defaultdict(list)
    for fault in faults:
        by_line[fault.line].append(fault.said)
    return [
        Line(line, reading.serials.get(line, ""), "refused", text="; ".join(said)) for line, said in by_line.items()
    ]
