"""Cisco IOS and IOS-XE: show version, inventory, redundancy, switch, environment."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.demo.device import Device
from agent.demo.families import MODELS, cisco
from agent.demo.families.cisco import Switch
from agent.demo.shells.shell import Shell, dotted, span

UNKNOWN = "        ^\n% Invalid input detected at '^' marker.\n"


def _switch(device: Device) -> Switch:
    switch: Switch = MODELS[device.kit.model].data["switch"]
    return switch


def _version(device: Device, t: float) -> str:
    switch, model = _switch(device), MODELS[device.kit.model]
    first = cisco.descr(model).replace("\r", "").split("\n")[0]
    since = datetime.fromtimestamp(device.boot_at, UTC).strftime("%H:%M:%S UTC %a %b %-d %Y")
    image = "packages.conf" if switch.xe else f"{switch.image.lower()}-mz.bin"
    lines = [
        f"Cisco IOS XE Software, Version {model.version}" if switch.xe else "",
        first,
        "Technical Support: http://www.cisco.com/techsupport",
        "Copyright (c) 1986-2023 by Cisco Systems, Inc.",
        "Compiled Wed 19-Jul-23 09:12 by mcpre",
        "",
        f"ROM: {'IOS-XE ROMMON' if switch.xe else 'Bootstrap program is C2960X boot loader'}",
        "",
        f"{device.kit.name} uptime is {span(device.uptime(t))}",
        "System returned to ROM by power-on",
        f"System restarted at {since}",
        f'System image file is "flash:{image}"',
        "Last reload reason: PowerOn",
        "",
        f"cisco {switch.pid} (X86) processor with {switch.memory_mib * 1024}K/6147K bytes of memory.",
        f"Processor board ID {cisco.member_serial(device, 1)}",
        "2048K bytes of non-volatile configuration memory.",
        "",
    ]
    for m in range(1, cisco.members(device) + 1):
        if m > 1:
            lines += [f"Switch {m:02d}", "---------", f"Switch uptime                      : {span(device.uptime(t))}"]
        lines += [
            f"Base Ethernet MAC Address          : {device.mac('switch', m, oui='02:1c:73').hex(':')}",
            f"Model Number                       : {switch.pid}",
            f"System Serial Number               : {cisco.member_serial(device, m)}",
            "",
        ]
    return "\n".join([*lines, "Configuration register is 0x102"]).lstrip("\n")


def _inventory(device: Device, t: float) -> str:
    switch = _switch(device)
    said: list[tuple[str, str, str, str, str]] = []
    for m in range(1, cisco.members(device) + 1):
        name = f"Switch {m}" if switch.xe else str(m)
        said.append((name, switch.pid, switch.pid, "V05", cisco.member_serial(device, m)))
        for s in range(1, cisco.supplies(device, switch) + 1):
            if switch.supply_pid:
                supply = f"Switch {m} - Power Supply {'AB'[s - 1] if s < 3 else s}"
                said.append((supply, supply, switch.supply_pid, "V02", cisco.supply_serial(device, m, s)))
    return "\n\n".join(f'NAME: "{n}", DESCR: "{d}"\nPID: {p:<18}, VID: {v:<4}, SN: {s}' for n, d, p, v, s in said)


def _redundancy(device: Device, t: float) -> str:
    if not _switch(device).xe:
        return UNKNOWN
    duplex = cisco.members(device) > 1 and _switch(device).xe
    up = span(device.uptime(t))
    version = cisco.descr(MODELS[device.kit.model]).replace("\r", "").split("\n")[0]
    lines = [
        "Redundant System Information :",
        "------------------------------",
        f"       Available system uptime = {up}",
        "Switchovers system experienced = 0",
        "              Standby failures = 0",
        "        Last switchover reason = none",
        "",
        f"                 Hardware Mode = {'Duplex' if duplex else 'Simplex'}",
        f"    Configured Redundancy Mode = {'sso' if duplex else 'Non-redundant'}",
        f"     Operating Redundancy Mode = {'sso' if duplex else 'Non-redundant'}",
        "              Maintenance Mode = Disabled",
        f"                Communications = {'Up' if duplex else 'Down      Reason: Simplex mode'}",
        "",
        "Current Processor Information :",
        "-------------------------------",
        "               Active Location = slot 1",
        "        Current Software state = ACTIVE",
        f"       Uptime in current state = {up}",
        f"                 Image Version = {version}",
        "                          BOOT = flash:packages.conf;",
        "        Configuration register = 0x102",
    ]
    if duplex:
        lines += [
            "",
            "Peer Processor Information :",
            "----------------------------",
            "              Standby Location = slot 2",
            "        Current Software state = STANDBY HOT",
            f"       Uptime in current state = {up}",
            f"                 Image Version = {version}",
            "                          BOOT = flash:packages.conf;",
            "        Configuration register = 0x102",
        ]
    return "\n".join(lines)


def _switch_detail(device: Device, t: float) -> str:
    count = cisco.members(device)
    rows, ring = [], []
    for m in range(1, count + 1):
        role = "Active" if m == 1 else "Standby" if m == 2 else "Member"
        mac = dotted(device.mac("switch", m, oui="02:1c:73"))
        mark = "*" if m == 1 else " "
        rows.append(f"{mark}{m:<8} {role:<8} {mac:<17}{15 if m == 1 else 14 if m == 2 else 1:^9}V05     Ready")
        state = "OK" if count > 1 else "DOWN"
        left, right = (m - 2) % count + 1, m % count + 1
        ring.append(
            f"  {m:<9}{state:<12}{state:<15}{left if count > 1 else 'None':<17}{right if count > 1 else 'None'}"
        )
    base = dotted(device.mac("switch", 1, oui="02:1c:73"))
    return "\n".join(
        [
            f"Switch/Stack Mac Address : {base} - Local Mac Address",
            "Mac persistency wait time: Indefinite",
            "                                             H/W   Current",
            "Switch#   Role    Mac Address     Priority Version  State",
            "-------------------------------------------------------------------------------------",
            *rows,
            "",
            "",
            "",
            "         Stack Port Status             Neighbors",
            "Switch#  Port 1     Port 2           Port 1   Port 2",
            "--------------------------------------------------------",
            *ring,
        ]
    )


def _power(device: Device, t: float) -> str:
    switch = _switch(device)
    if not switch.supply_pid:  # built in: nothing to be told apart
        return UNKNOWN
    rows = []
    for m in range(1, cisco.members(device) + 1):
        for s in range(1, cisco.supplies(device, switch) + 1):
            failed = cisco.supply_failed(device, switch, m, s)
            state = "No Input Power" if failed else "OK"
            good = "Bad" if failed else "Good"
            pid, serial = switch.supply_pid, cisco.supply_serial(device, m, s)
            rows.append(
                f"{m}{'AB'[s - 1] if s < 3 else s}  {pid:<18}  {serial:<10}  {state:<15}  {good:<7}  {good:<7}  715"
            )
    head = "SW  PID                 Serial#     Status           Sys Pwr  PoE Pwr  Watts"
    return "\n".join([head, "--  ------------------  ----------  ---------------  -------  -------  -----", *rows])


def _temperature(device: Device, t: float) -> str:
    lines: list[str] = []
    for m in range(1, cisco.members(device) + 1):
        lines.append(f"Switch {m}: SYSTEM TEMPERATURE is OK")
        for place, offset, yellow, red in (("Inlet", 51, 46, 56), ("Hotspot", 53, 105, 125)):
            value = device.tree.read(f"{cisco.ENVMON}.3.1.3.{1000 * m + offset}", t)
            if isinstance(value, int):
                light = "GREEN" if value < yellow else "YELLOW" if value < red else "RED"
                lines += [
                    f"{place} Temperature Value: {value} Degree Celsius",
                    f"Temperature State: {light}",
                    f"Yellow Threshold : {yellow} Degree Celsius",
                    f"Red Threshold    : {red} Degree Celsius",
                    "",
                ]
    return "\n".join(lines).rstrip("\n")


def _fans(device: Device, t: float) -> str:
    switch = _switch(device)
    rows = [
        "Switch   FAN     Speed     State   Airflow direction",
        "---------------------------------------------------",
    ]
    for m in range(1, cisco.members(device) + 1):
        for f in range(1, switch.fans + 1):
            speed = device.tree.read(f"{cisco.CISCO_SENSOR}.4.{1000 * m + 60 + f}", t)
            rows.append(f"  {m:<8}{f:<7}{speed if isinstance(speed, int) else 5200:<10}OK     Front to Back")
    return "\n".join(rows)


CISCO_IOS = Shell(
    "cisco_ios",
    lambda device: f"{device.kit.name}#",
    {
        "show version": _version,
        "show inventory": _inventory,
        "show redundancy": _redundancy,
        "show switch detail": _switch_detail,
        "show environment power all": _power,
        "show environment temperature": _temperature,
        "show env fan": _fans,
    },
    UNKNOWN,
    quiet=("terminal length 0", "terminal width 511", "enable"),
)
