"""`hartwatch inventory import`: what others know comes in, and what people wrote stays."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from agent.cli import estate
from agent.importing.applied import Files, NotWritten
from agent.importing.compare import Change, Report
from agent.importing.netbox import Ask, NetBoxRefused, check_url, devices
from agent.importing.records import FIELDS
from agent.inventory import load
from tests.discovery.fake_netbox import TOKEN, FakeNetBox, device, fake_netbox

INVENTORY = """\
# The estate, as people keep it.
councils:
  sbc: {title: Stevenage Borough Council, share: 1}
sites:
  wallfields: {title: Wallfields, kind: office, owner: sbc}
  dc-one: {title: Daneshill House data centre, kind: data_centre, owner: sbc}
credentials:
  strong: {kind: snmp_v3, user: hartwatch}

devices:
  # bought in a hurry
  - name: sw-1
    address: 192.0.2.1      # moved in May
    class: switch
    site: wallfields
    snmp: strong
    owned: {price: 690.00}
  - {name: SW-2, address: "192.0.2.2", class: switch, site: wallfields, title: "Second floor: north"}
  - name: fw-1   # keep
    address: 192.0.2.3
    class: firewall
    site: dc-one
  - {name: old-1, address: 192.0.2.50, class: switch, site: wallfields}

hardware:
  sw-2-chassis: {device: SW-2, serial: FOC0000XXXA, model: 'WS-C2960X'}
"""


@pytest.fixture
def main(tmp_path: Path) -> Path:
    path = tmp_path / "inventory.yaml"
    path.write_text(INVENTORY)
    return path


@pytest.fixture
def box() -> Iterator[FakeNetBox]:
    with fake_netbox(
        [
            device(11, "sw-1.example.org", address="192.0.2.11/24", serial="FOC1111ABCD"),
            device(2, "sw-2", address="192.0.2.2/24", serial="FOC2222ABCD"),
            device(33, "fw-1", address="192.0.2.33/24", role="perimeter-firewall", site="dc-one"),
            device(60, "sw-new", address="2001:db8::60/64", serial="FOC6666ABCD",
                   custom_fields={"bought_on": "2024-03-01", "paid": 4321.5}),
            device(61, "sw-lost", address=None),
            device(62, "sw-there", site="elsewhere"),
        ]
    ) as opened:  # fmt: skip
        yield opened


def run(*arguments: str | Path) -> Result:
    app = typer.Typer()
    estate.register(app)
    return CliRunner().invoke(app, ["inventory", "import", *map(str, arguments)], env={"NB_TOKEN": TOKEN})


def from_netbox(box: FakeNetBox, main: Path, *more: str) -> Result:
    return run("netbox", "--url", box.url, "--token", "env:NB_TOKEN", "-i", main, *more)


def lines(result: Result) -> list[tuple[str, ...]]:
    told = json.loads(result.stdout)["lines"]
    return [tuple(one[key] for key in ("what", "device", "field", "was", "now")) for one in told]


def test_a_dry_run_tells_everything_field_by_field_and_writes_nothing(box: FakeNetBox, main: Path) -> None:
    result = from_netbox(box, main, "--format", "json")
    assert result.exit_code == 1, result.output  # two are in conflict
    told = lines(result)
    assert ("changed", "sw-1", "address", "192.0.2.1", "192.0.2.11") in told
    assert ("changed", "sw-1", "serial", "", "FOC1111ABCD") in told
    assert ("changed", "SW-2", "serial", "FOC0000XXXA", "FOC2222ABCD") in told
    assert ("changed", "SW-2", "model", "WS-C2960X", "C9300-48P") in told
    assert ("kept", "fw-1", "address", "192.0.2.3", "192.0.2.33") in told
    assert ("missing", "old-1", "", "", "") in told
    assert [one[:2] for one in told if one[0] == "added"] == [("added", "sw-new")]
    why = {one["device"]: one["why"] for one in json.loads(result.stdout)["lines"] if one["what"] == "conflict"}
    assert why["sw-lost"] == "it says no address"
    assert "no site 'Elsewhere'; --site-map elsewhere=SITE says which" in why["sw-there"]
    assert "nothing was written; --write does it" in result.stderr
    assert main.read_text() == INVENTORY
    assert not main.with_name("inventory.yaml.bak").exists()


def test_writing_changes_what_the_import_owns_and_keeps_comments_order_and_quotes(box: FakeNetBox, main: Path) -> None:
    result = from_netbox(box, main, "--write", "--custom", "purchased=bought_on", "--custom", "price=paid",
                         "--site-map", "elsewhere=wallfields")  # fmt: skip
    assert result.exit_code == 1  # sw-lost has no address
    assert (
        main.read_text()
        == INVENTORY.replace("192.0.2.1 ", "192.0.2.11 ")
        .replace("FOC0000XXXA, model: 'WS-C2960X'", "FOC2222ABCD, vendor: Cisco, model: 'C9300-48P'")
        .replace(
            "\nhardware:",
            """\
  - {name: sw-new, address: "2001:db8::60", class: switch, site: wallfields, owned: {NEW}}
  - {name: sw-there, address: 192.0.2.62, class: switch, site: wallfields}

hardware:""".replace("NEW", "purchased: 2024-03-01, price: 4321.50"),
        )
        + """\
  sw-1: {device: sw-1, vendor: Cisco, model: C9300-48P, serial: FOC1111ABCD}
  sw-new: {device: sw-new, vendor: Cisco, model: C9300-48P, serial: FOC6666ABCD}
  sw-there: {device: sw-there, vendor: Cisco, model: C9300-48P}
"""
    )
    assert main.with_name("inventory.yaml.bak").read_text() == INVENTORY
    assert f"to undo it: mv {main}.bak {main}" in result.stderr.replace("\n", "")
    assert load(main).devices["sw-1"].snmp == "strong"
    again = json.loads(from_netbox(box, main, "--format", "json", "--site-map", "elsewhere=wallfields").stdout)
    assert {one["what"] for one in again["lines"]} == {"kept", "missing", "conflict"}
    assert again["counts"]["unchanged"] == 4


def test_only_and_keep_say_which_fields_are_touched(box: FakeNetBox, main: Path) -> None:
    told = lines(from_netbox(box, main, "--only", "serial", "--format", "json"))
    assert {one[2] for one in told if one[0] in ("changed", "kept")} == {"serial"}
    told = lines(from_netbox(box, main, "--keep", "serial", "--keep", "model", "--format", "json"))
    assert not {"serial", "model"} & {one[2] for one in told if one[0] == "changed"}
    refused = from_netbox(box, main, "--keep", "serail")
    assert (refused.exit_code, "did you mean 'serial'?" in refused.stderr) == (2, True)


def test_filters_are_netboxs_own_and_what_is_missing_is_told_of_the_sites_asked_for(
    box: FakeNetBox, main: Path
) -> None:
    told = lines(from_netbox(box, main, "--site", "dc-one", "--format", "json"))
    assert [one for one in told if one[0] == "missing"] == []
    asked = next(path for path in box.asked if "devices" in path)
    assert "site=dc-one" in asked
    assert "status=active" in asked
    assert "/api/status/" in box.asked[0]


def test_names_and_addresses_that_contradict_each_other_change_nothing(main: Path) -> None:
    with fake_netbox([
        device(1, "sw-1", address="192.0.2.2/24"),  # the address of SW-2
        device(2, "one-more", address="192.0.2.70/24"), device(3, "One-More", address="192.0.2.71/24"),
        device(4, "a new one", address="192.0.2.72/24"),
        device(5, "renamed", address="192.0.2.50/24"),
    ]) as box:  # fmt: skip
        result = from_netbox(box, main, "--write", "--format", "json", "--keep", "model", "--keep", "vendor")
    why = {one["origin"]: one["why"] for one in json.loads(result.stdout)["lines"] if one["what"] == "conflict"}
    assert why["NetBox device 1 (sw-1)"] == "by its name it is sw-1, by its address it is SW-2"
    assert "the source has this name 2 times" in why["NetBox device 2 (one-more)"]
    assert "does not do as a name" in why["NetBox device 4 (a new one)"]
    assert ("kept", "old-1", "name", "old-1", "renamed") in lines(result)
    assert main.read_text() == INVENTORY


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("error", "NetBox answered with status 500"),
        ("not json", "is this the address of NetBox itself?"),
        ("types", "the answer is not what NetBox says of devices"),
        ("huge", "is larger than 1 MB"),
        ("slow", "no answer in time"),
        ("endless", "lead in circles"),
        ("trickle", "is not done after 3 s"),
        ("elsewhere", "NetBox leads elsewhere"),
        ("redirect", "NetBox leads elsewhere"),
    ],
)
def test_a_hostile_netbox_is_refused_in_words_without_the_token(
    box: FakeNetBox, trouble: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    box.trouble = trouble
    ask = Ask(box.url, {}, patience=3, answer_seconds=1.0 if trouble == "slow" else 10.0, most_octets=1_000_000)
    with pytest.raises(NetBoxRefused) as refused:
        devices(ask, TOKEN)
    assert words in str(refused.value)
    assert TOKEN not in str(refused.value) + caplog.text + repr(ask)
    assert len(box.asked) < 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"primary_ip": 7, "primary_ip4": "x"}, {"role": ["switch"]}, {"site": 3}, {"device_type": "x"},
        {"serial": {"a": 1}}, {"custom_fields": None}, {"name": None}, {"name": "x\u202ey" * 500}, {"id": "seven"},
        {"primary_ip": {"address": "$(reboot)"}},
    ],
)  # fmt: skip
def test_a_device_of_wrong_types_is_left_out_or_in_conflict_and_the_others_come_in(
    main: Path, wrong: dict[str, Any]
) -> None:
    with fake_netbox([device(7, "sw-odd") | wrong, device(8, "sw-good", serial="FOC8888ABCD")]) as box:
        result = from_netbox(box, main, "--format", "json", "--write")
    assert result.exit_code in (0, 1), result.output
    assert not isinstance(result.exception, Exception) or isinstance(result.exception, SystemExit)
    assert "sw-good" in load(main).devices


def test_what_pynetbox_itself_cannot_read_is_refused_as_a_whole(main: Path) -> None:
    with fake_netbox([device(7, "sw-odd") | {"device_type": {"manufacturer": {"name": 5}}}]) as box:
        result = from_netbox(box, main, "--write")
    assert (result.exit_code, "the answer is not what NetBox says of devices" in result.stderr) == (1, True)
    assert main.read_text() == INVENTORY


def test_the_token_is_named_and_never_given_and_goes_over_https_or_loopback(box: FakeNetBox, main: Path) -> None:
    plain = run("netbox", "--url", box.url, "--token", TOKEN, "-i", main)
    assert (plain.exit_code, "not the token" in plain.stderr, TOKEN in plain.output) == (2, True, False)
    missing = run("netbox", "--url", box.url, "--token", "env:NOWHERE", "-i", main)
    assert (missing.exit_code, "the environment has no NOWHERE" in missing.stderr) == (2, True)
    with pytest.raises(NetBoxRefused, match="https is wanted"):
        check_url("http://netbox.example.org")
    wrong = CliRunner().invoke(
        _app(), ["inventory", "import", "netbox", "--url", box.url, "--token", "env:T", "-i", str(main)], env={"T": "x"}
    )
    assert (wrong.exit_code, "does not take the token" in wrong.stderr) == (1, True)


def _app() -> typer.Typer:
    app = typer.Typer()
    estate.register(app)
    return app


# ---------------------------------------------------------------- CSV
def test_a_csv_from_a_spreadsheet_comes_in_with_its_own_headers(main: Path) -> None:
    table = main.with_name("assets.csv")
    table.write_bytes(
        "\ufeffHostname;IP Address;Device Role;Building;Serial No.;Purchase date;Unit price;Notes\r\n"
        "sw-1;192.0.2.1;Access switches;Wallfields;FOC1111ABCD;01/04/2020;\u00a31,234.50;x\r\n"
        "ups-9;192.0.2.90/24;UPS;Daneshill House data centre;;;;\r\n".encode()
    )
    result = run("csv", table, "-i", main, "--write")
    assert result.exit_code == 0, result.output
    estate_ = load(main)
    assert (str(estate_.devices["sw-1"].owned.price), str(estate_.devices["sw-1"].owned.purchased)) == (
        "1234.50", "2020-04-01")  # fmt: skip
    assert (estate_.devices["ups-9"].class_, estate_.devices["ups-9"].site) == ("ups", "dc-one")
    assert estate_.hardware["sw-1"].serial == "FOC1111ABCD"
    assert "# bought in a hurry" in main.read_text()
    assert "owned: {price: 1234.50, purchased: 2020-04-01}" in main.read_text()


def test_every_bad_line_is_told_by_its_number_and_nothing_is_half_imported(main: Path) -> None:
    table = main.with_name("assets.csv")
    table.write_text(
        "name,address,class,site,purchased,serial\n"
        "sw-5,192.0.2.5,switch,wallfields,2020-04-01,FOC5555ABCD\n"
        "sw-6,192.0.2.666,switch,wallfields,,\n"
        "sw-7,192.0.2.7,toaster,nowhere,,\n"
        "sw-8,192.0.2.8,switch,wallfields,43556,1.23E+11\n"
        ",192.0.2.9,switch,wallfields,,\n"
    )
    result = run("csv", table, "-i", main, "--write")
    assert result.exit_code == 1
    told = result.stderr.splitlines()
    assert [line.split(":")[2] for line in told[:-1]] == ["3", "4", "4", "5", "5", "6"]
    assert "43556 is how a spreadsheet keeps days" in result.stderr
    assert told[-1] == "hartwatch: nothing was imported"
    assert main.read_text() == INVENTORY


def test_columns_are_named_by_the_one_who_imports_where_they_are_not_known(main: Path) -> None:
    table = main.with_name("assets.csv")
    table.write_text("Geraet,Wo,IP,role\nsw-9,wallfields,192.0.2.9,edge\n")
    assert run("csv", table, "-i", main).exit_code == 1
    result = run(
        "csv", table, "-i", main, "--map", "Geraet=name", "--map", "Wo=site", "--role", "edge=switch", "--write"
    )
    assert result.exit_code == 0, result.output
    assert load(main).devices["sw-9"].class_ == "switch"
    mapping = main.with_name("mapping.yaml")
    mapping.write_text("roles: {edge: swich}\n")
    wrong = run("csv", table, "-i", main, "--mapping", mapping)
    assert (wrong.exit_code, "there is no class 'swich'" in wrong.stderr) == (2, True)


def test_an_import_into_an_included_file_leaves_the_main_one_alone(main: Path) -> None:
    more = main.with_name("more.yaml")
    more.write_text("devices:\n  - {name: a-1, address: 192.0.2.101, class: switch, site: wallfields}\n")
    main.write_text(INVENTORY + "include: [more.yaml]\n")
    before = main.read_text()
    table = main.with_name("assets.csv")
    table.write_text("name,address,class,site\nb-1,192.0.2.102,switch,wallfields\na-1,192.0.2.103,switch,wallfields\n")
    assert run("csv", table, "-i", main, "--write", "--into", more).exit_code == 0
    assert main.read_text() == before
    assert more.read_text() == (
        "devices:\n  - {name: a-1, address: 192.0.2.103, class: switch, site: wallfields}\n"
        "  - {name: b-1, address: 192.0.2.102, class: switch, site: wallfields}\n"
    )


def test_a_serial_number_or_address_given_to_two_devices_is_a_conflict_of_the_second(main: Path) -> None:
    table = main.with_name("assets.csv")
    table.write_text(
        "name,address,class,site,serial\n"
        "sw-1,192.0.2.77,switch,wallfields,FOC1111ABCD\n"
        "old-1,192.0.2.50,switch,wallfields,FOC1111ABCD\n"
        "sw-9,192.0.2.77,switch,wallfields,\n"
    )
    result = run("csv", table, "-i", main, "--write", "--format", "json")
    why = [(one["device"], one["why"]) for one in json.loads(result.stdout)["lines"] if one["what"] == "conflict"]
    assert why == [("old-1", "sw-1 has it"), ("sw-9", "sw-1 has its address")]
    assert "sw-9" not in load(main).devices
    assert load(main).devices["sw-1"].address == "192.0.2.77"


def test_a_new_device_at_an_address_that_another_gave_up_is_not_taken_for_that_one(main: Path) -> None:
    table = main.with_name("assets.csv")
    table.write_text("name,address,class,site\nsw-9,192.0.2.1,switch,wallfields\nsw-1,192.0.2.88,switch,wallfields\n")
    run("csv", table, "-i", main, "--write")
    assert load(main).devices["sw-1"].address == "192.0.2.88"
    assert "sw-9" not in load(main).devices  # whose address was still another's: a conflict, and next time it is new
    assert run("csv", table, "-i", main, "--write").exit_code == 0
    assert load(main).devices["sw-9"].address == "192.0.2.1"


def test_a_result_that_would_be_no_inventory_is_never_written(main: Path) -> None:
    files = Files.open(main)
    bad = Report((), (), (Change("sw-1", "site", "nowhere"),), 0)
    with pytest.raises(NotWritten, match=r"the result would be no inventory:\n.*there is no site 'nowhere'"):
        files.check(files.apply(bad, FIELDS))
    assert main.read_text() == INVENTORY


def test_a_file_that_somebody_changed_meanwhile_is_not_written_over(main: Path) -> None:
    files = Files.open(main)
    report = files.apply(Report((), (), (Change("sw-1", "site", "dc-one"),), 0), FIELDS)
    files.check(report)
    main.write_text(INVENTORY + "# and a line more\n")
    with pytest.raises(NotWritten, match="has been changed meanwhile"):
        files.save()
    assert main.read_text() == INVENTORY + "# and a line more\n"
