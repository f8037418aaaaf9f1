"""Wi-Fi controllers: Cisco AireOS and ArubaOS."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import MODELS, aireos, arubaos, base, wireless
from agent.demo.shells.shell import Shell, colons, span


def _dots(name: str, value: object) -> str:
    return f"{name:.<49} {value}"


def _sysinfo(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    days, rest = divmod(int(device.uptime(t)), 86_400)
    up = f"{days} days {rest // 3600} hrs {rest % 3600 // 60} mins {rest % 60} secs"
    points = wireless.access_points(device)
    inside = device.tree.number(f"{aireos.AIRESPACE}.2.3.1.13.0", t)
    cpu = device.tree.number(f"{aireos.AIRESPACE}.1.1.5.1.0", t)
    lines = [
        ("Manufacturer's Name", "Cisco Systems Inc."),
        ("Product Name", "Cisco Controller"),
        ("Product Version", model.version),
        ("Build Type", "DATA + WPS"),
        ("System Name", device.kit.name),
        ("System Location", device.kit.site_title),
        ("System Contact", "ICT Service Desk"),
        ("System ObjectID", model.sys_object_id),
        ("Redundancy Mode", "SSO" if _paired(device) else "Disabled"),
        ("IP Address", device.kit.address),
        ("Last Reset", "Power on reset"),
        ("System Up Time", up),
        ("Configured Country", "GB  - United Kingdom"),
        ("Operating Environment", "Commercial (0 to 40 C)"),
        ("Internal Temp Alarm Limits", "0 to 65 C"),
        ("Internal Temperature", f"+{inside} C"),
        ("Fan Status", "6400 rpm"),
        ("State of 802.11b Network", "Enabled"),
        ("State of 802.11a Network", "Enabled"),
        ("Number of WLANs", len(aireos.SSIDS)),
        ("Number of Active Clients", wireless.total_clients(points)(t)),
        ("CPU Current Usage", f"{cpu}%"),
        ("Burned-in MAC Address", colons(device.mac("burned in")).upper()),
        *((f"Power Supply {s}", "Present, Failed" if device.failed_psu == s else "Present, OK") for s in (1, 2)),
        ("Maximum number of APs supported", 1500),
    ]
    return "\n".join(["", *(_dots(name, value) for name, value in lines)])


def _paired(device: Device) -> bool:
    return device.kit.ha_members > 1 or device.kit.peer is not None


def _inventory(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    serial = base.cisco_serial(device, "chassis", plant="FCH")
    return "\n".join(
        [
            _dots("Burned-in MAC Address", colons(device.mac("burned in")).upper()),
            *(
                _dots(f"Power Supply {s}", "Present, Failed" if device.failed_psu == s else "Present, OK")
                for s in (1, 2)
            ),
            _dots("Maximum number of APs supported", 1500),
            f'NAME: "Chassis"    , DESCR: "Cisco {model.data["series"]} Series Wireless LAN Controller"',
            f"PID: {model.data['pid']},  VID: V03,  SN: {serial}",
        ]
    )


def _redundancy(device: Device, t: float) -> str:
    if not _paired(device):
        return "            Redundancy Mode = SSO DISABLED \n                Local State = ACTIVE \n"
    local = "ACTIVE" if device.active else "STANDBY HOT"
    peer = "UNKNOWN - Communication Down" if device.peer_missing else "STANDBY HOT" if device.active else "ACTIVE"
    mac = colons(device.mac("burned in"))
    return "\n".join(
        [
            "            Redundancy Mode = SSO ENABLED ",
            f"                Local State = {local} ",
            f"                 Peer State = {peer} ",
            f"                       Unit = {'Primary' if device.kit.leads else 'Secondary'}",
            f"                    Unit ID = {mac}",
            f"           Redundancy State = {'Non Redundant' if device.peer_missing else 'SSO'}",
            f"               Mobility MAC = {mac}",
            f"            Redundancy Port = {'DOWN' if device.peer_missing else 'UP'}",
            f"            BulkSync Status = {'Pending' if device.ha_settling(t) else 'Complete'}",
            "Average Redundancy Peer Reachability Latency = 212 Micro Seconds",
        ]
    )


def _ap_summary(device: Device, t: float) -> str:
    points = [p for p in wireless.access_points(device) if p.there(t)]
    rows = [
        f"{p.name:<32}2      {aireos.AP_MODELS[p.number % 7 % 3]:<22}{colons(p.mac)}  {p.place.split(',')[0][:20]:<22}"
        f"GB          {p.address:<17}{sum(round(radio(t)) for radio in p.clients):<9}[0 ,0 ,0 ]"
        for p in points
    ]
    return "\n".join(
        [
            "",
            _dots("Number of APs", len(points)),
            "",
            _dots("Global AP User Name", "admin"),
            _dots("Global AP Dot1x User Name", "Not Configured"),
            "",
            "AP Name                         Slots  AP Model              Ethernet MAC       Location              "
            "Country     IP Address       Clients  DSE Location",
            "------------------------------  -----  --------------------  -----------------  --------------------  "
            "----------  ---------------  -------  --------------",
            *rows,
        ]
    )


def _ap_inventory(device: Device, t: float) -> str:
    lines: list[str] = []
    for p in wireless.access_points(device):
        if p.there(t):
            kind = aireos.AP_MODELS[p.number % 7 % 3]
            lines += [
                f"Inventory for {p.name}",
                "",
                f'NAME: "{kind[4:-5]}"    , DESCR: "Cisco Aironet access point"',
                f"PID: {kind},  VID: V02,  SN: {aireos.ap_serial(device, p.number)}",
                "",
            ]
    return "\n".join(lines).rstrip("\n")


CISCO_WLC = Shell(
    "cisco_wlc_ssh",
    lambda device: "(Cisco Controller) >",
    {
        "show sysinfo": _sysinfo,
        "show inventory": _inventory,
        "show redundancy summary": _redundancy,
        "show ap summary": _ap_summary,
        "show ap inventory all": _ap_inventory,
    },
    "\nIncorrect usage.  Use the '?' or <TAB> key to list commands.\n",
    quiet=("config paging disable", "config paging enable"),
    asks_again=True,
)


# ---------------------------------------------------------------- ArubaOS
def _aruba_version(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    return "\n".join(
        [
            "Aruba Operating System Software.",
            f"ArubaOS (MODEL: {model.data['pid']}), Version {model.version} LSR",
            "Website: http://www.arubanetworks.com",
            "(c) Copyright 2023 Hewlett Packard Enterprise Development LP.",
            "Compiled on 2023-03-02 at 16:31:09 UTC (build 86061) by jenkins",
            "",
            "ROM: System Bootstrap, Version CPBoot 1.2.0.0 (build 35879)",
            "Built: 2012-10-08 16:03:51",
            "Built by: p4build@re_client_35879",
            "",
            f"Switch uptime is {span(device.uptime(t), seconds_too=True).replace(',', '')}",
            "Reboot Cause: Power Cycle (Intent:cause:register 0:c:c).",
            "Supervisor Card",
            "Processor (XLP432 Rev B1 (Secure Boot) , 1000 MHz) with 7370M bytes of memory. ",
            "32K bytes of non-volatile configuration memory.",
            "7920M bytes of Supervisor Card system flash.",
        ]
    )


def _aruba_inventory(device: Device, t: float) -> str:
    serial = device.tree.read(f"{arubaos.SYS}.29.0", t)
    said = serial.decode() if isinstance(serial, bytes) else ""
    model = MODELS[device.kit.model]
    lines = [
        ("Supervisor Card slot", "0"),
        ("Supervisor FPGA Rev", "0x8"),
        ("Manufacturing Date", base.made_before(device).strftime("%m/%d/%y")),
        ("SC Assembly#", "2010198B (Rev:02.00)"),
        ("SC Model#", model.data["pid"].replace("Aruba", "")),
        ("System Serial#", f"{said} (Date:{base.made_before(device):%m/%d/%y})"),
        *((f"Power Supply {s}", "Absent or failed" if device.failed_psu == s else "Present, OK") for s in (1, 2)),
        ("Main Board Temperatures", "35 C"),
        ("Fan 0", "9000 rpm, OK"),
    ]
    return "\n".join(f"{name:<32}: {value}" for name, value in lines)


def _ap_database(device: Device, t: float) -> str:
    rows = []
    days, rest = divmod(int(device.uptime(t)), 86_400)
    since = f"{days}d:{rest // 3600}h:{rest % 3600 // 60}m:{rest % 60}s"
    for p in wireless.access_points(device):
        state = f"Up {since}" if p.there(t) else "Down"
        kind = "315" if p.number % 3 else "215"
        rows.append(f"{p.name:<24}council  {kind:<8} {p.address:<14} {state:<20} 2      192.0.2.2  0.0.0.0")
    return "\n".join(
        [
            "",
            "AP Database",
            "-----------",
            f"Name{'':20}Group    AP Type  IP Address     Status               Flags  Switch IP  Standby IP",
            f"----{'':20}-----    -------  ----------     ------               -----  ---------  ----------",
            *rows,
            "",
            "Flags: 1 = 802.1x authenticated AP use EAP-PEAP; 2 = Using IKE version 2;",
            "",
            f"Total APs:{len(rows)}",
        ]
    )


ARUBA_OS = Shell(
    "aruba_os",
    lambda device: f"({device.kit.name}) #",
    {
        "show version": _aruba_version,
        "show inventory": _aruba_inventory,
        "show ap database": _ap_database,
        "show ap database long": _ap_database,
        "show hostname": lambda device, t: f"Hostname is {device.kit.name}",
    },
    "                       ^\n% Invalid input detected at '^' marker.\n",
    quiet=("no paging", "enable"),
)
