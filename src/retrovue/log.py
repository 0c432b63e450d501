"""Logging: one set-up, one redaction for everything, and the capture of one execution's log.

Secrets are taken out where lines are formatted, so that arguments and tracebacks are covered too.
"""

from __future__ import annotations

import logging
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

ROOT = "retrovue"
_HIDDEN = "***"
_known: tuple[str, ...] = ()
_adding = threading.Lock()
_PATTERNS = (
    re.compile(r"(X-Plex-Token['\"]?\s*[=:,]\s*(?:Secret\()?b?['\"]?)[^&\s'\")\]}>,]+", re.IGNORECASE),
    re.compile(r"((?:auth|access)[_-]?token['\"]?\s*[=:]\s*['\"]?)[^&\s'\")\]}>,]+", re.IGNORECASE),
    re.compile(r"(://[^/\s:@]*:)[^/\s@]+(?=@)"),
)
_current: ContextVar[int | None] = ContextVar("retrovue_execution", default=None)


def protect(secret: str) -> None:
    """From now on this text never appears in a log line. Very short ones would hide ordinary words."""
    global _known  # noqa: PLW0603  (replaced whole: other threads are reading it)
    with _adding:
        if len(secret) >= 4 and secret not in _known:
            # The longest first: what is a part of another must not leave the rest of that one standing.
            _known = tuple(sorted((*_known, secret), key=len, reverse=True))


def redact(text: str) -> str:
    """The text without any token, password or protected secret."""
    for secret in _known:
        if secret in text:
            text = text.replace(secret, _HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\1{_HIDDEN}", text)
    return text


class RedactingFormatter(logging.Formatter):
    """Formats as usual, then takes the secrets out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line for a record, redacted, with its traceback if it has one."""
        return redact(super().format(record))


def set_up(level: int = logging.WARNING) -> None:
    """Sends the program's log to standard error. Called once, by the program's entry."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger(ROOT).setLevel(min(level, logging.INFO))
    handler.setLevel(level)


class Captured(logging.Handler):
    """The lines that one execution logged and nobody took yet."""

    def __init__(self, execution_id: int) -> None:
        super().__init__(logging.INFO)
        self._execution_id = execution_id
        self._lines: list[tuple[datetime, str, str]] = []
        self._guard = threading.Lock()
        self.setFormatter(RedactingFormatter("%(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps the record when it was logged in this execution's name."""
        if _current.get() == self._execution_id:
            line = (
                datetime.fromtimestamp(record.created, UTC),
                record.levelname.lower(),
                self.format(record),
            )
            with self._guard:
                self._lines.append(line)

    def take(self) -> list[tuple[datetime, str, str]]:
        """The lines since the last call: when (UTC), level, message."""
        with self._guard:
            lines, self._lines = self._lines, []
        return lines

    def put_back(self, lines: list[tuple[datetime, str, str]]) -> None:
        """Returns lines that could not be stored, to be taken again."""
        with self._guard:
            self._lines[:0] = lines


@contextmanager
def capture(execution_id: int) -> Iterator[Captured]:
    """Collects what is logged in this context (and in contexts copied from it) until the block ends."""
    logger = logging.getLogger(ROOT)
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
    handler = Captured(execution_id)
    token = _current.set(execution_id)
    logger.addHandler(handler)
    try:
        yield handler
    finally:
        logger.removeHandler(handler)
        _current.reset(token)
