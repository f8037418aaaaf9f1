"""Hardware that cannot be polled, exceptions to policy, and what the programme reckons with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from agent.inventory import Estate, difference, read
from agent.inventory.model import PARTS
from agent.inventory.resolve import effective, policy
from collectors import load_profiles
from tests.inventory.conftest import SOUND

Told = Callable[..., list[str]]
Load = Callable[[str], Estate]

GOOD = (
    SOUND
    + """\
hardware:
  ups-dumb: {class: ups, site: wallfields, vendor: APC, model: SMT1500, serial: AS1846291733, manufactured: 2018-11-14,
             owned: {purchased: 2019-01-21, price: 690}, replace_years: 10}
  board: {device: sw-wf-1, part: line_card, model: C9300-NM-8X, battery_years: 2}
exceptions:
  old: {devices: [sw-wf-1], parts: [chassis], until: 2027-03-31, owner: ICT manager, reason: The building is sold}
programme:
  prices_of: 2026-27
  uplift: 0.03
  cap: 120000
  costs:
    - {class: switch, price: 4200}
    - {models: [C9300*, C9200*], price: 5900.50, title: Stack member}
"""
)


def test_the_new_sections_are_read(estate_of: Load) -> None:
    estate = estate_of(GOOD)
    ups, board = estate.hardware["ups-dumb"], estate.hardware["board"]
    assert (ups.class_, ups.site, ups.part, ups.manufactured) == ("ups", "wallfields", "chassis", date(2018, 11, 14))
    assert ups.owned.price == Decimal("690.00")
    assert (board.device, board.part, board.class_) == ("sw-wf-1", "line_card", None)
    assert estate.exceptions["old"].until == date(2027, 3, 31)
    programme = estate.programme
    assert (programme.prices_of, programme.uplift, programme.cap) == ("2026-27", Decimal("0.03"), Decimal("120000.00"))
    assert [(c.class_, c.models, c.price) for c in programme.costs] == [
        ("switch", [], Decimal("4200.00")), (None, ["C9300*", "C9200*"], Decimal("5900.50")),
    ]  # fmt: skip


def test_an_estate_without_them_has_no_hardware_no_exceptions_and_no_prices(estate_of: Load) -> None:
    estate = estate_of(SOUND)
    assert (estate.hardware, estate.exceptions) == ({}, {})
    assert (estate.programme.prices_of, estate.programme.uplift, estate.programme.cap) == (None, 0, None)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        pytest.param("site: wallfields, vendor", "site: walfields, vendor",
                     "inventory.yaml:18:32: hardware.ups-dumb.site: there is no site 'walfields' "
                     "(did you mean 'wallfields'?)", id="a site that is not there"),
        pytest.param("class: ups, site: wallfields, ", "class: ups, ",
                     "inventory.yaml:18:13: hardware.ups-dumb: site is missing (add site:, or device:)", id="no site"),
        pytest.param("class: ups, site", "site",
                     "inventory.yaml:18:13: hardware.ups-dumb: class is missing (add class:, or device:)",
                     id="no class"),
        pytest.param("device: sw-wf-1, part", "device: sw-wf-2, part",
                     "inventory.yaml:20:19: hardware.board.device: there is no device 'sw-wf-2' "
                     "(did you mean 'sw-wf-1'?)", id="a device that is not there"),
        pytest.param("device: sw-wf-1, part", "device: sw-wf-1, class: switch, part",
                     "inventory.yaml:20:35: hardware.board.class: the device gives the class (leave one of them out)",
                     id="class twice"),
        pytest.param("part: line_card", "part: line_card, serial: as1846291733",
                     "inventory.yaml:20:53: hardware.board.serial: as1846291733 is the serial number of ups-dumb too "
                     "(inventory.yaml:18) (a serial number is one piece of hardware)", id="a serial number twice"),
        pytest.param("serial: AS1846291733", "serial: N/A",
                     "inventory.yaml:18:81: hardware.ups-dumb.serial: 'N/A' is no serial number but what stands in the "
                     "place of one (leave it out)", id="no serial number"),
        pytest.param("replace_years: 10", "replace_years: 3, review_years: 5",
                     "inventory.yaml:19:90: hardware.ups-dumb.review_years: hardware is reviewed before it is "
                     "replaced, not after", id="reviewed after"),
        pytest.param("price: 690}", "price: 690, shares: {stevenag: 1}}",
                     "inventory.yaml:19:76: hardware.ups-dumb.owned.shares.stevenag: there is no council 'stevenag' "
                     "(did you mean 'stevenage'?)", id="a council that is not there"),
        pytest.param("devices: [sw-wf-1], parts: [chassis], ", "",
                     "inventory.yaml:22:8: exceptions.old: it does not say what is kept, which would be everything "
                     "(give one of serials, devices, hardware, classes, sites, models, parts)", id="keeps everything"),
        pytest.param("devices: [sw-wf-1], parts", "devices: [sw-wf-1, sw-wf], parts",
                     "inventory.yaml:22:28: exceptions.old.devices[1]: there is no device 'sw-wf' "
                     "(did you mean 'sw-wf-1'?)", id="keeps a device that is not there"),
        pytest.param("parts: [chassis]", "hardware: [ups-dum]",
                     "inventory.yaml:22:40: exceptions.old.hardware[0]: there is no hardware 'ups-dum' "
                     "(did you mean 'ups-dumb'?)", id="keeps hardware that is not there"),
        pytest.param("parts: [chassis]", "classes: [swich]",
                     "inventory.yaml:22:39: exceptions.old.classes[0]: 'swich' is not one of firewall, switch, router, "
                     "wifi_controller, wifi_ap, ups, pdu, environment, bmc, storage, hypervisor, server, "
                     "load_balancer, voice (did you mean 'switch'?)", id="keeps a class that is not there"),
        pytest.param("owner: ICT manager, ", "",
                     "inventory.yaml:22:8: exceptions.old.owner: this key is required and missing", id="no owner"),
        pytest.param("until: 2027-03-31", "until: 31/03/2027",
                     "inventory.yaml:22:54: exceptions.old.until: a date is year-month-day such as 2019-04-01, not "
                     "'31/03/2027' (did you mean 2027-03-31?)", id="a date otherwise"),
        pytest.param("prices_of: 2026-27", "prices_of: 2026-28",
                     "inventory.yaml:24:14: programme.prices_of: a financial year is written 2026-27, not '2026-28' "
                     "(write 2026-27)", id="no financial year"),
        pytest.param("cap: 120000", "cap: -1",
                     "inventory.yaml:26:8: programme.cap: money is not negative here", id="a negative cap"),
        pytest.param("cap: 120000", "caps: 120000",
                     "inventory.yaml:26:3: programme.caps: unknown key (did you mean 'cap'?)", id="an unknown key"),
        pytest.param("{class: switch, price: 4200}", "{price: 4200}",
                     "inventory.yaml:28:7: programme.costs[0]: it does not say what it is the price of "
                     "(give models, part or class)", id="a price of everything"),
        pytest.param("{class: switch, price: 4200}", "{class: switch}",
                     "inventory.yaml:28:7: programme.costs[0].price: this key is required and missing", id="no price"),
        pytest.param("{class: switch, price: 4200}", "{models: [c9300-48P], price: 4200}",
                     "inventory.yaml:29:7: programme.costs[1]: costs[0] (line 28) fits the same hardware, and neither "
                     "is more specific (leave one of them out, or say more in one)", id="two prices of a model"),
        pytest.param("- {models: [C9300*, C9200*], price", "- {class: switch, price",
                     "inventory.yaml:29:7: programme.costs[1]: costs[0] (line 28) fits the same hardware, and neither "
                     "is more specific (leave one of them out, or say more in one)", id="two prices of a class"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(told: Told, old: str, new: str, wanted: str) -> None:
    assert GOOD.count(old) == 1
    assert told(GOOD.replace(old, new)) == [wanted]


@pytest.mark.parametrize(
    "other",
    [
        "{models: [C9300*], class: router, price: 1}",
        "{models: [C9300*], part: fan, price: 1}",
        "{models: [C94*], price: 1}",
        "{part: fan, price: 1}",
        "{part: fan, class: switch, price: 1}",
    ],
)
def test_costs_that_differ_in_how_specific_they_are_may_fit_the_same(told: Told, other: str) -> None:
    assert told(GOOD + f"    - {other}\n") == []


def test_a_key_of_the_programme_is_set_once_over_all_files(told: Told) -> None:
    found = told(f"include: [more.yaml]\n{GOOD}", more_yaml="programme: {uplift: 0.05}\n")
    assert [line for line in found if "already set" in line] == [
        "more.yaml:1:13: programme.uplift: 'uplift' is already set at inventory.yaml:26 (one name, one place)"
    ]


def test_an_expired_exception_is_a_warning_on_its_day_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert read(path, today=date(2027, 3, 30)).warnings == ()
    (warning,) = read(path, today=date(2027, 3, 31)).warnings
    assert "expired on 2027-03-31" in warning.message
    assert (warning.line, warning.key) == (22, "exceptions.old.until")
    assert read(path).warnings == ()


def test_a_part_that_no_family_tells_of_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(GOOD.replace("part: line_card", "part: line_crad"), encoding="utf-8")
    (warning,) = read(path).warnings
    assert warning.suggestion == "did you mean 'line_card'?"


def test_every_part_that_shipped_families_tell_of_is_known() -> None:
    told_of = {found.part for profile in load_profiles() for found in profile.components}
    assert "stack_member" in told_of
    assert told_of <= set(PARTS)


def test_policy_is_looked_for_in_the_entry_then_at_site_class_and_all(estate_of: Load) -> None:
    estate = estate_of(
        GOOD
        + """\
class_defaults:
  ups: {replace_years: 9, battery_years: 3}
site_defaults:
  wallfields: {battery_years: 5, software_review_years: 2}
"""
    )
    ups = estate.hardware["ups-dumb"]
    found = policy(estate, ups.class_, ups.site, (ups,))
    assert found == {
        "review_years": (4.0, "built in"), "replace_years": (10.0, "hardware"),
        "battery_years": (5.0, "site_defaults.wallfields"),
        "software_review_years": (2.0, "site_defaults.wallfields"),
    }  # fmt: skip


def test_the_policy_of_a_device_is_what_is_in_force_for_it(estate_of: Load) -> None:
    estate = estate_of(SOUND.replace("ssh: shell, ", "ssh: shell, battery_years: 2, "))
    device = estate.devices["sw-wf-1"]
    whole = effective(estate, device)
    for key, (years, origin) in policy(estate, device.class_, device.site, (device,)).items():
        assert (years, origin) == (getattr(whole, key), whole.origins[key])


def test_a_changed_price_and_a_new_exception_are_differences(estate_of: Load) -> None:
    before = estate_of(GOOD)
    after = estate_of(GOOD.replace("price: 4200", "price: 4300").replace("old: {", "older: {"))
    assert [str(change) for change in difference(before, after).elsewhere] == [
        "exceptions.old removed", "exceptions.older added", "programme.costs changed",
    ]  # fmt: skip
