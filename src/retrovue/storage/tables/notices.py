"""Where messages go: targets, the pings of schedules, and what is still to be delivered."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, Table, Text, func

from retrovue.storage.tables.base import ident, metadata, ref
from retrovue.storage.types import Instant

# A target's address is a secret, and lies in the secret store.
notify_targets = Table(
    "notify_targets",
    metadata,
    ident(),
    Column("name", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("last_sent_at", Instant),
    Column("last_error", Text),
    sqlite_autoincrement=True,
)
Index("uq_notify_targets_name", func.lower(notify_targets.c.name), unique=True)

schedule_pings = Table(
    "schedule_pings",
    metadata,
    ref("schedule_id", "schedules", ondelete="CASCADE"),
    Column("host", Text, nullable=False),
    Index("uq_schedule_pings_schedule", "schedule_id", unique=True),
)

deliveries = Table(
    "deliveries",
    metadata,
    ident(),
    ref("message_id", "messages", ondelete="CASCADE", nullable=True),
    ref("target_id", "notify_targets", ondelete="CASCADE", nullable=True),
    ref("schedule_id", "schedules", ondelete="CASCADE", nullable=True),
    Column("event", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Instant, nullable=False),
    CheckConstraint(
        "(message_id is not null and target_id is not null) or (schedule_id is not null and event is not null)",
        name="what",
    ),
    Index("ix_deliveries_not_before", "not_before"),
    Index("ix_deliveries_message", "message_id"),
    Index("ix_deliveries_target", "target_id"),
    Index("ix_deliveries_schedule", "schedule_id"),
)
