"""ArubaOS-CX and ProCurve."""

from __future__ import annotations

from agent.demo.device import Device
from agent.demo.families import MODELS, arubacx, procurve
from agent.demo.shells.shell import Shell, colons, dashed, span


def _version(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    return "\n".join(
        [
            "-----------------------------------------------------------------------------",
            "ArubaOS-CX",
            "(c) Copyright 2017-2023 Hewlett Packard Enterprise Development LP",
            "-----------------------------------------------------------------------------",
            f"Version      : {model.version}",
            "Build Date   : 2023-05-11 20:18:46 UTC",
            f"Build ID     : ArubaOS-CX:{model.version}:8fd2ac1e:202305111913",
            "Build SHA    : 8fd2ac1e5ac3",
            "Hot Patches  :",
            "Active Image : primary",
            "",
            f"Service OS Version : {model.data['rom']}",
            f"BIOS Version       : {model.data['rom']}",
        ]
    )


def _system(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    said = [
        ("Hostname", device.kit.name),
        ("System Description", model.version),
        ("System Contact", "ICT Service Desk"),
        ("System Location", device.kit.site_title),
        ("", None),
        ("Vendor", "Aruba"),
        ("Product Name", f"{model.data['pid']} {model.data['name']}"),
        ("Chassis Serial Nbr", arubacx.serial(device, 1)),
        ("Base MAC Address", dashed(device.mac("member", 1))),
        ("ArubaOS-CX Version", model.version),
        ("", None),
        ("Time Zone", "Europe/London"),
        ("", None),
        ("Up Time", span(device.uptime(t))),
        ("CPU Util (%)", device.tree.number(f"{arubacx.CX}.10.0.3.1.9.1", t)),
        ("Memory Usage (%)", device.tree.number(f"{arubacx.CX}.10.0.3.1.10.1", t)),
    ]
    return "\n".join("" if value is None else f"{name:<19}: {value}" for name, value in said)


def _vsf(device: Device, t: float) -> str:
    model, count = MODELS[device.kit.model], arubacx.members(device)
    said = [
        "VSF Stack",
        f"        MAC Address                  : {colons(device.mac('member', 1))}",
        f"        Secondary                    : {2 if count > 1 else ''}",
        f"        Topology                     : {'ring' if count > 2 else 'chain' if count > 1 else 'standalone'}",
        "        Status                       : No Split",
        "        Split Detection Method       : None",
        f"        Software Version             : {model.version}",
        f"        Name                         : {device.kit.name}",
        "        Contact                      : ICT Service Desk",
        f"        Location                     : {device.kit.site_title}",
    ]
    for m in range(1, count + 1):
        links = {1: [], 2: []} if count == 1 else {1: [m % count + 1], 2: [(m - 2) % count + 1] if count > 2 else []}
        said += [
            "",
            f"Member ID                            : {m}",
            f"        MAC Address                  : {colons(device.mac('member', m))}",
            f"        Type                         : {model.data['pid']}",
            f"        Model                        : {model.data['name']}",
            f"        Status                       : {'Conductor' if m == 1 else 'Standby' if m == 2 else 'Member'}",
            f"        ROM Version                  : {model.data['rom']}",
            f"        Serial Number                : {arubacx.serial(device, m)}",
            f"        Uptime                       : {span(device.uptime(t))}",
            f"        CPU Utilization              : {device.tree.number(f'{arubacx.CX}.10.0.3.1.9.{m}', t)}%",
            f"        Memory Utilization           : {device.tree.number(f'{arubacx.CX}.10.0.3.1.10.{m}', t)}%",
        ]
        for link, peers in links.items():
            words = f"Up, connected to peer member {peers[0]}, link {3 - link}" if peers else ""
            said.append(f"        VSF Link {link}                   : {words}")
    return "\n".join(said)


def _module(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    rows = [
        f"{m}/1  {model.data['pid']:<7} {model.data['name'][:38]:<38} {arubacx.serial(device, m):<10} Ready"
        for m in range(1, arubacx.members(device) + 1)
    ]
    head = [
        "",
        "     Product                                        Serial",
        "Name Number  Description                            Number     Status",
        "---- ------- -------------------------------------- ---------- ----------------",
        *rows,
    ]
    return "\n".join(
        ["", "Management Modules", "==================", *head, "", "", "Line Modules", "============", *head]
    )


def _power(device: Device, t: float) -> str:
    rows = []
    for m in range(1, arubacx.members(device) + 1):
        s = 1
        while device.tree.read(f"{arubacx.CHASSIS}.2.1.1.11.{m}.{s}", t) is not None:
            state = device.tree.number(f"{arubacx.CHASSIS}.2.1.1.11.{m}.{s}", t)
            serial = device.tree.read(f"{arubacx.CHASSIS}.2.1.1.6.{m}.{s}", t)
            watts = device.tree.number(f"{arubacx.CHASSIS}.2.1.1.7.{m}.{s}", t)
            name = serial.decode() if isinstance(serial, bytes) else ""
            rows.append(f"{m}/{s:<8} JL086A   {name:<15} {'Input fault' if state == 3 else 'OK':<14} {watts:>4}/680")
            s += 1
    head = ["         Product  Serial          PSU", "Mbr/PSU  Number   Number          Status         Power (W)"]
    return "\n".join([*head, "-" * 60, *rows])


def _temperature(device: Device, t: float) -> str:
    rows = []
    for m in range(1, arubacx.members(device) + 1):
        for s, place in enumerate(("Inlet-Air", "Switch-CPU", "MainBoard"), 1):
            degrees = device.tree.number(f"{arubacx.CHASSIS}.3.1.1.7.{m}.4.1.{s}", t) / 1000
            rows.append(f"{m}/1-{place:<21} line-card-module    {degrees:.2f} C    normal")
    head = [
        "Temperature information",
        "-" * 78,
        "                                             Current",
        "Mbr/Slot-Sensor          Module Type         temperature Status",
    ]
    return "\n".join([*head, "-" * 78, *rows])


def _fan(device: Device, t: float) -> str:
    rows = []
    for m in range(1, arubacx.members(device) + 1):
        for f in (1, 2):
            speed = device.tree.number(f"{arubacx.CHASSIS}.5.1.1.8.{m}.1.{f}", t)
            rows.append(f"{m}/1/{f:<8} N/A            medium  front-to-back  ok         {speed}")
    head = ["Fan information", "-" * 78, "Mbr/Fan       Serial Number  Speed   Direction      Status     RPM"]
    return "\n".join([*head, "-" * 78, *rows])


ARUBA_CX = Shell(
    "aruba_aoscx",
    lambda device: f"{device.kit.name}# ",
    {
        "show version": _version,
        "show system": _system,
        "show vsf detail": _vsf,
        "show vsf": _vsf,
        "show module": _module,
        "show environment power-supply": _power,
        "show environment temperature": _temperature,
        "show environment fan": _fan,
    },
    "% Unrecognized command",
    quiet=("no page",),
)


# ---------------------------------------------------------------- ProCurve
def _hp_system(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    memory = f"{procurve.HP}.14.11.5.1.1.2.1.1.1"
    total, free = device.tree.number(f"{memory}.5.1", t), device.tree.number(f"{memory}.6.1", t)
    cpu = device.tree.number(f"{procurve.HP}.14.11.5.1.9.6.1.0", t)
    days = int(device.uptime(t) // 86_400)
    return f"""
 Status and Counters - General System Information

  System Name        : {device.kit.name}
  System Contact     : ICT Service Desk
  System Location    : {device.kit.site_title}

  MAC Age Time (sec) : 300

  Time Zone          : 0
  Daylight Time Rule : Western-Europe


  Software revision  : {model.version:<20} Base MAC Addr      : {dashed(device.mac("base"))}
  ROM Version        : {model.data["rom"]:<20} Serial Number      : {procurve.serial(device)}
  Allow V1 Modules   : Yes

  Up Time            : {f"{days} days":<20} Memory   - Total   : {total:,}
  CPU Util (%)       : {cpu:<20}            Free    : {free:,}

  IP Mgmt  - Pkts Rx : 39,808,402           Packet   - Total   : 6750
             Pkts Tx : 4,524,902            Buffers    Free    : 5086
                                                       Lowest  : 3416
                                                       Missed  : 0
"""


def _hp_version(device: Device, t: float) -> str:
    model = MODELS[device.kit.model]
    return f"""
Image stamp:    /ws/swbuildm/rel_venice/code/build/lvm(swbuildm_rel_venice_rel_venice)
                Jun 21 2023 09:11:27
                {model.version}
                713
Boot Image:     Primary

Boot ROM Version:    {model.data["rom"]}
Active Boot ROM:     Primary
"""


def _hp_power(device: Device, t: float) -> str:
    failed = device.failed_psu == 1
    state, watts = ("Not Powered", 0) if failed else ("Powered", 96)
    serial = f"IN{device.letters(6, 'supply')}"
    return f"""
Power Supply Status:

  PS#   Model     Serial      State           AC/DC  + V        Wattage   Max
  ----- --------- ----------- --------------- ----------------- --------- ------
  1     J9738A    {serial:<11} {state:<15} AC 120V/240V      {watts:<9} 437

  {int(not failed)} / 1 supply bays delivering power.
"""


def _hp_fans(device: Device, t: float) -> str:
    return """
Fan Information
 Num  | State       | Failures
-------+-------------+----------
Fan-1 | Fan OK      |     0
Fan-2 | Fan OK      |     0

0 / 2 Fans in Failure State
0 / 2 Fans have been in Failure State
"""


def _hp_temperature(device: Device, t: float) -> str:
    degrees = device.tree.number(f"{procurve.HP}.14.11.5.1.55.1.1.1.4.1", t)
    return f"""
 System Air Temperatures
  #     | Current Temp | Max Temp | Min Temp | Threshold | OverTemp
 -------+--------------+----------+----------+-----------+----------
  Sys-1   {degrees}C            {max(degrees, 44)}C        17C        55C         {"YES" if degrees > 55 else "NO"}
"""


HP_PROCURVE = Shell(
    "hp_procurve",
    lambda device: f"{device.kit.name}# ",
    {
        "show system": _hp_system,
        "show system information": _hp_system,
        "show version": _hp_version,
        "show system power-supply": _hp_power,
        "show system fans": _hp_fans,
        "show system temperature": _hp_temperature,
    },
    "Invalid input: {command}",
    quiet=("no page", "enable"),
    greeting="\nHP Switch\n\nThis is a private system. Unauthorised use is prohibited.\n\nPress any key to continue",
    wants_key=True,
)
