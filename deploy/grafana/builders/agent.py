"""The agent itself: whether it keeps up, what goes wrong, and whether what it finds is written down and told."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, bars, series, stat, table

PER = "[$__rate_interval]"


def _sum(metric: str, by: str = "") -> str:
    return f"sum{f' by ({by})' if by else ''} (rate({metric}{PER}))"


def _quantile(metric: str, by: str, share: str = "0.95") -> str:
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({metric}_bucket{PER})))"


def build() -> Board:
    now: list[Panel] = [
        stat(
            "Sees the estate",
            "max(hartwatch_agent_blind)",
            "Whether the agent itself is cut off: nobody is accused meanwhile.",
            unit="none",
            words={0: ("✔ yes", look.GREEN), 1: ("✖ cut off", look.RED)},
            steps=look.BAD_ABOVE_0,
            w=3,
        ),
        stat(
            "Inventory on disk",
            "max(hartwatch_inventory_invalid)",
            "An invalid file leaves the one before in force.",
            unit="none",
            words={0: ("✔ in force", look.GREEN), 1: ("✖ invalid", look.RED)},
            steps=look.BAD_ABOVE_0,
            w=3,
        ),
        stat("Devices", "max(hartwatch_inventory_devices)", "In the inventory in force.", w=3, colour="value"),
        stat(
            "Oldest data",
            f"max({promql.of_devices('max by (device) (hartwatch_data_age_seconds)')})",
            "Of the device that was heard longest ago.",
            unit="s",
            w=3,
            steps=((None, look.GREEN), (150, look.ORANGE), (600, look.RED)),
            decimals=0,
        ),
        stat(
            "Facts not written",
            "max(hartwatch_ledger_buffered_records)",
            "Waiting in memory because the ledger cannot be written.",
            w=3,
            steps=look.BAD_ABOVE_0,
        ),
        stat(
            "Messages given up",
            'sum(hartwatch_messages_total{outcome="given_up"})',
            "Nobody was told, since the agent was started.",
            w=3,
            steps=look.BAD_ABOVE_0,
        ),
        stat(
            "Mistakes of the program",
            "sum(hartwatch_visit_crashes_total)",
            "Always a bug: please report it with the log.",
            w=3,
            steps=look.BAD_ABOVE_0,
        ),
        stat(
            "Version",
            Query("max by (version) (hartwatch_build_info)", "{{version}}"),
            "Version of the agent that runs.",
            unit="none",
            w=3,
            words={1: ("runs", look.BLUE)},
            names=True,
            colour="value",
        ),
    ]
    visits: list[Panel] = [
        series(
            "Visits a second",
            Query(f"sum by (cadence, outcome) (rate(hartwatch_visits_total{PER}))", "{{cadence}} {{outcome}}"),
            "By cadence (pulse, health, inventory) and outcome: reached, silent, or blind.",
            unit="cps",
            w=12,
            links=(),
        ),
        series(
            "Length of visits, 95 of 100",
            Query(_quantile("hartwatch_visit_duration_seconds", "cadence"), "{{cadence}}"),
            "Ninety-five of a hundred visits are shorter.",
            unit="s",
            w=12,
            links=(),
        ),
        series(
            "Lateness of visits, 95 of 100",
            Query(_quantile("hartwatch_schedule_lateness_seconds", "cadence"), "{{cadence}}"),
            "How long after its turn a visit begins. It grows when there is more to ask than the agent can.",
            unit="s",
            w=12,
            links=(),
        ),
        series(
            "Turns left out, missed and stuck",
            [
                Query(_sum("hartwatch_visits_skipped_total"), "left out: the one before went on"),
                Query(_sum("hartwatch_visits_missed_total"), "missed: the agent was stalled"),
                Query(_sum("hartwatch_visits_stuck_total"), "stuck: ended by force"),
                Query(_sum("hartwatch_visits_unrecorded_total"), "not recorded: the ledger could not"),
            ],
            "All should be nought.",
            unit="cps",
            w=12,
            links=(),
            legend="list",
        ),
        series(
            "Visits going on and waiting",
            [
                Query("max(hartwatch_visits_in_flight)", "going on"),
                Query("max(hartwatch_visits_waiting)", "waiting for a place"),
            ],
            "Those that wait for long want more places (visits_at_once) or workers.",
            unit="short",
            w=12,
            links=(),
            decimals=0,
        ),
        series(
            "Failures by stage and kind",
            Query("sum by (stage, kind) (increase(hartwatch_visit_failures_total[15m]))", "{{stage}} {{kind}}"),
            "Things that visits asked for and could not have, within a quarter of an hour.",
            unit="short",
            w=12,
            links=(),
            nothing="✔ none",
        ),
    ]
    wire: list[Panel] = [
        series(
            "SNMP requests and retries",
            [
                Query(_sum("hartwatch_visit_requests_total"), "requests"),
                Query(_sum("hartwatch_visit_retries_total"), "sent again"),
            ],
            "Retries are packets lost, or devices that take their time.",
            unit="reqps",
            w=8,
            links=(),
            legend="list",
        ),
        series(
            "SNMP datagrams",
            Query(_sum("hartwatch_snmp_datagrams_total", "event"), "{{event}}"),
            "Strays are late, doubled or forged; strangers come from the wrong address.",
            unit="pps",
            w=8,
            links=(),
            legend="list",
        ),
        series(
            "Thrown away by the kernel",
            Query(_sum("hartwatch_snmp_kernel_drops_total"), "drops"),
            "A receive buffer was full: raise net.core.rmem_max.",
            unit="pps",
            w=8,
            links=(),
            legend="list",
        ),
    ]
    inside: list[Panel] = [
        series(
            "Event loop late by",
            Query("max(hartwatch_event_loop_lag_seconds)", "the worst of a minute"),
            "How late the agent's event loop woke. Above a quarter of a second something holds it up.",
            unit="s",
            w=8,
            links=(),
            legend="list",
            steps=((None, look.GREEN), (0.25, look.RED)),
            show_steps=True,
        ),
        series(
            "Processor",
            Query(f'sum(rate(process_cpu_seconds_total{{job="hartwatch"}}{PER}))', "cores"),
            "Cores that the agent uses.",
            unit="short",
            w=8,
            links=(),
            legend="list",
            decimals=2,
        ),
        series(
            "Memory",
            Query('max(process_resident_memory_bytes{job="hartwatch"})', "resident"),
            "Memory that the agent holds.",
            unit="bytes",
            w=8,
            links=(),
            legend="list",
        ),
        series(
            "Ledger",
            Query("max(hartwatch_ledger_bytes)", "size"),
            "Size of the ledger's file.",
            unit="bytes",
            w=8,
            links=(),
            legend="list",
        ),
        series(
            "Rendering of pages of metrics, 95 of 100",
            Query(_quantile("hartwatch_exposition_seconds", "page"), "{{page}}"),
            "How long a page of metrics takes to render.",
            unit="s",
            w=8,
            links=(),
            legend="list",
        ),
        series(
            "Messages",
            Query("sum by (outcome) (hartwatch_messages_total)", "{{outcome}}"),
            "Sent, failed and tried again, given up; since the start.",
            unit="short",
            w=8,
            links=(),
            legend="list",
            decimals=0,
        ),
    ]
    slow: list[Panel] = [
        bars(
            "Slowest devices",
            Query(f"topk(12, {promql.of_devices('max by (device) (hartwatch_visit_seconds)')})", "{{device}}"),
            "Devices whose last visit took longest.",
            unit="s",
            w=8,
            h=10,
            steps=((None, look.GREEN), (5, look.ORANGE), (20, look.RED)),
            links=look.DEVICE_SERIES,
        ),
        bars(
            "Most asked",
            Query(f"topk(12, {promql.of_devices('max by (device) (hartwatch_visit_requests)')})", "{{device}}"),
            "Requests of the last visit.",
            unit="short",
            w=8,
            h=10,
            links=look.DEVICE_SERIES,
            decimals=0,
        ),
        table(
            "Targets of Prometheus",
            "sort_desc(count by (job) (up) - sum by (job) (up))",
            "Scrapes that fail: a device's page fails only when the agent does.",
            [Column("job", "Job"), Column("Value", "Down", steps=look.BAD_ABOVE_0, width=120)],
            w=8,
            h=10,
        ),
    ]
    return Board(
        "Agent",
        "hartwatch-agent",
        "Whether the agent keeps up, what goes wrong, and whether it is written down and told.",
        [
            Row("Now", now),
            Row("Visits", visits),
            Row("On the wire", wire),
            Row("Inside", inside),
            Row("By device", slow),
        ],
        since="now-3h",
        refresh="1m",
    )
