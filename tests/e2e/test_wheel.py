"""What is installed: a wheel built here, put into an empty environment, shows the whole demonstration."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
UV = BIN / "uv"
pytestmark = pytest.mark.skipif(not UV.exists(), reason="uv is not installed beside Python (make dev)")


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end."""
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, check=False, timeout=170,
        env={**os.environ, "HOME": os.environ.get("REAL_HOME", os.environ["HOME"]), **environment},
    )  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source distribution of a clean copy of the project."""
    folder = tmp_path_factory.mktemp("built")
    done = run(
        UV, "build", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, "--offline"
    )
    assert done.returncode == 0, done.stderr
    return folder


def only(folder: Path, pattern: str) -> Path:
    """The one file of this kind."""
    (found,) = folder.glob(pattern)
    return found


def test_the_wheel_holds_what_it_needs(built: Path) -> None:
    names = set(zipfile.ZipFile(only(built, "*.whl")).namelist())
    for wanted in (
        "retrovue/gui/resources/retrovue.svg",
        "retrovue/service/templates/systemd.service",
        "retrovue/storage/migrations/versions/0003_notices.py",
    ):
        assert wanted in names
    assert any(name.endswith("share/applications/io.github.retrovue.RetroVue.desktop") for name in names)
    assert not any("tests/" in name for name in names)
    with tarfile.open(only(built, "*.tar.gz")) as source:
        inside = {name.partition("/")[2] for name in source.getnames()}
    assert {"README.md", "LICENSE", "Dockerfile", "mkdocs.yml", "requirements/runtime.txt"} <= inside


def test_an_empty_environment_shows_the_demonstration(built: Path, tmp_path: Path) -> None:
    target = tmp_path / "environment"
    assert run(UV, "venv", "-q", "--python", sys.executable, target).returncode == 0
    python = target / "bin" / "python"
    pinned = run(
        UV,
        "pip",
        "install",
        "-q",
        "--python",
        python,
        "--require-hashes",
        "-r",
        ROOT / "requirements" / "runtime.txt",
    )
    if pinned.returncode != 0 and not os.environ.get("CI"):
        pytest.skip(f"the requirements cannot be fetched here: {pinned.stderr.strip().splitlines()[-1]}")
    assert pinned.returncode == 0, pinned.stderr
    done = run(UV, "pip", "install", "-q", "--offline", "--no-deps", "--python", python, only(built, "*.whl"))
    assert done.returncode == 0, done.stderr
    program = target / "bin" / "retrovue"
    shown = run(program, "--version", cwd=tmp_path)
    assert shown.stdout.startswith("retrovue "), shown.stderr
    demo = run(program, "--data-dir", tmp_path / "data", "demo", "--no-window", cwd=tmp_path)
    assert demo.returncode == 0, demo.stderr
    assert "every minute: success" in demo.stdout
    window = run(program, "gui", cwd=tmp_path)
    assert (window.returncode, "pip install 'retrovue[gui]'" in window.stderr) == (1, True), (
        "the window is an extra"
    )


@pytest.mark.skipif(
    shutil.which("desktop-file-validate") is None, reason="desktop-file-utils is not installed"
)
def test_the_desktop_file() -> None:
    path = ROOT / "packaging" / "io.github.retrovue.RetroVue.desktop"
    done = run("desktop-file-validate", path)
    assert (done.returncode, done.stdout) == (0, "")
    entry = configparser.ConfigParser(interpolation=None)
    entry.read(path)
    assert entry["Desktop Entry"]["Exec"] == "retrovue gui"


@pytest.mark.skipif(shutil.which("appstreamcli") is None, reason="appstream is not installed")
def test_the_appstream_data() -> None:
    done = run(
        "appstreamcli",
        "validate",
        "--no-net",
        ROOT / "packaging" / "io.github.retrovue.RetroVue.metainfo.xml",
    )
    assert done.returncode == 0, done.stdout
    assert "2.0.0" in (ROOT / "packaging" / "io.github.retrovue.RetroVue.metainfo.xml").read_text()


def test_the_icon_of_menus_is_that_of_the_window() -> None:
    inside = (ROOT / "src" / "retrovue" / "gui" / "resources" / "retrovue.svg").read_bytes()
    assert (ROOT / "packaging" / "io.github.retrovue.RetroVue.svg").read_bytes() == inside
