"""Firewalls: sessions, clusters, tunnels, remote users, licences."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, series, stat, table, timeline

IF = "device, ifName, ifAlias"
RECEIVED = f"max by ({IF}) ({promql.rate('ifHCInOctets', ' * 8')})"
PART = "device, check, subject"
TUNNELS = 'count by (device) (hartwatch_check_level{{check=~"vpn_tunnel|vpn_monitor"}} {})'
REMOTE = "SSL-VPN users.*|GlobalProtect tunnels|AnyConnect sessions|Remote access sessions|VPN users"
HA = "ha_state|ha_sync|ha_health|ha_link|ha_peer_state|ha_mode|ha_members_expected|failover_state|vdom_ha_state"
FAULTS = f'max by ({PART}) (hartwatch_check_level{{check=~"{HA}"}}) > 0 < 3'


def _of(expression: str) -> str:
    return promql.of_devices(expression)


def _checks(pattern: str) -> str:
    """Level of checks with the state in the device's own word."""
    chosen = f'{{check=~"{pattern}"}}'
    return (
        f"max by ({PART}) (hartwatch_check_level{chosen}) * on ({PART}) group_left (state) "
        f"max by ({PART}, state) (hartwatch_check_state_info{chosen})"
    )


def _number(pattern: str, by: str = "device") -> str:
    return f'max by ({by}) (hartwatch_sensor_number{{sensor=~"{pattern}"}})'


def build() -> Board:
    now: list[Panel] = [
        stat(
            "Firewalls that answer",
            f"sum({_of('max by (device) (hartwatch_device_up)')})",
            "Both units of a pair are counted.",
            w=4,
            colour="value",
        ),
        stat(
            "Sessions",
            f"sum({_of(_number('Sessions'))})",
            "Sessions on all of them together.",
            w=4,
            colour="value",
            decimals=1,
        ),
        stat(
            "Tunnels up",
            f"sum({_of(TUNNELS.format('== 0'))})",
            "VPN tunnels that are up, at both units of a pair.",
            w=4,
            colour="value",
        ),
        stat(
            "Tunnels down",
            f"sum({_of(TUNNELS.format('> 0 < 3'))}) or vector(0)",
            "VPN tunnels that should be up and are not. Those that the inventory does not expect may be down.",
            w=4,
            steps=look.WARN_ABOVE_0,
        ),
        stat(
            "Remote users",
            f"sum({_of(_number(REMOTE))})",
            "People who work from elsewhere, connected now.",
            w=4,
            colour="value",
            decimals=0,
        ),
        stat(
            "Cluster faults",
            f"count({_of(FAULTS)}) or vector(0)",
            "Parts of clusters that are not as they should be.",
            w=4,
            steps=look.BAD_ABOVE_0,
        ),
    ]
    clusters: list[Panel] = [
        table(
            "Clusters",
            _of(_checks(HA)),
            "Each unit's part in its cluster, in its own words. Both units tell of both.",
            [
                Column("device", "Firewall", links=look.DEVICE_CELL, width=140),
                Column("site", "Site", links=look.SITE_CELL, width=110),
                Column("check", "What", width=180),
                Column("subject", "Of which"),
                Column("state", "In its own words"),
                Column("Value", "Level", words=look.LEVELS, width=110),
            ],
            w=14,
            h=10,
            sort="Level",
            filterable=True,
        ),
        timeline(
            "Cluster health",
            Query(_of(f'max by (device) (hartwatch_check_level{{check=~"{HA}"}})'), "{{device}}"),
            "The worst that each unit said of its cluster. A failover is a moment of amber or red.",
            look.LEVELS,
            w=10,
            h=10,
        ),
    ]
    sessions: list[Panel] = [
        series(
            "Sessions of each unit",
            Query(_of(_number("Sessions")), "{{device}}"),
            "Sessions of each unit; the active one of a pair has them.",
            unit="short",
            w=12,
        ),
        series(
            "Session tables",
            Query(
                _of('max by (device, sensor) (hartwatch_sensor_ratio{sensor=~".*[Ss]ession table"})'),
                "{{device}} {{sensor}}",
            ),
            "How full the session table is, where the firewall tells its size.",
            unit="percentunit",
            most=1,
            steps=look.FULL,
            show_steps=True,
            w=12,
        ),
        series(
            "New sessions a second",
            Query(_of(_number("New sessions per second .1 min.|New connections.*|Sessions per second")), "{{device}}"),
            "New sessions a second, mean of a minute. A jump is a scan, a worm or a campaign.",
            unit="cps",
            w=12,
        ),
        series(
            "Throughput",
            Query(f"topk(10, {_of(RECEIVED)})", "{{device}} {{ifName}} {{ifAlias}}"),
            "What the ten busiest interfaces receive.",
            unit="bps",
            w=12,
        ),
    ]
    load: list[Panel] = [
        series(
            "Processors",
            Query(_of("max by (device) (hartwatch_cpu_usage_ratio)"), "{{device}}"),
            "The busiest processor of each: of the data plane or of the management plane.",
            unit="percentunit",
            most=1,
            w=12,
            steps=look.BUSY,
            show_steps=True,
        ),
        series(
            "Memory",
            Query(_of("max by (device) (hartwatch_memory_usage_ratio)"), "{{device}}"),
            "The fullest memory. A FortiGate begins to refuse sessions at 88 % (conserve mode).",
            unit="percentunit",
            most=1,
            w=12,
            steps=look.FULL,
            show_steps=True,
        ),
    ]
    tunnels: list[Panel] = [
        table(
            "VPN tunnels",
            _of(_checks("vpn_tunnel|vpn_monitor")),
            "Each tunnel at each unit.",
            [
                Column("device", "Firewall", links=look.DEVICE_CELL, width=140),
                Column("subject", "Tunnel"),
                Column("state", "In its own words", width=140),
                Column("Value", "Level", words=look.LEVELS, width=110),
            ],
            w=12,
            h=9,
            sort="Level",
            filterable=True,
        ),
        series(
            "Remote users at each unit",
            Query(_of(_number(REMOTE)), "{{device}}"),
            "Who works from elsewhere.",
            unit="short",
            w=12,
            h=9,
            stacked=True,
            decimals=0,
        ),
    ]
    ends: list[Panel] = [
        table(
            "Licences and subscriptions",
            _of("min by (device, licence) (hartwatch_licence_expiry_timestamp_seconds) - time()"),
            "When licences, subscriptions and support contracts end. A firewall without its subscription lets "
            "through what it no "
            "longer knows.",
            [
                Column("device", "Firewall", links=look.DEVICE_CELL, width=140),
                Column("licence", "Licence"),
                Column("site", "Site", links=look.SITE_CELL, width=110),
                Column(
                    "Value",
                    "Ends in",
                    "s",
                    decimals=0,
                    width=130,
                    steps=((None, look.RED), (2592000, look.ORANGE), (7776000, look.GREEN)),
                ),
            ],
            w=12,
            h=9,
            sort="Ends in",
            descending=False,
            nothing="no firewall tells when its licences end",
        ),
        table(
            "Software",
            "max by (device, site, vendor, model, version) (hartwatch_device_info{" + promql.CHOSEN + "})",
            "What runs on each: both units of a pair should have the same.",
            [
                Column("device", "Firewall", links=look.DEVICE_CELL, width=140),
                Column("vendor", "Vendor"),
                Column("model", "Model"),
                Column("version", "Version"),
            ],
            w=12,
            h=9,
            sort="Firewall",
            descending=False,
        ),
    ]
    return Board(
        "Firewall",
        "hartwatch-firewall",
        "Sessions, clusters, tunnels, remote users, licences.",
        [
            Row("Now", now),
            Row("Clusters", clusters),
            Row("Sessions and traffic", sessions),
            Row("Load", load),
            Row("Tunnels", tunnels),
            Row("What ends", ends),
        ],
        classes="firewall",
    )
