"""Every command that is ever run over SSH, and what reads its answer.

The list is closed: exact texts, no arguments from outside, so nothing can be injected. `refuse_unless_allowed` is the
gate in `ShellSession.run`; a test holds all lists against what configures, copies, reloads or deletes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module

from collectors.errors import DeviceFault, Unparsed
from collectors.plugins import Command
from collectors.plugins.templates import bounded
from collectors.plugins.text import total
from collectors.readings import Cadence, Failure, Findings
from collectors.session import Output
from collectors.ssh.platforms import PLATFORMS, says_unknown

# Platforms that share a module of collectors.plugins.
MODULES = {
    "cisco_xe": "cisco_ios",
    "brocade_fastiron": "ruckus_fastiron",
    "broadcom_icos": "ubiquiti_edgeswitch",
    "ubiquiti_edgerouter": "vyatta_vyos",
}


@cache
def commands(platform: str) -> tuple[Command, ...]:
    """The commands of a platform, in the order they are run. ValueError for an unknown platform."""
    if platform not in PLATFORMS:
        raise ValueError(f"unknown SSH platform {platform!r}; known: {', '.join(sorted(PLATFORMS))}")
    module = import_module(f"collectors.plugins.{MODULES.get(platform, platform)}")
    found: tuple[Command, ...] = module.COMMANDS
    return found


@cache
def _by_text(platform: str) -> dict[str, Command]:
    return {command.text: command for command in commands(platform)}


def refuse_unless_allowed(platform: str, command: str) -> None:
    """ValueError unless this very command is on the platform's list: asking for another is a programmer's error."""
    if command not in _by_text(platform):
        raise ValueError(f"{command!r:.80} is not on the list of read-only commands of {platform}")


def plan(platform: str, cadence: Cadence) -> tuple[str, ...]:
    """The commands a visit at this cadence runs; a slower cadence includes the quicker ones."""
    return tuple(command.text for command in commands(platform) if command.every in cadence.includes)


def read(platform: str, outputs: Sequence[Output]) -> Findings:
    """What the answers say. Pure; never raises a `DeviceFault`: each becomes a Failure of stage ssh or parse."""
    kind = PLATFORMS[platform]
    found: list[Findings] = []
    problems: dict[tuple[str, str], Failure] = {}
    for output in outputs:
        command = _by_text(platform)[output.command]
        if output.problem is not None:
            # One dead session is one failure, not one for each command that it could not run.
            problems.setdefault(
                (output.problem.kind, str(output.problem)), Failure.of("ssh", output.command, output.problem)
            )
            continue
        if says_unknown(kind, output.text):
            if command.needed:
                found.append(_failed(command, Unparsed("the device does not know this command, or not for this user")))
            continue
        try:
            found.append(command.parse(bounded(output.text)))
        except DeviceFault as fault:
            found.append(_failed(command, fault))
    return total([*found, Findings(failures=tuple(problems.values()))])


def _failed(command: Command, fault: DeviceFault) -> Findings:
    return Findings(failures=(Failure.of("parse", command.text, fault),))
