"""What every command shares: the session, tables, JSON, words for errors, times as people write them."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrovue.export import iso

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue
    from retrovue.settings import Settings

DONE, FAILED, USAGE, HELD, SKIPPED, CANCELLED = 0, 1, 2, 3, 4, 130

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@dataclass(slots=True)
class Session:
    """The global options of one call."""

    data_dir: Path | None = None
    debug: bool = False

    def settings(self) -> Settings:
        """The settings from file and environment."""
        from retrovue.settings import load  # lazily, as everywhere here

        return load(self.data_dir)

    @contextmanager
    def open(self) -> Iterator[RetroVue]:
        """The façade, closed at the end."""
        from retrovue.app import build  # lazily: SQLAlchemy takes a while to load

        retrovue = build(self.settings())
        try:
            yield retrovue
        finally:
            retrovue.close()


def new_group(help_text: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None)


def emit(document: Any) -> None:
    """Prints a JSON document on standard output."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_plain)
    write(text + "\n")


def write(text: str) -> None:
    """Writes to standard output as UTF-8, whatever the locale says."""
    sys.stdout.flush()
    buffer = getattr(sys.stdout, "buffer", None)
    if buffer is None:
        sys.stdout.write(text)
    else:
        buffer.write(text.encode("utf-8", "replace"))
        buffer.flush()


def say(text: str) -> None:
    """Tells something that is not the result: on standard error."""
    print(printable(text), file=sys.stderr)  # noqa: T201


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    raise TypeError(type(value).__name__)


def local(instant: datetime | None) -> str:
    """An instant on this machine's clock, for people."""
    return "" if instant is None else instant.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def lasted(duration: timedelta | None) -> str:
    """A duration for people."""
    if duration is None:
        return ""
    seconds = duration.total_seconds()
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {seconds:02d} s"


def size(number: float) -> str:
    """A size in bytes for people."""
    for unit in ("B", "KB", "MB", "GB"):
        if abs(number) < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """The text without what could move the terminal's cursor or turn its direction; lines stay."""
    return "\n".join(_CONTROL.sub("�", line) for line in text.split("\n"))


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str, right: Sequence[str] = ()
) -> None:
    """Prints a table, or the sentence for an empty one."""
    from rich.console import Console  # lazily: Rich takes a while to load
    from rich.table import Table
    from rich.text import Text

    found = list(rows)
    if not found:
        write(empty + "\n")
        return
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        shown.add_column(column, justify="right" if column in right else "left", overflow="fold")
    for row in found:
        cells = ("" if cell is None else printable(str(cell)).replace("\n", " ") for cell in row)
        shown.add_row(*(Text(cell) for cell in cells))
    console = Console(file=sys.stdout, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = max(200, console.width)
    console.print(shown)


def fields(pairs: Iterable[tuple[str, Any]]) -> None:
    """Prints names and values, one a line; empty values are left out."""
    kept = [(name, value) for name, value in pairs if value not in {None, ""}]
    width = max((len(name) for name, _ in kept), default=0)
    for name, value in kept:
        write(f"{name:<{width}}  {printable(str(value)).replace(chr(10), ' ')}\n")


def when(text: str, *, option: str) -> datetime:
    """An instant from `2026-11-01`, `2026-11-01T10:00`, or how long ago: `30m`, `12h`, `7d`, `2w`."""
    ago = re.fullmatch(r"(\d{1,6})([mhdw])", text.strip())
    if ago:
        unit = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}[ago[2]]
        return datetime.now(UTC) - timedelta(**{unit: int(ago[1])})
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise typer.BadParameter(
            f"'{text}' is no time; write 2026-11-01, 2026-11-01T10:00 or 7d", param_hint=option
        ) from None
    # A time without a zone is this machine's.
    return found.astimezone(UTC)


def confirm(question: str, *, yes: bool) -> None:
    """Asks before something goes, where a person can answer; scripts have said it by calling."""
    if yes or not sys.stdin.isatty():
        return
    if not typer.confirm(question, default=False, err=True):
        raise typer.Exit(CANCELLED)


def quiet_stdout() -> None:
    """Nothing more is written to a standard output that nobody reads."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
