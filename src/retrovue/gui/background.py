"""Questions to the façade, asked on another thread and answered on the window's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, Qt, Signal

from retrovue.errors import RetroVueError

T = TypeVar("T")
_log = logging.getLogger("retrovue.gui")
Answer = Callable[[Any], None]
Fail = Callable[[RetroVueError], None]


class Background(QObject):
    """With one worker, questions are answered in the order in which they were asked; more do not wait for each other.

    What a question raises goes to its `fail`, or to the `failed` signal when it has none. Anything that is not a
    `RetroVueError` goes to `broke`: it is a fault of the program.
    """

    failed = Signal(object)
    broke = Signal(object)
    _call = Signal(object, object)

    def __init__(
        self, parent: QObject | None = None, *, name: str = "retrovue-gui", workers: int = 1
    ) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._closed = False
        # Queued, whichever thread emits: the answer is always given on the window's thread.
        self._call.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def ask(
        self,
        question: Callable[[], T],
        answer: Callable[[T], None],
        fail: Fail | None = None,
        *,
        owner: QObject | None = None,
    ) -> None:
        """Asks; one of the two is called later, on the window's thread; neither once the `owner` is gone."""
        if self._closed:
            return
        if owner is not None:
            answer, fail = _while_there(owner, answer), None if fail is None else _while_there(owner, fail)
        self._pool.submit(self._run, question, answer, fail)

    def _run(self, question: Callable[[], Any], answer: Answer, fail: Fail | None) -> None:
        try:
            found = question()
        except RetroVueError as error:
            self._send(fail or self.failed.emit, error)
        except Exception as error:  # noqa: BLE001  (a fault of ours is shown, and the program goes on)
            _log.exception("A question of the window failed")
            self._send(self.broke.emit, error)
        else:
            self._send(answer, found)

    def _send(self, to: Callable[[Any], None], what: object) -> None:
        if not self._closed:
            self._call.emit(to, what)

    def _deliver(self, to: Callable[[Any], None], what: object) -> None:
        if not self._closed:
            to(what)

    def close(self) -> None:
        """No more answers; waits for the question at work."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)


def _while_there(owner: QObject, told: Callable[[T], None]) -> Callable[[T], None]:
    def tell(what: T) -> None:
        if shiboken6.isValid(owner):
            told(what)

    return tell
