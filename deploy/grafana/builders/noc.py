"""The wall: what is down now, where we are blind, what has lost its spare, and how long there is to fix it."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, bars, series, stat, table, timeline

_COUNT = "count({expr}) or vector(0)"


def _standing(kind: str, standing: str) -> str:
    of = promql.of_subjects(f'hartwatch_standing{{standing="{standing}"}} == 1', f'kind="{kind}"')
    return _COUNT.format(expr=of)


OPEN = promql.of_subjects('max by (subject) (hartwatch_outage_open{cause=""})', labels="kind, name, council, site")


def _fix(metric: str, times: str = "") -> str:
    return promql.of_subjects(f"max by (subject) ({metric}){times}", labels="kind, name, site")


def build() -> Board:
    now: list[Panel] = [
        stat(
            "Sites down",
            _standing("site", "down"),
            "Sites that cannot be used now. The others are in the table below.",
            steps=look.BAD_ABOVE_0,
            w=3,
            h=3,
            links=look.OUTAGES_CELL,
        ),
        stat(
            "Services down",
            _standing("service", "down"),
            "Services that people cannot use now.",
            steps=look.BAD_ABOVE_0,
            w=3,
            h=3,
            links=look.OUTAGES_CELL,
        ),
        stat(
            "Links down",
            _standing("link", "down"),
            "Circuits of suppliers that are down now, whether or not another one carries the site.",
            steps=look.BAD_ABOVE_0,
            w=3,
            h=3,
            links=look.OUTAGES_CELL,
        ),
        stat(
            "Devices down",
            _standing("device", "down"),
            "Devices that are down by their own fault. What stands behind them is blind and not counted here.",
            steps=look.BAD_ABOVE_0,
            w=3,
            h=3,
            links=look.OUTAGES_CELL,
        ),
        stat(
            "Blind",
            _COUNT.format(expr=promql.of_subjects('hartwatch_standing{standing="blind"} == 1')),
            "Subjects that cannot be looked at now, because what stands before them is down or the agent is cut off. "
            "Blind is no data: neither up nor down.",
            steps=look.WARN_ABOVE_0,
            w=3,
            h=3,
        ),
        stat(
            "Spares lost",
            _COUNT.format(expr=promql.of_subjects("hartwatch_redundancy_lost == 1")),
            "Pairs and groups (links, power supplies, cluster members, data centres) of which a part is out: one fault "
            "more, and people feel it.",
            steps=look.WARN_ABOVE_0,
            w=3,
            h=3,
            links=look.OUTAGES_CELL,
        ),
        stat(
            "In maintenance",
            _COUNT.format(expr=promql.of_subjects("max by (subject) (hartwatch_maintenance)")),
            "Subjects that are in planned maintenance now. What happens to them is planned and tells nobody.",
            w=3,
            h=3,
            links=(look.to_agent("/maintenance", "Planned maintenance"),),
        ),
        stat(
            "The agent sees",
            "max(hartwatch_agent_blind)",
            "Whether the agent itself is cut off. While it is, nothing on this wall is true of the estate.",
            unit="none",
            words={0: ("✔ everything", look.GREEN), 1: ("✖ nothing: cut off", look.RED)},
            steps=look.BAD_ABOVE_0,
            w=3,
            h=3,
            links=(look.to_board("hartwatch-agent", "council", "$__all", "Dashboard of the agent"),),
        ),
    ]
    faults: list[Panel] = [
        table(
            "Open outages and their fix clocks",
            [
                Query(
                    promql.of_subjects(
                        "max by (subject) (time() - hartwatch_outage_began_timestamp_seconds "
                        'and on (subject) hartwatch_outage_open{cause=""})',
                        labels="kind, name, site",
                    )
                ),
                Query(_fix("hartwatch_fix_clock_used_ratio")),
                Query(_fix("hartwatch_fix_clock_deadline_timestamp_seconds", " - time()")),
                Query(_fix("hartwatch_outage_acknowledged")),
                Query(_fix("hartwatch_fix_clock_paused")),
            ],
            "Outages that are a cause (what they carry down is not listed), with how much of the agreed time to fix is "
            "used. Past 100 % the target is missed. A paused clock has no time left to show.",
            [
                Column("kind", "Kind", width=80),
                Column("name", "What", links=look.OUTAGES_CELL),
                Column("site", "Site", links=look.SITE_CELL, width=110),
                Column("Value #A", "Open for", "s", decimals=0, width=100),
                Column(
                    "Value #B",
                    "Clock used",
                    "percentunit",
                    steps=((None, look.GREEN), (0.5, look.ORANGE), (0.75, look.RED)),
                    decimals=0,
                    width=100,
                ),
                Column(
                    "Value #C",
                    "Time left",
                    "s",
                    steps=((None, look.RED), (3600, look.ORANGE), (7200, look.GREEN)),
                    decimals=0,
                    width=100,
                ),
                Column("Value #D", "Taken on", words={0: ("✖ nobody", look.RED), 1: ("✔ yes", look.GREEN)}, width=90),
                Column("Value #E", "Clock", words={0: ("runs", look.GREY), 1: ("paused", look.BLUE)}, width=80),
            ],
            w=14,
            h=6,
            sort="Clock used",
            nothing="✔ no outage is open",
        ),
        table(
            "Groups without a spare",
            promql.of_subjects("max by (subject) (hartwatch_redundancy_lost) == 1", labels="kind, name, site"),
            "Groups that stand in for each other of which a part is out. The service goes on; the next fault ends it.",
            [
                Column("name", "Group", links=look.OUTAGES_CELL),
                Column("site", "Site", links=look.SITE_CELL, width=130),
                Column("Value", "Standing", words={1: ("▲ no spare", look.ORANGE)}, width=110),
            ],
            w=10,
            h=6,
            nothing="✔ every spare is there",
        ),
    ]
    blind: list[Panel] = [
        table(
            "Blind and flapping",
            [
                Query(
                    promql.of_subjects(
                        'max by (subject) (hartwatch_standing{standing="blind"}) == 1', labels="kind, name, site"
                    )
                ),
                Query(promql.of_subjects("max by (subject) (hartwatch_flapping) == 1", labels="kind, name, site")),
            ],
            "What we cannot see now, and what goes down again and again within minutes.",
            [
                Column("kind", "Kind", width=90),
                Column("name", "What"),
                Column("site", "Site", links=look.SITE_CELL, width=110),
                Column("Value #A", "Blind", words={1: ("? blind", look.PURPLE)}, width=80),
                Column("Value #B", "Flapping", words={1: ("▲ flapping", look.ORANGE)}, width=100),
            ],
            w=10,
            h=6,
            nothing="✔ all is seen, nothing flaps",
        ),
        table(
            "Checks that are not ok",
            promql.of_devices(
                "max by (device, check, subject) (hartwatch_check_level) > 0 "
                "and max by (device, check, subject) (hartwatch_check_level) < 3"
            ),
            "Parts that their own device says are not well: fans, power supplies, cluster members, batteries, tunnels.",
            [
                Column("device", "Device", links=look.DEVICE_CELL, width=130),
                Column("site", "Site", width=100),
                Column("check", "Check"),
                Column("subject", "Part"),
                Column("Value", "Level", words=look.LEVELS, width=100),
            ],
            w=14,
            h=6,
            sort="Level",
            nothing="✔ every check is ok",
        ),
    ]
    where: list[Panel] = [
        timeline(
            "Sites",
            Query(promql.of_subjects(promql.STANDING, 'kind="site"'), "{{name}}"),
            "How each site stood. A site is up when what it needs is up, by the inventory.",
            look.STANDINGS,
            w=10,
            h=9,
        ),
        stat(
            "Data centres: could carry all alone",
            Query('max by (site) (hartwatch_readiness_ratio{site=~"$site"})', "{{site}}"),
            "Share of the services that each data centre would carry for certain if the others were lost now.",
            unit="percentunit",
            steps=look.ALL_WANTED,
            w=7,
            h=4,
            names=True,
            decimals=0,
            links=(look.to_board("hartwatch-sites", "site", "${__field.labels.site}", "Dashboard of this site"),),
        ),
        stat(
            "Full service due in",
            Query("min by (site) (hartwatch_full_service_deadline_timestamp_seconds) - time()", "{{site}}"),
            "A data centre is lost: how long the other one has to carry full service, of four hours.",
            unit="s",
            steps=((None, look.RED), (3600, look.ORANGE), (7200, look.GREEN)),
            w=7,
            h=4,
            names=True,
            decimals=0,
            nothing="✔ no data centre is lost",
        ),
        bars(
            "Busiest processors",
            Query(f"topk(8, {promql.of_devices('max by (device) (hartwatch_cpu_usage_ratio)')})", "{{device}}"),
            "The eight devices whose busiest processor is the busiest now.",
            unit="percentunit",
            steps=look.BUSY,
            w=7,
            h=5,
            most=1,
            links=look.DEVICE_SERIES,
            decimals=0,
        ),
        bars(
            "Oldest data",
            Query(f"topk(8, {promql.of_devices('max by (device) (hartwatch_data_age_seconds)')})", "{{device}}"),
            "Age of the newest reading of the devices that were heard longest ago.",
            unit="s",
            steps=((None, look.GREEN), (150, look.ORANGE), (600, look.RED)),
            w=7,
            h=5,
            links=look.DEVICE_SERIES,
            decimals=0,
        ),
    ]
    trend: list[Panel] = [
        series(
            "Standing of devices",
            [
                Query(f"count({promql.of_subjects(one, kind)}) or vector(0)", words)
                for one, kind, words in (
                    ('hartwatch_standing{standing="down"} == 1', 'kind="device"', "down"),
                    ('hartwatch_standing{standing="blind"} == 1', 'kind="device"', "blind"),
                    ('hartwatch_standing{standing="degraded"} == 1', 'kind="device"', "degraded"),
                )
            ],
            "How many devices were down, blind or degraded.",
            unit="short",
            w=24,
            h=6,
            links=(),
            stacked=True,
            decimals=0,
        ),
    ]
    return Board(
        "NOC wall",
        "hartwatch-noc",
        "What is down now, where we are blind, what has lost its spare, and how long there is to fix it.",
        [
            Row("Now", now),
            Row("What is not well", [*faults, *blind]),
            Row("Where", where),
            Row("How it went", trend),
        ],
        choices=("council", "site", "class", "device"),
        since="now-3h",
        refresh="30s",
    )
