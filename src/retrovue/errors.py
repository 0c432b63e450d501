"""Every error that RetroVue raises on purpose, and what it means.

::

    RetroVueError(title, message, hint)
    ├── Refused                 the request cannot be carried out as it was put
    │   ├── NotFound            no such server, library, item, execution
    │   ├── Ambiguous           a name that fits several
    │   ├── Invalid             a value that cannot be right; `field` names it
    │   └── Conflict            right in itself, but it clashes with what is there
    ├── SourceError             the media server, or the way to it
    │   ├── Unreachable         nobody answers (transient)
    │   ├── ServerTrouble       it answers with 429, 5xx, or breaks off (transient)
    │   │   └── TooSlow         no answer in time
    │   ├── TokenRefused        401, 403
    │   ├── TlsRefused          its certificate is not trusted
    │   ├── NotAPlexServer      something else answers, or one that is too old
    │   ├── WrongServer         another server answers at this address
    │   ├── WrongLibrary        the library is gone, or was re-created under another key
    │   └── BadAnswer           an answer that cannot be read
    │       ├── TooLarge        it is larger than we read
    │       └── FilterIgnored   a filtered question was answered as if unfiltered
    ├── StorageError            the database or the disk below it
    │   ├── DatabaseLocked      another program holds it (transient)
    │   ├── DatabaseUnavailable it cannot be opened or reached
    │   ├── DatabaseReadOnly, DiskFull, DatabaseCorrupt, DatabaseNewer
    ├── SecretsError            the token store
    ├── ChannelError            a notification could not be sent (transient)
    └── Stopped
        ├── Cancelled           the user asked for it
        └── ExecutionLost       somebody else ended this execution

The world's fault carries a hint that says what to do. Anything that is not a `RetroVueError` is a bug of ours.
"""

from __future__ import annotations

from typing import ClassVar


class RetroVueError(Exception):
    """A failure with words for people: what it is, what happened, and what to do about it."""

    transient: ClassVar[bool] = False
    """Whether trying again later, with nothing changed, may help."""

    def __init__(self, title: str, message: str = "", hint: str = "") -> None:
        super().__init__(title, message, hint)
        self.title = title
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.title}: {self.message}" if self.message else self.title


class Refused(RetroVueError):
    """The request cannot be carried out as it was put."""


class NotFound(Refused):
    """There is no such thing."""


class Ambiguous(Refused):
    """The name fits several things; the message lists them."""


class Invalid(Refused):
    """A value cannot be right. `field` names the one at fault."""

    def __init__(self, field: str, title: str, message: str = "", hint: str = "") -> None:
        super().__init__(title, message, hint)
        self.field = field


class Conflict(Refused):
    """The request clashes with what is already there."""


class SourceError(RetroVueError):
    """The media server, or the way to it, failed."""


class Unreachable(SourceError):
    """Nobody answers at the address."""

    transient = True


class ServerTrouble(SourceError):
    """The server answers, but says that it cannot serve now, or breaks off in the middle."""

    transient = True
    retry_after: float | None = None
    """Seconds after which the server wants to be asked again, when it said so."""


class TooSlow(ServerTrouble):
    """The server took the question but did not answer in time."""


class TlsRefused(SourceError):
    """The server's certificate is not trusted, so nothing was sent."""


class TokenRefused(SourceError):
    """The server does not accept the token."""


class NotAPlexServer(SourceError):
    """Something answers that is no Plex Media Server, or one too old to speak JSON."""


class WrongServer(SourceError):
    """Another server answers at this address than the one that was added."""


class WrongLibrary(SourceError):
    """The library is no longer on the server, or is another one under the same key."""


class BadAnswer(SourceError):
    """The answer cannot be read, or is not an answer to what was asked."""


class TooLarge(BadAnswer):
    """The answer is larger than we are willing to read."""


class FilterIgnored(BadAnswer):
    """A filtered question was answered as if it were unfiltered."""


class StorageError(RetroVueError):
    """The database, or the disk below it, failed."""


class DatabaseLocked(StorageError):
    """Another program holds the database for too long."""

    transient = True


class DatabaseUnavailable(StorageError):
    """The database cannot be opened or reached."""


class DatabaseReadOnly(StorageError):
    """The database or its folder cannot be written to."""


class DiskFull(StorageError):
    """There is no room left where the database lies."""


class DatabaseCorrupt(StorageError):
    """The file is damaged, or is no database."""


class DatabaseNewer(StorageError):
    """The database was written by a newer RetroVue."""


class SecretsError(RetroVueError):
    """The token store cannot be read or written."""


class ChannelError(RetroVueError):
    """A notification could not be sent."""

    transient = True


class Stopped(RetroVueError):
    """Work ended early without having failed."""


class Cancelled(Stopped):
    """The user asked for the work to stop."""


class ExecutionLost(Stopped):
    """This execution was ended by somebody else, so nothing more may be written in its name."""
