"""FortiOS and PAN-OS."""

from __future__ import annotations

from datetime import UTC, datetime

from agent.demo.device import Device
from agent.demo.families import MODELS, fortigate, panos
from agent.demo.shells.shell import Shell, colons

FG = fortigate.FG


def _paired(device: Device) -> bool:
    return device.kit.ha_members > 1 or device.kit.peer is not None


def _title(device: Device) -> str:
    return MODELS[device.kit.model].data["pid"].replace("FGT_", "FortiGate-")  # type: ignore[no-any-return]


def _status(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    role = "standalone" if not _paired(device) else "a-p, primary" if device.active else "a-p, secondary"
    said = [
        f"Version: {_title(device)} v{model.version},build{model.data['build']},240515 (GA.M)",
        "Security Level: 1",
        "Firmware Signature: certified",
        "Virus-DB: 91.04512(2025-03-02 04:27)",
        "IPS-DB: 27.00713(2025-03-01 01:12)",
        f"Serial-Number: {fortigate.serial(device)}",
        "BIOS version: 06000007",
        "Log hard disk: Available",
        f"Hostname: {device.kit.name}",
        "Operation Mode: NAT",
        "Current virtual domain: root",
        "Max number of virtual domains: 10",
        "Virtual domains status: 1 in NAT mode, 0 in TP mode",
        "Virtual domain configuration: disable",
        "FIPS-CC mode: disable",
        f"Current HA mode: {role}",
        "Branch point: 1639",
        "Release Version Information: GA",
        "FortiOS x86-64: Yes",
        f"System time: {datetime.fromtimestamp(t, UTC).strftime('%a %b %e %H:%M:%S %Y')}",
    ]
    return "\n".join(said)


def _ha(device: Device, t: float) -> str:
    model = _title(device)
    if not _paired(device):
        return f"HA Health Status: OK\nModel: {model}\nMode: Standalone\nGroup Name: \nGroup ID: 0\n"
    names = fortigate.host_names(device)
    serials = (fortigate.serial(device), fortigate.serial(device, peer=True))
    here = [0] if device.peer_missing else [0, 1]
    sync = "out-of-sync" if device.ha_settling(t) else "in-sync"
    first, second = (0, 1) if device.active else (1, 0)
    changed = datetime.fromtimestamp(max(device.roles_changed_at, device.boot_at), UTC)
    days, rest = divmod(int(device.uptime(t)), 86_400)
    sessions = device.tree.number(f"{FG}.4.1.8.0", t)
    said = [
        f"HA Health Status: {'WARNING: one member is missing' if device.peer_missing else 'OK'}",
        f"Model: {model}",
        "Mode: HA A-P",
        "Group Name: perimeter",
        "Group ID: 17",
        "Debug: 0",
        f"Cluster Uptime: {days} days {rest // 3600}:{rest % 3600 // 60:02d}:{rest % 60:02d}",
        f"Cluster state change time: {changed:%Y-%m-%d %H:%M:%S}",
        "Primary selected using:",
        f"    <{changed:%Y/%m/%d %H:%M:%S}> {serials[first]} is selected as the primary because it has the largest "
        "value of override priority.",
        "ses_pickup: enable, ses_pickup_delay=disable",
        "override: enable",
        "Configuration Status:",
        *(f"    {serials[i]}(updated {1 + i} seconds ago): {sync}" for i in here),
        "System Usage stats:",
    ]
    for i in here:
        said += [
            f"    {serials[i]}(updated {1 + i} seconds ago):",
            f"        sessions={sessions if i == first else sessions // 25}, "
            "average-cpu-user/nice/system/idle=6%/0%/3%/91%, memory=44%",
        ]
    ranked = [(word, i, place) for word, i, place in (("Primary  ", first, 0), ("Secondary", second, 1)) if i in here]
    said += [f"{word}: {names[i]:<16}, {serials[i]}, HA cluster index = {place}" for word, i, place in ranked]
    said += ["number of vcluster: 1", "vcluster 1: work 169.254.0.1"]
    said += [f"{word}: {serials[i]}, HA operating index = {place}" for word, i, place in ranked]
    return "\n".join(said)


def _performance(device: Device, t: float) -> str:
    cpu, memory = device.tree.number(f"{FG}.4.1.3.0", t), device.tree.number(f"{FG}.4.1.4.0", t)
    total = 16_334_512
    days, rest = divmod(int(device.uptime(t)), 86_400)
    return "\n".join(
        [
            f"CPU states: {cpu}% user 0% system 0% nice {100 - cpu}% idle 0% iowait 0% irq 0% softirq",
            f"Memory: {total}k total, {total * memory // 100}k used ({memory:.1f}%), "
            f"{total - total * memory // 100}k free ({100 - memory:.1f}%), 0k freeable (0.0%)",
            "Average network usage: 184213 / 180022 kbps in 1 minute, 179006 / 175113 kbps in 10 minutes",
            f"Average sessions: {device.tree.number(f'{FG}.4.1.8.0', t)} sessions in 1 minute",
            f"Uptime: {days} days,  {rest // 3600} hours,  {rest % 3600 // 60} minutes",
        ]
    )


FORTINET = Shell(
    "fortinet",
    lambda device: f"{device.kit.name} # ",
    {
        "get system status": _status,
        "get system ha status": _ha,
        "get system performance status": _performance,
        "get system console": lambda device, t: "baudrate            : 9600 \noutput              : standard \n",
    },
    "command parse error before '{command}'\nCommand fail. Return code -61\n",
    quiet=("config system console", "set output standard", "set output more", "end", "config global"),
)


# ---------------------------------------------------------------- PAN-OS
def _system_info(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    days, rest = divmod(int(device.uptime(t)), 86_400)
    said = {
        "hostname": device.kit.name,
        "ip-address": device.kit.address,
        "netmask": "255.255.255.0",
        "mac-address": colons(device.mac("management")),
        "time": datetime.fromtimestamp(t, UTC).strftime("%a %b %e %H:%M:%S %Y"),
        "uptime": f"{days} days, {rest // 3600}:{rest % 3600 // 60:02d}:{rest % 60:02d}",
        "family": model.data["pid"].split("-")[1][0] + "200",
        "model": model.data["pid"],
        "serial": panos.serial(device),
        "sw-version": model.version,
        "global-protect-client-package-version": "6.2.4",
        "app-version": "8822-9210",
        "av-version": "4752-5270",
        "threat-version": "8822-9210",
        "wildfire-version": "857421-861045",
        "url-db": "paloaltonetworks",
        "operational-mode": "normal",
    }
    return "\n".join(["", *(f"{name}: {value}" for name, value in said.items()), ""])


def _pan_ha(device: Device, t: float) -> str:
    if not _paired(device):
        return "\nHA not enabled\n"
    model = MODELS[device.kit.model]
    local = "active" if device.active else "passive"
    peer = "unknown" if device.peer_missing else "passive" if device.active else "active"
    days = int((t - max(device.boot_at, device.roles_changed_at)) // 86_400)
    matches = "\n".join(
        f"      {what}: Match"
        for what in (
            "Software Version",
            "Application Content Compatibility",
            "Anti-Virus Compatibility",
            "Threat Content Compatibility",
        )
    )
    return f"""Group 7:
  Mode: Active-Passive
  Local Information:
    Version: 1
    Mode: Active-Passive
    State: {local} (last {days} days)
    Device Information:
      Model: {model.data["pid"]}
      Management IPv4 Address: {device.kit.address}/24
      Management IPv6 Address:
      Jumbo-Frames disabled; MTU 1500
    HA1 Control Link Information:
      IP Address: 192.0.2.241/30
      MAC Address: {colons(device.mac("ha1"))}
      Interface: ha1-a
      Link State: Up; Setting: 1Gb/s-full
    Election Option Information:
      Priority: {90 if device.kit.leads else 110}
      Preemptive: no
    Version Information:
      Build Release: {model.version}
      URL Database: 20250301.20212
      Application Content: 8822-9210
      Anti-Virus: 4752-5270
      Threat Content: 8822-9210
    Version Compatibility:
{matches}
    State Synchronization: {"Not Complete" if device.ha_settling(t) else "Complete"}; type: ethernet
  Peer Information:
    Connection status: {"down" if device.peer_missing else "up"}
    Version: 1
    Mode: Active-Passive
    State: {peer} (last {days} days)
    Device Information:
      Model: {model.data["pid"]}
      Management IPv4 Address: 192.0.2.242/24
    Connection up; Primary HA1 link
  Configuration Synchronization:
    Enabled: yes
    Running Configuration: {"not synchronized" if device.ha_settling(t) or device.peer_missing else "synchronized"}"""


def _environmentals(device: Device, t: float) -> str:
    lines = ["", "----Thermal----", "Slot   Description                         Alarm     Degrees C      Min       Max"]
    for index, place in ((2, "MP CPU"), (3, "DP CPU"), (4, "Inlet")):
        degrees = device.tree.number(f"1.3.6.1.2.1.99.1.1.1.4.{index}", t)
        alarm = "True" if degrees > 80 else "False"
        lines.append(f"S0     Temperature: {place:<22}  {alarm:<8}  {degrees:<13.1f}  0.0       85.0")
    lines += ["", "----Power Supplies----", "Slot   Description                         Alarm     Inserted"]
    for s in (1, 2):
        side = "left" if s == 1 else "right"
        lines.append(
            f"S1     Power Supply #{s} ({side}){'':<14}{'True' if device.failed_psu == s else 'False':<10}True"
        )
    return "\n".join(lines)


PAN_OS = Shell(
    "paloalto_panos",
    lambda device: (
        f"demo@{device.kit.name}({'active' if device.active else 'passive'})> "
        if _paired(device)
        else f"demo@{device.kit.name}> "
    ),
    {
        "show system info": _system_info,
        "show high-availability all": _pan_ha,
        "show system environmentals": _environmentals,
    },
    "Unknown command: {command}\n",
    quiet=(
        "set cli pager off",
        "set cli terminal width 500",
        "set cli terminal height 500",
        "set cli scripting-mode on",
        "set cli config-output-format set",
    ),
)
