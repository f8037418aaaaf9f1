"""What people may write, each deed once: for commands, pages and the JSON API alike. Pure.

    deed = DEEDS["cause"]
    facts = deed.facts(scene, {"cause": "power"})        Mistakes says which fields are wrong, and why

A deed takes what a person wrote, as text by field, and gives the facts to be recorded. Nothing else decides what may be
said, so that a page refuses what a command refuses, in the same words, and both record the same.
"""

from __future__ import annotations

from agent.deeds.deed import Deed, Field, Given, Mistake, Mistakes, Scene
from agent.deeds.of_outages import OF_OUTAGES
from agent.deeds.of_windows import END, PLAN
from agent.deeds.outcome import LONGEST_KEY, Outcome, Write, audit_of

DEEDS: dict[str, Deed] = {deed.name: deed for deed in (*OF_OUTAGES, PLAN, END)}
"""Name > deed; a name is also what the audit entry has and the last step of the address of its page."""

__all__ = [
    "DEEDS",
    "LONGEST_KEY",
    "Deed",
    "Field",
    "Given",
    "Mistake",
    "Mistakes",
    "Outcome",
    "Scene",
    "Write",
    "audit_of",
]
