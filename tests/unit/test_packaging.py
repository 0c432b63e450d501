"""What the project promises about itself: pins, locks without addresses, files of a readable size."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_pyside_is_held_below_6_12_on_python_3_11() -> None:
    """6.12.0 loses references to None on Python 3.11 (docs/adr/0003-pins.md)."""
    gui = PROJECT["optional-dependencies"]["gui"]
    assert any("<6.12" in line and "python_version < '3.12'" in line for line in gui)
    locked = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")
    versions = re.findall(
        r"^pyside6-essentials==(\d+)\.(\d+)\S* ; python_full_version < '3.12'", locked, re.MULTILINE
    )
    assert versions
    assert all((int(major), int(minor)) < (6, 12) for major, minor in versions)


def test_pyside_survives_a_hundred_thousand_set_texts() -> None:
    """The fault of 6.12.0 aborts the process after about 5,000 calls; a small test suite would not notice."""
    pytest.importorskip("PySide6", reason="the extra gui is not installed", exc_type=ImportError)
    code = (
        "from PySide6.QtWidgets import QApplication, QLineEdit\n"
        "app = QApplication([])\nedit = QLineEdit()\n"
        "for number in range(100_000):\n    edit.setText(str(number))\n"
        "print(edit.text())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, capture_output=True, text=True,
        timeout=150, check=False,
    )  # fmt: skip
    if "cannot open shared object file" in done.stderr and not os.environ.get("CI"):
        pytest.skip("the libraries that Qt needs are not installed (tools/system-packages.sh)")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "99999"


@pytest.mark.parametrize("name", ["setup", "runtime", "server", "desktop", "dev"])
def test_locks_hold_hashes_and_no_addresses(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    pins = [line for line in text.splitlines() if re.match(r"^[a-z0-9]", line)]
    assert pins
    assert all("==" in line for line in pins)
    assert text.count("--hash=sha256:") >= len(pins)


def test_runtime_and_development_agree() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return {line.split(" ")[0] for line in text.splitlines() if "==" in line}

    assert pins("runtime") <= pins("dev")


def test_files_stay_readable() -> None:
    steps = "migrations/versions"
    long = {
        str(path.relative_to(ROOT)): count
        for path in (ROOT / "src").rglob("*.py")
        if steps not in path.as_posix()
        and (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    }
    assert long == {}


def test_the_references_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, "tools/reference.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_links_in_the_documentation_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"
