"""All tables. What must never happen twice is forbidden here, by a constraint."""

from __future__ import annotations

from retrovue.storage.tables.base import metadata
from retrovue.storage.tables.catalogue import (
    catalogue_items,
    external_ids,
    item_details,
    item_tags,
    media_files,
    path_mappings,
    plex_libraries,
    plex_servers,
)
from retrovue.storage.tables.notices import deliveries, notify_targets, schedule_pings
from retrovue.storage.tables.runs import (
    changes,
    execution_log,
    item_changes,
    messages,
    removal_holds,
    schedule_executions,
    schedules,
    service_control,
    service_status,
    settings,
)

__all__ = [
    "catalogue_items",
    "changes",
    "deliveries",
    "execution_log",
    "external_ids",
    "item_changes",
    "item_details",
    "item_tags",
    "media_files",
    "messages",
    "metadata",
    "notify_targets",
    "path_mappings",
    "plex_libraries",
    "plex_servers",
    "removal_holds",
    "schedule_executions",
    "schedule_pings",
    "schedules",
    "service_control",
    "service_status",
    "settings",
]
