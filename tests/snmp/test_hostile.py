"""Both engines against agents that are broken, overloaded, or lying: never a wrong value, never lost silently."""

from __future__ import annotations

import math
import socket
import struct
import time
from collections.abc import Sequence
from typing import Any

import pytest

from collectors.errors import (
    BadAnswer,
    Capped,
    ErrorStatus,
    Looped,
    Malformed,
    NoAnswer,
    OutOfTime,
    TooBig,
    Unreachable,
    Unroutable,
)
from collectors.session import Answers, Cells, Ip, Oid, Value, Walk
from collectors.snmp import Engine, asking
from collectors.target import SnmpAccess
from tests.snmp.conftest import Open
from tests.snmp.hostile import (
    END_OF_MIB_VIEW,
    GET,
    GET_BULK,
    GET_NEXT,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    Asked,
    Elsewhere,
    Later,
    Mib,
    Name,
    Said,
    dotted,
    num,
    oid,
    response,
    saying,
    text,
    tlv,
)
from tests.snmp.snmpd_users import COMMUNITY

ENTRY = "1.3.6.1.4.1.99999.2.1"
COLUMNS = [f"{ENTRY}.{column}" for column in range(1, 5)]
ROWS = 30


def table(columns: Sequence[int] = (1, 2, 3, 4), rows: Sequence[int] = range(1, ROWS + 1)) -> dict[Name, bytes]:
    return {(*dotted(ENTRY), column, row): num(column * 1000 + row) for column in columns for row in rows}


def expected(rows: Sequence[int] = range(1, ROWS + 1)) -> dict[str, dict[str, Value]]:
    return {root: {str(row): column * 1000 + row for row in rows} for column, root in enumerate(COLUMNS, 1)}


MIB = Mib(table())
CELLS = Cells([f"{root}.{row}" for row in range(1, ROWS + 1) for root in COLUMNS])
RIGHT: list[Value] = [column * 1000 + row for row in range(1, ROWS + 1) for column in range(1, 5)]


def soon(seconds: float = 8) -> float:
    return time.monotonic() + seconds


async def get(session: Any, cells: Cells = CELLS) -> Answers:
    answers: Answers = await session.get(cells, soon())
    return answers


async def walk(session: Any, columns: Sequence[str] = COLUMNS, **options: Any) -> Walk:
    walked: Walk = await session.walk(columns, soon(), **options)
    return walked


# ---------------------------------------------------------------- whose answer is it
async def test_an_answer_with_another_request_id_is_not_taken(open_session: Open) -> None:
    def behave(asked: Asked) -> Sequence[Said]:
        lie = asked.reply([(name, num(666)) for name in asked.names], request_id=asked.request_id ^ 0x10)
        return [lie, lie, MIB(asked)]

    async with saying(behave) as agent:
        answers = await get(open_session(agent.port))
    assert (answers.values, answers.problem) == (RIGHT, None)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"], ids=["other port", "other address"])
async def test_an_answer_from_somewhere_else_is_not_taken(open_session: Open, address: str) -> None:
    def behave(asked: Asked) -> Said:
        return Elsewhere(asked.reply([(name, num(666)) for name in asked.names]), address)

    async with saying(behave) as agent:
        answers = await get(open_session(agent.port))
    assert set(answers.values) == {None}
    assert isinstance(answers.problem, NoAnswer)


async def test_the_own_engine_says_who_answered_instead(fast: Engine) -> None:
    async with saying(lambda asked: Elsewhere(MIB(asked), "127.0.0.2")) as agent:
        session = fast.session(
            "127.0.0.1", agent.port, SnmpAccess("2c", COMMUNITY), timeout_seconds=0.2, retries=0, limits={}
        )
        answers = await get(session)
    assert "127.0.0.2" in str(answers.problem)
    assert fast.counts.strangers == 1


async def test_answers_that_come_twice_count_once(open_session: Open) -> None:
    async with saying(lambda asked: [MIB(asked), MIB(asked), Later(0.02, MIB(asked))]) as agent:
        session = open_session(agent.port)
        assert (await get(session)).values == RIGHT
        assert (await walk(session)).columns == expected()
        assert (await get(session)).values == RIGHT


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda asked: asked.reply([(n, num(6)) for n in asked.names], version=0), id="version"),
        pytest.param(
            lambda asked: asked.reply([(n, num(6)) for n in asked.names], community=b"public"), id="community"
        ),
        pytest.param(lambda asked: asked.raw, id="the request itself"),
        pytest.param(
            lambda asked: asked.reply([(n, num(6)) for n in asked.names]).replace(b"\xa2", b"\xa8", 1), id="report"
        ),
    ],
)
async def test_what_is_no_answer_to_the_request_is_not_taken(open_session: Open, spoil: Any) -> None:
    async with saying(spoil) as agent:
        answers = await get(open_session(agent.port), Cells([f"{COLUMNS[0]}.1"]))
    assert answers.values == [None]
    assert isinstance(answers.problem, NoAnswer | Malformed)


# ---------------------------------------------------------------- time
async def test_silence_is_no_answer_after_every_retry(open_session: Open) -> None:
    async with saying(lambda asked: None) as agent:
        session = open_session(agent.port, timeout_seconds=0.1, retries=2)
        answers = await get(session)
        assert isinstance(answers.problem, NoAnswer)
        assert set(answers.values) == {None}
        assert (session.requests, session.retries) == (3, 2)
        assert isinstance((await walk(session)).problem, NoAnswer)


async def test_a_lost_request_is_asked_again(open_session: Open) -> None:
    async with saying(lambda asked: None if asked.count % 2 == 0 else MIB(asked)) as agent:
        session = open_session(agent.port, timeout_seconds=0.1)
        answers = await get(session)
        assert (answers.values, answers.problem) == (RIGHT, None)
        assert session.retries == session.requests / 2


async def test_the_own_engine_takes_a_late_answer_to_its_first_request(fast: Engine) -> None:
    async with saying(lambda asked: Later(0.3, MIB(asked)) if asked.count == 0 else None) as agent:
        session = fast.session(
            "127.0.0.1", agent.port, SnmpAccess("2c", COMMUNITY), timeout_seconds=0.2, retries=1, limits={}
        )
        answers = await get(session, Cells([f"{COLUMNS[0]}.1"]))
    assert (answers.values, answers.problem) == ([1001], None)


async def test_the_own_engine_learns_to_wait_for_a_slow_agent(fast: Engine) -> None:
    limits: dict[str, Any] = {}
    async with saying(lambda asked: Later(0.3, MIB(asked))) as agent:
        session = fast.session(
            "127.0.0.1", agent.port, SnmpAccess("2c", COMMUNITY), timeout_seconds=0.2, retries=2, limits=limits
        )
        cell = Cells([f"{COLUMNS[0]}.1"])
        for _ in range(3):
            assert (await get(session, cell)).values == [1001]
        before = session.retries
        for _ in range(3):
            assert (await get(session, cell)).values == [1001]
    assert before > 0
    assert session.retries == before


async def test_a_deadline_ends_a_walk_and_keeps_what_came(open_session: Open) -> None:
    async with saying(lambda asked: Later(0.12, MIB(asked))) as agent:
        session = open_session(agent.port, limits={"varbinds": 8, "varbinds_ceiling": 8})
        started = time.monotonic()
        walked = await session.walk(COLUMNS, started + 0.5)
    assert time.monotonic() - started < 0.9
    assert isinstance(walked.problem, OutOfTime)
    got = walked.columns[COLUMNS[0]]
    assert 0 < len(got) < ROWS
    assert all(value == 1000 + int(suffix) for suffix, value in got.items())


async def test_a_deadline_that_has_passed_sends_nothing(open_session: Open) -> None:
    async with saying(MIB) as agent:
        session = open_session(agent.port)
        assert (await session.get(CELLS, time.monotonic() - 1)).problem is not None
        assert (await session.walk(COLUMNS, time.monotonic() - 1)).problem is not None
        assert agent.requests == []


async def test_a_closed_port_is_unreachable(open_session: Open) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert isinstance((await get(open_session(port, timeout_seconds=0.1))).problem, Unreachable)


async def test_a_name_that_does_not_resolve_is_unroutable(open_session: Open) -> None:
    session = open_session(161, address="no-such-device.invalid")
    assert isinstance((await get(session)).problem, Unroutable)


# ---------------------------------------------------------------- spoilt datagrams
@pytest.mark.parametrize("kept", [0, 1, 5, 20, 40, 0.5, 0.95])
async def test_a_datagram_cut_once_is_asked_again(open_session: Open, kept: float) -> None:
    def behave(asked: Asked) -> bytes:
        whole = MIB(asked)
        return whole[: kept if isinstance(kept, int) else int(len(whole) * kept)] if asked.count == 0 else whole

    async with saying(behave) as agent:
        session = open_session(agent.port, timeout_seconds=0.2)
        answers = await get(session)
    assert (answers.values, answers.problem) == (RIGHT, None)


async def test_an_agent_that_cuts_long_datagrams_is_asked_for_less(open_session: Open) -> None:
    async with saying(lambda asked: MIB(asked)[:400]) as agent:
        answers = await get(open_session(agent.port))
    assert (answers.values, answers.problem) == (RIGHT, None)


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x30",
        b"\x30\x80\x02\x01\x01\x00\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(1400),
        b"\x30\x84\xff\xff\xff\xff",
    ],
    ids=["empty", "one octet", "indefinite length", "http", "zeros", "four gigabytes"],
)
async def test_garbage_gives_no_values(open_session: Open, garbage: bytes) -> None:
    async with saying(lambda asked: garbage) as agent:
        answers = await get(open_session(agent.port, timeout_seconds=0.1, retries=0))
    assert set(answers.values) == {None}
    assert isinstance(answers.problem, NoAnswer | Malformed)


# ---------------------------------------------------------------- too big
@pytest.mark.parametrize("most", [1, 3, 5, 27])
async def test_too_big_is_halved_and_remembered(open_session: Open, most: int) -> None:
    async with saying(lambda asked: MIB(asked) if len(asked.names) <= most else asked.error(1)) as agent:
        limits: dict[str, Any] = {}
        answers = await get(open_session(agent.port, limits=limits))
        assert (answers.values, answers.problem) == (RIGHT, None)
        again = open_session(agent.port, limits=limits)
        assert (await get(again)).values == RIGHT
        assert all(not refused(data) for data in agent.requests[-again.requests :]), "asked for too much a second time"


def refused(data: bytes) -> bool:
    """Whether a request was among those answered with tooBig: kept by the length of what was asked."""
    return data.count(b"\x05\x00") > 56


async def test_a_remembered_limit_is_kept_within(open_session: Open) -> None:
    asked_for: list[int] = []

    def behave(asked: Asked) -> bytes:
        asked_for.append(len(asked.names))
        return MIB(asked) if len(asked.names) <= 6 else asked.error(1)

    async with saying(behave) as agent:
        limits: dict[str, Any] = {}
        await get(open_session(agent.port, limits=limits))
        asked_for.clear()
        await get(open_session(agent.port, limits=limits))
    assert max(asked_for) <= 6


async def test_not_even_one_value_fits(open_session: Open) -> None:
    async with saying(lambda asked: asked.error(1)) as agent:
        session = open_session(agent.port)
        answers = await get(session, Cells([f"{COLUMNS[0]}.{row}" for row in range(1, 5)]))
        assert isinstance(answers.problem, TooBig)
        assert answers.values == [None] * 4
        walked = await walk(session)
        assert isinstance(walked.problem, TooBig)


@pytest.mark.parametrize("most", [4, 7])
async def test_a_walk_of_an_agent_that_finds_bulk_answers_too_big(open_session: Open, most: int) -> None:
    def behave(asked: Asked) -> bytes:
        varbinds = len(asked.names) * (asked.second if asked.pdu == GET_BULK else 1)
        return MIB(asked) if varbinds <= most else asked.error(1)

    async with saying(behave) as agent:
        walked = await walk(open_session(agent.port))
    assert (walked.columns, walked.problem) == (expected(), None)


async def test_large_answers_that_are_lost_on_the_way_are_asked_for_in_smaller_ones(open_session: Open) -> None:
    async with saying(lambda asked: MIB(asked) if len(asked.names) <= 30 else None) as agent:
        session = open_session(agent.port, timeout_seconds=0.1)
        assert (await get(session, Cells([f"{COLUMNS[0]}.1"]))).values == [1001]
        answers = await get(session)
    assert (answers.values, answers.problem) == (RIGHT, None)


# ---------------------------------------------------------------- errors
async def test_a_cell_the_agent_fails_on_is_isolated(open_session: Open) -> None:
    bad = dotted(f"{COLUMNS[2]}.17")

    def behave(asked: Asked) -> bytes:
        return asked.error(5, asked.names.index(bad) + 1) if bad in asked.names else MIB(asked)

    async with saying(behave) as agent:
        answers = await get(open_session(agent.port))
    culprit = CELLS.oids.index(f"{COLUMNS[2]}.17")
    assert answers.values == [*RIGHT[:culprit], None, *RIGHT[culprit + 1 :]]
    assert isinstance(answers.problem, ErrorStatus)
    assert f"{COLUMNS[2]}.17" in str(answers.problem)


async def test_a_failing_cell_is_found_without_an_error_index(open_session: Open) -> None:
    bad = dotted(f"{COLUMNS[2]}.17")
    async with saying(lambda asked: asked.error(5, 0) if bad in asked.names else MIB(asked)) as agent:
        answers = await get(open_session(agent.port))
    culprit = CELLS.oids.index(f"{COLUMNS[2]}.17")
    assert answers.values == [*RIGHT[:culprit], None, *RIGHT[culprit + 1 :]]
    assert isinstance(answers.problem, ErrorStatus)


async def test_an_agent_that_fails_on_everything_is_not_asked_for_ever(open_session: Open) -> None:
    async with saying(lambda asked: asked.error(5, 1)) as agent:
        session = open_session(agent.port)
        answers = await get(session)
        assert isinstance(answers.problem, ErrorStatus)
        assert session.requests < 80
        assert isinstance((await walk(session)).problem, ErrorStatus)
        assert session.requests < 100


@pytest.mark.parametrize("index", [-1, 0, 1, 57, 2**31 - 1])
async def test_an_impossible_error_index_does_no_harm(open_session: Open, index: int) -> None:
    async with saying(lambda asked: asked.error(5, index)) as agent:
        session = open_session(agent.port)
        answers = await get(session)
    assert isinstance(answers.problem, BadAnswer)
    assert set(answers.values) == {None}
    assert session.requests < 120


async def test_version_1_says_what_is_not_there_one_by_one(open_session: Open) -> None:
    cells = Cells([f"{root}.{row}" for row in (1, 99, 2, 98) for root in COLUMNS])
    async with saying(MIB) as agent:
        answers = await get(open_session(agent.port, SnmpAccess("1", COMMUNITY)), cells)
    assert answers.problem is None
    assert answers.values == [1001, 2001, 3001, 4001, *[None] * 4, 1002, 2002, 3002, 4002, *[None] * 4]


async def test_a_walk_in_version_1_never_uses_getbulk(open_session: Open) -> None:
    seen: set[int] = set()

    def behave(asked: Asked) -> bytes:
        seen.add(asked.pdu)
        return MIB(asked)

    async with saying(behave) as agent:
        walked = await walk(open_session(agent.port, SnmpAccess("1", COMMUNITY)))
    assert (walked.columns, walked.problem) == (expected(), None)
    assert seen == {GET_NEXT}


@pytest.mark.parametrize("absent", [NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB_VIEW, b"\x05\x00"])
async def test_absence_is_none_and_no_problem(open_session: Open, absent: bytes) -> None:
    mib = Mib({f"{COLUMNS[0]}.1": num(5), f"{COLUMNS[0]}.2": absent})
    async with saying(mib) as agent:
        answers = await get(open_session(agent.port), Cells([f"{COLUMNS[0]}.{row}" for row in (1, 2, 3)]))
    assert (answers.values, answers.problem) == ([5, None, None], None)


# ---------------------------------------------------------------- names in the answer
async def test_values_go_by_their_names_when_an_answer_is_shuffled(open_session: Open) -> None:
    async with saying(lambda asked: asked.reply(list(reversed(MIB.bindings(asked))))) as agent:
        answers = await get(open_session(agent.port))
    assert (answers.values, answers.problem) == (RIGHT, None)


async def test_cells_that_an_answer_leaves_out_are_asked_again(open_session: Open) -> None:
    async with saying(lambda asked: asked.reply(MIB.bindings(asked)[:9])) as agent:
        answers = await get(open_session(agent.port))
    assert (answers.values, answers.problem) == (RIGHT, None)


@pytest.mark.parametrize(
    "binds",
    [
        pytest.param(lambda asked: [((*name, 0), num(666)) for name in asked.names], id="longer names"),
        pytest.param(lambda asked: [(name[:-1], num(666)) for name in asked.names], id="shorter names"),
        pytest.param(lambda asked: [((1, 3, 6, 1, 2, 1, 1, 3, 0), num(666)) for _ in asked.names], id="sysUpTime"),
        pytest.param(lambda asked: [], id="nothing"),
    ],
)
async def test_values_of_other_objects_are_not_taken(open_session: Open, binds: Any) -> None:
    async with saying(lambda asked: asked.reply(binds(asked))) as agent:
        answers = await get(open_session(agent.port), Cells([f"{COLUMNS[0]}.{row}" for row in range(100, 104)]))
    assert answers.values == [None] * 4
    assert isinstance(answers.problem, Malformed)


async def test_two_values_for_one_name_are_both_doubted(open_session: Open) -> None:
    async with saying(lambda asked: asked.reply([*MIB.bindings(asked), (asked.names[0], num(666))])) as agent:
        answers = await get(open_session(agent.port), Cells([f"{COLUMNS[0]}.1", f"{COLUMNS[0]}.2"]))
    assert answers.values == [None, 1002]
    assert isinstance(answers.problem, Malformed)


# ---------------------------------------------------------------- walks
@pytest.mark.parametrize("room", [1, 2, 3, 4, 5, 7, 39, 120])
async def test_an_answer_cut_anywhere_loses_no_cell(open_session: Open, room: int) -> None:
    def behave(asked: Asked) -> bytes:
        return asked.reply(MIB.bindings(asked)[: max(room, 1)])

    async with saying(behave) as agent:
        walked = await walk(open_session(agent.port))
    assert (walked.columns, walked.problem) == (expected(), None)


@pytest.mark.parametrize("room", [3, 10, 1000])
async def test_ragged_and_absent_columns_are_walked_to_their_ends(open_session: Open, room: int) -> None:
    mib = Mib({**table((1,), range(1, 10)), **table((3,), [2, 3, 5, 40, 41]), **table((4,), range(5, 60))})
    async with saying(lambda asked: asked.reply(mib.bindings(asked)[:room])) as agent:
        walked = await walk(open_session(agent.port))
    assert walked.problem is None
    assert walked.columns == {
        COLUMNS[0]: {str(row): 1000 + row for row in range(1, 10)},
        COLUMNS[1]: {},
        COLUMNS[2]: {str(row): 3000 + row for row in [2, 3, 5, 40, 41]},
        COLUMNS[3]: {str(row): 4000 + row for row in range(5, 60)},
    }


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_more_columns_than_one_request_takes(open_session: Open, version: Any) -> None:
    mib = Mib({(*dotted(ENTRY), column, row): num(row) for column in range(1, 90) for row in range(1, 4)})
    async with saying(mib) as agent:
        walked = await walk(
            open_session(agent.port, SnmpAccess(version, COMMUNITY)), [f"{ENTRY}.{column}" for column in range(1, 91)]
        )
    assert walked.problem is None
    assert [len(rows) for rows in walked.columns.values()] == [3] * 89 + [0]


async def test_bulk_answers_that_are_too_long_for_the_way_cost_one_time_out(open_session: Open) -> None:
    def behave(asked: Asked) -> Said:
        return MIB(asked) if asked.pdu != GET_BULK or len(asked.names) * asked.second <= 40 else None

    async with saying(behave) as agent:
        limits: dict[str, Any] = {}
        session = open_session(agent.port, limits=limits, timeout_seconds=0.1, retries=2)
        walked = await walk(session)
        assert (walked.columns, walked.problem) == (expected(), None)
        again = open_session(agent.port, limits=limits, timeout_seconds=0.1, retries=2)
        assert (await walk(again)).columns == expected()
        assert session.retries <= 3
        assert again.retries <= 1


async def test_rows_out_of_order_are_kept(open_session: Open) -> None:
    order = [3, 1, 2, 30, 4]
    behave = unordered(order)
    async with saying(behave) as agent:
        walked = await walk(open_session(agent.port), COLUMNS[:1])
    assert walked.problem is None
    assert walked.columns[COLUMNS[0]] == {str(row): row for row in order}


def unordered(order: Sequence[int], then: Name = (1, 3, 6, 1, 4, 1, 99999, 3, 1)) -> Any:
    """An agent with one column whose rows follow each other in `order`; `then` follows the last."""
    root = dotted(COLUMNS[0])
    names: list[Name] = [(*root, row) for row in order]

    def after(name: Name) -> tuple[Name, bytes]:
        if name == root:
            return names[0], num(names[0][-1])
        if name in names[:-1]:
            found = names[names.index(name) + 1]
            return found, num(found[-1])
        return then, num(then[-1])

    def behave(asked: Asked) -> bytes:
        found = []
        cursors = list(asked.names)
        for _ in range(asked.second if asked.pdu == GET_BULK else 1):
            row = [after(name) for name in cursors]
            found += row
            cursors = [name for name, _ in row]
        return asked.reply(found)

    return behave


@pytest.mark.parametrize(
    ("order", "then"),
    [
        ([1, 2, 3], (*dotted(COLUMNS[0]), 1)),
        ([1, 2, 3], (*dotted(COLUMNS[0]), 3)),
        ([5, 1, 9], (*dotted(COLUMNS[0]), 1)),
    ],
    ids=["back to the start", "the same again", "unordered circle"],
)
@pytest.mark.parametrize("version", ["1", "2c"])
async def test_a_loop_is_found_and_the_rows_before_it_kept(
    open_session: Open, order: list[int], then: Name, version: Any
) -> None:
    async with saying(unordered(order, then)) as agent:
        session = open_session(agent.port, SnmpAccess(version, COMMUNITY))
        walked = await walk(session, COLUMNS[:1])
        scan = await session.scan(COLUMNS[0], soon())
    assert isinstance(walked.problem, Looped)
    assert set(walked.columns[COLUMNS[0]]) == {str(row) for row in order}
    assert isinstance(scan.problem, Looped)
    assert {bind.oid.rpartition(".")[2] for bind in scan.varbinds} == {str(row) for row in order}


async def test_a_walk_that_turns_back_to_the_start_of_everything_is_a_loop(open_session: Open) -> None:
    async with saying(unordered([1, 2, 3], (1, 3, 6, 1, 2, 1, 1, 1, 0))) as agent:
        walked = await walk(open_session(agent.port), COLUMNS[:1])
    assert isinstance(walked.problem, Looped)
    assert len(walked.columns[COLUMNS[0]]) == 3


async def test_swapped_columns_never_give_a_wrong_value(open_session: Open) -> None:
    def behave(asked: Asked) -> bytes:
        binds = MIB.bindings(asked)
        binds[0::2], binds[1::2] = binds[1::2], binds[0::2]
        return asked.reply(binds)

    async with saying(behave) as agent:
        walked = await walk(open_session(agent.port))
    for root, rows in walked.columns.items():
        assert rows.items() <= expected()[root].items()
    assert walked.problem is not None or walked.columns == expected()


async def test_a_table_without_end_is_capped(open_session: Open) -> None:
    def behave(asked: Asked) -> bytes:
        rounds = asked.second if asked.pdu == GET_BULK else 1
        first = asked.names[0][-1] if len(asked.names[0]) > len(dotted(COLUMNS[0])) else 0
        return asked.reply([((*dotted(COLUMNS[0]), first + n), num(n)) for n in range(1, rounds + 1)])

    async with saying(behave) as agent:
        session = open_session(agent.port)
        walked = await walk(session, COLUMNS[:1], max_rows=200)
        scan = await session.scan(COLUMNS[0], soon(), max_rows=120)
    assert isinstance(walked.problem, Capped)
    assert len(walked.columns[COLUMNS[0]]) == 200
    assert isinstance(scan.problem, Capped)
    assert len(scan.varbinds) == 120


async def test_a_flood_of_large_values_is_capped(open_session: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "OCTETS_PER_WALK", 1 << 20)
    mib = Mib({(*dotted(COLUMNS[0]), row): text(b"x" * 30_000) for row in range(1, 200)})
    async with saying(lambda asked: asked.reply(mib.bindings(asked)[:2])) as agent:
        walked = await walk(open_session(agent.port), COLUMNS[:1])
    assert isinstance(walked.problem, Capped)
    assert 30 <= len(walked.columns[COLUMNS[0]]) <= 40


@pytest.mark.parametrize(
    "bulk",
    [
        pytest.param(lambda asked: None, id="silence"),
        pytest.param(lambda asked: asked.error(5, 0), id="genErr"),
        pytest.param(lambda asked: asked.reply([]), id="nothing"),
        pytest.param(lambda asked: asked.reply([])[:-3], id="cut"),
    ],
)
async def test_an_agent_without_getbulk_is_walked_by_getnext_and_remembered(open_session: Open, bulk: Any) -> None:
    limits: dict[str, Any] = {}
    seen: list[int] = []

    def behave(asked: Asked) -> Said:
        seen.append(asked.pdu)
        said: Said = bulk(asked) if asked.pdu == GET_BULK else MIB(asked)
        return said

    async with saying(behave) as agent:
        session = open_session(agent.port, limits=limits, timeout_seconds=0.1)
        await get(session, Cells([f"{COLUMNS[0]}.1"]))
        walked = await walk(session)
        assert (walked.columns, walked.problem) == (expected(), None)
        seen.clear()
        walked = await walk(open_session(agent.port, limits=limits))
        assert (walked.columns, walked.problem) == (expected(), None)
    assert set(seen) == {GET_NEXT}


async def test_one_failing_row_ends_its_column_only(open_session: Open) -> None:
    bad = dotted(f"{COLUMNS[1]}.10")

    def behave(asked: Asked) -> bytes:
        names = [name for name, _ in MIB.bindings(asked)]
        if bad in names:
            return asked.error(5, names.index(bad) % len(asked.names) + 1)
        return MIB(asked)

    async with saying(behave) as agent:
        walked = await walk(open_session(agent.port))
    assert isinstance(walked.problem, ErrorStatus)
    right = expected()
    assert walked.columns[COLUMNS[1]].items() <= right[COLUMNS[1]].items()
    assert len(walked.columns[COLUMNS[1]]) == 9
    for root in (COLUMNS[0], COLUMNS[2], COLUMNS[3]):
        assert walked.columns[root] == right[root]


async def test_a_dead_device_in_the_middle_of_a_walk_keeps_what_came(open_session: Open) -> None:
    async with saying(lambda asked: MIB(asked) if asked.count < 3 else None) as agent:
        session = open_session(agent.port, timeout_seconds=0.1, limits={"varbinds": 16, "varbinds_ceiling": 16})
        walked = await walk(session)
    assert isinstance(walked.problem, NoAnswer)
    assert len(walked.columns[COLUMNS[0]]) == 12


# ---------------------------------------------------------------- values
VALUES: list[tuple[str, bytes, Value]] = [
    ("negative", num(-1), -1),
    ("smallest", num(-(2**31)), -(2**31)),
    ("zero", num(0), 0),
    ("counter", num(2**32 - 1, 0x41), 2**32 - 1),
    ("gauge", num(2**32 - 1, 0x42), 2**32 - 1),
    ("ticks", num(2**32 - 1, 0x43), 2**32 - 1),
    ("counter 64", num(2**64 - 1, 0x46), 2**64 - 1),
    ("octets", text(b"caf\xe9 \x00\xff"), b"caf\xe9 \x00\xff"),
    ("no octets", text(b""), b""),
    ("many octets", text(b"x" * 8000), b"x" * 8000),
    ("identifier", oid((1, 3, 6, 1, 4, 1, 4294967295)), Oid("1.3.6.1.4.1.4294967295")),
    ("address", tlv(0x40, bytes([192, 0, 2, 255])), Ip("192.0.2.255")),
    ("float", tlv(0x44, b"\x9f\x78\x04" + struct.pack(">f", 21.5)), 21.5),
    ("double", tlv(0x44, b"\x9f\x79\x08" + struct.pack(">d", -0.1)), -0.1),
    ("opaque", tlv(0x44, b"\x04\x03abc"), b"\x04\x03abc"),
    ("zero octets of number", tlv(0x41, b""), 0),
]
SLOPPY: list[tuple[str, bytes, Value]] = [  # which pysnmp takes for a spoilt message
    ("counter without leading zero", tlv(0x41, b"\xff\xff\xff\xff"), 2**32 - 1),
    ("counter 64 without leading zero", tlv(0x46, b"\xff" * 8), 2**64 - 1),
    ("ticks without leading zero", tlv(0x43, b"\x80\x00\x00\x00"), 2**31),
    ("long length", b"\x02\x82\x00\x01\x05", 5),
    ("number of 64 bits", tlv(2, b"\x80" + bytes(7)), -(2**63)),
    ("address of no octets", tlv(0x40, b""), None),
    ("opaque counter", tlv(0x44, b"\x9f\x76\x02\xff\xff"), 65535),
    ("opaque integer", tlv(0x44, b"\x9f\x7a\x01\xff"), -1),
    ("not a number", tlv(0x44, b"\x9f\x78\x04" + struct.pack(">f", math.inf)), math.inf),
]


async def check_values(session: Any, values: list[tuple[str, bytes, Value]]) -> None:
    wanted = [value for _, _, value in values]
    cells = Cells([f"{COLUMNS[0]}.{row}" for row, _ in enumerate(values, 1)])
    answers = await get(session, cells)
    assert dict(zip([n for n, _, _ in values], answers.values, strict=True)) == {n: v for n, _, v in values}
    assert [type(value) for value in answers.values] == [type(value) for value in wanted]
    assert answers.problem is None
    walked = await walk(session, COLUMNS[:1])
    assert list(walked.columns[COLUMNS[0]].values()) == wanted
    scan = await session.scan(COLUMNS[0], soon())
    assert [(bind.tag, bind.value) for bind in scan.varbinds] == [(data[0], value) for _, data, value in values]


async def test_every_type_is_read_as_it_is(open_session: Open) -> None:
    mib = Mib({(*dotted(COLUMNS[0]), row): data for row, (_, data, _) in enumerate(VALUES, 1)})
    async with saying(mib) as agent:
        await check_values(open_session(agent.port), VALUES)


async def test_the_own_engine_reads_what_sloppy_agents_mean(fast: Engine) -> None:
    mib = Mib({(*dotted(COLUMNS[0]), row): data for row, (_, data, _) in enumerate(SLOPPY, 1)})
    async with saying(mib) as agent:
        session = fast.session(
            "127.0.0.1", agent.port, SnmpAccess("2c", COMMUNITY), timeout_seconds=0.3, retries=0, limits={}
        )
        await check_values(session, SLOPPY)


@pytest.mark.parametrize(
    "value",
    [tlv(2, b"\x01" * 9), tlv(2, b"\x01" * 60), tlv(0x46, b"\x01" * 9), tlv(6, b"\x2b\x86"), b"\x02\x7f\x01"],
    ids=["72 bits", "480 bits", "counter of 65 bits", "cut identifier", "longer than the message"],
)
async def test_a_value_that_cannot_be_does_not_spoil_its_neighbours(fast: Engine, value: bytes) -> None:
    mib = Mib({f"{COLUMNS[0]}.1": num(1), f"{COLUMNS[0]}.2": value, f"{COLUMNS[0]}.3": num(3)})
    async with saying(mib) as agent:
        session = fast.session(
            "127.0.0.1", agent.port, SnmpAccess("2c", COMMUNITY), timeout_seconds=0.3, retries=0, limits={}
        )
        answers = await get(session, Cells([f"{COLUMNS[0]}.{row}" for row in (1, 2, 3)]))
    assert answers.values == [1, None, 3]
    assert isinstance(answers.problem, Malformed)


async def test_a_type_that_snmp_does_not_have_is_reported(fast: Engine) -> None:
    mib = Mib({f"{COLUMNS[0]}.1": num(1), f"{COLUMNS[0]}.2": tlv(0x24, b"abc"), f"{COLUMNS[0]}.3": num(3)})
    async with saying(mib) as agent:
        session = fast.session(
            "127.0.0.1", agent.port, SnmpAccess("2c", COMMUNITY), timeout_seconds=0.3, retries=0, limits={}
        )
        answers = await get(session, Cells([f"{COLUMNS[0]}.{row}" for row in (1, 2, 3)]))
        walked = await walk(session, COLUMNS[:1])
    assert answers.values == [1, None, 3]
    assert isinstance(answers.problem, Malformed)
    assert walked.columns[COLUMNS[0]] == {"1": 1, "2": None, "3": 3}
    assert isinstance(walked.problem, Malformed)


async def test_the_pdu_inside_must_carry_the_id_too(open_session: Open) -> None:
    """A lie that only the inner check finds: two ids in one message cannot be, so the PDU is read once, and whole."""

    def behave(asked: Asked) -> bytes:
        pdu = response(asked.request_id ^ 1, [(name, num(666)) for name in asked.names])
        return tlv(0x30, num(1) + text(asked.community) + pdu)

    async with saying(behave) as agent:
        answers = await get(open_session(agent.port, timeout_seconds=0.1), Cells([f"{COLUMNS[0]}.1"]))
    assert answers.values == [None]


async def test_only_reading_requests_are_ever_sent(open_session: Open) -> None:
    seen: set[int] = set()

    def behave(asked: Asked) -> bytes:
        seen.add(asked.pdu)
        return MIB(asked) if asked.count % 3 else asked.error(1)

    async with saying(behave) as agent:
        session = open_session(agent.port)
        await get(session)
        await walk(session)
        await session.scan(ENTRY, soon())
    assert seen <= {GET, GET_NEXT, GET_BULK}
