"""Where messages go: targets, the pings of schedules, the outbox, and the catalogue that grew old."""

from __future__ import annotations

import builtins
import logging
from datetime import datetime, timedelta

from retrovue.core.context import Context, pick, ping_name
from retrovue.errors import ChannelError, Invalid, RetroVueError, SecretsError
from retrovue.log import redact
from retrovue.model.catalogue import Library, Secret
from retrovue.model.notices import Delivery, Target
from retrovue.model.schedule import Message, Notice, Schedule
from retrovue.model.words import duration
from retrovue.storage import deliveries, messages, schedules, servers

_log = logging.getLogger("retrovue.notify")
_DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
)
_AT_ONCE = 50
_TEST = Message(
    Notice.SUCCESS, "RetroVue can reach you", "This is a test. Failures and held removals arrive like this."
)


def _secret_name(target_id: int) -> str:
    return f"notify-{target_id}"


class Notify:
    """`rv.notify`: whom messages reach. Addresses are secrets; nothing here ever shows one."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(self) -> list[Target]:
        """All targets by name, each with how its last message fared."""
        with self._context.database.read() as rx:
            return deliveries.targets(rx)

    def get(self, wanted: str | int) -> Target:
        """The target of this name or id. Raises `NotFound`."""
        return pick(
            self.list(),
            wanted,
            what="target",
            ident=lambda t: t.id,
            name=lambda t: t.name,
            command="notify list",
        )

    def add(self, name: str, url: Secret) -> Target:
        """Adds a target. Raises `Invalid` for an address that no service takes, `Conflict` for a name that is taken."""
        name = name.strip()
        if not name:
            raise Invalid("name", "A target needs a name")
        service = self._context.channels.service(url)
        with self._context.database.transaction() as tx:
            ident = deliveries.add_target(tx, name, service, self._context.now())
            # Inside the transaction: without its address the target would be of no use, so both or neither.
            self._context.secrets().put(_secret_name(ident), url)
        return self.get(ident)

    def remove(self, wanted: str | int) -> Target:
        """Forgets a target with its address and what was still to be sent to it."""
        target = self.get(wanted)
        with self._context.database.transaction() as tx:
            deliveries.remove_target(tx, target.id)
            self._context.secrets().remove(_secret_name(target.id))
        return target

    def test(self, wanted: str | int) -> Target:
        """Sends a test message at once. Raises `ChannelError` with what went wrong."""
        target = self.get(wanted)
        self._context.channels.send(self._address(_secret_name(target.id)), _TEST)
        return target

    def pings(self) -> dict[str, str]:
        """The schedules that tell a dead-man service of their runs, and the host they tell."""
        with self._context.database.read() as rx:
            hosts = deliveries.pings(rx)
            return {one.name: hosts[one.id] for one in schedules.names(rx) if one.id in hosts}

    def set_ping(self, schedule: Schedule, url: Secret | None) -> None:
        """A schedule pings this address at the start and the end of its runs; None ends that. Raises `Invalid`."""
        with self._context.database.transaction() as tx:
            if url is not None:
                self._context.remember_ping(tx, schedule.id, url)
            else:
                deliveries.set_ping(tx, schedule.id, None)
                self._context.secrets().remove(ping_name(schedule.id))

    def deliver(self) -> int:
        """Sends what waits and may be tried now; how much arrived. What fails is tried again later, five times."""
        with self._context.database.read() as rx:
            found = deliveries.ready(rx, self._context.now(), _AT_ONCE)
        return sum(self._deliver(one) for one in found)

    def _deliver(self, one: Delivery) -> bool:
        try:
            if one.message is not None and one.target_id is not None:
                self._context.channels.send(self._address(_secret_name(one.target_id)), one.message)
            elif one.event is not None and one.schedule_id is not None:
                self._context.channels.ping(self._address(ping_name(one.schedule_id)), one.event)
        except (ChannelError, SecretsError) as error:
            self._note_failure(one, error)
            return False
        except Exception as error:  # noqa: BLE001  (one that cannot be sent must not hold up those behind it)
            _log.error("A fault while a notification was sent: %s", type(error).__name__)
            self._note_failure(one, ChannelError("It could not be sent", type(error).__name__))
            return False
        with self._context.database.transaction() as tx:
            deliveries.sent(tx, one, self._context.now())
        return True

    def _note_failure(self, one: Delivery, error: RetroVueError) -> None:
        words = redact(str(error))
        delay = _DELAYS[one.attempts] if one.attempts < len(_DELAYS) else None
        then = f"trying again in {duration(delay)}" if delay is not None else "given up"
        _log.warning("A notification did not arrive, %s: %s", then, words)
        again = None if delay is None else self._context.now() + delay
        with self._context.database.transaction() as tx:
            deliveries.failed(tx, one, words, again)

    def _address(self, name: str) -> Secret:
        url = self._context.secrets().get(name)
        if url is None:
            raise ChannelError("Its address is lost", hint="Remove the target, and add it again.")
        return url

    def next_at(self) -> datetime | None:
        """When the next delivery may be tried; None when nothing waits."""
        with self._context.database.read() as rx:
            return deliveries.next_at(rx)

    def tell_of_age(self) -> builtins.list[str]:
        """Says once of each enabled library that it was not synced for longer than `notify.stale_hours`; which ones."""
        hours = self._context.settings().number("notify.stale_hours")
        if not hours:
            return []
        now, told = self._context.now(), []
        limit = now - timedelta(hours=hours)
        with self._context.database.transaction() as tx:
            for library in servers.library_list(tx):
                if not (library.enabled and library.supported) or library.gone_at is not None:
                    continue
                since = library.last_sync_at
                if since is None or since >= limit:
                    continue
                message = _of_age(library, now - since)
                if not messages.told_since(tx, Notice.STALE, message.title, since):
                    messages.add(tx, message, schedule_id=None, execution_id=None, now=now)
                    told.append(library.title)
        return told


def _of_age(library: Library, age: timedelta) -> Message:
    days = f"{age.days} days" if age >= timedelta(days=2) else f"{round(age.total_seconds() / 3600)} hours"
    return Message(
        Notice.STALE,
        f"'{library.title}' of {library.server} was not synced lately",
        f"Its last sync was {days} ago. See what its schedules did: retrovue history list",
    )
