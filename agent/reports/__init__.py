"""Papers for people who decide, made from ledger and register in two editions."""

from __future__ import annotations

from agent.reports.editions import Edition, Paper, edition_of
from agent.reports.pdf import FormError
from agent.reports.quarter import Sources, quarter_paper, stem_of
from agent.reports.writing import ALL, Form, files, write

__all__ = [
    "ALL",
    "Edition",
    "Form",
    "FormError",
    "Paper",
    "Sources",
    "edition_of",
    "files",
    "quarter_paper",
    "stem_of",
    "write",
]
