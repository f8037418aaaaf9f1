"""What can be wrong with the ledger.

LedgerError
├── LedgerUnusable    it cannot be opened; `str()` is one line that says what to do
└── LedgerFull        it cannot be written for so long that the buffer in memory is full
"""

from __future__ import annotations


class LedgerError(Exception):
    """Something is wrong with the ledger."""


class LedgerUnusable(LedgerError):
    """It cannot be opened: not writable, not a ledger, in use by another agent, or written by a newer version."""


class LedgerFull(LedgerError):
    """Facts were refused because the buffer is full; what was buffered before is kept and still tried."""
