"""The evidence ladder: what dates a piece of hardware, best first, and what contradicts what."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.facts import Asset
from agent.lifecycle import EVIDENCE, Evidence, Owning, dated
from agent.lifecycle.placeholders import FALSE_DAYS

SEEN = date(2026, 1, 5)
SERIAL = "FCW2140L0AB"  # the week of 2017-10-02


def asset(first_seen: date = SEEN, last_seen: date | None = None, part: str = "chassis", **values: str | None) -> Asset:
    first, last = (datetime.combine(day, time(12), UTC) for day in (first_seen, last_seen or first_seen))
    row: dict[str, str | None] = {
        "vendor": "Cisco", "model": "C9300-48P", "serial": None, "version": None, "manufactured": None,
        "installed": None, "replace_by": None, **values,
    }  # fmt: skip
    return Asset(UUID(int=1), "k", "sw", part, "sw", "", first_seen_at=first, last_seen_at=last, **row)  # type: ignore[arg-type]


# ---------------------------------------------------------------- the ladder
def test_evidence_is_taken_in_its_order_and_the_whole_ladder_is_kept() -> None:
    thing = asset(serial=SERIAL, manufactured="2017-10-20", installed="2018-06-01")
    owned = Owning(purchased=date(2018, 3, 1), installed=date(2018, 4, 1), origin="bought.csv:7")
    found = dated(thing, owned)
    assert [(one.kind, one.day, one.confidence) for one in found.ladder] == [
        ("purchased", date(2018, 3, 1), "certain"),
        ("installed", date(2018, 4, 1), "certain"),
        ("installed", date(2018, 6, 1), "certain"),
        ("reported", date(2017, 10, 20), "good"),
        ("serial", date(2017, 10, 2), "fair"),
        ("first_seen", SEEN, "low"),
    ]
    assert [one.source for one in found.ladder] == [
        "purchase (bought.csv:7)",
        "installation (bought.csv:7)",
        "date of installation that the device reports",
        "date of manufacture that the device reports",
        "serial number (cisco: the week it was made in)",
        "first seen",
    ]
    assert (found.since, found.kind, found.confidence) == (date(2018, 3, 1), "purchased", "certain")
    for one, of, kind in (
        (thing, Owning(installed=date(2018, 4, 1)), "installed"),
        (thing, None, "installed"),
        (replace(thing, installed=None), None, "reported"),
        (replace(thing, installed=None, manufactured=None), None, "serial"),
        (replace(thing, installed=None, manufactured=None, serial=None), None, "first_seen"),
    ):
        assert dated(one, of).kind == kind


def test_the_confidence_of_a_serial_number_is_that_of_its_rule() -> None:
    found = dated(asset(vendor="Fortinet", model="FortiGate 60F", serial="FGT60FTK20056924"))
    assert (found.kind, found.since, found.confidence) == ("serial", date(2020, 1, 1), "low")


# ---------------------------------------------------------------- as old as the device it is in
CHASSIS = dated(asset(serial=SERIAL))


def part(first_seen: date = SEEN, kind: str = "power_supply", **values: str | None) -> Asset:
    return asset(first_seen, part=kind, **values)


def test_a_part_that_nothing_dates_is_as_old_as_the_device_it_was_first_seen_in() -> None:
    found = dated(part(), None, whole=CHASSIS)
    assert (found.since, found.kind, found.confidence) == (date(2017, 10, 2), "device", "low")
    assert found.ladder[0].source == ("the device it is in: serial number (cisco: the week it was made in)")
    assert dated(part(SEEN + timedelta(days=31)), None, whole=CHASSIS).kind == "device"


@pytest.mark.parametrize(
    ("one", "whole", "kind"),
    [
        pytest.param(part(SEEN + timedelta(days=32)), CHASSIS, "first_seen", id="it came later"),
        pytest.param(part(), None, "first_seen", id="nothing is known of the device"),
        pytest.param(part(), dated(asset()), "first_seen", id="nothing dates the device"),
        pytest.param(part(), Evidence(None, "none", "none"), "first_seen", id="nothing at all dates the device"),
        pytest.param(part(kind="battery"), CHASSIS, "first_seen", id="a battery is replaced by itself"),
        pytest.param(part(kind="access_point"), CHASSIS, "first_seen", id="an access point is not in its controller"),
        pytest.param(part(kind="stack_member"), CHASSIS, "first_seen", id="a member of a stack is not in another"),
        pytest.param(part(kind="ha_member"), CHASSIS, "first_seen", id="a peer is not in the other"),
        pytest.param(part(serial="LIT18033E97", model="PWR-C1-715WAC"), CHASSIS, "serial", id="it has its own date"),
        pytest.param(
            part(SEEN - timedelta(days=20)),
            dated(asset(), Owning(purchased=SEEN)), "first_seen", id="it was seen before the device was bought",
        ),
    ],
)  # fmt: skip
def test_the_age_of_the_device_is_taken_for_nothing_else(one: Asset, whole: Evidence | None, kind: str) -> None:
    assert dated(one, None, whole=whole).kind == kind


# ---------------------------------------------------------------- contradictions
@pytest.mark.parametrize(
    ("one", "owned", "said"),
    [
        pytest.param(asset(serial=SERIAL, manufactured="2017-11-08"), None, (), id="31 days after the week"),
        pytest.param(
            asset(serial=SERIAL, manufactured="2017-11-09"), None,
            (
                "the device says that it was made on 2017-11-09, its serial number says the week of 2017-10-02: "
                "32 days apart",
            ),
            id="32 days after the week",
        ),
        pytest.param(
            asset(vendor="Fortinet", model="FortiGate 60F", serial="FGT60FTK20056924", manufactured="2021-01-31"), None,
            (), id="a year is agreed with until a month after its end",
        ),
        pytest.param(
            asset(serial=SERIAL), Owning(purchased=date(2017, 9, 1)),
            ("bought on 2017-09-01, 31 days before it was made, as its serial number says: 2017-10-02",),
            id="bought before it was made",
        ),
        pytest.param(
            asset(manufactured="2020-02-01"), Owning(installed=date(2020, 1, 1)),
            ("installed on 2020-01-01, 31 days before it was made, as the device says: 2020-02-01",),
            id="installed before it was made",
        ),
        pytest.param(asset(serial=SERIAL), Owning(purchased=date(2019, 4, 5)), (), id="550 days in stock"),
        pytest.param(
            asset(serial=SERIAL), Owning(purchased=date(2019, 4, 6)),
            (
                "made on 2017-10-02, as its serial number says, 551 days before it was bought on 2019-04-06: "
                "it stood in stock or was bought used",
            ),
            id="551 days in stock",
        ),
        pytest.param(
            asset(date(2023, 1, 1)), Owning(purchased=date(2024, 1, 1)),
            ("first seen on 2023-01-01, 365 days before it was bought on 2024-01-01",), id="seen before it was bought",
        ),
        pytest.param(
            asset(), Owning(purchased=date(2024, 2, 1), installed=date(2024, 1, 1)),
            ("installed on 2024-01-01, 31 days before it was bought on 2024-02-01",), id="installed before bought",
        ),
        pytest.param(
            asset(date(2023, 1, 1), date(2026, 1, 1), manufactured="2024-01-01"), None,
            ("first seen on 2023-01-01, 365 days before it was made, as the device says",),
            id="seen before it was made",
        ),
        pytest.param(asset(), Owning(purchased=date(2018, 1, 1), installed=date(2018, 6, 1)), (), id="nothing odd"),
    ],
)  # fmt: skip
def test_what_contradicts_what_is_told_with_dates_and_by_how_much(
    one: Asset, owned: Owning | None, said: tuple[str, ...]
) -> None:
    assert dated(one, owned).conflicts == said


def test_dates_that_have_not_come_are_refused_and_said_to_be() -> None:
    thing = asset(date(2025, 1, 1), manufactured="2027-03-01", installed="2028-01-01")
    found = dated(thing, Owning(purchased=date(2026, 12, 1), origin="bought.csv:7"), today=date(2026, 11, 22))
    assert (found.since, found.kind) == (date(2025, 1, 1), "first_seen")
    assert found.conflicts == (
        "purchase (bought.csv:7) is 2026-12-01, which had not come by 2026-11-22: refused",
        "date of installation that the device reports is 2028-01-01, which had not come by 2025-01-01: refused",
        "date of manufacture that the device reports is 2027-03-01, which had not come by 2025-01-01: refused",
    )


@pytest.mark.parametrize("day", [*FALSE_DAYS, date(1970, 1, 1), date(1980, 1, 1), date(1900, 1, 1)], ids=str)
def test_dates_that_firmware_invents_date_nothing(day: date) -> None:
    found = dated(asset(manufactured=day.isoformat(), installed=day.isoformat()))
    assert [one.kind for one in found.ladder] == ["first_seen"]
    assert found.conflicts == ()


def test_the_day_of_a_bios_release_is_no_date_of_manufacture() -> None:
    server = asset(vendor="VMware", model="ProLiant DL380p Gen8", serial="CZ162913BZ", manufactured="2018-05-21")
    found = dated(replace(server, family="vmware_esxi"))
    assert (found.kind, found.since, found.conflicts) == ("serial", date(2016, 7, 18), ())


# ---------------------------------------------------------------- whatever there is
DAYS = st.dates(date(1985, 1, 1), date(2035, 1, 1))
SOME = st.none() | DAYS
SERIALS = st.sampled_from([None, SERIAL, "FCW2853L0AB", "CZJ928ABCD", "junk"])


@st.composite
def known(draw: st.DrawFn) -> tuple[Asset, Owning, Evidence | None, date]:
    first = draw(DAYS)
    last = first + timedelta(days=draw(st.integers(0, 2000)))
    made, installed = draw(SOME), draw(SOME)
    one = asset(
        first, last, draw(st.sampled_from(["chassis", "power_supply", "battery"])), serial=draw(SERIALS),
        manufactured=made and made.isoformat(), installed=installed and installed.isoformat(),
        vendor=draw(st.sampled_from(["Cisco", "HPE", None])),
    )  # fmt: skip
    owned = Owning(draw(SOME), draw(SOME))
    today = last + timedelta(days=draw(st.integers(0, 500)))
    whole = draw(st.none() | st.builds(lambda bought: dated(asset(first), Owning(purchased=bought)), DAYS))
    return one, owned, whole, today


@given(known())
def test_no_age_is_less_than_nothing_and_the_first_rung_holds(
    case: tuple[Asset, Owning, Evidence | None, date],
) -> None:
    one, owned, whole, today = case
    found = dated(one, owned, whole=whole, today=today)
    assert found.since is not None
    assert found.since <= today
    assert all(rung.day <= today for rung in found.ladder)
    best = found.ladder[0]
    assert (best.kind, best.day, best.confidence) == (found.kind, found.since, found.confidence)
    kinds = [EVIDENCE.index(rung.kind) for rung in found.ladder]
    assert kinds == sorted(kinds)
    assert found.ladder[-1].kind == "first_seen"


@given(known(), st.sampled_from(["purchased", "installed by records", "installed", "manufactured", "serial", "whole"]))
def test_less_evidence_is_never_better_and_more_never_worse(
    case: tuple[Asset, Owning, Evidence | None, date], taken: str
) -> None:
    one, owned, whole, today = case
    less, less_owned, less_whole = one, owned, whole
    if taken == "purchased":
        less_owned = replace(owned, purchased=None)
    elif taken == "installed by records":
        less_owned = replace(owned, installed=None)
    elif taken == "whole":
        less_whole = None
    elif taken == "installed":
        less = replace(one, installed=None)
    elif taken == "manufactured":
        less = replace(one, manufactured=None)
    else:
        less = replace(one, serial=None)
    more_found = dated(one, owned, whole=whole, today=today)
    less_found = dated(less, less_owned, whole=less_whole, today=today)
    assert EVIDENCE.index(more_found.kind) <= EVIDENCE.index(less_found.kind)
    assert set(less_found.ladder) <= set(more_found.ladder)


@given(known())
def test_evidence_is_the_same_whenever_it_is_asked_for(case: tuple[Asset, Owning, Evidence | None, date]) -> None:
    one, owned, whole, today = case
    assert dated(one, owned, whole=whole, today=today) == dated(one, owned, whole=whole, today=today)


def test_of_the_years_that_one_digit_can_mean_none_after_the_purchase_is_taken() -> None:
    switch = asset(serial="CN43FP8SHX", vendor="HPE", model="J9728A 2920-48G", family="procurve")
    assert dated(switch).since == date(2024, 3, 1)
    bought = dated(switch, Owning(purchased=date(2014, 10, 13)))
    assert [(one.kind, one.day) for one in bought.ladder[:2]] == [
        ("purchased", date(2014, 10, 13)), ("serial", date(2014, 3, 1)),
    ]  # fmt: skip
    assert bought.conflicts == ()
