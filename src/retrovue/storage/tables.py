"""All tables. What must never happen twice is forbidden here, by a constraint."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)

from retrovue.storage.types import Instant, Json

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[int]:
    return Column("id", _ID, primary_key=True, autoincrement=True)


def _ref(name: str, target: str, *, ondelete: str, nullable: bool = False) -> Column[int]:
    return Column(name, _ID, ForeignKey(f"{target}.id", ondelete=ondelete), nullable=nullable)


plex_servers = Table(
    "plex_servers",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("machine_identifier", Text, nullable=False, unique=True),
    Column("version", Text, nullable=False),
    Column("verify_tls", Boolean, nullable=False, server_default=text("true")),
    Column("ca_file", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    # Ids are never used twice, so that a token kept for a removed server can never reach another.
    sqlite_autoincrement=True,
)
Index("uq_plex_servers_name", func.lower(plex_servers.c.name), unique=True)

plex_libraries = Table(
    "plex_libraries",
    metadata,
    _id(),
    _ref("server_id", "plex_servers", ondelete="CASCADE"),
    Column("key", Text, nullable=False),
    Column("uuid", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("locations", Json, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("gone_at", Instant),
    Column("last_sync_at", Instant),
    Column("last_complete_at", Instant),
    Column("quick_mark", Instant),
    Column("counts", Json),
    Column("created_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
# A library that is gone may have left its key to another.
Index(
    "uq_plex_libraries_server_key",
    plex_libraries.c.server_id,
    plex_libraries.c.key,
    unique=True,
    sqlite_where=plex_libraries.c.gone_at.is_(None),
    postgresql_where=plex_libraries.c.gone_at.is_(None),
)

path_mappings = Table(
    "path_mappings",
    metadata,
    _id(),
    _ref("server_id", "plex_servers", ondelete="CASCADE"),
    _ref("library_id", "plex_libraries", ondelete="CASCADE", nullable=True),
    Column("plex_path", Text, nullable=False),
    Column("local_path", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
)
Index(
    "uq_path_mappings_server_path",
    path_mappings.c.server_id,
    func.coalesce(path_mappings.c.library_id, 0),
    path_mappings.c.plex_path,
    unique=True,
)

catalogue_items = Table(
    "catalogue_items",
    metadata,
    _id(),
    _ref("library_id", "plex_libraries", ondelete="CASCADE"),
    Column("kind", Text, nullable=False),
    Column("rating_key", Text, nullable=False),
    Column("guid", Text),
    Column("title", Text, nullable=False),
    Column("title_sort", Text),
    Column("original_title", Text),
    Column("year", Integer),
    Column("summary", Text),
    Column("tagline", Text),
    Column("studio", Text),
    Column("content_rating", Text),
    Column("duration_ms", BigInteger),
    Column("originally_available_at", Text),
    Column("added_at", Instant),
    Column("updated_at", Instant),
    Column("trashed_at", Instant),
    Column("parent_key", Text),
    Column("grandparent_key", Text),
    Column("show_title", Text),
    Column("season_number", Integer),
    Column("episode_number", Integer),
    Column("first_seen_at", Instant, nullable=False),
    Column("missing_since", Instant),
    Column("removed_at", Instant),
    Column("has_details", Boolean, nullable=False, server_default=text("false")),
    Column("raw_hash", LargeBinary),
    Column("fingerprint", LargeBinary, nullable=False),
    CheckConstraint("kind in ('movie', 'show', 'season', 'episode')", name="kind"),
)
Index(
    "uq_catalogue_items_live_key",
    catalogue_items.c.library_id,
    catalogue_items.c.rating_key,
    unique=True,
    sqlite_where=catalogue_items.c.removed_at.is_(None),
    postgresql_where=catalogue_items.c.removed_at.is_(None),
)
Index("ix_catalogue_items_guid", catalogue_items.c.library_id, catalogue_items.c.guid)
Index("ix_catalogue_items_parent", catalogue_items.c.library_id, catalogue_items.c.parent_key)

media_files = Table(
    "media_files",
    metadata,
    Column("item_id", _ID, ForeignKey("catalogue_items.id", ondelete="CASCADE"), primary_key=True),
    Column("version", SmallInteger, primary_key=True),
    Column("part", SmallInteger, primary_key=True),
    Column("plex_path", Text),
    Column("size_bytes", BigInteger),
    Column("container", Text),
    Column("video_codec", Text),
    Column("audio_codec", Text),
    Column("width", Integer),
    Column("height", Integer),
    Column("bitrate_kbps", Integer),
    Column("duration_ms", BigInteger),
    Column("resolution", Text),
    Column("frame_rate", Text),
    Column("audio_channels", Integer),
    Column("optimized", Boolean, nullable=False),
    Column("part_key", Text),
    sqlite_with_rowid=False,
)

external_ids = Table(
    "external_ids",
    metadata,
    Column("item_id", _ID, ForeignKey("catalogue_items.id", ondelete="CASCADE"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    sqlite_with_rowid=False,
)

item_tags = Table(
    "item_tags",
    metadata,
    Column("item_id", _ID, ForeignKey("catalogue_items.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("value", Text, nullable=False),
    CheckConstraint("kind in ('genre', 'label', 'collection')", name="kind"),
    sqlite_with_rowid=False,
)

item_details = Table(
    "item_details",
    metadata,
    Column("item_id", _ID, ForeignKey("catalogue_items.id", ondelete="CASCADE"), primary_key=True),
    Column("fetched_at", Instant, nullable=False),
    Column("document", Json, nullable=False),
)

schedules = Table(
    "schedules",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    _ref("server_id", "plex_servers", ondelete="RESTRICT"),
    _ref("library_id", "plex_libraries", ondelete="RESTRICT", nullable=True),
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
    _id(),
    _ref("schedule_id", "schedules", ondelete="SET NULL", nullable=True),
    _ref("server_id", "plex_servers", ondelete="SET NULL", nullable=True),
    _ref("library_id", "plex_libraries", ondelete="SET NULL", nullable=True),
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
Index("ix_schedule_executions_schedule", schedule_executions.c.schedule_id, schedule_executions.c.id)
Index("ix_schedule_executions_status", schedule_executions.c.status, schedule_executions.c.id)

execution_log = Table(
    "execution_log",
    metadata,
    _id(),
    _ref("execution_id", "schedule_executions", ondelete="CASCADE"),
    Column("at", Instant, nullable=False),
    Column("level", Text, nullable=False),
    Column("message", Text, nullable=False),
    Index("ix_execution_log_execution", "execution_id", "id"),
)

item_changes = Table(
    "item_changes",
    metadata,
    _id(),
    _ref("execution_id", "schedule_executions", ondelete="SET NULL", nullable=True),
    _ref("library_id", "plex_libraries", ondelete="SET NULL", nullable=True),
    _ref("item_id", "catalogue_items", ondelete="SET NULL", nullable=True),
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
    _id(),
    _ref("execution_id", "schedule_executions", ondelete="CASCADE"),
    _ref("library_id", "plex_libraries", ondelete="CASCADE"),
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

service_status = Table(
    "service_status",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("pid", Integer),
    Column("host", Text),
    Column("version", Text),
    Column("state", Text),
    Column("started_at", Instant),
    Column("heartbeat_at", Instant),
    Column("stop_requested_at", Instant),
    Column("paused_at", Instant),
    Column("last_error", Text),
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
