"""SNMPv3 against forgers, replayers and devices that restart: what is not proved is not believed."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from collectors.errors import AccessDenied, BadAnswer, Malformed, NoAnswer, WrongCredentials
from collectors.session import Answers, Cells, SnmpSession
from collectors.snmp import Engine
from collectors.target import SnmpAccess
from tests.snmp.conftest import Open
from tests.snmp.hostile import Later, Mib, Said, Usm, V3Asked, agent, num, response

COLUMN = "1.3.6.1.4.1.99999.2.1.1"
CELLS = Cells([f"{COLUMN}.1", f"{COLUMN}.2"])
LIE = [((*map(int, COLUMN.split(".")), row), num(666)) for row in (1, 2)]
ACCESS = SnmpAccess(
    "3", user="hart", auth="SHA-256", auth_secret="maplesyrup auth", priv="AES-128", priv_secret="maplesyrup priv"
)
AUTH_ONLY = SnmpAccess("3", user="hart", auth="SHA-256", auth_secret="maplesyrup auth")
OPEN = SnmpAccess("3", user="hart")


def device(**options: Any) -> Usm:
    return Usm(Mib({f"{COLUMN}.1": num(1), f"{COLUMN}.2": num(2)}), **options)


async def get(session: SnmpSession) -> Answers:
    return await session.get(CELLS, time.monotonic() + 8)


def telling(usm: Usm, answer: Callable[[V3Asked], Said | Sequence[Said]]) -> Usm:
    """`usm`, with another answer to every authentic request that is for its engine and in its time."""

    def tell(asked: V3Asked) -> Said | Sequence[Said]:
        if asked.inner is None or asked.engine_id != usm.engine_id or not (asked.authentic or usm.level == 0):
            return None
        if usm.level and (asked.boots != usm.boots or abs(asked.seconds - usm.seconds) > 150):
            return None
        return answer(asked)

    usm.tell = tell
    return usm


@pytest.mark.parametrize(("access", "level"), [(ACCESS, 3), (AUTH_ONLY, 1), (OPEN, 0)], ids=["priv", "auth", "open"])
async def test_every_level_reads_and_walks(open_session: Open, access: SnmpAccess, level: int) -> None:
    async with agent(device(level=level)) as running:
        session = open_session(running.port, access)
        answers = await get(session)
        assert (answers.values, answers.problem) == ([1, 2], None)
        walked = await session.walk([COLUMN], time.monotonic() + 5)
        assert walked.columns == {COLUMN: {"1": 1, "2": 2}}
        assert session.retries == 0


FORGERIES = [
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, mac=bytes(24)), id="no code"),
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, key=b"k" * 32), id="another key"),
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, mac=b"short"), id="short code"),
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, mac=b""), id="empty code"),
    pytest.param(lambda usm, asked: usm.answer(asked, level=0, bindings=LIE), id="unauthenticated"),
    pytest.param(lambda usm, asked: usm.answer(asked, level=1, bindings=LIE), id="not encrypted"),
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, engine_id=b"\x80\0\0\0\x04other"), id="engine"),
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, message_id=asked.message_id ^ 1), id="message id"),
]
STALE = [  # which pysnmp takes: it does not hold answers to their time window
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, boots=usm.boots - 1), id="old boots"),
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, seconds=usm.seconds - 400), id="old time"),
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, boots=2**31 - 1), id="last boots"),
]
NONSENSE = [  # authentic, so the device's own, and of no use
    pytest.param(lambda usm, asked: usm.answer(asked, bindings=LIE, request_id=asked.request_id ^ 1), id="request id"),
    pytest.param(lambda usm, asked: usm.message(asked.message_id, usm.scoped(b"")[:4], 3), id="cut"),
    pytest.param(lambda usm, asked: usm.message(asked.message_id, b"", 3), id="empty"),
]


@pytest.mark.parametrize("forge", [*FORGERIES, *NONSENSE])
async def test_a_forged_answer_is_not_believed(open_session: Open, forge: Any) -> None:
    usm = device()
    async with agent(usm) as running:
        session = open_session(running.port, ACCESS, timeout_seconds=0.1)
        assert (await get(session)).values == [1, 2]  # so that its clock is known
        telling(usm, lambda asked: forge(usm, asked))
        answers = await get(session)
    assert answers.values == [None, None]
    assert isinstance(answers.problem, NoAnswer | Malformed)


@pytest.mark.parametrize("forge", [*FORGERIES, *STALE])
async def test_a_forgery_does_not_keep_the_true_answer_out(fast: Engine, forge: Any) -> None:
    usm = device()
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.4, retries=0, limits={})
        assert (await get(session)).values == [1, 2]
        telling(usm, lambda asked: [forge(usm, asked), Later(0.02, usm.answer(asked))])
        answers = await get(session)
    assert (answers.values, answers.problem) == ([1, 2], None)


async def test_a_downgrade_by_a_report_is_refused(fast: Engine) -> None:
    """Someone answers that the level is not supported, without authentication: we stop, and never ask in the clear."""
    usm = device()
    telling(usm, lambda asked: usm.report(asked, 1))
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.2, retries=1, limits={})
        answers = await get(session)
    assert isinstance(answers.problem, WrongCredentials)
    assert all(asked.level == 3 for asked in usm.seen if asked.engine_id)


@pytest.mark.parametrize(
    "counter",
    [
        pytest.param(1, id="usmStatsUnsupportedSecLevels"),
        pytest.param(3, id="usmStatsUnknownUserNames"),
        pytest.param(5, id="usmStatsWrongDigests"),
        pytest.param(6, id="usmStatsDecryptionErrors"),
    ],
)
async def test_a_refusal_is_named_and_not_repeated(open_session: Open, counter: int) -> None:
    usm = device()
    telling(usm, lambda asked: usm.report(asked, counter))
    async with agent(usm) as running:
        session = open_session(running.port, ACCESS)
        answers = await get(session)
    assert isinstance(answers.problem, WrongCredentials)
    assert answers.values == [None, None]
    assert session.requests <= 4


async def test_a_replayed_answer_is_not_believed(open_session: Open) -> None:
    usm = device()
    said: list[bytes] = []
    async with agent(usm) as running:
        session = open_session(running.port, ACCESS, timeout_seconds=0.15)

        def record(asked: V3Asked) -> bytes:
            said.append(usm.answer(asked, bindings=LIE))
            return usm.answer(asked)

        telling(usm, record)
        assert (await get(session)).values == [1, 2]
        telling(usm, lambda asked: list(said))
        answers = await get(session)
    assert answers.values == [None, None]


@pytest.mark.parametrize("boots", [8, 2**31 - 2, 2**31 - 1])
async def test_unauthenticated_reports_do_not_poison_the_clock(fast: Engine, boots: int) -> None:
    usm = device()
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.15, retries=0, limits={})
        assert (await get(session)).values == [1, 2]
        telling(usm, lambda asked: usm.report(asked, 2, boots=boots, seconds=9))
        assert (await get(session)).values == [None, None]
        telling(usm, lambda asked: usm.report(asked, 4, boots=boots, seconds=9, engine_id=b"\x80\0\0\0\x04other"))
        assert (await get(session)).values == [None, None]
        usm.tell = None
        before = session.requests
        answers = await get(session)
    assert (answers.values, answers.problem) == ([1, 2], None)
    assert session.requests == before + 1, "something of the forged reports was kept"


async def test_a_forged_discovery_is_outlived(fast: Engine) -> None:
    usm = device()
    forged = b"\x80\0\0\0\x04other"
    usm.tell = lambda asked: (
        usm.report(asked, 4, engine_id=forged, boots=99, seconds=1) if not asked.engine_id else None
    )
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.3, retries=0, limits={})
        answers = await get(session)
    assert (answers.values, answers.problem) == ([1, 2], None)


async def test_discovery_happens_once_and_the_clock_is_kept(open_session: Open) -> None:
    usm = device()
    async with agent(usm) as running:
        for _ in range(3):
            session = open_session(running.port, ACCESS)
            assert (await get(session)).values == [1, 2]
    assert sum(not asked.engine_id for asked in usm.seen) == 1
    assert session.requests == 1


async def test_a_device_that_restarts_is_followed(open_session: Open) -> None:
    usm = device()
    async with agent(usm) as running:
        session = open_session(running.port, ACCESS)
        assert (await get(session)).values == [1, 2]
        usm.boots, usm.seconds = usm.boots + 1, 3
        answers = await get(session)
    assert (answers.values, answers.problem) == ([1, 2], None)


async def test_a_device_whose_clock_is_set_back_is_followed(fast: Engine, caplog: pytest.LogCaptureFixture) -> None:
    usm = device()
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.3, retries=1, limits={})
        assert (await get(session)).values == [1, 2]
        usm.boots, usm.seconds = 1, 3
        answers = await get(session)
    assert (answers.values, answers.problem) == ([1, 2], None)
    assert "set its clock back" in caplog.text


async def test_a_device_that_was_replaced_is_discovered_anew(fast: Engine) -> None:
    usm = device()
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.3, retries=1, limits={})
        assert (await get(session)).values == [1, 2]
        usm.engine_id, usm.boots, usm.seconds = b"\x80\0\0\0\x04replacement", 1, 3
        answers = await get(session)
        assert (answers.values, answers.problem) == ([1, 2], None)
        before = session.requests
        assert (await get(session)).values == [1, 2]
    assert session.requests == before + 1


async def test_reports_without_end_are_not_followed_without_end(open_session: Open) -> None:
    usm = device()
    usm.tell = lambda asked: usm.report(asked, 2, level=1) if asked.inner and asked.engine_id else None
    async with agent(usm) as running:
        session = open_session(running.port, ACCESS, timeout_seconds=0.15)
        answers = await get(session)
    assert answers.values == [None, None]
    assert isinstance(answers.problem, BadAnswer | NoAnswer)
    assert len(usm.seen) < 40


async def test_discoveries_without_end_are_not_followed_without_end(fast: Engine) -> None:
    usm = device()
    usm.tell = lambda asked: usm.report(asked, 4, engine_id=b"\x80\0\0\0\x04" + asked.count.to_bytes(4, "big"))
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.15, retries=1, limits={})
        answers = await get(session)
    assert answers.values == [None, None]
    assert isinstance(answers.problem, BadAnswer | NoAnswer)
    assert len(usm.seen) < 12


async def test_an_agent_that_does_not_sign_its_report_of_time_is_still_read(fast: Engine) -> None:
    usm = device()

    def tell(asked: V3Asked) -> Said:
        if not asked.engine_id:
            return usm.report(asked, 4, boots=0, seconds=0)
        if asked.boots != usm.boots:
            return usm.report(asked, 2)
        return None

    usm.tell = tell
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.3, retries=0, limits={})
        answers = await get(session)
    assert (answers.values, answers.problem) == ([1, 2], None)


async def test_an_unknown_context_is_access_denied(fast: Engine) -> None:
    usm = device()

    def deny(asked: V3Asked) -> bytes:
        pdu = response(asked.request_id, [((1, 3, 6, 1, 6, 3, 12, 1, 5, 0), num(1, 0x41))], tag=0xA8)
        return usm.message(asked.message_id, usm.scoped(pdu), 3)

    telling(usm, deny)
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.3, retries=0, limits={})
        answers = await get(session)
    assert isinstance(answers.problem, AccessDenied)
    assert not isinstance(answers.problem, WrongCredentials)


async def test_secrets_are_in_no_representation(fast: Engine) -> None:
    usm = device()
    async with agent(usm) as running:
        session = fast.session("127.0.0.1", running.port, ACCESS, timeout_seconds=0.3, retries=0, limits={})
        answers = await get(session)
        shown = repr((session, fast, ACCESS, answers))
    assert "maplesyrup" not in shown


def test_a_protocol_without_its_secret_is_a_mistake_of_ours() -> None:
    engine = Engine()
    for access in (
        SnmpAccess("3", user="hart", auth="SHA"),
        SnmpAccess("3", user="hart", priv="DES", priv_secret="maplesyrup priv"),
    ):
        with pytest.raises(ValueError, match="SNMPv3"):
            engine.session("127.0.0.1", 161, access, timeout_seconds=1, retries=0, limits={})
