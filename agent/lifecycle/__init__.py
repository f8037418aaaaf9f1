"""The life of hardware: what a visit saw, how old it is and how that is known, what follows from it. Pure.

    sight(visit)                                     agent.lifecycle.sighting
    Known: what is new and what is missed            agent.lifecycle.known
    Roll: which piece is where; events_of(...)       agent.lifecycle.roll
    dated(asset, owning) -> Evidence                 agent.lifecycle.evidence, with rules of agent.lifecycle.serials
    stage(asset, owning, policy, today) -> Life      agent.lifecycle.stages, with reasons, software and notices

No clock inside: the day is given. What it is made of comes from the ledger and the inventory (agent.hardware.register).
"""

from __future__ import annotations

from agent.lifecycle.evidence import Dated, Evidence, Owning, dated
from agent.lifecycle.known import Known
from agent.lifecycle.notices import Notice
from agent.lifecycle.placeholders import believable, usable
from agent.lifecycle.roll import Event, Roll, asset_key, events_of, place_of
from agent.lifecycle.serials import Made, SerialRule, SerialRules, made_on
from agent.lifecycle.sighting import sight, telling
from agent.lifecycle.stages import Keep, Life, Policy, Reason, Software, stage
from agent.lifecycle.words import EVIDENCE, STAGES, Confidence, EvidenceKind, Stage

__all__ = [
    "EVIDENCE",
    "STAGES",
    "Confidence",
    "Dated",
    "Event",
    "Evidence",
    "EvidenceKind",
    "Keep",
    "Known",
    "Life",
    "Made",
    "Notice",
    "Owning",
    "Policy",
    "Reason",
    "Roll",
    "SerialRule",
    "SerialRules",
    "Software",
    "Stage",
    "asset_key",
    "believable",
    "dated",
    "events_of",
    "made_on",
    "place_of",
    "sight",
    "stage",
    "telling",
    "usable",
]
