"""The ledger's tables. What a person or a paper relies on (flip, sighting, note) is appended and never changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, SafeUUID

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator


class Utc(TypeDecorator[datetime]):
    """An aware UTC time. SQLite has no time zones: it is kept as ISO text, which sorts as time does."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone must not reach the ledger")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], datetime | None]:
        """Straight from what the driver has: of a hundred thousand flips two steps between would be a third of it."""
        if dialect.name == "sqlite":
            return lambda text: None if text is None else time_of(text)
        return lambda value: None if value is None else value.astimezone(UTC)


@lru_cache(maxsize=4096)  # what one visit saw has one time
def time_of(text: str) -> datetime:
    """A time as SQLite keeps it."""
    return datetime.fromisoformat(f"{text}+00:00")


def id_of(text: str) -> UUID:
    """As `UUID(hex=text)`, without its checks of what we wrote ourselves: they take as long as the rest of a row."""
    made = object.__new__(UUID)
    object.__setattr__(made, "int", int(text, 16))
    object.__setattr__(made, "is_safe", SafeUUID.unknown)
    return made


class Id(TypeDecorator[UUID]):
    """A UUID; SQLite keeps 32 hexadecimal digits."""

    impl = sa.Uuid
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: Any) -> Callable[[Any], UUID | None] | None:
        if dialect.name == "sqlite":
            return lambda text: None if text is None else id_of(text)
        return super().result_processor(dialect, coltype)


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    }
)

# One row per agent that writes here: the counter that gives every event of a source its number, without gaps.
source = sa.Table(
    "source",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("next_sequence", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.LargeBinary),  # of the last entry: the head of the chain (agent.ledger.chain)
)

flip = sa.Table(
    "flip",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("before", sa.Text, nullable=False),
    sa.Column("after", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("cause", sa.Text),
    sa.Column("looks", sa.Text),  # times, as JSON
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.Index(None, "subject", "at"),
)

sighting = sa.Table(
    "sighting",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("serial", sa.Text),
    sa.Column("version", sa.Text),
    sa.Column("seen_at", Utc, nullable=False),
    sa.Column("manufactured", sa.Text),
    sa.Column("installed", sa.Text),
    sa.Column("replace_by", sa.Text),
    sa.Column("family", sa.Text),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.Index(None, "device", "part", "place"),
    sa.Index(None, "serial"),
)

absence = sa.Table(
    "absence",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("serial", sa.Text),
    sa.Column("last_seen_at", Utc, nullable=False),
    sa.Column("noticed_at", Utc, nullable=False),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.Index(None, "device"),
)

# What purchase records say; shares are JSON.
purchase = sa.Table(
    "purchase",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("serial", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("purchased", sa.Text),
    sa.Column("installed", sa.Text),
    sa.Column("support_until", sa.Text),
    sa.Column("price_pence", sa.BigInteger),
    sa.Column("supplier", sa.Text),
    sa.Column("shares", sa.Text),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.Index(None, "serial"),
)

milestone = sa.Table(
    "milestone",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("asset", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("on", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.Index(None, "asset"),
)

# The register as the sightings have it: worked out, so it may be changed and could be made anew.
asset = sa.Table(
    "asset",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("part", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("place", sa.Text, nullable=False),
    sa.Column("vendor", sa.Text),
    sa.Column("model", sa.Text),
    sa.Column("serial", sa.Text),
    sa.Column("version", sa.Text),
    sa.Column("manufactured", sa.Text),
    sa.Column("installed", sa.Text),
    sa.Column("replace_by", sa.Text),
    sa.Column("first_seen_at", Utc, nullable=False),
    sa.Column("last_seen_at", Utc, nullable=False),
    sa.Column("family", sa.Text),
    sa.Column("version_seen_at", Utc),
    sa.Column("gone_at", Utc),
    sa.Column("also_at", sa.Text),  # JSON
    sa.Index(None, "device"),
    sa.Index(None, "serial"),
    # Few pieces are seen in several places; they are all looked at whenever something is sighted.
    sa.Index(
        None, "also_at", sqlite_where=sa.text("also_at IS NOT NULL"), postgresql_where=sa.text("also_at IS NOT NULL")
    ),
)

# Times an agent was running that are over, or the hours of one that is not.
watch = sa.Table(
    "watch",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("began_at", Utc, nullable=False),
    sa.Column("until_at", Utc, nullable=False),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.Index(None, "until_at"),
)

# The time an agent is running just now: one row of a source, which grows with every heartbeat and becomes a watch.
heartbeat = sa.Table(
    "heartbeat",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("began_at", Utc, nullable=False),
    sa.Column("until_at", Utc, nullable=False),
    sa.Index(None, "source", "until_at"),
)

note = sa.Table(
    "note",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("outage", Id, sa.ForeignKey("flip.id")),
    sa.Column("at", Utc, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("from_at", Utc),
    sa.Column("until_at", Utc),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.Index(None, "subject"),
)

# Planned maintenance, and what ended it before its time. Lists are JSON.
maintenance = sa.Table(
    "maintenance",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("subjects", sa.Text, nullable=False),
    sa.Column("covers", sa.Text, nullable=False),
    sa.Column("begins_at", Utc, nullable=False),
    sa.Column("ends_at", Utc, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("repeat", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("after_the_fact", sa.Boolean, nullable=False),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
)

maintenance_end = sa.Table(
    "maintenance_end",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("maintenance", Id, sa.ForeignKey("maintenance.id"), nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
)

# Periods whose figures are frozen; `head` (source > number of its last entry that was known) and `figures` are JSON.
closing = sa.Table(
    "closing",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("head", sa.Text, nullable=False),
    sa.Column("figures", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.UniqueConstraint("source", "period"),
)

# Who did what.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("source", sa.Text, sa.ForeignKey("source.name"), nullable=False),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("how", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("address", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("reference", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("digest", sa.LargeBinary),
    sa.UniqueConstraint("source", "sequence"),
    sa.Index(None, "at"),
)

# The outbox: written with what it tells of, claimed by one sender at a time.
told = sa.Table(
    "told",
    metadata,
    sa.Column("id", Id, primary_key=True),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("key", sa.Text),  # a channel gets only the first message of a key
    sa.Column("kind", sa.Text, nullable=False, server_default="outage"),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("recorded_at", Utc, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Utc, nullable=False),  # not before; moves on with every failed attempt
    sa.Column("claimed_at", Utc),
    sa.Column("claimed_by", Id),
    sa.Column("sent_at", Utc),
    sa.Column("given_up_at", Utc),
    sa.Column("problem", sa.Text),
    sa.Index(None, "sent_at", "given_up_at", "due_at"),
    sa.Index(None, "channel", "sent_at", "given_up_at"),
    sa.Index(None, "channel", "key", unique=True),
)

# What takes a number and stands in the chain; triggers refuse UPDATE and DELETE. In an order in which they can be
# inserted: notes name flips, ends name windows.
APPENDED = (
    flip, sighting, absence, purchase, milestone, note, maintenance, maintenance_end, closing, watch, audit,
)  # fmt: skip
