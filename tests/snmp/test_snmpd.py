"""Both engines against real net-snmp, in every version and with every protocol it has."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from collectors.errors import NoAnswer, WrongCredentials
from collectors.session import Cells, Oid
from collectors.target import SnmpAccess
from tests.snmp.conftest import Agent, Open
from tests.snmp.snmpd_users import COMMUNITY, PAIRS, user_of

SYSTEM = "1.3.6.1.2.1.1"
IF_COLUMNS = [f"1.3.6.1.2.1.2.2.1.{column}" for column in range(1, 23)]
ACCESSES = [
    pytest.param(SnmpAccess("1", COMMUNITY), id="v1"),
    pytest.param(SnmpAccess("2c", COMMUNITY), id="v2c"),
    *(pytest.param(user_of(*pair), id="-".join(str(p) for p in pair)) for pair in PAIRS),
]


def soon() -> float:
    return time.monotonic() + 10


@pytest.mark.parametrize("access", ACCESSES)
async def test_get_and_walk_give_what_snmpd_was_configured_with(
    snmpd: Agent, open_session: Open, access: SnmpAccess
) -> None:
    session = open_session(snmpd.port, access, timeout_seconds=2.0)
    cells = Cells(
        [
            f"{SYSTEM}.5.0",
            f"{SYSTEM}.4.0",
            f"{SYSTEM}.2.0",
            "1.3.6.1.4.1.99999.1.1.0",
            "1.3.6.1.4.1.99999.1.2.0",
            "1.3.6.1.4.1.99999.1.3.0",
            "1.3.6.1.4.1.99999.9.9.0",
        ]
    )
    answers = await session.get(cells, soon())
    assert answers.problem is None
    name, contact, object_id, *ours = answers.values
    assert name == b"hart-agent"
    assert contact == "\u00a3 service desk".encode("latin-1")
    assert object_id == Oid("1.3.6.1.4.1.8072.3.2.10")
    assert isinstance(object_id, Oid)
    assert ours == [b"first", -2147483648, 4294967295, None]
    walk = await session.walk(IF_COLUMNS, soon())
    assert walk.problem is None
    assert walk.columns[f"{IF_COLUMNS[1]}"]["1"] == b"lo"
    assert walk.columns[IF_COLUMNS[0]] == {suffix: int(suffix) for suffix in walk.columns[IF_COLUMNS[0]]}
    assert session.retries == 0


async def test_a_walk_of_columns_agrees_with_a_scan_of_the_same_table(snmpd: Agent, open_session: Open) -> None:
    session = open_session(snmpd.port, timeout_seconds=2.0)
    scan = await session.scan("1.3.6.1.2.1.1.9", soon())
    columns = [f"1.3.6.1.2.1.1.9.1.{column}" for column in range(1, 5)]
    walk = await session.walk(columns, soon())
    assert scan.problem is None
    assert walk.problem is None
    walked = {f"{root}.{suffix}": value for root, rows in walk.columns.items() for suffix, value in rows.items()}
    scanned = {bind.oid: bind.value for bind in scan.varbinds if not bind.oid.startswith(columns[3])}  # sysORUpTime
    assert len(scanned) > 10
    assert {oid: value for oid, value in walked.items() if not oid.startswith(columns[3])} == scanned
    assert {bind.tag for bind in scan.varbinds} == {0x06, 0x04, 0x43}


async def test_a_scan_of_an_instance_gives_that_instance(snmpd: Agent, open_session: Open) -> None:
    scan = await open_session(snmpd.port, timeout_seconds=2.0).scan(f"{SYSTEM}.5.0", soon())
    assert [(bind.oid, bind.tag, bind.value) for bind in scan.varbinds] == [(f"{SYSTEM}.5.0", 4, b"hart-agent")]


async def test_an_ipv6_address_is_reached(snmpd: Agent, open_session: Open) -> None:
    if snmpd.address6 is None:
        pytest.skip("this machine has no ::1")
    session = open_session(snmpd.port, address=snmpd.address6, timeout_seconds=2.0)
    answers = await session.get(Cells([f"{SYSTEM}.5.0"]), soon())
    assert (answers.values, answers.problem) == ([b"hart-agent"], None)


async def test_a_host_name_is_looked_up(snmpd: Agent, open_session: Open) -> None:
    session = open_session(snmpd.port, address="localhost", timeout_seconds=2.0)
    answers = await session.get(Cells([f"{SYSTEM}.5.0"]), soon())
    assert (answers.values, answers.problem) == ([b"hart-agent"], None)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"user": "nobody"}, id="user"),
        pytest.param({"auth_secret": "not the secret"}, id="auth secret"),
        pytest.param({"priv_secret": "not the secret"}, id="priv secret"),
        pytest.param({"auth": "SHA"}, id="auth protocol"),
    ],
)
async def test_wrong_credentials_are_named_as_such(snmpd: Agent, open_session: Open, changes: dict[str, Any]) -> None:
    right = user_of("SHA-256", "AES-128")
    wrong = SnmpAccess(**{**{f: getattr(right, f) for f in SnmpAccess.__dataclass_fields__}, **changes})
    answers = await open_session(snmpd.port, wrong).get(Cells([f"{SYSTEM}.5.0"]), soon())
    assert answers.values == [None]
    if "priv_secret" in changes:  # net-snmp says nothing to what it cannot decrypt into a message
        assert isinstance(answers.problem, WrongCredentials | NoAnswer)
    else:
        assert isinstance(answers.problem, WrongCredentials)


async def test_a_wrong_community_is_met_with_silence(snmpd: Agent, open_session: Open) -> None:
    answers = await open_session(snmpd.port, SnmpAccess("2c", "wrong")).get(Cells([f"{SYSTEM}.5.0"]), soon())
    assert answers.values == [None]
    assert isinstance(answers.problem, NoAnswer)


async def test_version_3_discovers_once_for_many_sessions(snmpd: Agent, open_session: Open) -> None:
    access = user_of("SHA-256", "AES-256")
    cells = Cells([f"{SYSTEM}.5.0"])
    await open_session(snmpd.port, access, timeout_seconds=2.0).get(cells, soon())
    second = open_session(snmpd.port, access, timeout_seconds=2.0)
    assert (await second.get(cells, soon())).values == [b"hart-agent"]
    assert second.requests == 1


async def test_a_request_may_be_meant_for_a_context_engine_that_is_named(snmpd: Agent, open_session: Open) -> None:
    own = (b"\x80\x00\x1f\x88\x04" + b"hartwatch-tests").hex()
    access = replace(user_of("SHA", "AES-128"), context_engine=own)
    cells = Cells([f"{SYSTEM}.5.0"])
    answers = await open_session(snmpd.port, access, timeout_seconds=2.0).get(cells, soon())
    assert (answers.values, answers.problem) == ([b"hart-agent"], None)
