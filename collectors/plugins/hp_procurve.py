"""ProCurve and ArubaOS-Switch (2530 to 5400R): identity, VSF stacks, fans, supplies, temperatures. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command, aruba_aoscx, aruba_os
from collectors.plugins.states import configuration, ntp, reload_reason
from collectors.plugins.templates import one, rows
from collectors.plugins.templates import said as known
from collectors.plugins.text import check, columns, fields, identity, lines, number, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor, Usage


def show_system(text: str) -> Findings:
    """One block, or in a VSF stack one for each member: the first is the commander's."""
    found = rows("hp_procurve_show_system", text)
    first = found[0]
    processors: list[Usage] = []
    memory: list[Usage] = []
    parts: list[Part] = []
    for row in found:
        member = one(row, "member_id") or ""
        cpu, size, free = (number(one(row, name)) for name in ("cpu_util", "mem_tot", "mem_free"))
        if cpu is not None:
            processors.append(Usage(f"cpu {member}".strip(), cpu / 100, index=member))
        if size and free is not None:
            memory.append(Usage(f"memory {member}".strip(), (size - free) / size, size - free, size, index=member))
        if serial := one(row, "serial"):
            kind, name = ("stack_member", f"member {member}") if member else ("chassis", "chassis")
            parts.append(part(kind, name, None, serial, one(row, "rom_version"), place=member or "1"))
    return Findings(
        identity=identity(
            vendor="HPE",
            name=one(first, "name"),
            serial=one(first, "serial"),
            version=one(first, "software_version"),
            uptime_seconds=span_seconds(one(first, "uptime")),
        ),
        parts=tuple(parts),
        processors=tuple(processors),
        memory=tuple(memory),
    )


def show_version(text: str) -> Findings:
    """`Image stamp:` with the version on a line of its own; access points of the family answer as ArubaOS does."""
    if "ArubaOS (MODEL" in text:
        return aruba_os.show_version(text)
    found = re.search(r"^\s{1,40}([A-Z]{1,3}\.\d\d\.\d\d\.\d{4}\w{0,4})\s*$", text, re.M)
    if "Image stamp" not in text or not found:
        raise Unparsed("no image version in it")
    return Findings(identity=identity(version=found[1]))


def show_vsf_detail(text: str) -> Findings:
    return aruba_aoscx.show_vsf_detail(text.replace("VSF Topology", "Topology").replace("VSF Status", "Status"))


def show_fans(text: str) -> Findings:
    """`Sys-1  | Fan OK  |  0`."""
    checks: list[Check] = []
    for line in lines(text):
        row = re.match(r"\s*([\w/-]{1,20}) *\| *(?:Fan )?([A-Za-z][\w ]{1,30}?) *\| *\d{1,9}", line)
        if row:
            checks.append(check("fan", row[1], row[2]))
    if not checks:
        raise Unparsed("no fan in it")
    return Findings(checks=tuple(checks))


_SUPPLY_STATE = {
    "powered": Level.OK, "not powered": Level.CRITICAL, "not present": Level.UNKNOWN, "failed": Level.CRITICAL,
    "max power": Level.WARNING, "aux powered": Level.OK,
}  # fmt: skip


def show_power_supply(text: str) -> Findings:
    """`1  Powered  AC 120V/240V  45  250`, on newer ones with model and serial number before the state."""
    checks: list[Check] = []
    parts: list[Part] = []
    for line in lines(text):
        row = re.match(
            r"\s*(?:(\d{1,2})[ /:]+)?(\d{1,2}) +(?:(J\w{4,6}|0\d{3}-\d{4}) +(\S{4,20}) +)?"
            r"(Powered|Not Powered|Not Present|Failed|Max Power|Aux Powered)\b",
            line,
            re.I,
        )
        if not row:
            continue
        place = f"{row[1]}/{row[2]}" if row[1] else row[2]
        checks.append(check("power_supply", f"power supply {place}", row[5], _SUPPLY_STATE[row[5].lower()]))
        if row[3]:
            parts.append(part("power_supply", f"power supply {place}", row[3], known(row[4]), place=place))
    if not checks:
        raise Unparsed("no power supply in it")
    return Findings(checks=tuple(checks), parts=tuple(parts))


def show_temperature(text: str) -> Findings:
    """`Sys-1  23C  27C  20C  55C  NO`: now, most, least, limit, over it."""
    found: list[Sensor] = []
    for line in lines(text):
        row = re.match(r"\s*([\w/-]{1,20})\s+(-?\d{1,3})C\s.{0,60}?\b(YES|NO)\s*$", line)
        if row:
            level = Level.CRITICAL if row[3] == "YES" else Level.OK
            found.append(sensor("temperature", row[1], float(row[2]), "celsius", level, index=row[1]))
    if not found:
        raise Unparsed("no temperature in it")
    return Findings(sensors=tuple(found))


def show_config_status(text: str) -> Findings:
    """Whether the running configuration is what the switch starts with."""
    if re.search(r"needs? to be saved|not been saved|is different", text, re.I):
        return Findings(checks=(configuration(saved=False),))
    if re.search(r"is same as the startup|identical|is the same as", text, re.I):
        return Findings(checks=(configuration(saved=True),))
    raise Unparsed("nothing of the running configuration in it")


def show_ntp_status(text: str) -> Findings:
    """Two pairs a line: `Synchronization Status : Synchronized   Peer Dispersion : 0.00000 sec`."""
    said = fields("\n".join(cell for line in lines(text) for cell in columns(re.sub(r" +: +", " : ", line))))
    if said.get("ntp status", "").lower().startswith("disabled"):
        return Findings()  # the clock may be set by SNTP or timep, which say no such thing
    state = said.get("synchronization status")
    if state is None:
        raise Unparsed("no synchronisation in it")
    return Findings(checks=(ntp(state.lower().startswith("synchron")),))


def show_boot_history(text: str) -> Findings:
    """`Mgmt Module 1 in Active Mode went down: 06/26/12 13:44:35`, on the next line why; the newest first."""
    if not re.search(r"(?i)crash information|boot history|went down", text):
        raise Unparsed("no history of boots in it")
    down = re.search(r"went down: .{8,40}\n\s{0,20}([^\n]{3,120})", text)
    reason = re.sub(r"(?i) from \S{3,12} session.{0,60}", "", down[1]) if down else None
    return Findings(checks=reload_reason(reason))


COMMANDS = (
    Command("show system", Cadence.HEALTH, show_system),
    Command("show version", Cadence.INVENTORY, show_version, needed=True),
    Command("show vsf detail", Cadence.HEALTH, show_vsf_detail),
    Command("show system fans", Cadence.HEALTH, show_fans),
    Command("show system power-supply", Cadence.HEALTH, show_power_supply),
    Command("show system temperature", Cadence.HEALTH, show_temperature),
    Command("show config status", Cadence.HEALTH, show_config_status),
    Command("show ntp status", Cadence.HEALTH, show_ntp_status),
    Command("show boot-history", Cadence.INVENTORY, show_boot_history),
)
