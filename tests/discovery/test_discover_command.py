"""`hartwatch discover` as a person runs it, over real UDP on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.facts import Facts, Sighting
from agent.inventory import InventoryInvalid, load
from agent.ledger import Ledger
from tests.conftest import ROOT
from tests.discovery.network import SECRETS, Network, inventory, plan
from tests.snmp.conftest import Agent, snmpd  # noqa: F401  (a fixture)
from tests.snmp.snmpd_users import COMMUNITY

ALIASES = {"127.41.0.12": "127.41.0.2", "127.41.0.21": "127.41.0.1", "127.41.0.15": "127.41.0.5"}
QUICK = ("--timeout", "0.5", "--retries", "1", "--rate", "1000")
COMMAND = [sys.executable, "-m", "agent.cli", "discover"]


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with Network(plan(), ALIASES) as opened:
        yield opened


def environment() -> dict[str, str]:
    return {**os.environ, **SECRETS, "PYTHONPATH": str(ROOT), "COLUMNS": "300"}


def run(folder: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    given = [*COMMAND, *arguments, "-i", str(folder / "inventory.yaml"), "--state", str(folder / "state")]
    return subprocess.run(given, env=environment(), capture_output=True, text=True, timeout=100, **more)


def rows(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return {row["address"]: row for row in json.loads(done.stdout)}


def test_devices_are_found_and_said_what_they_are_and_one_at_two_addresses_is_one(
    network: Network, tmp_path: Path
) -> None:
    inventory(tmp_path, network.port)
    found = rows(run(tmp_path, "127.41.0.0/27", *QUICK, "--format", "json"))
    assert {address: (row["status"], row["name"], row["class"]) for address, row in found.items()} == {
        "127.41.0.1": ("known", "core-1", "switch"),
        "127.41.0.2": ("new", "core-2", "switch"),
        "127.41.0.3": ("new", "fw-1", "firewall"),
        "127.41.0.4": ("new", "ups", "ups"),
        "127.41.0.5": ("new", "srv-1", "server"),
    }
    assert found["127.41.0.2"]["also_at"] == ["127.41.0.12"]  # by its serial number
    assert found["127.41.0.5"]["also_at"] == ["127.41.0.15"]  # it has none: by name and engine
    assert found["127.41.0.1"]["also_at"] == ["127.41.0.21"]
    assert found["127.41.0.4"]["vendor"] == "APC"
    assert found["127.41.0.4"]["serial"].startswith("AS")
    assert {row["credential"] for row in found.values()} == {"strong"}  # not the community, which would do as well
    assert network.sets_refused == 0


def test_the_file_for_review_is_an_inventory_once_it_is_included_and_holds_no_secret(
    network: Network, tmp_path: Path
) -> None:
    main = inventory(tmp_path, network.port)
    done = run(tmp_path, "127.41.0.1-5", *QUICK, "--site", "wallfields", "--write", str(tmp_path / "found.yaml"))
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "found.yaml").read_text()
    assert "include: [found.yaml]" in done.stderr
    assert not any(secret in text + done.stdout + done.stderr for secret in SECRETS.values())
    assert list(load(main).devices) == ["core-1"]
    main.write_text(main.read_text() + "include: [found.yaml]\n")
    devices = load(main).devices
    assert list(devices) == ["core-1", "core-2", "fw-1", "ups", "srv-1"]
    assert devices["ups"].site == "wallfields"
    assert devices["ups"].snmp == "strong"
    again = rows(run(tmp_path, "127.41.0.0/27", *QUICK, "--format", "json"))
    assert {row["status"] for row in again.values()} == {"known"}


def test_what_is_not_known_is_a_question_that_the_inventory_refuses_by_its_line(
    network: Network, tmp_path: Path
) -> None:
    main = inventory(tmp_path, network.port)
    main.write_text(
        main.read_text()
        .replace("Daneshill House data centre", "Data centre one")
        .replace("  daneshill:", "  dc-one:")
        .replace("site: daneshill", "site: wallfields")
        .replace("127.41.0.1,", "192.0.2.1,")
    )
    run(tmp_path, "127.41.0.3", *QUICK, "--write", str(tmp_path / "found.yaml"))
    lines = (tmp_path / "found.yaml").read_text().splitlines()
    at = next(number for number, line in enumerate(lines, 1) if 'site: "?"' in line)
    assert "REVIEW: which site is it at? it says 'Daneshill House data centre'" in lines[at - 1]
    main.write_text(main.read_text() + "include: [found.yaml]\n")
    with pytest.raises(InventoryInvalid, match=rf"found.yaml:{at}:\d+: devices\[0\].site"):
        load(main)
    (tmp_path / "found.yaml").write_text("\n".join(lines).replace('"?"', "wallfields"))
    assert load(main).devices["fw-1"].site == "wallfields"


def test_a_device_that_moved_is_known_by_its_serial_number_or_its_name(network: Network, tmp_path: Path) -> None:
    main = inventory(tmp_path, network.port)
    main.write_text(main.read_text() + (
        "  - {name: gate, address: 192.0.2.3, class: firewall, site: daneshill, snmp: power}\n"
        "  - {name: SRV-1.example.org, address: 192.0.2.5, class: server, site: daneshill, snmp: power}\n"
        "  - {name: ups, address: 192.0.2.4, class: pdu, site: daneshill, snmp: power}\n"
    ))  # fmt: skip
    serial = rows(run(tmp_path, "127.41.0.3", *QUICK, "--format", "json"))["127.41.0.3"]["serial"]
    ledger = Ledger.open(tmp_path / "state" / "ledger.sqlite3", "agent-1")
    from datetime import UTC, datetime

    at = datetime(2026, 5, 13, 9, 0, tzinfo=UTC)
    ledger.record(Facts((), (Sighting("gate", "chassis", "gate", "", "Fortinet", "FortiGate 600F", serial, "7", at),)))
    assert ledger.settle()
    ledger.close()
    found = rows(run(tmp_path, "127.41.0.3-5", *QUICK, "--format", "json"))
    assert {row["status"] for row in found.values()} == {"known_elsewhere"}
    gate, ups, server = (found[f"127.41.0.{number}"] for number in (3, 4, 5))
    assert gate["note"] == "known as gate by its serial number, at a new address (was 192.0.2.3)"
    assert server["name"] == "SRV-1.example.org"
    assert ups["note"].endswith("looks like a ups, and the inventory says pdu")


@pytest.mark.parametrize("ping", [True, False])
def test_an_interrupted_sweep_says_how_to_go_on_and_asks_nobody_twice(
    network: Network, tmp_path: Path, ping: bool
) -> None:
    inventory(tmp_path, network.port)
    network.asked.clear()
    arguments = ["127.41.0.0/26", "--timeout", "0.1", "--retries", "0", "--rate", "25", "--at-once", "2",
                 "-c", "power", "--format", "json", "--progress", str(tmp_path / "kept.jsonl")]  # fmt: skip
    arguments += [] if ping else ["--no-ping"]
    given = [*COMMAND, *arguments, "-i", str(tmp_path / "inventory.yaml"), "--state", str(tmp_path / "state")]
    kept = tmp_path / "kept.jsonl"
    with subprocess.Popen(
        given, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background ignores it
    ) as sweep:  # fmt: skip
        while not kept.exists() or kept.read_text().count("\n") < 9:
            assert sweep.poll() is None
            time.sleep(0.02)
        sweep.send_signal(signal.SIGINT)
        out, err = sweep.communicate(timeout=60)
    assert sweep.returncode == 130, err
    assert out == ""
    assert "of 62 addresses were asked; the same command with --resume goes on" in err
    assert "Traceback" not in err
    assert kept.stat().st_mode & 0o777 == 0o600
    done = [json.loads(line)["address"] for line in kept.read_text().splitlines()[1:]]
    before = {address: network.asked[address] for address in done}
    with kept.open("a") as torn:
        torn.write('{"address": "127.41.0.60", "outc')  # as a machine that lost its power leaves it
    other = run(tmp_path, *arguments, "--port", "1", "--resume")
    assert (other.returncode, "other port" in other.stderr) == (2, True)
    found = rows(run(tmp_path, *arguments, "--resume", "--rate", "1000", "--at-once", "64"))
    assert set(found) == {f"127.41.0.{number}" for number in range(1, 6)}
    assert {address: network.asked[address] for address in done} == before
    assert network.asked["127.41.0.60"] > 0
    assert not kept.exists()


def test_no_more_is_asked_in_a_second_than_was_allowed(network: Network, tmp_path: Path) -> None:
    inventory(tmp_path, network.port)
    began = time.monotonic()
    run(tmp_path, "127.41.0.32/27", "--timeout", "0.05", "--retries", "0", "--rate", "20", "-c", "power", "--no-ping")
    assert time.monotonic() - began > 29 / 20  # the first goes at once, 29 wait their turn: a bound, not a measurement


def test_excluded_addresses_and_those_of_the_network_itself_are_not_asked(network: Network, tmp_path: Path) -> None:
    inventory(tmp_path, network.port)
    network.asked.clear()
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("# the core\n127.41.0.0/29\n127.41.0.2, 127.41.0.3  # again\n")
    found = rows(run(tmp_path, str(seeds), "-x", "127.41.0.3-4", *QUICK, "--no-ping", "--format", "json"))
    assert set(found) == {"127.41.0.1", "127.41.0.2", "127.41.0.5"}
    assert set(network.asked) == {f"127.41.0.{number}" for number in (1, 2, 5, 6)}


def test_nobody_answering_is_status_1_and_a_refusal_of_our_users_is_told(network: Network, tmp_path: Path) -> None:
    inventory(tmp_path, network.port)
    assert run(tmp_path, "127.41.0.40", *QUICK, "--no-ping", "-c", "power").returncode == 1
    refused = rows(run(tmp_path, "127.41.0.2", *QUICK, "-c", "other", "--format", "json"))
    assert refused["127.41.0.2"]["status"] == "refused"
    assert refused["127.41.0.2"]["note"] == "SNMPv3 answers and knows none of our users"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["10.0.0.0/8"], "16,777,214 addresses are more than 16,384: ask for less, or add --large"),
        (["2001:db8::/64", "--large"], "IPv6 networks are too large to go through"),
        (["10.0.0.999"], "'10.0.0.999' is no address and no network"),
        (["nobody.txt"], "'nobody.txt' is no address"),
        (["10.0.0.1", "-x", "10.0.0.0/24"], "is everything excluded?"),
        (["10.0.0.1", "-c", "pover"], "no such credential (did you mean 'power'?)"),
        (["10.0.0.1", "--site", "wallfield"], "no such site (did you mean 'wallfields'?)"),
        (["10.0.0.1", "--resume"], "there is nothing to resume"),
        (["10.0.0.1", "--write", "inventory.yaml"], "is there already"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_with_status_2(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    inventory(tmp_path, 161)
    done = run(tmp_path, *arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_secret_that_is_missing_leaves_its_credential_out_unless_it_was_asked_for(
    network: Network, tmp_path: Path
) -> None:
    main = inventory(tmp_path, network.port)
    main.write_text(main.read_text().replace("env:TEST_OLD", "env:TEST_NOWHERE"))
    done = run(tmp_path, "127.41.0.1", *QUICK)
    assert done.returncode == 0
    assert "credential old is left out: env:TEST_NOWHERE: the environment has no TEST_NOWHERE" in done.stderr
    assert run(tmp_path, "127.41.0.1", *QUICK, "-c", "old").returncode == 2


def test_every_format_says_the_same_devices(network: Network, tmp_path: Path) -> None:
    inventory(tmp_path, network.port)
    as_yaml = run(tmp_path, "127.41.0.1-5", *QUICK, "--format", "yaml").stdout
    assert [one["name"] for one in yaml.safe_load(as_yaml)["devices"]] == ["core-2", "fw-1", "ups", "srv-1"]
    as_csv = run(tmp_path, "127.41.0.1-5", *QUICK, "--format", "csv").stdout.splitlines()
    assert as_csv[0].startswith("address,status,name,class,vendor")
    assert [line.split(",")[2] for line in as_csv[1:]] == ["core-1", "core-2", "fw-1", "ups", "srv-1"]
    table = run(tmp_path, "127.41.0.1-5", *QUICK).stdout
    assert all(name in table for name in ("core-1", "core-2", "fw-1", "ups", "srv-1"))


def test_a_real_snmpd_is_found_on_both_loopbacks_as_one_device(snmpd: Agent, tmp_path: Path) -> None:  # noqa: F811
    main = inventory(tmp_path, snmpd.port)
    main.write_text(main.read_text().replace("env:TEST_OLD", "env:TEST_SNMPD"))
    SECRETS_HERE = {"TEST_SNMPD": COMMUNITY}
    wanted = [snmpd.address, *([snmpd.address6] if snmpd.address6 else [])]
    given = [*COMMAND, *wanted, *QUICK, "-c", "old", "--format", "json",
             "-i", str(main), "--state", str(tmp_path / "state")]  # fmt: skip
    done = subprocess.run(given, env=environment() | SECRETS_HERE, capture_output=True, text=True, timeout=100)
    found = rows(done)
    assert list(found) == ["127.0.0.1"]
    assert found["127.0.0.1"]["name"] == "hart-agent"
    assert found["127.0.0.1"]["site"] == "wallfields"  # its sysLocation says so
    assert found["127.0.0.1"]["also_at"] == ([snmpd.address6] if snmpd.address6 else [])
