"""The hardware of a quarter's paper: by stage of life, by kind, and what asks for a decision. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from agent.hardware.register import Piece
from agent.inventory.model import Estate
from agent.lifecycle.software import SoftwareStage
from agent.lifecycle.wording import KNOWN_BY, STAGE_WORDS, label, sentence, software_sentence
from agent.reports.editions import Column, Field, Said, Section, Table, said
from agent.words import class_name, day

SOFTWARE_ASKS: tuple[SoftwareStage, ...] = ("unsupported", "review_due")


def units_of(pieces: Iterable[Piece]) -> list[Piece]:
    """What is there and is bought by itself: parts go with their device."""
    return [piece for piece in pieces if piece.unit and piece.presence == "present"]


def hardware_section(estate: Estate, pieces: Sequence[Piece]) -> Section:
    units = units_of(pieces)
    stages = Counter(piece.stage for piece in units)
    counted = tuple(
        (words.label, str(stages[stage]), sentence(stage, stages[stage]))
        for stage, words in STAGE_WORDS.items() if stages[stage] or stage == "in_life"
    )  # fmt: skip
    by_class: dict[str, Counter[str]] = defaultdict(Counter)
    for piece in units:
        device = estate.devices.get(piece.asset.device)
        by_class["access point" if piece.asset.part == "access_point" else
                 "battery" if piece.asset.part == "battery" else
                 class_name(device.class_) if device else "no longer in the inventory"][piece.stage] += 1  # fmt: skip
    kinds = tuple(
        (kind, *(str(found[stage]) for stage in STAGE_WORDS), str(found.total()))
        for kind, found in sorted(by_class.items())
    )
    listing = tuple(
        (
            p.asset.device,
            p.asset.part.replace("_", " "),
            f"{p.asset.vendor or ''} {p.asset.model or ''}".strip(),
            p.asset.serial or "",
            p.asset.version or "",
            f"{p.age.days / 365.25:.1f}" if p.age is not None else "",
            KNOWN_BY[p.life.evidence.kind],
            label(p.stage),
            day(p.replace_by) if p.replace_by else "",
            p.reason,
        )
        for p in units
        if p.stage not in ("in_life", "unknown")
    )
    software = Counter(piece.life.software.stage for piece in units)
    sentences = tuple(
        # Which holes are open is nothing for those who look for them: with the versions, in the exempt edition only.
        said(Said(software_sentence(stage, software[stage]), Field.VERSION))
        for stage in SOFTWARE_ASKS if software[stage]
    )  # fmt: skip
    return Section(
        "Hardware",
        sentences,
        (
            Table(
                "hardware-stages",
                "Hardware by stage of life",
                (Column("Stage", Field.WORDS), Column("Pieces", Field.COUNT, numeric=True),
                 Column("In words", Field.WORDS)),
                counted if units else (),
                "The register is empty.",
                (said("Reviewed at 4 years and replaced by 7, unless the inventory or the vendor says earlier."),),
            ),
            Table(
                "hardware-kinds",
                "Hardware by kind",
                (Column("Kind", Field.DEVICE_KIND),
                 *(Column(words.name, Field.COUNT, numeric=True) for words in STAGE_WORDS.values()),
                 Column("Together", Field.COUNT, numeric=True)),
                kinds,
                "The register is empty.",
            ),
            Table(
                "hardware",
                "Hardware that asks for a decision",
                (Column("Device", Field.DEVICE), Column("Part", Field.WORDS), Column("Model", Field.MODEL),
                 Column("Serial number", Field.SERIAL), Column("Version", Field.VERSION),
                 Column("Age in years", Field.COUNT, numeric=True), Column("Known by", Field.WORDS),
                 Column("Stage", Field.WORDS), Column("Replace by", Field.DAY), Column("Why", Field.FREE_TEXT)),
                listing,
                "No hardware asks for a decision.",
            ),
        ),
    )  # fmt: skip
