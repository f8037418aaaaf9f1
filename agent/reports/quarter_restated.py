"""Restatements in a quarter's paper: figures of closed quarters that are others now. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.facts import CAUSES
from agent.inventory.model import Estate
from agent.reports.editions import Column, Field, Section, Table, said
from agent.reports.quarter_outages import name_of

if TYPE_CHECKING:
    from agent.accounting.told import Restatement


@dataclass(frozen=True, slots=True)
class Restated:
    """What became known of a closed quarter since the paper before. `why` of a change is free text and has names."""

    period: str  # "2026-Q1"
    changes: tuple[Restatement, ...]


def restated_section(estate: Estate, restated: Sequence[Restated]) -> Section:
    titles = {f"service:{name}": service.title for name, service in estate.services.items()}
    rows = [(one.period, change) for one in restated for change in one.changes]
    public = Table(
        "restatements",
        "Figures of services that are others than when their quarter was closed",
        (
            Column("Service", Field.SERVICE), Column("Quarter", Field.WORDS), Column("Figure", Field.WORDS),
            Column("Was", Field.CAUSE, numeric=True), Column("Now", Field.CAUSE, numeric=True),
        ),
        tuple(
            (titles[change.subject], period, change.figure, _value(change, change.was), _value(change, change.now))
            for period, change in rows
            if change.subject in titles
        ),
        "No closed figure of a service has changed.",
    )  # fmt: skip
    exempt = Table(
        "restatements-all",
        "Every figure that is another than when its quarter was closed, and why",
        (
            Column("What", Field.DEVICE), Column("Quarter", Field.WORDS), Column("Figure", Field.WORDS),
            Column("Was", Field.CAUSE, numeric=True), Column("Now", Field.CAUSE, numeric=True),
            Column("Why", Field.FREE_TEXT),
        ),
        tuple(
            (
                name_of(change.subject, estate),
                period,
                change.figure,
                _value(change, change.was),
                _value(change, change.now),
                change.why,
            )
            for period, change in rows
        ),
        "No closed figure has changed.",
    )  # fmt: skip
    words = "What has become known of closed quarters since the paper before this one: what it was, and what it is now."
    return Section("Restatements", (said(words),), (public, exempt))


def _value(change: Restatement, value: str) -> str:
    """Durations and counts as they are; of causes only those of the fixed list, whoever wrote the ledger."""
    if change.figure != "cause" or value in (*CAUSES, "not recorded"):
        return value
    return "unknown"
