"""A device's page: traffic as small charts and in words, ages of parts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from agent.latest import Latest
from agent.traffic import SLOT, SLOTS, History, Traffic
from agent.view import View
from agent.web.charts import HEIGHT, WIDTH, rate, spark
from collectors.readings import Cadence, Interface, Part
from tests.readers.test_web_pages import HOSTILE, NOON, Structure, full_of, read, scripts, view, visit, words_of
from tests.web_pages.conftest import Client

MBIT = 1_000_000


def history(received: dict[int, float], sent: dict[int, float] | None = None, **now: float) -> History:
    """By slot from the left."""
    of = [[own.get(n) for n in range(SLOTS)] for own in (received, sent or {})]
    return History(0.0, of[0], of[1], now.get("now_in"), now.get("now_out"))


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


def test_a_chart_is_inside_its_frame_and_the_highest_is_on_top() -> None:
    drawn = spark(history({n: n * MBIT for n in range(SLOTS)}, {0: 5 * MBIT}))
    places = points(drawn.received)
    assert len(places) == SLOTS
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert places[0][1] == max(y for _, y in places)
    assert places[-1][1] == min(y for _, y in places)


def test_the_pen_is_lifted_over_what_is_not_known() -> None:
    known = dict.fromkeys((0, 1, 5, 9, 10), 1.0)
    drawn = spark(history(known))
    assert drawn.received.count("M") == 3
    assert len(points(drawn.received)) == 5
    assert drawn.sent == ""


def test_nought_is_drawn_and_is_not_the_same_as_nothing() -> None:
    assert spark(history({n: 0.0 for n in range(SLOTS)})).drawn
    assert not spark(history({})).drawn


def test_a_chart_says_what_it_shows() -> None:
    drawn = spark(
        history({3: 40 * MBIT, 4: 12 * MBIT}, {3: 5 * MBIT, 4: 3.25 * MBIT}, now_in=12 * MBIT, now_out=3.25e6)
    )
    assert drawn.words == (
        "now 12 Mbit/s in, 3.25 Mbit/s out; highest 40 Mbit/s in, 5 Mbit/s out in the last 3 h, by averages of 5 min; "
        "nothing is known of 2 h 50 min"
    )
    assert spark(history({})).words == "not known now"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 bit/s"),
        (999.4, "999 bit/s"),
        (12_345_678, "12.3 Mbit/s"),
        (999_999_999, "1 Gbit/s"),
        (4.2e10, "42 Gbit/s"),
    ],
)
def test_rates_have_three_figures(value: float, said: str) -> None:
    assert rate(value) == said


# ---------------------------------------------------------------- the page
def ports(after: int, *octets: int, name: str = "Gi1/0/{}") -> tuple[Interface, ...]:
    return tuple(
        Interface(n, name.format(n), alias="uplink" if n == 1 else None, admin="up", oper="up", speed_bps=10**9,
                  in_octets=after * each, out_octets=after * each // 4)
        for n, each in enumerate(octets, 1)
    )  # fmt: skip


def watched_for(minutes: int, *octets: int, name: str = "Gi1/0/{}") -> View:
    latest = Latest(Traffic(lambda device: ("Gi1/0/1",)))
    for back in range(minutes, -1, -5):
        at = NOON - timedelta(minutes=back)
        rows = ports(10_000 - 60 * back, *octets, name=name)
        latest.put(visit("sw-wf-1", Cadence.HEALTH, at, interfaces=rows))
    return view(latest=latest)


async def test_links_and_busy_interfaces_have_a_chart_with_its_words(client: Client) -> None:
    pages = client(watched_for(60, 125_000, 2_500_000, 1_250_000, 0))
    text = (await pages.get("/devices/sw-wf-1")).text
    charts = re.findall(r'<svg class="spark"[^>]*role="img" aria-label="([^"]*)"', text)
    assert len(charts) == 3
    assert charts[0].startswith("now 1 Mbit/s in, 250 kbit/s out; highest 1 Mbit/s in, 250 kbit/s out in the last 3 h")
    said = words_of(text.partition("4 interfaces")[2])
    assert "Gi1/0/1 uplink Wallfields, Virgin Media Up" in said.replace("Wallfields, BT", "Wallfields, Virgin Media")
    assert "1 Mbit/s in, 250 kbit/s out 1 Gbit/s" in said
    assert not Structure(text).open


async def test_whoever_opens_a_page_has_all_interfaces_followed_from_then_on(client: Client) -> None:
    shown = watched_for(60, 125_000, 2_500_000, 1_250_000, 500_000)
    pages = client(shown)
    assert (await pages.get("/devices/sw-wf-1")).text.count('class="spark"') == 3
    for back in (4, 2, 0):
        rows = ports(20_000 - 60 * back, 125_000, 2_500_000, 1_250_000, 500_000)
        shown.latest.put(visit("sw-wf-1", Cadence.HEALTH, NOON - timedelta(minutes=back, seconds=-30), interfaces=rows))
    assert (await pages.get("/devices/sw-wf-1")).text.count('class="spark"') == 4


async def test_a_chart_of_an_interface_with_a_hostile_name_stays_text(client: Client) -> None:
    text = (await client(watched_for(30, 5 * SLOT, name=HOSTILE + "{}")).get("/devices/sw-wf-1")).text
    assert 'class="spark"' in text
    assert scripts(text) == []
    assert not Structure(text).open


async def test_parts_have_their_age_and_what_it_is_known_by(client: Client) -> None:
    shown = full_of("firmware")
    shown.latest.put(visit("sw-wf-1", at=NOON - timedelta(seconds=10), parts=(Part("fan", "1", "F", "firmware", "1"),)))
    said = await read(client(shown), "/devices/sw-wf-1")
    assert "Made Age Stage" in said
    assert "9.4 years installed" in said
