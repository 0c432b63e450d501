"""The first schema: catalogue, schedules, history, journal, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_changes")),
    )
    op.create_table(
        "plex_servers",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("machine_identifier", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("verify_tls", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("ca_file", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plex_servers")),
        sa.UniqueConstraint("machine_identifier", name=op.f("uq_plex_servers_machine_identifier")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "service_status",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=True),
        sa.Column("host", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=True),
        sa.Column("stop_requested_at", sa.BigInteger(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_service_status_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_status")),
    )
    op.create_table(
        "settings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_settings")),
    )
    op.create_table(
        "plex_libraries",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("server_id", ID, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("locations", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.Column("last_sync_at", sa.BigInteger(), nullable=True),
        sa.Column("last_complete_at", sa.BigInteger(), nullable=True),
        sa.Column("quick_mark", sa.BigInteger(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["server_id"], ["plex_servers.id"], name=op.f("fk_plex_libraries_server_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plex_libraries")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_plex_libraries_server_key",
        "plex_libraries",
        ["server_id", "key"],
        unique=True,
        sqlite_where=sa.text("gone_at IS NULL"),
        postgresql_where=sa.text("gone_at IS NULL"),
    )
    op.create_table(
        "catalogue_items",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("library_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rating_key", sa.Text(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("title_sort", sa.Text(), nullable=True),
        sa.Column("original_title", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("tagline", sa.Text(), nullable=True),
        sa.Column("studio", sa.Text(), nullable=True),
        sa.Column("content_rating", sa.Text(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("originally_available_at", sa.Text(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("trashed_at", sa.BigInteger(), nullable=True),
        sa.Column("parent_key", sa.Text(), nullable=True),
        sa.Column("grandparent_key", sa.Text(), nullable=True),
        sa.Column("show_title", sa.Text(), nullable=True),
        sa.Column("season_number", sa.Integer(), nullable=True),
        sa.Column("episode_number", sa.Integer(), nullable=True),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("missing_since", sa.BigInteger(), nullable=True),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("has_details", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("raw_hash", sa.LargeBinary(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint(
            "kind in ('movie', 'show', 'season', 'episode')", name=op.f("ck_catalogue_items_kind")
        ),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["plex_libraries.id"],
            name=op.f("fk_catalogue_items_library_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_items")),
    )
    op.create_index("ix_catalogue_items_guid", "catalogue_items", ["library_id", "guid"], unique=False)
    op.create_index(
        "ix_catalogue_items_parent", "catalogue_items", ["library_id", "parent_key"], unique=False
    )
    op.create_index(
        "uq_catalogue_items_live_key",
        "catalogue_items",
        ["library_id", "rating_key"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "path_mappings",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("server_id", ID, nullable=False),
        sa.Column("library_id", ID, nullable=True),
        sa.Column("plex_path", sa.Text(), nullable=False),
        sa.Column("local_path", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["plex_libraries.id"],
            name=op.f("fk_path_mappings_library_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["server_id"], ["plex_servers.id"], name=op.f("fk_path_mappings_server_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_path_mappings")),
    )
    op.create_table(
        "schedules",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("server_id", ID, nullable=False),
        sa.Column("library_id", ID, nullable=True),
        sa.Column("cron_expression", sa.Text(), nullable=True),
        sa.Column("interval_seconds", sa.BigInteger(), nullable=True),
        sa.Column("interval_anchor", sa.BigInteger(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("sync_options", sa.Text(), nullable=False),
        sa.Column("policies", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("paused_reason", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("next_run_at", sa.BigInteger(), nullable=True),
        sa.Column("last_run_at", sa.BigInteger(), nullable=True),
        sa.Column("last_status", sa.Text(), nullable=True),
        sa.Column("total_runs", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("total_failures", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("failures_in_a_row", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(cron_expression is null) <> (interval_seconds is null)", name=op.f("ck_schedules_one_trigger")
        ),
        sa.ForeignKeyConstraint(
            ["library_id"], ["plex_libraries.id"], name=op.f("fk_schedules_library_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["server_id"], ["plex_servers.id"], name=op.f("fk_schedules_server_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_schedules_due", "schedules", ["enabled", "next_run_at"], unique=False)
    op.create_table(
        "external_ids",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["catalogue_items.id"], name=op.f("fk_external_ids_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "source", "value", name=op.f("pk_external_ids")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "item_details",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["catalogue_items.id"], name=op.f("fk_item_details_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_details")),
    )
    op.create_table(
        "item_tags",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.CheckConstraint("kind in ('genre', 'label', 'collection')", name=op.f("ck_item_tags_kind")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["catalogue_items.id"], name=op.f("fk_item_tags_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "kind", "position", name=op.f("pk_item_tags")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "media_files",
        sa.Column("item_id", ID, nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("part", sa.SmallInteger(), nullable=False),
        sa.Column("plex_path", sa.Text(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("container", sa.Text(), nullable=True),
        sa.Column("video_codec", sa.Text(), nullable=True),
        sa.Column("audio_codec", sa.Text(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("bitrate_kbps", sa.Integer(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("frame_rate", sa.Text(), nullable=True),
        sa.Column("audio_channels", sa.Integer(), nullable=True),
        sa.Column("optimized", sa.Boolean(), nullable=False),
        sa.Column("part_key", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["item_id"], ["catalogue_items.id"], name=op.f("fk_media_files_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", "version", "part", name=op.f("pk_media_files")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "schedule_executions",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("schedule_id", ID, nullable=True),
        sa.Column("server_id", ID, nullable=True),
        sa.Column("library_id", ID, nullable=True),
        sa.Column("schedule_name", sa.Text(), nullable=True),
        sa.Column("server_name", sa.Text(), nullable=False),
        sa.Column("library_title", sa.Text(), nullable=False),
        sa.Column("due_key", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("start_time", sa.BigInteger(), nullable=True),
        sa.Column("end_time", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("sync_options", sa.Text(), nullable=False),
        sa.Column("depth", sa.Text(), nullable=True),
        sa.Column("progress_done", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("progress_total", sa.BigInteger(), nullable=True),
        sa.Column("progress_phase", sa.Text(), nullable=True),
        sa.Column("items_scanned", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("items_inserted", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("items_updated", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("items_removed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("items_restored", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("items_unchanged", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("errors", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("removals_held", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("complete", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("requests", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("cancel_requested_at", sa.BigInteger(), nullable=True),
        sa.Column("log_bytes", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("log_dropped", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "status in ('queued', 'running', 'success', 'failed', 'cancelled', 'interrupted', 'skipped', 'missed')",
            name=op.f("ck_schedule_executions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["plex_libraries.id"],
            name=op.f("fk_schedule_executions_library_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"],
            ["schedules.id"],
            name=op.f("fk_schedule_executions_schedule_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["server_id"],
            ["plex_servers.id"],
            name=op.f("fk_schedule_executions_server_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_executions")),
        sa.UniqueConstraint("due_key", name=op.f("uq_schedule_executions_due_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_schedule_executions_schedule", "schedule_executions", ["schedule_id", "id"], unique=False
    )
    op.create_index("ix_schedule_executions_status", "schedule_executions", ["status", "id"], unique=False)
    op.create_index(
        "uq_schedule_executions_running",
        "schedule_executions",
        ["library_id"],
        unique=True,
        sqlite_where=sa.text("status = 'running'"),
        postgresql_where=sa.text("status = 'running'"),
    )
    op.create_table(
        "execution_log",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("execution_id", ID, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["schedule_executions.id"],
            name=op.f("fk_execution_log_execution_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_execution_log")),
    )
    op.create_index("ix_execution_log_execution", "execution_log", ["execution_id", "id"], unique=False)
    op.create_table(
        "item_changes",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("execution_id", ID, nullable=True),
        sa.Column("library_id", ID, nullable=True),
        sa.Column("item_id", ID, nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("rating_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "change in ('added', 'updated', 'removed', 'restored', 'rekeyed')",
            name=op.f("ck_item_changes_change"),
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["schedule_executions.id"],
            name=op.f("fk_item_changes_execution_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["catalogue_items.id"], name=op.f("fk_item_changes_item_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["plex_libraries.id"],
            name=op.f("fk_item_changes_library_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_changes")),
    )
    op.create_index("ix_item_changes_at", "item_changes", ["at"], unique=False)
    op.create_index("ix_item_changes_execution", "item_changes", ["execution_id"], unique=False)
    op.create_index("ix_item_changes_item", "item_changes", ["item_id"], unique=False)
    op.create_table(
        "removal_holds",
        sa.Column("id", ID, autoincrement=True, nullable=False),
        sa.Column("execution_id", ID, nullable=False),
        sa.Column("library_id", ID, nullable=False),
        sa.Column("held_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("emptied", sa.Boolean(), nullable=False),
        sa.Column("percent", sa.Float(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("keys", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state in ('open', 'approved', 'rejected', 'replaced', 'settled')",
            name=op.f("ck_removal_holds_state"),
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["schedule_executions.id"],
            name=op.f("fk_removal_holds_execution_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["library_id"],
            ["plex_libraries.id"],
            name=op.f("fk_removal_holds_library_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removal_holds")),
    )
    op.create_index("ix_removal_holds_execution", "removal_holds", ["execution_id"], unique=False)
    op.create_index(
        "uq_removal_holds_open",
        "removal_holds",
        ["library_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    # Expressions, which Alembic does not generate.
    op.execute("CREATE UNIQUE INDEX uq_plex_servers_name ON plex_servers (lower(name))")
    op.execute("CREATE UNIQUE INDEX uq_schedules_name ON schedules (lower(name))")
    op.execute(
        "CREATE UNIQUE INDEX uq_path_mappings_server_path"
        " ON path_mappings (server_id, coalesce(library_id, 0), plex_path)"
    )
