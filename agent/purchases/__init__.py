"""Purchase records from a spreadsheet: read, checked, matched with what the register knows. Pure.

    table = table_of(octets, "purchases.csv")            bytes > lines of cells, or FileRefused with words
    reading = records_of(table, estate, today)           lines > records, with every fault and warning
    report = matched(reading, assets, purchases, ...)    records > what each of them does, and what is to be written

Nothing here opens a file or a ledger: the command does (agent.cli.register_import). A record is about a serial number;
the last one of a serial number holds, and what a later one leaves blank stays as it was.
"""

from __future__ import annotations

from agent.purchases.columns import Column, columns_of
from agent.purchases.faults import Fault, FileRefused
from agent.purchases.matching import OUTCOMES, Line, Outcome, Report, last_of, matched, shown
from agent.purchases.records import Reading, Record, records_of
from agent.purchases.table import MOST_OCTETS, MOST_ROWS, Table, table_of

__all__ = [
    "MOST_OCTETS", "MOST_ROWS", "OUTCOMES", "Column", "Fault", "FileRefused", "Line", "Outcome", "Reading", "Record",
    "Report", "Table", "columns_of", "last_of", "matched", "records_of", "shown", "table_of",
]  # fmt: skip
