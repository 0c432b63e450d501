"""One start of the window, as `retrovue gui` does it; prints when it was painted and when the catalogue was open.

`python -m benchmarks.gui_start FOLDER BEGAN`, where BEGAN is the time at which the process was started. It loads nothing
that the program does not load itself.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue


def main(folder: str, began: float) -> None:
    """Opens the window, and closes it once the catalogue is there."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    import retrovue.cli.main  # noqa: F401  (the program's way to its window)
    from retrovue import settings
    from retrovue.gui.app import Gui

    found: list[float] = []

    class Eye(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802  (Qt's)
            if event.type() == QEvent.Type.Paint and not found:
                found.append(time.time() - began)
            return False

    application = QApplication([])
    chosen = settings.load(Path(folder))

    def open_retrovue() -> RetroVue:
        from retrovue.app import build

        return build(chosen)

    gui = Gui(application, chosen, open_retrovue)
    eye = Eye()
    gui.window.installEventFilter(eye)
    gui.show()
    look = QTimer()
    look.timeout.connect(lambda: application.exit(0) if gui.window.pages.count() else None)
    look.start(5)
    application.exec()
    opened = time.time() - began
    import psutil

    resident = psutil.Process().memory_info().rss / 1e6
    print(
        json.dumps(
            {"first paint ms": found[0] * 1000, "catalogue open ms": opened * 1000, "resident MB": resident}
        )
    )
    gui.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
