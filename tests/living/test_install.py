"""Starting with the machine: what is rendered is what each platform's own reader takes."""

from __future__ import annotations

import plistlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import pytest

from retrovue import app, settings
from retrovue.errors import Conflict, StorageError
from retrovue.service import control, install
from retrovue.service.install import Answer, Launchd, Manager, Systemd, WindowsTasks, command_of

ODD = 'a folder with "quotes", 100 % & <more> $HOME'


@pytest.fixture
def chosen(tmp_path: Path) -> settings.Settings:
    """Settings whose data folder has an odd name."""
    return settings.load(tmp_path / ODD, {})


@pytest.fixture(autouse=True)
def _folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("system", [False, True])
def test_systemd_verifies_the_unit(chosen: settings.Settings, tmp_path: Path, system: bool) -> None:
    unit = tmp_path / "retrovue.service"
    unit.write_text(Systemd().render(command_of(chosen), system=system))
    scope = [] if system else ["--user"]
    done = subprocess.run(
        ["systemd-analyze", *scope, "--man=no", "verify", str(unit)],
        capture_output=True, text=True, check=False, timeout=60, env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    said = [line for line in (done.stderr + done.stdout).splitlines() if "retrovue" in line]
    assert (done.returncode, said) == (0, []), done.stderr
    assert ("User=" in unit.read_text()) is system


def test_launchd_reads_the_same_words(chosen: settings.Settings) -> None:
    document = plistlib.loads(Launchd().render(command_of(chosen), system=False).encode())
    assert document["ProgramArguments"] == command_of(chosen)
    assert document["RunAtLoad"] is True
    assert document["KeepAlive"] == {"SuccessfulExit": False}


@pytest.mark.parametrize("system", [False, True])
def test_windows_reads_the_same_words(chosen: settings.Settings, tmp_path: Path, system: bool) -> None:
    text = WindowsTasks(tmp_path).render(command_of(chosen), system=system)
    root = ET.fromstring(text.replace('encoding="UTF-16"', 'encoding="UTF-8"').encode())
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    action = root.find("t:Actions/t:Exec", space)
    assert action is not None
    assert action.findtext("t:Command", namespaces=space) == sys.executable
    assert str(chosen.data_dir).replace('"', '\\"') in (
        action.findtext("t:Arguments", namespaces=space) or ""
    )
    trigger = "BootTrigger" if system else "LogonTrigger"
    assert root.find(f"t:Triggers/t:{trigger}", space) is not None


class Platform:
    """A platform's program that does as it is told, and remembers."""

    def __init__(self, refuse: str = "") -> None:
        self.asked: list[list[str]] = []
        self._refuse = refuse

    def __call__(self, command: Sequence[str]) -> Answer:
        self.asked.append(list(command))
        return Answer(1, "it is not allowed") if self._refuse and self._refuse in command else Answer(0, "")


@pytest.mark.parametrize("manager", [Systemd(), Launchd()], ids=["systemd", "launchd"])
def test_install_and_uninstall(chosen: settings.Settings, manager: Manager) -> None:
    platform = Platform()
    path = install.install(chosen, manager=manager, run=platform)
    assert path.is_file()
    assert install.installed(chosen, manager=manager) == path
    assert platform.asked[-1][0] == manager.tool
    install.install(chosen, manager=manager, run=platform)
    assert install.uninstall(chosen, manager=manager, run=platform) == path
    assert not path.exists()
    with pytest.raises(Conflict, match="not installed"):
        install.uninstall(chosen, manager=manager, run=platform)


def test_a_refusal_leaves_nothing_behind(chosen: settings.Settings) -> None:
    with pytest.raises(Conflict, match="not allowed"):
        install.install(chosen, manager=Systemd(), run=Platform("enable"))
    assert install.installed(chosen, manager=Systemd()) is None
    path = install.install(chosen, manager=Systemd(), run=Platform())
    path.write_text("# mine\n")
    with pytest.raises(Conflict):
        install.install(chosen, manager=Systemd(), run=Platform("enable"))
    assert path.read_text() == "# mine\n", "what was there before stays"


def test_without_a_service_manager_it_says_so(
    chosen: settings.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(Conflict, match="there is no systemctl"):
        install.install(chosen, manager=Systemd())
    assert install.installed(chosen, manager=Systemd()) is None
    with pytest.raises(Conflict, match="plan9"):
        install.manager_of("plan9", chosen.data_dir)


def test_a_folder_that_cannot_be_written(chosen: settings.Settings, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file where a folder should be")
    with pytest.raises(StorageError, match="cannot be written"):
        install.install(chosen, manager=Systemd(), run=Platform())


@pytest.mark.parametrize("system", [False, True])
def test_what_the_environment_sets_would_not_be_seen(chosen: settings.Settings, system: bool) -> None:
    theirs = settings.load(
        chosen.data_dir, {"RETROVUE_DATABASE_URL": "postgresql://host/retrovue", "RETROVUE_GUI_THEME": "dark"}
    )
    platform = Platform()
    with pytest.raises(Conflict, match=r"RETROVUE_DATABASE_URL\Z") as refused:
        install.install(theirs, system=system, manager=Launchd(), run=platform)
    assert "retrovue.toml" in refused.value.hint
    assert platform.asked == []


def test_a_service_that_ran_runs_again_when_installing_is_refused(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings.load(data_dir, {})
    rv = app.build(chosen)
    control.ensure_running(rv, chosen)
    (before,) = rv.service.health().processes
    monkeypatch.setenv("PATH", "/nonexistent")
    try:
        with pytest.raises(Conflict, match="there is no systemctl"):
            control.install_over(rv, chosen)
        (after,) = rv.service.health().processes
        assert after.pid != before.pid
    finally:
        assert control.stop(rv).first is None
        rv.close()


def test_the_installed_command_runs(chosen: settings.Settings) -> None:
    command = command_of(chosen)
    done = subprocess.run(
        [*command[: command.index("run")], "status"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "stopped" in done.stdout
