"""The register as the ledger, the inventory and vendor notices make it: what every reader of hardware begins with.

pieces = open_register(ledger, estate, notices, today)
"""

from __future__ import annotations

from datetime import date

from agent.hardware.register import Piece, pieces_of
from agent.inventory.model import Estate
from agent.ledger import Ledger
from agent.lifecycle.notices import Notices


def open_register(ledger: Ledger, estate: Estate, notices: Notices, today: date) -> list[Piece]:
    """Every piece of hardware with its stage on `today`. Reads the ledger: blocking."""
    return pieces_of(ledger.assets(), estate, today, ledger.purchases(), notices)
