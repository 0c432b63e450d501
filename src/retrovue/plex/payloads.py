"""The shapes of Plex's JSON, read leniently in this one place (types are loose: docs/plex.md).

`gc=False`: these values form no cycles, and there are many of them.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from retrovue import errors
from retrovue.plex.client import Answer

T = TypeVar("T")
# SQLite's and PostgreSQL's BIGINT; a larger number in an answer is nonsense.
Int = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class Tag(msgspec.Struct, frozen=True, gc=False):
    """A genre, label or collection of a row."""

    tag: str | None = None


class GuidTag(msgspec.Struct, frozen=True, gc=False):
    """An external id, such as imdb://tt0063350."""

    id: str | None = None


class Part(msgspec.Struct, frozen=True, gc=False):
    """One file of a version."""

    key: str | None = None
    file: str | None = None
    size: Int | None = None
    duration: Int | None = None
    container: str | None = None


class Media(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One version of an item."""

    duration: Int | None = None
    bitrate: Int | None = None
    width: Int | None = None
    height: Int | None = None
    audio_channels: Int | None = None
    audio_codec: str | None = None
    video_codec: str | None = None
    video_resolution: str | None = None
    video_frame_rate: str | None = None
    container: str | None = None
    proxy_type: Int | None = None
    parts: list[Part] | None = msgspec.field(name="Part", default=None)


class Metadata(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """A movie, show, season or episode as a listing gives it."""

    rating_key: str
    type: str
    title: str = ""
    guid: str | None = None
    title_sort: str | None = None
    original_title: str | None = None
    year: Int | None = None
    summary: str | None = None
    tagline: str | None = None
    studio: str | None = None
    content_rating: str | None = None
    duration: Int | None = None
    originally_available_at: str | None = None
    added_at: Int | None = None
    updated_at: Int | None = None
    deleted_at: Int | None = None
    index: Int | None = None
    parent_index: Int | None = None
    parent_rating_key: str | None = None
    grandparent_rating_key: str | None = None
    parent_title: str | None = None
    grandparent_title: str | None = None
    media: list[Media] | None = msgspec.field(name="Media", default=None)
    guids: list[GuidTag] | None = msgspec.field(name="Guid", default=None)
    genres: list[Tag] | None = msgspec.field(name="Genre", default=None)
    labels: list[Tag] | None = msgspec.field(name="Label", default=None)
    collections: list[Tag] | None = msgspec.field(name="Collection", default=None)


class RowHead(msgspec.Struct, frozen=True, gc=False):
    """What is read of every row: its key."""

    rating_key: str | int | None = msgspec.field(name="ratingKey", default=None)


class RowTimes(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """What a filtered answer is checked by."""

    added_at: int | None = None
    updated_at: int | None = None


class Container(msgspec.Struct, frozen=True):
    """A `MediaContainer`; rows stay raw until something needs them."""

    size: int | None = None
    total: int | None = msgspec.field(name="totalSize", default=None)
    offset: int | None = None
    section_id: str | int | None = msgspec.field(name="librarySectionID", default=None)
    section_uuid: str | None = msgspec.field(name="librarySectionUUID", default=None)
    machine_identifier: str | None = msgspec.field(name="machineIdentifier", default=None)
    version: str | None = None
    rows: list[msgspec.Raw] | None = msgspec.field(name="Metadata", default=None)
    directories: list[msgspec.Raw] | None = msgspec.field(name="Directory", default=None)
    activities: list[msgspec.Raw] | None = msgspec.field(name="Activity", default=None)


class Envelope(msgspec.Struct, frozen=True):
    """The outermost object of every answer."""

    container: Container | None = msgspec.field(name="MediaContainer", default=None)
    ancient: str | None = msgspec.field(name="_elementType", default=None)


class Location(msgspec.Struct, frozen=True):
    """A folder of a library."""

    path: str = ""


class Section(msgspec.Struct, frozen=True):
    """A library."""

    key: str | int
    type: str
    title: str = ""
    uuid: str = ""
    refreshing: bool = False
    locations: list[Location] = msgspec.field(name="Location", default_factory=list)


class ActivityContext(msgspec.Struct, frozen=True):
    """What an activity is about."""

    section_id: str | int | None = msgspec.field(name="librarySectionID", default=None)


class Activity(msgspec.Struct, frozen=True):
    """Something that the server is doing."""

    type: str = ""
    context: ActivityContext | None = msgspec.field(name="Context", default=None)


_envelope = msgspec.json.Decoder(Envelope, strict=False)


def container_of(answer: Answer) -> Container:
    """The container of a 200 answer. Raises `NotAPlexServer` for what no Plex server of today says,
    `BadAnswer` for what cannot be read."""
    kind = answer.content_type.partition(";")[0].strip().lower()
    if "xml" in kind or answer.body.lstrip()[:5] == b"<?xml":
        raise errors.NotAPlexServer(
            "This server answers in XML only",
            "RetroVue needs one that answers in JSON (Plex Media Server 1.3 or newer)",
            "Update the Plex Media Server.",
        )
    if kind not in {"application/json", "text/json", ""}:
        raise errors.NotAPlexServer(
            "What answers is no Plex server",
            f"it sends {kind or 'nothing'} instead of JSON",
            "Check the address and the port (Plex listens on 32400).",
        )
    envelope = decode(_envelope, answer.body)
    if envelope.ancient is not None:
        raise errors.NotAPlexServer(
            "This Plex server is too old",
            "it speaks the JSON of before version 1.3",
            "Update the Plex Media Server.",
        )
    if envelope.container is None:
        raise errors.NotAPlexServer(
            "What answers is no Plex server",
            "its JSON has no MediaContainer",
            "Check the address and the port.",
        )
    return envelope.container


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """The decoded document. Raises `BadAnswer` with where it breaks, never with its content."""
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise errors.BadAnswer(
            "The server's answer cannot be read",
            str(error),
            "Try again; if it stays, restart the Plex server and look at its log.",
        ) from error


def loosely(value: Any, wanted: type[T]) -> T:
    """Converts an already parsed value, forgiving harmless looseness. Raises `msgspec.ValidationError`."""
    return msgspec.convert(_tidied(value), wanted, strict=False)


_TEXTS = {
    "ratingKey", "parentRatingKey", "grandparentRatingKey", "title", "titleSort", "originalTitle", "guid", "summary",
    "tagline", "studio", "contentRating", "parentTitle", "grandparentTitle", "videoResolution", "videoFrameRate", "tag",
    "id", "originallyAvailableAt", "container", "file", "key", "audioCodec", "videoCodec",
}  # fmt: skip
_LISTS = {"Media", "Part", "Guid", "Genre", "Label", "Collection"}


def _tidied(value: Any, name: str = "") -> Any:
    """Numbers for texts become texts, whole floats become integers, blanks for numbers and null lists become nothing."""
    if isinstance(value, dict):
        tidy = {key: _tidied(inner, key) for key, inner in value.items()}
        return {key: inner for key, inner in tidy.items() if inner is not None}
    if isinstance(value, list):
        return [_tidied(inner, "") for inner in value]
    if name in _LISTS:
        return [value] if value else None
    if name in _TEXTS:
        return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and not value.strip():
        return None
    return value
