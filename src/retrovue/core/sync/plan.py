"""What a sync looks at: which libraries, and how deep. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from retrovue.model.catalogue import Kind, Library
from retrovue.model.sync import Depth, KindChoice, SyncOptions


def holds_kinds(library: Library, kinds: tuple[KindChoice, ...]) -> bool:
    """Whether the library holds any of the chosen kinds; none chosen means all.

    A library holds movies, or shows with their seasons and episodes, so a choice of kinds always covers a
    library wholly or not at all.
    """
    return not kinds or any(Kind(choice.value) in library.kinds for choice in kinds)


def why_not(library: Library, options: SyncOptions) -> str | None:
    """Why this library is skipped, in words; None when there is something to sync."""
    if not library.supported:
        return f"libraries of type '{library.type}' are not catalogued"
    if not holds_kinds(library, options.kinds):
        chosen = " and ".join(f"{choice.value}s" for choice in options.kinds)
        return f"it holds no {chosen}"
    return None


def choose_depth(
    library: Library,
    options: SyncOptions,
    *,
    now: datetime,
    until: datetime,
    complete_every: timedelta,
) -> tuple[Depth, str]:
    """The depth to run at, and why it is not the one asked for ("" when it is).

    Depth auto is complete when, at `until` (the schedule's next due time; now when by hand), the last
    complete sync would be older than `complete_every`.
    """
    if options.depth is Depth.COMPLETE:
        return Depth.COMPLETE, ""
    if library.quick_mark is None or library.last_complete_at is None:
        return Depth.COMPLETE, "the library was never synced completely"
    if library.last_complete_at > now:
        return Depth.COMPLETE, "the last complete sync is said to lie in the future"
    if options.depth is Depth.AUTO and until - library.last_complete_at > complete_every:
        return Depth.COMPLETE, "the last complete sync is too old"
    return Depth.QUICK, ""
