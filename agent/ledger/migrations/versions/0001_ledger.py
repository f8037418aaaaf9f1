"""The ledger as it began: source, flip, sighting, asset, heartbeat, note, told.

Written out and frozen: later changes of agent.ledger.tables must not change what an old file was given.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent.ledger.tables import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("next_sequence", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )
    op.create_table(
        "flip",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        sa.Column("recorded_at", Utc, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("cause", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_flip"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name="fk_flip_source_source"),
        sa.UniqueConstraint("source", "sequence", name="uq_flip_source_sequence"),
    )
    op.create_index("ix_flip_subject_at", "flip", ["subject", "at"])
    hardware = [("device", False), ("part", False), ("name", False), ("place", False)]
    hardware += [(c, True) for c in ("vendor", "model", "serial", "version")]
    dates = ("manufactured", "installed", "replace_by")
    op.create_table(
        "sighting",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=nullable) for name, nullable in hardware),
        sa.Column("seen_at", Utc, nullable=False),
        *(sa.Column(name, sa.Text) for name in dates),
        sa.PrimaryKeyConstraint("id", name="pk_sighting"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name="fk_sighting_source_source"),
        sa.UniqueConstraint("source", "sequence", name="uq_sighting_source_sequence"),
    )
    op.create_index("ix_sighting_device_part_place", "sighting", ["device", "part", "place"])
    op.create_table(
        "asset",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=nullable) for name, nullable in hardware),
        *(sa.Column(name, sa.Text) for name in dates),
        sa.Column("first_seen_at", Utc, nullable=False),
        sa.Column("last_seen_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_asset"),
        sa.UniqueConstraint("key", name="uq_asset_key"),
    )
    op.create_index("ix_asset_device", "asset", ["device"])
    op.create_table(
        "heartbeat",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("began_at", Utc, nullable=False),
        sa.Column("until_at", Utc, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_heartbeat"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name="fk_heartbeat_source_source"),
    )
    op.create_index("ix_heartbeat_source_until_at", "heartbeat", ["source", "until_at"])
    op.create_table(
        "note",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("outage", sa.Uuid),
        sa.Column("at", Utc, nullable=False),
        sa.Column("recorded_at", Utc, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_note"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name="fk_note_source_source"),
        sa.ForeignKeyConstraint(["outage"], ["flip.id"], name="fk_note_outage_flip"),
        sa.UniqueConstraint("source", "sequence", name="uq_note_source_sequence"),
    )
    op.create_index("ix_note_subject", "note", ["subject"])
    op.create_table(
        "told",
        sa.Column("id", sa.Uuid, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("channel", "subject", "level", "title", "text")),
        sa.Column("at", Utc, nullable=False),
        sa.Column("recorded_at", Utc, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", Utc, nullable=False),
        sa.Column("claimed_at", Utc),
        sa.Column("claimed_by", sa.Uuid),
        sa.Column("sent_at", Utc),
        sa.Column("given_up_at", Utc),
        sa.Column("problem", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_told"),
    )
    op.create_index("ix_told_sent_at_given_up_at_due_at", "told", ["sent_at", "given_up_at", "due_at"])
    _refuse_changes("flip", "sighting", "note")


def _refuse_changes(*tables: str) -> None:
    """What is appended stays: UPDATE and DELETE fail in the database itself, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for table in tables:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{table} is appended, never changed'); END"
                )
        return
    op.execute(
        "CREATE FUNCTION ledger_is_appended() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is appended, never changed', TG_TABLE_NAME; END $$"
    )
    for table in tables:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_appended()"
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forwards: restore the backup that was made before the upgrade")
