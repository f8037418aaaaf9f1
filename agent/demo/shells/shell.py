"""What the command line of a simulated platform is: prompt, manners, and a text for each command. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agent.demo.device import Device

Output = Callable[[Device, float], str]
"""(device, time) > what the command prints, with plain line feeds."""


@dataclass(frozen=True, slots=True)
class Shell:
    """One platform. `name` is netmiko's device type."""

    name: str
    prompt: Callable[[Device], str]
    commands: Mapping[str, Output]
    unknown: str  # what a command that there is not answers; {command} stands for it
    quiet: tuple[str, ...] = ()  # settings of one's own session: accepted, print nothing
    greeting: str = ""  # before the first prompt; ends in a question when `wants_key`
    wants_key: bool = False
    asks_again: bool = False  # asks for user and password in the terminal (AireOS)
    leave: tuple[str, ...] = field(default=("exit", "logout", "quit"))

    def run(self, command: str, device: Device, t: float) -> str:
        """What `command` prints."""
        words, _, wanted = " ".join(command.split()).partition(" | ")
        if not words or words in self.quiet:
            return ""
        output = self.commands.get(words)
        if output is None:
            return self.unknown.format(command=words)
        printed = output(device, t)
        kind, _, pattern = wanted.partition(" ")
        if kind in ("grep", "include", "match"):
            return "\n".join(line for line in printed.split("\n") if pattern.strip("\"' ") in line)
        return printed


def span(seconds: float, *, seconds_too: bool = False) -> str:
    """'1 year, 3 weeks, 2 days, 4 hours, 5 minutes', as most command lines print an uptime."""
    left, said = int(seconds), []
    units = [("year", 31_536_000), ("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)]
    for word, size in units + ([("second", 1)] if seconds_too else []):
        count, left = divmod(left, size)
        if count:
            said.append(f"{count} {word}{'s' if count != 1 else ''}")
    return ", ".join(said) or "0 minutes"


def dotted(mac: bytes) -> str:
    """0248.57ab.cdef"""
    return ".".join(mac[i : i + 2].hex() for i in (0, 2, 4))


def colons(mac: bytes) -> str:
    """02:48:57:ab:cd:ef"""
    return ":".join(f"{octet:02x}" for octet in mac)


def dashed(mac: bytes) -> str:
    """024857-abcdef"""
    return f"{mac[:3].hex()}-{mac[3:].hex()}"
