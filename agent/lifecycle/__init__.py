"""The life of hardware: what a visit saw, how old it is and how that is known, what follows from it. Pure.

    sight(visit), fresh(sightings, known)            agent.lifecycle.sighting
    dated(asset, owning) -> Evidence                 agent.lifecycle.evidence, with rules of agent.lifecycle.serials
    stage(asset, owning, policy, today) -> Life      agent.lifecycle.stages, with reasons, software and notices

No clock inside: the day is given. What it is made of comes from the ledger and the inventory (agent.register).
"""

from __future__ import annotations

from agent.lifecycle.evidence import Dated, Evidence, Owning, dated
from agent.lifecycle.notices import Notice
from agent.lifecycle.placeholders import believable, usable
from agent.lifecycle.serials import Made, SerialRule, SerialRules, made_on
from agent.lifecycle.sighting import fresh, sight, sighting_key, telling
from agent.lifecycle.stages import Keep, Life, Policy, Reason, Software, stage
from agent.lifecycle.words import EVIDENCE, STAGES, Confidence, EvidenceKind, Stage

__all__ = [
    "EVIDENCE", "STAGES", "Confidence", "Dated", "Evidence", "EvidenceKind", "Keep", "Life", "Made", "Notice", "Owning",
    "Policy", "Reason", "SerialRule", "SerialRules", "Software", "Stage", "believable", "dated", "fresh", "made_on",
    "sight", "sighting_key", "stage", "telling", "usable",
]  # fmt: skip
