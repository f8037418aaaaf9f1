"""Wi-Fi: controllers, access points, clients and channels."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, bars, series, stat, table

LIMIT = 'max by (device) (hartwatch_wifi_figure{figure="access_points_limit"})'
LOST = 'count by (device) (hartwatch_check_level{check="access_point"} > 0 < 3)'
RESTARTED = "count by (device) (hartwatch_wifi_access_point_uptime_seconds < 86400)"
BANDS = 'sum by (device, band) (hartwatch_wifi_radio_clients{band!=""})'


def _of(expression: str) -> str:
    return promql.of_devices(expression)


def build() -> Board:
    up, known = "max by (device) (hartwatch_wifi_access_points_up)", "max by (device) (hartwatch_wifi_access_points)"
    radios = "sum by (device, ap) (hartwatch_wifi_radio_clients)"
    now: list[Panel] = [
        stat("Access points up", f"sum({_of(up)})", "Access points that are joined and working.", w=4, colour="value"),
        stat(
            "Access points known",
            f"sum({_of(known)})",
            "Access points that the controllers know, working or not.",
            w=4,
            colour="value",
        ),
        stat(
            "Access points not working",
            f"sum({_of(LOST)}) or vector(0)",
            "Access points that their controller says are not working. Some controllers forget one that is gone: "
            "how many are expected, the inventory says, and the table below tells.",
            steps=look.WARN_ABOVE_0,
            w=4,
        ),
        stat(
            "Clients",
            f"sum({_of('max by (device) (hartwatch_wifi_clients)')})",
            "Stations connected at the controllers that count them.",
            w=4,
            colour="value",
        ),
        stat(
            "Restarted within a day",
            f"sum({_of(RESTARTED)}) or vector(0)",
            "Access points that have been up for less than a day, where they tell it; many at once is power, or a "
            "switch.",
            w=4,
            steps=look.WARN_ABOVE_0,
        ),
        stat(
            "Losses in the last hour",
            f"sum({_of('sum by (device) (increase(hartwatch_wifi_access_point_losses_total[1h]))')})",
            "How often access points left their controller within an hour, where it counts them.",
            w=4,
            decimals=0,
            steps=look.WARN_ABOVE_0,
        ),
    ]
    controllers: list[Panel] = [
        table(
            "Controllers and access points on their own",
            [
                Query(_of("max by (device) (hartwatch_device_up)")),
                Query(_of(up)),
                Query(_of(known)),
                Query(_of("max by (device) (hartwatch_wifi_clients)")),
                Query(_of("max by (device) (hartwatch_cpu_usage_ratio)")),
                Query(_of(f"({known}) / on (device) {LIMIT}")),
            ],
            "Each controller: whether it answers, its access points, clients, processor, and the share of its "
            "licences in use.",
            [
                Column("device", "Controller", links=look.DEVICE_CELL),
                Column("site", "Site", links=look.SITE_CELL, width=110),
                Column("Value #A", "Answers", words=look.UP_DOWN, width=100),
                Column("Value #B", "Up", width=70),
                Column("Value #C", "Of", width=70),
                Column("Value #D", "Clients", width=90),
                Column("Value #E", "Processor", "percentunit", steps=look.BUSY, width=110, decimals=0),
                Column("Value #F", "Licences used", "percentunit", steps=look.FULL, width=120, decimals=0),
            ],
            w=14,
            h=8,
            sort="Of",
        ),
        table(
            "Access points that are not well",
            _of('max by (device, check, subject) (hartwatch_check_level{check=~"access_point.*"}) > 0'),
            "Access points and radios that their controller says are not working.",
            [
                Column("device", "Controller", links=look.DEVICE_CELL, width=120),
                Column("subject", "Access point"),
                Column("check", "Check", width=150),
                Column("Value", "Level", words=look.LEVELS, width=110),
            ],
            w=10,
            h=8,
            nothing="✔ all are working",
        ),
    ]
    clients: list[Panel] = [
        series(
            "Clients by controller",
            Query(_of("max by (device) (hartwatch_wifi_clients)"), "{{device}}"),
            "Stations connected.",
            unit="short",
            stacked=True,
            w=8,
            decimals=0,
        ),
        series(
            "Clients by network name",
            Query(f"sum by (ssid) ({_of('sum by (device, ssid) (hartwatch_wifi_ssid_clients)')})", "{{ssid}}"),
            "Stations on each network name, at the controllers that tell it.",
            unit="short",
            stacked=True,
            w=8,
            links=(),
            decimals=0,
        ),
        series(
            "Clients by band",
            Query(f"sum by (band) ({_of(BANDS)})", "{{band}}"),
            "Stations on 2.4 and 5 GHz, where the controller tells the band.",
            unit="short",
            stacked=True,
            w=8,
            links=(),
            decimals=0,
        ),
        bars(
            "Access points with most clients",
            Query(f"topk(12, {_of(radios)})", "{{ap}}"),
            "The twelve busiest access points now. Above 30 stations people notice.",
            unit="short",
            steps=((None, look.GREEN), (25, look.ORANGE), (40, look.RED)),
            w=12,
            h=10,
            links=look.DEVICE_SERIES,
            decimals=0,
        ),
        bars(
            "Access points by site of their controller",
            Query(f"sum by (site) ({_of(up)})", "{{site}}"),
            "Working access points, by the site where their controller stands.",
            unit="short",
            w=12,
            h=10,
            decimals=0,
        ),
    ]
    air: list[Panel] = [
        bars(
            "Busiest channels",
            Query(
                f"topk(12, {_of('max by (device, ap, radio, band) (hartwatch_wifi_channel_usage_ratio)')})",
                "{{ap}} {{band}}{{radio}}",
            ),
            "The share of time the air is busy at the twelve busiest radios. Above 60 % voice and video suffer.",
            unit="percentunit",
            most=1,
            steps=((None, look.GREEN), (0.4, look.ORANGE), (0.6, look.RED)),
            w=12,
            h=10,
            links=look.DEVICE_SERIES,
            decimals=0,
        ),
        bars(
            "Radios on each channel",
            Query(
                f'count_values("channel", {_of("max by (device, ap, radio, band) (hartwatch_wifi_radio_channel)")})',
                "channel {{channel}}",
            ),
            "How many radios use each channel. On 2.4 GHz only 1, 6 and 11 do not disturb each other.",
            unit="short",
            w=12,
            h=10,
            decimals=0,
        ),
        series(
            "Channel use",
            Query(
                f"avg by (device) ({_of('max by (device, ap, radio, band) (hartwatch_wifi_channel_usage_ratio)')})",
                "{{device}} mean",
            ),
            "Mean share of time that the air is busy, of all radios of a controller.",
            unit="percentunit",
            most=1,
            w=12,
        ),
        table(
            "Access points that restarted last",
            f"bottomk(15, {_of('max by (device, ap) (hartwatch_wifi_access_point_uptime_seconds)')})",
            "The fifteen that have been up for the shortest time; many at once is power or a switch.",
            [
                Column("ap", "Access point"),
                Column("device", "Controller", links=look.DEVICE_CELL),
                Column("site", "Site", links=look.SITE_CELL),
                Column("Value", "Up for", "s", decimals=0, steps=((None, look.ORANGE), (86400, look.GREEN))),
            ],
            w=12,
            h=8,
            sort="Up for",
            descending=False,
        ),
    ]
    return Board(
        "Wi-Fi",
        "hartwatch-wifi",
        "Controllers, access points, clients, channels.",
        [Row("Now", now), Row("Controllers", controllers), Row("Clients", clients), Row("The air", air)],
        classes="wifi_controller|wifi_ap",
    )
