"""Whether a window can be opened here at all. Qt ends the process where it cannot, so it is found out before."""

from __future__ import annotations

import ctypes
import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from retrovue.errors import Conflict

_SECONDS = 2.0
_X_PORT = 6000
_X_NAME = re.compile(r"(?P<host>[^:]*):(?P<number>\d{1,4})(\.\d+)?\Z")
_PACKAGES = (
    "On Debian: apt install libegl1 libgl1 libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-keysyms1"
)
_ELSEWHERE = "Open it on a desktop. Without one, every command works: retrovue --help"


def need_screen(environment: Mapping[str, str], platform: str = sys.platform) -> None:
    """Raises `Conflict` where Linux has no screen that can be reached, or lacks what Qt needs for it."""
    chosen = environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if not platform.startswith("linux") or chosen not in {"", "xcb", "wayland"}:
        return
    wayland, display = environment.get("WAYLAND_DISPLAY"), environment.get("DISPLAY")
    if wayland and chosen != "xcb" and _answers(Path(environment.get("XDG_RUNTIME_DIR", "/")) / wayland):
        return
    if chosen == "wayland" or not display:
        raise Conflict("No window can be opened", "there is no screen", _ELSEWHERE)
    if not _x_answers(display):
        raise Conflict("No window can be opened", f"the screen '{display}' cannot be reached", _ELSEWHERE)
    _need_libraries()


def _answers(path: Path | str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_SECONDS)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _x_answers(display: str) -> bool:
    found = _X_NAME.match(display)
    if found is None:
        return False
    host, number = found["host"], int(found["number"])
    if host in {"", "unix"}:
        path = f"/tmp/.X11-unix/X{number}"  # noqa: S108  (where X servers listen)
        return _answers(f"\0{path}") or _answers(path)
    try:
        with socket.create_connection((host, _X_PORT + number), timeout=_SECONDS):
            return True
    except OSError:
        return False


def _need_libraries() -> None:
    import PySide6  # lazily: this module is asked before Qt is needed

    plugin = Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        if plugin.exists():
            raise Conflict("No window can be opened", str(error), _PACKAGES) from error
