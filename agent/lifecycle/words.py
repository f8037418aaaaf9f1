"""The words of the hardware register: stages, kinds of evidence, how far evidence is trusted. Pure."""

from __future__ import annotations

from typing import Literal, get_args

Stage = Literal["in_life", "review_due", "refresh_due", "overdue", "unsupported", "unknown"]
STAGES: tuple[Stage, ...] = get_args(Stage)
EvidenceKind = Literal["purchased", "installed", "reported", "serial", "device", "first_seen", "none"]  # best first
EVIDENCE: tuple[EvidenceKind, ...] = get_args(EvidenceKind)
Confidence = Literal["certain", "good", "fair", "low", "none"]

# Kinds of parts, as profiles and the inventory name them.
MAIN = ("chassis", "stack_member", "ha_member", "cluster_node")  # what a device is made of
BATTERIES = ("battery", "battery_pack")
# Bought, moved and replaced by themselves: the device they are seen at says nothing about their age.
UNITS = (*MAIN, "access_point", *BATTERIES)
