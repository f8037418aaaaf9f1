"""Hardware lifecycle: stages, ages, what falls due in which year and what it costs."""

from __future__ import annotations

from deploy.grafana.builders import look, promql
from deploy.grafana.builders.board import Board, Row
from deploy.grafana.builders.panels import Column, Panel, Query, bars, matrix, series, stat, table

YEAR = 31_557_600
CHOSEN = 'council=~"$council", site=~"$site", class=~"$class"'
BODIES = 'part=~"chassis|stack_member|ha_member|cluster_node|access_point"'
STAGES = {
    "in_life": look.GREEN,
    "review_due": look.YELLOW,
    "refresh_due": look.ORANGE,
    "overdue": look.RED,
    "unsupported": look.PURPLE,
    "unknown": look.GREY,
}
COLUMNS = [
    Column("device", "Device", links=look.DEVICE_CELL, width=130),
    Column("part", "Part", width=120),
    Column("model", "Model"),
    Column("serial", "Serial number", links=look.REGISTER_CELL),
    Column("class", "Class", width=110),
    Column("site", "Site", links=look.SITE_CELL, width=110),
    Column("stage", "Stage", width=110),
]


SHORT = [column for column in COLUMNS if column.name in ("device", "part", "model", "site")]


def _age(low: float, high: float | None) -> str:
    """Pieces of one band of age, in years; those of chosen places and classes."""
    age = f"max by ({promql.ASSET}) (hartwatch_asset_age_seconds{{{BODIES}}})"
    placed = f"max by ({promql.ASSET}) (hartwatch_asset_info{{{CHOSEN}}})"
    upper = f" < {high * YEAR:.0f}" if high is not None else ""
    return f"count({age} * on ({promql.ASSET}) {placed} >= {low * YEAR:.0f}{upper}) or vector(0)"


def _ranked(metric: str, then: str, keep: str) -> str:
    placed = f"max by ({promql.ASSET}) (hartwatch_asset_info{{{CHOSEN}}})"
    return f"{keep}({promql.of_assets(metric, then=then)})\nand on ({promql.ASSET}) {placed})"


def build() -> Board:
    stages: list[Panel] = [
        *(
            stat(
                title,
                f'sum(hartwatch_assets{{stage="{stage}", {CHOSEN}}}) or vector(0)',
                words,
                w=4,
                steps=steps,
                colour="background" if loud else "value",
                links=look.REGISTER_CELL,
            )
            for title, stage, words, steps, loud in (
                ("In life", "in_life", "Nothing is due.", look.OK_ONLY, False),
                (
                    "Review due",
                    "review_due",
                    "Old enough for somebody to decide when it goes (4 years, unless the inventory says otherwise).",
                    look.WARN_ABOVE_0,
                    False,
                ),
                (
                    "Refresh due",
                    "refresh_due",
                    "To be replaced within the time that buying takes.",
                    look.WARN_ABOVE_0,
                    False,
                ),
                (
                    "Overdue",
                    "overdue",
                    "Past the day by which it was to be replaced (7 years at the latest).",
                    look.BAD_ABOVE_0,
                    True,
                ),
                (
                    "Unsupported",
                    "unsupported",
                    "The vendor no longer corrects faults of security in it.",
                    look.BAD_ABOVE_0,
                    True,
                ),
                (
                    "Age not known",
                    "unknown",
                    "No evidence of its age: a purchase date is wanted.",
                    look.WARN_ABOVE_0,
                    True,
                ),
            )
        ),
        matrix(
            "Stages by class",
            f"sum by (class, stage) (hartwatch_assets{{{CHOSEN}}})",
            "Pieces of hardware of each class by their stage of life.",
            unit="short",
            rows="class",
            columns="stage",
            colours=STAGES,
            w=14,
            h=10,
        ),
        matrix(
            "Stages by council",
            f"sum by (council, stage) (hartwatch_assets{{{CHOSEN}}})",
            "Whose hardware it is, by the owner of the site.",
            unit="short",
            rows="council",
            columns="stage",
            colours=STAGES,
            w=10,
            h=10,
        ),
    ]
    ages: list[Panel] = [
        bars(
            "Age of devices",
            [
                Query(_age(low, high), words)
                for low, high, words in (
                    (0, 4, "under 4 years"),
                    (4, 5, "4 to 5 years"),
                    (5, 7, "5 to 7 years"),
                    (7, None, "over 7 years"),
                )
            ],
            "Chassis, members of stacks and clusters, and access points by age, by the best evidence of it. "
            "Hardware is reviewed "
            "at 4 years and lasts 7 at most.",
            unit="short",
            w=8,
            h=9,
            decimals=0,
        ),
        bars(
            "How the age is known",
            Query(
                f"count by (evidence) (max by ({promql.ASSET}, evidence) (hartwatch_asset_age_seconds) * on "
                f"({promql.ASSET}) "
                f"group_left () max by ({promql.ASSET}) (hartwatch_asset_info{{{CHOSEN}}}))",
                "{{evidence}}",
            ),
            "Best first: purchased, installed, reported by the device, coded in the serial number, first seen. "
            "First seen is a "
            "lower limit.",
            unit="short",
            w=8,
            h=9,
            decimals=0,
        ),
        bars(
            "Software",
            Query(
                f"sum by (stage) (max by ({promql.ASSET}, stage) (hartwatch_asset_software_stage) * on "
                f"({promql.ASSET}) "
                f"group_left () max by ({promql.ASSET}) (hartwatch_asset_info{{{CHOSEN}}}))",
                "{{stage}}",
            ),
            "How the software of devices stands: reviewed every three years, and whether the vendor still corrects it.",
            unit="short",
            w=8,
            h=9,
            decimals=0,
        ),
    ]
    programme: list[Panel] = [
        matrix(
            "Cost of the refresh programme",
            'sum by (year, council) (hartwatch_refresh_cost_pounds{council=~"$council"})',
            "What each council pays in each financial year, without VAT, under the inventory's cap. Hardware "
            "without a price is "
            "not in it.",
            unit="currencyGBP",
            rows="year",
            columns="council",
            w=14,
            h=9,
        ),
        matrix(
            "Pieces replaced each year",
            'label_replace(max by (year) (hartwatch_refresh_due), "what", "pieces", "", "")',
            "How many pieces the programme replaces in each financial year, those without a price among them. "
            "For the whole "
            "service.",
            unit="short",
            rows="year",
            columns="what",
            w=10,
            h=9,
        ),
    ]
    lists: list[Panel] = [
        table(
            "Falls due first",
            _ranked("hartwatch_asset_refresh_due_timestamp_seconds", " - time()", "bottomk(60, "),
            "The sixty pieces that are to be replaced first; below nought they are overdue. All: the agent's register.",
            [
                *COLUMNS,
                Column(
                    "Value",
                    "Due in",
                    "s",
                    decimals=1,
                    width=110,
                    steps=((None, look.RED), (YEAR, look.ORANGE), (2 * YEAR, look.GREEN)),
                ),
            ],
            w=24,
            h=11,
            sort="Due in",
            descending=False,
            filterable=True,
            nothing="nothing has a day by which it is to be replaced",
        ),
        table(
            "Vendor support ends",
            _ranked("hartwatch_asset_end_of_support_timestamp_seconds", " - time()", "bottomk(40, "),
            "By the vendors' notices and support contracts; below nought it has ended.",
            [
                *COLUMNS,
                Column(
                    "Value",
                    "Ends in",
                    "s",
                    decimals=1,
                    width=110,
                    steps=((None, look.RED), (YEAR / 2, look.ORANGE), (YEAR, look.GREEN)),
                ),
            ],
            w=24,
            h=9,
            sort="Ends in",
            descending=False,
            nothing="no notice or contract covers any of it",
        ),
        table(
            "Kept for longer by exception",
            promql.of_assets("hartwatch_asset_kept_until_timestamp_seconds", then=" - time()"),
            "Exceptions have an owner and a reason in the register, and alert again when they expire.",
            [
                *SHORT,
                Column(
                    "Value",
                    "Expires in",
                    "s",
                    decimals=0,
                    width=110,
                    steps=((None, look.RED), (YEAR / 4, look.ORANGE), (YEAR / 2, look.GREEN)),
                ),
            ],
            w=12,
            h=9,
            sort="Expires in",
            descending=False,
            nothing="nothing is kept for longer",
        ),
        series(
            "Stages over 90 days",
            Query(f"sum by (stage) (hartwatch_assets{{{CHOSEN}}})", "{{stage}}"),
            "How the estate grows older, and younger where it is renewed.",
            unit="short",
            stacked=True,
            w=12,
            h=9,
            links=(),
            since="90d",
            decimals=0,
        ),
    ]
    return Board(
        "Hardware lifecycle",
        "hartwatch-lifecycle",
        "Stages of life, ages, what falls due in which year and what it costs.",
        [Row("Stages", stages), Row("Ages", ages), Row("Programme", programme), Row("Lists", lists)],
        choices=("council", "site", "class"),
        since="now-24h",
        refresh="15m",
    )
