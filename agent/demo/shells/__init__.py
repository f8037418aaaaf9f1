"""The command lines of the simulated platforms."""

from __future__ import annotations

from agent.demo.shells.cisco_ios import CISCO_IOS
from agent.demo.shells.firewalls import FORTINET, PAN_OS
from agent.demo.shells.linux import LINUX
from agent.demo.shells.shell import Shell
from agent.demo.shells.switches import ARUBA_CX, HP_PROCURVE
from agent.demo.shells.wlc import ARUBA_OS, CISCO_WLC

SHELLS: dict[str, Shell] = {
    shell.name: shell for shell in (ARUBA_CX, ARUBA_OS, CISCO_IOS, CISCO_WLC, FORTINET, HP_PROCURVE, LINUX, PAN_OS)
}
"""By netmiko's name of the platform."""

__all__ = ["SHELLS", "Shell"]
