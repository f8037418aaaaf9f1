"""Chain the entries; windows, closings and watches; notes with times; looks behind a flip; messages told once.

What is there already is chained as it stands: from here on a change of it shows. Times an agent was running become
entries of their own, but for the newest of each source, which goes on growing.

Written out and frozen, as every migration: later changes of agent.ledger.tables must not change what an old file gets.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from agent.ledger.chain import genesis, link
from agent.ledger.ids import uuid7
from agent.ledger.tables import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OLD = ("flip", "sighting", "note")
NEW = ("maintenance", "maintenance_end", "closing", "watch")


def upgrade() -> None:
    _allow_changes(*OLD)
    op.add_column("source", sa.Column("digest", sa.LargeBinary))
    for table in OLD:
        op.add_column(table, sa.Column("digest", sa.LargeBinary))
    op.add_column("flip", sa.Column("looks", sa.Text))
    op.add_column("note", sa.Column("from_at", Utc))
    op.add_column("note", sa.Column("until_at", Utc))
    op.add_column("told", sa.Column("key", sa.Text))
    op.create_index("ix_told_channel_key", "told", ["channel", "key"], unique=True)
    _entries(
        "maintenance",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("subjects", "covers")),
        sa.Column("begins_at", Utc, nullable=False),
        sa.Column("ends_at", Utc, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("owner", "reason", "repeat", "name")),
        sa.Column("after_the_fact", sa.Boolean, nullable=False),
    )
    _entries(
        "maintenance_end",
        sa.Column("maintenance", sa.Uuid, nullable=False),
        sa.Column("at", Utc, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("author", "reason")),
        sa.ForeignKeyConstraint(["maintenance"], ["maintenance.id"], name="fk_maintenance_end_maintenance_maintenance"),
    )
    _entries(
        "closing",
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("author", "head", "figures")),
        sa.UniqueConstraint("source", "period", name="uq_closing_source_period"),
    )
    _entries("watch", sa.Column("began_at", Utc, nullable=False), sa.Column("until_at", Utc, nullable=False))
    op.create_index("ix_watch_until_at", "watch", ["until_at"])
    _seal_heartbeats()
    _chain()
    _refuse_changes(*OLD, *NEW)


def _entries(name: str, *columns: sa.Column[Any] | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", Utc, nullable=False),
        *columns,
        sa.Column("digest", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name=f"fk_{name}_source_source"),
        sa.UniqueConstraint("source", "sequence", name=f"uq_{name}_source_sequence"),
    )


def _seal_heartbeats() -> None:
    """Every time an agent was running, but the newest of each source, becomes an entry with a number."""
    connection = op.get_bind()
    beats = sa.table("heartbeat", sa.column("id", sa.Uuid), sa.column("source"), sa.column("began_at", Utc),
                     sa.column("until_at", Utc))  # fmt: skip
    sources = sa.table("source", sa.column("name"), sa.column("next_sequence"))
    watch = sa.table("watch", *(sa.column(c) for c in ("source", "sequence")), sa.column("id", sa.Uuid),
                     *(sa.column(c, Utc) for c in ("recorded_at", "began_at", "until_at")))  # fmt: skip
    now = datetime.now(UTC)
    for name, sequence in connection.execute(sa.select(sources.c.name, sources.c.next_sequence)).all():
        own = sa.select(beats).where(beats.c.source == name).order_by(beats.c.until_at, beats.c.began_at)
        rows = connection.execute(own).all()
        for row in rows[:-1]:
            values = {"id": uuid7(), "source": name, "sequence": sequence, "recorded_at": now,
                      "began_at": row.began_at, "until_at": row.until_at}  # fmt: skip
            connection.execute(sa.insert(watch), values)
            connection.execute(sa.delete(beats).where(beats.c.id == row.id))
            sequence += 1
        connection.execute(sa.update(sources).where(sources.c.name == name).values(next_sequence=sequence))


def _chain() -> None:
    """A digest for every entry that is there, source by source, in the order of the numbers."""
    connection = op.get_bind()
    times = {"at", "recorded_at", "seen_at", "first_seen_at", "last_seen_at", "began_at", "until_at", "from_at"}
    tables = {}
    for name in (*OLD, "watch"):
        found = sa.Table(name, sa.MetaData(), autoload_with=connection)
        # Reflected columns have the database's own types: ids and times must come out as the ledger reads them.
        tables[name] = sa.table(
            name,
            *(
                sa.column(c.name, Utc() if c.name in times else sa.Uuid() if c.name in ("id", "outage") else c.type)
                for c in found.columns
            ),
        )
    sources = sa.table("source", sa.column("name"), sa.column("digest", sa.LargeBinary))
    for name in connection.execute(sa.select(sources.c.name)).scalars().all():
        rows = [
            (row.sequence, table, row._asdict())
            for table, of in tables.items()
            for row in connection.execute(sa.select(of).where(of.c.source == name))
        ]
        rows.sort(key=lambda entry: entry[0])
        digests: dict[str, list[dict[str, Any]]] = {table: [] for table in tables}
        before = genesis(name)
        for _, table, values in rows:
            before = link(before, table, values)
            digests[table].append({"of": values["id"], "is": before})
        for table, own in digests.items():
            if own:
                change = sa.update(tables[table]).where(tables[table].c.id == sa.bindparam("of"))
                connection.execute(change.values(digest=sa.bindparam("is")), own)
        connection.execute(sa.update(sources).where(sources.c.name == name).values(digest=before))


def _allow_changes(*tables: str) -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in tables:
        for verb in ("update", "delete") if sqlite else ("change",):
            op.execute(f"DROP TRIGGER {table}_no_{verb}" + ("" if sqlite else f" ON {table}"))


def _refuse_changes(*tables: str) -> None:
    """What is appended stays: UPDATE and DELETE fail in the database itself, whoever asks."""
    for table in tables:
        if op.get_bind().dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is appended, never changed'); END"
                )
        else:
            op.execute(
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_appended()"
            )


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forwards: restore the backup that was made before the upgrade")
