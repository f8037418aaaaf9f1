"""ArubaOS-CX: 6000 to 10000 series switches, VSF stacks. Pure."""

from __future__ import annotations

import re

from collectors.errors import Unparsed
from collectors.plugins import Command
from collectors.plugins.states import ntp_peers, reload_reason
from collectors.plugins.templates import said as known
from collectors.plugins.text import check, fields, identity, lines, number, part, sensor, span_seconds
from collectors.readings import Cadence, Check, Findings, Level, Part, Sensor, Usage


def show_system(text: str) -> Findings:
    said = fields(text)
    version = said.get("arubaos-cx version") or said.get("software version")
    if not version:
        raise Unparsed("no version in it")
    product, serial = known(said.get("product name")), known(said.get("chassis serial nbr"))
    cpu, memory = number(said.get("cpu util (%)")), number(said.get("memory usage (%)"))
    return Findings(
        identity=identity(
            vendor=said.get("vendor") or "Aruba",
            name=said.get("hostname"),
            model=product,
            serial=serial,
            version=version,
            uptime_seconds=_uptime(said.get("up time")),
        ),
        parts=(part("chassis", "chassis", product, serial, place="1"),) if product or serial else (),
        processors=() if cpu is None else (Usage("cpu", cpu / 100),),
        memory=() if memory is None else (Usage("memory", memory / 100),),
    )


def _uptime(text: str | None) -> float | None:
    """`2 weeks, 22 hours under a minute`: what is under a minute counts as none."""
    return span_seconds((text or "").replace("under a minute", "0 minutes"))


_MEMBER = {"conductor": Level.OK, "master": Level.OK, "standby": Level.OK, "member": Level.OK, "commander": Level.OK}


def show_vsf_detail(text: str) -> Findings:
    """The stack as a whole, and each member: role, serial number, the two links."""
    head, *members = re.split(r"^\s*Member ID\s{0,40}:", text, flags=re.M)
    if "VSF" not in head:
        raise Unparsed("not a VSF stack")
    top = fields(head)
    status, topology = top.get("status", ""), top.get("topology", "")
    found: list[Check] = []
    if status:
        whole = {"no split": Level.OK, "active": Level.OK}.get(status.lower(), Level.CRITICAL)
        found.append(check("stack", "split", status, whole))
    if topology:
        # A chain carries no fault of a link; a ring does. Standalone is a stack of one.
        level = Level.WARNING if topology.lower() == "chain" and len(members) > 2 else Level.OK
        found.append(check("stack", "topology", topology, level))
    parts: list[Part] = []
    for member in members:
        number_line, _, rest = member.partition("\n")
        identifier, said = number_line.strip(), fields(rest)
        role = said.get("status", "unknown")
        name = f"member {identifier}"
        found.append(check("stack_member", name, role, _MEMBER.get(role.lower(), Level.CRITICAL)))
        for link in ("1", "2"):
            state = said.get(f"vsf link {link}") or said.get(f"#{link}", "")
            if state:
                up = state.lower().startswith(("up", "active"))
                found.append(
                    check("stack_port", f"{name} link {link}", state.split(",")[0], Level.OK if up else Level.CRITICAL)
                )
        if serial := known(said.get("serial number")):
            kind, model = said.get("type", ""), said.get("model", "")
            parts.append(
                part("stack_member", name, f"{kind} {model}".strip() if kind not in model else model, serial,
                     said.get("rom version"), place=identifier)
            )  # fmt: skip
    return Findings(checks=tuple(found), parts=tuple(parts))


_PLACE = re.compile(r"^\s*(\d{1,2}/\S{1,40})\s+(.{1,200})$")


def show_environment_fan(text: str) -> Findings:
    """`1/1  N/A  N/A  slow  front-to-back  ok  5625`."""
    checks: list[Check] = []
    sensors: list[Sensor] = []
    for place, rest in _rows(text):
        state = re.search(r"\b(ok|fault|empty|uninitialized|absent)\b", rest, re.I)
        if not state:
            continue
        level = {"ok": Level.OK, "fault": Level.CRITICAL}.get(state[1].lower(), Level.UNKNOWN)
        checks.append(check("fan", f"fan {place}", state[1], level))
        speed = re.search(r"\b(\d{3,6})\s*$", rest)
        if speed:
            sensors.append(sensor("fanspeed", f"fan {place}", float(speed[1]), "rpm", index=place))
    return Findings(checks=_some(checks), sensors=tuple(sensors))


def show_environment_power(text: str) -> Findings:
    """`1/1  JL085A  CN91KMM2H3  OK  AC  233  56  680`; an empty bay has no product number."""
    checks: list[Check] = []
    parts: list[Part] = []
    for place, rest in _rows(text):
        state = re.search(r"\b(OK|Fault\w*|Absent|Warning|Input fault|Output fault|Unknown|Unsupported)\b", rest, re.I)
        if not state:
            continue
        word = state[1].lower()
        level = {"ok": Level.OK, "absent": Level.UNKNOWN, "unknown": Level.UNKNOWN}.get(word, Level.CRITICAL)
        checks.append(check("power_supply", f"power supply {place}", state[1], level))
        words = rest[: state.start()].split()
        if len(words) >= 2 and words[0].upper() != "N/A":
            parts.append(part("power_supply", f"power supply {place}", words[0], words[1], place=place))
    return Findings(checks=_some(checks), parts=tuple(parts))


def show_environment_temperature(text: str) -> Findings:
    """`1/1-PHY-01-08  line-card-module  47.00 C  normal`."""
    sensors: list[Sensor] = []
    for place, rest in _rows(text):
        value = re.search(r"(-?\d{1,3}(?:\.\d{1,3})?) ?C\b", rest)
        if not value:
            continue
        state = rest[value.end() :].strip().split(" ")[0].lower()
        levels = {"normal": Level.OK, "min": Level.OK, "max": Level.WARNING, "low_critical": Level.CRITICAL}
        level = levels.get(state, Level.CRITICAL if state in ("critical", "fault", "emergency") else Level.UNKNOWN)
        sensors.append(sensor("temperature", place, float(value[1]), "celsius", level, index=place))
    if not sensors:
        raise Unparsed("no temperature in it")
    return Findings(sensors=tuple(sensors))


def _rows(text: str) -> list[tuple[str, str]]:
    return [(row[1], row[2]) for line in lines(text) if (row := _PLACE.match(line))]


def _some(checks: list[Check]) -> tuple[Check, ...]:
    if not checks:
        raise Unparsed("no row in it")
    return tuple(checks)


def show_ntp_associations(text: str) -> Findings:
    """`* 1  10.0.0.1  10.0.0.1  10.9.9.9  4  580 1024  377`: the star is at the server that the clock follows."""
    return ntp_peers(text, r"\bREMOTE +REF-?ID\b")


def show_boot_history(text: str) -> Findings:
    """Boots, the newest first; below each that has ended, how: `07 Aug 18 16:28:01 : Reboot requested by user`."""
    if not re.search(r"^ {0,4}Boot ID {0,4}:", text, re.M):
        raise Unparsed("no boot in it")
    ended = re.search(r"^ {0,4}\S.{4,40}?\d\d:\d\d:\d\d {0,3}: {0,3}([^,\n]{3,120})", text, re.M)
    return Findings(checks=reload_reason(ended[1] if ended else None))


COMMANDS = (
    Command("show system", Cadence.HEALTH, show_system, needed=True),
    Command("show vsf detail", Cadence.HEALTH, show_vsf_detail),
    Command("show environment fan", Cadence.HEALTH, show_environment_fan),
    Command("show environment power-supply", Cadence.HEALTH, show_environment_power),
    Command("show environment temperature", Cadence.HEALTH, show_environment_temperature),
    Command("show ntp associations", Cadence.HEALTH, show_ntp_associations),
    Command("show boot-history", Cadence.INVENTORY, show_boot_history),
)
