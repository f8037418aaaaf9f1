"""The words of the hardware register: stages, kinds of evidence, how far evidence is trusted. Pure."""

from __future__ import annotations

from typing import Literal, get_args

Stage = Literal["in_life", "review_due", "refresh_due", "overdue", "unsupported", "unknown"]
STAGES: tuple[Stage, ...] = get_args(Stage)
EvidenceKind = Literal["purchased", "installed", "reported", "serial", "device", "first_seen", "none"]  # best first
EVIDENCE: tuple[EvidenceKind, ...] = get_args(EvidenceKind)
Confidence = Literal["certain", "good", "fair", "low", "none"]
