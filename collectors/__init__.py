"""Looks at devices: SNMP, SSH, ICMP, TCP, HTTP and DNS in; frozen values out. Knows nothing of the agent.

The public face: everything the agent uses comes from here, or from the value modules `readings`, `target`, `session`
and `errors`. What is named here is imported at its first use: a command that only reads the ledger wants the values
and should not wait for the engines.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collectors.identification import Identified, identify
    from collectors.probe.banner import banner
    from collectors.profiles import ProfileInvalid, Profiles
    from collectors.profiles.page import Tried, families_page
    from collectors.readings import Cadence, Visit
    from collectors.recording import Recorder, Scrubber
    from collectors.replay import RecordingInvalid, Replay, line
    from collectors.replay import read as read_recording
    from collectors.sessions import Sessions
    from collectors.target import Memory, SnmpAccess, SshAccess, Target
    from collectors.visit import collect

_FROM = {
    "Cadence": "readings",
    "Identified": "identification",
    "Memory": "target",
    "ProfileInvalid": "profiles",
    "Profiles": "profiles",
    "Recorder": "recording",
    "RecordingInvalid": "replay",
    "Replay": "replay",
    "Scrubber": "recording",
    "Sessions": "sessions",
    "SnmpAccess": "target",
    "SshAccess": "target",
    "Target": "target",
    "Tried": "profiles.page",
    "Visit": "readings",
    "banner": "probe.banner",
    "collect": "visit",
    "families_page": "profiles.page",
    "identify": "identification",
    "line": "replay",
    "read_recording": "replay",
}
_NAMED = {"read_recording": "read"}  # there


def __getattr__(name: str) -> Any:
    if name not in _FROM:
        raise AttributeError(f"module 'collectors' has no attribute {name!r}")
    value = getattr(import_module(f"collectors.{_FROM[name]}"), _NAMED.get(name, name))
    globals()[name] = value
    return value


def load_profiles(*further: Path) -> Profiles:
    """The built-in families, and those in further folders, which win over built-in ones of the same name."""
    from collectors.profiles import FAMILIES, builtin, load

    return load(FAMILIES, *further) if further else builtin()


__all__ = [
    "Cadence",
    "Identified",
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
    "Tried",
    "Visit",
    "banner",
    "collect",
    "families_page",
    "identify",
    "line",
    "load_profiles",
    "read_recording",
]
