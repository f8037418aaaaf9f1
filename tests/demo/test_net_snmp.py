"""net-snmp's own tools read the simulated devices: an independent reader of v2c and v3."""

from __future__ import annotations

import asyncio
import re

import pytest

from agent.demo.families import MODELS
from agent.demo.simulator import Simulator
from tests.demo.estate_for_tests import COMMUNITY, USERS, one_of_each

IF_NUMBER = "1.3.6.1.2.1.2.1.0"
IF_INDEX = "1.3.6.1.2.1.2.2.1.1"


@pytest.fixture
async def simulator():
    async with Simulator(one_of_each(), ssh=False) as running:
        yield running


async def said(program, *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        str(program), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode("utf-8", "replace")


@pytest.mark.parametrize("model", MODELS)
async def test_snmpbulkwalk_reads_every_object_of_every_model(simulator, server, model):
    device = next(d for d in simulator.world.devices.values() if d.kit.model == model)
    status, out = await said(
        server("snmpbulkwalk"), "-v2c", "-c", COMMUNITY, "-On", "-Oe", "-Cr30", "-t", "5",
        f"{device.kit.address}:{simulator.snmp_port}", ".1",  # LLDP-MIB is not below .1.3
    )  # fmt: skip
    assert status == 0, out
    walked = re.findall(r"^\.([\d.]+) = ", out, re.M)
    walked.remove("1.3.6.1.6.3.10.2.1.4.0") if "No more variables" in out else None  # net-snmp says the end again
    held = [".".join(map(str, oid)) for oid, _, _ in device.tree.items(simulator._now())]
    assert set(held) == set(walked)
    assert [tuple(map(int, oid.split("."))) for oid in walked] == sorted(tuple(map(int, o.split("."))) for o in walked)


@pytest.mark.parametrize("user", USERS, ids=lambda user: user.name)
async def test_snmpget_reads_over_version_3(simulator, server, user):
    level = "authPriv" if user.priv else "authNoPriv" if user.auth else "noAuthNoPriv"
    credentials = ["-v3", "-l", level, "-u", user.name]
    if user.auth:
        credentials += ["-a", user.auth, "-A", user.auth_secret]
    if user.priv:
        credentials += ["-x", user.priv.replace("AES-128", "AES"), "-X", user.priv_secret]
    device = simulator.world.devices["fortigate-600f-1"]
    status, out = await said(
        server("snmpget"), *credentials, "-On", "-t", "5", f"{device.kit.address}:{simulator.snmp_port}",
        "1.3.6.1.2.1.1.5.0", "1.3.6.1.6.3.10.2.1.3.0",
    )  # fmt: skip
    assert status == 0, out
    assert '"fortigate-600f-1"' in out


async def test_a_whole_table_comes_over_authpriv(simulator, server):
    user = USERS[0]
    device = simulator.world.devices["c9300-1"]
    status, out = await said(
        server("snmpbulkwalk"), "-v3", "-l", "authPriv", "-u", user.name, "-a", "SHA-256", "-A", user.auth_secret,
        "-x", "AES-256", "-X", user.priv_secret, "-On", "-t", "5", f"{device.kit.address}:{simulator.snmp_port}",
        IF_INDEX,
    )  # fmt: skip
    assert status == 0, out
    assert out.count(f".{IF_INDEX}.") == device.tree.number(IF_NUMBER, simulator._now()) > 100


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (["-u", "stranger", "-A", "authentication", "-X", "private-matter"], "Unknown user name"),
        (["-u", "sha256-aes256", "-A", "not the secret", "-X", "private-matter"], "Authentication failure"),
        (["-u", "sha256-aes256", "-A", "authentication", "-X", "not the secret"], "Decryption error"),
    ],
    ids=["user", "authentication", "privacy"],
)
async def test_wrong_credentials_are_told_apart(simulator, server, wrong, words):
    device = simulator.world.devices["linux-1"]
    status, out = await said(
        server("snmpget"), "-v3", "-l", "authPriv", "-a", "SHA-256", "-x", "AES-256", *wrong, "-r", "0", "-t", "1",
        f"{device.kit.address}:{simulator.snmp_port}", "1.3.6.1.2.1.1.5.0",
    )  # fmt: skip
    assert status != 0
    assert words.lower() in out.lower() or ("privacy" in str(wrong) and "timeout" in out.lower()), out


async def test_a_set_is_refused(simulator, server):
    device = simulator.world.devices["linux-1"]
    status, out = await said(
        server("snmpset"), "-v2c", "-c", COMMUNITY, f"{device.kit.address}:{simulator.snmp_port}",
        ".1.3.6.1.2.1.1.5.0", "s", "other",
    )  # fmt: skip
    assert status != 0
    assert "notWritable" in out
    assert simulator.world.sets_refused == 1


async def test_nobody_answers_at_an_address_that_is_no_device(simulator, server):
    status, out = await said(
        server("snmpget"), "-v2c", "-c", COMMUNITY, "-r", "0", "-t", "0.3", f"127.31.200.200:{simulator.snmp_port}",
        "1.3.6.1.2.1.1.5.0",
    )  # fmt: skip
    assert status != 0
    assert "Timeout" in out
