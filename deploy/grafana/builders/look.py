"""How things look and where links lead: signs and words beside every colour, steps of colour, links. Plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

TAG = "hartwatch"
AGENT = "http://localhost:9640"  # where people reach the agent's own pages, unless the builders are told otherwise

GREEN, YELLOW, ORANGE, RED, BLUE, GREY, PURPLE = "green", "yellow", "orange", "red", "blue", "#8e8e8e", "purple"

Steps = Sequence[tuple[float | None, str]]
"""(from this value on, colour); the first one is from None on."""
Words = Mapping[int, tuple[str, str]]
"""Number > words with a sign before them, and colour."""
OK_ONLY: Steps = ((None, GREEN),)
PLAIN: Steps = ((None, BLUE),)
BAD_ABOVE_0: Steps = ((None, GREEN), (1, RED))
WARN_ABOVE_0: Steps = ((None, GREEN), (1, ORANGE))
FULL: Steps = ((None, GREEN), (0.8, ORANGE), (0.95, RED))
BUSY: Steps = ((None, GREEN), (0.7, ORANGE), (0.9, RED))
ALL_WANTED: Steps = ((None, RED), (0.5, ORANGE), (1, GREEN))

STANDINGS = {0: ("✔ up", GREEN), 1: ("▲ degraded", ORANGE), 2: ("✖ down", RED), 3: ("? blind", PURPLE)}
UP_DOWN = {0: ("✖ down", RED), 1: ("✔ up", GREEN)}
LEVELS = {0: ("✔ ok", GREEN), 1: ("▲ warning", ORANGE), 2: ("✖ critical", RED), 3: ("? unknown", PURPLE)}
YES_NO = {0: ("no", GREY), 1: ("yes", BLUE)}
OPER = {1: ("✔ up", GREEN), 2: ("✖ down", RED), 3: ("testing", ORANGE), 4: ("? unknown", PURPLE),
        5: ("dormant", GREY), 6: ("absent", GREY), 7: ("✖ layer below down", RED)}  # fmt: skip
ADMIN = {1: ("up", GREEN), 2: ("shut down", GREY), 3: ("testing", ORANGE)}


@dataclass(frozen=True, slots=True)
class Link:
    """A data link. The address may use `${__value.text}` of a cell and `${__field.labels.NAME}` of a series."""

    title: str
    url: str


def to_agent(path: str, title: str) -> Link:
    return Link(title, f"${{agent}}{path}")


def to_board(uid: str, variable: str, value: str, title: str) -> Link:
    return Link(title, f"/d/{uid}?${{__url_time_range}}&var-datasource=${{datasource}}&var-{variable}={value}")


DEVICE_CELL = (
    to_board("hartwatch-device", "device", "${__value.text}", "Dashboard of this device"),
    to_agent("/devices/${__value.text}", "The agent's page of this device"),
)
DEVICE_SERIES = (
    to_board("hartwatch-device", "device", "${__field.labels.device}", "Dashboard of ${__field.labels.device}"),
    to_agent("/devices/${__field.labels.device}", "The agent's page of ${__field.labels.device}"),
)
SITE_CELL = (
    to_board("hartwatch-sites", "site", "${__value.text}", "Dashboard of this site"),
    to_agent("/sites/${__value.text}", "The agent's page of this site"),
)
OUTAGES_CELL = (to_agent("/outages", "Outages, with notes and causes"),)
REGISTER_CELL = (to_agent("/register", "The hardware register"),)
