"""One window for a data folder: a second start brings the first one forward."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_WAIT_SECONDS = 3.0
_ANSWER_MS = 300
_SHOW = b"show\n"


class SingleInstance(QObject):
    """The claim of one program on a data folder. `asked` when another one was started and gave way."""

    asked = Signal()

    def __init__(self, data_dir: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        folder = str(data_dir.resolve())
        self._name = f"retrovue-{hashlib.sha256(folder.encode()).hexdigest()[:24]}"
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = QLockFile(str(data_dir / "window.lock"))
        self._lock.setStaleLockTime(0)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._connected)

    def claim(self) -> bool:
        """Whether this is the only one. If not, the other one is asked to show itself."""
        deadline = time.monotonic() + _WAIT_SECONDS
        while not self._lock.tryLock(0):
            if self._call() or time.monotonic() > deadline:
                return False
            time.sleep(0.05)  # the other one is about to begin, or to end
        QLocalServer.removeServer(self._name)  # left by one that crashed
        self._server.listen(self._name)
        return True

    def _call(self) -> bool:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_ANSWER_MS):
            return False
        socket.write(_SHOW)
        socket.waitForBytesWritten(_ANSWER_MS)
        socket.disconnectFromServer()
        return True

    def _connected(self) -> None:
        socket = self._server.nextPendingConnection()
        while socket is not None:
            socket.disconnected.connect(socket.deleteLater)
            self.asked.emit()
            socket = self._server.nextPendingConnection()

    def release(self) -> None:
        """Gives the claim up."""
        self._server.close()
        self._lock.unlock()
