"""Tables of schedules, executions, the journal, the service and the settings."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    Table,
    Text,
    func,
    text,
)

from retrovue.storage.tables.base import ident, metadata, ref
from retrovue.storage.types import Instant, Json

schedules = Table(
    "schedules",
    metadata,
    ident(),
    Column("name", Text, nullable=False),
    ref("server_id", "plex_servers", ondelete="RESTRICT"),
    ref("library_id", "plex_libraries", ondelete="RESTRICT", nullable=True),
    Column("cron_expression", Text),
    Column("interval_seconds", BigInteger),
    Column("interval_anchor", Instant),
    Column("timezone", Text, nullable=False),
    Column("sync_options", Json, nullable=False),
    Column("policies", Json, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("paused_reason", Text),
    Column("error", Text),
    Column("next_run_at", Instant),
    Column("last_run_at", Instant),
    Column("last_status", Text),
    Column("total_runs", BigInteger, nullable=False, server_default=text("0")),
    Column("total_failures", BigInteger, nullable=False, server_default=text("0")),
    Column("failures_in_a_row", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("(cron_expression is null) <> (interval_seconds is null)", name="one_trigger"),
    sqlite_autoincrement=True,
)
Index("uq_schedules_name", func.lower(schedules.c.name), unique=True)
Index("ix_schedules_due", schedules.c.enabled, schedules.c.next_run_at)

schedule_executions = Table(
    "schedule_executions",
    metadata,
    ident(),
    ref("schedule_id", "schedules", ondelete="SET NULL", nullable=True),
    ref("server_id", "plex_servers", ondelete="SET NULL", nullable=True),
    ref("library_id", "plex_libraries", ondelete="SET NULL", nullable=True),
    Column("schedule_name", Text),
    Column("server_name", Text, nullable=False),
    Column("library_title", Text, nullable=False),
    # schedule/library/due instant: a due time can fire once only, however many services run.
    Column("due_key", Text, unique=True),
    Column("due_at", Instant),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant),
    Column("start_time", Instant),
    Column("end_time", Instant),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("attempt", Integer, nullable=False, server_default=text("1")),
    Column("sync_options", Json, nullable=False),
    Column("depth", Text),
    Column("progress_done", BigInteger, nullable=False, server_default=text("0")),
    Column("progress_total", BigInteger),
    Column("progress_phase", Text),
    Column("items_scanned", BigInteger, nullable=False, server_default=text("0")),
    Column("items_inserted", BigInteger, nullable=False, server_default=text("0")),
    Column("items_updated", BigInteger, nullable=False, server_default=text("0")),
    Column("items_removed", BigInteger, nullable=False, server_default=text("0")),
    Column("items_restored", BigInteger, nullable=False, server_default=text("0")),
    Column("items_unchanged", BigInteger, nullable=False, server_default=text("0")),
    Column("errors", BigInteger, nullable=False, server_default=text("0")),
    Column("removals_held", BigInteger, nullable=False, server_default=text("0")),
    Column("complete", Boolean, nullable=False, server_default=text("false")),
    Column("requests", BigInteger, nullable=False, server_default=text("0")),
    Column("bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("cancel_requested_at", Instant),
    Column("log_bytes", BigInteger, nullable=False, server_default=text("0")),
    Column("log_dropped", BigInteger, nullable=False, server_default=text("0")),
    # Whether the service is to run it, rather than the process that made it.
    Column("for_service", Boolean, nullable=False, server_default=text("false")),
    CheckConstraint(
        "status in ('queued', 'running', 'success', 'failed', 'cancelled', 'interrupted', 'skipped', 'missed')",
        name="status",
    ),
    sqlite_autoincrement=True,
)
# One running sync per library, whoever started it.
Index(
    "uq_schedule_executions_running",
    schedule_executions.c.library_id,
    unique=True,
    sqlite_where=schedule_executions.c.status == "running",
    postgresql_where=schedule_executions.c.status == "running",
)
# History is read in the order in which runs began; those that have not begun stand where they were asked for.
began = func.coalesce(schedule_executions.c.start_time, schedule_executions.c.created_at)
Index("ix_schedule_executions_began", began, schedule_executions.c.id)
Index("ix_schedule_executions_schedule", schedule_executions.c.schedule_id, began, schedule_executions.c.id)
Index(
    "ix_schedule_executions_name",
    func.lower(schedule_executions.c.schedule_name),
    began,
    schedule_executions.c.id,
)
Index("ix_schedule_executions_status", schedule_executions.c.status, began, schedule_executions.c.id)

execution_log = Table(
    "execution_log",
    metadata,
    ident(),
    ref("execution_id", "schedule_executions", ondelete="CASCADE"),
    Column("at", Instant, nullable=False),
    Column("level", Text, nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_execution_log_execution", "execution_id", "id"),
)

item_changes = Table(
    "item_changes",
    metadata,
    ident(),
    ref("execution_id", "schedule_executions", ondelete="SET NULL", nullable=True),
    ref("library_id", "plex_libraries", ondelete="SET NULL", nullable=True),
    ref("item_id", "catalogue_items", ondelete="SET NULL", nullable=True),
    Column("at", Instant, nullable=False),
    Column("change", Text, nullable=False),
    Column("rating_key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("fields", Json),
    CheckConstraint(
        "change in ('added', 'updated', 'removed', 'restored', 'rekeyed')",
        name="change",
    ),
    Index("ix_item_changes_execution", "execution_id"),
    Index("ix_item_changes_item", "item_id"),
    Index("ix_item_changes_at", "at"),
)

removal_holds = Table(
    "removal_holds",
    metadata,
    ident(),
    ref("execution_id", "schedule_executions", ondelete="CASCADE"),
    ref("library_id", "plex_libraries", ondelete="CASCADE"),
    Column("held_at", Instant, nullable=False),
    Column("state", Text, nullable=False),
    Column("emptied", Boolean, nullable=False),
    Column("percent", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("keys", Json, nullable=False),
    CheckConstraint("state in ('open', 'approved', 'rejected', 'replaced', 'settled')", name="state"),
    Index("ix_removal_holds_execution", "execution_id"),
)
Index(
    "uq_removal_holds_open",
    removal_holds.c.library_id,
    unique=True,
    sqlite_where=removal_holds.c.state == "open",
    postgresql_where=removal_holds.c.state == "open",
)

messages = Table(
    "messages",
    metadata,
    ident(),
    Column("at", Instant, nullable=False),
    ref("schedule_id", "schedules", ondelete="SET NULL", nullable=True),
    ref("execution_id", "schedule_executions", ondelete="SET NULL", nullable=True),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_messages_schedule", "schedule_id"),
    Index("ix_messages_execution", "execution_id"),
    sqlite_autoincrement=True,
)

service_status = Table(
    "service_status",
    metadata,
    ident(),
    Column("pid", BigInteger, nullable=False),
    Column("host", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("heartbeat_at", Instant, nullable=False),
    Column("last_error", Text),
    CheckConstraint("state in ('leading', 'standby')", name="state"),
    sqlite_autoincrement=True,
)

# A service ends when stop_number is no longer what it was at its start: that needs no clock.
service_control = Table(
    "service_control",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("stop_number", BigInteger, nullable=False, server_default=text("0")),
    Column("paused_at", Instant),
    Column("died_at", Instant),
    CheckConstraint("id = 1", name="one_row"),
)

changes = Table(
    "changes",
    metadata,
    Column("topic", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Json, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
