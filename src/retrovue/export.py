"""What is exported: items and executions as documents, written as JSON lines or a table."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from retrovue.model.catalogue import CatalogueItem
from retrovue.model.execution import Execution


@contextmanager
def opened(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears whole or not at all."""
    from retrovue.errors import StorageError  # lazily: the commands load it when they must

    if path is None:
        buffer = getattr(sys.stdout, "buffer", None)
        if buffer is None:
            yield sys.stdout
            return
        target = io.TextIOWrapper(buffer, encoding="utf-8", newline="", write_through=True)
        try:
            yield target
        finally:
            target.detach()
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(part, path)
    except OSError as error:
        raise StorageError(
            f"{path} cannot be written",
            error.strerror or str(error),
            "Name a place that exists and is writable.",
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def write_lines(target: TextIO, documents: Iterable[dict[str, Any]]) -> int:
    """A line of JSON a document; how many there were."""
    count = 0
    for document in documents:
        target.write(json.dumps(document, ensure_ascii=False) + "\n")
        count += 1
    return count


def write_table(target: TextIO, documents: Iterable[dict[str, Any]]) -> int:
    """CSV with a heading; lists are joined with ` | `. How many documents there were."""
    writer = csv.writer(target)
    count = 0
    for document in documents:
        if count == 0:
            writer.writerow(document)
        writer.writerow(" | ".join(map(str, v)) if isinstance(v, list) else v for v in document.values())
        count += 1
    return count


def iso(instant: datetime | None) -> str | None:
    """ISO 8601 in UTC with Z, to the millisecond."""
    if instant is None:
        return None
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def millis(duration: timedelta | None) -> int | None:
    """A duration in whole milliseconds."""
    return None if duration is None else duration // timedelta(milliseconds=1)


def item_json(found: CatalogueItem) -> dict[str, Any]:
    """The keys of `catalogue export`."""
    item = found.item
    tags = (found.details or {}).get("tags", {})
    return {
        "server": found.server,
        "library": found.library,
        "rating_key": item.key,
        "kind": item.kind.value,
        "title": item.title,
        "year": item.year,
        "show_title": item.show_title,
        "season_number": item.season_number,
        "episode_number": item.episode_number,
        "parent_rating_key": item.parent_key,
        "duration_ms": item.duration_ms,
        "added_at": iso(item.added_at),
        "updated_at": iso(item.updated_at),
        "originally_available_at": item.originally_available_at,
        "content_rating": item.content_rating,
        "summary": item.summary,
        "guids": [
            *([item.guid] if item.guid else []),
            *(f"{other.source}://{other.value}" for other in item.external_ids or ()),
        ],
        "genres": _all(item.genres, tags.get("genres")),
        "labels": _all(item.labels, tags.get("labels")),
        "collections": _all(item.collections, tags.get("collections")),
        "files": [
            {
                "version": shown.file.version,
                "part": shown.file.part,
                "plex_path": shown.file.plex_path,
                "local_path": shown.local_path,
                "size_bytes": shown.file.size_bytes,
                "container": shown.file.container,
                "video_codec": shown.file.video_codec,
                "audio_codec": shown.file.audio_codec,
                "width": shown.file.width,
                "height": shown.file.height,
                "bitrate_kbps": shown.file.bitrate_kbps,
                "duration_ms": shown.file.duration_ms,
            }
            for shown in found.files
        ],
        "removed_at": iso(found.removed_at),
    }


def _all(listed: tuple[str, ...] | None, detailed: list[str] | None) -> list[str]:
    return list(dict.fromkeys([*(listed or ()), *(detailed or ())]))


def flat_item(document: dict[str, Any]) -> dict[str, Any]:
    """An item's document for a table: of the files their paths and sizes."""
    files = document.pop("files")
    document["plex_paths"] = [file["plex_path"] or "" for file in files]
    document["local_paths"] = [file["local_path"] or "" for file in files]
    document["size_bytes"] = sum(file["size_bytes"] or 0 for file in files)
    return document


def execution_json(execution: Execution) -> dict[str, Any]:
    """The keys of `history list` and `history show`."""
    return {
        "id": execution.id,
        "schedule": execution.schedule,
        "server": execution.server,
        "library": execution.library,
        "due_at": iso(execution.due_at),
        "start_time": iso(execution.start_time),
        "end_time": iso(execution.end_time),
        "duration_ms": millis(execution.duration),
        "status": execution.status.value,
        "reason": execution.reason,
        "attempt": execution.attempt,
        "dry_run": execution.options.dry_run,
        "depth": (execution.depth or execution.options.depth).value,
        "items_scanned": execution.scanned,
        "items_inserted": execution.added,
        "items_updated": execution.updated,
        "items_removed": execution.removed,
        "errors": execution.errors,
        "removals_held": execution.removals_held,
    }
