"""Who did what: an entry of its own for each change that people make and each sign-in.

Written out and frozen, as every migration: later changes of agent.ledger.tables must not change what an old file gets.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from agent.ledger.tables import Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXTS = ("who", "how", "role", "address", "action", "subject", "reference", "detail", "outcome")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", Utc, nullable=False),
        sa.Column("at", Utc, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sa.Column("digest", sa.LargeBinary),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], name="fk_audit_source_source"),
        sa.UniqueConstraint("source", "sequence", name="uq_audit_source_sequence"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{verb.lower()} BEFORE {verb} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'audit is appended, never changed'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_appended()"
        )


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forwards: restore the backup that was made before the upgrade")
