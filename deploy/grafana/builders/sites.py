"""Sites and data centres: power, cooling, hosts, storage, and whether one data centre could carry everything."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, bars, series, stat, table, timeline

UPS = 'role="ups"'
HOSTS = 'role=~"hypervisor|server"'
STORES = 'role=~"storage|hypervisor"'


def _of(expression: str, more: str = "") -> str:
    return promql.of_devices(expression, more)


def build() -> Board:
    standing: list[Panel] = [
        timeline(
            "Sites",
            Query(promql.of_subjects(promql.STANDING, 'kind="site"'), "{{name}}"),
            "How each site stood. A site is up when what it needs is up, by the inventory.",
            look.STANDINGS,
            w=14,
            h=9,
        ),
        table(
            "Devices at each site",
            [
                Query(f"count by (site) ({_of('max by (device) (hartwatch_device_up)')})"),
                Query(f"sum by (site) ({_of('max by (device) (hartwatch_device_up)')})"),
                Query(
                    "max by (site) ("
                    + promql.of_subjects("max by (subject) (" + promql.STANDING + ")", 'kind="site"')
                    + ")"
                ),
            ],
            "How many devices are watched at each site and how many of them answer.",
            [
                Column("site", "Site", links=look.SITE_CELL),
                Column("Value #C", "Standing", words=look.STANDINGS, width=120),
                Column("Value #A", "Devices", width=90),
                Column("Value #B", "Answer", width=90),
            ],
            w=10,
            h=9,
            sort="Devices",
        ),
    ]
    ready: list[Panel] = [
        stat(
            "Could carry all services alone",
            Query('max by (site) (hartwatch_readiness_ratio{site=~"$site"})', "{{site}}"),
            "Share of the services that a data centre would carry for certain if the others were lost now. "
            "Either has to "
            "carry full service within four hours of losing the other.",
            unit="percentunit",
            steps=look.ALL_WANTED,
            w=8,
            h=6,
            names=True,
            decimals=0,
        ),
        table(
            "What each data centre has",
            [
                Query('max by (site, kind) (hartwatch_readiness_legs_up{site=~"$site"})'),
                Query('max by (site, kind) (hartwatch_readiness_legs{site=~"$site"})'),
            ],
            "Links, power, network and hosts: how many there are by the inventory and how many are up.",
            [
                Column("site", "Data centre", links=look.SITE_CELL),
                Column("kind", "Of what"),
                Column("Value #A", "Up", width=80),
                Column("Value #B", "Of", width=80),
            ],
            w=8,
            h=6,
            sort="Data centre",
            descending=False,
        ),
        stat(
            "Services missing",
            Query("max by (site) (hartwatch_full_service_missing)", "{{site}}"),
            "A data centre is lost: the services that are not up yet.",
            steps=look.BAD_ABOVE_0,
            w=4,
            h=6,
            names=True,
            nothing="✔ none is lost",
        ),
        stat(
            "Full service due in",
            Query("min by (site) (hartwatch_full_service_deadline_timestamp_seconds) - time()", "{{site}}"),
            "How long is left of the four hours.",
            unit="s",
            steps=((None, look.RED), (3600, look.ORANGE), (7200, look.GREEN)),
            w=4,
            h=6,
            names=True,
            decimals=0,
            nothing="✔ none is lost",
        ),
    ]
    charge, load = 'hartwatch_sensor_ratio{kind="charge"}', 'hartwatch_sensor_ratio{kind="load"}'
    runtime = 'hartwatch_sensor_seconds{kind="runtime"}'
    power: list[Panel] = [
        table(
            "Uninterruptible power supplies",
            [
                Query(_of(f"min by (device) ({charge})", UPS)),
                Query(_of(f"min by (device) ({runtime})", UPS)),
                Query(_of(f"max by (device) ({load})", UPS)),
                Query(_of("max by (device) (hartwatch_ups_time_on_battery_seconds)", UPS)),
                Query(_of('max by (device) (hartwatch_check_level{check=~"ups_battery|ups_battery_replace"})', UPS)),
            ],
            "Charge, time left, load (the busiest phase) and battery of each. On battery is the time since mains "
            "was lost.",
            [
                Column("device", "UPS", links=look.DEVICE_CELL),
                Column("site", "Site", links=look.SITE_CELL, width=110),
                Column(
                    "Value #A",
                    "Charge",
                    "percentunit",
                    steps=((None, look.RED), (0.5, look.ORANGE), (0.9, look.GREEN)),
                    decimals=0,
                    width=90,
                ),
                Column(
                    "Value #B",
                    "Runtime",
                    "s",
                    steps=((None, look.RED), (600, look.ORANGE), (1200, look.GREEN)),
                    decimals=0,
                    width=100,
                ),
                Column("Value #C", "Load", "percentunit", steps=look.FULL, decimals=0, width=80),
                Column("Value #D", "On battery", "s", steps=look.BAD_ABOVE_0, decimals=0, width=100),
                Column("Value #E", "Battery", words=look.LEVELS, width=100),
            ],
            w=14,
            h=9,
            sort="Runtime",
            descending=False,
        ),
        series(
            "Battery charge",
            Query(_of(f"min by (device) ({charge})", UPS), "{{device}}"),
            "How full the batteries are. A falling line is a supply on battery.",
            unit="percentunit",
            w=10,
            h=9,
            most=1,
        ),
        series(
            "Load of the supplies",
            Query(_of(f"max by (device) ({load})", UPS), "{{device}}"),
            "Load of each UPS as a share of what it can carry; its busiest phase.",
            unit="percentunit",
            w=12,
            most=1,
            steps=look.FULL,
            show_steps=True,
        ),
        series(
            "Power drawn at the distribution units",
            Query(
                _of('sum by (device) (hartwatch_sensor_watts{kind="power", sensor=~".*device power"})', 'role="pdu"'),
                "{{device}}",
            ),
            "Power by each rack's distribution unit. Two feeds of one rack that differ much have lost a cord.",
            unit="watt",
            w=12,
        ),
    ]
    cooling: list[Panel] = [
        series(
            "Temperature in the rooms",
            Query(
                _of('max by (device, sensor) (hartwatch_sensor_celsius{kind="temperature"})', 'role="environment"'),
                "{{device}} {{sensor}}",
            ),
            "What the room sensors read. ASHRAE recommends 18 to 27 degrees at the inlet of racks.",
            unit="celsius",
            w=12,
            least=None,
            steps=((None, look.GREEN), (27, look.ORANGE), (32, look.RED)),
            show_steps=True,
        ),
        series(
            "Humidity in the rooms",
            Query(
                _of('max by (device, sensor) (hartwatch_sensor_ratio{kind="humidity"})', 'role=~"environment|pdu|ups"'),
                "{{device}} {{sensor}}",
            ),
            "Relative humidity; below 20 % there is static, above 80 % water.",
            unit="percentunit",
            w=12,
            most=1,
        ),
        series(
            "Cooling wanted and given",
            [
                Query(
                    _of(
                        f'sum by (device) (hartwatch_sensor_watts{{kind="cooling", sensor=~".*cool {what}"}})',
                        'role="environment"',
                    ),
                    "{{device}} " + what,
                )
                for what in ("demand", "output")
            ],
            "What the cooling units are asked for and what they give. Demand above output: the room gets warmer.",
            unit="watt",
            w=12,
        ),
        bars(
            "Hottest devices",
            Query(f"topk(10, {_of('max by (device) (hartwatch_sensor_celsius)')})", "{{device}}"),
            "The ten devices with the hottest sensor now, wherever in the device it is.",
            unit="celsius",
            w=12,
            h=8,
            steps=((None, look.GREEN), (65, look.ORANGE), (80, look.RED)),
            links=look.DEVICE_SERIES,
            decimals=0,
        ),
    ]
    hosts: list[Panel] = [
        stat(
            "Hosts that answer",
            [
                Query(f"sum({_of('max by (device) (hartwatch_device_up)', HOSTS)})", "answer"),
                Query(f"count({_of('max by (device) (hartwatch_device_up)', HOSTS)})", "watched"),
            ],
            "Hypervisors and servers at the chosen sites.",
            w=4,
            h=8,
            names=True,
            colour="value",
        ),
        series(
            "Processors of hypervisors and servers",
            Query(_of("avg by (device) (hartwatch_cpu_usage_ratio)", HOSTS), "{{device}}"),
            "Mean of all processors of each host.",
            unit="percentunit",
            w=10,
            most=1,
        ),
        series(
            "Memory of hypervisors and servers",
            Query(_of("max by (device) (hartwatch_memory_usage_ratio)", HOSTS), "{{device}}"),
            "The fullest memory of each host.",
            unit="percentunit",
            w=10,
            most=1,
        ),
    ]
    size = "max by (device, storage) ({})"
    storage: list[Panel] = [
        table(
            "Storage",
            [
                Query(_of(size.format("hartwatch_storage_usage_ratio"), STORES)),
                Query(_of(size.format("hartwatch_storage_total_bytes"), STORES)),
                Query(
                    _of(
                        "("
                        + size.format("hartwatch_storage_total_bytes - hartwatch_storage_used_bytes")
                        + " / on (device, storage) "
                        + size.format("deriv(hartwatch_storage_used_bytes[1h]) > 0")
                        + ")",
                        STORES,
                    )
                ),
            ],
            "Volumes and datastores. Full in: at the pace of the last hour; empty where it does not grow.",
            [
                Column("device", "Device", links=look.DEVICE_CELL, width=130),
                Column("storage", "Volume"),
                Column("site", "Site", links=look.SITE_CELL, width=110),
                Column("Value #A", "Used", "percentunit", steps=look.FULL, bar=True, width=140, decimals=0),
                Column("Value #B", "Size", "bytes", width=100),
                Column(
                    "Value #C",
                    "Full in",
                    "s",
                    steps=((None, look.RED), (604800, look.ORANGE), (2592000, look.GREEN)),
                    decimals=0,
                    width=110,
                ),
            ],
            w=14,
            h=10,
            sort="Used",
        ),
        series(
            "Storage used",
            Query(_of(size.format("hartwatch_storage_usage_ratio"), STORES), "{{device}} {{storage}}"),
            "Share of each volume that is in use.",
            unit="percentunit",
            w=10,
            h=10,
            most=1,
            steps=look.FULL,
            show_steps=True,
        ),
    ]
    return Board(
        "Sites and data centres",
        "hartwatch-sites",
        "Buildings: how they stand, power, cooling, hosts and storage, and whether one data centre could carry all.",
        [
            Row("How they stand", standing),
            Row("If a data centre were lost", ready),
            Row("Power", power),
            Row("Cooling", cooling),
            Row("Hosts", hosts),
            Row("Storage", storage),
        ],
    )
