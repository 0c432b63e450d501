"""What every group of use cases is handed: the database, and the outside world."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from retrovue.errors import Ambiguous, Invalid, NotFound
from retrovue.model.account import Account, LocalServer
from retrovue.model.catalogue import Library, Secret, Server
from retrovue.model.notices import Channels
from retrovue.model.schedule import Message, Outcome
from retrovue.model.sync import MediaSource
from retrovue.settings import Settings
from retrovue.storage import deliveries, servers, settings_table
from retrovue.storage.database import Connection, Database

T = TypeVar("T")
Pause = Callable[[float], None]


class Secrets(Protocol):
    """Keeps secrets by name; see `retrovue.secrets.store`."""

    def get(self, name: str) -> Secret | None:
        """The secret, or None."""
        ...

    def put(self, name: str, secret: Secret) -> None:
        """Keeps a secret."""
        ...

    def remove(self, name: str) -> None:
        """Forgets a secret."""
        ...


class OpenSource(Protocol):
    """Opens a media source at an address. Nothing is sent before the first question."""

    def __call__(
        self,
        url: str,
        token: Secret | None,
        *,
        verify_tls: bool,
        ca_file: str | None,
        settings: Settings,
        installation: str,
        pause: Pause,
    ) -> MediaSource:
        """See the class."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """The database, the settings as read from file and environment, and the outside world."""

    database: Database
    base_settings: Settings
    secrets: Callable[[], Secrets]
    open_source: OpenSource
    now: Callable[[], datetime]
    pause: Pause
    monotonic: Callable[[], float]
    """Seconds that pass while the machine is awake, whatever its clock is set to."""
    decide: Callable[[Outcome], Sequence[Message]]
    """What of an ended run is worth telling."""
    account: Callable[[], Account]
    """plex.tv."""
    scan: Callable[[], Sequence[LocalServer]]
    """Servers on the local network."""
    channels: Channels
    """How it is sent."""

    def settings(self) -> Settings:
        """The settings in force now, those of the table included."""
        with self.database.read() as rx:
            return self.base_settings.with_table(settings_table.stored(rx))

    def source(
        self,
        url: str,
        token: Secret | None,
        *,
        verify_tls: bool,
        ca_file: str | None,
        pause: Pause | None = None,
        impatient: bool = False,
    ) -> MediaSource:
        """A media source at an address; an impatient one waits briefly and asks once."""
        with self.database.transaction() as tx:
            installation = settings_table.installation(tx, self.now())
        return self.open_source(
            url,
            token,
            verify_tls=verify_tls,
            ca_file=ca_file,
            settings=_impatient(self.settings()) if impatient else self.settings(),
            installation=installation,
            pause=pause or self.pause,
        )

    def source_of(
        self, server: Server, pause: Pause | None = None, *, impatient: bool = False
    ) -> MediaSource:
        """The media source of a server, with its token."""
        token = self.secrets().get(secret_name(server.id))
        return self.source(
            server.url,
            token,
            verify_tls=server.verify_tls,
            ca_file=server.ca_file,
            pause=pause,
            impatient=impatient,
        )

    def remember_ping(self, tx: Connection, schedule_id: int, url: Secret) -> None:
        """A schedule pings this address from now on. Raises `Invalid` when it is no web address."""
        parts = urlsplit(url.reveal())
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Invalid("url", "This is no web address", hint="Write it like https://hc-ping.com/KEY")
        deliveries.set_ping(tx, schedule_id, parts.hostname)
        self.secrets().put(ping_name(schedule_id), url)

    def forget_pings(self, tx: Connection, schedule_ids: Iterable[int]) -> dict[int, Secret]:
        """Forgets the addresses that schedules ping, before these schedules go; what they were."""
        found = {}
        for ident in deliveries.pings(tx).keys() & set(schedule_ids):
            address = self.secrets().get(ping_name(ident))
            if address is not None:
                found[ident] = address
            self.secrets().remove(ping_name(ident))
        return found

    def find_server(self, wanted: str | int) -> Server:
        """The server of this name or id. Raises `NotFound`."""
        with self.database.read() as rx:
            every = servers.all_servers(rx)
        return pick(
            every, wanted, what="server", ident=lambda s: s.id, name=lambda s: s.name, command="servers list"
        )

    def find_library(self, server: Server | None, wanted: str | int) -> Library:
        """The library of this title or id, of one server or of any. Raises `NotFound` or `Ambiguous`."""
        with self.database.read() as rx:
            every = servers.library_list(rx, server.id if server else None)
        where = f"libraries list '{server.name}'" if server else "libraries list"
        return pick(
            every, wanted, what="library", ident=lambda x: x.id, name=lambda x: x.title, command=where
        )


def _impatient(settings: Settings) -> Settings:
    values = {**settings.values, "plex.retries": 0, "plex.timeout_seconds": 3.0}
    return replace(settings, values=values)


def secret_name(server_id: int) -> str:
    """Under which name a server's token is kept."""
    return f"server-{server_id}"


def ping_name(schedule_id: int) -> str:
    """Under which name the address is kept that a schedule pings."""
    return f"ping-{schedule_id}"


def pick(
    every: Sequence[T],
    wanted: str | int,
    *,
    what: str,
    ident: Callable[[T], int],
    name: Callable[[T], str],
    command: str,
) -> T:
    """The one thing of this name, or else of this id. Raises `NotFound`, or `Ambiguous` with the candidates."""
    text = str(wanted).strip()
    exact = [x for x in every if name(x) == text]
    found = exact or [x for x in every if name(x).casefold() == text.casefold()]
    if not found and text.isdecimal():
        found = [x for x in every if ident(x) == int(text)]
    if len(found) == 1:
        return found[0]
    if found:
        candidates = ", ".join(f"{name(x)} (id {ident(x)})" for x in found)
        raise Ambiguous(f"Several fit the {what} '{text}'", candidates, "Name it by its id.")
    raise NotFound(f"There is no {what} '{text}'", hint=f"See what there is: retrovue {command}")
