"""One device: who it is, how it is, its interfaces and sensors, and how polling it goes."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, series, stat, table, timeline

D = '{device=~"$device"}'
IF = "device, ifName, ifAlias"
STANDING = promql.standing('subject=~"device:$device"')


def _if(expression: str) -> str:
    return f"max by ({IF}) ({expression})"


def build() -> Board:
    who: list[Panel] = [
        table(
            "Who it is",
            f"max by (device, site, council, role, zone, vendor, model, version) (hartwatch_device_info{D})",
            "What the inventory and the device itself say of it.",
            [
                Column("device", "Device", links=look.DEVICE_CELL[1:]),
                Column("site", "Site", links=look.SITE_CELL),
                Column("role", "Class"),
                Column("vendor", "Vendor"),
                Column("model", "Model"),
                Column("version", "Software"),
                Column("zone", "Zone"),
                Column("council", "Council"),
            ],
            w=24,
            h=3,
        ),
        stat(
            "Answers",
            f"max(hartwatch_device_up{D})",
            "Whether the last visit was answered. Nothing while the agent is blind.",
            unit="none",
            words=look.UP_DOWN,
            steps=((None, look.RED), (1, look.GREEN)),
            w=4,
            nothing="? blind",
        ),
        stat(
            "Up for",
            f"max(hartwatch_device_uptime_seconds{D})",
            "Time since it restarted, by its own clock.",
            unit="s",
            w=4,
            steps=((None, look.ORANGE), (86400, look.GREEN)),
            decimals=0,
            colour="value",
        ),
        stat(
            "Age of the data",
            f"max(hartwatch_data_age_seconds{D})",
            "Age of the newest reading.",
            unit="s",
            w=4,
            steps=((None, look.GREEN), (150, look.ORANGE), (600, look.RED)),
            decimals=0,
        ),
        stat(
            "Checks not ok",
            f"count(hartwatch_check_level{D} > 0 < 3) or vector(0)",
            "Parts that the device says are not well.",
            steps=look.BAD_ABOVE_0,
            w=4,
        ),
        stat(
            "Hardware",
            'max(hartwatch_asset_age_seconds{device=~"$device", part=~"chassis|stack_member|ha_member|cluster_node"})',
            "Age of the oldest of its chassis, by the best evidence.",
            unit="s",
            w=4,
            steps=((None, look.GREEN), (126230400, look.ORANGE), (220903200, look.RED)),
            decimals=1,
            links=look.REGISTER_CELL,
            nothing="not in the register yet",
        ),
        stat(
            "Planned maintenance",
            'max(hartwatch_maintenance{subject=~"device:$device"}) or vector(0)',
            "Whether it is in planned maintenance now.",
            unit="none",
            words=look.YES_NO,
            w=4,
        ),
    ]
    how: list[Panel] = [
        timeline(
            "Standing",
            Query(f"max by (subject) ({STANDING})", "{{subject}}"),
            "How it stood. Blind means that nobody could look.",
            look.STANDINGS,
            w=12,
            h=4,
        ),
        series(
            "Visits",
            [
                Query(f"max by (device) (hartwatch_visit_seconds{D})", "seconds of the last visit"),
                Query(f"max by (device) (hartwatch_visit_failures{D})", "things it could not have"),
                Query(f"max by (device) (hartwatch_device_silent_visits{D})", "silent visits in a row"),
            ],
            "How long a visit takes and what goes wrong with it.",
            unit="short",
            w=12,
            h=4,
            links=(),
        ),
        series(
            "Processors",
            Query(f"max by (device, cpu, index) (hartwatch_cpu_usage_ratio{D})", "{{cpu}} {{index}}"),
            "Each processor.",
            unit="percentunit",
            most=1,
            w=8,
            steps=look.BUSY,
            show_steps=True,
            nothing="it has none to tell of",
        ),
        series(
            "Memory",
            Query(f"max by (device, memory, index) (hartwatch_memory_usage_ratio{D})", "{{memory}} {{index}}"),
            "Each memory.",
            unit="percentunit",
            most=1,
            w=8,
            steps=look.FULL,
            show_steps=True,
            nothing="it has none to tell of",
        ),
        series(
            "Temperature",
            Query(f"max by (device, sensor) (hartwatch_sensor_celsius{D})", "{{sensor}}"),
            "Each sensor of temperature.",
            unit="celsius",
            least=None,
            w=8,
            nothing="it has no such sensor",
        ),
    ]
    hardware: list[Panel] = [
        table(
            "Parts and checks",
            Query(
                f"max by (device, check, subject) (hartwatch_check_level{D}) * on (device, check, subject) group_left "
                f"(state) "
                f"max by (device, check, subject, state) (hartwatch_check_state_info{D})"
            ),
            "What the device says of its parts, in its own words and judged.",
            [
                Column("check", "Check"),
                Column("subject", "Part"),
                Column("state", "In its own words"),
                Column("Value", "Level", words=look.LEVELS, width=110),
            ],
            w=12,
            h=10,
            sort="Level",
            filterable=True,
            nothing="it tells of no parts",
        ),
        table(
            "Hardware register",
            [
                Query(promql.of_assets("hartwatch_asset_age_seconds", D[1:-1])),
                Query(promql.of_assets("hartwatch_asset_refresh_due_timestamp_seconds", D[1:-1], " - time()")),
            ],
            "Everything in it that has a serial number or a model, with its stage of life.",
            [
                Column("part", "Part"),
                Column("model", "Model"),
                Column("serial", "Serial number"),
                Column("stage", "Stage"),
                Column("Value #A", "Age", "s", decimals=1, width=100),
                Column(
                    "Value #B",
                    "Due in",
                    "s",
                    decimals=1,
                    width=110,
                    steps=((None, look.RED), (31536000, look.ORANGE), (63072000, look.GREEN)),
                ),
            ],
            w=12,
            h=10,
            sort="Age",
            nothing="nothing of it is in the register yet",
        ),
        series(
            "Fans",
            Query(f"max by (device, sensor, index) (hartwatch_sensor_rpm{D})", "{{sensor}}"),
            "Speed of each fan that tells it.",
            unit="rotrpm",
            w=8,
            nothing="it tells of no fan's speed",
        ),
        series(
            "Power",
            Query(f"max by (device, sensor, index) (hartwatch_sensor_watts{D})", "{{sensor}}"),
            "Power by each sensor.",
            unit="watt",
            w=8,
            nothing="it tells of no power",
        ),
        series(
            "Voltage",
            Query(f"max by (device, sensor, index) (hartwatch_sensor_volts{D})", "{{sensor}}"),
            "Each voltage.",
            unit="volt",
            least=None,
            w=8,
            nothing="it tells of no voltage",
        ),
    ]
    wired: list[Panel] = [
        table(
            "Interfaces",
            [
                Query(_if(f"ifOperStatus{D}")),
                Query(_if(f"ifAdminStatus{D}")),
                Query(_if(f"ifHighSpeed{D} * 1e6")),
                Query(_if(promql.rate("ifHCInOctets", " * 8"))),
                Query(_if(promql.rate("ifHCOutOctets", " * 8"))),
                Query(_if(f"{promql.rate('ifInErrors')} + {promql.rate('ifOutErrors')}")),
                Query(_if(f"ifMtu{D}")),
            ],
            "Every interface. What is shut down by its owner is not down.",
            [
                Column("ifName", "Interface", width=130),
                Column("ifAlias", "What for"),
                Column("Value #A", "State", words=look.OPER, width=130),
                Column("Value #B", "Wanted", words=look.ADMIN, width=90),
                Column("Value #C", "Speed", "bps", width=100, decimals=0),
                Column("Value #D", "In", "bps", width=100),
                Column("Value #E", "Out", "bps", width=100),
                Column(
                    "Value #F",
                    "Errors/s",
                    "pps",
                    width=90,
                    decimals=2,
                    steps=((None, look.GREEN), (0.01, look.ORANGE), (1, look.RED)),
                ),
                Column("Value #G", "MTU", "none", width=80),
            ],
            w=24,
            h=10,
            sort="In",
            filterable=True,
            nothing="it has no interfaces",
        ),
        series(
            "Traffic",
            [
                Query(f"topk(10, {_if(promql.rate('ifHCInOctets', ' * 8'))})", "{{ifName}} in"),
                Query(f"topk(10, {_if(promql.rate('ifHCOutOctets', ' * 8'))})", "{{ifName}} out"),
            ],
            "The ten busiest interfaces: received upwards, sent downwards.",
            unit="bps",
            mirrored=".* out",
            w=12,
            links=(),
            nothing="it has no interfaces",
        ),
        series(
            "Errors and discards",
            [
                Query(
                    f"topk(10, {_if(promql.rate('ifInErrors') + ' + ' + promql.rate('ifOutErrors'))})",
                    "{{ifName}} errors",
                ),
                Query(
                    f"topk(10, {_if(promql.rate('ifInDiscards') + ' + ' + promql.rate('ifOutDiscards'))})",
                    "{{ifName}} discards",
                ),
            ],
            "Packets with errors (cabling, optics, duplex) and packets thrown away (full queues).",
            unit="pps",
            w=12,
            links=(),
            nothing="it has no interfaces",
        ),
    ]
    return Board(
        "Device",
        "hartwatch-device",
        "One device: who it is, how it is, its parts, interfaces, sensors and visits.",
        [Row("Who it is", who), Row("How it is", how), Row("Hardware", hardware), Row("Interfaces", wired)],
        one_device=True,
    )
