"""Walks and fetches as pure courses of requests, against agents drawn by lot: all that is there, or a named problem."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.errors import DeviceFault, Malformed, NoAnswer, OutOfTime
from collectors.session import Cells, Value
from collectors.snmp import ber
from collectors.snmp.course import Course
from collectors.snmp.fetch import Fetch
from collectors.snmp.limits import CELLS_PER_REQUEST, VARBINDS_PER_BULK, Limits
from collectors.snmp.message import RESPONSE, Pdu, Request
from tests.snmp.hostile import Mib, Name, dotted

ROOT = (1, 3, 6, 1, 4, 1, 99999, 2, 1)
MARK = b"\x02\x01\x00"

tables = st.dictionaries(
    st.tuples(st.integers(1, 6), st.lists(st.integers(0, 300), min_size=1, max_size=3).map(tuple)),
    st.just(MARK),
    max_size=60,
)


def mib_of(table: dict[tuple[int, tuple[int, ...]], bytes]) -> Mib:
    return Mib({(*ROOT, column, *row): value for (column, row), value in table.items()} | {(1, 3, 9): MARK})


def text(name: Name) -> str:
    return ".".join(map(str, name))


def answer(mib: Mib, request: Request, names: list[str], repetitions: int) -> list[ber.Bind]:
    """What an honest agent answers; the value of an object is its own name."""
    found: list[ber.Bind] = []
    cursors = [dotted(name) for name in names]
    if request is Request.GET:
        for name in cursors:
            known = name in mib.objects
            found.append((text(name), 4 if known else ber.NO_SUCH_INSTANCE, text(name).encode() if known else None))
        return found
    for _ in range(repetitions or 1):
        for position, cursor in enumerate(cursors):
            name, value = mib.after(cursor)
            ended = value != MARK
            found.append((text(name), ber.END_OF_MIB_VIEW if ended else 4, None if ended else text(name).encode()))
            cursors[position] = name
    return found


def truth(mib: Mib, roots: list[str]) -> dict[str, dict[str, Value]]:
    return {
        root: {
            text(name)[len(root) + 1 :]: text(name).encode() for name in mib.order if text(name).startswith(root + ".")
        }
        for root in roots
    }


def follow(course: Course, mib: Mib, spoil: Any, most: int = 2000) -> int:
    """Lead a course to its end; the number of requests it took."""
    for asked in range(most):
        ask = course.next()
        if ask is None:
            return asked
        course.take(ask, spoil(ask, answer(mib, ask.request, ask.oids, ask.repetitions)), True)
    raise AssertionError("the walk does not end")


roots = st.lists(st.sampled_from([text((*ROOT, column)) for column in range(1, 8)]), min_size=1, unique=True)


@given(tables, roots, st.booleans(), st.lists(st.integers(1, 200), min_size=1, max_size=20))
def test_a_walk_of_an_honest_agent_gives_everything_however_it_cuts(
    table: dict[Any, bytes], wanted: list[str], bulk: bool, cuts: list[int]
) -> None:
    mib = mib_of(table)
    course = Course(wanted, Limits({}), bulk=bulk, max_rows=1000)
    turn = iter(cuts * 2000)
    follow(course, mib, lambda ask, binds: Pdu(RESPONSE, 1, 0, 0, binds[: next(turn)]))
    assert course.problem is None
    assert {column.root: column.rows for column in course.columns} == truth(mib, wanted)


@given(tables, roots, st.integers(1, 40))
def test_an_agent_that_refuses_large_answers_is_walked_all_the_same(
    table: dict[Any, bytes], wanted: list[str], most: int
) -> None:
    mib = mib_of(table)
    limits: dict[str, Any] = {}
    for _ in range(2):
        course = Course(wanted, Limits(limits), bulk=True, max_rows=1000)
        follow(course, mib, lambda ask, binds: Pdu(RESPONSE, 1, *((0, 0, binds) if len(binds) <= most else (1, 0, []))))
        assert course.problem is None
        assert {column.root: column.rows for column in course.columns} == truth(mib, wanted)


faults = st.sampled_from([NoAnswer("silence"), OutOfTime("late"), Malformed("spoilt")])
lies = st.one_of(
    faults,
    st.builds(
        Pdu,
        st.sampled_from([0xA2, 0xA8]),
        st.just(1),
        st.integers(-1, 19),
        st.integers(-1, 9),
        st.lists(
            st.tuples(
                st.one_of(
                    st.tuples(st.integers(1, 7), st.integers(0, 4)).map(lambda n: text((*ROOT, *n))),
                    st.sampled_from(["0.0", "1.3.6.1.2.1.1.1.0", text(ROOT), "1.3.9", "2.999"]),
                ),
                st.sampled_from([2, 4, 5, 0x24, 0x80, 0x81, 0x82]),
                st.just(None) | st.integers(0, 9),
            ),
            max_size=12,
        ),
    ),
)


@given(roots, st.lists(lies, min_size=1, max_size=12), st.booleans(), st.booleans())
@settings(max_examples=120)
def test_a_walk_of_a_liar_ends_and_keeps_names_and_values_together(
    wanted: list[str], said: list[Any], bulk: bool, answers_at_all: bool
) -> None:
    course = Course(wanted, Limits({}), bulk=bulk, max_rows=50, tags=True)
    turn = iter(said * 1000)
    told: dict[str, set[Any]] = {}
    for _ in range(900):
        ask = course.next()
        if ask is None:
            break
        outcome: Pdu | DeviceFault = next(turn)
        if isinstance(outcome, Pdu):
            for name, _, value in outcome.binds:
                told.setdefault(name, set()).add(value)
        course.take(ask, outcome, answers_at_all)
    else:
        raise AssertionError("the walk does not end")
    for column in course.columns:
        assert len(column.rows) == len(column.tags) <= 50
        for suffix, value in column.rows.items():
            assert value in told[f"{column.root}.{suffix}"]


@given(
    st.integers(1, 120),
    st.sets(st.integers(0, 119)),
    st.sets(st.integers(0, 119), max_size=3),
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_a_fetch_gives_every_cell_that_can_be_had(
    count: int, absent: set[int], failing: set[int], fits: int, kept: int
) -> None:
    """Some cells are not there, some make the agent fail, large requests are refused, and answers are cut."""
    cells = Cells([text((*ROOT, 1, row)) for row in range(count)])
    bad = {cells.oids[n] for n in failing if n < count}
    there = [oid for n, oid in enumerate(cells.oids) if n not in absent]
    mib = Mib({dotted(oid): MARK for oid in there})
    limits: dict[str, Any] = {}
    fetch = Fetch(cells, Limits(limits))
    refused = False
    for _ in range(3000):
        if not fetch.todo:
            break
        chunk = fetch.todo.popleft()
        culprits = [position for position, oid in enumerate(chunk.oids, 1) if oid in bad]
        if len(chunk) > fits:
            refused = True
            pdu = Pdu(RESPONSE, 1, 1, 0, [])
        elif culprits:
            pdu = Pdu(RESPONSE, 1, 5, culprits[0], [])
        else:
            pdu = Pdu(RESPONSE, 1, 0, 0, answer(mib, Request.GET, list(chunk.oids), 0)[:kept])
        fetch.take(chunk, pdu, True)
    assert not fetch.todo
    assert fetch.values == [oid.encode() if oid in there and oid not in bad else None for oid in cells.oids]
    assert (fetch.problem is None) == (not bad)
    if refused:
        assert max(len(chunk) for chunk in Fetch(cells, Limits(limits)).todo) <= fits


@given(st.integers(1, 80), st.lists(st.one_of(lies, st.lists(st.integers(), max_size=60)), min_size=1, max_size=10))
@settings(max_examples=120)
def test_a_fetch_from_a_liar_ends(count: int, said: list[Any]) -> None:
    cells = Cells([text((*ROOT, 1, row)) for row in range(count)])
    fetch = Fetch(cells, Limits({}))
    turn = iter(said * 1000)
    for _ in range(900):
        if not fetch.todo:
            break
        chunk = fetch.todo.popleft()
        outcome = next(turn)
        if isinstance(outcome, list):
            outcome = (outcome * len(chunk))[: len(chunk)] if outcome else Malformed("nothing")
        fetch.take(chunk, outcome, True)
    assert not fetch.todo
    assert len(fetch.values) == count


# ---------------------------------------------------------------- what is learnt
@given(st.lists(st.floats(0, 30), max_size=40), st.integers(0, 3), st.floats(0.1, 5))
def test_the_time_out_stays_within_its_bounds(trips: list[float], attempt: int, configured: float) -> None:
    limits = Limits({})
    for seconds in trips:
        limits.answered_after(seconds)
    seconds = limits.timeout(configured, attempt) / 1.5**attempt
    assert configured * 0.499 <= seconds <= configured * 4.001


def test_the_time_out_follows_the_round_trip() -> None:
    limits = Limits({})
    assert limits.timeout(2.0, 0) == 2.0
    for _ in range(50):
        limits.answered_after(0.01)
    assert limits.timeout(2.0, 0) == 1.0
    for _ in range(50):
        limits.answered_after(3.0)
    assert 3.0 < limits.timeout(2.0, 0) < 4.0


def test_repetitions_shrink_with_cut_answers_and_recover() -> None:
    limits = Limits({})
    assert limits.repetitions(14) == VARBINDS_PER_BULK // 14
    limits.bulk_gave(140, 62)
    assert limits.repetitions(14) == 4
    for _ in range(10):
        limits.bulk_gave(56, 56)
    assert limits.repetitions(14) == VARBINDS_PER_BULK // 14
    limits.bulk_too_big(140)
    for _ in range(10):
        limits.bulk_gave(56, 56)
    assert limits.repetitions(14) == 5, "what was refused once is not tried again"


def test_limits_of_cell_sets_are_bounded_in_number() -> None:
    known: dict[str, Any] = {}
    limits = Limits(known)
    for row in range(100):
        limits.fewer_cells(Cells([f"1.3.6.1.{row}.0"]), 3)
    assert len(known["cells"]) == 16
    assert limits.cells(Cells(["1.3.6.1.99.0"])) == 3
    assert limits.cells(Cells(["1.3.6.1.1.0"])) == CELLS_PER_REQUEST


def test_answers_that_come_at_the_second_asking_are_kept_smaller_and_forgiven_in_time() -> None:
    limits = Limits({})
    limits.bulk_gave(140, 70, retried=True)
    assert limits.repetitions(1) == 50
    assert limits.repetitions(14) == 5
    for _ in range(63):
        limits.bulk_gave(70, 70)
    assert limits.repetitions(14) == 5
    for _ in range(3):
        limits.bulk_gave(70, 70)
    assert limits.repetitions(14) == 6


def test_a_device_that_has_been_silent_is_asked_less_often_until_it_speaks() -> None:
    limits = Limits({})
    for _ in range(3):
        assert limits.attempts(4) == 4
        limits.stayed_silent()
    assert limits.attempts(4) == 2
    assert limits.attempts(1) == 1
    limits.answered_after(0.02)
    assert limits.attempts(4) == 4
