"""What is shipped of vendors' announcements: each has a source, an order of days, and fits what it is for alone."""

from __future__ import annotations

import fnmatch
from datetime import date
from pathlib import Path

import pytest

from agent.hardware.notices import (
    HardwareEntry,
    NoticesFile,
    SoftwareEntry,
    load_notices,
    read_document,
    shipped,
    shipped_files,
)
from agent.hardware.notices_import import PRODUCTS
from agent.hardware.notices_page import notices_page
from agent.lifecycle import Notice
from agent.lifecycle.notices import ENDS, Notices, flaw_of_pattern, model_key, release_key, vendor_key
from collectors import load_profiles

ROOT = Path(__file__).resolve().parents[2]
INDEX = Notices(shipped())
IDS = [notice.where for notice in shipped()]
FILES = [NoticesFile.model_validate(read_document(path, path.name).data) for path in shipped_files()]
HARDWARE: list[HardwareEntry] = [entry for file in FILES for entry in file.hardware]
SOFTWARE: list[SoftwareEntry] = [entry for file in FILES for entry in file.software]

# What sits in the same chassis, or has the same maker, and is no hardware that a notice is for.
BYSTANDERS = (
    ("Cisco", "GLC-SX-MMD"), ("Cisco", "SFP-10G-SR-S"), ("Cisco", "SFP-H10GB-CU3M"), ("Cisco", "QSFP-100G-CU5M"),
    ("Cisco", "PWR-C1-715WAC"), ("Cisco", "C9400-PWR-3200AC"), ("Cisco", "STACK-T1-50CM"), ("Cisco", "C9404-FAN"),
    ("Cisco", "C3850-NM-4-10G"), ("Cisco", "PWR-4320-AC"), ("Cisco", "ISR4321-2x1GE"), ("Cisco", "NXA-PAC-650W-PE"),
    ("Cisco", "C9300-48P"), ("Cisco", "CSR1000V"), ("Cisco", "ASAv"), ("Cisco", "C9300-NM-8X"), ("Cisco", "C2960X"),
    ("Cisco", "WS-C2960XR-24PS-I"), ("Cisco", "WS-C3650-48PS-L"), ("Fortinet", "FortiGate VM64"),
    ("Fortinet", "FortiGate 60F"), ("Fortinet", "FortiGate 600F"), ("Palo Alto Networks", "PA-VM"),
    ("SonicWall", "NSv 270"), ("SonicWall", "TZ 570"), ("SonicWall", "SMA 400"), ("Sophos", "SFVH_SO01_SFOS"),
    ("Sophos", "XGS2100_RL01_SFOS"), ("Juniper", "vmx"), ("VMware", "VMware Virtual Platform"),
    ("HPE", "J4858C"), ("Arista", "WS-C2960X-24TS-L"), ("Dell", "ISR4321/K9"), ("", "TZ 300"),
)  # fmt: skip


@pytest.mark.parametrize("notice", shipped(), ids=IDS)
def test_each_has_a_source_a_day_it_was_looked_up_and_the_sources_words(notice: Notice) -> None:
    assert notice.source.startswith("https://")
    assert notice.fetched_on is not None
    assert date(2026, 1, 1) <= notice.fetched_on <= date(2026, 11, 30)
    assert all(f"{end} is" in notice.label for end in ENDS if getattr(notice, end) or end in notice.ended)
    assert not notice.imported


@pytest.mark.parametrize("notice", shipped(), ids=IDS)
def test_each_has_its_days_in_the_order_of_a_life(notice: Notice) -> None:
    days = [day for name in ("released_on", *ENDS) if (day := getattr(notice, name)) is not None]
    assert days == sorted(days)
    assert days or notice.ended
    assert not [name for name in notice.ended if name not in ENDS or getattr(notice, name) is not None]


@pytest.mark.parametrize("entry", HARDWARE, ids=lambda entry: f"{entry.vendor} {entry.models[0]}")
def test_each_hardware_notice_fits_its_examples_with_every_pattern_and_none_of_its_counter_examples(
    entry: HardwareEntry,
) -> None:
    assert entry.examples
    assert entry.counter_examples
    for model in entry.examples:
        found = INDEX.hardware(entry.vendor, model, None)
        assert found is not None, model
        assert found.models == tuple(entry.models), f"{model} is {found.where}'s"
    keys = [model_key(model) for model in entry.examples]
    assert [p for p in entry.models if not fnmatch.filter(keys, model_key(p))] == []
    for model in entry.counter_examples:
        other = INDEX.hardware(entry.vendor, model, None)
        assert other is None or other.models != tuple(entry.models), model
    assert [p for p in (*entry.models, *entry.except_models) if flaw_of_pattern(p)] == []


@pytest.mark.parametrize(("vendor", "model"), BYSTANDERS)
def test_no_shipped_notice_fits_a_transceiver_a_module_a_virtual_machine_or_another_vendor(
    vendor: str, model: str
) -> None:
    assert INDEX.hardware(vendor, model, None) is None


def test_no_model_and_no_release_has_two_shipped_notices() -> None:
    models = [(vendor_key(e.vendor), model_key(p)) for e in HARDWARE for p in e.models]
    assert len(models) == len(set(models))
    releases = [(e.vendor, e.product, release_key(r.version)) for e in SOFTWARE for r in e.releases]
    assert len(releases) == len(set(releases))


def test_the_families_that_notices_name_are_families_there_are() -> None:
    there = {profile.profile for profile in load_profiles()}
    assert {name for entry in SOFTWARE for name in entry.families} <= there
    assert {name for product in PRODUCTS.values() for name in product.families} <= there


def test_what_an_import_takes_for_a_shipped_product_means_what_the_shipped_file_means() -> None:
    known = {product.name: product for product in PRODUCTS.values()}
    for entry in SOFTWARE:
        product = known[entry.product]
        assert (product.vendor, list(product.families)) == (entry.vendor, entry.families)
        used = {end for release in entry.releases for end in ENDS if getattr(release, end) or end in release.ended}
        assert used <= set(product.means.values())
        for key, end in product.means.items():
            if end in used:
                assert f'{end} is "{product.labels[key]}"' in (entry.label or "")


@pytest.mark.parametrize(
    ("vendor", "family", "version", "product", "release"),
    [
        ("Fortinet", "fortigate", "v7.2.8 build1639", "FortiOS", "7.2"),
        ("Cisco", "cisco_ios", "17.9.4a", "IOS XE", "17.9"), ("Cisco", "cisco_ios", "16.12.4", "IOS XE", "16.12"),
        ("Cisco", "cisco_nxos", "10.5(2)", "NX-OS", "10.5"), ("Cisco", "cisco_nxos", "16.0(9e)", "NX-OS", "16.0"),
        ("Palo Alto Networks", "panos", "10.1.6-h3", "PAN-OS", "10.1"),
        ("VMware", "vmware_esxi", "8.0.2", "ESXi", "8.0"),
        ("Microsoft", "windows", "Server 2012 R2 (NT 6.3)", "Windows Server", "2012 R2"),
        ("Microsoft", "windows", "Server 2012 (NT 6.2)", "Windows Server", "2012"),
        ("Microsoft", "windows", "Server 2019 (1809)", "Windows Server", "2019"),
        ("Synology", "synology_dsm", "7.1-42962", "DSM", "7.1"), ("Arista", "arista_eos", "4.33.6M", "EOS", "4.33"),
        ("Netgate", "pfsense", "2.4.5-RELEASE-p1", "pfSense CE", "2.4"),
        ("F5", "f5_bigip", "17.1.0.3", "BIG-IP", "17.1"),
        ("OPNsense", "opnsense", "20.1.2", "OPNsense", "20.1"),
    ],
)  # fmt: skip
def test_versions_as_devices_write_them_find_their_release(
    vendor: str, family: str, version: str, product: str, release: str
) -> None:
    found = INDEX.software(vendor, None, family, version)
    assert found is not None
    assert (found.product, found.version) == (product, release)


@pytest.mark.parametrize(
    ("vendor", "family", "version"),
    [
        ("Cisco", "cisco_ios", "15.2(7)E2"), ("Cisco", "cisco_asa", "9.12(3)"), ("Cisco", "cisco_ios", "12.2(55)SE12"),
        ("Microsoft", "windows", "Server 2008 R2 (NT 6.1)"), ("Microsoft", "windows", "Server 2003 (NT 5.2)"),
        ("Microsoft", "windows", "7 (NT 6.1)"), ("Microsoft", "windows", "NT Server 4.0"),
        ("Linux", "linux", "6.1.0"), ("Proxmox", "proxmox_ve", "6.8.12-4-pve"),
        ("Fortinet", "fortigate", "5.6.4,build1575"),
        ("Fortinet", "fortiap", "7.4-build0771"), ("Fortinet", "fortiswitch", "7.4.1,build0787"),
        ("Nutanix", "nutanix_aos", "5.10.194-5.el8.nutanix.x86_64"), ("VMware", "velocloud", "8.0"),
    ],
)  # fmt: skip
def test_versions_of_something_else_find_none(vendor: str, family: str, version: str) -> None:
    assert INDEX.software(vendor, None, family, version) is None


def test_esxi_and_vcenter_are_told_apart_by_the_model() -> None:
    host = INDEX.software("VMware", "ProLiant DL380 Gen10", "vmware_esxi", "8.0.2")
    centre = INDEX.software("VMware", "VMware vCenter Server Appliance", "vmware_esxi", "8.0.2")
    assert host is not None
    assert centre is not None
    assert (host.product, centre.product) == ("ESXi", "vCenter Server")


def test_the_reference_page_is_what_the_data_says() -> None:
    page = (ROOT / "docs" / "reference" / "vendor-notices.md").read_text("utf-8")
    assert page == notices_page(shipped()), "hartwatch notices reference > docs/reference/vendor-notices.md"


def test_without_imports_what_is_shipped_is_in_force(tmp_path: Path) -> None:
    for folder in (None, tmp_path / "none"):
        index = load_notices(folder)
        assert (index.all, index.problems) == (shipped(), ())
