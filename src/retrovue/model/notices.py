"""Where messages go, and what is sent there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from retrovue.model.catalogue import Secret
from retrovue.model.schedule import Message


class PingEvent(StrEnum):
    """What a dead-man service is told of a run."""

    START = "start"
    SUCCESS = "success"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Target:
    """Where messages go. `service` is the kind of address (mailto, ntfy, …); the address itself is a secret."""

    id: int
    name: str
    service: str
    created_at: datetime
    last_sent_at: datetime | None
    last_error: str | None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to send: a message to a target, or a ping of a schedule."""

    id: int
    target_id: int | None
    schedule_id: int | None
    message: Message | None
    event: PingEvent | None
    attempts: int


class Channels(Protocol):
    """Sends. Every failure is a `ChannelError` whose words hold no secret."""

    def service(self, url: Secret) -> str:
        """The kind of an address. Raises `Invalid` for one that no service takes."""
        ...

    def send(self, url: Secret, message: Message) -> None:
        """Sends a message. Raises `ChannelError`."""
        ...

    def ping(self, url: Secret, event: PingEvent) -> None:
        """Tells a dead-man service. Raises `ChannelError`."""
        ...
