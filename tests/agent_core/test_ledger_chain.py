"""The chain of entries, old files brought forward, and the ledger as JSON Lines: over SQLite and PostgreSQL."""

from __future__ import annotations

import io
import json
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from agent.facts import Facts, Flip
from agent.ledger import Ledger, LinesInvalid
from agent.ledger.chain import genesis, link
from agent.ledger.store import Store
from agent.ledger.tables import APPENDED
from tests.agent_core.making import UP, at
from tests.agent_core.test_ledger import change, one_of_each, record, seen

Open = Callable[..., Ledger]


@pytest.fixture
def full(ledger: Ledger) -> Ledger:
    """A ledger with entries of every kind: eleven of them, and then thirty flips."""
    record(ledger, one_of_each(), Facts(heartbeat_at=at(0)), Facts(heartbeat_at=at(900)))
    record(ledger, *(Facts((change(n),)) for n in range(30)))
    return ledger


def tamper(ledger: Ledger, *statements: str) -> None:
    """Change what may not be changed, as somebody would who may do everything in the database."""
    with ledger._store.writer.begin() as connection:
        if connection.dialect.name == "postgresql":
            for table in APPENDED:
                connection.execute(sa.text(f"ALTER TABLE {table.name} DISABLE TRIGGER USER"))
        else:
            triggers = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for name in connection.execute(triggers).scalars().all():
                connection.execute(sa.text(f"DROP TRIGGER {name}"))
        for statement in statements:
            connection.execute(sa.text(statement))


# ---------------------------------------------------------------- verify
def test_a_ledger_as_it_was_written_has_no_problems_and_says_what_its_head_is(full: Ledger) -> None:
    verdict = full.verify()
    assert verdict.problems == ()
    assert verdict.entries == 42
    (number, digest) = verdict.heads["agent-1"]
    assert number == 42
    assert len(bytes.fromhex(digest)) == 32


def test_every_further_entry_moves_the_head(full: Ledger) -> None:
    before = full.verify().heads
    record(full, Facts((change(99),)))
    assert full.verify().heads != before


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE flip SET reason = 'all was well' WHERE sequence = 20", "flip 20 of device:sw"),
        ("UPDATE sighting SET serial = 'X1' WHERE sequence = 2", "sighting 2 of sw"),
        ("UPDATE absence SET serial = 'X1' WHERE sequence = 3", "absence 3 of sw"),
        ("UPDATE purchase SET price_pence = 1 WHERE sequence = 4", "purchase 4"),
        ("UPDATE milestone SET reason = 'x' WHERE sequence = 5", "milestone 5"),
        ("UPDATE note SET author = 'sam' WHERE sequence = 6", "note 6 of device:sw"),
        ("UPDATE maintenance SET reason = 'x' WHERE sequence = 7", "maintenance 7"),
        ("UPDATE maintenance_end SET author = 'x' WHERE sequence = 8", "maintenance_end 8"),
        ("UPDATE closing SET figures = '{}' WHERE sequence = 9", "closing 9"),
        ("UPDATE watch SET source = source, began_at = until_at WHERE sequence = 10", "watch 10"),
        ("UPDATE audit SET who = 'sam' WHERE sequence = 11", "audit 11 of device:sw"),
    ],
)
def test_an_entry_that_was_changed_is_named_and_no_other(full: Ledger, statement: str, says: str) -> None:
    tamper(full, statement)
    problems = [p for p in full.verify().problems if not p.startswith("the register")]
    assert len(problems) == 1
    assert says in problems[0]
    assert "not as it was written" in problems[0]


def test_an_entry_that_was_taken_out_is_missed(full: Ledger) -> None:
    tamper(full, "DELETE FROM flip WHERE sequence IN (20, 21)")
    assert [p.partition(" (")[0] for p in full.verify().problems] == [
        "agent-1: entry 20 to 21 is missing before flip 22 of device:sw"
    ]


def test_a_tail_that_was_cut_off_is_missed(full: Ledger) -> None:
    tamper(full, "DELETE FROM flip WHERE sequence > 35")
    assert full.verify().problems == ("agent-1: the last entries are missing: 42 were written, 35 end it",)


def test_an_entry_that_was_put_in_behind_the_last_one_is_found(full: Ledger) -> None:
    tamper(
        full,
        "INSERT INTO flip (id, source, sequence, subject, before, after, at, recorded_at, reason, digest) SELECT "
        "'00000000000070008000000000000001', source, 43, subject, before, after, at, recorded_at, reason, digest "
        "FROM flip WHERE sequence = 42",
        "UPDATE source SET next_sequence = 44",
    )
    assert [p.partition(" (")[0] for p in full.verify().problems] == ["agent-1: flip 43 of device:sw"]
    tamper(full, "UPDATE source SET digest = (SELECT digest FROM flip WHERE sequence = 41)")
    assert full.verify().problems[-1] == "agent-1: the last entry is not the one that was written last"


def test_a_register_that_differs_from_what_was_seen_is_found(full: Ledger) -> None:
    record(full, Facts(sightings=(seen(serial="S1"), seen("core", serial="S2"))))
    assert not full.verify().problems
    tamper(full, "UPDATE asset SET model = 'C9400' WHERE serial = 'S1'", "DELETE FROM asset WHERE serial = 'S2'")
    assert full.verify().problems == (
        "the register has serial:cisco/S1 otherwise than it was seen",
        "the register does not have serial:cisco/S2, which was seen",
    )


# ---------------------------------------------------------------- old files
OLD_ROWS = (
    "INSERT INTO source (name, next_sequence) VALUES ('agent-1', 5)",
    "INSERT INTO flip VALUES ('01900000000070008000000000000001', 'agent-1', 1, 'device:sw', 'blind', 'up', "
    "'2026-05-01 10:00:00.123456', '2026-05-01 10:00:01.000000', 'answers', NULL)",
    "INSERT INTO sighting VALUES ('01900000000070008000000000000002', 'agent-1', 2, 'sw', 'chassis', 'sw', '1', "
    "'Cisco', 'C9300', 'S1', '17.9', '2026-05-01 10:00:00.000000', NULL, NULL, NULL)",
    "INSERT INTO asset VALUES ('01900000000070008000000000000003', 'serial:cisco/S1', 'sw', 'chassis', 'sw', '1', "
    "'Cisco', 'C9300', 'S1', '17.9', NULL, NULL, NULL, '2026-05-01 10:00:00.000000', '2026-05-02 10:00:00.000000')",
    "INSERT INTO flip VALUES ('01900000000070008000000000000004', 'agent-1', 3, 'device:sw', 'up', 'down', "
    "'2026-05-01 11:00:00.000000', '2026-05-01 11:00:30.000000', 'no answer', NULL)",
    "INSERT INTO note VALUES ('01900000000070008000000000000005', 'agent-1', 4, 'device:sw', "
    "'01900000000070008000000000000004', '2026-05-01 12:00:00.000000', '2026-05-01 12:00:00.000000', 'jo', 'cause', "
    "'power')",
    "INSERT INTO heartbeat VALUES ('01900000000070008000000000000006', 'agent-1', '2026-05-01 09:00:00.000000', "
    "'2026-05-01 12:30:00.000000')",
    "INSERT INTO heartbeat VALUES ('01900000000070008000000000000007', 'agent-1', '2026-05-01 13:00:00.000000', "
    "'2026-05-01 14:00:00.000000')",
    "INSERT INTO told (id, channel, subject, level, title, text, at, recorded_at, due_at) VALUES "
    "('01900000000070008000000000000008', 'log', 'device:sw', 'critical', 'down', 'x', '2026-05-01 11:00:00.000000', "
    "'2026-05-01 11:00:30.000000', '2026-05-01 11:00:30.000000')",
    "INSERT INTO told (id, channel, subject, level, title, text, at, recorded_at, due_at, sent_at) VALUES "
    "('01900000000070008000000000000009', 'log', 'device:ap', 'warning', 'degraded', 'x', "
    "'2026-05-01 11:00:00.000000', '2026-05-01 11:00:30.000000', '2026-05-01 11:00:30.000000', "
    "'2026-05-01 11:00:31.000000')",
    "INSERT INTO told (id, channel, subject, level, title, text, at, recorded_at, due_at, sent_at) VALUES "
    "('01900000000070008000000000000010', 'log', 'hardware:stage/overdue', 'warning', 'old', 'x', "
    "'2026-05-01 11:00:00.000000', '2026-05-01 11:00:30.000000', '2026-05-01 11:00:30.000000', "
    "'2026-05-01 11:00:31.000000')",
)


def old_ledger(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger as the first version made and left it: its own migration, and rows as its SQL wrote them."""
    store = Store(place)
    with monkeypatch.context() as patched:
        patched.setattr("alembic.script.ScriptDirectory.get_current_head", lambda self: "0001")
        store.make_folder()
        store.prepare()
    postgresql = store.url.get_backend_name() == "postgresql"
    with store.writer.begin() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0001"
        for row in OLD_ROWS:
            connection.execute(sa.text("SET LOCAL TIME ZONE 'UTC'" if postgresql else "SELECT 1"))
            connection.execute(sa.text(row.replace(":", "\\:")))
    store.close()


def test_a_ledger_of_the_first_version_is_brought_forward_and_chained_and_goes_on(
    place: str, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_ledger(place, monkeypatch)
    ledger = opened(place)
    verdict = ledger.verify()
    assert verdict.problems == ()
    assert verdict.entries == 5  # two flips, a sighting, a note, and the time that was watched before the last one
    assert [f.reason for f in ledger.flips()] == ["answers", "no answer"]
    assert [n.text for n in ledger.notes()] == ["power"]
    assert [(w.began_at.hour, w.until_at.hour) for w in ledger.watches()] == [(9, 12), (13, 14)]
    assert ledger.outbox.waiting() == 1
    kinds = {message.subject: message.kind for _, message in ledger.told_after(None, at(-(10**8)))[0]}
    assert kinds == {"device:sw": "outage", "device:ap": "degraded", "hardware:stage/overdue": "hardware"}
    record(ledger, Facts((change(1),)), Facts(heartbeat_at=at(0)))
    assert ledger.flips()[-1].sequence == 6
    assert ledger.verify().problems == ()


# ---------------------------------------------------------------- JSON Lines
def lines_of(ledger: Ledger) -> list[str]:
    out = io.StringIO()
    assert ledger.export(out) == len(out.getvalue().splitlines())
    return out.getvalue().splitlines(keepends=True)


def everything(ledger: Ledger) -> tuple[object, ...]:
    verdict = ledger.verify()
    return (
        verdict, ledger.flips(), ledger.notes(), ledger.windows(), ledger.closings(), ledger.watches(),
        ledger.sightings(), ledger.assets(), ledger.head(),
    )  # fmt: skip


def test_a_ledger_goes_out_and_into_an_empty_one_and_is_the_same(full: Ledger, tmp_path: Path, opened: Open) -> None:
    lines = lines_of(full)
    other = opened(tmp_path / "other.db", "agent-9")
    taken = other.load_lines(lines)
    assert (taken.added, taken.known) == (42, 0)
    assert everything(other) == everything(full)
    assert lines_of(other) == lines


def test_a_longer_file_adds_what_is_new_and_the_same_one_nothing(full: Ledger, tmp_path: Path, opened: Open) -> None:
    other = opened(tmp_path / "other.db", "agent-9")
    other.load_lines(lines_of(full))
    record(full, Facts((change(77),), (seen("core", serial="S7"),)), Facts(heartbeat_at=at(910)))
    longer = lines_of(full)
    assert (other.load_lines(longer).added, other.load_lines(longer).added) == (2, 0)
    assert everything(other) == everything(full)


def test_an_agent_goes_on_in_a_ledger_it_was_moved_into(full: Ledger, tmp_path: Path, opened: Open) -> None:
    lines = lines_of(full)
    moved = opened(tmp_path / "moved.db", "agent-1")
    moved.load_lines(lines)
    (written,) = record(moved, Facts((change(1),)))
    assert written.first_sequence == 43
    assert moved.verify().problems == ()


def broken(lines: list[str], number: int, **values: object) -> list[str]:
    row = json.loads(lines[number]) | values
    return [*lines[:number], json.dumps(row) + "\n", *lines[number + 1 :]]


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (lambda lines: [], "the file is empty"),
        (lambda lines: lines[1:], "line 1: this is no ledger"),
        (lambda lines: [*lines[:9], "{\n", *lines[9:]], "line 10: this is no JSON"),
        (lambda lines: [*lines[:9], "[]\n", *lines[9:]], "line 10: an object is wanted"),
        (lambda lines: [*lines[:9], *lines[10:]], "line 10: entry 8 of agent-1 was to follow, not 9"),
        (lambda lines: broken(lines, 20, reason="all was well"), "line 21: entry 19 of agent-1 is not as it was"),
        (lambda lines: broken(lines, 20, colour="red"), "line 21: a flip has no colour"),
        (lambda lines: broken(lines, 20, at="yesterday"), "line 21: at of a flip cannot be 'yesterday'"),
        (lambda lines: broken(lines, 20, at="2026-01-01T00:00:00"), "line 21: at of a flip cannot be"),
        (lambda lines: broken(lines, 20, subject=None), "line 21: a flip without subject"),
        (lambda lines: broken(lines, 20, sequence="19"), "line 21: sequence of a flip cannot be '19'"),
        (lambda lines: broken(lines, 20, table="flop"), "line 21: there is no table 'flop'"),
        (lambda lines: broken(lines, 20, source="agent-7"), "line 21: the source 'agent-7' is not among"),
        (lambda lines: lines[:30], "line 30: the end is missing: entry 29 of agent-1 was to follow"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_adds_nothing_and_the_line_is_named(
    full: Ledger, tmp_path: Path, opened: Open, harm: Callable[[list[str]], list[str]], says: str
) -> None:
    lines = lines_of(full)
    other = opened(tmp_path / "other.db", "agent-9")
    record(other, Facts((change(5),)))
    before = everything(other)
    with pytest.raises(LinesInvalid) as refused:
        other.load_lines(harm(lines))
    assert says in str(refused.value)
    assert everything(other) == before


def test_a_file_that_says_something_else_than_what_is_here_is_refused(
    full: Ledger, tmp_path: Path, opened: Open
) -> None:
    other = opened(tmp_path / "other.db", "agent-1")
    record(other, Facts((change(5),)))
    with pytest.raises(LinesInvalid, match="entry 1 of agent-1 is here already, and says something else"):
        other.load_lines(lines_of(full))


def test_a_copy_of_the_file_is_verified_like_the_ledger_it_is_of(tmp_path: Path, opened: Open) -> None:
    ledger = opened(tmp_path / "ledger.db")
    record(ledger, one_of_each())
    copy = ledger.backup(tmp_path / "copy.db")
    with closing(sqlite3.connect(copy)) as changed:
        changed.execute("DROP TRIGGER flip_no_update")
        changed.execute("UPDATE flip SET reason = 'x'")
        changed.commit()
    assert [type(f) for f in ledger.flips()] == [Flip]
    assert not ledger.verify().problems
    assert len(opened(copy, "agent-2").verify().problems) == 1


def test_the_form_of_digests_never_changes() -> None:
    """Ledgers that were written are verified by it for as long as they are kept."""
    row = {
        "id": UUID(int=0x01900000_0000_7000_8000_000000000001), "source": "agent-1", "sequence": 1,
        "subject": "device:sw", "before": UP, "after": "down", "at": at(0.123456), "recorded_at": at(1),
        "reason": 'no "answer" £', "cause": None, "after_the_fact": False, "digest": b"is left out",
    }  # fmt: skip
    assert genesis("agent-1").hex() == "e6f93b81a0d1787a6da6b03344ec16c6fe5c5c0302a432025fa162db8ade630d"
    assert (
        link(genesis("agent-1"), "flip", row).hex()
        == "73ebdff786d662eed59df168dd44f3ee985ee4089df422c8a221548a0a4c9dc9"
    )


# ---------------------------------------------------------------- while it is written to
def test_what_is_verified_and_exported_while_it_is_written_to_is_of_one_moment(
    ledger: Ledger, tmp_path: Path, opened: Open
) -> None:
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            ledger.record(Facts((change(number),), (seen(serial=f"S{number}"),))).result(10)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        for n in range(10):
            assert ledger.verify().problems == ()
            other = opened(tmp_path / f"{n}.db", "agent-9")
            other.load_lines(lines_of(ledger))
            assert other.verify().problems == ()
    finally:
        ended.set()
        writing.join(10)
    assert ledger.head()["agent-1"] > 20
