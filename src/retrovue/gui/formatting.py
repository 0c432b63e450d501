"""Times, lengths and texts as the window shows them."""

from __future__ import annotations

import html
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from retrovue.errors import RetroVueError
from retrovue.model.catalogue import ItemChange

_LONGEST = 300


def in_words(when: datetime, now: datetime) -> str:
    """How far away an instant is: "in 2h 15m", "5m ago", "now"."""
    seconds = round((when - now).total_seconds())
    if abs(seconds) < 5:
        return "now"
    text = length(timedelta(seconds=abs(seconds)), coarse=True)
    return f"in {text}" if seconds > 0 else f"{text} ago"


def length(duration: timedelta | None, *, coarse: bool = False) -> str:
    """A length of time in at most two units: "2h 15m", "3d 4h", "12s"; short ones with a tenth unless coarse."""
    if duration is None:
        return ""
    seconds = duration.total_seconds()
    if seconds < 60:
        return f"{seconds:.0f}s" if coarse else f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h" if hours else f"{days}d"
    if hours:
        return f"{hours}h {minutes}m" if minutes else f"{hours}h"
    return f"{minutes}m" if coarse and minutes >= 10 else f"{minutes}m {rest}s"


def size(count: int | None) -> str:
    """A number of bytes: "4.2 GB"; "" when it is not known."""
    if count is None:
        return ""
    if count < 1000:
        return f"{count} B"
    amount = count / 1000
    for unit in ("kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def local(when: datetime | None) -> str:
    """An instant on this machine's clock."""
    return "" if when is None else when.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def exact(when: datetime, zone: str) -> str:
    """An instant on this machine's clock, and on the clock of a schedule's zone where that is another."""
    here = when.astimezone()
    there = when.astimezone(ZoneInfo(zone))
    text = f"{here:%a %Y-%m-%d %H:%M:%S %Z}"
    return text if here.utcoffset() == there.utcoffset() else f"{text}\n{there:%a %Y-%m-%d %H:%M:%S} {zone}"


def plain(text: str) -> str:
    """Text that a server wrote, without what could end a line, turn its direction, or fill the screen."""
    if text.isprintable() and len(text) <= _LONGEST:
        return text  # nearly always, and asked a thousand times a frame
    shown = "".join(c if c.isprintable() else " " for c in text.replace("\n", " "))
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def tip(text: str) -> str:
    """A text for a tooltip. Qt takes one that looks like HTML for HTML, and would load what it names."""
    if "<" not in text and "&" not in text:
        return text
    return f"<p style='white-space: pre-wrap'>{html.escape(text)}</p>"


def field_changes(change: ItemChange) -> str:
    """What an update changed: "title: 'Old' → 'New'; files changed"."""
    words = []
    for name, (old, new) in change.fields.items():
        label = name.replace("_", " ")
        simple = all(not isinstance(value, list | dict) for value in (old, new))
        words.append(f"{label}: {_short(old)} → {_short(new)}" if simple else f"{label} changed")
    return "; ".join(words)


def field_values(change: ItemChange) -> str:
    """The old and the new value of every field of an update, whole."""
    lines = []
    for name, (old, new) in change.fields.items():
        lines += [name.replace("_", " "), f"  before: {_whole(old)}", f"  after:  {_whole(new)}"]
    return "\n".join(lines)


def _short(value: object) -> str:
    text = "nothing" if value is None else plain(str(value))
    return text if len(text) <= 40 else text[:39] + "…"


def _whole(value: object) -> str:
    if isinstance(value, list):
        return plain(", ".join(map(str, value))) or "nothing"
    return "nothing" if value is None else plain(str(value))


def explain(error: RetroVueError) -> str:
    """What went wrong, and what to do."""
    return f"{error}. {error.hint}" if error.hint else str(error)
