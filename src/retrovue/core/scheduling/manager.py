"""Use cases around schedules: make, change, look ahead, run now."""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice, takewhile

from retrovue.core.context import Context, pick
from retrovue.core.scheduling import due, zones
from retrovue.core.scheduling.checks import checked, checked_trigger
from retrovue.core.scheduling.claim import covered_libraries
from retrovue.core.scheduling.ending import TOKEN_REFUSED
from retrovue.core.scheduling.stop import Stop
from retrovue.core.scheduling.sync import ObserveExecution, Syncs
from retrovue.core.scheduling.words import describe
from retrovue.errors import Conflict, Invalid, NotFound
from retrovue.model.catalogue import Library, Secret
from retrovue.model.execution import Execution
from retrovue.model.schedule import Draft, IntervalTrigger, Occurrence, Schedule, Trigger
from retrovue.storage import executions, removed_schedules, schedules, servers
from retrovue.storage.database import Connection
from retrovue.storage.removed_schedules import TakenOut

_MOST_PREVIEWED = 1000


@dataclass(frozen=True, slots=True)
class Removed:
    """A schedule that was removed, and what it takes to bring it back."""

    schedule: Schedule
    taken: TakenOut
    ping: Secret | None


class Schedules:
    """`rv.schedules`: what is synced when."""

    def __init__(self, context: Context, syncs: Syncs) -> None:
        self._context = context
        self._syncs = syncs

    def list(self) -> list[Schedule]:
        """All schedules by name; a broken one carries its error."""
        with self._context.database.read() as rx:
            return schedules.listing(rx)

    def get(self, wanted: str | int) -> Schedule:
        """The schedule of this name or id. Raises `NotFound`, or `Ambiguous`."""
        return pick(
            self.list(), wanted, what="schedule", ident=lambda s: s.id, name=lambda s: s.name, command="schedules list"
        )  # fmt: skip

    def default_timezone(self) -> str:
        """The IANA name of this machine's zone."""
        return zones.local_name()

    def check(self, draft: Draft, *, known: int | None = None) -> Draft:
        """The draft as it would be kept, in the place of the schedule `known` or as a new one. Raises `Invalid` naming the field, `Conflict` for a taken name."""
        with self._context.database.read() as rx:
            return self._checked(rx, draft, known)

    def create(self, draft: Draft) -> Schedule:
        """Keeps a new schedule. Raises as `check` does; nothing is kept then."""
        now = self._context.now()
        with self._context.database.transaction() as tx:
            made = self._checked(tx, draft)
            following = due.next_due(made.trigger, made.timezone, now) if made.enabled else None
            ident = schedules.add(tx, made, following, now)
        return self.get(ident)

    def draft_of(self, wanted: str | int) -> Draft:
        """A schedule as a person would write it, to be changed and given to `update`."""
        old = self.get(wanted)
        return Draft(
            name=old.name,
            server_id=old.server_id,
            library_id=old.library_id,
            trigger=old.trigger,
            timezone=old.timezone,
            options=old.options,
            policies=old.policies,
            enabled=old.enabled,
        )

    def update(self, wanted: str | int, draft: Draft) -> Schedule:
        """Changes a schedule. When it fires next changes only with its trigger, its zone, or by being enabled.

        An edit also ends a pause. Raises as `create` does.
        """
        now = self._context.now()
        old = self.get(wanted)
        with self._context.database.transaction() as tx:
            current = schedules.get(tx, old.id)
            if current is None:
                raise NotFound(f"The schedule '{old.name}' was removed meanwhile")
            made = self._checked(tx, draft, known=old.id)
            if _same_interval(made.trigger, current.trigger):
                made = replace(made, trigger=current.trigger)  # an interval keeps its anchor
            same = (made.trigger, made.timezone) == (current.trigger, current.timezone)
            following = current.next_run_at if same and current.live else None
            if made.enabled and following is None:
                following = due.next_due(made.trigger, made.timezone, now)
            schedules.change(tx, old.id, made, following if made.enabled else None, now)
        return self.get(old.id)

    def _checked(self, rx: Connection, draft: Draft, known: int | None = None) -> Draft:
        places = servers.library_places(rx)
        if all(server.id != draft.server_id for server in servers.all_servers(rx)):
            raise Invalid(
                "server", "The server is not known", hint="See what there is: retrovue servers list"
            )
        library = next((lib for lib in places if lib.id == draft.library_id), None)
        if draft.library_id is not None and (library is None or library.server_id != draft.server_id):
            raise Invalid(
                "library", "The library is not one of this server", hint="See: retrovue libraries list"
            )
        made = checked(draft, library, self._context.now())
        for other in schedules.names(rx):
            if other.id != known and other.name.casefold() == made.name.casefold():
                raise Conflict(f"There is a schedule '{other.name}' already", hint="Choose another name.")
        return made

    def duplicate(self, wanted: str | int) -> Schedule:
        """A copy under a free name, disabled so that nothing runs twice unasked."""
        draft = self.draft_of(wanted)
        with self._context.database.read() as rx:
            taken = {other.name.casefold() for other in schedules.names(rx)}
        number, name = 2, f"{draft.name[:180]} (copy)"
        while name.casefold() in taken:
            name, number = f"{draft.name[:180]} (copy {number})", number + 1
        return self.create(replace(draft, name=name, enabled=False))

    def remove(self, wanted: Sequence[str | int]) -> builtins.list[Removed]:
        """Removes schedules; what waits of them is cancelled, what runs goes on, their history stays.

        What comes back is for `bring_back`.
        """
        gone = [self.get(one) for one in wanted]
        idents = [schedule.id for schedule in gone]
        with self._context.database.transaction() as tx:
            executions.cancel_waiting(tx, idents, "its schedule was removed", self._context.now())
            addresses = self._context.forget_pings(tx, idents)
            taken = {one.id: one for one in removed_schedules.take_out(tx, idents)}
        return [Removed(one, taken[one.id], addresses.get(one.id)) for one in gone if one.id in taken]

    def bring_back(self, removed: Removed) -> Schedule:
        """Takes a removal back: the schedule as it stood, with its history and whom it pings.

        Raises `Conflict` when its name or its server went meanwhile.
        """
        old = removed.schedule
        with self._context.database.transaction() as tx:
            if any(one.name.casefold() == old.name.casefold() for one in schedules.names(tx)):
                raise Conflict(f"There is a schedule '{old.name}' already", hint="Rename that one first.")
            if all(server.id != old.server_id for server in servers.all_servers(tx)):
                raise Conflict(f"'{old.name}' cannot come back", f"the server '{old.server}' was removed")
            removed_schedules.put_back(tx, removed.taken)
            if removed.ping is not None:
                self._context.remember_ping(tx, old.id, removed.ping)
        return self.get(old.id)

    def enable(self, wanted: str | int) -> Schedule:
        """Switches a schedule on, or ends its pause. What was missed meanwhile does not fire."""
        schedule = self.get(wanted)
        now = self._context.now()
        if schedule.live:
            return schedule
        trigger = checked_trigger(schedule.trigger)
        following = due.next_due(trigger, schedule.timezone, now)
        with self._context.database.transaction() as tx:
            schedules.set_enabled(tx, schedule.id, enabled=True, next_run_at=following, now=now)
        return self.get(schedule.id)

    def resume_of(self, server_id: int) -> builtins.list[str]:
        """Resumes the schedules of a server that paused because it refused its token; their names."""
        now = self._context.now()
        with self._context.database.transaction() as tx:
            paused = [one for one in schedules.listing(tx)
                      if one.server_id == server_id and one.enabled and one.paused_reason == TOKEN_REFUSED]  # fmt: skip
            for one in paused:
                following = due.next_due(one.trigger, one.timezone, now)
                schedules.set_enabled(tx, one.id, enabled=True, next_run_at=following, now=now)
        return [one.name for one in paused]

    def disable(self, wanted: str | int) -> Schedule:
        """Switches a schedule off. Everything is kept; what waits to run is cancelled, what runs goes on."""
        schedule = self.get(wanted)
        now = self._context.now()
        with self._context.database.transaction() as tx:
            executions.cancel_waiting(tx, [schedule.id], "its schedule was disabled", now)
            schedules.set_enabled(tx, schedule.id, enabled=False, next_run_at=None, now=now)
        return self.get(schedule.id)

    def run(self, wanted: str | int) -> builtins.list[int]:
        """Queues a run for the service, also of a disabled schedule; when it fires next stays as it is.

        The ids of the executions, one a library. Raises `Conflict` when it covers no library now.
        """
        schedule = self.get(wanted)
        with self._context.database.transaction() as tx:
            covered = self._covered(tx, schedule)
            return [self._queue_one(tx, schedule, library, for_service=True) for library in covered]

    def run_here(
        self,
        wanted: str | int,
        *,
        stop: Stop | None = None,
        observe: ObserveExecution = lambda _execution, _progress: None,
    ) -> Iterator[Execution]:
        """Runs a schedule in this process, library after library, and yields each execution at its end."""
        schedule = self.get(wanted)
        with self._context.database.read() as rx:
            covered = self._covered(rx, schedule)

        def queue(library: Library) -> int:
            with self._context.database.transaction() as tx:
                return self._queue_one(tx, schedule, library, for_service=False)

        return self._syncs.run_each(covered, queue, stop=stop, observe=observe)

    def _covered(self, tx: Connection, schedule: Schedule) -> builtins.list[Library]:
        covered = covered_libraries(schedule, servers.library_places(tx))
        if not covered:
            raise Conflict(
                f"'{schedule.name}' covers no library now",
                f"no library of '{schedule.server}' is enabled that it could sync",
                f"See: retrovue libraries list '{schedule.server}'",
            )
        return covered

    def _queue_one(self, tx: Connection, schedule: Schedule, library: Library, *, for_service: bool) -> int:
        return executions.create(
            tx,
            server_id=library.server_id,
            library_id=library.id,
            server=library.server,
            library=library.title,
            options=schedule.options,
            now=self._context.now(),
            for_service=for_service,
            schedule_id=schedule.id,
            schedule=schedule.name,
        )

    def describe(self, schedule: Schedule | Draft) -> str:
        """When it runs, in words: "Every Saturday at 00:00"; what is wrong with it when that cannot be told."""
        try:
            return describe(schedule.trigger, schedule.timezone)
        except Invalid as error:
            return str(error)

    def preview(
        self, trigger: Trigger, timezone: str, *, count: int = 5, after: datetime | None = None
    ) -> builtins.list[Occurrence]:
        """The next times of a trigger, whether it is kept or not. Raises `Invalid` naming the field."""
        if not 1 <= count <= _MOST_PREVIEWED:
            raise Invalid("count", f"The count must be between 1 and {_MOST_PREVIEWED}")
        zones.zone(timezone)
        return due.preview(checked_trigger(trigger), timezone, after or self._context.now(), count)

    def timezones(self) -> builtins.list[str]:
        """The names of time zones, in order."""
        return zones.names()

    def firings(
        self, until: datetime, *, most: int = 300
    ) -> builtins.list[tuple[Schedule, builtins.list[datetime]]]:
        """When each schedule that fires will do so from now to an instant, at most so many times each."""
        now = self._context.now()
        found = []
        for one in self.list():
            if one.live:
                times = due.occurrences(one.trigger, one.timezone, now)
                ahead = takewhile(lambda at: at <= until, times)
                found.append((one, builtins.list(islice(ahead, most))))
        return found

    def recent_of(
        self, schedule_ids: Sequence[int], *, limit: int = 30
    ) -> dict[int, builtins.list[Execution]]:
        """As `recent`, of several schedules by their ids."""
        with self._context.database.read() as rx:
            return {ident: executions.durations(rx, ident, limit) for ident in schedule_ids}

    def recent(self, schedule_id: int, *, limit: int = 30) -> builtins.list[Execution]:
        """The newest ended runs of a schedule, newest first."""
        with self._context.database.read() as rx:
            return executions.durations(rx, schedule_id, limit)


def _same_interval(new: Trigger, old: Trigger) -> bool:
    return isinstance(new, IntervalTrigger) and isinstance(old, IntervalTrigger) and new.every == old.every
