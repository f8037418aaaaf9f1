"""Interfaces and the circuits of suppliers: use, errors, which link carries a site, and how suppliers do."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, bars, series, stat, table, timeline

BITS_IN, BITS_OUT = promql.rate("ifHCInOctets", " * 8"), promql.rate("ifHCOutOctets", " * 8")
LINK_IN, LINK_OUT = promql.rate("ifHCInOctets", " * 8", ""), promql.rate("ifHCOutOctets", " * 8", "")
L = "subject, link, supplier, council, site"
SPEED = "on (subject) group_left () max by (subject) (hartwatch_link_speed_bits_per_second)"
IF = "device, ifName, ifAlias"
ERRORS = f"{promql.rate('ifInErrors')} + {promql.rate('ifOutErrors')}"
DISCARDS = f"{promql.rate('ifInDiscards')} + {promql.rate('ifOutDiscards')}"


def _link(rate: str) -> str:
    return f"max by ({L}) ({promql.of_links(rate)})"


def _used(rate: str) -> str:
    return f"{_link(rate)} / {SPEED}"


def _named(expression: str, labels: str = "link, supplier, council, site") -> str:
    """Series with a label `subject`, those of chosen links only, with the link's name and supplier."""
    info = f"max by (subject, {labels}) (hartwatch_link_info{{{promql.PLACED}}})"
    return f"max by (subject, {labels}) (({expression})\n* on (subject) group_left ({labels}) {info})"


CHANGES = "max by (device) (increase(hartwatch_spanning_tree_topology_changes_total[1h]))"
DOWN = 'max by (subject) (hartwatch_standing{standing="down"})'
ACHIEVED = 'max by (subject) (hartwatch_quarter_availability_ratio{hours="all", bound="achieved"})'


def _top(expression: str, number: int = 10) -> str:
    placed = promql.of_devices(f"max by ({IF}) ({expression})")
    return f"topk({number}, {placed})"


def build() -> Board:
    links: list[Panel] = [
        table(
            "Links",
            [
                Query(_named(promql.STANDING)),
                Query(_named("hartwatch_link_speed_bits_per_second")),
                Query(_used(LINK_IN)),
                Query(_used(LINK_OUT)),
                Query(_named(ACHIEVED)),
            ],
            "Every circuit: how it stands, what is paid for, how much of it is used, and how the quarter went so far.",
            [
                Column("link", "Link"),
                Column("site", "Site", links=look.SITE_CELL, width=120),
                Column("supplier", "Supplier", width=120),
                Column("Value #A", "Standing", words=look.STANDINGS, width=110),
                Column("Value #B", "Paid for", "bps", width=100, decimals=0),
                Column("Value #C", "In", "percentunit", bar=True, steps=look.BUSY, width=130, decimals=1),
                Column("Value #D", "Out", "percentunit", bar=True, steps=look.BUSY, width=130, decimals=1),
                Column(
                    "Value #E",
                    "Quarter",
                    "percentunit",
                    decimals=3,
                    width=100,
                    steps=((None, look.RED), (0.995, look.ORANGE), (0.999, look.GREEN)),
                ),
            ],
            w=24,
            h=12,
            sort="In",
            nothing="no link is watched",
        ),
        timeline(
            "How the links stood",
            Query(_named(promql.STANDING), "{{link}} ({{supplier}})"),
            "A building with two links of which one is down is carried by the other: see who has lost its spare "
            "on the wall.",
            look.STANDINGS,
            w=24,
            h=12,
        ),
    ]
    traffic: list[Panel] = [
        series(
            "Traffic of links",
            [
                Query(f"topk(10, {_link(LINK_IN)})", "{{link}} in"),
                Query(f"topk(10, {_link(LINK_OUT)})", "{{link}} out"),
            ],
            "What the ten busiest circuits carry: received upwards, sent downwards. Both links of a building are "
            "active; "
            "one that "
            "carries nothing is a spare in name only.",
            unit="bps",
            mirrored=".* out",
            w=12,
            h=10,
            links=(),
        ),
        series(
            "Use of what is paid for",
            [
                Query(f"topk(10, {_used(LINK_IN)})", "{{link}} in"),
                Query(f"topk(10, {_used(LINK_OUT)})", "{{link}} out"),
            ],
            "Traffic as a share of the speed that is bought, of the ten that use most of it.",
            unit="percentunit",
            w=12,
            h=10,
            steps=look.BUSY,
            show_steps=True,
            links=(),
        ),
    ]
    suppliers: list[Panel] = [
        bars(
            "Availability by supplier, this quarter",
            Query(f"avg by (supplier) ({_named(ACHIEVED)})", "{{supplier}}"),
            "Mean of the supplier's links, all hours, without planned maintenance; blind time is in neither part.",
            unit="percentunit",
            w=8,
            h=6,
            least=0.99,
            most=1,
            steps=((None, look.RED), (0.995, look.ORANGE), (0.999, look.GREEN)),
            decimals=3,
        ),
        bars(
            "Links down now, by supplier",
            Query(f"sum by (supplier) ({_named(DOWN)})", "{{supplier}}"),
            "Circuits that are down now.",
            unit="short",
            w=8,
            h=6,
            steps=look.BAD_ABOVE_0,
            decimals=0,
        ),
        series(
            "Traffic by supplier",
            [
                Query(f"sum by (supplier) ({_link(LINK_IN)})", "{{supplier}} in"),
                Query(f"sum by (supplier) ({_link(LINK_OUT)})", "{{supplier}} out"),
            ],
            "All circuits of a supplier together.",
            unit="bps",
            mirrored=".* out",
            w=8,
            h=6,
            links=(),
            legend="list",
        ),
    ]
    every: list[Panel] = [
        stat(
            "Interfaces up",
            f"sum({promql.of_devices('count by (device) (ifOperStatus == 1)')})",
            "Interfaces of chosen devices that work.",
            w=4,
            h=4,
            steps=look.OK_ONLY,
            colour="value",
        ),
        stat(
            "Down though wanted",
            f"sum({promql.of_devices('count by (device) (ifOperStatus == 2 and ifAdminStatus == 1)')}) or vector(0)",
            "Interfaces that are switched on and have no link. On an access switch these are free sockets.",
            w=4,
            h=4,
            colour="value",
        ),
        stat(
            "With errors",
            f"count({promql.of_devices(f'max by ({IF}) ({ERRORS}) > 0')}) or vector(0)",
            "Interfaces on which packets with errors are counted now.",
            w=4,
            h=4,
            steps=look.WARN_ABOVE_0,
        ),
        stat(
            "Traffic of all",
            f"sum({promql.of_devices(f'sum by (device) ({BITS_IN})')})",
            "What all chosen interfaces receive together.",
            unit="bps",
            w=4,
            h=4,
            colour="value",
        ),
        stat(
            "Broadcast received",
            f"sum({promql.of_devices('sum by (device) (' + promql.rate('ifHCInBroadcastPkts') + ')')})",
            "Broadcast packets a second at all chosen interfaces; a jump is a loop.",
            unit="pps",
            w=4,
            h=4,
            colour="value",
        ),
        stat(
            "Spanning tree changes",
            f"sum({promql.of_devices(CHANGES)}) or vector(0)",
            "Topology changes within the last hour, at all switches that tell of them.",
            w=4,
            h=4,
            decimals=0,
            colour="value",
        ),
        series(
            "Busiest interfaces, received",
            Query(_top(BITS_IN), "{{device}} {{ifName}} {{ifAlias}}"),
            "The ten that receive most.",
            unit="bps",
            w=12,
            h=9,
        ),
        series(
            "Busiest interfaces, sent",
            Query(_top(BITS_OUT), "{{device}} {{ifName}} {{ifAlias}}"),
            "The ten that send most.",
            unit="bps",
            w=12,
            h=9,
        ),
        series(
            "Most of their speed",
            Query(
                f"topk(10, {promql.of_devices(f'max by ({IF}) ({BITS_IN} / (ifHighSpeed * 1e6 > 0))')})",
                "{{device}} {{ifName}} {{ifAlias}}",
            ),
            "The ten that receive the largest share of their speed.",
            unit="percentunit",
            w=12,
            h=9,
            steps=look.BUSY,
            show_steps=True,
        ),
        series(
            "Most errors",
            Query(_top(ERRORS), "{{device}} {{ifName}} {{ifAlias}}"),
            "The ten with most errored packets a second: cabling, optics, duplex.",
            unit="pps",
            w=12,
            h=9,
        ),
        series(
            "Most discards",
            Query(_top(DISCARDS), "{{device}} {{ifName}} {{ifAlias}}"),
            "The ten that throw most packets away without an error: full queues.",
            unit="pps",
            w=12,
            h=9,
        ),
        series(
            "Kinds of packets",
            [
                Query(f"sum({promql.of_devices(f'sum by (device) ({promql.rate(metric)})')})", name)
                for metric, name in (
                    ("ifHCInUcastPkts", "unicast in"),
                    ("ifHCInMulticastPkts", "multicast in"),
                    ("ifHCInBroadcastPkts", "broadcast in"),
                    ("ifHCOutUcastPkts", "unicast out"),
                    ("ifHCOutMulticastPkts", "multicast out"),
                    ("ifHCOutBroadcastPkts", "broadcast out"),
                )
            ],
            "Packets of all chosen interfaces: received upwards, sent downwards.",
            unit="pps",
            mirrored=".* out",
            w=12,
            h=9,
            links=(),
        ),
    ]
    return Board(
        "Interfaces and WAN links",
        "hartwatch-interfaces",
        "Circuits of suppliers and every interface: use, errors, discards.",
        [
            Row("Links", links),
            Row("Traffic of links", traffic),
            Row("Suppliers", suppliers),
            Row("Every interface", every),
        ],
    )
