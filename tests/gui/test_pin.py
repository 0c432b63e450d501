"""The Qt that is pinned does not lose references, as 6.12.0 does on Python 3.11."""

from __future__ import annotations

import subprocess
import sys

CODE = """
from PySide6.QtWidgets import QApplication, QLineEdit
application = QApplication([])
field = QLineEdit()
for number in range(100_000):
    field.setText(str(number))
print("alive")
"""


def test_a_hundred_thousand_texts() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout.strip()) == (0, "alive"), done.stderr
