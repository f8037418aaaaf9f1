"""Vendor notices: which notice speaks for a model or a version, and what cannot be one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.lifecycle import Notice
from agent.lifecycle.notices import Notices, flaw_of_pattern, is_release_of, model_key, vendor_key


def hard(*models: str, vendor: str = "Cisco", **values: object) -> Notice:
    return Notice(vendor, models, end_of_support=date(2030, 1, 1), **values)  # type: ignore[arg-type]


def soft(version: str, *families: str, vendor: str = "Fortinet", **values: object) -> Notice:
    return Notice(vendor, families=families, product="p", version=version, **values)  # type: ignore[arg-type]


# ---------------------------------------------------------------- versions
@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("7.2", "7.2"), ("7.2", "7.2.8"), ("7.2", "v7.2.8 build1639"), ("7.2", "7.2.8,build1639,240101"),
        ("17.9", "17.9.4a"), ("17.9.4a", "17.9.4a"), ("16.12", "16.12.4"), ("16.12", "CAT9K_LITE_IOSXE 16.12.4"),
        ("17.12", "X86_64_LINUX_IOSD-UNIVERSALK9-M 17.12.3"), ("10.1", "10.1.6-h3"), ("10.1.6-h3", "10.1.6-h3"),
        ("8.0", "8.0.2"), ("10.10", "FL.10.10.1030"), ("10.04", "GL.10.04.2000"), ("9.12", "9.12(3)"),
        ("15.2(7)E", "15.2(7)E2"), ("12.3", "12.3R11.2"), ("12.3R11", "12.3R11.2"), ("22.2", "22.2R3-S1.3-EVO"),
        ("12.0", "NS12.0: Build 57.19"), ("6.1", "6.1-15217"), ("R80.20", "R80.20"), ("7.0", "SonicOS 7.0.1-R1456"),
        ("2012 R2", "Server 2012 R2 (NT 6.3)"), ("2019", "Server 2019 (1809)"), ("8", "8.2.4"), ("3.7", "03.07.05E"),
        ("20.1", "20.1.2"), ("17", "17.1.0.3"), ("10.2", "10.2(3)"),
    ],
)  # fmt: skip
def test_a_release_fits_the_versions_of_it(release: str, version: str) -> None:
    assert is_release_of(release, version)


@pytest.mark.parametrize(
    ("release", "version"),
    [
        ("7.2", "7.20"), ("7.2", "7.20.1"), ("7.2", "6.7.2"), ("7.2", "17.2"), ("7.2", "7"), ("7.2", ""),
        ("7.2", "build7"), ("7.2", "v7.4.2 build7.2"), ("17.9.4a", "17.9.4"), ("17.9.4a", "17.9.4b"),
        ("10.1.6-h3", "10.1.6-h30"), ("10.1.6-h3", "10.1.6"), ("12.3R11", "12.3R1.1"), ("15.2(7)E", "15.2(2)E8"),
        ("10.1", "FL.10.10.1030"), ("8", "18.2"), ("8", "6.8.2"), ("2012 R2", "Server 2012 (NT 6.2)"),
        ("6.1", "Server"), ("19", "2019"), ("no number", "7.2"), ("7.2", "\u0667.\u0662"),
    ],
)  # fmt: skip
def test_a_release_fits_nothing_else(release: str, version: str) -> None:
    assert not is_release_of(release, version)


numbers = st.lists(st.integers(0, 99), min_size=1, max_size=5)


def dotted(parts: list[int]) -> str:
    return ".".join(map(str, parts))


@given(
    numbers, numbers, st.sampled_from(["", "v", "FL.", "CAT9K_IOSXE ", "SonicOS "]), st.sampled_from(["", " build9"])
)
def test_a_release_fits_exactly_the_versions_that_begin_with_its_components(
    release: list[int], version: list[int], before: str, after: str
) -> None:
    if len(release) < 2:  # a bare number may stand before the dotted one, as a year does
        release = [*release, 0]
    fits = len(version) > 1 and version[: len(release)] == release
    assert is_release_of(dotted(release), before + dotted(version) + after) == fits


@given(st.text(), st.text())
def test_no_text_at_all_breaks_the_comparison(release: str, version: str) -> None:
    assert is_release_of(release, version) in (True, False)


# ---------------------------------------------------------------- models
def test_one_model_is_not_another_that_is_written_alike() -> None:
    index = Notices([hard("FortiGate-600F", vendor="Fortinet"), hard("C9300-48P"), hard("WS-C2960X-*")])
    assert index.hardware("Fortinet", "FortiGate 60F") is None
    assert index.hardware("Fortinet", "FortiGate-600F") is not None
    assert index.hardware("Cisco", "C9300-48T") is None
    assert index.hardware("Cisco", "WS-C2960XR-24PD-I") is None
    assert index.hardware("Cisco", "GLC-SX-MMD") is None
    assert index.hardware("Cisco", None) is None
    assert index.hardware("Cisco", "  ") is None


def test_case_separators_and_the_vendors_name_before_the_model_do_not_matter() -> None:
    index = Notices([hard("FortiGate-60F", vendor="Fortinet"), hard("EX3400-48T", vendor="Juniper")])
    for model in ("FortiGate 60F", "fortigate-60f", "FORTIGATE_60F", "Fortinet FortiGate  60F"):
        assert index.hardware("fortinet", model) is not None, model
    assert index.hardware("Juniper Networks", "Juniper EX3400-48T") is not None
    assert index.hardware("Juniper Networks, Inc.", "ex3400-48t") is not None


def test_the_most_specific_pattern_wins_and_imported_ones_come_before_shipped_ones() -> None:
    series, model = hard("C9300-*", source="series"), hard("C9300-48P", source="model")
    wild = hard("C9300-4??", source="wild")
    for order in ([series, model, wild], [wild, model, series]):
        found = Notices(order).hardware("Cisco", "C9300-48P")
        assert found is not None
        assert found.source == "model"
    here = hard("C93*", source="here", imported=True)
    assert [n.source for n in Notices([series, model, here]).fitting("Cisco", "C9300-48P", None)] == [
        "here", "model", "series",
    ]  # fmt: skip


def test_of_two_notices_for_one_model_the_one_fetched_last_wins_whole() -> None:
    old = Notice("Cisco", ("C9300-48P",), end_of_sale=date(2025, 1, 1), fetched_on=date(2024, 1, 1))
    new = Notice("Cisco", ("C9300-48P",), end_of_support=date(2031, 1, 1), fetched_on=date(2026, 1, 1))
    assert Notices([new, old]).hardware("Cisco", "C9300-48P") is new
    assert Notices([old, new]).hardware("Cisco", "C9300-48P") is new


def test_what_is_excepted_does_not_fit_though_the_pattern_does() -> None:
    index = Notices([hard("C9300-*", except_models=("C9300-NM-*",))])
    assert index.hardware("Cisco", "C9300-24T") is not None
    assert index.hardware("Cisco", "C9300-NM-8X") is None


def test_a_notice_without_models_is_for_no_hardware_because_a_power_supply_would_fit_it_too() -> None:
    assert Notices([hard(families=("cisco_ios",))]).hardware("Cisco", "PWR-C1-715WAC", "cisco_ios") is None


def test_software_is_matched_within_its_families_and_the_longest_release_wins() -> None:
    index = Notices([soft("9.3", "cisco_nxos", vendor="Cisco"), soft("9.3.5", "cisco_nxos", vendor="Cisco")])
    found = index.software("Cisco", "N9K", "cisco_nxos", "9.3(9)")
    assert found is not None
    assert found.version == "9.3"
    found = index.software("Cisco Systems", None, "cisco_nxos", "9.3(5)")
    assert found is not None
    assert found.version == "9.3.5"
    assert index.software("Cisco", "ASA5555", "cisco_asa", "9.3(9)") is None
    assert index.software("Cisco", "N9K", None, "9.3(9)") is None
    assert index.software("Arista", "N9K", "cisco_nxos", "9.3(9)") is None
    assert index.software("Cisco", "N9K", "cisco_nxos", None) is None
    assert index.fitting("Cisco", "N9K", None, "9.3(9)", any_family=True) != []


def test_vendors_are_known_by_their_other_spellings() -> None:
    assert vendor_key("Cisco Systems, Inc.") == vendor_key("CISCO")
    assert vendor_key("Hewlett Packard Enterprise") == vendor_key("HPE") == vendor_key("HPE Aruba")
    assert vendor_key("Extreme Networks (Aerohive)") == vendor_key("Extreme") != vendor_key("Arista")
    assert vendor_key(None) == ""


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_vendor_or_model_at_all_breaks_the_index(vendor: str, model: str) -> None:
    index = Notices([hard("C9300-*"), soft("7.2", "fortigate")])
    index.hardware(vendor, model)
    index.software(vendor, model, "fortigate", model)
    assert model_key(model_key(model)) == model_key(model)


@pytest.mark.parametrize("pattern", ["", " ", "*", "?*", "**", "A*", "[A-Z]*", "C9300[", "-*-", " C9300"])
def test_patterns_that_fit_nearly_everything_or_nothing_are_refused(pattern: str) -> None:
    assert flaw_of_pattern(pattern)


@pytest.mark.parametrize("pattern", ["C9300-*", "PA-220", "WS-C2960[XS]-*", "JL67?A*", "*JL381A"])
def test_patterns_of_models_will_do(pattern: str) -> None:
    assert not flaw_of_pattern(pattern)
