"""A plex.tv account: signing in to it, and the servers that it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from retrovue.model.catalogue import Secret


@dataclass(frozen=True, slots=True)
class Pin:
    """A request to sign in: its code is typed in at `link` by somebody who is signed in there, before it expires."""

    id: int
    code: str
    link: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Connection:
    """One way to a server. A relay goes by plex.tv, and is slow."""

    uri: str
    local: bool
    relay: bool


@dataclass(frozen=True, slots=True)
class AccountServer:
    """A server of the account, or one that is shared with it, with the token for it."""

    name: str
    machine_identifier: str
    owned: bool
    version: str
    token: Secret
    connections: tuple[Connection, ...]


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server with the best way to it, None when none answers. `known_as` is the name that it has here already."""

    server: AccountServer
    best: Connection | None
    known_as: str | None


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server that answered on the local network."""

    name: str
    machine_identifier: str
    url: str
    version: str


class Account(Protocol):
    """plex.tv. Raises `SourceError`."""

    def begin(self) -> Pin:
        """Asks for a code."""
        ...

    def poll(self, pin: Pin) -> Secret | None:
        """The account's token once somebody has typed the code; None before. Raises `Conflict` when it has expired."""
        ...

    def servers(self, token: Secret) -> Sequence[AccountServer]:
        """The servers of an account. Raises `TokenRefused`."""
        ...

    def close(self) -> None:
        """Gives the connections back."""
        ...
