"""Parsers against the output of real devices: each recorded case, each field that is read.

The expectations below are written from the samples' own fields and know nothing of the parsers. A sample that is itself
partial is named in `KNOWN`, with what is wrong with it; a name there that turns out right fails the test.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from collectors.readings import Findings
from collectors.session import Output
from collectors.ssh import PLATFORMS, commands, read

CASES = Path(__file__).resolve().parents[3] / "shared" / "cli"
Row = dict[str, Any]
Expect = Callable[[list[Row]], Iterator[tuple[str, object, Callable[[Findings], object]]]]

# (platform, folder/case) > why the sample cannot be met.
KNOWN: dict[tuple[str, str], str] = {
    (
        "juniper_junos",
        "show_chassis_hardware/juniper_junos_show_chassis_hardware_dac_no_revision",
    ): "the text says serial XH3123120000 and description Virtual Chassis; the sample cut it into Virtual and Chassis",
}


def fact(name: str) -> Callable[[Findings], object]:
    return lambda found: found.identity.get(name)


def seconds(*amounts: str) -> float:
    """Years, weeks, days, hours, minutes, seconds, as far as given."""
    return float(
        sum(int(a or 0) * size for a, size in zip(amounts, (31_536_000, 604_800, 86_400, 3600, 60, 1), strict=False))
    )


def words(text: str) -> float:
    """The seconds of "41 days 19 hours", summed here with the units spelt out."""
    sizes = {"year": 31_536_000, "week": 604_800, "day": 86_400, "hour": 3600, "min": 60, "sec": 1}
    sizes |= {"hrs": 3600, "hr": 3600}
    total = 0
    for amount, unit in re.findall(r"(\d+) ?(\w+)", text):
        total += int(amount) * next(size for name, size in sizes.items() if unit.startswith(name))
    return float(total)


def states(found: Findings, check: str) -> Counter[tuple[str, str]]:
    return Counter((c.subject, c.state) for c in found.checks if c.check == check)


def word(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def none_if_empty(text: str) -> str | None:
    return text or None


def ios_version(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    up = [row[f"uptime_{u}"] for u in ("years", "weeks", "days", "hours", "minutes")]
    yield "version", row["version"], fact("version")
    yield "name", row["hostname"], fact("name")
    yield "model", row["hardware"][0] if row["hardware"] else None, fact("model")
    yield "serial", row["serial"][0] if row["serial"] else None, fact("serial")
    yield "uptime", seconds(*up), fact("uptime_seconds")
    # What the sample has of the reason may be followed by when it was, which is left out of the state.
    why = word(re.sub(r" at \d\d:.*", "", row["reload_reason"]))
    yield "reload reason", why[:60], lambda found: next((c.state for c in found.checks), "")


def simple(**names: str) -> Expect:
    def expect(rows: list[Row]):  # type: ignore[no-untyped-def]
        for ours, theirs in names.items():
            value = rows[0][theirs]
            value = (value[0] if value else "") if isinstance(value, list) else value
            yield ours, none_if_empty(value), fact(ours)

    return expect


def with_uptime(field: str, **names: str) -> Expect:
    def expect(rows: list[Row]):  # type: ignore[no-untyped-def]
        yield from simple(**names)(rows)
        yield "uptime", words(rows[0][field]) if rows[0][field] else None, fact("uptime_seconds")

    return expect


_OPTICS = re.compile(r"(?i)sfp|xcvr|transceiver|gbic|x2|xfp|^(?:te|gi|fa|fo|hu|twe)\w*\d+/|10/100|base")


def inventory(rows: list[Row]):  # type: ignore[no-untyped-def]
    """Every serial number that is not that of an optic or a port is a part's, with its model."""
    wanted = {
        (r["sn"], r["pid"]) for r in rows
        if r["sn"] not in ("", "N/A") and not any(_OPTICS.search(r.get(f, "")) for f in ("name", "descr"))
    }  # fmt: skip
    yield "parts", set(), lambda found: {w for w in wanted if w not in {(p.serial, p.model or "") for p in found.parts}}
    yield "no optics", set(), lambda found: {p.name for p in found.parts if re.search(r"(?i)sfp|xcvr|gbic", p.name)}


def ios_redundancy(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield "mode", Counter([("mode", word(row["hardware_mode"]))]), lambda found: states(found, "redundancy")
    standby = word(row["standby_software_state"] or row["standby_status"] or "missing")
    want = Counter([("standby", standby)]) if row["hardware_mode"] == "Duplex" else Counter()
    yield "standby", want, lambda found: states(found, "ha_state")


def ios_stack(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((f"switch {r['switch']}", word(r["state"])) for r in rows)
    yield "members", want, lambda found: states(found, "stack_member")
    ports = Counter(
        (f"switch {r['switch']} port {p}", word(r[f"status{p}"])) for r in rows for p in "12" if r[f"status{p}"]
    )
    yield "ring", ports if len(rows) > 1 else Counter(), lambda found: states(found, "stack_port")


def ios_power(rows: list[Row]):  # type: ignore[no-untyped-def]
    absent = "Not Present"
    want = Counter(
        (f"power supply {r['ps_module']}", word(absent if r["pid"] == absent else r["status"] or "unknown"))
        for r in rows
    )
    yield "states", want, lambda found: states(found, "power_supply")
    fitted = {(r["pid"], r["serial"] or None) for r in rows if r["pid"] != "Not Present"}
    yield "parts", fitted, lambda found: {(p.model, p.serial) for p in found.parts}


def ios_temperature(rows: list[Row]):  # type: ignore[no-untyped-def]
    places = ("inlet", "hotspot")
    want = {(f"switch {r['switch']} {p}", float(r[f"{p}_temperature_value"])) for r in rows for p in places}
    yield "celsius", want, lambda found: {(s.name, s.value) for s in found.sensors if s.unit == "celsius"}


def access_points(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield "count", float(len(rows)), lambda found: found.wireless.get("access_points")
    want = Counter((r["ap_name"], r["ap_model"]) for r in rows)
    yield "models", want, lambda found: Counter((p.name, p.model) for p in found.parts)


def nxos_environment(rows: list[Row]):  # type: ignore[no-untyped-def]
    supplies = Counter(
        (f"power supply {r['power_supply']}", word(r["power_supply_status"])) for r in rows if r["power_supply"]
    )
    yield "supplies", supplies, lambda found: states(found, "power_supply")
    fans = Counter((r["fan"], word(r["fan_status"])) for r in rows if r["fan"])
    yield "fans", fans, lambda found: states(found, "fan")
    heat = Counter(float(r["temperature_current"]) for r in rows if r["temperature_current"])
    yield "celsius", heat, lambda found: Counter(s.value for s in found.sensors)


def nxos_temperature(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((float(r["current_value"]), r["status"].lower()) for r in rows)
    yield "celsius", want, lambda found: Counter((s.value, s.level.value) for s in found.sensors)


def nxos_vpc(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((f"{r['port']} id {r['id']}", word(r["status"])) for r in rows)
    yield "channels", want, lambda found: states(found, "vpc")


def asa_version(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield from with_uptime("uptime", version="version", name="hostname", serial="serial")(rows)
    model = rows[0]["model"] or rows[0]["hardware"].split(",")[0]
    yield "model", model, fact("model")


def asa_failover(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield "on", Counter([("mode", row["state"].lower())]), lambda found: states(found, "redundancy")
    link = Counter([(row["lan_intf_name"], row["lan_intf_state"])]) if row["lan_intf_name"] else Counter()
    yield "link", link, lambda found: states(found, "ha_link")
    for side, field in (("this", "service_state"), ("other", "service_state_mate")):
        want = Counter(word(state) for state in row[field])
        yield (
            side,
            want,
            lambda found, side=side: Counter(
                c.state for c in found.checks if c.check == "ha_state" and c.subject.startswith(side)
            ),
        )


def wlc_sysinfo(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield from with_uptime("system_up_time", version="product_version", name="system_name")(rows)
    yield "clients", float(row["number_active_clients"]), lambda found: found.wireless.get("clients")


def wlc_redundancy(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    want = Counter([("local", word(row["local_state"])), ("peer", word(row["peer_state"]))])
    yield "units", want, lambda found: states(found, "ha_state")
    yield "port", Counter([("redundancy port", word(row["redundancy_port"]))]), lambda found: states(found, "ha_link")
    yield "sync", Counter([("bulk", word(row["bulksync_status"]))]), lambda found: states(found, "ha_sync")


def aruba_aps(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield "count", float(len(rows)), lambda found: found.wireless.get("access_points")
    want = Counter((r["ap_name"], word(r["status"].split()[0])) for r in rows)
    yield "states", want, lambda found: states(found, "access_point")


def cx_system(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield from simple(name="hostname", model="product", serial="serial", version="version", vendor="vendor")(rows)
    up = ["", *(row[f"uptime_{u}"] for u in ("weeks", "days", "hours", "minutes"))]
    yield "uptime", seconds(*up), fact("uptime_seconds")


def vsf(rows: list[Row]):  # type: ignore[no-untyped-def]
    members = [r for r in rows if r["member_id"].isdigit()]
    want = Counter((f"member {r['member_id']}", word(r["status"])) for r in members)
    yield "roles", want, lambda found: states(found, "stack_member")
    serials = {(r["member_id"], r["serial_number"]) for r in members}
    yield "serials", serials, lambda found: {(p.place, p.serial) for p in found.parts}


def procurve_system(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield from with_uptime("uptime", name="name", serial="serial", version="software_version")(rows)
    yield "cpu", [float(r["cpu_util"]) / 100 for r in rows], lambda found: [u.usage_ratio for u in found.processors]
    size = [float(r["mem_tot"].replace(",", "")) for r in rows]
    yield "memory", size, lambda found: [u.total_bytes for u in found.memory]
    yield "serials", [r["serial"] for r in rows], lambda found: [p.serial for p in found.parts]


def procurve_version(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield from with_uptime("uptime", version="version", model="model")(rows)


def fortinet_status(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield from simple(name="hostname", serial="serial_number")(rows)
    model, version = rows[0]["version"].split(" ")[:2]
    yield "model", model, fact("model")
    yield "version", version.split(",")[0].lstrip("v"), fact("version")


def fortinet_ha(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    if "standalone" in row["ha_mode"].lower():
        yield "alone", Counter([("mode", word(row["ha_mode"]))]), lambda found: states(found, "redundancy")
        return
    health = "ok" if [h for h in row["ha_health"] if h] == ["OK"] else "warning"
    yield "health", Counter([("cluster", health)]), lambda found: states(found, "ha_health")
    units = {
        (row[f"ha_{u}_unit_name"], row[f"ha_{u}_unit_serial"]) for u in ("master", "slave") if row[f"ha_{u}_unit_name"]
    }
    yield "units", units, lambda found: {(p.name, p.serial) for p in found.parts}


def panos_ha(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield "mode", Counter([("mode", word(row["mode"]))]), lambda found: states(found, "redundancy")
    yield "local", word(row["state"]), lambda found: dict(states(found, "ha_state").keys()).get("local")
    sync = {("configuration", word(row["running_configuration"])), ("sessions", word(row["state_sync"]))}
    yield "sync", sync, lambda found: set(states(found, "ha_sync"))
    links = {("ha1", word(row["ha1_link_state"])), ("ha2", word(row["ha2_link_state"]))}
    yield "links", set(), lambda found: links - set(states(found, "ha_link"))
    yield (
        "software",
        word(row["sw_version"]),
        lambda found: (
            dict(states(found, "ha_version")).get(("software version", word(row["sw_version"])), 0)
            and word(row["sw_version"])
        ),
    )


def junos_hardware(rows: list[Row]):  # type: ignore[no-untyped-def]
    chassis = next((r for r in rows if r["chassis_serial_number"]), {})
    serial, model = chassis.get("chassis_serial_number"), chassis.get("chassis_description")
    yield "serial", serial, fact("serial")
    yield "chassis", model, lambda found: next((p.model for p in found.parts if p.part == "chassis"), None)
    kinds = ("ps", "re", "fpc", "cb", "mid")
    numbers = {r[f"{kind}_serial_number"] for r in rows for kind in kinds} - {"", "BUILTIN"}
    yield "parts", set(), lambda found: numbers - {p.serial for p in found.parts}
    yield "no optics", [], lambda found: [p.name for p in found.parts if "Xcvr" in p.name]


def junos_uptime(rows: list[Row]):  # type: ignore[no-untyped-def]
    from datetime import datetime

    row = rows[0]
    now = datetime.fromisoformat(f"{row['year']}-{row['month']}-{row['day']} {row['time']}")
    boot = datetime.fromisoformat(f"{row['boot_year']}-{row['boot_month']}-{row['boot_day']} {row['boot_time']}")
    # Junos rounds to the minute.
    yield "uptime", True, lambda found: abs(found.identity["uptime_seconds"] - (now - boot).total_seconds()) < 61


def junos_cluster(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter(
        (f"group {r['redundancy_group_id']} {node}", word(status))
        for r in rows for node, status in zip(r["node"], r["status"], strict=True)
    )  # fmt: skip
    yield "nodes", want, lambda found: states(found, "ha_state")


def linux_system(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield from simple(vendor="system_manufacturer", model="system_product_name", serial="system_serial_number")(rows)


def gaia_asset(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield "model", rows[0]["model"], fact("model")
    serial = rows[0]["serial"].strip("0") and rows[0]["serial"]
    yield "serial", serial or None, fact("serial")


def comware_made(rows: list[Row]):  # type: ignore[no-untyped-def]
    def known(text: str) -> str | None:
        return None if text.strip() in ("", "NONE", "N/A") else text

    def day(text: str) -> str | None:
        return "-".join(number.zfill(2) for number in text.split("-")) if known(text) else None

    fitted = [r for r in rows if known(r["device_name"]) or known(r["device_serial_number"])]
    want = Counter(
        (known(r["device_name"]), known(r["device_serial_number"]), day(r["manufacturing_date"])) for r in fitted
    )
    yield (
        "parts",
        want,
        lambda found: Counter(
            (p.model, p.serial, p.manufactured.isoformat() if p.manufactured else None) for p in found.parts
        ),
    )


def eos_power(rows: list[Row]):  # type: ignore[no-untyped-def]
    fitted = [r for r in rows if r["power_supply_location"]]
    want = Counter((f"power supply {r['power_supply_location']}", word(r["power_supply_status"])) for r in fitted)
    yield "states", want, lambda found: states(found, "power_supply")
    yield "models", {r["power_supply_pid"] for r in fitted}, lambda found: {p.model for p in found.parts}


def eos_cooling(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((f"fan {r['fan']}", word(r["status"])) for r in rows)
    yield "fans", want, lambda found: states(found, "fan")
    yield "ambient", float(rows[0]["ambient_temp"].rstrip("C")), lambda found: found.sensors[0].value


def eos_mlag(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield "state", Counter([("mlag", word(rows[0]["state"]))]), lambda found: states(found, "ha_state")


def ros_resource(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    up = ["", *(row[f"uptime_{u}"] for u in ("weeks", "days", "hours", "minutes", "seconds"))]
    yield "model", row["board_name"], fact("model")
    yield "version", row["version"].split()[0], fact("version")
    yield "uptime", seconds(*up), fact("uptime_seconds")
    yield "cpu", float(row["cpu_load"].rstrip("%")) / 100, lambda found: found.processors[0].usage_ratio


def ros_board(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield "serial", rows[0]["serial_number"] or None, fact("serial")
    model = rows[0]["hardware_model"] or None
    yield "model", model, lambda found: found.parts[0].model if found.parts else None


def licences(name: str, expect: Callable[[Row], str | None]) -> Expect:
    """Each licence with its state, where one is told."""

    def check(rows: list[Row]):  # type: ignore[no-untyped-def]
        want = Counter((r[name], word(state)) for r in rows if (state := expect(r)) is not None)
        yield "licences", want, lambda found: states(found, "licence")

    return check


def expiry(text: str) -> str | None:
    """A day as ISO text, by the calendar of the standard library."""
    from datetime import UTC, datetime

    for form in ("%B %d, %Y", "%b %d %H:%M:%S %Y", "%b %d %Y %H:%M:%S"):
        try:
            return datetime.strptime(text.removesuffix(" UTC"), form).replace(tzinfo=UTC).date().isoformat()
        except ValueError:
            continue
    return None


def until(found: Findings) -> set[tuple[str, str]]:
    return {(p.name, p.replace_by.isoformat()) for p in found.parts if p.part == "licence" and p.replace_by}


def ios_license_status(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter([("smart licensing", word(rows[0]["sl_enabled"]))])
    yield "state", want, lambda found: states(found, "licence")


def asa_licences(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    want = Counter(
        [
            ("smart registration", word(row["registration_status"])),
            ("smart authorization", word(row["auth_status"])),
            *((r["license"], word(r["license_status"])) for r in rows if r["license"]),
        ]
    )
    yield "states", want, lambda found: states(found, "licence")
    yield "until", {("smart registration", expiry(row["registration_expiration_date"]))}, until


def panos_licences(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((r["feature"], {"no": "valid", "yes": "expired"}[r["expired"]]) for r in rows)
    yield "states", want, lambda found: states(found, "licence")
    days = {(r["feature"], day) for r in rows if (day := expiry(r["expires"]))}
    yield "until", days, until


def ntp_associations(rows: list[Row]):  # type: ignore[no-untyped-def]
    followed = any(r["id"].startswith("*") for r in rows)
    want = Counter([("clock", "synchronised" if followed else "unsynchronised")])
    yield "clock", want, lambda found: states(found, "ntp")


def eos_inventory(rows: list[Row]):  # type: ignore[no-untyped-def]
    fitted = {(r["pid"], r["sn"]) for r in rows if r["pid"].startswith("PWR")}
    yield "supplies", fitted, lambda f: {(p.model, p.serial) for p in f.parts if p.part == "power_supply"}
    fans = sum(r["pid"].startswith("FAN") for r in rows)
    yield "fans", fans, lambda f: sum(p.part == "fan" for p in f.parts)
    yield "nothing else", fans + len(fitted), lambda f: len(f.parts)


def eos_reload(rows: list[Row]):  # type: ignore[no-untyped-def]
    cause = word(rows[0]["reload_cause"])
    yield "cause", True, lambda found: all(c.state in cause for c in found.checks) and len(found.checks) == 1


def vrp_version(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield from with_uptime("uptime", model="model")(rows)
    yield "version", f"{row['vrp_version']} ({row['product_version']})", fact("version")


def vrp_device(rows: list[Row]):  # type: ignore[no-untyped-def]
    def boards(prefix: str, name: str):  # type: ignore[no-untyped-def]
        fitted = (r for r in rows if r["slot"].startswith(prefix))
        return Counter((f"{name} {r['slot'].removeprefix(prefix)}", word(r["alarm_status"])) for r in fitted)

    yield "supplies", boards("PWR", "power supply"), lambda found: states(found, "power_supply")
    yield "fans", boards("FAN", "fan"), lambda found: states(found, "fan")
    want = Counter(
        (f"{r['slot']}{'' if r['card'] == '-' else '/' + r['card']} {r['pid']}", word(r["alarm_status"]))
        for r in rows
        if r["slot"].isdigit()
    )
    yield "boards", want, lambda found: states(found, "module")


def vrp_temperature(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = [(r["slotid"], r["pcb"], float(r["temperature"])) for r in rows]
    yield "celsius", want, lambda found: [(*s.name.split()[:2], s.value) for s in found.sensors]
    yield "all well", len(rows), lambda found: sum(s.level.value == "ok" for s in found.sensors)


def vrp_licence(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter([("license file", word(rows[0]["license_state"]))])
    want += Counter((r["description"], word(r["item_state"])) for r in rows)
    yield "states", want, lambda found: states(found, "licence")
    yield "until", {(r["description"], r["item_expired_date"]) for r in rows}, until


def s300_system(rows: list[Row]):  # type: ignore[no-untyped-def]
    days, clock = rows[0]["up_time"].split(",")
    hours, minutes, rest = clock.split(":")
    yield "name", rows[0]["hostname"], fact("name")
    yield "uptime", seconds("", "", days, hours, minutes, rest), fact("uptime_seconds")
    yield "fans", Counter([("fans", word(rows[0]["fans_status"]))]), lambda found: states(found, "fan")


def awplus_system(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield "name", row["hostname"], fact("name")
    boards = [(m, s) for m, s in zip(row["hardware"], row["serial"], strict=True)]
    yield "boards", boards, lambda found: [(p.model, p.serial) for p in found.parts]
    yield "version", True, lambda found: found.identity["version"] in row["version"]


def fastiron(version: str) -> Expect:
    def expect(rows: list[Row]):  # type: ignore[no-untyped-def]
        row = rows[0]
        yield "version", row[version][0], fact("version")
        yield "serials", row["serial"], lambda found: [p.serial for p in found.parts]
        if "uptime" in row:
            up = words(row["uptime"][0].replace("(s)", "s"))
        else:  # 730 days 11 hours 11 seconds: what is left out is the text None
            amounts = (row[f"uptime_{unit}"][0] for unit in ("days", "hours", "minutes", "seconds"))
            up = seconds("", "", *("0" if amount == "None" else amount for amount in amounts))
        yield "uptime", up, fact("uptime_seconds")

    return expect


def xr_version(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield from with_uptime("uptime", version="version", model="hardware")(rows)


def xr_platform(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((f"{r['node']} {r['type'].split('(')[0]}", word(r["state"])) for r in rows)
    yield "nodes", want, lambda found: states(found, "module")


def xr_redundancy(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((r["primary"], word(r["status"])) for r in rows)
    yield "pairs", want, lambda found: states(found, "ha_state")
    nsr = Counter((f"{r['primary']} nsr", word(r["nsr"])) for r in rows)
    yield "nsr", nsr, lambda found: states(found, "ha_sync")


def xr_power(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((r["power_module"], word(r["status"])) for r in rows)
    yield "supplies", want, lambda found: states(found, "power_supply")


def xr_fans(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = [float(speed) for r in rows for speed in r["fan_speed"]]
    yield "rpm", want, lambda found: [s.value for s in found.sensors]


def aos_system(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield "name", rows[0]["name"], fact("name")
    yield "uptime", words(rows[0]["uptime"]), fact("uptime_seconds")
    yield "described", True, lambda f: f"{f.identity['model']} {f.identity['version']}" in rows[0]["description"]


def aos_chassis(rows: list[Row]):  # type: ignore[no-untyped-def]
    from datetime import UTC, datetime

    def made(text: str) -> str:
        return datetime.strptime(text, "%b %d %Y").replace(tzinfo=UTC).date().isoformat()

    want = [(r["model_name"], r["serial_number"], made(r["manufacture_date"])) for r in rows]
    yield "members", want, lambda f: [(p.model, p.serial, p.manufactured.isoformat()) for p in f.parts]
    up = Counter((f"chassis {r['chassis_id']}", word(r["operational_status"])) for r in rows)
    yield "states", up, lambda found: states(found, "chassis")


def ers_info(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield from simple(serial="serial_number", version="operational_software", name="sys_name")(rows)
    days, clock = row["sys_up_time"].split(" days, ")
    yield "uptime", seconds("", "", days, *clock.split(":")), fact("uptime_seconds")
    yield "reason", Counter([("system", word(row["last_reset_type"]))]), lambda f: states(f, "reload_reason")


def voss_software(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield "release", True, lambda found: f".{found.identity['version']}." in rows[0]["primary_release"]


def icos_version(rows: list[Row]):  # type: ignore[no-untyped-def]
    row = rows[0]
    yield from simple(version="version", serial="serial")(rows)
    chip = row["switch_model"].startswith("BCM")
    yield "model", row["switch_type"] if chip else row["switch_model"], fact("model")


def edgecore_system(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield "name", rows[0]["hostname"], fact("name")
    yield "model", True, lambda found: rows[0]["description"].endswith(str(found.identity["model"]))
    days, hours, minutes = re.findall(r"\d+", rows[0]["uptime"])[:3]
    got = seconds("", "", days, hours, minutes)
    yield "uptime", True, lambda found: 0 <= float(found.identity["uptime_seconds"]) - got < 60


def edgecore_version(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield from simple(version="operation_code_version", serial="serial")(rows)
    want = Counter(
        (f"unit {r['unit']} {which} power", word(r[field]))
        for r in rows
        for which, field in (("main", "power_status"), ("redundant", "redundant_power_status"))
    )
    yield "power", want, lambda found: states(found, "power_supply")


def oneos_status(rows: list[Row]):  # type: ignore[no-untyped-def]
    yield from simple(model="device_id", serial="serial", version="software")(rows)
    amounts = (rows[0][f"uptime_{unit}"] for unit in ("days", "hours", "minutes", "seconds"))
    yield "uptime", seconds("", "", *amounts), fact("uptime_seconds")
    why = word(rows[0]["reload_reason"])
    yield "reason", Counter([("system", why)]), lambda found: states(found, "reload_reason")


def oneos_product(rows: list[Row]):  # type: ignore[no-untyped-def]
    from datetime import date

    yield from simple(serial="serial", model="product_name")(rows)
    year, week = rows[0]["manufacturing_date"].split("-W")
    yield "made", date.fromisocalendar(int(year), int(week), 1), fact("manufactured")


def viptela_control(rows: list[Row]):  # type: ignore[no-untyped-def]
    want = Counter((r["type"], r["system_ip"], r["remote_color"], word(r["state"])) for r in rows)
    yield "connections", want, lambda f: Counter((*c.subject.split()[:3], c.state) for c in f.checks)
    yield "each once", len(rows), lambda found: len({c.subject for c in found.checks})


EXPECT: dict[tuple[str, str], Expect] = {
    ("cisco_ios", "show version"): ios_version,
    ("cisco_ios", "show inventory"): inventory,
    ("cisco_ios", "show redundancy"): ios_redundancy,
    ("cisco_ios", "show switch detail"): ios_stack,
    ("cisco_ios", "show environment power all"): ios_power,
    ("cisco_ios", "show environment temperature"): ios_temperature,
    ("cisco_ios", "show ap summary"): access_points,
    ("cisco_ios", "show license"): licences("feature", lambda r: r["license_state"] or None),
    ("cisco_ios", "show license status"): ios_license_status,
    ("cisco_nxos", "show license usage"): licences(
        "feature", lambda r: r["status"] if r["installed"] == "Yes" or r["status"] == "In use" else None
    ),
    ("cisco_asa", "show license all"): asa_licences,
    ("aruba_aoscx", "show ntp associations"): ntp_associations,
    ("paloalto_panos", "request license info"): panos_licences,
    ("arista_eos", "show inventory"): eos_inventory,
    ("arista_eos", "show reload cause"): eos_reload,
    ("cisco_nxos", "show version"): with_uptime(
        "uptime", version="os", model="platform", serial="serial", name="hostname"
    ),
    ("cisco_nxos", "show inventory"): inventory,
    ("cisco_nxos", "show environment"): nxos_environment,
    ("cisco_nxos", "show environment temperature"): nxos_temperature,
    ("cisco_nxos", "show vpc"): nxos_vpc,
    ("cisco_asa", "show version"): asa_version,
    ("cisco_asa", "show inventory"): inventory,
    ("cisco_asa", "show failover"): asa_failover,
    ("cisco_wlc_ssh", "show sysinfo"): wlc_sysinfo,
    ("cisco_wlc_ssh", "show inventory"): simple(model="pid", serial="sn"),
    ("cisco_wlc_ssh", "show redundancy summary"): wlc_redundancy,
    ("cisco_wlc_ssh", "show ap summary"): access_points,
    ("aruba_os", "show ap database"): aruba_aps,
    ("aruba_aoscx", "show system"): cx_system,
    ("aruba_aoscx", "show vsf detail"): vsf,
    ("hp_procurve", "show system"): procurve_system,
    ("hp_procurve", "show version"): procurve_version,
    ("hp_procurve", "show vsf detail"): vsf,
    ("fortinet", "get system status"): fortinet_status,
    ("fortinet", "get system ha status"): fortinet_ha,
    ("paloalto_panos", "show high-availability all"): panos_ha,
    ("juniper_junos", "show version"): simple(version="junos_version", model="model", name="hostname"),
    ("juniper_junos", "show chassis hardware"): junos_hardware,
    ("juniper_junos", "show system uptime"): junos_uptime,
    ("juniper_junos", "show chassis cluster status"): junos_cluster,
    ("linux", "dmidecode -t system"): linux_system,
    ("checkpoint_gaia", "show version all"): simple(version="version"),
    ("checkpoint_gaia", "show asset all"): gaia_asset,
    ("hp_comware", "display device manuinfo"): comware_made,
    ("arista_eos", "show version"): with_uptime("uptime", version="image", model="model", serial="serial_number"),
    ("arista_eos", "show environment power"): eos_power,
    ("arista_eos", "show environment cooling"): eos_cooling,
    ("arista_eos", "show mlag"): eos_mlag,
    ("mikrotik_routeros", "system resource print"): ros_resource,
    ("mikrotik_routeros", "system routerboard print"): ros_board,
    ("mikrotik_routeros", "system identity print"): simple(name="name"),
    ("huawei_vrp", "display version"): vrp_version,
    ("huawei_vrp", "display sn license"): simple(serial="serial_number"),
    ("huawei_vrp", "display device"): vrp_device,
    ("huawei_vrp", "display temperature"): vrp_temperature,
    ("huawei_vrp", "display license verbose"): vrp_licence,
    ("cisco_s300", "show version"): simple(version="sw_version"),
    ("cisco_s300", "show system"): s300_system,
    ("cisco_s300", "show system id"): simple(serial="serial_number"),
    ("allied_telesis_awplus", "show system"): awplus_system,
    ("ruckus_fastiron", "show version"): fastiron("version"),
    ("brocade_fastiron", "show version"): fastiron("sw_version"),
    ("cisco_xr", "show version"): xr_version,
    ("cisco_xr", "show inventory"): inventory,
    ("cisco_xr", "admin show inventory"): inventory,
    ("cisco_xr", "show platform"): xr_platform,
    ("cisco_xr", "show redundancy summary"): xr_redundancy,
    ("cisco_xr", "admin show environment power"): xr_power,
    ("cisco_xr", "admin show environment fan"): xr_fans,
    ("alcatel_aos", "show system"): aos_system,
    ("alcatel_aos", "show chassis"): aos_chassis,
    ("avaya_ers", "show sys-info"): ers_info,
    ("avaya_vsp", "show software"): voss_software,
    ("dell_force10", "show version"): with_uptime("uptime", version="os_version", model="device_type"),
    ("ubiquiti_edgeswitch", "show version"): simple(version="version", serial="serial", model="switch_model"),
    ("broadcom_icos", "show version"): icos_version,
    ("edgecore", "show system"): edgecore_system,
    ("edgecore", "show version"): edgecore_version,
    ("zyxel_os", "sys atsh"): simple(version="version", model="hardware_model", serial="serial_number"),
    ("oneaccess_oneos", "show system status"): oneos_status,
    ("oneaccess_oneos", "show product-info-area"): oneos_product,
    ("oneaccess_oneos", "show system hardware"): simple(model="device"),
    ("cisco_viptela", "show control connections"): viptela_control,
}
# The recorded `show version` of this platform is that of an ArubaOS *switch*: hp_procurve reads it.
ELSEWHERE = {("aruba_os", "show version"): ("hp_procurve", "show version", simple(version="image_version"))}


def recorded() -> list[tuple[str, str, Path]]:
    """(platform, command, folder) for every command of ours that has recorded cases."""
    if not CASES.is_dir():
        return []
    found = []
    for platform in PLATFORMS:
        for command in commands(platform):
            folder = CASES / platform / command.text.replace(" ", "_").replace("/", "_")
            if folder.is_dir():
                found.append((platform, command.text, folder))
    return found


def misses(platform: str, command: str, expect: Expect, raw: Path) -> list[str]:
    """What is wrong with what we read of one case: "field: wanted X, got Y"."""
    rows = yaml.safe_load(raw.with_suffix(".yml").read_text(encoding="utf-8"))["parsed_sample"]
    text = raw.read_bytes().decode("utf-8", errors="replace").replace("\r\n", "\n")
    found = read(platform, [Output(command, text)])
    if found.failures:
        return [str(found.failures)]
    wrong = []
    for name, wanted, of in expect(rows):
        got = of(found)
        if got != wanted:
            wrong.append(f"{name}: wanted {wanted!r}, got {got!r}")
    return wrong


@pytest.mark.skipif(not CASES.is_dir(), reason="the recorded outputs (../shared/cli) are not here")
def test_every_recorded_case_of_every_command_is_read_right(capsys: pytest.CaptureFixture[str]) -> None:
    table: dict[str, list[int]] = {}
    wrong: dict[tuple[str, str], list[str]] = {}
    for platform, command, folder in recorded():
        reader, asked, expect = ELSEWHERE.get((platform, command)) or (platform, command, EXPECT[platform, command])
        for raw in sorted(folder.glob("*.raw")):
            counts = table.setdefault(platform, [0, 0])
            counts[1] += 1
            if bad := misses(reader, asked, expect, raw):
                wrong[platform, f"{folder.name}/{raw.stem}"] = bad
            else:
                counts[0] += 1
    with capsys.disabled():
        print()
        for platform, (right, total) in sorted(table.items()):
            print(f"  {platform:<20} {right:>3} of {total:>3} recorded cases right")
    for (platform, case), bad in wrong.items():
        assert (platform, case) in KNOWN, f"{platform} {case}:\n  " + "\n  ".join(bad)
    assert not set(KNOWN) - set(wrong), "cases named in KNOWN that are right now"


@pytest.mark.skipif(not CASES.is_dir(), reason="the recorded outputs (../shared/cli) are not here")
def test_every_command_that_has_recorded_cases_is_compared() -> None:
    missing = [(p, c) for p, c, _ in recorded() if (p, c) not in EXPECT and (p, c) not in ELSEWHERE]
    assert not missing
