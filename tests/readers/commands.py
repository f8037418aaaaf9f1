"""Commands on a real ledger: one switch, a site that stands on it, an outage that ended, one that is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer
from typer.testing import CliRunner, Result

from agent.cli import availability, ledger, outages, papers, register
from agent.facts import Change, Facts, Sighting, Standing
from agent.ledger import Ledger

INVENTORY = """
councils:
  sbc: {title: Stevenage Borough Council, share: "0.5"}
  ehdc: {title: East Herts District Council, share: "0.5"}
zones: {general: {title: General}}
sites:
  wallfields: {title: Wallfields, kind: office, owner: ehdc}
devices:
  - {name: sw-wf-1, address: 192.0.2.1, class: switch, site: wallfields, zone: general}
"""
BEGAN = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)


def fill(state: Path) -> Path:
    """Put an inventory and a ledger into a state directory; answers the directory."""
    (state / "inventory.yaml").write_text(INVENTORY)
    ledger = Ledger.open(state / "ledger.sqlite3", "agent-1", clock=lambda: BEGAN + timedelta(days=1))
    changes = (
        Change("device:sw-wf-1", Standing.BLIND, Standing.UP, BEGAN - timedelta(days=2), "answers"),
        Change("device:sw-wf-1", Standing.UP, Standing.DOWN, BEGAN, "no answer to SNMP"),
        Change("device:sw-wf-1", Standing.DOWN, Standing.UP, BEGAN + timedelta(minutes=90), "answers"),
        Change("site:wallfields", Standing.UP, Standing.DOWN, BEGAN + timedelta(hours=5), "=HYPERLINK(evil)"),
    )
    sighting = Sighting("sw-wf-1", "chassis", "sw-wf-1", "", "Aruba", "6300M", "SG00KN0001", "10.11", BEGAN)
    ledger.record(Facts(changes, (sighting,), watched=((BEGAN - timedelta(days=3), BEGAN + timedelta(days=1)),)))
    assert ledger.settle()
    ledger.close()
    return state


def command(*arguments: str | Path) -> Result:
    app = typer.Typer()
    for module in (papers, register, outages, availability, ledger):
        module.register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments])
