"""A Debian host: what /proc, df and dmidecode say."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import MODELS
from agent.demo.families.hosts import UCD
from agent.demo.shells.shell import Shell


def _release(device: Device, t: float) -> str:
    return """PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian"""


def _meminfo(device: Device, t: float) -> str:
    total, free = device.tree.number(f"{UCD}.4.5.0", t), device.tree.number(f"{UCD}.4.6.0", t)
    buffers, cached = device.tree.number(f"{UCD}.4.14.0", t), device.tree.number(f"{UCD}.4.15.0", t)
    swap, swap_free = device.tree.number(f"{UCD}.4.3.0", t), device.tree.number(f"{UCD}.4.4.0", t)
    said = {
        "MemTotal": total,
        "MemFree": free,
        "MemAvailable": free + int(0.9 * (buffers + cached)),
        "Buffers": buffers,
        "Cached": cached,
        "SwapCached": 0,
        "SwapTotal": swap,
        "SwapFree": swap_free,
    }
    return "\n".join(f"{name + ':':<16}{value:>8} kB" for name, value in said.items())


def _df(device: Device, t: float) -> str:
    rows = [
        "Filesystem     1024-blocks     Used Available Capacity Mounted on",
        "udev               8150000        0   8150000       0% /dev",
    ]
    for i in (1, 2):
        path = device.tree.words(f"{UCD}.9.1.2.{i}", t)
        size, free = device.tree.number(f"{UCD}.9.1.6.{i}", t), device.tree.number(f"{UCD}.9.1.7.{i}", t)
        used = device.tree.number(f"{UCD}.9.1.8.{i}", t)
        share = round(100 * used / (used + free))
        rows.append(f"/dev/sda{i}        {size:>10} {used:>8} {free:>9} {share:>7}% {path}")
    return "\n".join(rows)


def _dmidecode(device: Device, t: float) -> str:
    serial = "VMware-" + " ".join(device.mac("uuid", i).hex(" ") for i in range(2)) + " 00 00 00 00"
    return f"""# dmidecode 3.4
Getting SMBIOS data from sysfs.
SMBIOS 2.7 present.

Handle 0x0001, DMI type 1, 27 bytes
System Information
\tManufacturer: VMware, Inc.
\tProduct Name: VMware7,1
\tVersion: None
\tSerial Number: {serial}
\tUUID: {device.mac("uuid", 9).hex()}-0000-4000-8000-000000000000
\tWake-up Type: Power Switch
\tSKU Number: Not Specified
\tFamily: Not Specified
"""


def _uptime(device: Device, t: float) -> str:
    up = device.uptime(t)
    return f"{up:.2f} {up * 3.2:.2f}"


LINUX = Shell(
    "linux",
    lambda device: f"demo@{device.kit.name}:~$ ",
    {
        "cat /etc/os-release": _release,
        "hostname": lambda device, t: device.kit.name,
        "uname -r": lambda device, t: str(MODELS[device.kit.model].data["kernel"]),
        "cat /proc/uptime": _uptime,
        "cat /proc/meminfo": _meminfo,
        "df -P -k": _df,
        "dmidecode -t system": _dmidecode,
    },
    "-bash: {command}: command not found",
)
