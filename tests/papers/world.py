"""A small estate with a real ledger, whose clock a test sets: what papers are made of from one end to the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from agent.accounting.closing import closing_of
from agent.calendar_uk import Quarter
from agent.cli import availability, ledger, outages, papers
from agent.facts import Change, Closing, Facts, Note, Outage, Sighting, Standing
from agent.inventory import load
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.lifecycle.notices import Notices
from agent.paper_sources import sources_of
from agent.reports import Paper, quarter_paper
from agent.reports.editions import Section, Sentence, Table

HOUR = timedelta(hours=1)
INVENTORY = """
councils:
  sbc: {title: Stevenage Borough Council, share: "0.5"}
  ehdc: {title: East Herts District Council, share: "0.5"}
zones: {general: {title: General}}
sites:
  wallfields: {title: Wallfields, kind: office, owner: ehdc, part_one_name: Main office}
  daneshill: {title: Daneshill House, kind: data_centre, owner: sbc}
devices:
  - {name: sw-wf-1, address: 192.0.2.1, class: switch, site: wallfields, zone: general}
  - {name: pbx-1, address: 192.0.2.2, class: server, site: daneshill, zone: general}
services:
  phones: {title: Telephony, owner: both, needs: "device:pbx-1", availability_target: 0.999}
  mail: {title: E-mail, owner: both, needs: "site:wallfields", availability_target: 0.999}
programme:
  costs: [{class: switch, price: "4321.00"}, {class: server, price: "9876.00"}]
"""
SUBJECTS = ("device:sw-wf-1", "device:pbx-1", "site:wallfields", "site:daneshill", "service:phones", "service:mail")


class World:
    """`now` is what the ledger's clock says."""

    def __init__(self, state: Path, ledger: Ledger, now: datetime) -> None:
        self.state, self.ledger, self.now = state, ledger, now
        self.estate: Estate = load(state / "inventory.yaml")

    def record(self, **facts: Any) -> None:
        self.ledger.record(Facts(**facts))
        assert self.ledger.settle()

    def watched(self, began: datetime, ended: datetime) -> None:
        self.record(watched=((began, ended),))

    def up(self, at: datetime) -> None:
        """Everything answers, and hardware is seen."""
        self.record(
            changes=tuple(Change(s, Standing.BLIND, Standing.UP, at, "answers") for s in SUBJECTS),
            sightings=tuple(
                Sighting(name, "chassis", name, "", vendor, model, serial, "10.11.0042", at, manufactured=made)
                for name, vendor, model, serial, made in (
                    ("sw-wf-1", "Aruba", "6300M", "SG00KN0001", "2019-03-01"),
                    ("pbx-1", "Mitel", "MX-One", "MTL0000042", "2024-09-01"),
                )
            ),
        )

    def down(self, subject: str, at: datetime, lasts: timedelta | None, *carried: str, reason: str = "silent") -> None:
        changes = [Change(subject, Standing.UP, Standing.DOWN, at, reason, looks=(at, at + timedelta(minutes=1)))]
        changes += [Change(s, Standing.UP, Standing.DOWN, at, f"{subject} is down", subject) for s in carried]
        if lasts is not None:
            changes += [Change(s, Standing.DOWN, Standing.UP, at + lasts, "answers") for s in (subject, *carried)]
        self.record(changes=tuple(changes))

    def outage(self, subject: str, number: int = 0) -> Outage:
        from agent.accounting.books import open_book

        return [o for o in open_book(self.ledger).outages(now=self.now) if o.subject == subject][number]

    def say(self, note: Note) -> None:
        self.record(notes=(note,))

    def close(self, quarter: Quarter, at: datetime | None = None) -> Closing:
        self.now = at or quarter.ends_at + timedelta(days=5)
        closing = closing_of(self.ledger, self.estate, quarter, "jo", self.now)
        self.record(closings=(closing,))
        return closing

    def paper(self, quarter: Quarter) -> Paper:
        return quarter_paper(sources_of(self.ledger, self.estate, Notices(), quarter, self.now), quarter, self.now)

    def command(self, *arguments: str | Path) -> Result:
        app = typer.Typer()
        for module in (papers, outages, availability, ledger):
            module.register(app)
        given = [str(argument) for argument in arguments]
        return CliRunner().invoke(app, [*given, "--state", str(self.state), *self._inventory(given)])

    def _inventory(self, given: list[str]) -> list[str]:
        return (
            ["-i", str(self.state / "inventory.yaml")]
            if given[0] in ("report", "period") and "schedule" not in given
            else []
        )


@contextmanager
def world(state: Path, now: datetime, inventory: str = INVENTORY) -> Iterator[World]:
    (state / "inventory.yaml").write_text(inventory)
    held: list[World] = []
    opened = Ledger.open(state / "ledger.sqlite3", "agent-1", clock=lambda: held[0].now if held else now)
    try:
        held.append(World(state, opened, now))
        yield held[0]
    finally:
        opened.close()


# ---------------------------------------------------------------- reading papers
def text(sentence: Sentence) -> str:
    return "".join(part.text for part in sentence)


def section(paper: Paper, title: str) -> Section:
    return next(one for one in paper.sections if one.title == title)


def words(paper: Paper, title: str = "Summary") -> str:
    return " ".join(text(sentence) for sentence in section(paper, title).sentences)


def table(paper: Paper, key: str) -> Table:
    return next(t for one in paper.sections for t in one.tables if t.key == key)


def rows(paper: Paper, key: str) -> list[dict[str, str]]:
    found = table(paper, key)
    return [dict(zip((c.title for c in found.columns), row, strict=True)) for row in found.rows]


def at(text_: str) -> datetime:
    return datetime.fromisoformat(text_).replace(tzinfo=UTC)
