"""Tables of the catalogue: servers, libraries, items and what hangs on them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)

from retrovue.storage.tables.base import ID, ident, metadata, ref
from retrovue.storage.types import Instant, Json

plex_servers = Table(
    "plex_servers",
    metadata,
    ident(),
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
    ident(),
    ref("server_id", "plex_servers", ondelete="CASCADE"),
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
    ident(),
    ref("server_id", "plex_servers", ondelete="CASCADE"),
    ref("library_id", "plex_libraries", ondelete="CASCADE", nullable=True),
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
    ident(),
    ref("library_id", "plex_libraries", ondelete="CASCADE"),
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
    Column("item_id", ID, ForeignKey("catalogue_items.id", ondelete="CASCADE"), primary_key=True),
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
    Column("item_id", ID, ForeignKey("catalogue_items.id", ondelete="CASCADE"), primary_key=True),
    Column("source", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    sqlite_with_rowid=False,
)

item_tags = Table(
    "item_tags",
    metadata,
    Column("item_id", ID, ForeignKey("catalogue_items.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("value", Text, nullable=False),
    CheckConstraint("kind in ('genre', 'label', 'collection')", name="kind"),
    sqlite_with_rowid=False,
)

item_details = Table(
    "item_details",
    metadata,
    Column("item_id", ID, ForeignKey("catalogue_items.id", ondelete="CASCADE"), primary_key=True),
    Column("fetched_at", Instant, nullable=False),
    Column("document", Json, nullable=False),
)
