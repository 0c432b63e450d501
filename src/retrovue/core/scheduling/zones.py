"""Time zones: names, and what a wall-clock time means in a zone.

The zone data is that of the `tzdata` package alone, since the system's can be years old; `zoneinfo` is told so when
this module is loaded. `DATA_VERSION` is stored, and when it changes every next run is computed anew.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import tzdata

from retrovue.errors import Invalid

zoneinfo.reset_tzpath(to=())
DATA_VERSION: str = tzdata.IANA_VERSION
_SECOND = timedelta(seconds=1)


@cache
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises `Invalid` for the field `timezone`."""
    try:
        return ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "timezone",
            f"There is no time zone '{name}'",
            hint="Write it as continent and city: Europe/Berlin, America/New_York; or UTC.",
        ) from None


def names() -> list[str]:
    """The names that people use: continent and city, and UTC."""
    every = zoneinfo.available_timezones()
    return sorted(name for name in every if name == "UTC" or ("/" in name and not name.startswith("Etc/")))


def local_name() -> str:
    """The IANA name of this machine's zone; UTC when the machine does not tell one that is known."""
    import tzlocal  # lazily: only needed for a new schedule

    try:
        name = tzlocal.get_localzone_name()
        zone(name)
    except (Invalid, zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
    return str(name)


def to_wall(instant: datetime, where: ZoneInfo) -> datetime:
    """The zone's wall clock at an instant, naive; `fold` is 1 in the second pass of a repeated hour."""
    return instant.astimezone(where).replace(tzinfo=None)


def offsets(wall: datetime, where: ZoneInfo) -> tuple[timedelta, timedelta]:
    """The offsets from UTC before and after a change that `wall` lies in.

    Equal: an ordinary time. The first larger: the time comes twice. The first smaller: it is skipped.
    """
    # A zone reads the wall clock of any datetime, so that none of the zone need be made.
    before = where.utcoffset(wall.replace(fold=0) if wall.fold else wall)
    after = where.utcoffset(wall.replace(fold=1))
    assert before is not None
    assert after is not None
    return before, after


def to_utc(wall: datetime, offset: timedelta) -> datetime:
    """The instant of a wall-clock time under an offset."""
    return (wall - offset).replace(tzinfo=UTC)


def change_around(wall: datetime, where: ZoneInfo) -> datetime:
    """The instant of the change that `wall` is skipped or repeated by: the first one under the later offset."""
    wall = wall.replace(microsecond=0)
    before, after = offsets(wall, where)
    low, high = sorted((to_utc(wall, before), to_utc(wall, after)))
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if middle.astimezone(where).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high
