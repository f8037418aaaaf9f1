"""What a message is about, so that channels can choose and Alertmanager can tell one alert from another.

Of what was told before, it is read from the marks by which those messages were made. Degraded and flapping had none:
both are warnings that stand until the subject is well, and count as degraded.

Written out and frozen, as every migration: later changes of agent.ledger.tables must not change what an old file gets.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("told", sa.Column("kind", sa.Text, nullable=False, server_default="outage"))
    told = sa.table("told", *(sa.column(name, sa.Text) for name in ("kind", "key", "subject", "level")))
    kind = sa.case(
        (told.c.subject.like("hardware:%"), "hardware"),
        (told.c.key.like("fix/%"), "fix_clock"),
        (told.c.key.like("remind/%"), "reminder"),
        (told.c.key.like("full-service/%"), "full_service"),
        (told.c.subject.like("redundancy:%"), "redundancy"),
        (told.c.level == "warning", "degraded"),
        else_="outage",
    )
    op.execute(sa.update(told).values(kind=kind))
    op.create_index("ix_told_channel_sent_at_given_up_at", "told", ["channel", "sent_at", "given_up_at"])


def downgrade() -> None:
    raise NotImplementedError("a ledger only goes forwards: restore the backup that was made before the upgrade")
