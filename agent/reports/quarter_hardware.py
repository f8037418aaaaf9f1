"""The hardware of a quarter's paper: by stage of life, by kind, what it will cost, and what asks for a decision. Pure.

Only what is there counts, and only what is bought by itself. Stages go by the words of agent.lifecycle.wording.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from agent.hardware.register import Piece
from agent.hardware.table import class_of
from agent.lifecycle import Keep
from agent.lifecycle.software import SoftwareStage
from agent.lifecycle.wording import KNOWN_BY, STAGE_WORDS, sentence, software_sentence
from agent.lifecycle.words import BATTERIES
from agent.programme import Programme
from agent.programme.money import percentage
from agent.reports.editions import Column, Field, Said, Section, Sentence, Table, said
from agent.reports.quarter_charts import programme_charts, stages_charts
from agent.words import class_name, day, number_word, pounds

SOFTWARE_ASKS: tuple[SoftwareStage, ...] = ("unsupported", "review_due")
DECIDED = ("unsupported", "overdue", "refresh_due", "review_due")  # stages that ask for a decision


def units_of(pieces: Iterable[Piece]) -> list[Piece]:
    """What is there and is bought by itself."""
    return [piece for piece in pieces if piece.unit and piece.presence == "present"]


def hardware_section(pieces: Sequence[Piece], programme: Programme | None, today: date) -> Section:
    units = units_of(pieces)
    tables = [_stages(units), _kinds(units)]
    if programme is not None:
        tables.append(_programme(programme))
    tables += [_firewalls(units), _exceptions(units, today), _software(units), _listing(units)]
    stages = Counter(piece.life.stage for piece in units)
    charts = stages_charts({w.label: stages[s] for s, w in STAGE_WORDS.items() if stages[s]})
    return Section("Hardware", tuple(_sentences(units, today)), tuple(tables), (*charts, *programme_charts(programme)))


def _sentences(units: Sequence[Piece], today: date) -> Iterator[Sentence]:
    software = Counter(piece.life.software.stage for piece in units)
    for stage in SOFTWARE_ASKS:
        if software[stage]:
            # Which holes are open is nothing for those who look for them: with the versions, it is exempt.
            yield said(Said(software_sentence(stage, software[stage]), Field.VERSION))
    over = sum(keep is not None and keep.over(today) for keep in (piece.life.keep for piece in units))
    if over:
        what = "piece of hardware was" if over == 1 else "pieces of hardware were"
        told = f"{number_word(over)} {what} to be kept for longer than planned, until a day that has passed."
        yield said(told[:1].upper() + told[1:])


# ---------------------------------------------------------------- counts
def _stages(units: Sequence[Piece]) -> Table:
    counted = Counter(piece.life.stage for piece in units)
    rows = tuple(
        (words.label, f"{counted[stage]:,}", sentence(stage, counted[stage]))
        for stage, words in STAGE_WORDS.items()
        if counted[stage] or stage == "in_life"
    )
    return Table(
        "hardware-stages",
        "Hardware by stage of life",
        (Column("Stage", Field.WORDS), Column("Pieces", Field.COUNT, numeric=True), Column("In words", Field.WORDS)),
        rows if units else (),
        "The register is empty.",
        (said("Reviewed at 4 years and replaced by 7, unless the inventory, vendor or device says otherwise."),),
    )  # fmt: skip


def _kinds(units: Sequence[Piece]) -> Table:
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for piece in units:
        kinds[_kind(piece)][piece.life.stage] += 1
    rows = tuple(
        (kind, *(f"{found[stage]:,}" for stage in STAGE_WORDS), f"{found.total():,}")
        for kind, found in sorted(kinds.items())
    )
    return Table(
        "hardware-kinds",
        "Hardware by kind",
        (Column("Kind", Field.DEVICE_KIND),
         *(Column(words.name, Field.COUNT, numeric=True) for words in STAGE_WORDS.values()),
         Column("Together", Field.COUNT, numeric=True)),
        rows,
        "The register is empty.",
    )  # fmt: skip


def _kind(piece: Piece) -> str:
    if piece.asset.part in BATTERIES:
        return "battery"
    return class_name(class_of(piece)) if piece.role else "other"


# ---------------------------------------------------------------- money
def _programme(programme: Programme) -> Table:
    """How many are to be bought is public; what they cost and who pays is not: a bidder would learn what we expect."""
    plan, terms = programme.plan, programme.terms
    rows = [
        (str(one.year), f"{one.number:,}", f"{one.backlog:,}", f"{one.unpriced:,}", pounds(one.pence),
         *(pounds(one.councils.get(name, 0)) for name in programme.councils))
        for one in plan.years
    ]  # fmt: skip
    rows.append(
        ("Together", f"{plan.number:,}", f"{sum(one.backlog for one in plan.years):,}", f"{plan.unpriced:,}",
         pounds(plan.pence), *(pounds(plan.councils.get(name, 0)) for name in programme.councils))
    )  # fmt: skip
    cap = f"at most {pounds(terms.cap)} a year" if terms.cap is not None else "without a cap"
    return Table(
        "hardware-programme",
        f"Refresh programme, {number_word(len(plan.years))} financial years",
        (Column("Financial year", Field.DAY), Column("To be replaced", Field.COUNT, numeric=True),
         Column("Of these due before", Field.COUNT, numeric=True),
         Column("Without a price", Field.COUNT, numeric=True), Column("Cost", Field.PRICE, numeric=True),
         *(Column(title, Field.PRICE, numeric=True) for title in programme.councils.values())),
        tuple(rows) if plan.number else (),
        "Nothing falls due.",
        (
            said("What was due before is counted in the year in which it is to be bought."),
            said(Said(f"Prices of {terms.priced} without VAT, {percentage(terms.uplift)} dearer each year, {cap}. What "
                      "has no price is in no cost.", Field.PRICE)),
        ),
    )  # fmt: skip


# ---------------------------------------------------------------- what asks for a decision
def _firewalls(units: Sequence[Piece]) -> Table:
    found = [piece for piece in units if piece.firewall]
    rows = tuple(
        (p.title, _model(p), p.asset.serial or "", _day(p.life.support_ends_on), p.reason)
        for p in found
        if p.stage == "unsupported"
    )
    return Table(
        "hardware-firewalls",
        "Firewalls that are no longer supported",
        (Column("Device", Field.DEVICE), Column("Model", Field.MODEL), Column("Serial number", Field.SERIAL),
         Column("Vendor support ended", Field.DAY), Column("Why", Field.FREE_TEXT)),
        rows,
        "Every firewall is supported, as far as is known.",
    )  # fmt: skip


def _exceptions(units: Sequence[Piece], today: date) -> Table:
    numbers: Counter[Keep] = Counter()
    for piece in units:
        keep = piece.life.keep
        if keep is not None and keep.over(today):
            numbers[keep] += 1
    rows = tuple(
        (keep.name, f"{numbers[keep]:,}", day(keep.until), keep.owner, keep.reason)
        for keep in sorted(numbers, key=lambda keep: (keep.until, keep.name))
    )
    return Table(
        "hardware-exceptions",
        "Exceptions that have expired",
        (Column("Exception", Field.FREE_TEXT), Column("Pieces", Field.COUNT, numeric=True),
         Column("Was to be kept until", Field.DAY), Column("Decided by", Field.FREE_TEXT),
         Column("Because", Field.FREE_TEXT)),
        rows,
        "No exception has expired.",
    )  # fmt: skip


def _software(units: Sequence[Piece]) -> Table:
    """By product, the one that most hardware runs first."""
    numbers: Counter[tuple[str, str, date | None]] = Counter()
    for piece in units:
        running = piece.life.software
        if running.stage == "unsupported":
            name = running.product or _model(piece) or "not known"
            numbers[name, piece.asset.version or "", running.support_ends_on] += 1
    order = sorted(numbers, key=lambda key: (-numbers[key], key[0], key[1], key[2] or date.min))
    return Table(
        "hardware-software",
        "Software that is no longer supported",
        (Column("Product", Field.VERSION), Column("Version", Field.VERSION),
         Column("Pieces of hardware", Field.COUNT, numeric=True), Column("Support ended", Field.DAY)),
        tuple((name, version, f"{numbers[name, version, ended]:,}", _day(ended)) for name, version, ended in order),
        "All software is supported, as far as is known.",
    )  # fmt: skip


def _listing(units: Sequence[Piece]) -> Table:
    asking = [piece for piece in units if piece.stage in DECIDED]
    asking.sort(key=lambda p: (DECIDED.index(p.stage), p.replace_by or date.max, p.title, p.asset.key))
    rows = tuple(
        (
            p.title,
            p.asset.part.replace("_", " "),
            _model(p),
            p.asset.serial or "",
            p.asset.version or "",
            f"{p.age.days / 365.25:.1f}" if p.age is not None else "",
            KNOWN_BY[p.life.evidence.kind],
            p.life.evidence.confidence,
            STAGE_WORDS[p.life.stage].label,
            _day(p.replace_by),
            p.reason,
        )
        for p in asking
    )
    return Table(
        "hardware",
        "Hardware that asks for a decision",
        (Column("Device", Field.DEVICE), Column("Part", Field.WORDS), Column("Model", Field.MODEL),
         Column("Serial number", Field.SERIAL), Column("Version", Field.VERSION),
         Column("Age in years", Field.COUNT, numeric=True), Column("Known by", Field.WORDS),
         Column("Confidence", Field.WORDS), Column("Stage", Field.WORDS), Column("Replace by", Field.DAY),
         Column("Why", Field.FREE_TEXT)),
        rows,
        "No hardware asks for a decision.",
    )  # fmt: skip


def _model(piece: Piece) -> str:
    return f"{piece.asset.vendor or ''} {piece.asset.model or ''}".strip()


def _day(on: date | None) -> str:
    return day(on) if on is not None else ""
