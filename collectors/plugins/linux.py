"""Linux hosts: what /proc, /sys and dmidecode say (kernel Documentation/filesystems/proc.rst). Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import clock
from collectors.plugins.templates import bounded, one, rows
from collectors.plugins.text import identity, part
from collectors.readings import Cadence, Findings, Usage


def os_release(text: str) -> Findings:
    """os-release(5): NAME and VERSION_ID, of which PRETTY_NAME is the form for people."""
    fields = dict(re.findall(r'^([A-Z_]{1,40})="?([^"\n]{0,200})"?$', bounded(text), re.M))
    version = fields.get("PRETTY_NAME") or fields.get("NAME")
    if not version:
        raise Unparsed("no PRETTY_NAME or NAME")
    return Findings(identity=identity(version=version))


def proc_uptime(text: str) -> Findings:
    """/proc/uptime: seconds since boot, seconds idle."""
    found = re.match(r"\s*(\d{1,12}\.\d\d) \d{1,15}\.\d\d\s*$", text)
    if not found:
        raise Unparsed("not /proc/uptime")
    return Findings(identity=identity(uptime_seconds=float(found[1])))


def hostname(text: str) -> Findings:
    lines = text.split()
    if len(lines) != 1:
        raise Unparsed("not a host name")
    return Findings(identity=identity(name=lines[0][:255]))


def dmidecode_system(text: str) -> Findings:
    """System information (SMBIOS type 1); the serial number may be a filler that boards are sold with."""
    row = rows("linux_dmidecode_-t_system", text)[0]
    fillers = ("To Be Filled By O.E.M.", "System Serial Number", "Default string", "System Product Name", "0", "None")
    model, serial = (
        value if (value := one(row, name)) not in fillers else None
        for name in ("system_product_name", "system_serial_number")
    )
    return Findings(
        identity=identity(vendor=one(row, "system_manufacturer"), model=model, serial=serial),
        parts=(part("chassis", "chassis", model, serial, place="1"),) if model or serial else (),
    )


def meminfo(text: str) -> Findings:
    """/proc/meminfo in kB: what is available without swapping counts as free."""
    fields = {name: int(kb) * 1024 for name, kb in re.findall(r"^(\w{1,40}):\s+(\d{1,15}) kB$", bounded(text), re.M)}
    size, free = fields.get("MemTotal"), fields.get("MemAvailable", fields.get("MemFree"))
    if not size or free is None:
        raise Unparsed("no MemTotal or MemAvailable")
    found = [Usage("memory", (size - free) / size, float(size - free), float(size))]
    if swap := fields.get("SwapTotal"):
        used = swap - fields.get("SwapFree", 0)
        found.append(Usage("swap", used / swap, float(used), float(swap), index="swap"))
    return Findings(memory=tuple(found))


_NOT_STORED = frozenset({"tmpfs", "devtmpfs", "overlay", "squashfs", "udev", "shm", "none", "efivarfs"})


def df(text: str) -> Findings:
    """`df -P -k` (POSIX): blocks of 1024 bytes, one line per file system."""
    found = []
    for line in bounded(text).split("\n"):
        row = re.match(r"(\S{1,200}) +(\d{1,15}) +(\d{1,15}) +(-?\d{1,15}) +(\d{1,3})% +(/.{0,200})$", line.rstrip())
        if row and row[1] not in _NOT_STORED and int(row[2]):
            used, free = int(row[3]) * 1024.0, max(int(row[4]), 0) * 1024.0
            # As df counts: of what an ordinary user can have; blocks kept back for root are neither used nor free.
            ratio = used / (used + free) if used + free else None
            found.append(Usage(row[6], ratio, used, int(row[2]) * 1024.0, index=row[6]))
    if not found:
        raise Unparsed("no file system in it")
    return Findings(storage=tuple(found))


def timedatectl(text: str) -> Findings:
    """timedatectl(1): `System clock synchronized: yes`, the kernel's flag, whoever keeps the time (older: NTP)."""
    return clock(
        text,
        r"^\s{0,20}(?:System clock|NTP) synchronized: yes",
        r"^\s{0,20}(?:System clock|NTP) synchronized: no",
        "not been booted with systemd|Failed to (?:query|connect|create)",
    )


COMMANDS = (
    Command("cat /etc/os-release", Cadence.INVENTORY, os_release, needed=True),
    Command("hostname", Cadence.INVENTORY, hostname),
    Command("dmidecode -t system", Cadence.INVENTORY, dmidecode_system),
    Command("cat /proc/uptime", Cadence.HEALTH, proc_uptime, needed=True),
    Command("cat /proc/meminfo", Cadence.HEALTH, meminfo),
    Command("df -P -k", Cadence.HEALTH, df),
    Command("timedatectl", Cadence.HEALTH, timedatectl),
)
