"""Wi-Fi: controllers, access points and clients, from what visits told; missing ones by name; nothing that is old."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from agent.facts import Asset, Standing
from agent.hardware.register import pieces_of
from agent.inventory.model import Estate
from agent.latest import Latest
from agent.topology import Topology
from agent.view import View, watched_of
from agent.watched import INTERVALS
from agent.web.wifi import _band, _band_of, wifi_of
from collectors.readings import Block, Cadence, Check, Group, Layout, Level, Metric, Part, Visit
from tests.readers.test_web_pages import HOSTILE, NOON, Structure, down, read, scripts, view, visit
from tests.web_pages.conftest import Client

CLIENTS = Metric("hartwatch_wifi_radio_clients", "Stations.")
CHANNEL = Metric("hartwatch_wifi_radio_channel", "Channel.")
SSID = Metric("hartwatch_wifi_ssid_clients", "Stations.")
LLDP = Metric("hartwatch_lldp_neighbour", "Neighbour.")
AGO = timedelta(seconds=20)


def block(cadence: Cadence, *rows: tuple[Metric, dict[str, str], float | None]) -> Block:
    groups = tuple(Group(metric, (tuple(labels.items()),)) for metric, labels, _ in rows)
    return Block(Layout(cadence, groups), tuple(value for *_, value in rows))


def radio(
    ap: str, band: str, clients: int, channel: int | None = None
) -> list[tuple[Metric, dict[str, str], float | None]]:
    labels = {"ap_mac": f"02:{ap}", "slot": band[:1], "ap": ap, "band": band}
    return [(CLIENTS, labels, clients), (CHANNEL, labels, channel)]


def estate() -> Estate:
    devices = [
        ("wlc-1", "wifi_controller", "daneshill"), ("sw-1", "switch", "wallfields"), ("sw-2", "switch", "theatre"),
        ("ap-alone", "wifi_ap", "theatre"),
    ]  # fmt: skip
    return Estate.model_validate(
        {
            "councils": {"ehdc": {"title": "East Herts", "share": "1"}},
            "sites": {
                name: {"title": name.title(), "kind": "office", "owner": "ehdc"}
                for name in ("daneshill", "wallfields", "theatre")
            },
            "devices": {
                name: {"name": name, "address": f"192.0.2.{n}", "class": role, "site": site}
                for n, (name, role, site) in enumerate(devices, 1)
            },
        }
    )


def controller(*checks: Check, text: str = "ap-1", **changes: object) -> Visit:
    """Two access points with radios, one more that is lost, and network names."""
    rows = [
        *radio(text, "2.4 GHz", 3, 6), *radio(text, "5 GHz", 11, 44), *radio("ap-theatre-2", "5 GHz", 5, 100),
        (SSID, {"ssid": "Staff"}, 15.0), (SSID, {"ssid": text}, 4.0),
    ]  # fmt: skip
    points = (
        Check("access_point", text, "associated", Level.OK),
        Check("access_point", "ap-theatre-2", "downloading", Level.WARNING),
        Check("access_point", "ap-gone", "not on the controller", Level.CRITICAL),
    )  # fmt: skip
    given: dict[str, object] = {
        "blocks": (block(Cadence.HEALTH, *rows),), "checks": (*points, *checks),
        "wireless": {"clients": 19.0, "access_points": 2.0, "access_points_up": 1.0, "access_points_limit": 50.0},
        "parts": (Part("access_point", text, "AP-515", "S1"),), **changes,
    }  # fmt: skip
    return visit("wlc-1", Cadence.INVENTORY, NOON - AGO, **given)


def wireless(*visits: Visit, **changes: object) -> View:
    found, latest = estate(), Latest()
    for one in visits:
        latest.put(one)
    asset = Asset(
        UUID(int=9), "k", "wlc-1", "access_point", "ap-gone", "", "HPE", "AP-305", "S9", "8.6", None, None, None,
        NOON - timedelta(days=400), NOON - timedelta(hours=5), "", None, None, (),
    )  # fmt: skip
    given: dict[str, object] = {"pieces": pieces_of([asset], found, NOON.date()), "board": {}, **changes}
    return view(estate=found, watched=watched_of(found, INTERVALS), topology=Topology.of(found), latest=latest, **given)


def sees(switch: str, neighbour: str) -> Visit:
    labels = {"local_port": "1", "port": "1", "neighbour": neighbour, "neighbour_port": "eth0", "chassis": "02:01",
              "capabilities": "1400"}  # fmt: skip
    return visit(switch, Cadence.INVENTORY, NOON - AGO, blocks=(block(Cadence.INVENTORY, (LLDP, labels, 1.0)),))


def test_what_a_controller_tells_is_put_together_by_access_point() -> None:
    page = wifi_of(wireless(controller()))
    (one,) = [point for point in page.points if point.name == "ap-1"]
    assert (one.clients, one.channels, one.model) == (14, "6 (2.4 GHz), 44 (5 GHz)", "AP-515")
    assert one.seen_at == NOON - AGO
    assert [point.name for point in page.points] == ["ap-gone", "ap-theatre-2", "ap-1"]
    assert page.networks[0][:2] == ("Staff", 15)
    (told,) = [c for c in page.controllers if c.named.title == "wlc-1"]
    assert (told.known, told.up, told.down, told.most, told.clients) == (2, 1, None, 50, 19)
    assert page.level is Level.CRITICAL


def test_who_is_missing_is_named_with_when_it_was_last_seen() -> None:
    (gone,) = wifi_of(wireless(controller())).missing
    assert (gone.name, gone.model, gone.seen_at) == ("ap-gone", "AP-305", NOON - timedelta(hours=5))
    assert gone.url == f"/register/{UUID(int=9)}"


@pytest.mark.parametrize(
    ("seen", "title", "by"),
    [
        ([], None, ""),
        ([sees("sw-1", "AP-1.east.example")], "Wallfields", "seen by a switch there"),
        ([sees("sw-1", "ap-1"), sees("sw-2", "ap-1")], None, ""),  # two buildings say they have it
    ],
)
def test_where_an_access_point_stands_is_known_from_the_switch_that_sees_it(
    seen: list[Visit], title: str | None, by: str
) -> None:
    points = {point.name: point for point in wifi_of(wireless(controller(), *seen)).points}
    site = points["ap-1"].site
    assert (site.title if site else None, points["ap-1"].placed_by) == (title, by)
    other = points["ap-theatre-2"]
    assert other.site is not None
    assert (other.site.title, other.placed_by) == ("Theatre", "by its name")


def test_clients_are_counted_by_building_and_band() -> None:
    page = wifi_of(wireless(controller(), sees("sw-1", "ap-1")))
    found = {place.title: (dict(place.bands), place.clients, place.points, place.up) for place in page.places}
    assert found["Wallfields"] == ({"2.4 GHz": 3, "5 GHz": 11}, 14, 1, 1)
    assert found["Theatre"] == ({"5 GHz": 5}, 5, 1, 0)
    assert page.bands == ["2.4 GHz", "5 GHz"]


def test_what_is_too_old_is_not_counted() -> None:
    page = wifi_of(wireless(controller(), now=NOON + timedelta(hours=2)))
    assert page.points == []
    assert page.clients is None
    assert page.controllers[-1].age is None or page.controllers[0].age is None


def test_an_access_point_that_is_watched_by_itself_stands_as_its_device_does_and_is_not_counted_twice() -> None:
    alone = visit("ap-alone", at=NOON - AGO, wireless={"clients": 7.0}, checks=())
    doubled = controller(Check("access_point", "AP-Alone", "associated", Level.OK))
    page = wifi_of(wireless(alone, doubled, board={"device:ap-alone": down(timedelta(hours=1))}))
    (own,) = [point for point in page.points if point.name.casefold() == "ap-alone"]
    assert (own.clients, own.level, own.state, own.placed_by) == (
        7,
        Level.CRITICAL,
        Standing.DOWN.value,
        "in the inventory",
    )


@pytest.mark.parametrize(
    ("said", "band"),
    [
        ("5 GHz", "5 GHz"), ("2.4GHz", "2.4 GHz"), ("802.11n 2.4 ghz", "2.4 GHz"), ("6 GHz", "6 GHz"),
        ("1", "band not told"), ("", "band not told"), ("15 GHz", "band not told"),
    ],
)  # fmt: skip
def test_bands_are_read_as_families_write_them(said: str, band: str) -> None:
    assert _band(said) == band


def test_a_channel_tells_the_band_where_it_can() -> None:
    assert [_band_of(channel) for channel in (1, 14, 36, 165, 0, 20, 233)] == [
        "2.4 GHz", "2.4 GHz", "5 GHz", "5 GHz", "band not told", "band not told", "band not told",
    ]  # fmt: skip


async def test_the_page_says_it_all_and_is_well_formed(client: Client) -> None:
    said = await read(client(wireless(controller(), sees("sw-1", "ap-1"))), "/wifi")
    for words in (
        "2 access points are not OK", "19 clients connected", "Missing ap-gone AP-305 on wlc-1 , last seen 08:00",
        "wlc-1 Wi-Fi controller", "Wallfields 1 1 3 11 14", "Staff 15 wlc-1",
        "ap-1 OK 14 6 (2.4 GHz), 44 (5 GHz) Wallfields seen by a switch there wlc-1 AP-515 12:59",
    ):  # fmt: skip
        assert words in said, said


async def test_what_controllers_say_stays_text(client: Client) -> None:
    answer = await client(wireless(controller(text=HOSTILE), sees("sw-1", HOSTILE))).get("/wifi")
    assert scripts(answer.text) == []
    assert not {"\x1b", "\u202e"} & set(answer.text)
    page = Structure(answer.text)
    assert not page.open
    assert [tag for tag, _ in page.tags].count("caption") == [tag for tag, _ in page.tags].count("table")


async def test_an_estate_without_wifi_has_a_page(client: Client) -> None:
    said = await read(client(view()), "/wifi")
    assert "The inventory has no Wi-Fi controllers." in said
    assert "No controller tells of any." in said
