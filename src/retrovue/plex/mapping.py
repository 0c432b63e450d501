"""From a Plex row to an `Item`: the one place that knows what Plex's fields mean."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from retrovue.model.catalogue import ExternalId, Item, Kind, MediaFile
from retrovue.model.sync import BadRow
from retrovue.plex.payloads import GuidTag, Media, Metadata, Tag, loosely

VERSION = 1
"""Raise it when rows are read otherwise, so that unchanged rows are read again."""

_LATEST = 253_402_300_799  # the last second of the year 9999
_KINDS: dict[str, Kind] = {kind.value: kind for kind in Kind}
_decoder = msgspec.json.Decoder(Metadata, strict=False)
_LEGACY_AGENTS = {
    "com.plexapp.agents.imdb": "imdb",
    "com.plexapp.agents.themoviedb": "tmdb",
    "com.plexapp.agents.thetvdb": "tvdb",
}


def decode_item(raw: bytes) -> Item:
    """The item that a row's bytes say. Raises `BadRow` naming the field at fault."""
    if b"\\u0000" in raw:
        return item_of(_decode_slowly(raw))
    try:
        return item_of(_decoder.decode(raw))
    except msgspec.ValidationError:
        return item_of(_decode_slowly(raw))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRow(str(error)) from error


def _decode_slowly(raw: bytes) -> Metadata:
    try:
        return loosely(_without_nul(msgspec.json.decode(raw)), Metadata)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRow(str(error)) from error


def _without_nul(value: Any) -> Any:
    """PostgreSQL cannot store a NUL, and no title means one."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [_without_nul(inner) for inner in value]
    if isinstance(value, dict):
        return {key: _without_nul(inner) for key, inner in value.items()}
    return value


def item_of(row: Metadata) -> Item:
    """The item of a decoded row. Raises `BadRow` for a type that is not catalogued."""
    kind = _KINDS.get(row.type)
    if kind is None:
        raise BadRow(f"its type '{row.type[:40]}' is not one that is catalogued")
    episode, season = kind is Kind.EPISODE, kind is Kind.SEASON
    return Item(
        key=row.rating_key,
        kind=kind,
        guid=row.guid,
        title=row.title,
        title_sort=row.title_sort,
        original_title=row.original_title,
        year=row.year,
        summary=row.summary,
        tagline=row.tagline,
        studio=row.studio,
        content_rating=row.content_rating,
        duration_ms=row.duration,
        originally_available_at=row.originally_available_at[:10] if row.originally_available_at else None,
        added_at=_instant(row.added_at),
        updated_at=_instant(row.updated_at),
        trashed_at=_instant(row.deleted_at),
        parent_key=row.parent_rating_key,
        grandparent_key=row.grandparent_rating_key,
        show_title=row.grandparent_title if episode else row.parent_title if season else None,
        season_number=row.parent_index if episode else row.index if season else None,
        episode_number=row.index if episode else None,
        files=None if row.media is None else _files(row.media),
        external_ids=_external_ids(row.guids, row.guid, kind),
        genres=_tags(row.genres),
        labels=_tags(row.labels),
        collections=_tags(row.collections),
    )


def _instant(seconds: int | None) -> datetime | None:
    if seconds is None or not 0 < seconds <= _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _tags(tags: list[Tag] | None) -> tuple[str, ...] | None:
    if tags is None:
        return None
    return tuple(dict.fromkeys([tag.tag for tag in tags if tag.tag]))


def _files(versions: list[Media]) -> tuple[MediaFile, ...]:
    return tuple(
        [
            MediaFile(
                version=number,
                part=position,
                plex_path=part.file,
                size_bytes=part.size,
                container=part.container or media.container,
                video_codec=media.video_codec,
                audio_codec=media.audio_codec,
                width=media.width,
                height=media.height,
                bitrate_kbps=media.bitrate,
                duration_ms=media.duration if part.duration is None else part.duration,
                resolution=media.video_resolution,
                frame_rate=media.video_frame_rate,
                audio_channels=media.audio_channels,
                optimized=media.proxy_type == 42,
                part_key=part.key,
            )
            for number, media in enumerate(versions)
            for position, part in enumerate(media.parts or ())
        ]
    )


def _external_ids(guids: list[GuidTag] | None, guid: str | None, kind: Kind) -> tuple[ExternalId, ...] | None:
    if guids is not None:
        parts = dict.fromkeys([tag.id.partition("://") for tag in guids if tag.id])
        return tuple([ExternalId(source, value) for source, _, value in parts if source and value])
    legacy = _legacy_id(guid, kind)
    return (legacy,) if legacy else None


def _legacy_id(guid: str | None, kind: Kind) -> ExternalId | None:
    """The id inside a guid of the agents of before 2020, such as com.plexapp.agents.imdb://tt0165832?lang=en.

    For seasons and episodes such a guid holds the show's id, which is not theirs.
    """
    if guid is None or kind not in {Kind.MOVIE, Kind.SHOW} or not guid.startswith("com.plexapp.agents."):
        return None
    agent, _, rest = guid.partition("://")
    value = rest.partition("?")[0]
    if agent == "com.plexapp.agents.hama":
        source, _, value = value.partition("-")
        return ExternalId(source.rstrip("0123456789"), value) if value else None
    name = _LEGACY_AGENTS.get(agent)
    return ExternalId(name, value) if name and value else None


_DETAIL_TAGS = {
    "Genre": "genres", "Director": "directors", "Writer": "writers", "Producer": "producers", "Role": "actors",
    "Country": "countries", "Label": "labels", "Collection": "collections",
}  # fmt: skip
_STREAM_KINDS = {1: "video", 2: "audio", 3: "subtitle", 4: "lyrics"}


def details_of(row: dict[str, Any]) -> dict[str, Any]:
    """Streams, chapters, markers and full tags of a detail answer. Times are milliseconds."""
    media = _rows(row.get("Media"))
    return {
        "tags": {name: _names(row.get(key)) for key, name in _DETAIL_TAGS.items()},
        "streams": [
            {
                "version": number,
                "part": position,
                "kind": _STREAM_KINDS.get(stream.get("streamType", 0), "other"),
                **{key: stream[key] for key in _STREAM_FIELDS if key in stream},
            }
            for number, version in enumerate(media)
            for position, part in enumerate(_rows(version.get("Part")))
            for stream in _rows(part.get("Stream"))
        ],
        "chapters": [_span(chapter, "tag") for chapter in _rows(row.get("Chapter"))],
        "markers": [_span(marker, "type") for marker in _rows(row.get("Marker"))],
    }


_STREAM_FIELDS = (
    "codec", "language", "languageTag", "title", "displayTitle", "default", "forced", "channels", "bitrate",
    "frameRate", "width", "height", "bitDepth", "colorSpace", "samplingRate", "profile",
)  # fmt: skip


def _span(row: dict[str, Any], name: str) -> dict[str, Any]:
    return {name: row.get(name), "start_ms": row.get("startTimeOffset"), "end_ms": row.get("endTimeOffset")}


def _rows(value: Any) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _names(value: Any) -> list[str]:
    return [str(row["tag"]) for row in _rows(value) if row.get("tag")]
