"""How fast a run goes, and how long it will still take."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

_SPAN_SECONDS = 10.0


class Pace:
    """Items a second over the last ten seconds. A total that is not known gives no time that is left."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, seconds: float, done: int) -> None:
        """So many items were done at this moment of a clock that only goes on."""
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()  # another attempt began
        self._seen.append((seconds, done))
        while len(self._seen) > 2 and seconds - self._seen[0][0] > _SPAN_SECONDS:
            self._seen.popleft()

    @property
    def rate(self) -> float | None:
        """Items a second; None before there are two looks."""
        if len(self._seen) < 2:
            return None
        (first, before), (last, after) = self._seen[0], self._seen[-1]
        return (after - before) / (last - first) if last > first else None

    def left(self, total: int | None) -> timedelta | None:
        """How long it will still take at this pace."""
        rate = self.rate
        if not rate or total is None:
            return None
        return timedelta(seconds=max(0, total - self._seen[-1][1]) / rate)
