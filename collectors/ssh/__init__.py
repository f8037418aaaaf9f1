"""SSH: read-only command lines by netmiko in threads, their commands and parsers, pinned host keys.

shells = Shells(threads=16, keep_seconds=900)
session = shells.session("fw-dh-1", "192.0.2.10", access, memory.limits)
outputs = await session.run(plan("fortinet", Cadence.HEALTH), until)
await session.close()
findings = read("fortinet", outputs)
"""

from __future__ import annotations

from collectors.ssh.commands import commands, plan, read
from collectors.ssh.hostkeys import HostKey, KnownHosts, fetch, keys_for
from collectors.ssh.platforms import PLATFORMS
from collectors.ssh.shells import KeptShell, Shells

__all__ = ["PLATFORMS", "HostKey", "KeptShell", "KnownHosts", "Shells", "commands", "fetch", "keys_for", "plan", "read"]
