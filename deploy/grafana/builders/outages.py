"""Outages and service levels: availability, fix times, and the quarter up to now."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, bars, series, stat, table, timeline

AVAILABILITY = ((None, look.RED), (0.995, look.ORANGE), (0.999, look.GREEN))
NAMED = "kind, name, site"
OPEN = promql.of_subjects('max by (subject) (hartwatch_outage_open{cause=""})')


def _quarter(bound: str, kind: str, hours: str = "all") -> str:
    of = f'max by (subject) (hartwatch_quarter_availability_ratio{{hours="{hours}", bound="{bound}"}})'
    return promql.of_subjects(of, f'kind="{kind}"', NAMED)


def _seconds(state: str, kind: str) -> str:
    of = f'max by (subject) (hartwatch_quarter_seconds{{hours="all", state="{state}"}})'
    return promql.of_subjects(of, f'kind="{kind}"', NAMED)


def _within(le: str, hours: str) -> str:
    """Share of outages that were fixed in time. The bucket's border as Prometheus 2 writes it, or as Prometheus 3."""
    return (
        f'sum(hartwatch_fix_time_seconds_bucket{{hours="{hours}", le=~"{le}([.]0)?"}}) '
        f'/ sum(hartwatch_fix_time_seconds_count{{hours="{hours}"}})'
    )


def _table(title: str, kind: str, words: str, *, target: bool) -> Panel:
    queries = [
        Query(_quarter("achieved", kind)),
        Query(_quarter("achieved", kind, "service")),
        Query(_quarter("lower", kind)),
        Query(_quarter("upper", kind)),
        Query(_seconds("down", kind)),
        Query(_seconds("planned", kind)),
        Query(_seconds("blind", kind)),
    ]
    columns = [
        Column("name", "What"),
        Column("Value #A", "All hours", "percentunit", steps=AVAILABILITY, decimals=3, width=95),
        Column("Value #B", "Service hours", "percentunit", steps=AVAILABILITY, decimals=3, width=115),
        Column("Value #C", "At least", "percentunit", decimals=3, width=90),
        Column("Value #D", "At most", "percentunit", decimals=3, width=90),
        Column("Value #E", "Down", "s", decimals=0, width=90),
        Column("Value #F", "Planned", "s", decimals=0, width=90),
        Column("Value #G", "Blind", "s", decimals=0, width=90),
    ]
    if target:
        of = "max by (subject) (hartwatch_availability_target_ratio)"
        queries.append(Query(promql.of_subjects(of, f'kind="{kind}"', NAMED)))
        columns.append(Column("Value #H", "Target", "percentunit", decimals=2, width=80))
    return table(title, queries, words, columns, w=24, h=10 if target else 11, sort="All hours", descending=False)


def build() -> Board:
    now: list[Panel] = [
        stat(
            "Open outages",
            f"count({OPEN}) or vector(0)",
            "Outages that are a cause and are open now.",
            w=4,
            steps=look.BAD_ABOVE_0,
            links=look.OUTAGES_CELL,
        ),
        stat(
            "Fixed within 4 hours",
            _within("14400", "all"),
            "Share of all outages in the ledger that were fixed within four hours, "
            "by the elapsed clock, without pauses and planned maintenance.",
            unit="percentunit",
            w=4,
            decimals=1,
            steps=((None, look.RED), (0.8, look.ORANGE), (0.95, look.GREEN)),
        ),
        stat(
            "Within 4 service hours",
            _within("14400", "service"),
            "The same by the clock of service hours (08:00 to 18:00 on working days).",
            unit="percentunit",
            w=4,
            decimals=1,
            steps=((None, look.RED), (0.8, look.ORANGE), (0.95, look.GREEN)),
        ),
        stat(
            "Mean time to fix",
            'sum(hartwatch_fix_time_seconds_sum{hours="all"}) / sum(hartwatch_fix_time_seconds_count{hours="all"})',
            "Mean of all outages in the ledger, by the elapsed clock.",
            unit="s",
            w=4,
            decimals=1,
            steps=((None, look.GREEN), (7200, look.ORANGE), (14400, look.RED)),
        ),
        stat(
            "Services below target",
            'count(max by (subject) (hartwatch_quarter_availability_ratio{hours="service", bound="achieved"}) '
            "< on (subject) max by (subject) (hartwatch_availability_target_ratio)) or vector(0)",
            "Services whose availability in this quarter's service hours is below what was agreed.",
            w=4,
            steps=look.BAD_ABOVE_0,
        ),
        stat(
            "Time blind this quarter",
            "max("
            + promql.of_subjects(
                'max by (subject) (hartwatch_quarter_seconds{hours="all", state="blind"})', 'kind="service"'
            )
            + ")",
            "The longest that a service could not be looked at. It is neither up nor down: see at least and at most.",
            unit="s",
            w=4,
            decimals=0,
            steps=look.OK_ONLY,
            colour="value",
        ),
    ]
    quarter: list[Panel] = [
        _table(
            "Services, this quarter up to now",
            "service",
            "Availability of services: up / (up + down), without planned maintenance. "
            "At least: had all blind time been down; at most: had it been up.",
            target=True,
        ),
        _table(
            "Sites, this quarter up to now", "site", "Availability of sites, counted in the same way.", target=False
        ),
        series(
            "Availability of services over 90 days",
            Query(_quarter("achieved", "service"), "{{name}}"),
            "The quarter's figure as it was on each day; it begins anew with each quarter. What was it that cost us?",
            unit="percentunit",
            least=None,
            most=1,
            w=12,
            h=9,
            links=(),
            since="90d",
            decimals=3,
        ),
        bars(
            "Longest down this quarter",
            Query(f"topk(10, {_seconds('down', 'site')} > 0)", "{{name}}"),
            "Sites by the time that they were down in the quarter.",
            unit="s",
            w=12,
            h=9,
            decimals=0,
            steps=((None, look.ORANGE),),
            nothing="✔ no site was down",
        ),
    ]
    history: list[Panel] = [
        timeline(
            "How services stood",
            Query(promql.of_subjects(promql.STANDING, 'kind="service"'), "{{name}}"),
            "Services over the time that is chosen above.",
            look.STANDINGS,
            w=24,
            h=9,
        ),
        bars(
            "Outages in 90 days",
            Query(
                "topk(12, sum by (subject, kind, name) ("
                + promql.of_subjects(
                    'sum by (subject) (increase(hartwatch_outages_total{planned="no"}[90d]))',
                    'kind=~"site|service|link|device"',
                    NAMED,
                )
                + ") >= 0.5)",
                "{{name}}",
            ),
            "What failed most often in 90 days, without what was planned.",
            unit="short",
            w=8,
            h=10,
            decimals=0,
            steps=((None, look.ORANGE),),
            nothing="no history of 90 days yet",
        ),
        bars(
            "Time down in 90 days",
            Query(
                "topk(12, sum by (subject, kind, name) ("
                + promql.of_subjects(
                    'sum by (subject) (increase(hartwatch_downtime_seconds_total{hours="all"}[90d]))',
                    'kind=~"site|service|link|device"',
                    NAMED,
                )
                + ") > 0)",
                "{{name}}",
            ),
            "What was down longest in 90 days, outside of planned maintenance.",
            unit="s",
            w=8,
            h=10,
            decimals=0,
            steps=((None, look.ORANGE),),
            nothing="no history of 90 days yet",
        ),
        bars(
            "Outages in the ledger, by kind",
            [
                Query(
                    "sum by (kind) ("
                    + promql.of_subjects(
                        f'max by (subject) (hartwatch_outages_total{{planned="{planned}"}})', labels="kind"
                    )
                    + ")",
                    "{{kind}}, " + words,
                )
                for planned, words in (("no", "not planned"), ("yes", "planned"))
            ],
            "All outages that the ledger holds, by what it was that failed.",
            unit="short",
            w=8,
            h=10,
            decimals=0,
        ),
        series(
            "Time down a week",
            Query(
                "sum by (kind) ("
                + promql.of_subjects(
                    'sum by (subject) (increase(hartwatch_downtime_seconds_total{hours="all"}[7d]))',
                    'kind=~"site|service|link|device"',
                    NAMED,
                )
                + ")",
                "{{kind}}",
            ),
            "Seconds down within seven days, all subjects of a kind together, over 90 days.",
            unit="s",
            w=12,
            h=9,
            links=(),
            since="90d",
        ),
        bars(
            "Fix times",
            [
                Query(
                    f'sum(hartwatch_fix_time_seconds_bucket{{hours="all", le=~"{high}"}})'
                    + (f' - sum(hartwatch_fix_time_seconds_bucket{{hours="all", le=~"{low}"}})' if low else ""),
                    words,
                )
                for low, high, words in (
                    ("", "900([.]0)?", "15 minutes"),
                    ("900([.]0)?", "3600([.]0)?", "1 hour"),
                    ("3600([.]0)?", "14400([.]0)?", "4 hours"),
                    ("14400([.]0)?", "86400([.]0)?", "1 day"),
                    ("86400([.]0)?", "[+]Inf", "longer"),
                )
            ],
            "How many outages were fixed within how long, by the elapsed clock.",
            unit="short",
            w=12,
            h=9,
            decimals=0,
        ),
    ]
    open_now: list[Panel] = [
        table(
            "Open outages, one by one",
            [
                Query(
                    promql.of_subjects(
                        "max by (subject) (time() - hartwatch_outage_began_timestamp_seconds)", labels=NAMED
                    )
                ),
                Query(promql.of_subjects("max by (subject) (hartwatch_fix_clock_used_ratio)", labels=NAMED)),
                Query(promql.of_subjects("max by (subject) (hartwatch_outage_acknowledged)", labels=NAMED)),
            ],
            "All that is down now, also what is carried down by something else: that has no clock of its own.",
            [
                Column("kind", "Kind", width=90),
                Column("name", "What", links=look.OUTAGES_CELL),
                Column("site", "Site", links=look.SITE_CELL),
                Column("Value #A", "Open for", "s", decimals=0),
                Column(
                    "Value #B",
                    "Clock used",
                    "percentunit",
                    decimals=0,
                    steps=((None, look.GREEN), (0.5, look.ORANGE), (0.75, look.RED)),
                ),
                Column("Value #C", "Taken on", words={0: ("✖ nobody", look.RED), 1: ("✔ yes", look.GREEN)}),
            ],
            w=24,
            h=8,
            sort="Open for",
            nothing="✔ no outage is open",
        ),
    ]
    return Board(
        "Outages and service levels",
        "hartwatch-outages",
        "Availability, fix times, outages; the quarter up to now.",
        [Row("Now", now), Row("Open", open_now), Row("The quarter", quarter), Row("How it went", history)],
        choices=("council", "site"),
        since="now-7d",
        refresh="5m",
    )
