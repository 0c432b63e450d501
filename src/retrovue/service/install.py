"""Starting with the machine: a unit for systemd, an agent for launchd, a task for Windows.

What is installed is rendered from a template and written where the platform looks; then the platform's own program is
asked to take it up. Nothing is half-done: when that program refuses, the file is removed again.
"""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Protocol
from xml.sax.saxutils import escape

from retrovue.errors import Conflict, StorageError
from retrovue.log import redact
from retrovue.settings import BY_KEY, Origin, Settings

NAME = "retrovue"
LABEL = "io.github.retrovue.service"
_SECONDS = 60
Run = Callable[[Sequence[str]], "Answer"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a program of the platform said."""

    code: int
    words: str


class Manager(Protocol):
    """One platform's way to start programs."""

    tool: str
    """The program that is asked."""

    def path(self, *, system: bool) -> Path:
        """Where the file lies."""
        ...

    def render(self, command: Sequence[str], *, system: bool) -> str:
        """What stands in it."""
        ...

    def taking_up(self, path: Path, *, system: bool) -> list[list[str]]:
        """What is asked of the program once the file is there."""
        ...

    def letting_go(self, path: Path, *, system: bool) -> list[list[str]]:
        """What is asked of it before the file goes."""
        ...


class Systemd:
    """A unit of the user, or of the system."""

    tool = "systemctl"

    def path(self, *, system: bool) -> Path:
        """See `Manager`."""
        if system:
            return Path("/etc/systemd/system") / f"{NAME}.service"
        home = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
        return home / "systemd" / "user" / f"{NAME}.service"

    def render(self, command: Sequence[str], *, system: bool) -> str:
        """See `Manager`."""
        user = f"User={os.environ.get('SUDO_USER') or getpass.getuser()}\n" if system else ""
        quoted = " ".join(_systemd_word(word) for word in command)
        wanted = "multi-user.target" if system else "default.target"
        return _template("systemd.service").format(command=quoted, user=user, wanted_by=wanted)

    def taking_up(self, path: Path, *, system: bool) -> list[list[str]]:
        """See `Manager`."""
        scope = [] if system else ["--user"]
        return [["systemctl", *scope, "daemon-reload"], ["systemctl", *scope, "enable", "--now", path.name]]

    def letting_go(self, path: Path, *, system: bool) -> list[list[str]]:
        """See `Manager`."""
        return [["systemctl", *([] if system else ["--user"]), "disable", "--now", path.name]]


class Launchd:
    """An agent of the user, or a daemon of the system."""

    tool = "launchctl"

    def path(self, *, system: bool) -> Path:
        """See `Manager`."""
        folder = Path("/Library/LaunchDaemons") if system else Path.home() / "Library" / "LaunchAgents"
        return folder / f"{LABEL}.plist"

    def render(self, command: Sequence[str], *, system: bool) -> str:
        """See `Manager`."""
        arguments = "\n".join(f"    <string>{escape(word)}</string>" for word in command)
        return _template("launchd.plist").format(label=LABEL, arguments=arguments)

    def taking_up(self, path: Path, *, system: bool) -> list[list[str]]:
        """See `Manager`."""
        return [["launchctl", "bootstrap", self._domain(system=system), str(path)]]

    def letting_go(self, path: Path, *, system: bool) -> list[list[str]]:
        """See `Manager`."""
        return [["launchctl", "bootout", f"{self._domain(system=system)}/{LABEL}"]]

    def _domain(self, *, system: bool) -> str:
        return "system" if system else f"gui/{os.getuid()}"


class WindowsTasks:
    """A scheduled task at log-on, or at the start of the machine."""

    tool = "schtasks"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, *, system: bool) -> Path:
        """See `Manager`."""
        return self._folder / "service-task.xml"

    def render(self, command: Sequence[str], *, system: bool) -> str:
        """See `Manager`."""
        trigger = "BootTrigger" if system else "LogonTrigger"
        principal = (
            "<UserId>S-1-5-18</UserId>" if system
            else f"<UserId>{escape(getpass.getuser())}</UserId><LogonType>InteractiveToken</LogonType>"
        )  # fmt: skip
        return _template("windows.xml").format(
            trigger=f"<{trigger}><Enabled>true</Enabled></{trigger}>",
            principal=principal,
            program=escape(command[0]),
            arguments=escape(subprocess.list2cmdline(command[1:])),
        )

    def taking_up(self, path: Path, *, system: bool) -> list[list[str]]:
        """See `Manager`."""
        return [
            ["schtasks", "/Create", "/TN", NAME, "/XML", str(path), "/F"],
            ["schtasks", "/Run", "/TN", NAME],
        ]

    def letting_go(self, path: Path, *, system: bool) -> list[list[str]]:
        """See `Manager`."""
        return [["schtasks", "/Delete", "/TN", NAME, "/F"]]


def manager_of(platform: str, data_dir: Path) -> Manager:
    """The platform's own. Raises `Conflict` where there is none that is known."""
    if platform == "win32":
        return WindowsTasks(data_dir)
    if platform == "darwin":
        return Launchd()
    if platform.startswith("linux"):
        return Systemd()
    raise Conflict(
        "This platform's way to start programs is not known", platform, "Let it run: retrovue service run"
    )


def command_of(settings: Settings) -> list[str]:
    """What is started: this program, on this data."""
    log = settings.data_dir / "logs" / "service.log"
    return [
        sys.executable, "-m", "retrovue", "--data-dir", str(settings.data_dir), "service", "run", "--log-file", str(log),
    ]  # fmt: skip


def install(
    settings: Settings, *, system: bool = False, manager: Manager | None = None, run: Run | None = None
) -> Path:
    """Lets the service start with the machine, and now; the file that says so. Raises `Conflict`, `StorageError`.

    Installing again renders the file anew. Refused while this environment sets what the service would not see.
    """
    chosen = manager or manager_of(sys.platform, settings.data_dir)
    asked = run or _run
    _need(chosen, run)
    _need_no_environment(settings)
    path = chosen.path(system=system)
    text = chosen.render(command_of(settings), system=system)
    before = path.read_bytes() if path.exists() else None
    _write(path, text)
    for command in chosen.taking_up(path, system=system):
        answer = asked(command)
        if answer.code:
            _put_back(path, before)
            raise Conflict(
                "The service could not be installed",
                f"{' '.join(command[:2])}: {answer.words}",
                "Let it run by other means: retrovue service start, or retrovue service run",
            )
    return path


def uninstall(
    settings: Settings, *, system: bool = False, manager: Manager | None = None, run: Run | None = None
) -> Path:
    """Takes that back, and ends the service. Raises `Conflict` when nothing is installed."""
    chosen = manager or manager_of(sys.platform, settings.data_dir)
    path = chosen.path(system=system)
    if not path.exists():
        raise Conflict("The service is not installed", f"there is no {path}", "See: retrovue service status")
    _need(chosen, run)
    for command in chosen.letting_go(path, system=system):
        (run or _run)(command)  # one that knows of nothing to end has nothing to refuse
    try:
        path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def installed(settings: Settings, *, manager: Manager | None = None) -> Path | None:
    """The file that lets the service start with the machine, if there is one."""
    chosen = manager or manager_of(sys.platform, settings.data_dir)
    found = (chosen.path(system=system) for system in (False, True))
    return next((path for path in found if path.exists()), None)


def _need(chosen: Manager, run: Run | None) -> None:
    if run is None and shutil.which(chosen.tool) is None:
        raise Conflict(
            "The service could not be installed",
            f"there is no {chosen.tool} on this machine",
            "Let it run by other means, such as a container: retrovue service run",
        )


def _need_no_environment(settings: Settings) -> None:
    unseen = [
        BY_KEY[key].variable
        for key, origin in settings.origins.items()
        if origin is Origin.ENVIRONMENT and not key.startswith("gui.")
    ]
    if unseen:
        raise Conflict(
            "The installed service would not see what this environment sets",
            ", ".join(unseen),
            f"Write it into {settings.data_dir / 'retrovue.toml'} instead; see: retrovue settings list",
        )


def _write(path: Path, text: str) -> None:
    encoding = "utf-16" if 'encoding="UTF-16"' in text else "utf-8"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding=encoding)
    except OSError as error:
        raise _unwritable(path, error) from error


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(before)


def _unwritable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"{path} cannot be written", error.strerror or str(error), "With --system this must be run as root."
    )


def _run(command: Sequence[str]) -> Answer:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Answer(1, str(error))
    return Answer(done.returncode, redact(" ".join((done.stderr or done.stdout).split())[-300:]))


def _template(name: str) -> str:
    return (files("retrovue.service") / "templates" / name).read_text(encoding="utf-8")


def _systemd_word(word: str) -> str:
    """A word as systemd reads it: `%` and `$` mean something to it, and so does a blank."""
    safe = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{safe}"' if any(c in word for c in ' \t"\\;') else safe
