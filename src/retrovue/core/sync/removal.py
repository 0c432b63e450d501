"""When absence is proof: a listing that holds together, and a brake for what looks like an accident. Pure."""

from __future__ import annotations

from retrovue.model.sync import Page, Row


class ListingProof:
    """Follows the pages of one pass over a listing and says whether it held everything.

    Each page repeats the last row of the one before; were rows to move between pages, even under a constant
    total, that row would be another. The very last row is asked for once more at the end.
    """

    def __init__(self) -> None:
        self.keys: set[str] = set()
        self.total: int | None = None
        self.last_key: str | None = None
        self._end = 0
        self._started = False
        self._probed = False
        self._problem: str | None = None

    def take(self, page: Page) -> list[Row]:
        """The rows of the page that were not seen in this pass."""
        self._check_total(page)
        rows = page.rows
        if self._started:
            self._check_overlap(page)
        new: list[Row] = []
        for row in rows:
            if row.key is None:
                self._fail("a row had no key")
                new.append(row)
            elif row.key not in self.keys:
                self.keys.add(row.key)
                new.append(row)
        if rows:
            self.last_key = rows[-1].key
        self._started = True
        self._end = max(self._end, page.start + len(rows))
        return new

    def problem(self) -> str | None:
        """Why the listing does not prove anything, in words; None when it does."""
        if self._problem is None and self.total is None:
            return "the server does not say how many items there are"
        if self._problem is None and len(self.keys) != self.total:
            return f"{len(self.keys):,} different items were listed where the server counts {self.total:,}"
        if self._problem is None and self.total and not self._probed:
            return "the last row was not there when asked for again"
        return self._problem

    def _check_total(self, page: Page) -> None:
        if not self._started:
            self.total = page.total
        elif page.total != self.total:
            self._fail(f"the server's count went from {self.total} to {page.total} while it was listed")

    def _check_overlap(self, page: Page) -> None:
        if not page.rows or page.start != self._end - 1 or page.rows[0].key != self.last_key:
            self._fail("rows moved while the library was listed")
        elif len(page.rows) == 1 and self._end == self.total:
            self._probed = True

    def _fail(self, problem: str) -> None:
        if self._problem is None:
            self._problem = problem


def brake(*, missing: int, live: int, listed: int, percent: float, items: int) -> str | None:
    """Why so many removals at once must be looked at by a person; None when they need not.

    `missing` of `live` items are gone, `listed` were listed; more than `percent` of the library and more than
    `items` items at once, or a library that is suddenly empty, look like an unmounted disk.
    """
    if missing and listed == 0:
        return f"the library is suddenly empty ({missing:,} items are gone)"
    if missing > items and missing * 100 > live * percent:
        return f"{missing:,} of {live:,} items ({missing * 100 / live:.0f} %) are gone at once"
    return None


def sample(keys: list[str], size: int) -> list[str]:
    """Some of the keys, spread evenly."""
    if len(keys) <= size:
        return keys
    return [keys[position * len(keys) // size] for position in range(size)]
