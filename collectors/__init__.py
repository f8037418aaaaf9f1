"""Looks at devices: SNMP, SSH, ICMP, TCP, HTTP and DNS in; frozen values out. Knows nothing of the agent.

The public face: everything the agent uses comes from here, or from the value modules `readings`, `target`, `session`
and `errors`.
"""

from __future__ import annotations

from pathlib import Path

from collectors.profiles import FAMILIES, ProfileInvalid, Profiles, builtin, load
from collectors.readings import Cadence, Visit
from collectors.recording import Recorder, Scrubber
from collectors.replay import RecordingInvalid, Replay, line
from collectors.replay import read as read_recording
from collectors.sessions import Sessions
from collectors.target import Memory, SnmpAccess, SshAccess, Target
from collectors.visit import collect


def load_profiles(*further: Path) -> Profiles:
    """The built-in families, and those in further folders, which win over built-in ones of the same name."""
    return load(FAMILIES, *further) if further else builtin()


__all__ = [
    "Cadence",
    "Memory",
    "ProfileInvalid",
    "Profiles",
    "Recorder",
    "RecordingInvalid",
    "Replay",
    "Scrubber",
    "Sessions",
    "SnmpAccess",
    "SshAccess",
    "Target",
    "Visit",
    "collect",
    "line",
    "load_profiles",
    "read_recording",
]
