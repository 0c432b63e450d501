"""Values in words for people."""

from __future__ import annotations

from datetime import timedelta


def duration(length: timedelta) -> str:
    """A length of time in its largest whole unit: "6 hours", "90 minutes"."""
    seconds = round(length.total_seconds())
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds % unit == 0 and (seconds or unit == 1):
            count = seconds // unit
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    raise AssertionError(seconds)
