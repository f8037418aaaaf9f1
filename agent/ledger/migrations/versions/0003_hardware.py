"""The hardware register: what is gone, what was bought, milestones; families and versions of what was seen.

Written out and frozen, as every migration: later changes of agent.ledger.tables must not change what an old file gets.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from agent.ledger.tables import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _entries(
        "absence",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("key", "device", "part", "name", "place")),
        sa.Column("serial", sa.Text),
        sa.Column("last_seen_at", Utc, nullable=False),
        sa.Column("noticed_at", Utc, nullable=False),
    )
    op.create_index("ix_absence_device", "absence", ["device"])
    _entries(
        "purchase",
        sa.Column("recorded_at", Utc, nullable=False),
        sa.Column("serial", sa.Text, nullable=False),
        sa.Column("at", Utc, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("author", "origin")),
        *(sa.Column(name, sa.Text) for name in ("vendor", "model", "purchased", "installed", "support_until")),
        sa.Column("price_pence", sa.BigInteger),
        *(sa.Column(name, sa.Text) for name in ("supplier", "shares")),
    )
    op.create_index("ix_purchase_serial", "purchase", ["serial"])
    _entries(
        "milestone",
        sa.Column("recorded_at", Utc, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("asset", "kind", "what", "on")),
        sa.Column("at", Utc, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.create_index("ix_milestone_asset", "milestone", ["asset"])
    op.create_index("ix_sighting_serial", "sighting", ["serial"])
    op.add_column("sighting", sa.Column("family", sa.Text))
    op.add_column("asset", sa.Column("family", sa.Text))
    op.add_column("asset", sa.Column("version_seen_at", Utc))
    op.add_column("asset", sa.Column("gone_at", Utc))
    op.add_column("asset", sa.Column("also_at", sa.Text))
    op.create_index("ix_asset_serial", "asset", ["serial"])
    several = sa.text("also_at IS NOT NULL")
    op.create_index("ix_asset_also_at", "asset", ["also_at"], sqlite_where=several, postgresql_where=several)
    _refuse_changes("absence", "purchase", "milestone")


def _entries(name: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        *columns,
        sa.Column("digest", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name=f"fk_{name}_source_source"),
        sa.UniqueConstraint("source", "sequence", name=f"uq_{name}_source_sequence"),
    )


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
