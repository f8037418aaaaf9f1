"""Search: whatever is known of a thing finds it; the one device that is meant is opened at once."""

from __future__ import annotations

import pytest

from agent.latest import Latest
from agent.view import View
from agent.web.search import MOST, only, search
from collectors.readings import Identity
from tests.readers.test_web_pages import HOSTILE, OUTAGE, Structure, full_of, scripts, storm, view, visit, words_of
from tests.web_pages.conftest import Client
from tests.web_pages.making import large, view_of


def told(**serials: str) -> View:
    shown = view(latest=Latest())
    for name, serial in serials.items():
        identity = Identity(vendor="Aruba", model="6300M", serial=serial)
        shown.latest.put(visit(name.replace("_", "-"), identity=identity))
    return shown


def titles(view: View, asked: str) -> dict[str, list[str]]:
    return {kind.title: [hit.title for hit in kind.hits] for kind in search(view, asked).kinds}


@pytest.mark.parametrize(
    ("asked", "kind", "found"),
    [
        ("core", "Devices", "core-1"), ("192.0.2.1", "Devices", "sw-wf-1"), ("SG00", "Devices", "core-1"),
        ("wallfields switch", "Devices", "sw-wf-2"), ("6300m daneshill", "Devices", "core-1"),
        ("Daneshill", "Sites", "Daneshill House"), ("data centre", "Sites", "Daneshill House"),
        ("telephony", "Services", "Telephony"), ("VM-1", "Links", "Wallfields, Virgin Media"),
        ("bt", "Links", "Wallfields, BT"),
    ],
)  # fmt: skip
def test_things_are_found_by_name_address_serial_building_and_what_else_is_known(
    asked: str, kind: str, found: str
) -> None:
    assert found in titles(view(), asked)[kind]


def test_all_words_have_to_fit_one_thing() -> None:
    assert search(view(), "core wallfields").total == 0
    assert search(view(), "").total == search(view(), "   ").total == 0


def test_what_is_called_so_comes_before_what_is_said_so() -> None:
    assert titles(view(), "sw-wf-2")["Devices"][0] == "sw-wf-2"


@pytest.mark.parametrize("asked", [str(OUTAGE), "8f3a41c2", "8F3A41C2"])
def test_an_outage_is_found_by_its_id_or_the_end_of_it(asked: str) -> None:
    assert titles(storm(), asked)["Outages"] == ["Outage of sw-wf-1"]


def test_a_short_piece_of_an_id_finds_no_outage() -> None:
    assert "Outages" not in titles(storm(), "8f3a")


def test_an_outage_is_found_by_what_was_down() -> None:
    assert titles(storm(), "core-1")["Outages"] == ["Outage of core-1"]


def test_hardware_is_found_and_leads_to_its_page() -> None:
    (kind,) = [kind for kind in search(full_of("firmware"), "firmware").kinds if kind.title == "Hardware"]
    assert kind.hits[0].url.startswith("/register/")


def test_many_hits_are_bounded_and_counted() -> None:
    found = search(view_of(large(400, devices=3)), "sw")
    (devices,) = found.kinds
    assert (len(devices.hits), devices.more, found.total) == (MOST, 1200 - MOST, 1200)


@pytest.mark.parametrize("asked", ["sw-wf-1", " SW-WF-1 ", "192.0.2.1", "abc123"])
async def test_exactly_one_device_is_opened_at_once(client: Client, asked: str) -> None:
    shown = told(sw_wf_1="ABC123", core_1="XYZ")
    answer = await client(shown).get("/search", params={"q": asked})
    assert answer.status_code == 302
    assert answer.headers["location"] == "/devices/sw-wf-1"


async def test_a_serial_number_of_two_devices_opens_none_of_them(client: Client) -> None:
    shown = told(sw_wf_1="ABC123", core_1="ABC123")
    assert only(shown, "ABC123") is None
    answer = await client(shown).get("/search?q=ABC123")
    assert answer.status_code == 200
    assert "2 things for “ABC123”" in words_of(answer.text)


async def test_the_box_in_the_head_leads_here_and_keeps_what_was_asked(client: Client) -> None:
    pages = client(view())
    assert '<form class="search" action="/search"' in (await pages.get("/")).text
    assert 'name="q" value="wallfields"' in (await pages.get("/search?q=wallfields")).text


async def test_what_is_asked_and_what_is_found_stay_text(client: Client) -> None:
    shown = full_of(HOSTILE)
    shown.latest.put(visit("sw-wf-1", identity=Identity(HOSTILE, HOSTILE, f"{HOSTILE} 1", HOSTILE, HOSTILE)))
    for asked in ("sw", HOSTILE, "x" * 5000, "%00", "script"):
        answer = await client(shown).get("/search", params={"q": asked})
        assert answer.status_code == 200
        assert scripts(answer.text) == []
        assert not {"\x1b", "\u202e"} & set(answer.text)
        assert not Structure(answer.text).open


async def test_nothing_found_says_so(client: Client) -> None:
    assert "Nothing fits." in words_of((await client(view()).get("/search?q=nowhere")).text)
