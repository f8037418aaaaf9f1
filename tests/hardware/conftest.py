"""The register is tested over every kind of ledger."""

from tests.ledgers import ledger, opened, place, postgres

__all__ = ["ledger", "opened", "place", "postgres"]
