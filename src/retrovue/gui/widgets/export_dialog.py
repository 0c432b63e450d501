"""Where to write what is shown, and writing it without anybody having to wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QFileDialog, QWidget

from retrovue.export import opened, write_lines, write_table
from retrovue.gui.context import GuiContext

_CSV = "Table (*.csv)"
_FORMATS = f"{_CSV};;JSON lines (*.jsonl)"
Documents = Callable[[], Iterable[dict[str, Any]]]


def ask_and_write(
    parent: QWidget, context: GuiContext, name: str, documents: Documents, done: Callable[[int], None]
) -> None:
    """Asks for a file, then writes the documents into it on the thread for what may take long.

    `done` is called with how many there were. The file appears whole or not at all.
    """
    chosen, kind = QFileDialog.getSaveFileName(parent, "Export", f"{name}.csv", _FORMATS)
    if not chosen:
        return
    path = Path(chosen)
    if not path.suffix:
        path = path.with_suffix(".csv" if kind == _CSV else ".jsonl")
    write = write_lines if path.suffix.lower() in {".jsonl", ".json"} else write_table

    def question() -> int:
        with opened(path) as target:
            return write(target, documents())

    context.slow.ask(question, done)
